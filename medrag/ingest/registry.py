"""Which formats there are, and which of them a file is in.

Built-in readers stand in a table, others come through the entry-point group `medrag.readers` (`name = "module:Class"`);
both are imported when first asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from os import walk
from os.path import realpath
from pathlib import Path
from typing import cast

from medrag.errors import IngestError, UnknownFormatError
from medrag.ingest.json_text import Bad
from medrag.ingest.records import Reader, ReadOptions
from medrag.ingest.sample import Sample
from medrag.ingest.tables import is_workbook, rows

__all__ = ["GROUP", "NotDocument", "clear", "find", "find_names", "reader", "reader_names", "sources"]

log = logging.getLogger(__name__)

GROUP = "medrag.readers"
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n"  # byte order marks too: with nothing behind them a file is empty
# What is a known format that no reader is for, by its first bytes.
_UNREAD = (
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file: save it as .docx, .xlsx or .csv"),
    (b"{\\rtf", "rich text: save it as .docx or .txt"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "packed with xz: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a rar archive: unpack it first"),
    (b"SQLite format 3", "an SQLite database: export its tables as csv"),
    (b"PAR1", "a parquet file: export it as csv or jsonl"),
)
_CATALOGUE = "catalogue.sqlite"
NAME_READERS = ("name-tables", "name-groups", "code-lists", "name-lists")  # of files that are given as names
_MAPPED = "columns"  # the reader that a column mapping is for

# The order decides between readers that are equally sure: what names its format before what looks like anything.
_BUILT_IN = {
    "spl": "medrag.ingest.readers.spl:SplReader",
    "spl-html": "medrag.ingest.readers.spl_html:SplHtmlReader",
    "openfda": "medrag.ingest.readers.openfda:OpenFDAReader",
    "fsh": "medrag.ingest.readers.fsh:FshReader",
    "pulse-docs": "medrag.ingest.readers.pulse:PulseDocsReader",
    "qizhen-csv": "medrag.ingest.readers.qizhen:QizhenReader",
    "monographs": "medrag.ingest.readers.monographs:MonographReader",
    "section-lists": "medrag.ingest.readers.section_lists:SectionListsReader",
    "section-rows": "medrag.ingest.readers.section_rows:SectionRowsReader",
    "literal-lines": "medrag.ingest.readers.literal:LiteralLinesReader",
    "zhongxinci": "medrag.ingest.readers.zhongxinci:ZhongxinciReader",
    "spo": "medrag.ingest.readers.spo:SpoReader",
    "kg-objects": "medrag.ingest.readers.kg_objects:KgObjectsReader",
    "disease-table": "medrag.ingest.readers.disease_table:DiseaseTableReader",
    "nodes": "medrag.ingest.readers.node_edge:NodeReader",
    "edges": "medrag.ingest.readers.node_edge:EdgeReader",
    "triples": "medrag.ingest.readers.triples:TriplesReader",
    "code-lists": "medrag.ingest.readers.code_lists:CodeListReader",
    "name-tables": "medrag.ingest.readers.names:NameTableReader",
    "name-groups": "medrag.ingest.readers.names:NameGroupsReader",
    "name-lists": "medrag.ingest.readers.name_lists:NameListReader",
    "zh-label": "medrag.ingest.readers.zh_label:ChineseLabelReader",
    "columns": "medrag.ingest.readers.columns:ColumnsReader",
    "html": "medrag.ingest.readers.files:HtmlReader",
    "markdown": "medrag.ingest.readers.files:MarkdownReader",
    "docx": "medrag.ingest.readers.docx:DocxReader",
    "pdf": "medrag.ingest.readers.pdf:PdfReader",
    "text": "medrag.ingest.readers.files:TextReader",
}


@dataclass(frozen=True, slots=True)
class NotDocument:
    """A file that holds no label, graph or names by what it is: a schema, an index page, a README."""

    reason: str


@cache
def _table() -> dict[str, str]:
    """Every reader's place by its name: ours in order, then those of other packages by name."""
    found = dict(_BUILT_IN)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.value)  # ours cannot be replaced behind the user's back
    return found


def reader_names() -> list[str]:
    """The names of all readers that can be asked for, in the order that decides ties."""
    return list(_table())


@cache
def reader(name: str) -> Reader:
    """The reader of that name; `UnknownFormatError` lists the names there are."""
    place = _table().get(name)
    if place is None:
        raise UnknownFormatError(f"there is no reader {name!r}; there are: {', '.join(reader_names())}")
    module, _, attribute = place.partition(":")
    try:
        return cast(Reader, getattr(import_module(module), attribute)())
    except (ImportError, AttributeError) as error:
        raise IngestError(f"the reader {name!r} ({place}) cannot be loaded: {error}") from error


@cache
def _loadable() -> list[Reader]:
    """All readers in order, without those of other packages that cannot be loaded, which is logged."""
    found = []
    for name in reader_names():
        try:
            found.append(reader(name))
        except IngestError as error:
            if name in _BUILT_IN:
                raise
            log.warning("%s: no file will be read with it", error)
    return found


def clear() -> None:
    """Forgets what was loaded, so that readers installed meanwhile are seen."""
    for remembered in (_table, _loadable, reader):
        remembered.cache_clear()


def find(path: Path, options: ReadOptions) -> Reader | NotDocument:
    """The reader of a file: the column reader where a mapping is given, else the one that recognises it most surely.

    `UnknownFormatError` says what was tried; `IngestError` that the file is missing, empty or unreadable.
    """
    sample = _sample(path)
    if options.mapping:
        return reader(_MAPPED)
    reason = _no_document(sample)
    if reason:
        return NotDocument(reason)
    best, surest = 0.0, None
    for candidate in _loadable():
        sure = candidate.recognise(sample)
        if sure > best:
            best, surest = sure, candidate
    if surest is not None:
        return surest
    _open(path, sample)
    raise UnknownFormatError(
        f"{path.name}: no reader recognises it{_looks(sample)}; tried: {', '.join(reader_names())}. "
        "Name the format (`--format NAME`), or say how its columns are to be read (`--map FILE.yaml`)"
    )


def find_names(path: Path) -> Reader:
    """The reader of a table of names; `IngestError` says which columns one must have where the file is none."""
    sample = _sample(path)
    sure = {name: reader(name).recognise(sample) for name in NAME_READERS}
    best = max(sure, key=lambda name: sure[name])
    if sure[best] > 0:
        return reader(best)
    _open(path, sample)
    raise IngestError(
        f"{path.name}: no table of names{_looks(sample)}. Wanted: a table with a column `name` (名称, generic_name, 通用名) and one of "
        "`alias`, `brand`, `english`, `pinyin`, `abbreviation` (别名, 商品名, 英文名, 拼音, 缩写); or `code` and `name`; "
        "or one JSON object of groups {name: [other names]}; or a list with one name a line"
    )


def _sample(path: Path) -> Sample:
    try:
        sample = Sample.of(path)
    except FileNotFoundError:
        raise IngestError(f"{path}: no such file") from None
    except OSError as error:
        raise IngestError(f"{path}: cannot be opened: {error.strerror or error}") from None
    if not sample.head.strip(_BLANK):
        raise IngestError(f"{path.name}: the file is empty")
    return sample


def _no_document(sample: Sample) -> str:
    from medrag.ingest.readers.nothing import reason

    return reason(sample) or ""


def _open(path: Path, sample: Sample) -> None:
    """Raises `IngestError` with the reason where a workbook was not recognised because it cannot be opened."""
    if is_workbook(path, sample.head):
        fault = next((row for row in rows(path)), None)
        if isinstance(fault, Bad):
            raise IngestError(f"{path.name}: {fault.record}: {fault.reason}")


def _looks(sample: Sample) -> str:
    """What the file looks like, in words, for the message that nobody recognises it."""
    known = next((words for magic, words in _UNREAD if sample.head.startswith(magic)), "")
    if known or not sample.text:
        members = [name for name in sample.members[:3] if name.isprintable() and "\ufffd" not in name]
        packed = f"a zip archive of {', '.join(members)} …: unpack it first" if members else "binary data"
        return f" ({known or packed})"
    if len(sample.columns) > 1:
        columns = " ".join(", ".join(sample.columns[:8]).split()) + (" …" if len(sample.columns) > 8 else "")
        return f" (columns: {columns[:300]}{'' if sample.rows or not sample.whole else '; no rows'})"
    if sample.text.split() in (["[]"], ["{}"]):
        return " (JSON without any record)"
    keys = sample.json_object or sample.json_line or sample.json_first
    if isinstance(keys, dict) and keys:
        return f" (JSON with the keys {', '.join(map(repr, list(keys)[:8]))})"
    return f" (begins with {sample.first_line.strip()[:60]!r})"


def sources(paths: Iterable[Path | str]) -> Iterator[Path]:
    """The files to read: files as they are named, folders with all below them in order of name, each file once.

    Hidden files and folders and knowledge bases are left out below a folder, links to folders are followed once. A path
    that is not there is yielded too, so that reading it reports it with the others.
    """
    seen: set[str] = set()
    for path in map(Path, paths):
        for file in _below(path) if path.is_dir() else (path,):
            real = realpath(file)  # Path.resolve() raises where a link leads to itself
            if real not in seen:
                seen.add(real)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    visited: set[str] = set()
    for place, folders, files in walk(folder, followlinks=True):
        real = realpath(place)
        if real in visited or _CATALOGUE in files:  # a link back up; a knowledge base beside its sources
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(place) / name
            if not name.startswith(".") and file.is_file():
                yield file
