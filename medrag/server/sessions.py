"""`/v1/sessions/{id}`: what a conversation remembers, which its owner may read, correct and delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from medrag.chat.session import Session
from medrag.chat.slots import Slots
from medrag.server.conversation import session_of
from medrag.server.desk import Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller

__all__ = ["sessions_router"]

Served = Annotated[Desks, Depends(desks)]
Asker = Annotated[Caller, Depends(caller(Role.ASK))]
Model = Annotated[str | None, Query(description="The assistant; the first where none is named.")]


class ExchangeSent(BaseModel):
    """A question as it was typed and as it was searched for."""

    text: str
    standalone: str
    asks_back: bool


class SessionSent(BaseModel):
    """A conversation: what was asked since the server read it, and what is remembered."""

    id: str
    slots: Slots
    exchanges: list[ExchangeSent]


def sessions_router() -> APIRouter:
    """The routes. Their functions are no coroutines, so each runs in a thread."""
    router = APIRouter(prefix="/v1/sessions", tags=["sessions"], responses=ERRORS)

    @router.get("/{session}")
    def show(session: str, served: Served, who: Asker, model: Model = None) -> SessionSent:
        """Shows what a conversation remembers."""
        return _sent(_opened(served, model, session, who))

    @router.delete("/{session}", status_code=204)
    def delete(session: str, served: Served, who: Asker, model: Model = None) -> Response:
        """Deletes a conversation and all that was said in it, for good."""
        _opened(served, model, session, who)  # a 404 for one that is not there, or not the caller's
        served.of(model).chat_for(who).delete(session, owner=who.id)
        return Response(status_code=204)

    @router.patch("/{session}/slots")
    def correct(session: str, slots: Slots, served: Served, who: Asker, model: Model = None) -> SessionSent:
        """Puts what is remembered right: the slots as they should be."""
        found = _opened(served, model, session, who)
        found.correct(slots)
        return _sent(found)

    return router


def _opened(served: Desks, model: str | None, session: str, who: Caller) -> Session:
    return session_of(served.of(model).chat_for(who), session, owner=who.id)


def _sent(session: Session) -> SessionSent:
    said = [ExchangeSent(text=one.text, standalone=one.standalone, asks_back=one.asks_back) for one in session.exchanges]
    return SessionSent(id=session.id, slots=session.slots, exchanges=said)
