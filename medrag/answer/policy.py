"""What becomes of a generated answer's faults, and of questions that the evidence does not carry."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from medrag.types import Claim, Verdict

__all__ = ["FAULTS", "NoEvidence", "Policy", "faulty"]


class Policy(StrEnum):
    """What is done about claims that what they cite does not carry."""

    FLAG = "flag"  # shown, each with its verdict and the reason
    DROP = "drop"  # left out, and it is said how many
    REVISE = "revise"  # the model is asked once more and shown its faults; what is then left is flagged
    ABSTAIN = "abstain"  # one such claim and the whole answer is withheld


class NoEvidence(StrEnum):
    """What is done where the knowledge base does not answer. There is no silent form of the second, on purpose."""

    ABSTAIN = "abstain"
    FALLBACK_MARKED = "fallback_marked"  # the model answers from memory, and the answer says so first


FAULTS = frozenset({Verdict.CONTRADICTED, Verdict.UNSUPPORTED})


def faulty(claims: Iterable[Claim]) -> list[Claim]:
    """The claims that the evidence contradicts or does not carry."""
    return [claim for claim in claims if claim.verdict in FAULTS]
