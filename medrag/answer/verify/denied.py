"""What a sentence denies or leaves open, and a claim says: denials that changed places, and doubts that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from medrag.answer.verify.faults import Fault
from medrag.answer.verify.reading import AMOUNT, SELF, Token
from medrag.answer.verify.stance import STANCE
from medrag.answer.verify.vocabulary import LIGHT
from medrag.patterns import regex

__all__ = ["Stretch", "denied_instead", "made_certain"]

_DENIES = frozenset({"ban", "not", "avoid", "neg"})
_UNNAMED = frozenset({AMOUNT, SELF, LIGHT, STANCE, "per", "order"})  # kinds of words that name nothing that could be denied

_DOUBTS = frozenset({"whether", "if", "may", "might", "could", "perhaps", "possibly", "可能", "也许", "是否"})

_ENDS = regex(r"[;:.\n]|\bbut\b|而|但")  # behind it a denial does not go on

Meanings = dict[tuple[str, str], Token]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens with the folded text that their offsets are into."""

    tokens: tuple[Token, ...]
    text: str

    @classmethod
    def of(cls, tokens: Sequence[Token], text: str, begin: int) -> Stretch:
        """Tokens whose offsets count `begin` characters before the text."""
        return cls(tuple(replace(t, start=t.start - begin, end=t.end - begin) for t in tokens), text)


def denied_instead(claim: Stretch, sentence: Stretch) -> Iterator[Fault]:
    """Swallow whole: do not chew, for: do not swallow whole; chew. What one side both says and denies counts for neither."""
    told, refused = _parted(sentence)
    said, denied = _parted(claim)
    allowed = next((said[key] for key in refused if key in said), None)
    forbidden = next((told[key] for key in denied if key in told), None)
    if allowed is not None and forbidden is not None:
        yield Fault("stance", forbidden.text, allowed.text, against=True)


def made_certain(claim: Sequence[Token], sentence: Sequence[Token]) -> Iterator[Fault]:
    """That something is so, for: it is not known whether it is so. A claim that denies, doubts or asks is left alone."""
    if any(t.kind in (STANCE, "known") or t.text.lower() in _DOUBTS for t in claim):
        return
    open_ones = {t.clause: t for t in sentence if (t.kind, t.key) == ("known", "unknown")}
    named = {(t.kind, t.key) for t in claim if t.weight and t.kind not in _UNNAMED}
    left_open = {(t.kind, t.key) for t in sentence if t.clause in open_ones}
    told = {(t.kind, t.key) for t in sentence if t.clause not in open_ones}
    if open_ones and len(named & left_open) > len(named & told):
        yield Fault("dropped", next(iter(open_ones.values())).text, "", against=True)


def _parted(stretch: Stretch) -> tuple[Meanings, Meanings]:
    """What clauses without a denial say, and what others deny: what comes after the denial, or before it where nothing does.

    What follows a denial behind a comma may be denied, too, as the rest of a list is.
    """
    clauses: dict[int, list[Token]] = {}
    for token in stretch.tokens:
        clauses.setdefault(token.clause, []).append(token)
    said: Meanings = {}
    denied: Meanings = {}
    end, denying = 0, False
    for clause in clauses.values():
        named = [t for t in clause if t.weight and t.kind not in _UNNAMED]
        no = next((t for t in clause if t.kind == STANCE and t.key in _DENIES), None)
        goes_on = not any(t.kind == STANCE for t in clause) and not _ENDS.search(stretch.text, end, clause[0].start)
        denying = no is not None or (denying and goes_on)
        after = [t for t in named if no is not None and t.start >= no.end]
        (denied if denying else said).update({(t.kind, t.key): t for t in after or named})
        end = clause[-1].end
    both = said.keys() & denied.keys()
    return (
        {key: token for key, token in said.items() if key not in both},
        {key: token for key, token in denied.items() if key not in both},
    )
