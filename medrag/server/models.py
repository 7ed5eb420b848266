"""`/v1/models`: the assistants as models of the API; `/v1/embeddings`: the vectors of a knowledge base's embedder."""

from __future__ import annotations

import base64
import time
from threading import Event, Lock
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from medrag.kb.stats import Stats
from medrag.llm.count import estimated
from medrag.server.desk import Desk, Desks, desks
from medrag.server.errors import ERRORS, ApiError
from medrag.server.keys import Caller, Role, caller
from medrag.server.openai_wire import EmbeddingRequest, EmbeddingResponse
from medrag.server.wire import json_bytes
from medrag.server.work import Work

__all__ = ["models_router"]

COUNTED = 64  # counts of knowledge bases that are remembered
Served = Annotated[Desks, Depends(desks)]
Asker = Annotated[Caller, Depends(caller(Role.ASK))]


class ModelExtra(BaseModel):
    """What an assistant says of itself."""

    about: str
    greeting: str
    disclaimer: str
    emergency: str
    lang: str
    writer: str = Field(description="Who writes: `extractive`, or a language model's name.")
    citations: str
    sessions: bool = Field(description="Whether conversations are kept.")
    feedback: bool = Field(description="Whether feedback is kept.")
    kb: Stats = Field(description="What the caller may see of its knowledge base.")


class ModelSent(BaseModel):
    """An assistant in OpenAI's form."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "medrag"
    medrag: ModelExtra


class ModelList(BaseModel):
    """All assistants."""

    object: Literal["list"] = "list"
    data: list[ModelSent]


class _Counts:
    """What knowledge bases hold, counted once for a commit and what a caller may see of it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, frozenset[str] | None], Stats] = {}
        self._lock = Lock()

    def of(self, desk: Desk, who: Caller) -> Stats:
        """The counts. Blocks while they are taken."""
        kb = desk.kb_for(who)
        key = (desk.name, kb.commit, who.access)
        with self._lock:
            if key not in self._known:
                if len(self._known) >= COUNTED:
                    self._known.clear()
                self._known[key] = kb.stats()
            return self._known[key]


def models_router(work: Work, *, feedback: bool) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["OpenAI"], responses=ERRORS)
    counts, started = _Counts(), int(time.time())

    def sent(desk: Desk, who: Caller) -> ModelSent:
        about = desk.assistant
        extra = ModelExtra(
            about=about.about,
            greeting=about.greeting,
            disclaimer=about.disclaimer,
            emergency=about.emergency,
            lang=about.lang,
            writer=desk.writer,
            citations=about.citations.value,
            sessions=desk.keeps_sessions,
            feedback=feedback,
            kb=counts.of(desk, who),
        )
        return ModelSent(id=desk.name, created=started, medrag=extra)

    @router.get("/models")
    def models(served: Served, who: Asker) -> ModelList:
        """Lists the assistants that can be asked."""
        return ModelList(data=[sent(desk, who) for desk in served])

    @router.get("/models/{model}")
    def model(model: str, served: Served, who: Asker) -> ModelSent:
        """Shows one of them."""
        return sent(served.of(model), who)

    @router.post("/embeddings", response_model=EmbeddingResponse)
    async def embeddings(body: EmbeddingRequest, request: Request, served: Served, who: Asker) -> Response:
        """Gives the vectors of texts by the embedder that the assistant's knowledge base was made with."""
        desk = served.of(body.model)

        def embedded(_: Event) -> bytes:
            return json_bytes(_embedded(desk, who, body))

        return Response(await work.run(request, embedded), media_type="application/json")

    return router


def _embedded(desk: Desk, who: Caller, body: EmbeddingRequest) -> dict[str, Any]:
    embedder = desk.kb_for(who).embedder
    if body.dimensions not in (None, embedder.dimensions):
        message = f"dimensions: the embedder gives {embedder.dimensions}: leave it out"
        raise ApiError(400, message, code="invalid_value", param="dimensions")
    encode = embedder.encode_queries if body.input_type == "query" else embedder.encode_passages
    vectors = np.asarray(encode(body.texts()), dtype="<f4")
    if body.encoding_format == "base64":
        written: list[Any] = [base64.b64encode(row.tobytes()).decode("ascii") for row in vectors]
    else:
        written = vectors.tolist()
    data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(written)]
    read = sum(map(estimated, body.texts()))
    return {"object": "list", "model": desk.name, "data": data, "usage": {"prompt_tokens": read, "total_tokens": read}}
