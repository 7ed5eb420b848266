"""The forms in which instruction data is written."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Form"]


class Form(StrEnum):
    """How a line is laid out."""

    ALPACA = "alpaca"  # instruction, input, output
    MESSAGES = "messages"  # messages with role and content
