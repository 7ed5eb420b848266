"""A commit's indexes on a machine that has not written them: derived from the newest older ones it has, else from everything.

Several processes may lack the same generation; one derives it and the others wait.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema as t
from medrag.kb.contract import Edition
from medrag.kb.derive import derive_all, derive_changes, quiet
from medrag.kb.embed import Embedder
from medrag.kb.generations import Generation, GenerationGoneError, clone, drop_unused, fsync_tree, generation_path
from medrag.kb.shelves import Building
from medrag.kb.snapshot import Snapshot
from medrag.kb.store import Published, Store
from medrag.kb.tokens import TOKENIZER

__all__ = ["bring", "drop_older", "held", "sweep", "tidy"]

_log = logging.getLogger(__name__)


def bring(store: Store, engine: Engine, published: Published, embedder: Embedder) -> None:
    """Makes the generation of the published commit in this machine's folder, if it is not there."""
    with _alone(store.root):
        target = generation_path(store.root, published.commit)
        if _is_sound(store.root, published):
            return
        shutil.rmtree(target, ignore_errors=True)
        making = target.with_name(target.name + ".building")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        building = Building(store.shelves, published.build, published.stamp, shared=False)
        try:
            with store.database.unchanging(engine) as connection:
                older = next(_older(connection, store.root, published), None)
                if older is None:
                    derive_all(connection, making, published.commit, embedder, quiet, building=building)
                else:
                    since, last = older
                    clone(last.path, making)
                    derive_changes(connection, making, published.commit, embedder, quiet, since=since, building=building)
                    last.close()
        except (OSError, ValueError, RuntimeError) as error:  # tantivy and faiss raise the latter two
            shutil.rmtree(making, ignore_errors=True)
            raise KnowledgeBaseError(f"{store.where}: the indexes cannot be derived in {store.root}: {error}") from error
        fsync_tree(making)
        os.replace(making, target)
        drop_unused(store.root, published.commit, newer_too=False)  # a writer may be building a newer one


def held(store: Store, published: Published, embedder: Embedder) -> Snapshot:
    """The indexes of the published commit, which stay while somebody holds them; `GenerationGoneError` where they are not here."""
    pin = store.pin(published) if store.shelves.shared else None
    snapshot = Snapshot(
        store.root, published.commit, embedder,
        shelves=store.shelves, build=published.build, stamp=published.stamp, pin=pin,
    )  # fmt: skip
    if store.is_server and any(snapshot.problems()):  # it can be derived again
        raise GenerationGoneError(f"{store.root}: generation {published.commit} is damaged, or was cut by another release")
    return snapshot


def tidy(store: Store, commit: int) -> None:
    """Removes what neither the commit nor any reader on this machine needs, but nothing that is just being derived.

    For the one writer, as what is newer than the commit goes too.
    """
    if store.is_server:
        with _alone(store.root):
            drop_unused(store.root, commit)
    else:
        drop_unused(store.root, commit)


def drop_older(store: Store, commit: int) -> None:
    """Removes what a reader left behind it in a cache folder, to which no writer need ever come."""
    if store.is_server:
        drop_unused(store.root, commit, newer_too=False)


def sweep(store: Store, snapshot: Snapshot) -> None:
    """Removes what no reader needs beside the snapshot: from this machine, and from indexes that are shared.

    Where the latter fails, the next writer does it.
    """
    drop_unused(store.root, snapshot.commit, newer_too=False)  # the next writer may be at work already
    if not store.shelves.shared:
        return
    from medrag.kb.engines.pins import oldest_pinned

    server = store.server
    try:
        with server.unchanging(server.engine()) as connection:
            commit, build = oldest_pinned(connection, server.released, snapshot.commit, snapshot.build)
        store.shelves.sweep(Edition(commit, build, snapshot.embedder.dimensions))
    except server.errors as error:
        _log.warning("what no reader needs any more could not be removed: %s", server.explain(error))
    except KnowledgeBaseError as error:
        _log.warning("what no reader needs any more could not be removed: %s", error)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    try:
        lock = os.open(root / "derive.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise KnowledgeBaseError(f"{root}: the cache folder cannot be written: {error}: name another with cache=") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_sound(root: Path, published: Published) -> bool:
    with suppress(KnowledgeBaseError):
        found = Generation(root, published.commit)
        try:
            cut_alike = found.manifest.get("tokenizer") == TOKENIZER
            return cut_alike and found.is_of(published.stamp) and not any(found.damage())
        finally:
            found.close()
    return False


def _older(connection: Connection, root: Path, published: Published) -> Iterator[tuple[int, Generation]]:
    """Sound generations of older commits since the last that was built anew, newest first, each held."""
    stamps = {row.number: row.at for row in connection.execute(select(t.commits.c.number, t.commits.c.at))}
    there = [int(path.name) for path in (root / "generations").iterdir() if path.name.isdigit()]
    for number in sorted((n for n in there if published.build <= n < published.commit), reverse=True):
        with suppress(KnowledgeBaseError):
            found = Generation(root, number)
            made_with = found.manifest.get("embedder"), found.manifest.get("tokenizer")
            if found.is_of(stamps.get(number, "")) and made_with == (published.embedder, TOKENIZER) and not any(found.damage()):
                yield number, found
            else:
                found.close()
