"""The folders of derived indexes: one a commit, cloned by hard links, published by a rename, pinned by locks.

    generations/000041/{words,vectors,names}/  manifest.json  lock

A reader holds a shared lock on its generation, which the kernel lets go if the process dies; a generation that
nobody holds and that is not current is removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from medrag.errors import KnowledgeBaseError, LockedError

__all__ = [
    "Generation",
    "GenerationGoneError",
    "WriterLock",
    "clone",
    "drop_unused",
    "fsync_folder",
    "fsync_tree",
    "generation_path",
    "restore",
]

# tantivy rewrites these two; everything else in its folder never changes once written. Its lock files stay behind.
_COPIED = {"meta.json", ".managed.json"}
_LEFT = {".tantivy-writer.lock", ".tantivy-meta.lock", "lock", "manifest.json"}


def generation_path(root: Path, commit: int) -> Path:
    """The folder of a commit's indexes."""
    return root / "generations" / f"{commit:06d}"


class GenerationGoneError(KnowledgeBaseError):
    """A generation that was swept between reading the current number and locking it, or that somebody removed."""


class Generation:
    """A published generation, held by a shared lock until it is closed or nobody refers to it any more."""

    def __init__(self, root: Path, commit: int) -> None:
        self.path = generation_path(root, commit)
        try:
            lock = os.open(self.path / "lock", os.O_RDONLY)
            self.close = weakref.finalize(self, os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_SH)
            manifest = (self.path / "manifest.json").read_bytes()
        except FileNotFoundError:
            raise GenerationGoneError(f"{root}: generation {commit} is gone: run `medrag reindex`") from None
        except OSError as error:
            raise KnowledgeBaseError(f"{root}: generation {commit} cannot be opened: {error}") from error
        self.manifest = _manifest(manifest)

    def is_of(self, stamp: str) -> bool:
        """Whether it was built for the commit with this stamp, and not for one of its number that was never published."""
        return self.manifest.get("stamp", "") == stamp

    def damage(self) -> Iterator[str]:
        """What is not as it was published, a line each: files that are missing or have another size."""
        files = self.manifest.get("files")
        if not isinstance(files, dict):
            yield f"{self.path.name}/manifest.json: it cannot be read: run `medrag reindex`"
            return
        for name, size in files.items():
            path = self.path / name
            if not path.is_file():
                yield f"{name}: the file is missing: run `medrag reindex`"
            elif path.stat().st_size != size:
                yield f"{name}: {path.stat().st_size} bytes instead of {size}: run `medrag reindex`"


def _manifest(stored: bytes) -> dict[str, object]:
    """What a manifest says; nothing where it is damaged."""
    try:
        said = json.loads(stored)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class WriterLock:
    """The lock that makes a process the one writer of a knowledge base."""

    def __init__(self, root: Path) -> None:
        try:
            self._file = os.open(root / "write.lock", os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise KnowledgeBaseError(f"{root}: cannot be written: {error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise LockedError(
                f"{root}: another writer is at work (process {holder or '?'}): wait for it to finish, then try again"
            ) from None
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Lets the next writer in, even where a forked process has the file open too."""
        handle, self._file = self._file, -1
        if handle >= 0:
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)


def clone(before: Path, after: Path) -> None:
    """Copies a generation's index folders by hard links, or by copying where the file system has none."""
    for folder in sorted(path for path in before.iterdir() if path.is_dir()):
        target = after / folder.name
        target.mkdir(parents=True)
        for file in folder.iterdir():
            if file.name in _LEFT:
                continue
            if file.name not in _COPIED:
                try:
                    os.link(file, target / file.name)
                    continue
                except OSError:
                    pass
            shutil.copy2(file, target / file.name)


def fsync_tree(folder: Path) -> None:
    """Forces every file and folder below to the disk."""
    for path in (*folder.rglob("*"), folder, folder.parent):
        fsync_folder(path)


def fsync_folder(path: Path) -> None:
    """Forces one file, or the names in one folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def restore(root: Path, commit: int) -> None:
    """Makes an empty folder for a generation that somebody removed, so that it can be held and built anew."""
    path = generation_path(root, commit)
    path.mkdir(parents=True, exist_ok=True)
    (path / "manifest.json").touch()
    (path / "lock").touch()


def drop_unused(root: Path, current: int, *, newer_too: bool = True) -> None:
    """Removes every generation that is not current and that no reader holds; what cannot be removed stays for the next time."""
    kept = generation_path(root, current).name
    for path in (root / "generations").iterdir():
        if path.name == kept or not (newer_too or (path.name.isdigit() and path.name < kept)):
            continue
        try:
            with (path / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:
            shutil.rmtree(path, ignore_errors=True)  # left by a crash before it was published
        except OSError:
            continue  # a reader is still at it, or it is none of ours
    for dated in (root / "dated").glob("*/generations"):  # made for a day's questions (`medrag.kb.dated`)
        drop_unused(dated.parent, current, newer_too=newer_too)
        if not any(dated.iterdir()):
            shutil.rmtree(dated.parent, ignore_errors=True)
