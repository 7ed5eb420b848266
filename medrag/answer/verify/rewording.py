"""What was changed in the wording of a sentence that a claim repeats: which changes make it say something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from medrag.answer.verify.amounts import Fit, fit
from medrag.answer.verify.compare import is_age, is_daily
from medrag.answer.verify.faults import Fault
from medrag.answer.verify.match import TREATS, Place, holds, is_implied, is_indicated
from medrag.answer.verify.names import is_part
from medrag.answer.verify.reading import AMOUNT, DRUG, HAN, WORD, Token, newness
from medrag.answer.verify.source import SourceReading
from medrag.answer.verify.stance import NEGATIVE, STANCE, agree, forbidden, is_denied, led
from medrag.answer.verify.vocabulary import SYNONYM
from medrag.answer.verify.wording import NEAR, Change
from medrag.patterns import regex

__all__ = ["REPLACED", "Elsewhere", "reworded"]

PLAIN = frozenset({HAN, WORD, SYNONYM})
_ANYWHERE = PLAIN | {DRUG, "childreach"}  # kinds of words that mean the same in another sentence
_DENIALS = frozenset({("known", "unknown"), ("works", "no"), ("marking", "no")})  # meanings that deny like a `not`
MOSTLY = 0.5  # of what a negation denies, that a claim must repeat to have dropped the negation
_EXCEPT = regex(r"除非|\bunless\b")  # what is said with it can be said with a `without`
INSERTED, REPLACED = 1.2, 2.0  # weight of words that the sentence has not, which make a statement of their own

# Whether words of the claim that a sentence lacks mean what it has in other words, or stand in another sentence:
# the claim's tokens, and the sentence's tokens in whose place they stand.
Elsewhere = Callable[[Sequence[Token], Sequence[Token]], bool]


def reworded(claim: Sequence[Token], found: Sequence[Change], text: str, place: Place, elsewhere: Elsewhere) -> list[Fault]:
    """The faults among the changes of a sentence that the claim repeats."""
    firm = frozenset(t.clause for t in claim if t.kind == STANCE and t.key in NEGATIVE)
    found = [_without_advice(change, firm) for change in found]
    left = [t for change in found for t in change.stated]
    said = [t for change in found for t in change.claimed if t.kind == STANCE]
    return [fault for change in found for fault in _of_change(change, claim, text, place, left, said, elsewhere)]


def _without_advice(change: Change, firm: frozenset[int]) -> Change:
    """The change without a `should` beside a caution or a ban of the same clause: what counts is the latter."""
    kept = tuple(t for t in change.claimed if not (t.kind == STANCE and t.key == "should" and t.clause in firm))
    return Change(change.stated, kept, change.clause)


def _of_change(
    change: Change,
    claim: Sequence[Token],
    text: str,
    place: Place,
    left: Sequence[Token],
    said: Sequence[Token],
    elsewhere: Elsewhere,
) -> Iterator[Fault]:
    """The faults of a change; `left` is all that the claim left out of the sentence, `said` the stances that it has instead."""
    at_fault = False
    for token in change.claimed:
        for fault in _of_token(token, change, left, claim, text, place):
            at_fault = True
            yield fault
    for token in change.stated:
        denies = (token.kind == STANCE and token.key in NEGATIVE) or (token.kind, token.key) in _DENIALS
        otherwise = any(t.kind in (STANCE, token.kind) for t in change.claimed) or any(agree(token.key, t.key) for t in said)
        if denies and not otherwise and _kept(token, place, left):
            at_fault = True
            yield Fault("dropped", token.text, "", against=True)
    if not at_fault:
        yield from _new_words(change, text, place, elsewhere)


def _of_token(
    token: Token, change: Change, left: Sequence[Token], claim: Sequence[Token], text: str, place: Place
) -> Iterator[Fault]:
    if token.kind in PLAIN:
        return
    rivals = [t for t in change.stated if t.kind == token.kind] or _left_beside(token, change, left, place)
    if token.kind == STANCE:
        rivals = [t for t in rivals if t.clause == change.clause] or rivals
        one = all(agree(token.key, t.key) for t in place.unit.held.tokens if t.kind == STANCE and t.key in NEGATIVE)
        if not rivals and any(
            agree(token.key, t.key) for t in left if t.kind == STANCE and (one or abs(t.clause - change.clause) <= NEAR)
        ):
            return  # the same in another place: not for children, children should not
        if not rivals and token.key == "may" and not any(t.kind == STANCE and t.key in NEGATIVE for t in claim):
            rivals = [t for t in left if t.kind == STANCE and t.key in ("ban", "not", "avoid", "caution")]
        yield from _restanced(token, rivals, claim, place)
    elif token.amount is not None:
        yield from _recounted(token, rivals, text, place)
    elif rivals and not (token.kind == DRUG and _is_known(token, rivals, place)):
        yield Fault("drug" if token.kind == DRUG else "meaning", rivals[0].text, token.text, against=True)


def _is_known(token: Token, rivals: Sequence[Token], place: Place) -> bool:
    """Whether a name is the one that the sentence has, with or without its salt or partners."""
    return token.name is not None and any(t.name and is_part(token.name, t.name) for t in rivals)


def _left_beside(token: Token, change: Change, left: Sequence[Token], place: Place) -> list[Token]:
    """What the claim left out of the sentence where it has the token twice: liver and kidneys, but kidneys and kidneys."""
    if (
        token.kind == STANCE
        or token.amount is not None
        or not any(t.kind == token.kind and t.key == token.key for t in place.unit.held.tokens)
    ):
        return []
    return [t for t in left if t.kind == token.kind and t.key != token.key]


def _recounted(token: Token, rivals: Sequence[Token], text: str, place: Place) -> Iterator[Fault]:
    rivals = [t for t in rivals if t.amount and token.amount and t.amount.dimension == token.amount.dimension] or list(rivals)
    if is_daily(token, place.unit):
        return
    led = [t for t in place.unit.lead.tokens if t.amount]
    fits = {fit(token.amount, t.amount) for t in (*rivals, *led) if t.amount and token.amount}
    claimed = token.text
    if Fit.SAME in fits:
        return
    if Fit.INSIDE in fits and is_age(token):
        return
    if rivals:
        within = Fit.INSIDE in fits or Fit.BOUND in fits
        yield Fault("part" if within else "amount", rivals[0].text, claimed, against=not within)
    else:
        yield Fault("no_amount", "", claimed, against=False)


def _restanced(token: Token, rivals: Sequence[Token], claim: Sequence[Token], place: Place) -> Iterator[Fault]:
    if any(agree(token.key, t.key) for t in rivals) or not is_denied(token, claim, place.unit):
        return
    if rivals:
        yield Fault("stance", rivals[0].text, token.text, against=True)
    elif (
        token.key in NEGATIVE
        and not led(token, place.unit)
        and not (token.key == "neg" and _EXCEPT.search(place.unit.held.text))
    ):
        yield Fault("no_stance", "", token.text, against=True)
    elif token.key == "may" and (forbidding := forbidden(place.unit)) is not None:
        yield Fault("stance", forbidding.text, token.text, against=True)


def _kept(token: Token, place: Place, left: Sequence[Token]) -> bool:
    """Whether what a negation denies, the words after it in its clause or else those before, mostly stands in the claim."""
    tokens = [t for t in place.unit.held.tokens if t.kind != STANCE and t.weight]
    own = [t for t in tokens if t.clause == token.clause]
    after = [t for t in own if t.start >= token.end]
    closed = place.unit.held.text.find(")", token.end - place.unit.begin) + place.unit.begin
    opened = place.unit.held.text.find("(", token.end - place.unit.begin) + place.unit.begin
    if token.end <= closed and not token.end <= opened < closed:  # in brackets, of which it denies the rest only
        after = [t for t in after if t.start < closed]
    denied = after or [t for t in own if t.end <= token.start] or [t for t in tokens if t.start >= token.end][:1]
    gone = {id(t) for t in left}
    first = denied[0] if after else denied[-1] if denied else None
    kept = sum(t.weight for t in denied if id(t) not in gone)
    return first is None or id(first) not in gone or kept >= MOSTLY * sum(t.weight for t in denied)


def _new_words(change: Change, text: str, place: Place, elsewhere: Elsewhere) -> Iterator[Fault]:
    """Words that the sentence has not, where they are many enough to say something."""
    new = [t for t in change.claimed if _is_new(t, change, text, place)]
    if any(t.kind not in _ANYWHERE for t in new):
        elsewhere = _nowhere
    strange = next((t for t in new if t.name and not _stands(t, text, place.source)), None)
    if strange is not None:
        title = place.source.source.title
        yield Fault("drug" if title else "no_drug", title, strange.text, against=True)
        return
    drugs = [t for t in change.stated if t.kind == DRUG and t.name and t.name.keys.isdisjoint(place.source.subject)]
    if drugs and any(t.kind in (HAN, WORD) for t in new):
        yield Fault("drug", drugs[0].text, text[new[0].start : new[-1].end], against=True)
        return
    replaces = any(t.weight for t in change.stated)
    if sum(newness(t) for t in new) < (REPLACED if replaces else INSERTED):
        return
    run = [t for t in change.claimed if new[0].start <= t.start <= new[-1].start]
    for part in [run] if replaces else _by_items(run):
        if not elsewhere(part, change.stated):
            yield Fault("words", "", text[part[0].start : part[-1].end], against=False)


def _stands(token: Token, text: str, source: SourceReading) -> bool:
    """Whether the source has a name anywhere, alone or in that of a combination."""
    return holds(token, source.whole, text) > 0 or any(
        t.name and token.name and is_part(token.name, t.name) for t in (*source.whole.tokens, *source.around.tokens)
    )


def _is_new(token: Token, change: Change, text: str, place: Place) -> bool:
    if token.kind in (STANCE, AMOUNT) or (token.name and not token.name.keys.isdisjoint(place.source.subject)):
        return False
    if is_implied(token, place.unit.held, change.claimed) or holds(token, place.unit.held, text) == 1.0:
        return False
    treats = (token.kind, token.key) == TREATS and not any(t.kind == SYNONYM and t.key != "indication" for t in change.stated)
    return holds(token, place.unit.lead, text) < 1.0 and not (treats and is_indicated(place.unit))


def _by_items(run: Sequence[Token]) -> list[list[Token]]:
    """The run, cut between the items of a list."""
    items: dict[int, list[Token]] = {}
    for token in run:
        items.setdefault(token.item, []).append(token)
    return list(items.values())


def _nowhere(run: Sequence[Token], stated: Sequence[Token]) -> bool:
    """Patients, organs and ways of taking are not looked up in other sentences: theirs are other statements."""
    return False
