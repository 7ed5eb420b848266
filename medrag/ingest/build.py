"""Ingesting files and folders into a knowledge base, and the report on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from medrag.errors import IngestError, MedRAGError, MissingExtraError, NotFoundError, UnknownFormatError
from medrag.ingest import registry
from medrag.ingest.prepare import prepare
from medrag.ingest.records import Reader, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.registry import NotDocument
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import Prepared, fault_of
from medrag.kb.rows import Outcome
from medrag.kb.writer import Writer
from medrag.types import Place

__all__ = ["FileReport", "Report", "build"]

BATCH_RECORDS = 1_000
BATCH_CHARS = 8_000_000
# Records without a key are told apart by comparing those of one file, so they are kept together up to here.
KEYLESS_RECORDS = 20_000
KEYLESS_CHARS = 64_000_000
CHECKPOINT_CHARS = 200_000_000  # of canonical text, after which what was read is published
MAX_PROBLEMS = 1_000  # kept per file; all are counted

# Renderings of the same labels are one collection, so that a set id means one document.
COLLECTIONS = {"spl-html": "spl"}

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class FileReport:
    """What became of one file.

    `read` counts the source's own records (rows, lines, strings); `added`, `updated` and `unchanged` count the
    documents made of them, which are fewer where several rows tell of one drug. `failed` counts records, or one for
    the rest of a file, that could not be read; `skipped_reason` says why a file is no document.
    """

    path: str
    reader: str = ""
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped_reason: str = ""
    unmapped: Counter[str] = field(default_factory=Counter)
    problems: list[Unreadable] = field(default_factory=list)

    def fail(self, problem: Unreadable) -> None:
        """Counts a record, or the rest of the file, that could not be read."""
        self.failed += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def count(self, outcome: Outcome) -> None:
        """Counts a record that was read."""
        self.added += outcome is Outcome.ADDED
        self.updated += outcome is Outcome.UPDATED
        self.unchanged += outcome is Outcome.UNCHANGED


@dataclass(slots=True)
class Report:
    """What became of all files, and the commit that holds them."""

    files: list[FileReport] = field(default_factory=list)
    commit: int = 0

    def _sum(self, name: str) -> int:
        return sum(getattr(file, name) for file in self.files)

    @property
    def read(self) -> int:
        """Records of the sources that were read."""
        return self._sum("read")

    @property
    def added(self) -> int:
        """Documents and graph records that were not there before."""
        return self._sum("added")

    @property
    def updated(self) -> int:
        """Documents that got a new version."""
        return self._sum("updated")

    @property
    def unchanged(self) -> int:
        """Documents that were there already, word for word."""
        return self._sum("unchanged")

    @property
    def failed(self) -> int:
        """Records and files that could not be read."""
        return self._sum("failed")

    @property
    def ok(self) -> bool:
        """Whether everything could be read."""
        return self.failed == 0


def build(
    paths: str | Path | Sequence[str | Path],
    kb: KnowledgeBase | str | Path,
    *,
    source: str | None = None,
    tags: Sequence[str] = (),
    format: str | None = None,
    mapping: dict[str, object] | None = None,
    lang: str = "",
    names: Sequence[str | Path] = (),
    keys: Mapping[Path, str] | None = None,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Report:
    """Reads files and folders into a knowledge base (opened, or made where there is none) and reports on it.

    Each file's format is recognised, unless `format` names a reader or `mapping` says which column is what; those of
    `names` are read as tables of names, whatever else they look like. `keys` gives the one document of a file the key that
    it is known by. What cannot be read is in the report, and everything else goes in. Raises `MedRAGError` where nothing can
    be written.
    """
    base = kb if isinstance(kb, KnowledgeBase) else _open_or_create(kb)
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    run = _Run(source, tuple(tags), format, ReadOptions(lang=lang, mapping=mapping or {}), progress)
    run.names.update(registry.sources(names))
    run.keys.update(keys or {})
    try:
        with base.write(progress) as writer:
            run.run([*map(Path, given), *sorted(run.names)], writer)
        run.report.commit = base.commit
        return run.report
    finally:
        if base is not kb:
            base.close()


def _open_or_create(path: str | Path) -> KnowledgeBase:
    try:
        return KnowledgeBase.open(path)
    except NotFoundError:
        return KnowledgeBase.create(path)


class _Run:
    """One run of `build`: the batch that is being collected, and the report so far."""

    def __init__(
        self, source: str | None, tags: tuple[str, ...], format: str | None, options: ReadOptions, progress: Progress
    ) -> None:
        self.report = Report()
        self.names: set[Path] = set()  # files that are tables of names
        self.keys: dict[Path, str] = {}  # of files with one document each
        self._source, self._tags, self._format = source, tags, format
        self._options, self._progress = options, progress
        self._batch: list[tuple[Prepared, FileReport]] = []
        self._chars = self._chars_since_checkpoint = 0
        self._keyless = False

    def run(self, paths: list[Path], writer: Writer) -> None:
        files = [(path, _size(path)) for path in registry.sources(paths)]
        done, size = 0, sum(size for _, size in files)
        for path, bytes_ in files:
            self._progress("reading", done, size)
            report = FileReport(str(path))
            self.report.files.append(report)
            for prepared in self._records(path, report):
                self._collect(prepared, report, writer)
            done += bytes_
        self._flush(writer)

    def _records(self, path: Path, report: FileReport) -> Iterator[Prepared]:
        """What the file holds, ready to be stored; whatever is wrong with the file or its reader goes into the report."""
        try:
            reader = self._reader(path)
            if isinstance(reader, NotDocument):
                report.skipped_reason = reader.reason
                return
            report.reader = reader.name
            yield from self._read(path, reader, report)
        except UnknownFormatError as error:
            report.fail(Unreadable(Place(file=path.name), str(error)))
        except (IngestError, MissingExtraError, OSError) as error:  # a pdf without the reader for it stops no other file
            report.fail(Unreadable(Place(file=path.name), _one_line(error)))
        except MedRAGError:
            raise
        except Exception as error:
            # A reader met something that it did not expect; the rest of the run must not suffer for it.
            report.fail(Unreadable(Place(file=path.name), f"the {report.reader} reader gave up: {_named(error)}"))

    def _reader(self, path: Path) -> Reader | NotDocument:
        if path in self.names:
            return registry.find_names(path)
        return registry.reader(self._format) if self._format else registry.find(path, self._options)

    def _read(self, path: Path, reader: Reader, report: FileReport) -> Iterator[Prepared]:
        occurrences: Counter[str] = Counter()
        records = reader.read(path, self._options)
        for record in records if path not in self.keys else _keyed(records, self.keys[path]):
            if isinstance(record, Unreadable):
                report.fail(record)
                continue
            title = record.document.title
            prepared = self._prepare(record, reader, occurrences[title])
            if isinstance(prepared, Unreadable):
                report.fail(prepared)
                continue
            occurrences[title] += 1
            report.read += record.rows
            report.unmapped.update(record.unmapped)
            yield prepared

    def _prepare(self, record: ReadRecord, reader: Reader, occurrence: int) -> Prepared | Unreadable:
        source = self._source or record.document.source or COLLECTIONS.get(reader.name, reader.name)
        try:
            prepared = prepare(record, source=source, tags=self._tags, occurrence=occurrence)
            fault = fault_of(prepared)
        except Exception as error:  # one record must not take the rest of its file along
            fault = _named(error)
        return Unreadable(record.document.place, fault) if fault else prepared

    def _collect(self, prepared: Prepared, report: FileReport, writer: Writer) -> None:
        self._batch.append((prepared, report))
        self._chars += len(prepared.document.text)
        self._keyless = self._keyless or not prepared.document.key
        records, chars = (KEYLESS_RECORDS, KEYLESS_CHARS) if self._keyless else (BATCH_RECORDS, BATCH_CHARS)
        if len(self._batch) >= records or self._chars >= chars:
            self._flush(writer)

    def _flush(self, writer: Writer) -> None:
        if not self._batch:
            return
        outcomes = writer.add_many([prepared for prepared, _ in self._batch])
        for outcome, (_, report) in zip(outcomes, self._batch, strict=True):
            report.count(outcome)
        self._chars_since_checkpoint += self._chars
        self._batch, self._chars, self._keyless = [], 0, False
        if self._chars_since_checkpoint >= CHECKPOINT_CHARS:
            self._chars_since_checkpoint = 0
            writer.checkpoint()


def _keyed(records: Iterator[ReadRecord | Unreadable], key: str) -> Iterator[ReadRecord | Unreadable]:
    """The one record of a file, known by the key given."""
    found = list(islice(records, 2))
    if len(found) > 1:
        raise IngestError(f"the key {key!r} is of one document, and the file holds more: leave the key out")
    for record in found:
        if isinstance(record, ReadRecord):
            yield replace(record, document=record.document.model_copy(update={"key": key}))
        else:
            yield record


def _size(path: Path) -> int:
    """The bytes of a file, 0 where it has vanished."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {_one_line(error)}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
