"""`medrag check`: a stored answer checked again, against a knowledge base or against the label's own file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, counted, open_kb, write_json, write_lines
from medrag.errors import IngestError, NotFoundError, RecordError

if TYPE_CHECKING:
    from medrag.answer.record.check import Lookup, Recheck
    from medrag.answer.verify.names import Names
    from medrag.types import Answer, Document, DocumentInfo

__all__ = ["check"]


def check(
    record: Annotated[
        Path, typer.Argument(metavar="ANSWER.json", help="What `medrag ask --json` printed.", show_default=False)
    ],
    kb: Annotated[str | None, typer.Option("--kb", metavar="FOLDER", help="Check against this knowledge base.")] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--source", metavar="FILE", help="Check against the label's own file; may be repeated. Needs no --kb."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check a stored answer again.

    Every citation is compared with the document's words, every claim with what it cites, and no sentence may be without one.
    Names are known better to the knowledge base: against files alone, another verdict is a note and no fault.
    """
    from medrag.answer.record.check import check_against_files, check_record

    if (kb is None) == (not source):
        raise typer.BadParameter("wanted --kb FOLDER or --source FILE: give exactly one of them")
    answers, unanswered = _records(record)
    with _against(kb, source or ()) as (lookup, names):
        checked = check_record if kb is not None else check_against_files
        reports = [checked(answer, lookup, names) for answer in answers]
    if json:
        for report in reports:
            write_json({**asdict(report), "ok": report.ok})
    else:
        for answer, report in zip(answers, reports, strict=True):
            write_lines(_lines(answer, report))
    if unanswered:
        sys.stderr.write(f"medrag: {record.name}: {counted(unanswered, 'line')} held no answer but an error\n")
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


def _records(path: Path) -> tuple[list[Answer], int]:
    """The answers of a file, one JSON object or several, and how many questions of it could not be asked."""
    from medrag.answer.record.stored import answer_from_json
    from medrag.ingest.json_text import Bad
    from medrag.ingest.source import json_items

    answers: list[Answer] = []
    unanswered = 0
    for where, value in json_items(path, ""):
        if isinstance(value, Bad):
            raise RecordError(f"{path} ({where}): {value.reason}")
        if isinstance(value, dict) and "error" in value and "answer" not in value:  # as `medrag ask --questions` prints it
            unanswered += 1
            continue
        try:
            answers.append(answer_from_json(value))
        except RecordError as error:
            raise RecordError(f"{path} ({where}): {error}") from None
    if not answers:
        held = f"holds {counted(unanswered, 'error')} and no answer" if unanswered else "is empty"
        raise RecordError(f"{path} {held}: name what `medrag ask --json` printed")
    return answers, unanswered


@contextmanager
def _against(kb: str | None, sources: Sequence[Path]) -> Iterator[tuple[Lookup, Names]]:
    """Where documents are looked up, and what finds names: the knowledge base, or files and the names that ship."""
    if kb is None:
        from medrag.answer.verify.names import shipped_mentions

        yield _in_files(sources), shipped_mentions
        return
    with open_kb(kb) as base:

        def lookup(info: DocumentInfo) -> list[Document]:
            try:
                return [base.document(info.key, source=info.source, version=info.version or None)]
            except NotFoundError:
                return []

        yield lookup, base.link


def _in_files(paths: Sequence[Path]) -> Lookup:
    """Documents of files by key, else, since a record without one gets its key in a knowledge base, by printed name."""
    from medrag.ingest.documents import read_documents

    for path in paths:
        if not path.exists():
            raise IngestError(f"{path}: there is no such file")
    documents = list(read_documents(paths))

    def lookup(info: DocumentInfo) -> list[Document]:
        keyed = [document for document in documents if document.key and document.key == info.key]
        return keyed or [document for document in documents if not document.key and document.title == info.title]

    return lookup


def _lines(answer: Answer, report: Recheck) -> Iterator[str]:
    question = " ".join(answer.question.split())
    yield f"{question}: {counted(report.citations, 'citation')}, {counted(report.claims, 'claim')}: " + (
        "all hold" if report.ok else counted(len(report.faults), "fault")
    )
    for fault in report.faults:
        yield f"  {fault.where} ({fault.kind}): {fault.message}"
    for note in report.notes:
        yield f"  note: {note.where} ({note.kind}): {note.message}"
