"""`/v1/check`: an answer's record checked again against the knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from threading import Event
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from medrag.answer.record.check import check_record
from medrag.answer.record.stored import answer_from_json
from medrag.errors import NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.server.desk import Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller
from medrag.server.wire import json_bytes
from medrag.server.work import Work
from medrag.types import Document, DocumentInfo

__all__ = ["check_router"]


class FaultSent(BaseModel):
    """What does not hold: where in the record, which kind of fault, and what was seen."""

    where: str
    kind: str
    message: str


class CheckSent(BaseModel):
    """What checking came to; notes are what cannot be decided here, and no faults."""

    ok: bool
    citations: int = Field(description="How many citations were looked at.")
    claims: int = Field(description="How many claims were looked at.")
    faults: list[FaultSent]
    notes: list[FaultSent]


def check_router(work: Work) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1", tags=["answers"], responses=ERRORS)

    @router.post("/check", response_model=CheckSent)
    async def check(
        record: Annotated[dict[str, Any], Body(description="What `/v1/ask` gave, or `medrag ask --json`.")],
        request: Request,
        served: Annotated[Desks, Depends(desks)],
        who: Annotated[Caller, Depends(caller(Role.ASK))],
        model: Annotated[str | None, Query(description="The assistant that answered.")] = None,
    ) -> Response:
        """Checks an answer again: each citation against its document, each claim against what it cites."""
        desk = served.of(model)

        def checked(_: Event) -> bytes:
            kb = desk.kb_for(who)
            report = check_record(answer_from_json(record), _documents(kb), kb.link)
            return json_bytes({**asdict(report), "ok": report.ok})

        return Response(await work.run(request, checked), media_type="application/json")

    return router


def _documents(kb: KnowledgeBase) -> Callable[[DocumentInfo], list[Document]]:
    """Finds the document of a citation; none where the caller may not see it."""

    def lookup(info: DocumentInfo) -> list[Document]:
        try:
            return [kb.document(info.key, source=info.source, version=info.version or None)]
        except NotFoundError:
            return []

    return lookup
