"""Tables of figures: printed as markdown, kept as JSON, the best of a column marked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Cell", "Column", "Table", "save"]

Cell = str | float | int | None  # None is what was not measured


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, digits after the point, and whether `low` or `high` figures are the better ones."""

    name: str
    digits: int = 0
    better: str = ""

    def shown(self, value: Cell) -> str:
        """The value as it is printed."""
        if value is None:
            return ""
        return value if isinstance(value, str) else f"{value:,.{self.digits}f}"

    def best(self, values: Sequence[Cell]) -> str:
        """The best of the values as printed, so that what reads alike ties; "" where a column has no better side."""
        numbers = [value for value in values if isinstance(value, int | float)]
        if not self.better or len(numbers) < 2:
            return ""
        return self.shown(min(numbers) if self.better == "low" else max(numbers))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures under a title, with a note on what they mean."""

    title: str
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    note: str = ""
    across: bool = False  # the best of each row is marked, not of each column

    def markdown(self) -> str:
        """The table as markdown, the best of each column (or row) in bold."""
        lines = [f"### {self.title}", ""]
        lines += [self.note, ""] if self.note else []
        lines += ["| " + " | ".join(column.name for column in self.columns) + " |", "|" + "---|" * len(self.columns)]
        for row in self.rows:
            shown = [column.shown(value) for column, value in zip(self.columns, row, strict=True)]
            best = self._best(row)
            cells = [f"**{one}**" if one and one == top else one for one, top in zip(shown, best, strict=True)]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"

    def _best(self, row: tuple[Cell, ...]) -> list[str]:
        """What each cell of the row must read as to be the best."""
        if self.across:
            return [column.best(row) for column in self.columns]
        return [column.best([row[at] for row in self.rows]) for at, column in enumerate(self.columns)]

    def records(self) -> list[dict[str, Cell]]:
        """The rows as objects."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def save(path: Path, tables: Sequence[Table], about: Mapping[str, Cell]) -> None:
    """Writes the tables, and what is to be known of the run, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"about": dict(about), **{table.title: table.records() for table in tables}}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
