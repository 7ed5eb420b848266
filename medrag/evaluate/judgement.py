"""What a judge's reply says: which of two answers is better, or the marks by criterion. Nothing is read into a reply.

A reply that does not have the form that was asked for is `Outcome.UNPARSABLE`, or a `MarkError` with the reason; it is
counted by whoever asked and never turned into a mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from medrag.errors import EvaluationError

__all__ = ["CRITERIA", "Judgement", "MarkError", "Outcome", "parse_criteria", "parse_pairwise"]

HIGHEST = 10.0  # that the judge of two answers may give; the lowest is 0
CRITERIA = ("Proactivity", "Accuracy", "Helpfulness", "Linguistic Quality")  # of a consultation, 1 to 5 each
MARKS = (1, 5)  # lowest and highest
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MARK = re.compile(r"(?P<name>[A-Za-z一-鿿][A-Za-z一-鿿 ]*?)[ \t]*[:：][ \t]*(?P<mark>[0-9]+(?:\.[0-9]+)?)[ \t]*", re.A)


class Outcome(StrEnum):
    """How a comparison of two answers ended."""

    A = "model_a"
    B = "model_b"
    TIE = "tie"
    UNPARSABLE = "unparsable"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The marks of two answers as the judge gave them and who is ahead; no marks where the reply does not parse."""

    outcome: Outcome
    a: float | None = None
    b: float | None = None


class MarkError(EvaluationError):
    """A reply that does not mark all criteria, once each and within the scale."""


def parse_pairwise(reply: str) -> Judgement:
    """The judgement in the first line of a reply: exactly two numbers of 0 to 10, a comma or blanks between them.

    Words, fractions such as 8/10, signs, a third number and marks off the scale make it unparsable. (PULSE's evaluation
    counts those as ties in Elo; that is for `medrag.evaluate.battles` to say.)
    """
    first, _, _ = reply.strip().partition("\n")
    parts = first.replace(",", " ").replace("，", " ").split()
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        return Judgement(Outcome.UNPARSABLE)
    a, b = (float(part) for part in parts)
    if max(a, b) > HIGHEST:
        return Judgement(Outcome.UNPARSABLE)
    return Judgement(Outcome.A if a > b else Outcome.B if b > a else Outcome.TIE, a, b)


def parse_criteria(reply: str, names: Sequence[str] = CRITERIA, *, scale: tuple[int, int] = MARKS) -> dict[str, float]:
    """The mark of each criterion, in the order of the names, from lines `Name: x`; case and blanks do not matter.

    Lines of another form are passed over, so that a word of introduction does no harm; a criterion that is missing,
    stands twice with different marks, or has a mark off the scale raises `MarkError`.
    """
    lowest, highest = scale
    wanted = {name.casefold(): name for name in names}
    found: dict[str, float] = {}
    for line in reply.splitlines():
        match = _MARK.fullmatch(line.strip())
        name = wanted.get(" ".join(match["name"].split()).casefold()) if match else None
        if match is None or name is None:
            continue
        mark = float(match["mark"])
        if not lowest <= mark <= highest:
            raise MarkError(f"{name}: {match['mark']} is not between {lowest} and {highest}")
        if found.setdefault(name, mark) != mark:
            raise MarkError(f"{name}: marked twice, {found[name]:g} and {mark:g}")
    missing = [name for name in names if name not in found]
    if missing:
        raise MarkError(f"no mark for {', '.join(missing)}")
    return {name: found[name] for name in names}
