"""What a claim says that its sources do not: quantities, names, stances, meanings and words, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from medrag.answer.verify.amounts import FREQUENCY, Fit, fit
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.match import Clause, Place, holds, is_implied, reach, region
from medrag.answer.verify.names import is_part, same_name
from medrag.answer.verify.reading import AMOUNT, DRUG, HAN, SELF, WORD, Token
from medrag.answer.verify.source import Unit
from medrag.answer.verify.stance import STANCE, is_denied, turned
from medrag.answer.verify.units import DAYS_A_MONTH, TIME
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM
from medrag.patterns import regex

__all__ = ["faults", "is_age", "is_daily"]

MARGIN = 0.12  # of likeness; a unit that is less behind the best may carry a number or a word too
TIE = 0.03  # of likeness; within it two units are as likely, and the numbers of either may be meant
CARRIED = 0.5  # share of a clause's words below which the unit neither says nor denies it
SOFT = frozenset(
    "organ all level pace tcm origin per act order extentoftime way often works marking known bearing doing".split()
)
_FROM_TO = regex(r"[~～至到]|[\d一二三四五六七八九十]\s?[-–—]\s?[\d一二三四五六七八九十]")
HARD_LENGTH = 2  # characters; a single one is a piece of a word as often


def faults(clause: Clause, text: str, ranked: Sequence[Place]) -> list[Fault]:
    """The differences between a clause and the units that carry it, best first."""
    best = ranked[0]
    here = region(clause, text, best.unit)
    near = [place for place in ranked[1:6] if place.score >= best.score - MARGIN]
    as_near = [place for place in near if place.score >= best.score - TIE]
    found = [*_amounts(clause, best, here, as_near), *_drugs(clause, best, here), *_meanings(clause, text, best, here, near)]
    if _carried(clause, text, best.unit) >= CARRIED:
        return [*found, *_stances(clause, best, here)]
    return [fault if fault.name == "drug" else replace(fault, against=False) for fault in found]


def _carried(clause: Clause, text: str, unit: Unit) -> float:
    """The share of a clause's words that the unit or what leads it in holds: of little, the unit says other things."""
    content = [t for t in clause.content if t.kind != DRUG and not is_implied(t, unit.held, clause.tokens)]
    total = sum(t.weight for t in content)
    return sum(t.weight * max(holds(t, unit.held, text), holds(t, unit.lead, text)) for t in content) / total if total else 1.0


def _amounts(clause: Clause, best: Place, here: Sequence[Token], near: Sequence[Place]) -> Iterator[Fault]:
    allowed = reach(best.unit, here)
    stated = [t for t in allowed if t.amount]
    others = [t for place in near for t in place.unit.held.tokens if t.amount]
    led = [t for t in best.unit.lead.tokens if t.amount]
    for token in clause.tokens:
        if token.amount is None:
            continue
        fits = {fit(token.amount, t.amount) for t in (*stated, *led, *others) if t.amount}
        claimed = token.text
        rivals = [t for t in stated if t.amount and t.amount.dimension == token.amount.dimension]
        if Fit.SAME in fits or is_daily(token, best.unit):
            continue
        if Fit.BOUND in fits or Fit.INSIDE in fits:
            match = next(
                t for t in (*stated, *led, *others) if t.amount and fit(token.amount, t.amount) in (Fit.BOUND, Fit.INSIDE)
            )
            if Fit.INSIDE in fits and is_age(token):
                continue
            yield Fault("part", match.text, claimed, against=False)
        elif rivals:
            yield Fault("amount", rivals[0].text, claimed, against=True)
        else:
            yield Fault("no_amount", "", claimed, against=False)


def is_daily(token: Token, unit: Unit) -> bool:
    """Whether it says once a day, and the unit no other frequency but a daily dose, which is the same."""
    if token.amount is None or token.amount.dimension != FREQUENCY or not token.amount.low == token.amount.high == 1.0:
        return False
    counted = any(t.amount and t.amount.dimension == FREQUENCY for t in unit.held.tokens)
    return not counted and ("per", "day") in unit.held.meanings


def is_age(token: Token) -> bool:
    """Whether it may be one age, 8岁, which is a case of a range of ages; `8~8岁` is none."""
    amount = token.amount
    if amount is None or amount.dimension != TIME or amount.factor < DAYS_A_MONTH or amount.bound:
        return False
    return _FROM_TO.search(token.text) is None


def _drugs(clause: Clause, best: Place, here: Sequence[Token]) -> Iterator[Fault]:
    whole = best.source.whole
    for token in clause.tokens:
        if token.name is None:
            continue
        if any(t.name and same_name(token.name, t.name) for t in here):
            continue
        subject = not token.name.keys.isdisjoint(best.source.subject)
        if subject or any(t.name and is_part(token.name, t.name) for t in here):
            continue  # the label's own drug, which a sentence need not name
        rivals = [t for t in here if t.name and not any(o.name and same_name(o.name, t.name) for o in clause.tokens)]
        if any(t.name and same_name(token.name, t.name) for t in whole.tokens) and not rivals:
            continue
        if token.name.text in whole.text and not rivals:
            continue
        stated = rivals[0].text if rivals else best.source.source.title
        yield Fault("drug" if stated else "no_drug", stated, token.text, against=bool(stated))


def _stances(clause: Clause, best: Place, here: Sequence[Token]) -> Iterator[Fault]:
    for one in turned(clause.tokens, here, best.unit):
        if one.stated is None and one.claimed is not None:
            if is_denied(one.claimed, clause.tokens, best.unit):
                yield Fault("no_stance", "", one.claimed.text, against=True)
        elif one.claimed is None and one.stated is not None:
            yield Fault("dropped", one.stated.text, "", against=True)
        elif one.stated is not None and one.claimed is not None:
            yield Fault("stance", one.stated.text, one.claimed.text, against=True)


def _meanings(clause: Clause, text: str, best: Place, here: Sequence[Token], near: Sequence[Place]) -> Iterator[Fault]:
    for token in clause.tokens:
        if token.kind in (AMOUNT, DRUG, HAN, WORD, SELF, STANCE, LIGHT, SYNONYM):
            continue
        if any((t.kind, t.key) == (token.kind, token.key) for t in here) or holds(token, best.unit.lead, text):
            continue
        rivals = [
            t for t in here if t.kind == token.kind and not any((o.kind, o.key) == (t.kind, t.key) for o in clause.tokens)
        ]
        long = token.end - token.start >= HARD_LENGTH
        if rivals and (long or rivals[0].end - rivals[0].start >= HARD_LENGTH):
            yield Fault("meaning", rivals[0].text, token.text, against=True)
        elif (
            long
            and token.kind not in SOFT
            and not is_implied(token, best.unit.held, clause.tokens)
            and not any(holds(token, place.unit.held, text) for place in (best, *near))
        ):
            yield Fault("no_meaning", "", token.text, against=False)
