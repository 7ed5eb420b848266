"""Making an empty knowledge base: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb import schema
from medrag.kb.catalogue import CATALOGUE, connect, set_setting
from medrag.kb.derive import derive_all
from medrag.kb.embed import Embedder
from medrag.kb.generations import WriterLock, fsync_folder, fsync_tree, generation_path

__all__ = ["existing", "folder_of", "make"]

_NEW = "catalogue.new"  # the catalogue while it is being made
_UNFINISHED = {"write.lock", "generations", _NEW, f"{_NEW}-wal", f"{_NEW}-shm", f"{_NEW}-journal"}


def make(root: Path, embedder: Embedder) -> None:
    """Makes an empty knowledge base in a folder that does not exist, is empty, or holds one that was never finished."""
    if root.exists() and (not root.is_dir() or not _UNFINISHED.issuperset(entry.name for entry in root.iterdir())):
        raise KnowledgeBaseError(f"{root} exists and is not empty: choose another folder for the knowledge base")
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(root)
        try:
            _fill(root, embedder)
        finally:
            _clear(root)
            lock.release()
    except (OSError, ValueError, RuntimeError, DatabaseError) as error:  # tantivy and faiss raise the middle two
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise KnowledgeBaseError(f"{root} cannot be created: {reason}") from error


def _fill(root: Path, embedder: Embedder) -> None:
    """Makes the files of an empty knowledge base; the catalogue gets its name last, so half of one is none."""
    if (root / CATALOGUE).exists():  # another process was quicker
        raise KnowledgeBaseError(f"{root} exists and is not empty: open it, or choose another folder")
    _clear(root)
    generation = generation_path(root, 0)
    generation.mkdir(parents=True)
    engine = connect(root / _NEW)
    with engine.begin() as connection:
        schema.create_tables(connection)
        derive_all(connection, generation, 0, embedder, lambda *_: None)
        set_setting(connection, "embedder", embedder.name)
        set_setting(connection, "current", "0")
    engine.dispose()
    fsync_tree(generation)
    os.replace(root / _NEW, root / CATALOGUE)
    fsync_folder(root)


def _clear(root: Path) -> None:
    """Removes what is left of a knowledge base whose making never finished."""
    if not (root / CATALOGUE).exists():
        shutil.rmtree(root / "generations", ignore_errors=True)
        for left in root.glob(f"{_NEW}*"):
            left.unlink()


def folder_of(path: str | Path) -> Path:
    """The folder that a knowledge base's address names."""
    if "://" in str(path):
        raise KnowledgeBaseError(f"{path}: only folders can be opened so far, no database addresses")
    return Path(path)


def existing(path: str | Path) -> Path:
    """The folder of a knowledge base that is there; raises where none is."""
    root = folder_of(path)
    try:
        there = (root / CATALOGUE).is_file()
    except OSError as error:
        raise KnowledgeBaseError(f"{root} cannot be opened: {error}") from error
    if root.is_file():
        raise KnowledgeBaseError(f"{root} is a file and no knowledge base: name a folder")
    if not there:
        raise NotFoundError(f"there is no knowledge base at {root}: make one with `medrag ingest PATH --kb {root}`")
    return root
