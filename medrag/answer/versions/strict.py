"""How strictly a sentence of a label speaks: 禁用 over 不宜 over 慎用 over 监测."""

from __future__ import annotations

import re

from medrag.patterns import regex

__all__ = ["strictness"]

# The first that stands in a sentence counts, so the strictest come first.
_STRICT: tuple[tuple[int, str, str, re.Pattern[str]], ...] = (
    (
        4,
        "禁用",
        "contraindicated",
        regex(
            r"禁[用服忌止]|严禁|忌[用服]|不得(?:使用|服用|应用)|切?勿(?:使)?[用服]|切勿|不可(?:使)?[用服]|\bcontraindicated\b|\b(?:must|do) not (?:use|take|be used)\b|\bnever (?:use|take)\b"
        ),
    ),
    (
        3,
        "不宜使用",
        "to be avoided",
        regex(
            r"不宜|不应|不推荐|不建议|不适[合宜于用]|避免|防止使用|\bavoid(?:ed)?\b|\b(?:not|cannot) (?:be )?recommended\b|\bshould not\b"
        ),
    ),
    (2, "慎用", "with caution", regex(r"慎用|谨慎|小心|\bcaution\w*\b")),
    (1, "须监测", "to be monitored", regex(r"监测|密切观察|\bmonitor\w*\b")),
)


def strictness(folded: str) -> tuple[int, str, str]:
    """How strict the strictest word of a folded sentence is, 4 to 1, and what it is called in Chinese and English; 0 for none."""
    return next(((rank, zh, en) for rank, zh, en, words in _STRICT if words.search(folded)), (0, "", ""))
