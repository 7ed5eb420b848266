"""Backups of a knowledge base: made while it is read and written, whole or not at all, and checked when they are restored.

    labels.backup/   (or labels.tar, labels.tar.gz, which hold the same)
      backup.json         the commit, and the size and SHA-256 of every other file
      catalogue.backup    the catalogue as it stood at that commit
      generation/         the indexes of that commit; left out of a backup of the catalogue alone, and then derived anew

The catalogue is copied from one read transaction, in which the commit's generation is locked too: whatever a writer publishes
or removes meanwhile, both are of that commit.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from medrag.errors import KnowledgeBaseError, LockedError, NotFoundError
from medrag.kb.address import address_of
from medrag.kb.backup_files import ARCHIVES, SUFFIXES, copy_hashed, packed, unpacked
from medrag.kb.base import KnowledgeBase
from medrag.kb.derive import Progress, quiet
from medrag.kb.engines.sqlite import CATALOGUE
from medrag.kb.generations import (
    Generation,
    GenerationGoneError,
    WriterLock,
    fsync_folder,
    fsync_tree,
    generation_path,
)

__all__ = ["Backup", "backup", "restore_backup"]

MANIFEST = "backup.json"
FORMAT = 1  # of the backup, raised when an older release could not restore it
_CATALOGUE = "catalogue.backup"  # no knowledge base's name, so that nobody opens, and so changes, what the hashes are of
_GENERATION = "generation"
_LEFT = {"lock"}  # of a generation: made anew
WRITE_LOCK = "write.lock"  # what a `WriterLock` makes
PAGES = 4_096  # of the catalogue copied between two signs of progress, 16 MB
ATTEMPTS = 5  # to lock the current generation while writers publish


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the commit, whether its indexes are there, and how many files and bytes it is."""

    commit: int
    indexes: bool
    files: int
    bytes: int


# ------------------------------------------------------------------ making one


def backup(address: str | Path, target: str | Path, *, indexes: bool = True, progress: Progress = quiet) -> Backup:
    """Writes the current commit to a new folder, or a `.tar` or `.tar.gz` file; `indexes` leaves out what can be derived.

    Readers and a writer go on meanwhile. Raises `KnowledgeBaseError` where the target is there already or cannot be written;
    then nothing is left of it.
    """
    root, target = _folder(address), _on_this_machine(target, "a backup is written")
    if target.suffix in ARCHIVES and not target.name.endswith(SUFFIXES):
        raise KnowledgeBaseError(f"{target}: a backup is a folder, or one file that ends in {', '.join(SUFFIXES)}")
    if target.exists() or target.is_symlink():
        raise KnowledgeBaseError(f"{target} exists: choose another name for the backup")
    try:
        with _alone(target, "backing-up") as making:
            folder = making / "backup"
            folder.mkdir()
            made = _copied(root, folder, indexes, progress)
            if target.name.endswith(SUFFIXES):
                packed(folder, whole := making / target.name)
                shutil.rmtree(folder)  # now: killed behind the next line, nobody would
            else:
                fsync_tree(whole := folder)
            os.rename(whole, target)
            fsync_folder(target.absolute().parent)
    except OSError as error:
        raise KnowledgeBaseError(f"{target}: the backup cannot be written, and nothing is left of it: {error}") from error
    return made


def _folder(address: str | Path) -> Path:
    """The folder of a knowledge base that is there."""
    place = address_of(address)
    root = place.folder
    if root is None:
        raise KnowledgeBaseError(f"{place}: copy it to a folder (`medrag migrate {place} FOLDER`), or back its database up")
    if not (root / CATALOGUE).is_file():
        raise NotFoundError(f"there is no knowledge base at {root}: name its folder")
    return root


def _on_this_machine(target: str | Path, done: str) -> Path:
    """The path of a target; raises for a URL, of which a folder would be made that has the password in its name."""
    place = address_of(target)
    if place.folder is None:
        raise KnowledgeBaseError(f"{place}: {done} to a folder: then `medrag migrate` moves the knowledge base to a database")
    return place.folder


def _copied(root: Path, folder: Path, indexes: bool, progress: Progress) -> Backup:
    """Copies a knowledge base's current commit into an empty folder, and says in a manifest what is there."""
    with _held(root) as (connection, commit, generation):
        _copy_catalogue(connection, folder / _CATALOGUE, root, progress)
        hashes = {_CATALOGUE: _described(folder / _CATALOGUE)}
        if indexes:
            for problem in generation.damage():
                raise KnowledgeBaseError(f"{root}: {problem}, then back it up")
            for name, file in _files(generation.path):
                hashes[f"{_GENERATION}/{name}"] = copy_hashed(file, folder / _GENERATION / name)
    manifest = {"format": FORMAT, "commit": commit, "indexes": indexes, "files": hashes}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
    return Backup(commit, indexes, len(hashes), sum(size for size, _ in hashes.values()))


@contextmanager
def _held(root: Path) -> Iterator[tuple[sqlite3.Connection, int, Generation]]:
    """A connection in a read transaction, and the generation of the commit that it sees, locked."""
    try:
        with closing(sqlite3.connect(root / CATALOGUE, timeout=60, isolation_level=None)) as connection:
            for attempts_left in reversed(range(ATTEMPTS)):
                connection.execute("BEGIN")
                row = connection.execute("SELECT value FROM settings WHERE name = 'current'").fetchone()
                if row is None:
                    raise KnowledgeBaseError(f"{root}: not a knowledge base of medrag (its catalogue names no commit)")
                try:
                    generation = Generation(root, int(row[0]))
                except GenerationGoneError:  # swept between the transaction's beginning and the lock
                    connection.execute("ROLLBACK")
                    if not attempts_left:
                        raise
                    continue
                with closing(generation):
                    yield connection, int(row[0]), generation
                return
    except sqlite3.DatabaseError as error:
        raise KnowledgeBaseError(f"{root}: the catalogue cannot be read: {error}") from error


def _copy_catalogue(connection: sqlite3.Connection, file: Path, root: Path, progress: Progress) -> None:
    def tell(_: int, remaining: int, total: int) -> None:
        progress("copying the catalogue", total - remaining, total)

    try:
        # What a writer had written above the commit is copied too, and removed by the next writer, as after a crash.
        with closing(sqlite3.connect(file)) as copy:
            connection.backup(copy, pages=PAGES, progress=tell)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite3.DatabaseError as error:
        raise KnowledgeBaseError(f"{root}: the catalogue cannot be copied to {file.parent.parent}: {error}") from error


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a generation, by the name below it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _LEFT and not path.name.endswith(".lock"):
            yield path.relative_to(folder).as_posix(), path


def _described(file: Path) -> tuple[int, str]:
    """The size and SHA-256 of a file."""
    digest = sha256()
    with file.open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return file.stat().st_size, digest.hexdigest()


# ------------------------------------------------------------------ restoring one


def restore_backup(source: Path, target: str | Path, *, progress: Progress = quiet) -> Backup:
    """Makes the knowledge base of a backup in a folder that does not exist or is empty; every file's SHA-256 is checked.

    It is there whole or not at all: what a restore leaves that was killed is removed by the next. Raises `KnowledgeBaseError`
    for what is no backup, for one that is damaged, naming the files, and where the target holds something.
    """
    target = _on_this_machine(target, "a backup is restored")
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise KnowledgeBaseError(f"{target} exists and is not empty: choose another folder to restore to")
    try:
        with _alone(target, "restoring") as making, unpacked(source, making / "unpacked") as folder:
            found = _read_manifest(source, folder)
            whole = making / "kb"
            _place(source, folder, whole, found, progress)
            if not found.indexes:
                _derive(whole, progress)
            fsync_tree(whole)
            if folder != source:
                shutil.rmtree(folder)  # now: killed behind the next line, nobody would
            os.rename(whole, target)  # an empty folder is replaced
            fsync_folder(target.absolute().parent)
    except OSError as error:
        raise KnowledgeBaseError(f"{target}: {source} cannot be restored, and nothing is left of it: {error}") from error
    return found.backup


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What a backup says it holds."""

    commit: int
    indexes: bool
    files: dict[str, tuple[int, str]]

    @property
    def backup(self) -> Backup:
        return Backup(self.commit, self.indexes, len(self.files), sum(size for size, _ in self.files.values()))


def _read_manifest(source: Path, folder: Path) -> _Manifest:
    try:
        said: Any = json.loads((folder / MANIFEST).read_bytes())
        format_, files = int(said["format"]), {str(n): (int(size), str(h)) for n, (size, h) in said["files"].items()}
        found = _Manifest(int(said["commit"]), bool(said["indexes"]), files)
    except FileNotFoundError:
        raise KnowledgeBaseError(f"{source} is no backup of a knowledge base: it has no {MANIFEST}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KnowledgeBaseError(f"{source}: {MANIFEST} is damaged ({error}): restore another backup") from None
    if format_ > FORMAT:
        raise KnowledgeBaseError(
            f"{source} has format {format_}, this release of medrag restores up to {FORMAT}: update medrag"
        )
    odd = [name for name in found.files if name != _CATALOGUE and not _is_of_generation(name)]
    if odd or _CATALOGUE not in found.files:
        raise KnowledgeBaseError(f"{source}: {MANIFEST} names what is of no backup ({', '.join(odd[:3])}): restore another")
    return found


def _is_of_generation(name: str) -> bool:
    """Whether a name is of a file below the generation, and leads nowhere else."""
    first, *rest = name.split("/")
    return first == _GENERATION and bool(rest) and all(part not in ("", ".", "..") for part in rest)


def _place(source: Path, folder: Path, making: Path, found: _Manifest, progress: Progress) -> None:
    """Copies the files of a backup to where a knowledge base has them, and compares each with what the manifest says."""
    faults = []
    for done, (name, expected) in enumerate(sorted(found.files.items())):
        progress("restoring", done, len(found.files))
        inner = CATALOGUE if name == _CATALOGUE else f"generations/{found.commit:06d}/{name.partition('/')[2]}"
        try:
            seen = copy_hashed(folder / name, making / inner)
        except FileNotFoundError:
            faults.append(f"{name} is missing")
            continue
        if seen != expected:
            faults.append(f"{name} is not what was backed up ({seen[0]:,} bytes of {expected[0]:,}, or other ones)")
    if faults:
        raise KnowledgeBaseError(f"{source} is damaged, nothing was restored: {'; '.join(faults[:3])}: restore another backup")
    if found.indexes:
        (generation_path(making, found.commit) / "lock").touch()


def _derive(root: Path, progress: Progress) -> None:
    """Builds the indexes from the catalogue; they are those of a commit of their own."""
    with KnowledgeBase.open(root, outdated=True) as kb:
        kb.reindex(progress=progress)


# ------------------------------------------------------------------ beside the target


@contextmanager
def _alone(target: Path, doing: str) -> Iterator[Path]:
    """An empty folder beside the target, that no other process makes the same thing in; removed in the end with all in it."""
    path = target.absolute()
    making = path.with_name(f".{path.name}.{doing}")
    making.mkdir(parents=True, exist_ok=True)
    try:
        lock = WriterLock(making)
    except LockedError:
        raise LockedError(f"{target}: another process is making the same: wait for it to finish") from None
    try:
        for left in making.iterdir():  # by one that was killed
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != WRITE_LOCK:
                left.unlink()
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)
        lock.release()
