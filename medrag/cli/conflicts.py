"""`medrag conflicts`: where documents of one medicine contradict each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines

if TYPE_CHECKING:
    from medrag.answer.conflicts.find import Conflict
    from medrag.types import FactSource

__all__ = ["conflicts"]


def conflicts(
    kb: Kb,
    medicine: Annotated[
        str | None,
        typer.Argument(metavar="MEDICINE", help="By any name; all of them where it is left out.", show_default=False),
    ] = None,
    json: AsJson = False,
) -> None:
    """List where documents of a medicine disagree."""
    from medrag.answer.conflicts.report import all_conflicts, conflicts_of

    count = 0
    with open_kb(kb) as base:
        found: Iterable[tuple[str, Conflict]] = all_conflicts(base) if medicine is None else conflicts_of(medicine, base)
        for name, conflict in found:
            count += 1
            if json:
                write_json(_conflict_json(name, conflict))
                continue
            write_lines([f"{name}: {conflict.topic.value}: {'; '.join(conflict.said)}"])
            write_lines(
                f"    {_place(source)}  “{' '.join(source.quote.split())}”" for source in (conflict.one, conflict.other)
            )
    if not json:
        write_lines([counted(count, "conflict")])


def _place(source: FactSource) -> str:
    document = source.document
    maker = f" · {document.maker}" if document.maker else ""
    date = f" ({document.effective})" if document.effective else ""
    return f"{document.source}:{document.key}{maker}{date} [{source.start}:{source.end}]"


def _conflict_json(name: str, conflict: Conflict) -> dict[str, object]:
    sources = {side: getattr(conflict, side).model_dump(mode="json") for side in ("one", "other")}
    return {"medicine": name, "topic": conflict.topic.value, "said": list(conflict.said), **sources}
