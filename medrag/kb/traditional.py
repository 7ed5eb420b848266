"""Traditional Chinese as simplified, character by character, so that every offset stays where it was.

Source of the table (`medrag.kb.terms.made`): OpenCC's characters (t2s). Its phrases are left out: they would change lengths.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["simplified"]


def simplified(text: str) -> str:
    """The text with each traditional character as its simplified one; of the same length, most often the same text."""
    if text.isascii():
        return text
    pattern, table = _tables()
    return text.translate(table) if pattern.search(text) else text


@cache
def _tables() -> tuple[re.Pattern[str], dict[int, str]]:
    """What finds a traditional character (a search costs a tenth of a translation), and what each becomes."""
    from medrag.kb.terms.tables import table  # a room whose door opens with folded names

    (traditional,), (simple,) = table("simplified.tsv")
    return re.compile(f"[{traditional}]"), {ord(old): new for old, new in zip(traditional, simple, strict=True)}
