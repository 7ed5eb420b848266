"""A row of the tables of `medrag evaluate conversations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medrag.evaluate.conversations.figures import Figure

__all__ = ["figure_cells"]


def figure_cells(one: Figure) -> tuple[str, ...]:
    """Group, measure, number, the three shares, and the difference with its interval."""
    return (
        one.group,
        "drug" if one.measure == "drug@1" else "drug and section",
        str(one.whole.n),
        f"{one.whole.value:.3f}",
        f"{one.talked.value:.3f}",
        f"{one.last.value:.3f}",
        f"{one.difference.value:+.3f}",
        f"{one.difference.low:+.3f} to {one.difference.high:+.3f}",
    )
