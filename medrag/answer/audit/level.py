"""How much of an answer an audit log keeps."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["AuditLevel"]


class AuditLevel(StrEnum):
    """How much of an answer is logged."""

    METADATA = "metadata"  # no word of question or answer: digests, evidence ids, scores, verdicts
    FULL = "full"  # the question and the turns before it too, so that it can be asked again
