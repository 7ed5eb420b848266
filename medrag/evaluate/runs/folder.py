"""The folder of a run: its manifest, and a line for each question answered, kept so that a killed run goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from medrag.errors import EvaluationError
from medrag.evaluate.runs.manifest import Manifest, differences
from medrag.evaluate.runs.records import Asked

__all__ = ["MANIFEST", "RECORDS", "RunFolder", "alone", "read_run", "writing"]

MANIFEST, RECORDS, TABLE, LOCK = "manifest.json", "records.jsonl", "table.json", "run.lock"
_NAMED = 3  # differences that a message names


class RunFolder:
    """An open run folder: what it holds already, and the file to which records are added. `writing` opens one."""

    def __init__(self, path: Path, manifest: Manifest, records: Sequence[Asked], end: int) -> None:
        self.path = path
        self.manifest = manifest
        self._records = {(one.task, one.id): one for one in records}
        self._file = (path / RECORDS).open("r+b" if (path / RECORDS).exists() else "w+b")
        self._file.seek(end)
        self._file.truncate()  # half a line that a killed run left
        self._lock = Lock()

    @property
    def records(self) -> Mapping[tuple[str, str], Asked]:
        """The records by task and id."""
        return self._records

    def add(self, record: Asked) -> None:
        """Keeps a record; when this returns, killing the process no longer loses it."""
        line = json.dumps(record.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            self._records[record.task, record.id] = record

    def write_table(self, table: object) -> None:
        """Keeps the table; it holds no times, so that the same run has the same bytes."""
        _write(self.path / TABLE, json.dumps(table, ensure_ascii=False, indent=1) + "\n")

    def close(self) -> None:
        """Closes the file of records, its words on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[RunFolder]:
    """The folder of a run, made or gone on with.

    Raises `EvaluationError` where another run is writing there, where the folder holds a run with another manifest (the
    message says what differs), or something that is no run.
    """
    path.mkdir(parents=True, exist_ok=True)
    with alone(path):
        there = path / MANIFEST
        if there.exists():
            before = _manifest(there)
            if before != manifest:
                said = differences(before, manifest)
                more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
                raise EvaluationError(
                    f"{path} holds another run, which differs in {'; '.join(said[:_NAMED])}{more} (there and now): "
                    "write this one into another folder"
                )
        elif any(file.name != LOCK for file in path.iterdir()):
            raise EvaluationError(f"{path} is not empty and holds no run: write into another folder")
        else:
            _write(there, json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n")
        records, end = _records(path / RECORDS)
        folder = RunFolder(path, manifest, records, end)
        try:
            yield folder
        finally:
            folder.close()


def read_run(path: Path) -> tuple[Manifest, list[Asked]]:
    """The manifest and the records of a run, as far as it has come; `EvaluationError` where there is none."""
    if not (path / MANIFEST).is_file():
        raise EvaluationError(f"{path}: there is no run (no {MANIFEST}): `medrag evaluate run --out` makes one")
    records, _ = _records(path / RECORDS)
    return _manifest(path / MANIFEST), records


def _manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise EvaluationError(f"{path}: this is no manifest of a run: {str(error).splitlines()[0]}") from None


def _records(path: Path) -> tuple[list[Asked], int]:
    """The whole lines of the file as records, and where the last of them ends."""
    if not path.exists():
        return [], 0
    records, end = [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break  # being written, or left by a killed run
            try:
                records.append(Asked.model_validate_json(line))
            except ValidationError as error:
                reason = error.errors(include_url=False)[0]["msg"]
                raise EvaluationError(f"{path} (line {number}): this is no record of a run: {reason}") from None
            end += len(line)
    return records, end


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """The folder for this process alone; the system opens the lock by itself if it is killed.

    Raises `EvaluationError` where another run has it.
    """
    handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise EvaluationError(f"{path}: another run is writing there: wait for it, or write into another folder") from None
    try:
        yield
    finally:
        os.close(handle)


def _write(path: Path, text: str) -> None:
    """Writes a whole file or none of it."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_text(text, "utf-8", "surrogatepass")
    beside.replace(path)
