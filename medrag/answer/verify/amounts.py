"""A quantity, and how one of a claim lies to one of its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from medrag.answer.verify.units import ANY_PIECE, DAYS_A_MONTH, DAYS_A_YEAR, DEGREE, PIECES, TIME

__all__ = ["BARE", "FREQUENCY", "Amount", "Fit", "fit"]

FREQUENCY = "times/day"
BARE = ""  # the dimension of a number without unit
EXACT, TOLERANCE = 1e-9, 0.011  # relative, in one unit and between two; labels round when they convert
HALF = 50.0  # per cent
DEGREES = 0.6  # 46 °F is printed as 8 °C
_IMPERIAL = frozenset({453_592.0, 29.57, 25.4})  # factors of pounds, ounces and inches


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity `text[start:end]` of a folded text: `low` to `high` (equal for a single value) in the dimension's unit.

    `bound` is `le` for an upper bound (at most, under), `ge` for a lower one, "" where none is said. `factor` is what one
    of the written unit is in the dimension's own. `change` is `to` for what something is brought to and `by` for how much it
    is changed; `side` tells what is within a time from what is `after` or `before` it.
    """

    dimension: str
    low: float
    high: float
    bound: str
    start: int
    end: int
    factor: float = 1.0
    change: str = ""
    side: str = ""


class Fit(StrEnum):
    """How a quantity of a claim lies to one of a source."""

    SAME = "same"
    INSIDE = "inside"  # one value of the source's range
    BOUND = "bound"  # the same number, with a bound on one side only
    OTHER = "other"


def fit(claimed: Amount, stated: Amount) -> Fit:
    """How a claim's quantity lies to a source's of the same dimension."""
    claimed, stated = _as_piece(_as_age(claimed, stated), stated), _as_age(stated, claimed)
    if claimed.dimension != stated.dimension or _opposed(claimed, stated):
        return Fit.OTHER
    if _near(claimed, stated):
        if claimed.bound == stated.bound:
            return Fit.SAME
        return Fit.OTHER if claimed.bound and stated.bound else Fit.BOUND
    if not claimed.bound and claimed.low == claimed.high and _inside(claimed.low, stated):
        return Fit.INSIDE
    return Fit.OTHER


def _opposed(claimed: Amount, stated: Amount) -> bool:
    """Whether one is what something is reduced to and the other by how much, or one within a time and the other after it."""
    changed = claimed.change and stated.change and claimed.change != stated.change
    halved = claimed.dimension == "%" and claimed.low == claimed.high == HALF  # by half is to half
    return bool((changed and not halved) or (claimed.side and stated.side and claimed.side != stated.side))


def _as_age(one: Amount, other: Amount) -> Amount:
    """A bounded number without unit in years, where the other is in years: over 65, over 65 years."""
    if one.dimension != BARE or not one.bound or other.dimension != TIME or other.factor != DAYS_A_YEAR:
        return one
    return replace(one, dimension=TIME, low=one.low * DAYS_A_YEAR, high=one.high * DAYS_A_YEAR, factor=DAYS_A_YEAR)


def _as_piece(one: Amount, other: Amount) -> Amount:
    """A number of pills or of degrees, as people say, where the other counts tablets or capsules, or degrees Celsius."""
    dimension, _, per = other.dimension.partition("/")
    said, _, by = one.dimension.partition("/")
    if said == DEGREE and dimension == "celsius":  # in a refrigerator, at 2 to 8 degrees
        return replace(one, dimension=dimension, factor=other.factor)
    return replace(one, dimension=other.dimension) if said == ANY_PIECE and dimension in PIECES and per == by else one


def _inside(value: float, stated: Amount) -> bool:
    """Whether a value is one of those that a range, or for ages a bound, takes in."""
    if stated.bound and (stated.dimension != TIME or stated.factor < DAYS_A_MONTH):
        return False
    if stated.bound == "le":
        return value < stated.high
    if stated.bound == "ge":
        return value > stated.low
    return stated.low < stated.high and stated.low * (1 - EXACT) <= value <= stated.high * (1 + EXACT)


def _near(claimed: Amount, stated: Amount) -> bool:
    """Whether two quantities are equal: to the last digit in one unit, and as labels round where they convert."""
    pairs = ((claimed.low, stated.low), (claimed.high, stated.high))
    if claimed.dimension == "celsius" and claimed.factor != stated.factor:
        return all(abs(one - other) <= DEGREES for one, other in pairs)
    rounded = claimed.factor != stated.factor and (claimed.dimension == TIME or _IMPERIAL & {claimed.factor, stated.factor})
    tolerance = TOLERANCE if rounded else EXACT
    return all(abs(one - other) <= tolerance * max(abs(one), abs(other)) for one, other in pairs)
