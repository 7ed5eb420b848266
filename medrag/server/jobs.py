"""What takes longer than a request: writing to a knowledge base, one job after another for each, and how far it is.

A restart forgets all jobs, though never what they have published. Where a server has several processes, each writes what was
sent to it, and they show each other how far they are (`medrag.server.board`).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from medrag.errors import LockedError
from medrag.kb.address import Place, whole
from medrag.server.board import Board, Posted
from medrag.server.errors import ERRORS, ApiError, ErrorDetail, body_of, error_of
from medrag.server.job import Job, JobList, JobState
from medrag.server.keys import Caller, Role, caller
from medrag.server.wire import event, json_bytes

__all__ = ["Jobs", "Tell", "jobs_router"]

log = logging.getLogger(__name__)

MAX_UNFINISHED = 100  # jobs that wait or run, over all callers
MAX_OF_ONE = 20  # of one caller
KEPT = 500  # finished jobs whose end can still be read
LOCK_S = 120.0  # that a writer of another process is waited for
RETRY_S = 1.0
POLL_S = 0.2  # between looks at a job whose progress is followed
BEAT_S = 10.0

Ingester = Annotated[Caller, Depends(caller(Role.INGEST))]
Tell = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


@dataclass(slots=True)
class _Task:
    """A job and what is known of it here alone: whose it is, what it does, what it leaves behind."""

    job: Job
    owner: str
    work: Callable[[Tell], dict[str, Any]]
    discard: Callable[[], None]
    board: Board
    future: Future[None] | None = None
    told: float = 0.0

    def set(self, **fields: object) -> None:
        job = self.job.model_copy(update=fields)
        self.board.post(self.owner, job)  # first, so that no other process is behind what the owner has been shown
        self.job = job

    def tell(self, doing: str, done: int, of: int) -> None:
        """Keeps the progress; a fast reader tells it more often than anybody looks."""
        now = monotonic()
        if now - self.told >= POLL_S or doing != self.job.doing:
            self.told = now
            self.set(doing=doing, done=done, of=of)


class Jobs:
    """The queue: one thread for each knowledge base, so that it has one writer of ours at a time.

    `folder` is shared by the processes of a server that has several.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._board = Board(folder)
        self._tasks: dict[str, _Task] = {}
        self._threads: dict[Place, ThreadPoolExecutor] = {}
        self._lock = Lock()
        self._closing = Event()

    def submit(
        self,
        kb: Place,
        kind: str,
        *,
        who: Caller,
        model: str,
        work: Callable[[Tell], dict[str, Any]],
        discard: Callable[[], None] = lambda: None,
    ) -> Job:
        """A new job; `work` returns the fields of `Job` that it fills in, `discard` is called before it is over, whatever comes.

        Raises a 429 where too many wait already.
        """
        with self._lock:
            open_ = [task for task in self._tasks.values() if not task.job.is_over]
            if len(open_) >= MAX_UNFINISHED or sum(task.owner == who.id for task in open_) >= MAX_OF_ONE:
                raise ApiError(429, "too many jobs wait already: try again when some are over", code="too_many_jobs")
            if self._closing.is_set():
                raise ApiError(503, "the server is being stopped", code="stopping")
            job = Job(id=secrets.token_urlsafe(12), kind=kind, model=model, created=_now())
            task = self._tasks[job.id] = _Task(job, who.id, work, discard, self._board)
            task.set()
            self._forget()
            place = whole(kb)
            if place not in self._threads:
                self._threads[place] = ThreadPoolExecutor(1, "medrag-writer")
            task.future = self._threads[place].submit(self._run, task)
        return job

    def get(self, number: str, who: Caller) -> Job:
        """The caller's job of that id. Raises a 404 for one that is another's, or that is not remembered."""
        own = self._tasks.get(number)
        posted = self._board.get(number) if own is None else None
        found = own or posted
        if found is None or found.owner != who.id:
            raise ApiError(
                404,
                "there is no such job: the server forgets old ones, and all when it is restarted; what a job published stays, "
                "and GET /v1/documents lists it",
                code="not_found",
            )
        return found.job if posted is None else _as_it_is(posted)

    def of(self, who: Caller) -> tuple[Job, ...]:
        """The caller's jobs, newest first."""
        own = [task.job for task in list(self._tasks.values()) if task.owner == who.id]
        others = [_as_it_is(one) for one in self._board.all() if one.owner == who.id and one.job.id not in self._tasks]
        return tuple(sorted([*own, *others], key=lambda job: job.created, reverse=True))

    async def followed(self, number: str, who: Caller) -> AsyncIterator[Job | None]:
        """The job each time that something has changed, until it is over; None now and then where nothing has."""
        shown: Job | None = None
        since = monotonic()
        while True:
            job = self.get(number, who)
            if job != shown:
                shown, since = job, monotonic()
                yield job
            elif monotonic() - since > BEAT_S:
                since = monotonic()
                yield None
            if job.is_over:
                return
            await asyncio.sleep(POLL_S)

    async def ended(self, number: str, who: Caller, *, within: float) -> Job:
        """The job when it is over, or as it is after so many seconds."""
        until = monotonic() + within
        while not (job := self.get(number, who)).is_over and monotonic() < until:
            await asyncio.sleep(POLL_S / 4)
        return job

    def close(self) -> None:
        """Begins no further job; one that is at work goes on to its end, which the process waits for."""
        self._closing.set()
        with self._lock:
            for pool in self._threads.values():
                pool.shutdown(wait=False, cancel_futures=True)
            for task in self._tasks.values():
                if task.future is not None and task.future.cancelled():
                    task.set(state=JobState.FAILED, error=_detail(ApiError(503, "the server was stopped", code="stopping")))
                    task.discard()

    def _run(self, task: _Task) -> None:
        task.set(state=JobState.RUNNING, started=_now())
        end: dict[str, Any]
        try:
            end = {**self._worked(task), "state": JobState.DONE}
        except BaseException as error:
            end = {"state": JobState.FAILED, "error": _detail(_error_of(error))}
        finally:
            task.discard()  # before the job is over for those who look
        task.set(**end, doing="", ended=_now())

    def _worked(self, task: _Task) -> dict[str, Any]:
        """What the work returns, once no other process is writing."""
        until = monotonic() + LOCK_S
        while True:
            try:
                return task.work(task.tell)
            except LockedError:
                if monotonic() > until or self._closing.is_set():
                    raise ApiError(
                        409,
                        "another process has been writing to the knowledge base all the while: try again later",
                        code="locked",
                    ) from None
                task.tell("waiting for another process that writes", 0, 0)
                self._closing.wait(RETRY_S)

    def _forget(self) -> None:
        """Forgets the oldest jobs that are over, where there are many."""
        over = [number for number, task in self._tasks.items() if task.job.is_over]
        for number in over[: max(0, len(over) - KEPT)]:
            del self._tasks[number]
            self._board.drop(number)


def jobs_router(jobs: Jobs) -> APIRouter:
    """The routes by which jobs are followed."""
    router = APIRouter(prefix="/v1/jobs", tags=["documents"], responses=ERRORS)

    @router.get("", response_model=JobList)
    async def list_jobs(who: Ingester) -> Response:
        """Lists your jobs that this process remembers, newest first."""
        return Response(json_bytes(JobList(jobs=jobs.of(who))), media_type="application/json")

    @router.get("/{job}", response_model=Job)
    async def show_job(job: str, who: Ingester) -> Response:
        """Shows how far a job of yours is, and what came of it."""
        return Response(json_bytes(jobs.get(job, who)), media_type="application/json")

    @router.get("/{job}/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def follow_job(job: str, who: Ingester) -> StreamingResponse:
        """Follows a job of yours: an event `job` with the whole job each time that something has changed, until it is over."""
        jobs.get(job, who)  # a 404 before the stream begins

        async def written() -> AsyncIterator[bytes]:
            try:
                async for one in jobs.followed(job, who):
                    yield event("job", one) if one is not None else b": at work\n\n"
            except ApiError as error:
                yield event("error", body_of(error))

        return StreamingResponse(written(), media_type="text/event-stream")

    return router


def _as_it_is(posted: Posted) -> Job:
    """Another process's job; failed where that process ended with it, whatever it last told."""
    if not posted.is_abandoned:
        return posted.job
    error = ApiError(
        503,
        "the process that was at it has ended: send it again; what is there already is not added twice",
        code="process_ended",
    )
    return posted.job.model_copy(update={"state": JobState.FAILED, "doing": "", "error": _detail(error)})


def _error_of(error: BaseException) -> ApiError:
    """What the owner of a job is told; a full disk is found wherever it stands in the chain of causes."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "errno", None) == ENOSPC or "disk is full" in str(seen) or "No space left" in str(seen):
            log.error("a job failed: the disk is full")
            return ApiError(507, "the server's disk is full: nothing was stored", code="disk_full")
        seen = seen.__cause__
    return error_of(error)


def _detail(error: ApiError) -> ErrorDetail:
    return ErrorDetail.model_validate(body_of(error)["error"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
