"""The memory of a conversation that was held elsewhere, from its turns."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.chat.clarify import words_of
from medrag.chat.follow import Followed, follow
from medrag.chat.reading import Reader, cleaned
from medrag.chat.slots import Memory
from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.understand import MAX_QUESTION
from medrag.types import Turn

__all__ = ["KEPT_TURNS", "REPLAYED", "kept", "replayed"]

REPLAYED = 20  # user turns that are read again; what was said before them is forgotten
KEPT_TURNS = 40  # turns that the writer may be shown; its budget cuts them further
KEPT_WORDS = 4_000  # characters of each
_USERS = frozenset({"user", "human", "patient", "用户", "患者"})


def replayed(turns: Sequence[Turn], kb: KnowledgeBase) -> Memory:
    """What is remembered after turns: what the user said in the latest ones counts, and of the assistant's only what was asked back."""
    memory, reader = Memory(), Reader(kb)
    for at in [at for at, turn in enumerate(turns) if turn.role.strip().lower() in _USERS][-REPLAYED:]:
        try:
            followed = follow(cleaned(turns[at].content[: MAX_QUESTION + 1]), memory, reader)
        except QuestionError:  # an empty turn, or a pasted document
            continue
        memory = _heard(followed, turns[at + 1].content if at + 1 < len(turns) else "")
    return memory.model_copy(update={"turns": tuple(kept(turn.role, turn.content) for turn in turns[-KEPT_TURNS:])})


def kept(role: str, text: str) -> Turn:
    """A turn as it is remembered for the writer."""
    return Turn(role=role, content=cleaned(text[:KEPT_WORDS]))


def _heard(followed: Followed, said: str) -> Memory:
    """The memory after a turn that was answered with these words: what was asked back counts as asked where they ask it."""
    asking, memory = followed.asking, followed.memory
    if asking is None or words_of(asking, memory.slots.lang) in said:
        return memory
    return memory.model_copy(update={"asking": None, "asked_back": memory.asked_back[:-1]})
