"""Records of instruction data: a question put by a template, and the source's own words as the cited answer.

Nothing is worded by a model: an answer about a section is the section, one about a relation lists what the graph says, and each
line carries the marker of what it was taken from. What cannot be shown whole and cited plainly is left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import chain
from random import Random

from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.relations import label
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentInfo, DocumentKind, Entity, Fact, FactSource, Section, digest

__all__ = ["Cited", "Example", "Made", "examples"]

LANGUAGES = ("zh", "en")
SHORTEST, LONGEST = 8, 2_000  # characters of a section that makes an answer
MOST_OBJECTS = 30  # names in the answer to a question about a relation
FACTS = 500  # of an entity that are looked at
ANY = "*"
_OWN_MARKS = re.compile(r"\[\^?\d{1,3}\^?\]|【\d{1,3}】")
_HAN = re.compile("[㐀-鿿]")
_NAME = re.compile(r"^(?P<brand>.+?)\s*[-–—]\s+.+$")  # NORVASC - amlodipine besylate tablet


@dataclass(frozen=True, slots=True)
class Cited:
    """A text with its marker and where it stands: `document.text[start:end]`; `cited` is false for one shown beside the right one."""

    marker: str
    document: DocumentInfo
    heading: str
    start: int
    end: int
    text: str
    cited: bool = True


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the answer with markers, the texts that the markers stand for, and by which template it was made."""

    lang: str
    kind: str
    about: str
    question: str
    answer: str
    evidence: tuple[Cited, ...]
    template: str


@dataclass(slots=True)
class Made:
    """How many examples were made, and how many were left out for which reason."""

    made: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def examples(
    kb: KnowledgeBase, *, seed: int = 1, lang: str = "", distractors: int = 0, made: Made | None = None
) -> Iterator[Example]:
    """The examples of every label and of every graph entry that has a document, in their order, each question and answer once.

    `distractors` other sections of the same label are shown beside the right one, in an order that is drawn. The same
    knowledge base and seed give the same examples.
    """
    made = Made() if made is None else made
    questions: set[str] = set()
    answers: set[str] = set()
    for example in chain(_of_sections(kb, seed, lang, distractors, made), _of_facts(kb, seed, lang, made)):
        question, answer = digest(fold(example.question)), digest(fold(_unmarked(example.answer)))
        if question in questions or answer in answers:
            made.left_out["the same question or answer as another"] += 1
            continue
        questions.add(question)
        answers.add(answer)
        made.made += 1
        yield example


# ------------------------------------------------------------------ sections


def _of_sections(kb: KnowledgeBase, seed: int, lang: str, distractors: int, made: Made) -> Iterator[Example]:
    for info in kb.documents(kinds=[DocumentKind.LABEL]):
        language = info.lang or _lang(info.title)
        if language in LANGUAGES and lang in ("", language):
            if not kb.link(info.title):  # called after its place in a file: a question about `notes line 7` teaches nothing
                made.left_out["a label without the name of a medicine"] += 1
                continue
            document = kb.document(info.key, source=info.source)
            for section in document.sections:
                yield from _of_section(document, section, language, seed, distractors, made)


def _of_section(document: Document, section: Section, lang: str, seed: int, distractors: int, made: Made) -> Iterator[Example]:
    templates = _templates().get((lang, "section", section.group.value))
    if not templates or section.group is _outer(document, section):
        return  # no question is put to such sections; and parts of a section are no answer to a question about all of it
    if reason := _unfit(document, section):
        made.left_out[reason] += 1
        return
    rng = Random(f"{seed} {document.source} {document.key} {section.index}")
    template = rng.choice(templates)
    evidence = _evidence(document, section, distractors, rng)
    marker = next(one.marker for one in evidence if one.cited)
    answer = "\n".join(f"{line.rstrip()}[{marker}]" for line in _body(document, section).splitlines() if line.strip())
    yield Example(
        lang, "section", section.group.value, template.replace("{X}", _name(document.title)), answer, evidence, template
    )


def _unfit(document: Document, section: Section) -> str:
    """Why a section makes no answer; "" where it does."""
    body = _body(document, section)
    if len(body) < SHORTEST:
        return "a section without text of its own"
    if len(body) > LONGEST:
        return f"a section of more than {LONGEST:,} characters"
    return "a section with citation marks of its own" if _OWN_MARKS.search(body) else ""


def _evidence(document: Document, section: Section, distractors: int, rng: Random) -> tuple[Cited, ...]:
    others = [
        one for one in document.sections if one is not section and one.group is not section.group and not _unfit(document, one)
    ]
    shown = [section, *rng.sample(others, min(distractors, len(others)))]
    rng.shuffle(shown)
    info = document.info()
    return tuple(
        Cited(str(at), info, one.heading, one.start, one.end, document.text[one.start : one.end], one is section)
        for at, one in enumerate(shown, start=1)
    )


def _body(document: Document, section: Section) -> str:
    return document.text[section.start : section.end].strip()


def _outer(document: Document, section: Section) -> SectionGroup | None:
    """The group of the section around this one."""
    for one in reversed(document.sections[: section.index]):
        if (*one.path, one.heading) == section.path:
            return one.group
    return None


# ------------------------------------------------------------------ facts


def _of_facts(kb: KnowledgeBase, seed: int, lang: str, made: Made) -> Iterator[Example]:
    seen: set[str] = set()
    for info in kb.documents():
        for entity in kb.entity(info.title):
            if entity.id not in seen:
                seen.add(entity.id)
                language = _lang(entity.name)
                if lang in ("", language):
                    yield from _of_entity(entity, kb.facts_of([entity.id], limit=FACTS), language, seed, made)


def _of_entity(entity: Entity, facts: Sequence[Fact], lang: str, seed: int, made: Made) -> Iterator[Example]:
    own = [fact for fact in facts if fact.subject.id == entity.id and _row(fact) is not None]
    for relation in dict.fromkeys(fact.relation for fact in own):
        named = [fact for fact in own if fact.relation == relation]
        shown = label(relation, lang)
        if _lang(shown) != lang:
            made.left_out["a relation without a name in the language"] += 1
        elif len(named) > MOST_OBJECTS:
            made.left_out[f"a relation with more than {MOST_OBJECTS} names"] += 1
        else:
            templates = _templates().get((lang, "fact", relation)) or _templates()[lang, "fact", ANY]
            template = Random(f"{seed} {entity.id} {relation}").choice(templates)
            question = template.replace("{X}", entity.name).replace("{R}", shown)
            answer, evidence = _listed(entity, shown, named, lang)
            yield Example(lang, "fact", relation, question, answer, evidence, template)


def _listed(entity: Entity, relation: str, facts: Sequence[Fact], lang: str) -> tuple[str, tuple[Cited, ...]]:
    """The names in one sentence for each row that says them, and the rows."""
    rows: dict[FactSource, list[str]] = {}
    for fact in facts:
        source = _row(fact)
        if source is not None:
            rows.setdefault(source, []).append(fact.object.name)
    lines, evidence = [], []
    for at, (source, names) in enumerate(rows.items(), start=1):
        listed = ("、" if lang == "zh" else ", ").join(dict.fromkeys(names))
        sentence = f"{entity.name}的{relation}：{listed}。" if lang == "zh" else f"{entity.name}, {relation}: {listed}."
        lines.append(f"{sentence}[{at}]")
        evidence.append(Cited(str(at), source.document, relation, source.start, source.end, source.quote))
    return "\n".join(lines), tuple(evidence)


def _row(fact: Fact) -> FactSource | None:
    """The first row of a graph or table that says the fact; what was read out of a label's text, its section says better."""
    return next((source for source in fact.sources if source.document.kind is DocumentKind.RECORD), None)


# ------------------------------------------------------------------ names and templates


@cache
def _templates() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """The questions by language, kind and what they are about."""
    text = files("medrag.evaluate.sft").joinpath("questions.tsv").read_text("utf-8")
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            lang, kind, about, question = line.split("\t")
            found.setdefault((lang, kind, about), []).append(question)
    return {key: tuple(questions) for key, questions in found.items()}


def _name(title: str) -> str:
    """What a label's title calls the medicine: of `NORVASC - amlodipine besylate tablet` the brand."""
    found = None if _HAN.search(title) else _NAME.match(title)
    return found["brand"].strip() if found else title.strip()


def _lang(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"


def _unmarked(answer: str) -> str:
    return re.sub(r"\[\d+\]", "", answer)
