"""What `medrag evaluate conversations` says of conversations that people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medrag.cli.evaluate_figures import figure_cells
from medrag.cli.output import counted, write_lines, write_table

if TYPE_CHECKING:
    from medrag.evaluate.conversations.written import Told, Written

__all__ = ["missed", "record", "write"]


def write(found: Written) -> None:
    """Writes the tables: what is found first, and how often a turn is understood as its question in full is."""
    rows = [figure_cells(one) for one in found.rows()]
    write_table(("turns", "found first", "n", "in full", "conversation", "alone", "difference", "95 % interval"), rows)
    write_lines([""])
    header = ("understood as in full", "medicines", "sections", "patients", "all three", "same first evidence", "asked back")
    write_table(header, [(group, *_shares(told).values()) for group, told in found.groups().items()])
    absent = f"; {counted(found.absent, 'turn')} left out, whose medicine is not in the knowledge base" if found.absent else ""
    write_lines(["", f"{counted(len(found.told), 'turn')} of {counted(found.conversations, 'conversation')}{absent}"])


def _shares(told: Sequence[Told]) -> dict[str, str]:
    return {name: f"{count / len(told):.3f}" for name, count in _counts(told).items()} | {
        "asked_back": str(sum(one.asks_back for one in told))
    }


def _counts(told: Sequence[Told]) -> dict[str, int]:
    return {
        "medicines": sum(one.agreement.drugs for one in told),
        "sections": sum(one.agreement.sections for one in told),
        "patients": sum(one.agreement.people for one in told),
        "all": sum(one.agreement.exact for one in told),
        "same": sum(one.same for one in told),
    }


def record(found: Written) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "conversations": found.conversations,
        "absent": found.absent,
        "figures": [
            {
                "group": one.group,
                "measure": one.measure,
                "n": one.whole.n,
                "in_full": one.whole.value,
                "conversation": one.talked.value,
                "alone": one.last.value,
                "difference": [one.difference.value, one.difference.low, one.difference.high],
            }
            for one in found.rows()
        ],
        "understood": {group: {"n": len(told), **_counts(told)} for group, told in found.groups().items()},
    }


def missed(found: Written) -> list[dict[str, Any]]:
    """The turns that miss what their question in full finds."""
    return [
        {
            "id": one.id,
            "before": one.before,
            "said": one.said,
            "in full": one.question,
            "standalone": one.standalone,
            "asks_back": one.asks_back,
            "missed": [name for name in one.whole if one.talked[name] < one.whole[name]],
            "found": one.found,
        }
        for one in found.told
        if any(one.talked[name] < one.whole[name] for name in one.whole)
    ]
