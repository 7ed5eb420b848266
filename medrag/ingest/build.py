"""Ingesting files and folders into a knowledge base, and the report on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from medrag.errors import NotFoundError
from medrag.ingest import registry
from medrag.ingest.collecting import rarely_collected
from medrag.ingest.portions import Made, Making
from medrag.ingest.reading import Reading
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.workshop import Cluster, Workshop
from medrag.kb.base import KnowledgeBase
from medrag.kb.edges import Edges
from medrag.kb.prepared import Prepared
from medrag.kb.rows import Outcome
from medrag.kb.writer import Writer

__all__ = ["FileReport", "Report", "build"]

BATCH_RECORDS = 1_000
BATCH_CHARS = 4_000_000
# Records without a key are told apart by comparing those of one file, so they are kept together up to here.
KEYLESS_RECORDS = 20_000
KEYLESS_CHARS = 64_000_000
CHECKPOINT_CHARS = 200_000_000  # of canonical text, after which what was read is published
MAX_PROBLEMS = 1_000  # kept per file; all are counted

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

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Counts records that were read."""
        self.added += outcomes.count(Outcome.ADDED)
        self.updated += outcomes.count(Outcome.UPDATED)
        self.unchanged += outcomes.count(Outcome.UNCHANGED)


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
    jobs: int | None = None,
    cluster: Cluster | None = None,
) -> Report:
    """Reads files and folders into a knowledge base (opened, or made where there is none) and reports on it.

    Each file's format is recognised, unless `format` names a reader or `mapping` says which column is what; those of
    `names` are read as tables of names, whatever else they look like. `keys` gives the one document of a file the key that
    it is known by. What cannot be read is in the report, and everything else goes in. Much is prepared by `jobs` processes,
    by default one a core, or on a `cluster` (`medrag.ingest.cluster`), with the same outcome as by one. Raises `MedRAGError`
    where nothing can be written.
    """
    base = kb if isinstance(kb, KnowledgeBase) else _open_or_create(kb)
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    options, tables = ReadOptions(lang=lang, mapping=mapping or {}), frozenset(registry.sources(names))
    run = _Run(Reading(options, format, source, tuple(tags), tables, keys or {}), progress)
    try:
        with rarely_collected(), base.write(progress) as writer:
            run.run([*map(Path, given), *sorted(tables)], writer, jobs, cluster)
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

    def __init__(self, reading: Reading, progress: Progress) -> None:
        self.report = Report()
        self._reading, self._progress = reading, progress
        self._batch: list[tuple[Prepared, FileReport]] = []
        self._chars = self._chars_since_checkpoint = 0
        self._keyless = False  # whether a record without a key is in the batch, of the file that is being read
        self._file: FileReport | None = None  # of which the last record was, and how often its titles came so far
        self._occurrences: Counter[str] = Counter()

    def run(self, paths: list[Path], writer: Writer, jobs: int | None, cluster: Cluster | None) -> None:
        files = [(path, _size(path)) for path in registry.sources(paths)]
        with Workshop(jobs, writer.embedder, sum(size for _, size in files), cluster) as workshop:
            for report, made in workshop.prepared(self._records(files)):
                self._take(made, report, writer)
        self._flush(writer)

    def _records(
        self, files: list[tuple[Path, int]]
    ) -> Iterator[tuple[FileReport, Making, ReadRecord | Raw | Edges | Unreadable]]:
        """The records of all files, each with the report on its file."""
        done, size = 0, sum(size for _, size in files)
        for path, bytes_ in files:
            self._progress("reading", done, size)
            report = FileReport(str(path))
            self.report.files.append(report)
            opened = self._reading.opened(path)
            report.reader, report.skipped_reason = opened.reader, opened.skipped_reason
            making = self._reading.making(opened.reader)
            for record in opened.records:
                yield report, making, record
            done += bytes_

    def _take(self, made: Made | Edges | Unreadable, report: FileReport, writer: Writer) -> None:
        """Counts a record in the report and puts it into the batch; edges are a batch of their own."""
        if isinstance(made, Edges):
            self._write_edges(made, report, writer)
            return
        if report is not self._file:
            self._file, self._occurrences, self._keyless = report, Counter(), False
            if self._is_full(BATCH_RECORDS, BATCH_CHARS):
                self._flush(writer)
        if isinstance(made, Unreadable):
            report.fail(made)
            return
        title = made.prepared.document.title
        kept = writer.keep(made.ready) if made.ready else None
        occurrence = self._occurrences.get(title, 0)
        self._occurrences[title] = occurrence + 1
        prepared = replace(made.prepared, occurrence=occurrence, ready=kept) if occurrence or kept else made.prepared
        report.read += made.rows
        if made.unmapped:
            report.unmapped.update(made.unmapped)
        self._collect(prepared, report, writer)

    def _write_edges(self, edges: Edges, report: FileReport, writer: Writer) -> None:
        self._flush(writer)
        report.read += len(edges.rows)
        report.unmapped.update([name for edge in edges.rows if edge.unmapped for name in edge.unmapped])
        report.count(writer.add_edges(edges))
        self._written(sum([len(edge.text) for edge in edges.rows]), writer)

    def _collect(self, prepared: Prepared, report: FileReport, writer: Writer) -> None:
        self._batch.append((prepared, report))
        self._chars += len(prepared.document.text)
        self._keyless = self._keyless or not prepared.document.key
        if self._is_full(*(KEYLESS_RECORDS, KEYLESS_CHARS) if self._keyless else (BATCH_RECORDS, BATCH_CHARS)):
            self._flush(writer)

    def _is_full(self, records: int, chars: int) -> bool:
        return len(self._batch) >= records or self._chars >= chars

    def _flush(self, writer: Writer) -> None:
        if not self._batch:
            return
        outcomes = writer.add_many([prepared for prepared, _ in self._batch], checked=True)
        for outcome, (_, report) in zip(outcomes, self._batch, strict=True):
            report.count([outcome])
        chars = self._chars
        self._batch, self._chars, self._keyless = [], 0, False
        self._written(chars, writer)

    def _written(self, chars: int, writer: Writer) -> None:
        """Publishes what was written now and then."""
        self._chars_since_checkpoint += chars
        if self._chars_since_checkpoint >= CHECKPOINT_CHARS:
            self._chars_since_checkpoint = 0
            writer.checkpoint()


def _size(path: Path) -> int:
    """The bytes of a file, 0 where it has vanished."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
