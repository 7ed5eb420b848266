"""`medrag diff` and `medrag impact`: what changed between versions of a document, and which logged answers that touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines
from medrag.errors import NotFoundError

if TYPE_CHECKING:
    from medrag.answer.versions.compare import SectionChange

__all__ = ["diff", "impact"]

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def diff(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The document's key, as `medrag list` shows it.")],
    old: Annotated[int, typer.Argument(metavar="V1", min=1, help="A version.")],
    new: Annotated[int, typer.Argument(metavar="V2", min=1, help="Another version.")],
    kb: Kb,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="The document's source.")] = None,
    json: AsJson = False,
) -> None:
    """Show what changed between two versions."""
    from medrag.answer.versions.compare import compare

    with open_kb(kb) as base:
        before, after = (base.document(key, source=source, version=version) for version in (old, new))
    changes = compare(before, after)
    if json:
        write_json({"key": key, "from": old, "to": new, "changes": [_change_json(change) for change in changes]})
        return
    write_lines([f"{after.title}: version {old} ({before.effective or 'no date'}) → {new} ({after.effective or 'no date'})"])
    for change in changes:
        write_lines(_lines(change))
    if not changes:
        write_lines(["nothing changed but, at most, the order of sections"])


def impact(
    commit: Annotated[int, typer.Argument(metavar="COMMIT", min=0, help="Answers given at this commit or later.")],
    log: Annotated[Path, typer.Option("--audit", metavar="LOG", help="The log of answers.")],
    kb: Kb,
    json: AsJson = False,
) -> None:
    """List logged answers whose cited words changed."""
    from medrag.answer.audit.impact import impact as affected
    from medrag.answer.audit.log import AuditLog

    if not log.is_file():
        raise NotFoundError(f"{log}: there is no audit log: `medrag ask … --audit FILE` writes one")
    with open_kb(kb) as base, AuditLog.reading(log) as opened:
        found = list(affected(opened.records(), base, since=commit))
    for one in found:
        if json:
            write_json(asdict(one))
        else:
            now = f"now version {one.now}" if one.now else "gone"
            write_lines(
                [f"answer {one.number} {one.marker}  {one.source} {one.key} version {one.version}, {now}: {one.reason}"]
            )
    if not json:
        answers = len({one.number for one in found})
        write_lines([f"{counted(answers, 'answer')} with {counted(len(found), 'citation')} whose words have changed"])


def _lines(change: SectionChange) -> Iterator[str]:
    yield ""
    yield f"{_SIGNS[change.change.value]} {change.heading}".rstrip()
    for sentence in change.sentences:
        yield from (f"    ! {said}" for said in sentence.said)
        if sentence.old:
            yield f"    - {' '.join(sentence.old.split())}"
        if sentence.new:
            yield f"    + {' '.join(sentence.new.split())}"


def _change_json(change: SectionChange) -> dict[str, object]:
    return {
        "change": change.change.value,
        "heading": change.heading,
        "group": change.group.value,
        "old": None if change.old is None else change.old.index,
        "new": None if change.new is None else change.new.index,
        "sentences": [asdict(sentence) for sentence in change.sentences],
    }
