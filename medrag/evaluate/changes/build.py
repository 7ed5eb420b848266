"""The claims of a knowledge base's labels: sentences drawn by a seed over labels, sections and lengths, changed or not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random

from medrag.evaluate.changes import swaps_en, swaps_zh
from medrag.evaluate.changes.cases import ChangedKind, ClaimCase, Expected, Original, ParaphrasedKind, UntouchedKind
from medrag.evaluate.changes.controls import bare, untouched
from medrag.evaluate.changes.drugs import DrugNames, read_chinese, read_english
from medrag.evaluate.changes.frequencies import change_frequency
from medrag.evaluate.changes.invented import invent
from medrag.evaluate.changes.paraphrase import paraphrase
from medrag.evaluate.changes.quantities import (
    change_age,
    change_dose,
    change_duration,
    change_percent,
    change_unit,
    exchange,
)
from medrag.evaluate.changes.swaps import swapped
from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import DocumentInfo, DocumentKind, Passage, digest

__all__ = ["LANGUAGES", "SEED", "build"]

LANGUAGES = ("zh", "en")
SEED = 4
CHANGED, UNTOUCHED, PARAPHRASED = 130, 170, 120  # claims of a kind in a language
FEW = 60  # of kinds for which there are few sentences
FEWER = {ChangedKind.EXCHANGED: FEW, UntouchedKind.LED: FEW}
PER_LABEL = 4  # claims of one label of what is changed, untouched or paraphrased
PER_KIND = 2  # of them, of one kind
SAME_CHANGE = 12  # claims in which the same words were put in the same words' place
SAME_SENTENCE = 3  # claims that were made of the same words
PASSAGES = 14  # passages of a label that are looked at, of as many sections as there are
SENTENCES = 6  # sentences of a passage that are looked at
ROUNDS = 2  # times all labels are gone through, if the first is not enough

_G = SectionGroup
_LEFT_OUT = frozenset({_G.NAMES, _G.CLASSIFICATION, _G.APPROVAL, _G.SOURCE, _G.COMPOSITION, _G.STUDIES, _G.CAUSES, _G.OTHER})
_LENGTHS = {"zh": (8, 160), "en": (30, 330)}  # characters of a sentence that is changed
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|may|can|should|must|do|does|did|will|take|use|apply|avoid|store|administer|stop|keep|"
    r"give|occurs?|causes?|increases?|decreases?|contains?|includes?|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(r"^参见|^同|^（?尚不明确|^\(尚不明确|trademark|www\.|1-\d{3}-\d{3}", re.IGNORECASE)
_UNNAMED = re.compile(r"[\w\-]+ (?:line )?\d+")  # the title of a record without a name: its file and place

Reworded = Callable[[str, str, Random], Iterator[str]]  # of a sentence and its passage
Change = Callable[[Original, Random], Iterator[str]]
Made = tuple[str, str, str, int, int]  # kind, claim, what was put in what's place, and the span of the sentence


def build(kb: KnowledgeBase, lang: str, *, seed: int = SEED, frozen: bool | None = None) -> list[ClaimCase]:
    """The claims about labels of a language, always the same for a knowledge base and seed.

    `frozen` keeps only those of labels that are put aside for the end (`True`) or of the others (`False`); which labels,
    sentences and changes are drawn does not depend on it.
    """
    documents = [d for d in kb.documents(kinds=[DocumentKind.LABEL]) if d.lang == lang]
    documents.sort(key=lambda d: digest(f"{seed} {d.source} {d.key}"))
    names = read_chinese(kb, documents) if lang == "zh" else read_english()
    cases = [
        *_draw(kb, documents, Expected.CHANGED, partial(_changed, _changes(lang, names)), seed),
        *_draw(kb, documents, Expected.UNTOUCHED, _untouched, seed),
        *_draw(kb, documents, Expected.PARAPHRASED, _paraphrased, seed),
    ]
    return cases if frozen is None else [case for case in cases if case.frozen is frozen]


def _changes(lang: str, names: DrugNames) -> Mapping[ChangedKind, Change]:
    """For each kind the function that changes a sentence."""
    table = swaps_zh if lang == "zh" else swaps_en
    kinds = ChangedKind
    simple: Mapping[ChangedKind, Reworded] = {
        kinds.DOSE: change_dose,
        kinds.UNIT: change_unit,
        kinds.FREQUENCY: change_frequency,
        kinds.DURATION: change_duration,
        kinds.AGE: change_age,
        kinds.PERCENT: change_percent,
        kinds.EXCHANGED: exchange,
        kinds.COMPARISON: partial(swapped, table.COMPARISON),
        kinds.POLARITY: partial(swapped, table.POLARITY),
        kinds.POPULATION: partial(swapped, table.POPULATION),
        kinds.ROUTE: partial(swapped, table.ROUTE),
        kinds.INVENTED: invent,
    }
    of = {kind: partial(_of_text, change) for kind, change in simple.items()}
    return {**of, kinds.DRUG: partial(_of_drug, names)}


def _of_text(change: Reworded, original: Original, rng: Random) -> Iterator[str]:
    return change(bare(original.text), original.passage.text, rng)


def _of_drug(names: DrugNames, original: Original, rng: Random) -> Iterator[str]:
    sentence, passage = bare(original.text), original.passage.text
    title = original.document.title
    of_subject = () if _UNNAMED.fullmatch(title) else names.change_subject(sentence, passage, rng, title)
    ways = [of_subject, names.change(sentence, passage, rng)]
    for way in rng.sample(ways, len(ways)):
        yield from way


def _draw(
    kb: KnowledgeBase,
    documents: Sequence[DocumentInfo],
    expected: Expected,
    make: Callable[[Passage, Sequence[str], Random], Iterator[Made]],
    seed: int,
) -> list[ClaimCase]:
    """Claims of one expectation: so many of each kind, no more than a few of a label, no claim and no change too often."""
    drawn = _Drawn(expected)
    for turn in range(1, ROUNDS + 1):
        for document in documents:
            if drawn.enough(turn):
                break
            rng = Random(f"{seed} {turn} {expected} {document.source} {document.key}")
            for passage in _passages(kb, document, rng):
                if drawn.full(document, turn):
                    break
                for made in make(passage, drawn.short(), rng):
                    drawn.take(made, passage, turn)
    return list(drawn.cases.values())


class _Drawn:
    """The claims drawn so far, and what is counted so that none of a kind, a label or a change are too many."""

    def __init__(self, expected: Expected) -> None:
        self.cases: dict[str, ClaimCase] = {}
        self._expected = expected
        self._wanted = _wanted(expected)
        self._kinds: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._same: Counter[tuple[str, ...]] = Counter()

    def short(self) -> list[str]:
        """The kinds of which more are wanted, those that lack most first."""
        kinds, wanted = self._kinds, self._wanted
        return sorted((k for k in wanted if kinds[k] < wanted[k]), key=lambda k: (kinds[k] / wanted[k], k))

    def enough(self, turn: int) -> bool:
        """Whether nothing is left to draw but, after the first turn, kinds for which there are few sentences."""
        return all(turn > 1 and self._wanted[kind] == FEW for kind in self.short())

    def full(self, document: DocumentInfo, turn: int) -> bool:
        """Whether enough was drawn of a label."""
        return self._labels[document.key] >= PER_LABEL * turn

    def take(self, made: Made, passage: Passage, turn: int) -> None:
        """Adds a claim, unless there are enough of its kind in its label, or of what was done to these words."""
        kind, claim, change, start, end = made
        label, sentence, done = f"{passage.document.key} {kind}", (kind, passage.text[start:end]), (kind, change, "changed")
        if claim in self.cases or self._kinds[kind] >= self._wanted[kind] or self._labels[label] >= PER_KIND * turn:
            return
        if self._same[sentence] >= SAME_SENTENCE or (change and self._same[done] >= SAME_CHANGE):
            return
        self._kinds[kind] += 1
        self._labels.update((passage.document.key, label))
        self._same.update((sentence, done))
        self.cases[claim] = _case(self._expected, kind, claim, passage, start, end)


def _wanted(expected: Expected) -> dict[str, int]:
    """How many claims of each kind."""
    if expected is Expected.CHANGED:
        return {kind.value: FEWER.get(kind, CHANGED) for kind in ChangedKind}
    if expected is Expected.UNTOUCHED:
        return {kind.value: FEWER.get(kind, UNTOUCHED) for kind in UntouchedKind}
    return {kind.value: PARAPHRASED for kind in ParaphrasedKind}


def _case(expected: Expected, kind: str, claim: str, passage: Passage, start: int, end: int) -> ClaimCase:
    document = passage.document
    name = digest(f"{document.source} {document.key} {passage.start + start} {expected} {kind} {claim}")[:12]
    return ClaimCase(
        f"{document.lang}-{name}", document.lang, kind, expected, claim, passage, passage.start + start, passage.start + end
    )


def _passages(kb: KnowledgeBase, document: DocumentInfo, rng: Random) -> list[Passage]:
    """Some passages of a label, section groups in turn."""
    groups: dict[SectionGroup, list[Passage]] = {}
    every = kb.passages_of(document)
    spliced = bool(_UNNAMED.fullmatch(document.title))  # a text whose sections nobody named
    for passage in rng.sample(every, len(every)):
        group = passage.section.group
        if group not in _LEFT_OUT or (spliced and group is _G.OTHER):
            groups.setdefault(group, []).append(passage)
    turns = [(at, passage) for of_group in groups.values() for at, passage in enumerate(of_group)]
    return [passage for _, passage in sorted(turns, key=lambda one: one[0])][:PASSAGES]


def _originals(passage: Passage, rng: Random) -> Iterator[Original]:
    """Some sentences of a passage that state something in a readable length."""
    text = passage.text
    spans = [span for span in sentences(text) if _states(text[span[0] : span[1]], passage.document.lang)]
    for start, end in rng.sample(spans, min(SENTENCES, len(spans))):
        yield Original(passage, start, end, text[start:end])


def _states(sentence: str, lang: str) -> bool:
    shortest, longest = _LENGTHS[lang]
    if not shortest <= len(sentence) <= longest or CELL_BREAK in sentence or "\n" in sentence or sentence[-1] in ":：":
        return False
    if _REFERS.search(sentence) is not None:
        return False
    if lang == "zh":
        return True
    whole = sentence[-1] == "." or sentence.startswith(("- ", "• "))
    said = bare(sentence)
    begins = said[:1].isupper() or (said != sentence and said[:1].isalpha() and re.search(r"\d", said) is not None)
    return whole and begins and len(sentence.split()) > 4 and _VERB.search(sentence) is not None


def _changed(changes: Mapping[ChangedKind, Change], passage: Passage, short: Sequence[str], rng: Random) -> Iterator[Made]:
    """At most one changed claim of each sentence, of the kind that is wanted most."""
    for original in _originals(passage, rng):
        for kind in short:
            claim = next(changes[ChangedKind(kind)](original, rng), None)
            if claim is not None and claim != bare(original.text):
                yield kind, claim, _difference(bare(original.text), claim), original.start, original.end
                break


def _untouched(passage: Passage, short: Sequence[str], rng: Random) -> Iterator[Made]:
    found = [
        made for made in untouched(passage) if made[0] in short and (made[0] != UntouchedKind.SENTENCE or _is_said(made[1]))
    ]
    for kind, claim, start, end in rng.sample(found, len(found))[:SENTENCES]:
        yield kind.value, claim, "", start, end


def _is_said(claim: str) -> bool:
    """Whether a line is a statement and no heading, by its length and end."""
    return claim[-1] in "。.；;!！" or len(claim) > 40


def _paraphrased(passage: Passage, short: Sequence[str], rng: Random) -> Iterator[Made]:
    title = passage.document.title
    for original in _originals(passage, rng):
        said = dict(paraphrase(bare(original.text), "本品" if _UNNAMED.fullmatch(title) else title, rng))
        for kind in short:
            if kind in said:
                yield kind, said[ParaphrasedKind(kind)], "", original.start, original.end
                break


def _difference(old: str, new: str) -> str:
    """What was put in the place of what: the parts of two sentences between their common beginning and end."""
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    end = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    return f"{old[start : len(old) - end]}>{new[start : len(new) - end]}"
