"""A job as its owner sees it: what it does, how far it is, and what came of it."""

from __future__ import annotations

from enum import StrEnum

from medrag.server.errors import ErrorDetail
from medrag.types import Record

__all__ = ["FileOutcome", "Job", "JobList", "JobState"]


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FileOutcome(Record):
    """What became of one uploaded file; `skipped` says why it is no document, `problems` what could not be read of it."""

    name: str
    reader: str = ""
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: str = ""
    problems: tuple[str, ...] = ()


class Job(Record):
    """A job. `doing`, `done` and `of` are its progress; `commit` is the one that it published; times are ISO, in UTC."""

    id: str
    kind: str
    model: str
    state: JobState = JobState.WAITING
    doing: str = ""
    done: int = 0
    of: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    deleted: int = 0
    files: tuple[FileOutcome, ...] = ()
    commit: int = 0
    error: ErrorDetail | None = None
    created: str
    started: str = ""
    ended: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.state in {JobState.DONE, JobState.FAILED}


class JobList(Record):
    """The caller's jobs that are remembered, newest first."""

    jobs: tuple[Job, ...]
