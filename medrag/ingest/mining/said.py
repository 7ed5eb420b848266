"""What a rule finds in the text of a section: a relation, its object, and the span that says it."""

from __future__ import annotations

from dataclasses import dataclass

from medrag.kb.prepared import EntityRef

__all__ = ["CAUTION", "CONTRAINDICATION", "INDICATION", "INTERACTION", "MAX_SPAN", "NOT_COMBINED", "Said"]

# Relations of `medrag.kb.relations`.
INDICATION = "indication"
CONTRAINDICATION = "contraindication"
CAUTION = "caution"
INTERACTION = "interacts_with"
NOT_COMBINED = "not_combined_with"

MAX_SPAN = 400  # characters; an item of a list is cited with the words before the list up to here, else alone


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about a label's drug, and the span of the section's text that says it."""

    relation: str
    object: EntityRef
    start: int
    end: int
