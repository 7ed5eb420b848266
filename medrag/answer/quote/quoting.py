"""Chosen sentences as lines of an answer: under the heading of their drug and section, neighbours together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.select import Unit

__all__ = ["quote_by_section"]

REPEATED = 20  # characters; labels say whole sentences twice, and a cell of a table many times


def quote_by_section(draft: Draft, units: Sequence[Unit], lang: str) -> None:
    """Quotes the units in their order, with a heading wherever the document or the section changes; none a second time."""
    said = {claim.text for claim in draft.claims if len(claim.text) >= REPEATED}
    fresh = [u for u in units if u.text not in said and not draft.quotes(u.passage.document, u.start, u.end)]
    for heading, own in groupby(
        fresh, key=lambda unit: phrases.section_heading(unit.passage.document, unit.passage.section, lang)
    ):
        draft.heading(heading)
        for _, together in groupby(own, key=lambda unit: unit.passage.id):
            group = list(together)
            draft.quote(group[0].passage, [(unit.start, unit.end) for unit in group])
