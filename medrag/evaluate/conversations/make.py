"""Conversations made of questions: the last message leaves out what the ones before it said.

For every conversation there is the question that says all of it at once, with the same gold: what a conversation finds is
compared with what that question finds. Which phrasings a question gets is drawn, always alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from medrag.evaluate.cases import ANSWERS, Gold, SectionCase
from medrag.evaluate.conversations.items import Item, Labels, gold_of, names_drug
from medrag.evaluate.conversations.people import People, gold_for, people_of
from medrag.evaluate.conversations.phrasings import Phrasings
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.sections import SectionGroup
from medrag.types import digest

__all__ = ["Conversation", "Kind", "Maker", "conversations"]

SEED = 5
EACH = 2  # conversations of a kind that one question begins
SHORT = {"zh": 60, "en": 160}  # characters; what is longer tells a story that holds for no other medicine
MIN_PART = 6  # characters of a message
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;\n])\s*|(?<=[.])\s+")
_CLAUSE_END = re.compile(r"(?<=[，,])\s*")


class Kind(StrEnum):
    """What the last message leaves to the ones before it."""

    SECTION = "another section"  # the medicine; it asks for another section of its label
    PRONOUN = "name replaced"  # the medicine, for which a pronoun or nothing stands in a real question
    SWITCH = "another medicine"  # what was asked; it names another medicine
    PERSON = "a person"  # the person, or the medicine, or both
    TOGETHER = "two medicines"  # both medicines
    TOLD = "in two messages"  # the beginning of a long question
    TOPIC = "new topic"  # nothing: the medicine from before must not be carried on


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a user says turn by turn, and the case of the question that says it in full.

    `before` is the medicine that the first question is about, as it is named there; a new topic must not carry it on.
    """

    kind: Kind
    lang: str
    turns: tuple[str, ...]
    case: SectionCase
    before: str


@dataclass(frozen=True, slots=True)
class Made:
    """The turns, the question in full and what is right for it; `drug` is what it is about where its file says so."""

    turns: tuple[str, ...]
    whole: str
    gold: tuple[Gold, ...]
    drug: str = ""


@dataclass(frozen=True, slots=True)
class Maker:
    """What conversations are made with: the labels, all questions that may follow one, and the phrasings by language."""

    kb: KnowledgeBase
    labels: Labels
    items: Sequence[Item]
    phrasings: dict[str, Phrasings]

    def made(self, kind: Kind, item: Item, at: int) -> Conversation | None:
        """The at-th conversation of a kind that a question begins, if its label and the others allow one."""
        rng = Random(f"{SEED} {item.case.id} {kind} {at}")
        made = _MAKERS[kind](self, item, rng, at)
        if made is None:
            return None
        case = SectionCase(f"{item.case.id} {kind.name.lower()} {at}", made.whole, kind.value, made.gold, drug=made.drug)
        return Conversation(kind, item.lang, made.turns, case, item.name)

    def words(self, item: Item) -> Phrasings:
        """The phrasings in the question's language."""
        return self.phrasings[item.lang]

    def other(self, item: Item, rng: Random, fits: Callable[[Item], bool] = lambda _: True) -> Item | None:
        """Another question in the same language about a medicine that has no label in common."""
        others = [
            other
            for other in self.items
            if other.lang == item.lang
            and not other.truth.documents & item.truth.documents
            and fold(other.name) not in fold(item.case.question)
            and fold(item.name) not in fold(other.case.question)
            and fits(other)
        ]
        return rng.choice(others) if others else None


def conversations(maker: Maker, *, most: int) -> Iterator[Conversation]:
    """The conversations of every kind and language, `most` of each at most, different ones only."""
    for kind in Kind:
        for lang in maker.phrasings:
            seen: dict[tuple[str, ...], Conversation] = {}
            for item in maker.items:
                for at in range(EACH):
                    made = maker.made(kind, item, at) if item.lang == lang else None
                    if made is not None:
                        seen.setdefault(made.turns, made)
            by_chance = sorted(seen.values(), key=lambda one: digest(f"{SEED} {one.case.id}"))
            yield from by_chance[:most]


def _section(maker: Maker, item: Item, rng: Random, _at: int) -> Made | None:
    """The real question, then one about another section."""
    words = maker.words(item)
    there = [
        (group, sections)
        for group in map(SectionGroup, words.about("section"))
        if group not in item.truth.groups and (sections := maker.labels.sections(item.truth, group))
    ]
    if not there:
        return None
    group, sections = rng.choice(there)
    phrasing = words.draw("section", rng, group.value)
    gold = tuple(gold_of(sections, ANSWERS))
    return Made((item.case.question, phrasing.said), phrasing.whole.format(X=item.name), gold, item.case.drug)


def _pronoun(maker: Maker, item: Item, rng: Random, _at: int) -> Made:
    """A word about the medicine, then the real question with its name replaced or left out."""
    words = maker.words(item)
    said = item.naming(words.draw("pronoun", rng).said).lstrip("的，, ").strip()
    turns = (words.draw("opener", rng).said.format(X=item.name), said)
    return Made(turns, item.case.question, item.case.gold, item.case.drug)


def _switch(maker: Maker, item: Item, rng: Random, _at: int) -> Made | None:
    """The real question, then another medicine for which the same is asked."""
    group = item.truth.groups[0]
    if len(item.case.question) > SHORT[item.lang] or group is SectionGroup.OTHER:
        return None
    other = maker.other(item, rng, lambda one: bool(maker.labels.sections(one.truth, group)))
    if other is None:
        return None
    gold = tuple(gold_of(maker.labels.sections(other.truth, group), ANSWERS))
    said = maker.words(item).draw("switch", rng).said.format(Y=other.name)
    return Made((item.case.question, said), item.naming(other.name), gold)


def _person(maker: Maker, item: Item, rng: Random, at: int) -> Made | None:
    """A person is said first and the medicine later, or the medicine first and the person later."""
    there = people_of(item.truth, maker.labels)
    if not there:
        return None
    people = rng.choice(there)
    gold = gold_for(people, item.truth, maker.labels)
    words = maker.words(item)
    if at == 0 and rng.random() < 1 / 2:
        later = words.draw("later", rng, people.value)
        return Made((item.case.question, later.said), later.whole.format(X=item.name), gold, item.case.drug)
    if at == 0:  # "and children?" behind a question would ask the same of children
        opener, bare = words.draw("opener", rng), words.draw("bare", rng, people.value)
        return Made((opener.said.format(X=item.name), bare.said), bare.whole.format(X=item.name), gold, item.case.drug)
    return Made(*_introduced(maker, item, rng, people), gold, item.case.drug)


def _introduced(maker: Maker, item: Item, rng: Random, people: People) -> tuple[tuple[str, ...], str]:
    words = maker.words(item)
    intro = words.draw("intro", rng, people.value)
    if rng.random() < 1 / 2:
        asked = words.draw("ask", rng).said.format(X=item.name)
        return (intro.said, asked), f"{intro.whole}{'，' if item.lang == 'zh' else ', '}{asked}"
    then = words.draw("then", rng)
    opener = words.draw("opener", rng).said.format(X=item.name)
    return (intro.said, opener, then.said), then.whole.format(P=intro.whole, X=item.name)


def _together(maker: Maker, item: Item, rng: Random, at: int) -> Made | None:
    """Two medicines, each in a message of its own, then a question about both; one that the label speaks of if there is one."""
    own = maker.labels.sections(item.truth, SectionGroup.INTERACTIONS)
    said_there = fold("\n".join(document.text[section.start : section.end] for document, section in own))
    other = maker.other(item, rng, lambda one: len(fold(one.name)) > 1 and fold(one.name) in said_there)
    other = other or maker.other(item, rng, lambda one: bool(maker.labels.sections(one.truth, SectionGroup.INTERACTIONS)))
    if other is None:
        return None
    sections = [*own, *maker.labels.sections(other.truth, SectionGroup.INTERACTIONS)]
    words = maker.words(item)
    first = item.case.question if at == 0 else words.draw("opener", rng).said.format(X=item.name)
    phrasing = words.draw("together", rng)
    turns = (first, words.draw("also", rng).said.format(Y=other.name), phrasing.said)
    return Made(turns, phrasing.whole.format(X=item.name, Y=other.name), tuple(gold_of(sections, ANSWERS)))


def _told(maker: Maker, item: Item, _rng: Random, _at: int) -> Made | None:
    """The real question cut before its last sentence or clause, where the medicine is named before the cut alone."""
    for end in (_SENTENCE_END, _CLAUSE_END):
        pieces = [piece for piece in end.split(item.case.question) if piece]
        first = item.case.question[: item.case.question.rfind(pieces[-1])].rstrip("，, \n")
        last = pieces[-1].strip()
        if min(len(first), len(last)) >= MIN_PART and item.name in first and item.name not in last:
            whole = Made((first, last), item.case.question, item.case.gold, item.case.drug)
            return None if names_drug(last, maker.kb) else whole
    return None


def _topic(maker: Maker, item: Item, rng: Random, _at: int) -> Made | None:
    """The real question, then another real one about another medicine."""
    other = maker.other(item, rng)
    if other is None:
        return None
    lead = maker.words(item).draw("lead", rng).said
    turns = (item.case.question, f"{lead}{other.case.question}")
    return Made(turns, other.case.question, other.case.gold, other.case.drug)


_MAKERS: dict[Kind, Callable[[Maker, Item, Random, int], Made | None]] = {
    Kind.SECTION: _section,
    Kind.PRONOUN: _pronoun,
    Kind.SWITCH: _switch,
    Kind.PERSON: _person,
    Kind.TOGETHER: _together,
    Kind.TOLD: _told,
    Kind.TOPIC: _topic,
}
