"""Traditional Chinese as simplified, character by character, so that every offset stays where it was.

Source of the table: OpenCC's characters (t2s). Its phrases are left out: they would change lengths.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["simplified"]

_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000))  # the Basic Multilingual Plane; names are written with no rarer ones


def simplified(text: str) -> str:
    """The text with each traditional character as its simplified one; of the same length, most often the same text."""
    if text.isascii():
        return text
    pattern, table = _tables()
    return text.translate(table) if pattern.search(text) else text


@cache
def _tables() -> tuple[re.Pattern[str], dict[int, str]]:
    """What finds a traditional character (a search costs a tenth of a translation), and what each becomes."""
    from opencc import OpenCC

    characters = [chr(code) for start, end in _BLOCKS for code in range(start, end)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = {ord(old): new for old, new in zip(characters, converted, strict=True) if new != old and new < "\U00010000"}
    return re.compile("[" + "".join(map(chr, table)) + "]"), table
