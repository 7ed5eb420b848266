"""One turn of a conversation over HTTP: in a session that is kept, or after the messages that came with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from medrag.answer.show.text import answer_json
from medrag.chat.session import Chat, Session
from medrag.server.errors import ApiError
from medrag.server.spans import Span, span
from medrag.types import Answer, Claim, Patient, StreamEvent, Turn

__all__ = ["NEW", "Talk", "answer_record", "claim_record", "session_of", "talk_of"]

NEW = "new"  # the session of a request that begins one


@dataclass(frozen=True, slots=True)
class Talk:
    """A turn that is about to be taken, in a session of which `kept` says whether the server remembers it."""

    session: Session
    kept: bool
    model: str

    def ask(self, text: str, cancel: Event) -> Answer:
        """The answer."""
        with span("medrag.ask", {"medrag.model": self.model}) as traced:
            answer = self.session.ask(text, cancel=cancel)
            _describe(traced, answer)
        return answer

    def stream(self, text: str, cancel: Event) -> Iterator[StreamEvent]:
        """The answer, event by event."""
        with span("medrag.ask", {"medrag.model": self.model, "medrag.stream": True}) as traced:
            for event in self.session.stream(text, cancel=cancel):
                if event.answer is not None:
                    _describe(traced, event.answer)
                yield event

    def about(self) -> dict[str, Any]:
        """What is told beside the answer: the session, the question as it was searched for, and what is remembered now."""
        last = self.session.last
        return {
            "session": self.session.id if self.kept else None,
            "standalone": last.standalone if last is not None else None,
            "worded_by": last.by if last is not None else None,
            "asks_back": last is not None and last.asks_back,
            "slots": self.session.slots.model_dump(mode="json"),
        }


def _describe(traced: Span, answer: Answer) -> None:
    traced.set_attribute("medrag.abstained", answer.abstained)
    traced.set_attribute("medrag.claims", len(answer.claims))
    traced.set_attribute("medrag.evidence", len(answer.evidence))
    traced.set_attribute("medrag.commit", answer.writing.commit)


def talk_of(
    chat: Chat,
    model: str,
    *,
    owner: str,
    session: str | None = None,
    history: Sequence[Turn] = (),
    patient: Patient | None = None,
) -> Talk:
    """The turn after these messages, or in a session of the owner's. Raises a 400 where both are given."""
    if session is not None and history:
        raise ApiError(400, "a session remembers what was said: leave history out", code="history_and_session", param="history")
    found = chat.of_turns(history) if session is None else session_of(chat, session, owner=owner)
    if patient is not None:
        found.correct(found.slots.model_copy(update={"patient": patient}))
    return Talk(found, session is not None, model)


def session_of(chat: Chat, session: str, *, owner: str) -> Session:
    """A new session, or the owner's of that id. Raises a 400 where none are kept."""
    if chat.store is None:
        raise ApiError(400, "conversations are not kept here: leave session out, and send history", code="sessions_off")
    return chat.open(None if session == NEW else session, owner=owner)


def answer_record(answer: Answer, talk: Talk) -> Mapping[str, Any]:
    """The answer as the record that can be checked again, and what is told beside it."""
    return {**answer_json(answer), **talk.about()}


def claim_record(claim: Claim) -> Mapping[str, Any]:
    """A claim as in the answer's record."""
    return claim.model_dump(mode="json")
