"""Diseases under the names that people shorten or say in plain words: 脑梗 for 脑梗死, 老人肺炎 for 老年人肺炎."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.retrieve.asked import asked_relations
from medrag.retrieve.words import subject_words
from medrag.types import Entity, EntityKind, Fact

__all__ = ["asks_for_symptom", "illnesses", "with_wider_names"]

# What people leave away at the end of a disease's name.
_ENDS = ("死", "塞", "病", "症", "炎", "综合征", "综合症", "痛", "溃疡")
# What people say of the patient, and how disease names say it.
_PATIENTS = {
    "老人": ("老年人", "老年", "老年性"),
    "老年": ("老年人", "老年性"),
    "小孩": ("小儿", "儿童"),
    "孩子": ("小儿", "儿童"),
    "宝宝": ("小儿", "婴儿", "新生儿"),
    "儿童": ("小儿",),
    "孕妇": ("妊娠合并", "妊娠"),
}
_DISEASES = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
_HAS = regex(r"会|有|出现|伴|引起|导致")
_OPEN = regex(r"的?(?:都|会|一般)?(?:有|是|包括)?(?:什么|啥|哪些|哪几|吗|么|多少)")
MAX_WORDS = 6
MAX_FACTS = 200  # looked at for one that joins two illnesses
MIN_NAME = 2


def illnesses(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions that may mean a disease or a symptom."""
    return tuple(m for m in mentions if any(entity.kind in _DISEASES for entity in m.entities))


def asks_for_symptom(text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a plain question that names no relation asks if one illness comes with another: 胃炎会发烧吗."""
    ills = illnesses(mentions)
    return len(ills) > 1 and _HAS.search(text, ills[0].end, ills[1].start) is not None


def with_wider_names(
    text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]], kb: KnowledgeBase
) -> tuple[Mention, ...]:
    """The mentions, and in their place those of longer names that the words of the question shorten or put plainly.

    A name of several diseases is that of the one that the question joins to something, else of the one called so.
    """
    return _read(text, _opened(text, _widened(text, mentions, taken, kb), kb), kb)


def _widened(
    text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]], kb: KnowledgeBase
) -> tuple[Mention, ...]:
    wanted = {name: span for span, names in _guesses(text, mentions, taken).items() for name in names}
    if not wanted:
        return tuple(mentions)
    found: dict[tuple[int, int], Mention] = {}
    for mention in kb.link("\n".join(wanted)):
        span = wanted.get(mention.name)
        entities = tuple(entity for entity in mention.entities if entity.kind in _DISEASES)
        if span is None or not entities:
            continue
        before = found[span].entities if span in found else ()
        found[span] = Mention(*span, text[span[0] : span[1]], (*before, *entities))
    kept = [m for m in mentions if not any(start <= m.start and m.end <= end for start, end in found)]
    return tuple(sorted([*kept, *found.values()], key=lambda mention: mention.start))


def _guesses(text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    """For spans of the question the longer names that they may stand for."""
    guesses: dict[tuple[int, int], list[str]] = {}
    for mention in mentions:
        for said, formal in _PATIENTS.items():
            if text.endswith(said, 0, mention.start):
                span = (mention.start - len(said), mention.end)
                guesses.setdefault(span, []).extend(word + mention.name for word in formal)
    covered = [(mention.start, mention.end) for mention in mentions]
    for word in subject_words(text, [*covered, *taken])[:MAX_WORDS]:
        at = text.find(word)
        plain = [said for said in _PATIENTS if word.startswith(said)]
        longer = [form + word.removeprefix(said) for said in plain for form in _PATIENTS[said]]
        guesses[at, at + len(word)] = [*longer, *(word + end for end in _ENDS)]
    return guesses


def _opened(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> list[Mention]:
    """The mentions; where the question asks nothing but what stands at the end of a name, that of the rest of it.

    中风后遗症有哪些 asks for what comes after 中风, though there is an entry of that name.
    """
    read = list(mentions)
    for at, mention in enumerate(read):
        if mention not in illnesses([mention]) or not _OPEN.match(text, mention.end):
            continue
        if asked_relations(text[: mention.start] + text[mention.end :]):
            continue
        for cut in range(len(mention.name) - 1, MIN_NAME - 1, -1):
            head, tail = mention.name[:cut], mention.name[cut:]
            whole = [m for m in illnesses(kb.link(head)) if m.end - m.start == cut] if asked_relations(tail) else []
            if whole:
                read[at] = replace(whole[0], start=mention.start, end=mention.start + cut)
                break
    return read


def _read(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> tuple[Mention, ...]:
    """The mentions, each with the diseases that it means here, where its name is that of several."""
    ills = illnesses(mentions)
    if all(len(mention.entities) == 1 for mention in ills):
        return tuple(mentions)
    facts = kb.bare_facts_of(sorted({e.id for m in ills for e in m.entities}), limit=MAX_FACTS)
    joined = _joined(ills, facts)
    asked = asked_relations(text, [mention.name for mention in ills])
    read = []
    for mention in mentions:
        meant = [e for e in mention.entities if e.id in joined] if mention in ills else []
        meant = meant or (_called(mention, facts, asked) if mention in ills else [])
        read.append(replace(mention, entities=tuple(meant)) if meant else mention)
    return tuple(read)


def _called(mention: Mention, facts: Sequence[Fact], asked: Collection[str]) -> list[Entity]:
    """Of the diseases with a name those that it means without more being said; empty where all of them do.

    A name that others share is that of the disease called so. Where their own names differ in no more than the word at
    the end (脑梗塞 and 脑梗死), they are the same, and the entry that says more of what is asked is read.
    """
    own = [entity for entity in mention.entities if fold(entity.name) == mention.name]
    same = [entity for entity in mention.entities if _stem(fold(entity.name)) == _stem(mention.name)]
    if not own or len(own) == len(mention.entities):
        return []
    said = Counter(fact.subject.id for fact in facts if fact.relation in asked)
    said_at_all = Counter(fact.subject.id for fact in facts)
    return own if len(same) == 1 else [max(same, key=lambda entity: (said[entity.id], said_at_all[entity.id], entity in own))]


def _stem(name: str) -> str:
    """A disease's name without the word at its end that says no more than what kind of thing it is."""
    ends = (end for end in _ENDS if name.endswith(end) and len(name) - len(end) >= MIN_NAME)
    return name.removesuffix(max(ends, key=len, default=""))


def _joined(ills: Sequence[Mention], facts: Sequence[Fact]) -> frozenset[str]:
    """The ids of the diseases of which some fact says that they come with something else that is named."""
    of = [{entity.id for entity in mention.entities} for mention in ills]
    return frozenset(
        end
        for fact in facts
        for one in of
        for other in of
        if one is not other and fact.subject.id in one and fact.object.id in other
        for end in (fact.subject.id, fact.object.id)
    )
