"""How far jobs are, for all processes of a server: a small file each in a folder that they share while the server runs.

Only the process that has a job writes its file. Nothing of an upload's contents is ever in it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from medrag.server.job import Job
from medrag.types import Record

__all__ = ["Board", "Posted"]

log = logging.getLogger(__name__)
_ID = re.compile(r"[\w-]{16}", re.ASCII)


class Posted(Record):
    """A job, whose it is, and the number of the process that has it."""

    owner: str
    job: Job
    process: int

    @property
    def is_abandoned(self) -> bool:
        """Whether the process that had it has ended, and it will never be over."""
        if self.job.is_over:
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it is there, and another user's
            pass
        return False


class Board:
    """The jobs of all processes, newest last; of this one alone, and in memory, where there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def post(self, owner: str, job: Job) -> None:
        """Shows the others how far a job is; a full disk costs them the news and nothing else."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = self._folder / f".{job.id}"
            made.write_text(Posted(owner=owner, job=job, process=os.getpid()).model_dump_json(), "utf-8")
            os.replace(made, self._folder / job.id)
        except OSError as error:
            log.warning("a job's progress could not be written: %s", error.strerror)

    def get(self, number: str) -> Posted | None:
        """The job of that id, of whichever process."""
        if self._folder is None or not _ID.fullmatch(number):
            return None
        try:
            return Posted.model_validate_json((self._folder / number).read_bytes())
        except (OSError, ValidationError):
            return None

    def all(self) -> Iterator[Posted]:
        """All jobs, in no order."""
        for path in self._folder.glob("[!.]*") if self._folder is not None else ():
            posted = self.get(path.name)
            if posted is not None:
                yield posted

    def drop(self, number: str) -> None:
        """Takes a job down that is forgotten."""
        if self._folder is not None:
            (self._folder / number).unlink(missing_ok=True)
