"""One exchange of a conversation, as it is kept and shown."""

from __future__ import annotations

from typing import Literal

from medrag.chat.slots import Slots
from medrag.types import Answer, Record

__all__ = ["ASKS_BACK", "CANCELLED", "POLITE", "By", "Exchange"]

ASKS_BACK = "asks-back"  # the reason of an answer that is a question
POLITE = "polite"  # the reason of a reply to thanks or a greeting
CANCELLED = "cancelled"  # the reason of an answer that its reader left

By = Literal["as-is", "rules", "model"]


class Exchange(Record):
    """What the user typed, what was put to retrieval for it and who worded that, and what came back.

    `slots` are those after the turn; `asks_back` where the answer is a question.
    """

    text: str
    standalone: str
    by: By
    slots: Slots
    answer: Answer
    asks_back: bool = False
