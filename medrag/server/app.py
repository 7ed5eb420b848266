"""The app: assistants behind the gate, the routes of each module, and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from medrag import __version__
from medrag.chat.opened import OpenAssistant
from medrag.chat.store import SessionStore
from medrag.server.ask import ask_router
from medrag.server.audit import ServedLog
from medrag.server.check import check_router
from medrag.server.completions import completions_router
from medrag.server.describe import describe
from medrag.server.desk import Desks
from medrag.server.documents import documents_router
from medrag.server.errors import add_handlers
from medrag.server.feedback import FeedbackStore, feedback_router
from medrag.server.gate import Gate
from medrag.server.health import health_router
from medrag.server.jobs import Jobs, jobs_router
from medrag.server.keys import KeyRing
from medrag.server.knowledge import knowledge_router
from medrag.server.limits import Limits
from medrag.server.metrics import Metrics
from medrag.server.models import models_router
from medrag.server.pages import page_router
from medrag.server.sessions import sessions_router
from medrag.server.settings import ServerSettings
from medrag.server.work import Work

__all__ = ["create_app"]


def create_app(assistants: Sequence[OpenAssistant], settings: ServerSettings) -> FastAPI:
    """The app that serves these assistants, the first where a request names none; it closes them when it ends.

    `app.state` holds `settings`, `desks`, `work` and `metrics`.
    """
    metrics = Metrics()
    sessions = None if settings.sessions is None else SessionStore(settings.sessions, days=settings.session_days)
    feedback = None if settings.feedback is None else FeedbackStore(settings.feedback)
    audit = None if settings.audit is None else ServedLog(settings.audit, level=settings.audit_level)
    served = Desks(assistants, metrics, sessions, audit)
    work = Work(settings, metrics)
    jobs = Jobs(None if settings.state is None else settings.state / "jobs")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()
        work.close()
        served.close()
        for store in (sessions, feedback, audit):
            if store is not None:
                store.close()

    app = FastAPI(
        title="medrag",
        version=__version__,
        summary="Questions about medicines and diseases, answered from a knowledge base, every sentence cited.",
        docs_url=None,  # their pages fetch scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings, app.state.desks, app.state.work, app.state.metrics = settings, served, work, metrics
    add_handlers(app)
    app.include_router(health_router(metrics))
    for router in (
        ask_router(work),
        completions_router(work),
        models_router(work, feedback=feedback is not None),
        sessions_router(),
        check_router(work),
        feedback_router(feedback),
        documents_router(work, jobs),
        jobs_router(jobs),
        knowledge_router(work),
    ):
        app.include_router(router)
    app.include_router(page_router())
    describe(app)
    _add_gate(app, settings, metrics)
    return app


def _add_gate(app: FastAPI, settings: ServerSettings, metrics: Metrics) -> None:
    ring = None if settings.keys is None else KeyRing(settings.keys)
    app.add_middleware(Gate, settings=settings, ring=ring, limits=Limits(settings), metrics=metrics)
    if settings.origins:  # outermost: a browser asks beforehand, without a key
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
