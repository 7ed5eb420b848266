"""The largest dose of a day that a label's directions tell of, for labels that print no maximum."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medrag.answer.safety.label import Label
from medrag.answer.safety.limits import amounts_of
from medrag.answer.safety.regimens import Regimen
from medrag.answer.safety.units import Unit
from medrag.patterns import regex

__all__ = ["Ceiling", "ceiling"]

MAX_PIECES = 10.0  # of one dose; more tablets are a package's
# By how much one takes more.
_STEPS = regex(
    r"\b(?:increas|rais|adjust|titrat)\w*\b[^.;]{0,40}\bby \d|\bincrements?\b|\buntil\b[^.;]{0,40}\b(?:respon|effect|control|relie|achiev|reach)\w*"
    r"|(?:递增|增加|加[量至]?)[^，。；]{0,6}\d|逐[渐步]|直[到至]|酌情增",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The largest dose of a day that directions tell of, in the unit that was asked for, and the statement that does."""

    value: float
    of: Unit
    label: Label


def ceiling(label: Label, unit: str, age: float, most_times: float) -> Ceiling | None:
    """The largest dose of a day that a label tells somebody of that age to take, generously counted.

    An amount that is not said to be a day's counts as often as any of the label's is taken, or as `most_times` if that is more, and
    for as many tablets as are taken at a time. None where the directions name no dose with how often it is taken, give it by weight,
    or only say how one begins and goes on from there.
    """
    found = [one for one in amounts_of(label) if one.audience.low <= age < one.audience.high]
    here = [one for one in found if one.unit == unit and one.per in ("", "day")]
    told = [one for one in here if one.told and not one.audience.special]
    by_weight = any(one.per not in ("", "day") and one.times for one in found)
    if by_weight or not any(one.times or one.per == "day" for one in told):
        return None
    often = max([most_times, 1.0, *(one.times for one in found if one.times)])
    pieces = max([1.0, *(one.once for one in found if one.unit == "piece" and one.once <= MAX_PIECES)])
    factor = often if unit == "piece" else often * pieces
    top = max(told, key=lambda one: _of_day(one, factor))
    first = max((_of_day(one, factor) for one in here if one not in told), default=0.0)
    if _of_day(top, factor) <= first and any(_STEPS.search(one.of.folded) for one in found):
        return None
    return Ceiling(max(_of_day(top, factor), first), top.of, label)


def _of_day(one: Regimen, factor: float) -> float:
    return one.once if one.per == "day" else one.once * factor
