"""What a claim forbids, advises, allows or denies, held against what its source does: 禁用, 慎用, 可用; must not, caution, may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medrag.answer.verify.reading import Token
from medrag.answer.verify.source import Unit
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM
from medrag.patterns import regex

__all__ = ["NEGATIVE", "STANCE", "Turned", "agree", "forbidden", "is_denied", "led", "turned"]

STANCE = "stance"
# How strongly each says no; words one step apart may stand for each other (不应 and 不宜), those further apart may not.
_NO = {"ban": 3, "not": 2, "avoid": 1}
_FORBIDS = frozenset({"ban", "not", "avoid", "caution"})
NEGATIVE = frozenset({"ban", "not", "avoid", "caution", "noneed", "neg"})
# What makes a sentence of its own of a unit.
_STATES = regex(r"[会能将]|可[以能]?(?=[引致出发产使])|\b(?:is|are|was|were|has|have|may|can|will|could|might|does|did)\b")
_ABLE = regex(r"[会将]|可能|\b(?:may|can|will|could|might)\b")
# Meanings of a source that say no without a `not`: unknown, prevented, lacking.
_SAYS_NO = frozenset({("known", "unknown"), (SYNONYM, "prevent"), (SYNONYM, "lacking"), ("works", "no"), ("marking", "no")})
_EXCEPT = regex(r"除[^。;]{1,30}外|\bother than\b|\bexcept\b")
_ONLY = frozenset({"只", "仅", "只能", "只可", "只有", "only"})
DENIES = 2  # words after a negation that are what it denies
_ITEM = regex(r"\s*(?:[-–*•●▪◦‣■]|\(?\d{1,2}[.)、])")
_AGREE = {("neg", "not"), ("neg", "avoid"), ("neg", "ban"), ("neg", "noneed"), ("should", "may")}


@dataclass(frozen=True, slots=True)
class Turned:
    """A stance that differs: the source's words for it and the claim's; either may be missing."""

    stated: Token | None
    claimed: Token | None


def turned(claim: Sequence[Token], stated: Sequence[Token], unit: Unit) -> Iterator[Turned]:
    """Where the claim's stance differs from that of the stretch of the unit that carries it, or of what leads that in."""
    said = [t for t in claim if t.kind == STANCE]
    if _excepts(claim, unit):
        return
    there = [t for t in stated if t.kind == STANCE]
    firm = any(t.key in NEGATIVE for t in said)
    for token in said:
        if token.key == "should" and firm:
            continue  # should be used with caution: the caution is what counts
        if any(agree(token.key, other.key) for other in there) or led(token, unit) or not is_denied(token, claim, unit):
            continue
        rival = next((other for other in there if _differ(token.key, other.key)), None)
        if rival is not None:
            yield Turned(rival, token)
        elif token.key in NEGATIVE:
            yield Turned(None, token)
        elif (forbidding := forbidden(unit)) is not None:
            yield Turned(forbidding, token)
    for token in there:
        if token.key in NEGATIVE and not said and _denied_is_claimed(token, stated, claim):
            yield Turned(token, None)


def _excepts(claim: Sequence[Token], unit: Unit) -> bool:
    """Whether the unit forbids all but something, and the claim allows only that: no solution other than saline, 只能用."""
    return _EXCEPT.search(unit.held.text) is not None and any(t.text.lower() in _ONLY for t in claim)


def led(token: Token, unit: Unit) -> bool:
    """Whether the lead-in of a list item, or the heading over words that make no sentence, takes the claim's stance."""
    if token.key == "neg" or any(t.kind == STANCE for t in unit.held.tokens):
        return False
    around = unit.leading if unit.leading is not None else unit.lead
    states = _STATES if unit.leading is None else _ABLE if token.key == "not" else None
    item = unit.leading is None and _ITEM.match(unit.held.text) is not None
    if states is not None and not item and states.search(unit.held.text):
        return False
    return any(t.kind == STANCE and agree(token.key, t.key) for t in around.tokens)


def forbidden(unit: Unit) -> Token | None:
    """What forbids a list item, or words under a heading, that say nothing of it themselves."""
    around = unit.leading if unit.leading is not None else unit.lead
    stances = [t for t in unit.held.tokens if t.kind == STANCE]
    colon = unit.held.text.find(":")
    if stances and all(t.start - unit.begin < colon and t.key in _FORBIDS for t in stances):
        return stances[0]  # Use with caution in: asthma; gout
    if stances or (unit.leading is None and _STATES.search(unit.held.text)):
        return None
    return next((t for t in around.tokens if t.kind == STANCE and t.key in _FORBIDS), None)


def is_denied(token: Token, claim: Sequence[Token], unit: Unit) -> bool:
    """Whether a negation of a claim denies what the unit says: what comes after it stands there, which says no otherwise.

    A ban or a caution that the unit lacks always says otherwise.
    """
    if token.key != "neg":
        return True
    held = unit.held.meanings
    said = {(t.kind, t.key) for t in claim}
    beside = [t for t in claim if t.kind == STANCE and t.start >= token.end and t.clause == token.clause and t.key in _FORBIDS]
    if any((STANCE, t.key) in held for t in beside):
        return True  # no caution is needed
    if any(no in held and no not in said for no in _SAYS_NO):
        return False
    after = [t for t in claim if t.start >= token.end and t.clause == token.clause and t.weight and t.kind != STANCE]
    before = [t for t in claim if t.end <= token.start and t.clause == token.clause and t.weight and t.kind != STANCE]
    near = after[:DENIES] or before[-DENIES:]
    return not near or any((t.kind, t.key) in held or t.amount is not None or _is_written(t, unit) for t in near)


def _is_written(token: Token, unit: Unit) -> bool:
    return len(token.text) > 1 and token.text.lower() in unit.held.text


def _denied_is_claimed(token: Token, stated: Sequence[Token], claim: Sequence[Token]) -> bool:
    """Whether what the source denies is what the claim says: the words right after a negation, else those before it."""
    after = [
        t for t in stated if t.start >= token.end and t.clause == token.clause and t.kind not in (LIGHT, STANCE) and t.weight
    ]
    before = [
        t for t in stated if t.end <= token.start and t.clause == token.clause and t.kind not in (LIGHT, STANCE) and t.weight
    ]
    near = after[:2] if after else before[-2:]
    keys = {(t.kind, t.key) for t in claim}
    return all((t.kind, t.key) in keys for t in near) if near else True


def agree(one: str, other: str) -> bool:
    """Whether two stances may stand for each other."""
    if one == other or (one, other) in _AGREE or (other, one) in _AGREE:
        return True
    return one in _NO and other in _NO and abs(_NO[one] - _NO[other]) <= 1


def _differ(one: str, other: str) -> bool:
    return not agree(one, other)
