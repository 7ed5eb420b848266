"""Earlier turns of a conversation, as messages or as text, without the marks of earlier answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from medrag.answer.prompt.data import as_data
from medrag.answer.prompt.wording import turn_line
from medrag.answer.reply.marks import MarkForm, parse_marks
from medrag.llm.messages import EvidenceForm, Message, Role
from medrag.types import Turn

__all__ = ["Exchange", "Past", "past"]

_USERS = frozenset({"user", "human", "patient", "用户", "患者"})
_ASSISTANTS = frozenset({"assistant", "ai", "bot", "helper", "doctor", "助手", "医生"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a user said and what was answered, which is empty where nothing was."""

    user: str
    assistant: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """The exchanges before a question, oldest first; `as_messages`, if the model reads them so."""

    exchanges: tuple[Exchange, ...] = ()
    as_messages: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was said."""
        return tuple(text for one in self.exchanges for text in (one.user, one.assistant))

    def messages(self, latest: int) -> list[Message]:
        """The latest exchanges that were answered as messages, where the model reads them so."""
        told = self._latest(latest) if self.as_messages else ()
        return [
            message
            for one in told
            if one.assistant
            for message in (Message(Role.USER, one.user), Message(Role.ASSISTANT, one.assistant))
        ]

    def text(self, latest: int, form: EvidenceForm, lang: str) -> str:
        """The latest exchanges as lines, a blank line behind them; of a model that reads messages only those not answered."""
        told = [one for one in self._latest(latest) if not (self.as_messages and one.assistant)]
        lines = [
            turn_line(True, one.user, form, lang) + (turn_line(False, one.assistant, form, lang) if one.assistant else "")
            for one in told
        ]
        behind = "" if form is EvidenceForm.PULSE or not lines else "\n"
        return "".join(lines) + behind

    def _latest(self, count: int) -> tuple[Exchange, ...]:
        return self.exchanges[len(self.exchanges) - count :] if count else ()


def past(turns: Iterable[Turn], *, as_messages: bool, shown: bool) -> Past:
    """The exchanges that turns make up; turns of other roles than user and assistant are left out: none becomes a rule."""
    exchanges: list[Exchange] = []
    for turn in turns if shown else ():
        role, text = turn.role.strip().lower(), as_data(" ".join(turn.content.split()))
        if not text:
            continue
        if role in _USERS:
            before = exchanges[-1] if exchanges else None
            if before is not None and not before.assistant:
                exchanges[-1] = Exchange(f"{before.user} {text}")
            else:
                exchanges.append(Exchange(text))
        elif role in _ASSISTANTS and exchanges:
            before = exchanges[-1]
            exchanges[-1] = Exchange(before.user, f"{before.assistant} {_unmarked(text)}".strip())
    return Past(tuple(exchanges), as_messages)


def _unmarked(text: str) -> str:
    """The text without its citation marks, whose numbers meant other evidence."""
    parts: list[str] = []
    at = 0
    for mark in parse_marks(text):
        if mark.form is not MarkForm.PROSE:
            parts.append(text[at : mark.start].rstrip())
            at = mark.end
    return "".join([*parts, text[at:]])
