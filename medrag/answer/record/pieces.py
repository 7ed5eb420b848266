"""A generated answer's text cut again: which of its sentences claim something, and what each of its claims states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medrag.answer import phrases
from medrag.answer.policy import Policy
from medrag.answer.record.faults import Fault, short
from medrag.answer.reply import remarks
from medrag.answer.reply.cut import Piece, cut_claims
from medrag.answer.reply.marks import marker_style
from medrag.answer.reply.said import Said, said
from medrag.answer.show.words import answer_lang, style_of
from medrag.patterns import regex
from medrag.types import Answer, Claim

__all__ = ["Cut", "cut_again"]

_WORD = regex(r"\w")
_NAME = "\x00"
# What evidence looks like for which `marker_style` chooses each form.
_EVIDENCE_OF_EACH_STYLE: tuple[list[str], ...] = ([], ["[1]"], ["[1]〔1〕"], ["[1]〔1〕⟦1⟧"])
_ANY_NAME = r"[^\n。！？”]{1,120}"


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer cut again: `pieces` of its text by where they begin and end, `faults` of its sentences and claims.

    `notes` are on what cannot be decided: where claims were left out of a table, its first row may stand there alone.
    """

    pieces: dict[tuple[int, int], Piece]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def cut_again(answer: Answer) -> Cut:
    """The answer cut as it was when it was written, as far as its text tells.

    The form of the marks is that of the citations. Where there are none, it is the one that fits the claims best.
    """
    if answer.citations:
        return _cut(answer, style_of([citation.marker for citation in answer.citations]))
    return min((_cut(answer, marker_style(texts)) for texts in _EVIDENCE_OF_EACH_STYLE), key=lambda cut: len(cut.faults))


def _cut(answer: Answer, style: str) -> Cut:
    pieces = {(piece.start, piece.end): piece for piece in cut_claims(answer.text, style=style)}
    faults: list[Fault] = []
    notes: list[Fault] = []
    for words in _unclaimed(answer, list(pieces.values()), style):
        undecided = answer.writing.policy == Policy.DROP and "|" in words
        told = Fault("the answer", "words", f"“{short(words)}” is no claim of the record, so nobody checked it")
        (notes if undecided else faults).append(told)
    for at, claim in enumerate(answer.claims, 1):
        piece = pieces.get((claim.start, claim.end))
        if piece is None:
            faults += _out_of_place(f"claim {at}", claim, answer, style)
        else:
            faults += _misread(f"claim {at}", claim, piece, answer, style)
    return Cut(pieces, tuple(faults), tuple(notes))


def _unclaimed(answer: Answer, pieces: Sequence[Piece], style: str) -> list[str]:
    """The sentences that say something and are no claims, so that nobody checked them."""
    text = answer.text
    open_ = bytearray(b"\x01" * len(text))
    for start, end in [(0, _own_words(answer)), *((claim.start, claim.end) for claim in answer.claims)]:
        if 0 <= start < end <= len(text):
            open_[start:end] = bytes(end - start)
    unclaimed: list[str] = []
    for piece in pieces:
        inside = range(piece.start, piece.end)
        rest = "".join(text[at] for at in inside if open_[at])
        left = [piece] if len(rest) == len(inside) else cut_claims(rest, style=style)
        unclaimed += [one.text for one in left if _WORD.search(one.text) and said(one) is Said.CLAIM]
    return unclaimed


def _own_words(answer: Answer) -> int:
    """How many characters at the beginning are the library's own: which name was read how, or that no document was."""
    lang = answer_lang(answer)
    corrected = re.escape(phrases.corrected(_NAME, _NAME, lang)).replace(re.escape(_NAME), _ANY_NAME)
    found = re.match(rf"(?:{re.escape(remarks.from_memory(lang))}|(?:{corrected}\n)+)", answer.text)
    return found.end() if found is not None else 0


def _misread(where: str, claim: Claim, piece: Piece, answer: Answer, style: str) -> list[Fault]:
    """What the record says of a claim that its words do not: what it states, what it cites, which marks stand for nothing."""
    faults = []
    if (claim.statement or claim.text) != piece.statement:
        faults.append(Fault(where, "statement", f"it states “{short(piece.statement)}”, not “{short(claim.statement)}”"))
    known = {citation.marker for citation in answer.citations}
    cited = tuple(marker for number in piece.numbers if (marker := style.format(number)) in known)
    if cited != claim.citations:
        faults.append(
            Fault(
                where,
                "marker",
                f"its marks cite {_listed(cited)}, and the record says that it cites {_listed(claim.citations)}",
            )
        )
    dangling = {(one.start, one.end) for one in answer.dangling}
    for mark in piece.marks:
        unknown = any(style.format(number) not in known for number in mark.numbers)
        if unknown and mark.start >= piece.start and (mark.start, mark.end) not in dangling:
            faults.append(Fault(where, "marker", f"{mark.text} stands for no citation, and the record does not say so"))
    return faults


def _out_of_place(where: str, claim: Claim, answer: Answer, style: str) -> list[Fault]:
    """The fault of a claim that is no sentence or item of the text.

    Where the library left out words behind or before it, the text is not what was cut, so its own words alone must be its.
    """
    pieces = cut_claims(claim.text, style=style)
    left_out = answer.writing.policy == Policy.DROP or answer.writing.finish not in {"", "stop"}
    if left_out and len(pieces) == 1 and (claim.statement or claim.text).endswith(pieces[0].text):
        return []
    return [Fault(where, "statement", f"“{short(claim.text)}” is not one sentence or item of the answer")]


def _listed(markers: Sequence[str]) -> str:
    return ", ".join(markers) or "nothing"
