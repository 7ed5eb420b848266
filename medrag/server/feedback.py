"""What people thought of answers: kept in SQLite, read by those who run the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, create_engine, delete, event, insert, select
from starlette.responses import StreamingResponse

from medrag.server.errors import ERRORS, ApiError
from medrag.server.keys import Caller, Role, caller
from medrag.server.wire import FeedbackRequest

__all__ = ["FeedbackStore", "feedback_router"]

BUSY_S = 5.0  # that another process may write
PAGE = 1_000  # rows read at a time
_TABLES = MetaData()
_ROWS = Table(
    "feedback",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("name", String, nullable=False),
    Column("rating", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("answer_id", String, nullable=False),
    Column("model", String, nullable=False),
    Column("record", Text),
)


Admin = Annotated[Caller, Depends(caller(Role.ADMIN))]


class FeedbackKept(BaseModel):
    """That it was kept, and under which number."""

    id: int


class FeedbackSent(BaseModel):
    """One piece of feedback."""

    id: int
    at: str = Field(description="When, in UTC.")
    name: str = Field(description="The name of the key that it came with.")
    rating: Literal["up", "down"]
    note: str
    answer_id: str
    model: str
    record: dict[str, Any] | None


class FeedbackList(BaseModel):
    """Feedback, latest first; `next` is the `before` of what follows, None where nothing does."""

    items: list[FeedbackSent]
    next: int | None


class FeedbackStore:
    """The feedback in an SQLite file, which is made with the first piece."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        self._lock = Lock()
        self._made = False

    def _ready(self) -> Engine:
        with self._lock:
            if not self._made:
                _TABLES.create_all(self._engine)
                self._made = True
        return self._engine

    def add(self, who: Caller, given: FeedbackRequest) -> int:
        """Keeps one; its number."""
        row = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "owner": who.id,
            "name": who.name,
            "rating": given.rating,
            "note": given.note,
            "answer_id": given.answer_id,
            "model": given.model or "",
            "record": None if given.record is None else json.dumps(given.record),
        }
        with self._ready().begin() as connection:
            key = connection.execute(insert(_ROWS).values(row)).inserted_primary_key
        return int(key[0]) if key is not None else 0

    def page(self, *, limit: int, before: int | None = None) -> list[FeedbackSent]:
        """The latest, or the latest before a number."""
        query = select(_ROWS).order_by(_ROWS.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_ROWS.c.id < before)
        with self._ready().connect() as connection:
            return [_sent(row) for row in connection.execute(query).mappings()]

    def all(self) -> Iterator[FeedbackSent]:
        """All, oldest first, read piece by piece."""
        last = 0
        while True:
            query = select(_ROWS).where(_ROWS.c.id > last).order_by(_ROWS.c.id).limit(PAGE)
            with self._ready().connect() as connection:
                rows = [_sent(row) for row in connection.execute(query).mappings()]
            if not rows:
                return
            yield from rows
            last = rows[-1].id

    def remove(self, number: int) -> bool:
        """Deletes one for good; whether it was there."""
        with self._ready().begin() as connection:
            return connection.execute(delete(_ROWS).where(_ROWS.c.id == number)).rowcount > 0

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted is health data, and goes

    return engine


def _sent(row: Any) -> FeedbackSent:
    record = row["record"]
    return FeedbackSent(
        **{name: row[name] for name in FeedbackSent.model_fields if name != "record"}, record=record and json.loads(record)
    )


def feedback_router(store: FeedbackStore | None) -> APIRouter:
    """The routes; without a store each says that nothing is kept. Their functions are no coroutines: they run in threads."""
    router = APIRouter(prefix="/v1/feedback", tags=["feedback"], responses=ERRORS)

    def kept() -> FeedbackStore:
        if store is None:
            raise ApiError(400, "feedback is not kept here", code="feedback_off")
        return store

    @router.post("", status_code=201)
    def give(body: FeedbackRequest, who: Annotated[Caller, Depends(caller(Role.ASK))]) -> FeedbackKept:
        """Keeps what a person thought of an answer."""
        return FeedbackKept(id=kept().add(who, body))

    @router.get("")
    def show(
        _: Admin, limit: Annotated[int, Query(ge=1, le=500)] = 50, before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
    ) -> FeedbackList:
        """Lists feedback, latest first, for the role `admin`."""
        items = kept().page(limit=limit, before=before)
        return FeedbackList(items=items, next=items[-1].id if len(items) == limit else None)

    @router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"application/jsonl": {}}}})
    def export(_: Admin) -> StreamingResponse:
        """Gives all feedback as JSON lines, oldest first, for the role `admin`."""
        store = kept()
        return StreamingResponse((one.model_dump_json() + "\n" for one in store.all()), media_type="application/jsonl")

    @router.delete("/{number}", status_code=204)
    def remove(number: int, _: Admin) -> None:
        """Deletes a piece of feedback for good, for the role `admin`."""
        if not (0 < number < 2**63 and kept().remove(number)):
            raise ApiError(404, "there is no such feedback", code="not_found")

    return router
