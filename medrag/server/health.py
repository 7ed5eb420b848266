"""Whether the server lives, whether it can answer, and its numbers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from medrag.server.desk import Desks, desks
from medrag.server.errors import ERRORS
from medrag.server.keys import Caller, Role, caller
from medrag.server.metrics import CONTENT_TYPE, Metrics

__all__ = ["health_router"]


class Health(BaseModel):
    """That the server is there."""

    status: str = "ok"


def health_router(metrics: Metrics) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def healthz() -> Health:
        """Says that the process lives, whatever is wrong with its knowledge base."""
        return Health()

    @router.get("/readyz", responses={503: ERRORS[503]})
    async def readyz(served: Annotated[Desks, Depends(desks)]) -> Health:
        """Says that questions can be answered: every knowledge base is there and opens."""
        for desk in served:
            await run_in_threadpool(desk.kb)
        return Health()

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **_REFUSED})
    async def numbers(request: Request, who: Annotated[Caller, Depends(caller(Role.ADMIN))]) -> Response:
        """The server's numbers in Prometheus' form; they hold no words of anybody. With keys, for the role `admin`."""
        return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE)

    return router


_REFUSED: dict[int | str, dict[str, Any]] = {status: ERRORS[status] for status in (401, 403)}
