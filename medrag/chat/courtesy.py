"""What is said to a turn that says no more than thanks, a greeting or good-bye."""

from __future__ import annotations

import re

__all__ = ["courtesy"]

_GREETS = re.compile(
    r"你好|您好|早上好|晚上好|下午好|在吗|\b(?:hi|hiya|hello|hey|good (?:morning|afternoon|evening))\b", re.IGNORECASE
)
_LEAVES = re.compile(r"再见|拜拜|\b(?:good)?bye\b", re.IGNORECASE)
_THANKS = re.compile(r"谢|辛苦|\b(?:thanks?|thx|thnx|ty|cheers)\b", re.IGNORECASE)
_WORDS = {
    "greets": (
        "您好！请说您想了解的药品或疾病，例如某种药怎么吃、有什么禁忌。",
        "Hello! Which medicine or illness would you like to know about?",
    ),
    "leaves": ("再见，祝您健康。", "Goodbye, and take care."),
    "thanks": (
        "不客气。还有药品或疾病方面的问题，可以接着问。",
        "You are welcome. Ask on if there is more about a medicine or an illness.",
    ),
    "notes": (
        "好的。还有药品或疾病方面的问题，可以接着问。",
        "All right. Ask on if there is more about a medicine or an illness.",
    ),
}


def courtesy(text: str, lang: str) -> str:
    """A short reply in the turn's language."""
    kinds = (("leaves", _LEAVES), ("thanks", _THANKS), ("greets", _GREETS))
    kind = next((kind for kind, pattern in kinds if pattern.search(text)), "notes")
    return _WORDS[kind][0 if lang == "zh" else 1]
