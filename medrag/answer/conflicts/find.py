"""Labels of one medicine laid side by side: what one says that the other contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz, process

from medrag.answer.conflicts.positions import Position, Sentence, Topic, positions, statements, strengths
from medrag.answer.verify.amounts import FREQUENCY, Amount, Fit, fit
from medrag.answer.verify.units import TIME
from medrag.answer.versions.said import what_changed
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.types import Document, FactSource, digest

__all__ = ["Conflict", "conflicts_among", "conflicts_between"]

G = SectionGroup
ALIKE = 72.0  # likeness of two sentences, 0..100, from which they say the same but for what differs
SAME = 90.0  # from which nothing but what differs can be meant, whatever else the labels say
_NUMBER = regex(r"\d+(?:\.\d+)?")
FAR = 2  # ranks of strictness between two sentences in different words that contradict each other: 禁用 and 慎用
_TOPICS = {
    G.DOSAGE: Topic.DOSE,
    G.CONTRAINDICATIONS: Topic.CONTRAINDICATION,
    G.PREGNANCY: Topic.PREGNANCY,
    G.PEDIATRIC: Topic.CHILDREN,
    G.STORAGE: Topic.STORAGE,
}
# Counted by the piece, a dose says nothing without the strength, which differs between makers as it may.
_PIECES = frozenset("tablet capsule pill bag vial bottle patch drop puff suppository dose course times".split()) | {""}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two places that contradict each other, word for word; `said` is how, in their language."""

    topic: Topic
    one: FactSource
    other: FactSource
    said: tuple[str, ...]


def conflicts_among(documents: Iterable[Document]) -> list[Conflict]:
    """The conflicts among labels of one medicine in one language, each pair of places once."""
    read = [(document, statements(document)) for document in documents]
    found = [conflict for (a, said), (b, told) in combinations(read, 2) for conflict in _between(a, said, b, told)]
    unique: dict[tuple[str, str], Conflict] = {}
    for conflict in found:  # forty makers print one sentence: it is shown once against each other wording
        unique.setdefault((conflict.one.quote, conflict.other.quote), conflict)
    return list(unique.values())


def conflicts_between(one: Document, other: Document) -> list[Conflict]:
    """The conflicts between two labels."""
    return conflicts_among([one, other])


def _between(a: Document, said: list[Sentence], b: Document, told: list[Sentence]) -> Iterator[Conflict]:
    seen: set[tuple[int, int]] = set()
    pieces = strengths(a) == strengths(b)
    for here, there, topic, words in [*_alike(said, told, pieces=pieces), *_apart(said, told)]:
        if (here.start, there.start) not in seen:
            seen.add((here.start, there.start))
            yield Conflict(topic, _source(a, here), _source(b, there), words)


def _source(document: Document, sentence: Sentence) -> FactSource:
    quote = document.text[sentence.start : sentence.end]
    return FactSource(document=document.info(), start=sentence.start, end=sentence.end, quote=quote, sha256=digest(quote))


Found = tuple[Sentence, Sentence, Topic, tuple[str, ...]]


def _alike(said: Sequence[Sentence], told: Sequence[Sentence], *, pieces: bool) -> Iterator[Found]:
    """Sentences of the same section that are nearly the same, and differ in a number or in how strict they are."""
    for group in dict.fromkeys(sentence.section.group for sentence in said):
        others = [sentence for sentence in told if sentence.section.group is group]
        texts = {other.text for other in others}
        own = [s for s in said if s.section.group is group]
        mine = {sentence.text for sentence in own}
        choices = [other.text for other in others]
        for here in own:
            if here.text in texts:
                continue
            best = process.extractOne(here.text, choices, scorer=fuzz.ratio, score_cutoff=ALIKE)
            if best is None or best[0] in mine:
                continue
            there = others[best[2]]
            same = best[1] >= SAME or _NUMBER.sub("#", here.text) == _NUMBER.sub("#", there.text)
            words = _same_but(here, there, pieces=pieces) if same else _differences(here, there, own, others)
            if words and (group is not G.STORAGE or _is_of_keeping(here)):
                yield here, there, _topic(here, words), words


def _is_of_keeping(sentence: Sentence) -> bool:
    """Whether a sentence on storage tells how or how long, rather than in which packs the medicine comes."""
    return bool(sentence.strict) or any(amount.dimension in {TIME, "celsius"} for amount in sentence.amounts)


def _same_but(here: Sentence, there: Sentence, *, pieces: bool) -> tuple[str, ...]:
    """What is contradicted where nothing else differs; doses counted by the piece only if they are of one strength."""
    words = what_changed(here.text, there.text, here.section.group)
    if not words or here.strict != there.strict or pieces:
        return words
    gone = {one.dimension for one in here.amounts if all(fit(one, other) is not Fit.SAME for other in there.amounts)}
    return words if gone - _PIECES - {"%"} else ()


def _differences(here: Sentence, there: Sentence, own: Sequence[Sentence], others: Sequence[Sentence]) -> tuple[str, ...]:
    """What is contradicted, in words: of quantities only those that the other label has nowhere in the section."""
    words = what_changed(here.text, there.text, here.section.group)
    if not words or here.strict != there.strict:
        return words
    gone = {one.dimension for one in here.amounts if not _stated(one, others)}
    come = {one.dimension for one in there.amounts if not _stated(one, own)}
    return words if (gone & come) - _PIECES else ()


def _stated(amount: Amount, sentences: Sequence[Sentence]) -> bool:
    return any(fit(amount, other) in {Fit.SAME, Fit.INSIDE} for sentence in sentences for other in sentence.amounts)


def _topic(here: Sentence, words: tuple[str, ...]) -> Topic:
    topic = _TOPICS.get(here.section.group, Topic.WARNING)
    aged = any(amount.dimension == TIME for amount in here.amounts) and not any(a.dimension == FREQUENCY for a in here.amounts)
    return Topic.AGE if aged and here.strict >= FAR and topic is not Topic.STORAGE and words else topic


def _apart(said: list[Sentence], told: list[Sentence]) -> Iterator[Found]:
    """Sentences in different words that take contradicting positions."""
    mine, theirs = list(positions(said)), list(positions(told))
    for key in dict.fromkeys((p.topic, p.whose, p.dimension) for p in mine):
        here = [p for p in mine if (p.topic, p.whose, p.dimension) == key]
        there = [p for p in theirs if (p.topic, p.whose, p.dimension) == key]
        pair = _opposed(here, there)
        if pair is not None:
            one, other = pair
            words = what_changed(one.sentence.text, other.sentence.text, one.sentence.section.group)
            yield one.sentence, other.sentence, one.topic, words or (f"{one.topic.value}: {one.value:g} / {other.value:g}",)


def _opposed(here: Sequence[Position], there: Sequence[Position]) -> tuple[Position, Position] | None:
    """The strictest positions where they are far apart; for limits, two where the labels share none."""
    if not here or not there:
        return None
    if here[0].dimension:
        values = {round(p.value, 6) for p in here}, {round(p.value, 6) for p in there}
        return None if values[0] & values[1] else (here[0], there[0])
    one, other = max(here, key=lambda p: p.value), max(there, key=lambda p: p.value)
    return (one, other) if abs(one.value - other.value) >= FAR else None
