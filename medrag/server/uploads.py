"""Files that somebody sent, on their way into a knowledge base: kept in a folder of their own until they are read.

A file's name is what the sender calls it and nothing else: it names no place on this machine.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

from medrag.ingest.build import FileReport, build
from medrag.kb.address import Place
from medrag.kb.base import KnowledgeBase
from medrag.server.errors import ApiError
from medrag.server.job import FileOutcome
from medrag.server.jobs import Tell
from medrag.server.keys import Caller

__all__ = ["Upload", "own_source", "received", "tags_for"]

MAX_NAME = 150  # bytes of a file's name that are kept, its ending included
MAX_PROBLEMS = 20  # of a file that its sender is shown
DEFAULT_SOURCE = "uploads"
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Upload:
    """Files in a folder of their own, and what is to be said of their documents."""

    folder: Path
    files: tuple[Path, ...]
    source: str | None = None
    tags: tuple[str, ...] = ()
    keys: Mapping[Path, str] | None = None
    lang: str = ""

    def ingest(self, kb: Place, tell: Tell) -> dict[str, object]:
        """Reads the files into the knowledge base and returns what came of it, as fields of a `Job`."""
        with KnowledgeBase.open(kb) as base:
            report = build(
                self.files, base, source=self.source, tags=self.tags, lang=self.lang, keys=self.keys,
                jobs=1, progress=tell,  # the other cores are there for questions
            )  # fmt: skip
        counts = {name: getattr(report, name) for name in ("added", "updated", "unchanged", "failed")}
        return {**counts, "commit": report.commit, "files": tuple(self._outcome(file) for file in report.files)}

    def _outcome(self, file: FileReport) -> FileOutcome:
        problems = [(str(one.place.record), one.reason) for one in file.problems[:MAX_PROBLEMS]]
        return FileOutcome(
            name=Path(file.path).name,
            reader=file.reader,
            read=file.read,
            added=file.added,
            updated=file.updated,
            unchanged=file.unchanged,
            failed=file.failed,
            skipped=file.skipped_reason,
            # Where the files were kept meanwhile is nobody's business.
            problems=tuple(": ".join(filter(None, said)).replace(f"{self.folder}/", "") for said in problems),
        )

    def discard(self) -> None:
        """Removes the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def received(files: Sequence[tuple[str, BinaryIO]]) -> Upload:
    """The files, given as names and contents, in a folder that only this user may read."""
    folder = Path(mkdtemp(prefix="medrag-upload-"))
    try:
        paths = []
        for number, (name, content) in enumerate(files, start=1):
            path = folder / str(number) / _plain(name, number)  # two files may have the same name
            path.parent.mkdir()
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            paths.append(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Upload(folder, tuple(paths))


def _plain(name: str, number: int) -> str:
    """The last part of a name, short enough for any file system, that is no place."""
    last = _UNFIT.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()
    if last in {"", ".", ".."}:
        return f"file-{number}"
    stem, dot, ending = last.rpartition(".")
    room = MAX_NAME - len((dot + ending).encode())
    if not dot or room < 1:
        return last.encode()[:MAX_NAME].decode(errors="ignore")
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def tags_for(who: Caller, asked: Sequence[str]) -> tuple[str, ...]:
    """The tags of a caller's documents: those asked for; of one who sees only some tags, among these, or all of these.

    Raises a 403 for a tag that the caller does not see, for with it they could put words before others that these trust.
    """
    wanted = frozenset(asked)
    if who.access is None:
        return tuple(sorted(wanted))
    if not who.access:
        raise ApiError(403, "this key sees no documents, so it can add none", code="tag_not_allowed")
    foreign = wanted - who.access
    if foreign:
        raise ApiError(
            403, "a tag is none of this key's: give some of its own, or none for all of them", code="tag_not_allowed"
        )
    return tuple(sorted(wanted or who.access))


def own_source(who: Caller, asked: str | None) -> str | None:
    """The source of a caller's documents. One who sees only some has sources apart, so that they replace nothing unseen."""
    if who.access is None:
        return asked or None
    return f"{asked or DEFAULT_SOURCE}@{who.id}"
