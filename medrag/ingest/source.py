"""Opening source files safely: encodings, lines, JSON, tables and archives, each with a bound.

Everything here yields with its place and never holds a large file whole. What is wrong with one record is
yielded as `Bad`, what is wrong with the file is raised as `IngestError`.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ijson
from charset_normalizer import from_bytes

from medrag.errors import IngestError, MissingExtraError
from medrag.ingest.depth import DepthGuard

__all__ = [
    "MAX_DEPTH",
    "MAX_MEMBER_BYTES",
    "MAX_RECORD_CHARS",
    "MAX_TEXT_BYTES",
    "Bad",
    "Row",
    "decode",
    "detect_encoding",
    "json_items",
    "json_lines",
    "json_stream",
    "lines",
    "load_json",
    "open_members",
    "read_text",
    "rows",
    "zip_members",
]

MAX_TEXT_BYTES = 256 * 2**20  # a file that must be held whole as text
MAX_RECORD_CHARS = 32 * 2**20  # one line or one JSON record
MAX_MEMBER_BYTES = 2 * 2**30  # one member of an archive, unpacked
MAX_ARCHIVE_RATIO = 200  # unpacked : packed; text packs 4 to 20 times, a bomb 1,000 times
MAX_DEPTH = 64  # nesting of JSON and of archives' contents
_HEAD_BYTES = 64 * 1024
_SINGLE_BYTE_GUESSES = ("cp1252", "latin_1")


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that could not be read: its line, row or pointer, and why."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """A table row: its place (`line 7`, `Sheet1 row 7`) and its cells by column name."""

    record: str
    cells: dict[str, str]


def detect_encoding(head: bytes, *, whole: bool = False) -> str:
    """The encoding of a file that begins with `head`: UTF-8 (with or without BOM), UTF-16, GB18030, else a guess.

    A head may end inside a character; `whole` says that it does not.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(head, "utf-8", whole):
        if b"\0" in head:
            even, odd = head[0::2].count(0), head[1::2].count(0)
            if max(even, odd) > len(head) // 8:
                return "utf-16-le" if odd > even else "utf-16-be"
        return "utf-8"
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    if max(zeros_even, zeros_odd) > len(head) // 16:
        return "utf-16-le" if zeros_odd > zeros_even else "utf-16-be"
    if _mostly_gb18030(head):
        return "gb18030"
    best = from_bytes(head).best()
    return best.encoding if best is not None else "latin_1"


def _decodes(head: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_gb18030(head: bytes) -> bool:
    """Whether the bytes are GB18030 but for a few faults, and hold Chinese (cp1252 text decodes by chance)."""
    text = codecs.getincrementaldecoder("gb18030")("replace").decode(head)
    chinese = sum("一" <= c <= "鿿" for c in text)
    common = sum(text.count(c) for c in "的一不用人者病为药和，。、：；")
    likely = text.count("�") <= max(2, len(text) // 500) and chinese >= len(text) // 20
    return likely and (common * 50 >= chinese or _everyday_han(text))


def _everyday_han(text: str) -> bool:
    """Whether the Han characters are GB2312's everyday ones all over their range: a list of names has no words like 的.

    EUC-KR decodes into the first half of that range only, EUC-JP with kana, other encodings outside of it.
    """
    codes = [c.encode("gb18030") for c in text if "一" <= c <= "鿿"]
    everyday = [code for code in codes if len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1]
    second_half = sum(code[0] > 0xC8 for code in everyday)
    kana = any("ぁ" <= c <= "ヿ" for c in text)
    return not kana and len(everyday) * 20 >= len(codes) * 17 and second_half * 8 >= max(len(everyday), 1)


def decode(data: bytes) -> tuple[str, str]:
    """The text of the bytes and the encoding found; bytes outside it become U+FFFD."""
    encoding = detect_encoding(data[:_HEAD_BYTES], whole=len(data) <= _HEAD_BYTES)
    if encoding == "utf-8" and not _decodes(data, "utf-8", True) and _mostly_gb18030(data):
        encoding = "gb18030"  # the first Chinese stood behind the head
    return data.decode(encoding, "replace"), encoding


def read_text(path: Path) -> str:
    """The whole file as text, newlines as they are; larger than `MAX_TEXT_BYTES` is an error."""
    size = path.stat().st_size
    if size > MAX_TEXT_BYTES:
        raise IngestError(f"{path.name}: {size:,} bytes are too many for one text (at most {MAX_TEXT_BYTES:,}): split the file")
    text, encoding = decode(path.read_bytes())
    if text.count("\0") > len(text) // 100:
        raise IngestError(f"{path.name}: not text (binary data; read as {encoding})")
    return text


def _open_text(path: Path) -> IO[str]:
    with path.open("rb") as raw:
        encoding = detect_encoding(raw.read(_HEAD_BYTES))
    if encoding == "utf-8":
        encoding = _late_encoding(path)
    return path.open("r", encoding=encoding, errors="replace", newline="")


def _late_encoding(path: Path) -> str:
    """`utf-8` unless a byte further on says otherwise; then GB18030 where that fits."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as raw:
        while block := raw.read(1 << 20):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return "gb18030" if _mostly_gb18030(block) else "utf-8"
    return "utf-8"


def lines(path: Path) -> Iterator[tuple[int, str | Bad]]:
    """The lines of a text file with their numbers from 1, without line ends; a line over the bound is `Bad`."""
    with _open_text(path) as text:
        number = 0
        while line := text.readline(MAX_RECORD_CHARS + 1):
            number += 1
            if len(line) > MAX_RECORD_CHARS:
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_RECORD_CHARS)
                yield number, Bad(f"line {number}", f"the line is longer than {MAX_RECORD_CHARS:,} characters")
                continue
            yield number, line.rstrip("\r\n")


def load_json(text: str) -> Any:
    """The value of a JSON text; `ValueError` says what is wrong, too deep nesting included."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None


def json_lines(path: Path) -> Iterator[tuple[str, Any | Bad]]:
    """The values of a file with one JSON value a line, with `line N`; blank lines are passed over."""
    for number, line in lines(path):
        where = f"line {number}"
        if isinstance(line, Bad):
            yield where, line
        elif line.strip():
            try:
                yield where, load_json(line.lstrip("﻿"))
            except ValueError as error:
                yield where, Bad(where, f"not valid JSON: {error}")


def json_items(path: Path, prefix: str = "item") -> Iterator[tuple[str, Any | Bad]]:
    """The items under an ijson prefix (`item`: a list; `results.item`: a list in an object), each with its pointer.

    Streams: a file of gigabytes holds one item in memory at a time. A fault ends the stream with one `Bad`.
    """
    with _utf8_bytes(path) as stream:
        yield from json_stream(stream, prefix)


def json_stream(stream: IO[bytes], prefix: str = "item") -> Iterator[tuple[str, Any | Bad]]:
    """The items under an ijson prefix in a stream of UTF-8 JSON, as `json_items` yields them.

    The empty prefix yields the whole values of a stream that holds one or several.
    """
    pointer = "/" + "/".join(part for part in prefix.split(".") if part != "item")
    pointer = pointer.rstrip("/")
    number = -1
    try:
        for number, value in enumerate(
            ijson.items(DepthGuard(stream, MAX_DEPTH), prefix, use_float=True, multiple_values=not prefix)
        ):
            yield f"{pointer}/{number}", value
    except (ijson.JSONError, ValueError, RecursionError) as error:
        where = f"{pointer}/{number + 1}"
        yield where, Bad(where, f"not valid JSON from here on: {str(error).splitlines()[0]}")
    except Exception as error:  # a packed stream: zlib.error, zipfile.BadZipFile, EOFError share no base class
        where = f"{pointer}/{number + 1}"
        yield where, Bad(where, f"cannot be unpacked from here on: {error}")


def _utf8_bytes(path: Path) -> IO[bytes]:
    """The file as UTF-8 bytes without BOM, re-encoded where it is not."""
    with path.open("rb") as raw:
        encoding = detect_encoding(raw.read(_HEAD_BYTES))
    if encoding == "utf-8":
        return path.open("rb")
    if encoding == "utf-8-sig":
        stream = path.open("rb")
        stream.seek(len(codecs.BOM_UTF8))
        return stream
    return io.BytesIO(read_text(path).encode("utf-8"))


def rows(path: Path, *, delimiter: str | None = None) -> Iterator[Row | Bad]:
    """The rows of a csv, tsv or xlsx file (every sheet) as cells by column name; blank and repeated names get numbers.

    A row with more or fewer cells than the header is `Bad` only where it has more that are not empty.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        yield from _xlsx_rows(path)
        return
    csv.field_size_limit(MAX_RECORD_CHARS)
    with _open_text(path) as text:
        reader = csv.reader(text, delimiter=delimiter or _delimiter(path))
        yield from _named_rows(_numbered(reader))


def _numbered(reader: Any) -> Iterator[tuple[str, list[str] | Bad]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {line}", Bad(f"line {line}", f"not valid csv: {error}")
            continue
        yield f"line {line}", cells


def _named_rows(numbered: Iterator[tuple[str, list[str] | Bad]]) -> Iterator[Row | Bad]:
    columns: list[str] = []
    for where, cells in numbered:
        if isinstance(cells, Bad):
            yield cells
        elif not columns:
            if any(cell.strip() for cell in cells):
                columns = _column_names(cells)
        elif any(cell.strip() for cell in cells):
            if any(cell.strip() for cell in cells[len(columns) :]):
                yield Bad(where, f"{len(cells)} cells where the header has {len(columns)}")
            else:
                yield Row(where, dict(zip(columns, cells, strict=False)))


def _column_names(cells: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for at, cell in enumerate(cells):
        name = cell.strip().lstrip("﻿") or f"column {at + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _delimiter(path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    with path.open("rb") as raw:
        head, _ = decode(raw.read(_HEAD_BYTES))
    first = head.splitlines()[0] if head.strip() else ""
    return max(",\t;|", key=first.count) if first else ","


def _xlsx_rows(path: Path) -> Iterator[Row | Bad]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtraError("openpyxl", "documents") from None
    check_archive(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML parser raises
        raise IngestError(f"{path.name}: not a readable xlsx workbook: {error}") from None
    for sheet in book.worksheets:
        numbered = (
            (f"{sheet.title} row {number}", ["" if cell is None else str(cell) for cell in cells])
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
        )
        yield from _named_rows(numbered)
    book.close()


def check_archive(path: Path) -> None:
    """Raises `IngestError` where a zip file is broken or would unpack to a bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                _check_member(path, member)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise IngestError(f"{path.name}: not a readable zip archive: {error}") from None


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > MAX_MEMBER_BYTES or (member.file_size > 2**20 and ratio > MAX_ARCHIVE_RATIO):
        raise IngestError(
            f"{path.name}: member {member.filename!r} would unpack to {member.file_size:,} bytes "
            f"({ratio:,.0f} times its packed size): refused as a possible zip bomb"
        )


def zip_members(path: Path | IO[bytes], name: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes | Bad]]:
    """The members of a zip whose names end in one of the suffixes, as bytes, read in memory and never unpacked to disk.

    Names are only ever labels, so `../` in them does no harm; a member that is a bomb or broken is `Bad`.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise IngestError(f"{name}: not a readable zip archive: {error}") from None
    with archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.lower().endswith(suffixes):
                continue
            try:
                _check_member(Path(name), member)
                with archive.open(member) as stream:
                    data = stream.read(member.file_size + 1)
                yield member.filename, data
            except IngestError as error:
                yield member.filename, Bad(member.filename, str(error))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
                yield member.filename, Bad(member.filename, f"cannot be unpacked: {error}")
            except Exception as error:  # zlib.error and lzma.LZMAError share no base class
                yield member.filename, Bad(member.filename, f"cannot be unpacked: {error}")


@contextmanager
def open_members(path: Path, suffixes: tuple[str, ...]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members of a zip whose names end in one of the suffixes as streams, one open at a time, never on disk.

    A broken archive and a possible bomb raise `IngestError` at once: a stream cannot be taken back later.
    """
    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        yield (
            (m.filename, archive.open(m))
            for m in archive.infolist()
            if m.filename.lower().endswith(suffixes) and not m.is_dir()
        )
