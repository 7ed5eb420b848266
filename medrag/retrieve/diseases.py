"""Diseases under the names that people shorten or say in plain words: 脑梗 for 脑梗死, 老人肺炎 for 老年人肺炎."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.retrieve.words import subject_words
from medrag.types import EntityKind

__all__ = ["with_wider_names"]

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
MAX_WORDS = 6


def with_wider_names(
    text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]], kb: KnowledgeBase
) -> tuple[Mention, ...]:
    """The mentions, and in their place those of longer names that the words of the question shorten or put plainly."""
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
