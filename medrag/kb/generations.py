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
from pathlib import Path

from medrag.errors import KnowledgeBaseError, LockedError

__all__ = ["Generation", "WriterLock", "clone", "drop_unused", "fsync_tree", "generation_path"]

# tantivy rewrites these two; everything else in its folder never changes once written. Its lock files stay behind.
_COPIED = {"meta.json", ".managed.json"}
_LEFT = {".tantivy-writer.lock", ".tantivy-meta.lock", "lock", "manifest.json"}


def generation_path(root: Path, commit: int) -> Path:
    """The folder of a commit's indexes."""
    return root / "generations" / f"{commit:06d}"


class Generation:
    """A published generation, held by a shared lock until closed."""

    def __init__(self, root: Path, commit: int) -> None:
        self.path = generation_path(root, commit)
        try:
            lock = os.open(self.path / "lock", os.O_RDONLY)
            self.close = weakref.finalize(self, os.close, lock)  # lets go of the lock; also when nobody refers to it any more
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.manifest: dict[str, object] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        except FileNotFoundError:
            # Swept between reading the current number and locking it.
            raise KnowledgeBaseError(f"{root}: generation {commit} is gone") from None


class WriterLock:
    """The lock that makes a process the one writer of a knowledge base."""

    def __init__(self, root: Path) -> None:
        self._file = (root / "write.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise LockedError(
                f"{root}: another writer is at work (process {holder or '?'}): wait for it to finish, then try again"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Lets the next writer in."""
        self._file.close()


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
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def drop_unused(root: Path, current: int) -> None:
    """Removes every generation that is not current and that no reader holds."""
    for path in sorted((root / "generations").iterdir()):
        if path.name == f"{current:06d}":
            continue
        try:
            with (path / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:
            shutil.rmtree(path, ignore_errors=True)  # left by a crash before it was published
        except BlockingIOError:
            continue  # a reader is still at it
