"""`migrate`: a whole knowledge base, all its commits and versions, copied from one address to another.

What is read is pinned to one commit, so FROM may be written meanwhile. The rows go over first (`medrag.kb.copied`), then the
indexes are derived from them, then all is compared with FROM, and only then is TO a knowledge base. Killed anywhere, the same
call goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import DBAPIError

from medrag.errors import KnowledgeBaseError
from medrag.kb import schema as t
from medrag.kb.address import Address
from medrag.kb.base import KnowledgeBase
from medrag.kb.copied import COPIED, Copied, copy_table, counted_at, keep_note, noted, summed, summed_at
from medrag.kb.derive import Progress, quiet
from medrag.kb.filters import Filters
from medrag.kb.snapshot import Snapshot
from medrag.kb.store import Store, store_of
from medrag.kb.unfinished import Unfinished, is_finished, unfinished
from medrag.kb.verify import verify

__all__ = ["AGREEING", "Migrated", "migrate"]

ASKED = 24  # documents whose titles and first words are asked, before and after
ASKED_CHARS = 60
FIRST = 10
# Of the first ten: an address that searches approximately may miss the last of them. With fewer than the second the copy is wrong.
AGREEING, WRONG = 0.98, 0.9
TIE = 1e-6  # of a score: passages that are as near as each other may stand for each other
_ORIGIN, _COMMIT, _FOUND = "the copy's origin", "the copy's commit", "the copy's questions"  # notes beside those of tables

Found = dict[str, list[list[float]]]  # the scores of the passages that each question finds: by words, by vectors


@dataclass(frozen=True, slots=True)
class Migrated:
    """What is at the target now: FROM's commit, the one that FROM has reached since, the rows of each table, and how questions fared.

    `agreement` is the share of the first ten passages of `questions` for which the target finds one as near: 1 where all are.
    """

    commit: int
    newest: int
    rows: dict[str, int]
    questions: int
    agreement: float


def migrate(origin: str | Path, target: str | Path, *, progress: Progress = quiet) -> Migrated:
    """Copies the knowledge base at an address to another, which is empty or holds the unfinished copy of the same one.

    A copy that is finished already is compared again. Raises `KnowledgeBaseError` where the target is anything else, and
    where the copy differs, which is then removed.
    """
    with KnowledgeBase.open(origin) as kb:
        store = store_of(target)
        try:
            return _compared_again(kb, target) if is_finished(store) else _copied(kb, store, progress)
        except Exception as error:
            if isinstance(error, (DBAPIError, *store.database.errors)):
                raise store.database.explain(error) from error
            if isinstance(error, (OSError, ValueError)):  # tantivy raises the latter
                reason = " ".join(str(error).split())
                raise KnowledgeBaseError(f"{store.where} cannot be written ({reason}): call it again to go on") from error
            raise


def _copied(kb: KnowledgeBase, store: Store, progress: Progress) -> Migrated:
    copy = unfinished(store)
    try:
        if not copy.is_whole:
            return _Migration(kb, copy, store.where, progress).run()
        copy.publish(kb.commit, kb.embedder)
    finally:
        copy.close()
    return _compared_again(kb, store.address)


class _Migration:
    """One run: FROM as it is open, TO as far as it is."""

    def __init__(self, kb: KnowledgeBase, copy: Unfinished, where: str, progress: Progress) -> None:
        self._kb, self._copy, self._where, self._progress = kb, copy, where, progress

    def run(self) -> Migrated:
        commit, before = self._pin()
        with self._kb._reading() as source:
            copied = {table: copy_table(source, self._copy.begin, table, commit, self._progress) for table in COPIED}
        self._require_none_erased(copied, commit)
        snapshot = self._copy.derive(commit, self._kb.embedder, self._progress)
        agreement = self._compared(copied, before, snapshot)
        snapshot.close()
        self._require_none_erased(copied, commit)  # an hour may have gone by
        self._copy.publish(commit, self._kb.embedder)
        return _migrated(self._kb, commit, copied, before, agreement)

    def _require_none_erased(self, copied: dict[Table, Copied], commit: int) -> None:
        """Gives up where there are fewer rows now: those of a published commit go in one way only, by a purge."""
        with self._kb._reading() as source:
            if all(counted_at(source, table, commit) == rows.rows for table, rows in copied.items()):
                return
        self._give_up(f"documents were erased from {self._kb.address} while it was copied")

    def _pin(self) -> tuple[int, Found]:
        """The commit that is copied, and what questions find there: those of the run that began the copy."""
        with self._copy.begin() as target, self._kb._reading() as source:
            commit = noted(target, _COMMIT)
            if commit is None:
                commit, found = self._kb.commit, _asked(source, self._kb._snapshot)
                for name, value in ((_COMMIT, commit), (_ORIGIN, _identity(source, commit)), (_FOUND, found)):
                    keep_note(target, name, value)
                return commit, found
            if noted(target, _ORIGIN) != _identity(source, commit):
                raise KnowledgeBaseError(
                    f"{self._where} holds the unfinished copy of another knowledge base than {self._kb.address}: "
                    "name an empty place to copy to"
                )
            return commit, noted(target, _FOUND)

    def _compared(self, copied: dict[Table, Copied], before: Found, snapshot: Snapshot) -> float:
        """The share of what questions find that both find; gives up where the copy is not the same."""
        with self._copy.begin() as target:
            for at, (table, rows) in enumerate(copied.items()):
                self._progress("comparing", at, len(copied))
                if not summed(target, table).same(rows):
                    self._give_up(f"the rows of {table.name} are not those that were read")
            faults = verify(target, snapshot)
        if faults:
            self._give_up(faults[0])
        agreement = _agreement(before, {question: _found(snapshot, question) for question in before})
        if agreement < WRONG:
            self._give_up(f"only {agreement:.0%} of what questions find is the same")
        return agreement

    def _give_up(self, reason: str) -> None:
        self._copy.remove()
        raise KnowledgeBaseError(f"{self._where}: {reason}; the copy was removed: run it again")


def _compared_again(kb: KnowledgeBase, target: str | Path | Address) -> Migrated:
    """What is at the target, which is a whole knowledge base already; raises where it is no copy of this one."""
    with KnowledgeBase.open(target) as base, base._reading() as there, kb._reading() as source:
        if _is_same_place(base, kb):
            raise KnowledgeBaseError(f"{base.address} is the knowledge base itself: name another address to copy to")
        copied = {table: summed(there, table) for table in COPIED}
        if (
            base.commit == 0  # an empty one is a copy of every other's beginning
            or _identity(there, base.commit) != _identity(source, base.commit)
            or not all(summed_at(source, table, base.commit).same(rows) for table, rows in copied.items())
        ):
            raise KnowledgeBaseError(
                f"{base.address} is a knowledge base already, and no copy of {kb.address}: name an empty place to copy to"
            )
        before = _asked(source, kb._snapshot) if kb.commit == base.commit else {}
        agreement = _agreement(before, {question: _found(base._snapshot, question) for question in before})
        return _migrated(kb, base.commit, copied, before, agreement)


def _is_same_place(one: KnowledgeBase, other: KnowledgeBase) -> bool:
    """Whether two addresses lead to one knowledge base; the last folder of a database's cache is its own alone."""
    if one.address.folder is None and other.address.folder is None:
        return one.path.name == other.path.name
    return one.path.resolve() == other.path.resolve()


def _migrated(kb: KnowledgeBase, commit: int, copied: dict[Table, Copied], asked: Found, agreement: float) -> Migrated:
    newest = kb._published().commit
    return Migrated(commit, newest, {table.name: done.rows for table, done in copied.items()}, len(asked), agreement)


def _identity(connection: Connection, commit: int) -> str:
    """What tells a knowledge base from all others: the moments of all its commits up to one."""
    rows = connection.execute(select(t.commits).where(t.commits.c.number <= commit).order_by(t.commits.c.number))
    return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def _asked(connection: Connection, snapshot: Snapshot) -> Found:
    """What the titles and first words of some documents find."""
    v = t.versions.c
    with_passages = select(v.id).where(v.id.in_(select(t.passages.c.version_id)), v.added <= snapshot.commit, v.until.is_(None))
    ids = list(connection.scalars(with_passages.order_by(v.id)))
    some = ids[:: max(1, len(ids) // ASKED)][:ASKED]
    said = select(v.title, func.substr(v.text, 1, 20 * ASKED_CHARS).label("text")).where(v.id.in_(some)).order_by(v.id)
    questions = [q for row in connection.execute(said) for q in (row.title, row.text[-ASKED_CHARS:])]
    return {question: _found(snapshot, question) for question in questions if question.strip()}


def _found(snapshot: Snapshot, question: str) -> list[list[float]]:
    """The scores of the first ten passages by words, and by vectors; they are exact on every engine."""
    query = snapshot.query(question)
    near = snapshot.vectors.search(query, FIRST) if query.any() else []
    return [[score for _, score in channel] for channel in (snapshot.words.search(question, FIRST, Filters()), near)]


def _agreement(before: Found, after: Found) -> float:
    """The share of the first ten for which something as good is found after, over all questions and both channels."""
    pairs = [pair for question, found in before.items() for pair in zip(found, after[question], strict=True)]
    wanted = sum(len(found) for found, _ in pairs)
    same = sum(min(len(found), sum(score >= found[-1] - TIE for score in again)) for found, again in pairs if found)
    return same / wanted if wanted else 1.0
