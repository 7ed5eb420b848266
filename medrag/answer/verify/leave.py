"""What a claim allows although some sentence of its sources forbids it: 可咀嚼 of what must not be chewed, use at 17 of a ban under 18."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medrag.answer.verify.amounts import Amount
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.match import holds
from medrag.answer.verify.reading import HAN, SELF, WORD, Token
from medrag.answer.verify.source import Held, SourceReading, Unit
from medrag.answer.verify.stance import NEGATIVE, STANCE
from medrag.answer.verify.units import DAYS_A_YEAR, TIME
from medrag.answer.verify.vocabulary import LIGHT
from medrag.patterns import regex

__all__ = ["allowed"]

LEAST = 1.5  # weight of what is allowed, below which it may stand anywhere
BESIDE = 0.5  # weight of other words beside a ban, up to which it bans all
_BANS = frozenset({"ban", "not"})
_PERSONS = frozenset({"people", "per"})
_EXCEPTS = regex(r"除|\bexcept\b|\bunless\b|\bother than\b")
_MAY = regex(r"(?:^|[,;。])\s?$")


def allowed(claim: Sequence[Token], text: str, sources: Sequence[SourceReading]) -> Iterator[Fault]:
    """What the claim, part of the folded `text`, says may be done and a sentence of the sources forbids, where none allows it."""
    if any(t.kind == STANCE and t.key in NEGATIVE for t in claim):
        return
    leave = next((t for t in claim if _allows(t, text)), None)
    if leave is None:
        return
    said = [t for t in claim if t.start >= leave.end and t.clause == leave.clause and _counts(t)]
    subject = [t for t in claim if t.end <= leave.start and t.clause == leave.clause and _counts(t)]
    ages = [t for t in claim if t.clause == leave.clause and _age(t) is not None]
    units = [unit for source in sources for unit in source.units]
    rest = [t for t in (*subject, *said) if t.kind not in _PERSONS and t.key != "old"]  # a 10-year-old
    if ages and not any(t.amount for t in claim if t not in ages) and sum(t.weight for t in rest) <= BESIDE:
        yield from _of_ages(ages, units)
    elif not subject and not any(t.amount for t in claim) and sum(t.weight for t in said) >= LEAST:
        yield from _of_doing(said, leave, text, units)


def _allows(token: Token, text: str) -> bool:
    """Whether it gives leave: a word of the table, or 可 where nothing stands before it."""
    if token.kind == STANCE:
        return token.key == "may"
    return token.kind == LIGHT and token.text == "可" and _MAY.search(text, max(0, token.start - 2), token.start) is not None


def _counts(token: Token) -> bool:
    return token.weight > 0 and token.amount is None and token.kind not in (STANCE, SELF, LIGHT)


def _age(token: Token) -> Amount | None:
    """The age that a token gives in years."""
    amount = token.amount
    return amount if amount is not None and amount.dimension == TIME and amount.factor == DAYS_A_YEAR else None


def _of_ages(ages: Sequence[Token], units: Sequence[Unit]) -> Iterator[Fault]:
    for unit in units:
        if _EXCEPTS.search(unit.held.text):
            continue
        for ban in (t for t in unit.held.tokens if t.kind == STANCE and t.key in _BANS):
            clause = [t for t in unit.held.tokens if t.clause == ban.clause]
            other = sum(t.weight for t in clause if _counts(t) and t.kind not in _PERSONS)
            banned = [t for t in clause if (age := _age(t)) and age.bound == "le"]
            if other > BESIDE or len(banned) != 1 or sum(t.amount is not None for t in clause) > 1:
                continue
            limit = banned[0].amount
            young = next(
                (t for t in ages if t.amount and limit and t.amount.bound != "ge" and t.amount.high < limit.high), None
            )
            if young is not None:
                yield Fault("stance", f"{banned[0].text}{ban.text}", young.text, against=True)
                return


def _of_doing(said: Sequence[Token], leave: Token, text: str, units: Sequence[Unit]) -> Iterator[Fault]:
    total = sum(t.weight for t in said)
    words = text[said[0].start : said[-1].end]
    bans: list[tuple[Token, bool]] = []
    others: list[bool] = []  # whether it stands, word for word, in a sentence that may well allow it
    for unit in units:
        if not all(holds(t, unit.held, text) == 1.0 for t in said):
            continue
        stances = [t for t in unit.held.tokens if t.kind == STANCE and t.key in NEGATIVE]
        ban = None if _EXCEPTS.search(unit.held.text) else _ban_on(said, total, stances, unit, text)
        if ban is None:
            others.append(words in unit.held.text)
        else:
            bans.append((ban, words in unit.held.text))
    ban, literal = bans[0] if bans else (None, False)
    if ban is not None and (not others or (literal and not any(others))):
        yield Fault("stance", ban.text, leave.text, against=True)


def _ban_on(said: Sequence[Token], total: float, stances: Sequence[Token], unit: Unit, text: str) -> Token | None:
    """What forbids just what is said: it stands before the list items that hold all of it, and these hold little else."""
    items: dict[int, list[Token]] = {}
    for token in unit.held.tokens:
        items.setdefault(token.item, []).append(token)
    found = []
    for tokens in items.values():
        begin, end = tokens[0].start - unit.begin, tokens[-1].end - unit.begin
        held = Held.of(tokens, unit.held.text[begin:end])
        if any(holds(t, held, text) == 1.0 for t in said if t.kind in (HAN, WORD) or t.weight >= LEAST):
            found += tokens
    beside = sum(t.weight for t in found if _counts(t)) - total
    if not found or beside > BESIDE:
        return None
    return next((t for t in stances if t.key in _BANS and t.clause == found[-1].clause and t.start <= found[0].start), None)
