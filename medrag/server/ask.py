"""`/v1/ask`: an answer as the record that can be checked again; `/v1/search` and `/v1/explain`: the evidence, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from medrag.answer.engine import MedRAG
from medrag.answer.show.text import evidence_json
from medrag.kb.memory import holding, memory_of
from medrag.retrieve.explain import Explanation
from medrag.server.answer_wire import AnswerRecord, FoundEvidence
from medrag.server.conversation import Talk, answer_record, claim_record, talk_of
from medrag.server.desk import Desk, Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller
from medrag.server.metrics import Outcome, outcome_of
from medrag.server.streams import STREAM, streamed
from medrag.server.wire import AskRequest, SearchRequest, event, json_bytes
from medrag.server.work import Work
from medrag.types import Question, StreamEvent, Turn

__all__ = ["ask_router"]

KEPT = 256  # answers that are remembered while their commit is read, some 10 kB each

Served = Annotated[Desks, Depends(desks)]
Asker = Annotated[Caller, Depends(caller(Role.ASK))]


def ask_router(work: Work) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["answers"], responses=ERRORS)

    @router.post(
        "/ask",
        response_model=AnswerRecord,
        responses={200: {"content": STREAM, "description": "The answer, or an abstention."}},
    )
    async def ask(body: AskRequest, request: Request, served: Served, who: Asker) -> Response:
        """Answers a question from the knowledge base, each statement cited and checked, or says why not.

        As a stream: `evidence` (evidence, notices, safety), then `text` (text, claim) for each claim that passed the check, then
        `answer` (the whole record), or `error`.
        """
        asking = _Asking(served.of(body.model), who, body)
        if body.stream:
            return await streamed(work, request, asking.desk, asking.events, asking.written, lambda body: event("error", body))
        return _json(await work.run(request, asking.answered, waits=asking.desk.waits))

    @router.post("/search", response_model=FoundEvidence)
    async def search(body: SearchRequest, request: Request, served: Served, who: Asker) -> Response:
        """Finds the evidence for a question, without an answer."""
        desk = served.of(body.model)

        def found(_: Event) -> bytes:
            medrag = desk.medrag_for(who, filters=body.filters, k=body.k)
            return json_bytes(evidence_json(body.question, medrag.search(_question(body))))

        return _json(await work.run(request, found))

    @router.post("/explain", response_model=Explanation)
    async def explain(body: SearchRequest, request: Request, served: Served, who: Asker) -> Response:
        """Says how a question is understood and why its evidence stands where it does."""
        desk = served.of(body.model)

        def explained(_: Event) -> bytes:
            medrag = desk.medrag_for(who, filters=body.filters, k=body.k)
            return json_bytes(medrag.explain(_question(body)).model_dump(mode="json"))

        return _json(await work.run(request, explained))

    return router


@dataclass
class _Asking:
    """A question under way; its methods block."""

    desk: Desk
    who: Caller
    body: AskRequest
    _talks: list[Talk] = field(default_factory=list)

    def _begun(self, medrag: MedRAG) -> Talk:
        body = self.body
        chat = self.desk.chat_of(medrag)
        talk = talk_of(
            chat, self.desk.name, owner=self.who.id, session=body.session, history=_turns(body), patient=body.patient
        )
        self._talks.append(talk)
        return talk

    def answered(self, cancel: Event) -> bytes:
        """The answer's record. What was asked before at this commit, of what the caller may see, is not worked out again."""
        medrag = self._medrag()
        if self.body.session is not None or not self.desk.repeats_itself:
            counted, record = self._worked_out(medrag, cancel)
        else:
            memory = memory_of(medrag.kb, f"answers of {self.desk.name}", KEPT)
            asked = self.body.model_dump_json(exclude={"model", "session", "stream"})
            counted, record = memory.kept(asked, lambda: self._worked_out(medrag, cancel))
        self.desk.count(counted)
        return record

    def _worked_out(self, medrag: MedRAG, cancel: Event) -> tuple[Outcome, bytes]:
        # One connection for all steps; not while a model writes, for a second of which it would stand idle.
        with nullcontext() if self.desk.waits else holding(medrag.kb):
            talk = self._begun(medrag)
            answer = talk.ask(self.body.question, cancel)
        return outcome_of(answer), json_bytes(answer_record(answer, talk))

    def _medrag(self) -> MedRAG:
        return self.desk.medrag_for(self.who, filters=self.body.filters, k=self.body.k)

    def events(self, cancel: Event) -> Iterator[StreamEvent]:
        """The answer, event by event."""
        return self._begun(self._medrag()).stream(self.body.question, cancel)

    def written(self, one: StreamEvent) -> bytes:
        """An event of the answer as one of the stream."""
        if one.answer is not None:
            self.desk.count(outcome_of(one.answer))
            return event("answer", answer_record(one.answer, self._talks[-1]))
        if one.text:
            return event("text", {"text": one.text, "claim": None if one.claim is None else claim_record(one.claim)})
        notices = [notice.model_dump(mode="json") for notice in one.notices]
        safety = None if one.safety is None else one.safety.model_dump(mode="json")
        found = evidence_json("", one.evidence)["evidence"]
        return event("evidence", {"evidence": found, "notices": notices, "safety": safety})


def _question(body: SearchRequest) -> Question:
    return Question(text=body.question, history=_turns(body), patient=body.patient)


def _turns(body: SearchRequest) -> tuple[Turn, ...]:
    return tuple(Turn(role=one.role, content=one.content) for one in body.history if one.role != "system")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
