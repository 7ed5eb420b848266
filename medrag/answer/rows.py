"""What the row of a graph says of a fact beyond its subject, relation and object."""

from __future__ import annotations

import re

from medrag.kb.relations import label
from medrag.patterns import regex
from medrag.types import Fact

__all__ = ["described"]

# In a row of `name: value` lines those that say more than subject, relation and object do.
_DESCRIPTION = regex(
    r"^(?:relation|description|comment|note|detail|effect|mechanism|severity|management|关系|描述|说明|备注|机制|后果|建议|程度)\s?[:：]\s*(\S.*?)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


def described(fact: Fact, row: str) -> list[tuple[int, int]]:
    """The spans of a row in which it describes the fact: its relation where that is not the plain name, and its description."""
    shown = {fact.relation, label(fact.relation, "zh"), label(fact.relation, "en")}
    return [match.span(1) for match in _DESCRIPTION.finditer(row) if match[1] not in shown]
