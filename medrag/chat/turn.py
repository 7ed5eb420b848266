"""A turn with the memory before it, and what the words in it may point to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from medrag.chat import wordings as w
from medrag.chat.asked import MAY_TAKE, wants_a_drug
from medrag.chat.placing import joined
from medrag.chat.reading import Reader, Reading, same_name
from medrag.chat.slots import Asking, Lack, Memory, Slots

__all__ = [
    "Turn",
    "chosen",
    "in_focus",
    "is_polite",
    "last_two",
    "left_over",
    "not_asked_yet",
    "pointers",
    "points_back",
    "tail_fits",
]

_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Turn:
    """A turn, with the memory before it and the slots after it."""

    reading: Reading
    memory: Memory
    slots: Slots
    reader: Reader

    @cached_property
    def last(self) -> Reading | None:
        """The latest question, as it was put to retrieval."""
        return self.reader.read(self.memory.standalone) if self.memory.standalone else None

    @property
    def drugs(self) -> tuple[str, ...]:
        """The medicines spoken of before, the latest first."""
        return self.memory.slots.drugs

    @property
    def focus(self) -> str:
        """The medicine talked about, where it was not named as one of several equals."""
        return "" if len(self.memory.together) > 1 or not self.drugs else self.drugs[0]

    @property
    def stays(self) -> str:
        """Which medicine of a question about two stays when another takes a place: one that is taken, else the one talked about."""
        taken = self.memory.slots.patient.medicines
        asked = self.last.drugs if self.last is not None else ()
        return next((drug.name for drug in asked if any(same_name(drug.name, name) for name in taken)), self.focus)

    @property
    def diseases(self) -> tuple[str, ...]:
        """The illnesses spoken of before, the latest first."""
        return self.memory.slots.diseases

    @property
    def lang(self) -> str:
        """The language of the turn."""
        return self.reading.lang


def points_back(reading: Reading) -> bool:
    """Whether a turn may be about something said before: it says something, and is no mere thanks."""
    return _WORD.search(reading.plain) is not None and not is_polite(reading) and w.ABOUT_US.search(reading.plain) is None


def is_polite(reading: Reading) -> bool:
    """Whether a turn says no more than thanks, a greeting, or that it is understood."""
    plain = reading.plain
    return len(plain) <= w.MAX_POLITE and _WORD.search(plain) is not None and w.POLITE.fullmatch(plain) is not None


def pointers(plain: str) -> list[tuple[int, int]]:
    """Where the turn points to one thing; an "it" that stands for a whole clause does not count."""
    empty = {span for match in w.IT_OF_NOTHING.finditer(plain) for span in (match.span("it"), match.span("it2"))}
    found = [match.span() for pattern in (w.ONE, w.BARE_THIS) for match in pattern.finditer(plain)]  # the plainer ones first
    return [span for span in found if not any(start <= span[0] < end for start, end in empty if start >= 0)]


def chosen(turn: Turn) -> tuple[int, int, str] | None:
    """Where a turn chooses one of the medicines spoken of by its place, and which that is; None where it does not."""
    pair = turn.memory.together or turn.memory.listed or tuple(reversed(turn.drugs))
    plain = turn.reading.plain
    if len(pair) < 2:
        return None
    for place, pattern in enumerate((w.FORMER, w.LATTER, w.THIRD)):
        match = pattern.search(plain)
        if match and place < len(pair):
            name = pair[-1] if re.search(r"后者|后一|后面|last|latter", match.group()) else pair[place]
            return (*match.span(), name)
    match = w.OTHER.search(plain)
    if match:
        return (*match.span(), next(name for name in (*turn.drugs[1:], *pair) if not same_name(name, turn.drugs[0])))
    return None


def last_two(turn: Turn) -> list[str]:
    """The medicines that "both" stands for, in the order in which they were named; one or none where no more were."""
    last = [drug.name for drug in turn.last.drugs] if turn.last is not None else []
    listed = turn.memory.listed
    pair = last if len(last) > 1 else turn.drugs[1::-1]
    return sorted(pair, key=lambda name: listed.index(name) if name in listed else len(listed))


def in_focus(turn: Turn) -> str:
    """The medicine that is meant where nothing says which: the one talked about, or both that were named as equals."""
    return joined(turn.memory.together, turn.lang) if len(turn.memory.together) > 1 else turn.drugs[0]


def not_asked_yet(turn: Turn, lack: Lack, drugs: Sequence[str]) -> bool:
    """Whether something was not asked back yet of these medicines."""
    return Asking(lack=lack, question="", drugs=tuple(drugs)).key not in turn.memory.asked_back


def left_over(text: str) -> str:
    """The letters of a text beside the words that lead in and out of it."""
    return "".join(_WORD.findall(w.TAILS.sub("", w.LEADS.sub("", text.strip()).strip()).strip()))


def tail_fits(turn: Turn) -> bool:
    """Whether the words at the end of a turn ask nothing else than was asked: 布洛芬能吃吗 does, after 布洛芬有什么副作用."""
    tail = w.MAY_TAIL.search(turn.reading.plain)
    last = turn.last
    if tail is None or last is None:
        return tail is None
    if wants_a_drug(last) or MAY_TAKE.search(last.plain):
        return True
    return last.plain.rstrip("?？。").endswith("吗") and not re.search(r"[吃用]|take|use|have", tail.group())
