"""The temporary views that stand for the table `versions` on a connection that shows less, or another day, than the commit does.

Both databases look for a name among the temporary ones first, so every query on such a connection reads the view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medrag.kb import schema as t
from medrag.kb.engines.database import Access, Exchanged

__all__ = ["ViewWords", "make_views"]


@dataclass(frozen=True, slots=True)
class ViewWords:
    """How a database says what the views need."""

    main: str  # the table itself
    temp: str  # the schema of temporary things
    mark: str  # of a parameter
    carries: Callable[[str, int, frozenset[str]], str]  # that a version, by its alias, carries a tag of set number n


def make_views(cursor: Any, words: ViewWords, access: Access, exchanged: Exchanged | None) -> None:
    """Makes the view `versions` of what the access allows, of the table or of what is current after an exchange."""
    shown = words.main
    if exchanged is not None:
        shown = _exchanged(cursor, words, exchanged)
    visible = _carries("v", words, access)
    if access and exchanged is not None:  # where another version counts as the current one, the real one decides besides
        newest = f"n.document_id = v.document_id AND n.until IS NULL AND n.deleted IS NULL AND {_carries('n', words, access)}"
        visible += f" AND EXISTS (SELECT 1 FROM {words.main} AS n WHERE {newest})"
    cursor.execute(f"CREATE TEMP VIEW versions AS SELECT * FROM {shown} AS v WHERE {visible}")


def _exchanged(cursor: Any, words: ViewWords, exchanged: Exchanged) -> str:
    for table, ids in (("gone", exchanged.gone), ("come", exchanged.come)):
        cursor.execute(f"CREATE TEMP TABLE {table} (id INTEGER PRIMARY KEY)")
        cursor.executemany(f"INSERT INTO {words.temp}.{table} VALUES ({words.mark})", [(i,) for i in ids])
    # A document's other versions stay readable by number; one that was current is superseded by the day's, if there is one.
    until = (
        f"CASE WHEN v.id IN (SELECT id FROM {words.temp}.come) THEN NULL"
        f" WHEN v.id IN (SELECT id FROM {words.temp}.gone) THEN v.added ELSE v.until END AS until"
    )
    columns = ", ".join(until if column.name == "until" else f"v.{column.name}" for column in t.versions.columns)
    cursor.execute(f"CREATE TEMP VIEW dated AS SELECT {columns} FROM {words.main} AS v")
    return f"{words.temp}.dated"


def _carries(versions: str, words: ViewWords, access: Access) -> str:
    """The condition that a version carries one tag of each set."""
    return " AND ".join(words.carries(versions, number, tags) for number, tags in enumerate(access)) or "TRUE"
