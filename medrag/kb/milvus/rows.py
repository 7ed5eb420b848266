"""The rows of passages in one collection: stamped with the commits that added and removed them, never changed otherwise.

A passage that was removed and comes back has a row for each of its lives, so the key of a row is its passage and the commit
that added it. Removing marks a row with the commit of the writer, so that readers of the commits before still see it, also
when the writer dies before it publishes; the row itself goes when nobody reads a commit that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from medrag.kb.filters import Filters
from medrag.kb.milvus.expressions import COLUMNS, FOREVER, allowed, of_ids, there
from medrag.kb.milvus.server import Server

if TYPE_CHECKING:
    from medrag.kb.words import WordEntry

__all__ = ["LONGEST", "MOST", "Rows", "batches", "name_of", "names_of", "passage_row"]

Row = dict[str, Any]
T = TypeVar("T")

LONGEST = 65_535  # bytes of a string, Milvus' limit
MOST = 4_096  # values of an array, Milvus' limit
INSERTED = 1_000  # rows sent together
MARKED = 500  # rows read whole and written back together
FLUSHED_FROM = 500  # rows of one commit: fewer may wait, and a cluster allows a flush each ten seconds
EVERYTHING = ("*",)
FILTERED = ("id", *COLUMNS.values())


def _fields() -> list[Row]:
    numbers = [{"field_name": name, "datatype": "INT64"} for name in ("id", "added", "removed", "day")]
    texts = [
        {"field_name": column, "datatype": "VARCHAR", "max_length": LONGEST}
        for name, column in COLUMNS.items()
        if name != "tag"
    ]
    key = {"field_name": "key", "datatype": "VARCHAR", "is_primary": True, "max_length": 64}
    tags = {
        "field_name": "tags",
        "datatype": "ARRAY",
        "element_type": "VARCHAR",
        "max_capacity": MOST,
        "max_length": LONGEST,
    }
    return [key, *numbers, *texts, tags]


def name_of(base: str, part: str, build: int) -> str:
    """The name of a collection of a knowledge base: `part` is what it holds, `build` the commit that built it anew."""
    return f"medrag_{base}_{part}_{build:09d}"


def names_of(server: Server, base: str, part: str) -> list[tuple[int, str]]:
    """The collections of a knowledge base that hold a part, with their builds."""
    prefix = f"medrag_{base}_{part}_"
    builds = ((name.removeprefix(prefix).partition("_")[0], name) for name in server.collections(prefix))
    return [(int(build), name) for build, name in builds if build.isdecimal()]


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of so many."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


class Rows:
    """A collection of passages."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    @classmethod
    def make(cls, server: Server, name: str, fields: Iterable[Row], index: Row, *, filtered: Iterable[str] = ()) -> Rows:
        """An empty collection whose rows have these fields besides, one of them searched by the index."""
        server.create(name, [*_fields(), *fields], index, filtered=(*FILTERED, *filtered))
        return cls(server, name)

    # ------------------------------------------------------------------ reading

    def ids(self, commit: int, access: Sequence[frozenset[str]], only: Filters = Filters()) -> set[int]:
        """The ids of the passages that a commit shows, may be seen and pass."""
        where = allowed(commit, access, only)
        return {int(row["id"]) for portion in self.server.iterate(self.name, where, ["id"]) for row in portion}

    def count(self, commit: int) -> int:
        """How many passages a commit shows."""
        return self.server.count(self.name, there(commit))

    def of_passages(self, ids: Iterable[int], where: str, fields: Sequence[str]) -> Iterator[Row]:
        """The rows of some passages among those that an expression selects."""
        for some in batches(ids, MARKED):
            yield from self.server.query(self.name, f"{of_ids(some)} and {where}", fields)

    # ------------------------------------------------------------------ writing

    def add(self, rows: Iterable[Row], commit: int) -> int:
        """Adds rows that carry a passage's fields, stamped with the commit; how many."""
        added = 0
        for some in batches(rows, INSERTED):
            stamped = [{**row, "key": f"{row['id']:x}.{commit:x}", "added": commit, "removed": FOREVER} for row in some]
            self.server.insert(self.name, stamped)
            added += len(some)
        return added

    def remove(self, ids: Iterable[int], before: int, commit: int) -> Iterator[Row]:
        """Marks the passages that the commit `before` shows as removed by `commit`; yields their rows as they were."""
        for some in batches(ids, MARKED):
            rows = self.server.query(self.name, f"{of_ids(some)} and {there(before)}", EVERYTHING)
            yield from rows
            if rows:
                self.server.upsert(self.name, [{**row, "removed": commit} for row in rows])

    def settle(self, changed: int) -> None:
        """Has many new rows indexed; a few are found as they are."""
        if changed >= FLUSHED_FROM:
            self.server.flush(self.name)

    def recover(self, commit: int) -> None:
        """Removes rows that were added above the commit, and marks of removals above it."""
        self.server.delete(self.name, f"added > {commit}")
        for rows in self.server.iterate(self.name, f"removed > {commit} and removed < {FOREVER}", EVERYTHING):
            self.server.upsert(self.name, [{**row, "removed": FOREVER} for row in rows])

    def sweep(self, oldest: int) -> None:
        """Removes rows that no commit from this one on shows."""
        self.server.delete(self.name, f"removed <= {oldest}")

    def copy_to(self, other: Rows, where: str) -> None:
        """Puts the rows that an expression selects into another collection of the same fields, as they are."""
        for rows in self.server.iterate(self.name, where, EVERYTHING):
            other.server.insert(other.name, rows)


def passage_row(entry: WordEntry) -> Row:
    """The fields by which a passage is found and filtered."""
    row: Row = dict.fromkeys(COLUMNS.values(), "")
    row |= {COLUMNS[name]: value for name, value in entry.filters if name != "tag"}
    return {**row, "id": entry.id, "day": entry.day, "tags": [value for name, value in entry.filters if name == "tag"]}
