"""Tables: the rows of csv, tsv and xlsx files as cells by column name, whatever the file is called."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from medrag.errors import IngestError, MissingExtraError
from medrag.ingest.archives import check_archive
from medrag.ingest.encodings import HEAD_BYTES, decode, open_text
from medrag.ingest.json_text import MAX_RECORD_CHARS, Bad

__all__ = ["Row", "delimiter_of", "head_rows", "is_workbook", "lines", "rows"]

_ZIP = b"PK\x03\x04"
_WORKBOOKS = (".xlsx", ".xlsm")
_MAX_TITLE_ROWS = 5  # a sheet may have so many lines of title above its header
_MAX_RECORD_LINES = 2_000  # lines of one quoted cell; where it has more, its quotation mark was not meant
# Lines of a file that may be read again for marks that were not meant; then a cell may have few lines, or it would take hours.
_MAX_AGAIN, _FEW_LINES = 100_000, 10
_QUOTED = re.compile(r'"[^"]*"')
_HINT = re.compile(r"sep=(.)\s*$", re.I)  # Excel's own: a first line that names the delimiter

Cells = tuple[str, "list[str] | Bad"]
# A row's place, the columns under its header (one list for all rows) and its cells, of which there may be fewer, or more empty ones.
Line = tuple[str, list[str], list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A table row: its place (`line 7`, `Sheet1 row 7`) and its cells by column name."""

    record: str
    cells: dict[str, str]


def is_workbook(path: Path, head: bytes) -> bool:
    """Whether the file is an Excel workbook: by its bytes, or by its name where they are a zip's."""
    return head.startswith(_ZIP) and (path.suffix.lower() in _WORKBOOKS or b"xl/" in head)


def delimiter_of(first_line: str, suffix: str) -> str:
    """What parts the cells of a text table, by its first line."""
    hint = _HINT.match(first_line)
    if hint is not None:
        return hint[1]
    if suffix == ".tsv":
        return "\t"
    return max(",\t;|", key=_QUOTED.sub("", first_line).count)


def rows(path: Path) -> Iterator[Row | Bad]:
    """The rows of a csv, tsv or xlsx file (every sheet) as cells by column name; blank and repeated names get numbers.

    A title above the header is passed over. A row with more or fewer cells than the header is `Bad` only where it has
    more that are not empty.
    """
    return map(_row, lines(path))


def lines(path: Path) -> Iterator[Line | Bad]:
    """The rows as `rows` gives them, their cells in the order of the columns: for tables of millions."""
    with path.open("rb") as raw:
        head = raw.read(HEAD_BYTES)
    if is_workbook(path, head):
        yield from _xlsx_rows(path)
        return
    text, _ = decode(head)
    first = next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    with open_text(path) as stream:
        yield from _below_header(_csv_rows(stream, delimiter_of(first, path.suffix.lower())))


def head_rows(text: str, suffix: str, *, whole: bool, count: int) -> list[Row]:
    """The first rows of a text table that begins with `text`, as `rows` gives them; the last may be cut unless it is whole."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    found = list(islice(map(_row, _below_header(_csv_rows(io.StringIO(text), delimiter_of(first, suffix)))), count + 1))
    kept = [row for row in (found if whole or len(found) > count else found[:-1]) if isinstance(row, Row)]
    return kept[:count]


def _csv_rows(stream: IO[str], delimiter: str) -> Iterator[Cells]:
    """The records with the number of their first line. A quotation mark that is never closed costs only its own line."""
    csv.field_size_limit(MAX_RECORD_CHARS)
    lines = _Lines(stream)
    width = 0
    while line := lines.take():
        where = f"line {lines.number}"
        if isinstance(line, Bad):
            yield where, line
        elif lines.number > 1 or not _HINT.match(line):
            cells = _cells(line, lines, delimiter, width)
            width = width or (0 if isinstance(cells, str) else len(cells))
            yield where, Bad(where, cells) if isinstance(cells, str) else cells


def _cells(line: str, lines: _Lines, delimiter: str, width: int) -> list[str] | str:
    """The cells of the record that begins with a line, or why it cannot be read: then it takes no further lines."""
    plain = line.rstrip("\r\n")
    if plain and '"' not in plain and "\r" not in plain:  # as nearly all are: a reader for each takes several times as long
        return plain.split(delimiter)
    read = [line]
    try:
        cells = next(csv.reader(lines.more(read), delimiter=delimiter), [])
    except csv.Error as error:
        lines.give_back(read[1:])
        return f"not valid csv: {error}"
    if (len(read) == 1 and not lines.ended) or _closed(read, delimiter):
        return cells
    if len(cells) == width and len(read) <= _MAX_RECORD_LINES and not lines.ended:
        return cells
    lines.give_back(read[1:])
    try:
        cells = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    except csv.Error as error:
        return f"not valid csv: {error}"
    return cells if len(cells) == width else "a quotation mark opens a cell here and is not closed"


def _closed(read: list[str], delimiter: str) -> bool:
    """Whether all cells of a record of several lines are closed; csv takes the end of a file for a closing mark."""
    try:
        return bool(list(csv.reader(read, delimiter=delimiter, strict=True)))
    except csv.Error:
        return False


class _Lines:
    """The lines of a text, some of which may be given back."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._returned: list[str] = []
        self._again = 0
        self.number = 0
        self.ended = False

    def take(self) -> str | Bad:
        """The next line with its end, "" behind the last; one over the bound is `Bad`."""
        self.number += 1
        self.ended = False
        if self._returned:
            return self._returned.pop()
        line = self._stream.readline(MAX_RECORD_CHARS + 1)
        line = line.lstrip("\ufeff") if self.number == 1 else line
        if len(line) <= MAX_RECORD_CHARS:
            self.ended = not line
            return line
        while line and not line.endswith("\n"):
            line = self._stream.readline(MAX_RECORD_CHARS)
        return Bad(f"line {self.number}", f"the line is longer than {MAX_RECORD_CHARS:,} characters")

    def more(self, read: list[str]) -> Iterator[str]:
        """The lines of `read`, then further ones, which are added to it: as many as one record takes."""
        yield read[0]
        while len(read) <= (_MAX_RECORD_LINES if self._again < _MAX_AGAIN else _FEW_LINES):
            line = self.take()
            if not line or isinstance(line, Bad):
                self.number -= 1
                return
            read.append(line)
            yield line

    def give_back(self, lines: list[str]) -> None:
        """Puts lines back, to be taken again."""
        self._returned.extend(reversed(lines))
        self._again += len(lines)
        self.number -= len(lines)


def _row(line: Line | Bad) -> Row | Bad:
    return line if isinstance(line, Bad) else Row(line[0], dict(zip(line[1], line[2], strict=False)))


def _below_header(numbered: Iterator[Cells]) -> Iterator[Line | Bad]:
    columns: list[str] = []
    for where, cells in _from_header(numbered):
        if isinstance(cells, Bad):
            yield cells
        elif not columns:
            columns = _column_names(cells)
        elif not _is_blank(cells):
            if len(cells) > len(columns) and not _is_blank(cells[len(columns) :]):
                yield Bad(where, f"{len(cells)} cells where the header has {len(columns)}")
            else:
                yield where, columns, cells


def _is_blank(cells: list[str]) -> bool:
    return not "".join(cells).strip()


def _from_header(numbered: Iterator[Cells]) -> Iterator[Cells]:
    """The rows from the header on: the first that is not blank, unless it is a title over a wider one below."""
    held: list[Cells] = []
    for where, cells in numbered:
        if not isinstance(cells, Bad) and _is_blank(cells):
            continue
        held.append((where, cells))
        if isinstance(cells, Bad):
            continue
        if not _is_title(cells):
            yield from chain((one for one in held if not _is_title(one[1])), numbered)
            return
        if len(held) > _MAX_TITLE_ROWS:
            break
    yield from chain(held, numbered)


def _is_title(cells: list[str] | Bad) -> bool:
    """Whether nothing but the first cell of a row is filled."""
    return not isinstance(cells, Bad) and bool(cells) and bool(cells[0].strip()) and _is_blank(cells[1:])


def _column_names(cells: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for at, cell in enumerate(cells):
        name = cell.strip().lstrip("\ufeff") or f"column {at + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _xlsx_rows(path: Path) -> Iterator[Line | Bad]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtraError("openpyxl", "documents") from None
    check_archive(path)
    with path.open("rb") as file:  # by its name alone, openpyxl would refuse a workbook that is called .csv
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            notes = {name for name, sheet in sheets.items() if _holds_notes(_sheet_rows(sheet))}
        except Exception as error:  # openpyxl raises whatever its XML parser raises
            raise IngestError(f"{path.name}: not a readable xlsx workbook: {' '.join(str(error).split())}") from None
        for name, sheet in sheets.items():
            if name in notes and len(notes) < len(sheets):
                continue
            try:
                yield from _below_header(_sheet_rows(sheet))
            except Exception as error:  # as above: a sheet is parsed while its rows are asked for
                yield Bad(name, f"cannot be read from here on: {' '.join(str(error).split())}")
        book.close()


def _sheet_rows(sheet: Any) -> Iterator[Cells]:
    """The rows of a sheet with their place."""
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield f"{sheet.title} row {number}", ["" if cell is None else str(cell) for cell in cells]


def _holds_notes(numbered: Iterable[Cells]) -> bool:
    """Whether a sheet has no row of several cells among its first: notes about the others."""
    first = list(islice(numbered, 50))
    return all(isinstance(cells, Bad) or sum(bool(cell.strip()) for cell in cells) < 2 for _, cells in first)
