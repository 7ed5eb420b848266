"""Parts that every rendering of an answer shares: where a citation points, verdicts in words, and where its marks stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medrag.answer.reply.marks import PLAIN, parse_marks
from medrag.patterns import regex
from medrag.types import Answer, Citation, Claim, DocumentInfo, Verdict

__all__ = [
    "Placed",
    "answer_lang",
    "dangling_words",
    "document_name",
    "place",
    "placed_marks",
    "remark",
    "short",
    "style_of",
    "worth_a_remark",
]

SHOWN_QUOTE = 120  # characters of a quote in the list of citations; the answer holds it in full
EXTRACTIVE = "extractive"

_HAN = regex(r"[㐀-鿿]")
_VERDICTS = {
    Verdict.SUPPORTED: ("有依据", "supported"),
    Verdict.PARTIAL: ("只有部分依据", "partly supported"),
    Verdict.CONTRADICTED: ("与资料不符", "contradicted"),
    Verdict.UNSUPPORTED: ("资料中没有", "not supported"),
    Verdict.UNCITED: ("未注明出处", "uncited"),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A citation mark in an answer's text: the markers that it stands for, none where it stands for nothing."""

    start: int
    end: int
    markers: tuple[str, ...]


def short(text: str) -> str:
    """The text on one line, its end cut off."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_QUOTE else line[: SHOWN_QUOTE - 1] + "…"


def document_name(document: DocumentInfo) -> str:
    """The printed name of a document, with its maker where it has one."""
    return f"{document.title} · {document.maker}" if document.maker else document.title


def place(citation: Citation) -> str:
    """Where a citation points: document, date, section, and the span with which anyone finds it again."""
    name = document_name(citation.document)
    parts = [f"{name} ({citation.document.effective})" if citation.document.effective else name]
    if citation.section is not None and citation.section.heading:
        parts.append(citation.section.heading)
    where = f"{citation.document.source}:{citation.document.key}" if citation.document.source else citation.document.key
    return " › ".join(parts) + f" ({where}, {citation.start}–{citation.end})"


def answer_lang(answer: Answer) -> str:
    """The language of an answer: as it says, else by its letters."""
    return answer.writing.lang or ("zh" if _HAN.search(answer.text) else "en")


def worth_a_remark(answer: Answer, claim: Claim) -> bool:
    """Whether a reader must be told of a claim's verdict. A quotation that is only partly a fact's own words is none."""
    if claim.verdict is Verdict.SUPPORTED:
        return False
    return answer.writing.model != EXTRACTIVE or bool(claim.reasons) or claim.verdict is Verdict.UNSUPPORTED


def remark(claim: Claim, lang: str) -> str:
    """The verdict on a claim in words, with the reasons."""
    verdict = _VERDICTS[claim.verdict][0 if lang == "zh" else 1]
    if not claim.reasons:
        return verdict
    return f"{verdict}：{'；'.join(claim.reasons)}" if lang == "zh" else f"{verdict}: {'; '.join(claim.reasons)}"


def dangling_words(lang: str) -> str:
    """What is said of a mark that stands for nothing that was shown to the writer."""
    return "没有对应的资料" if lang == "zh" else "stands for nothing that was shown"


def placed_marks(answer: Answer) -> list[Placed]:
    """Where the marks of an answer stand, in order: those that stand for its citations, and the dangling ones.

    A quotation may hold what looks like a mark, so in a quoted answer only its own markers are marks.
    """
    known = {citation.marker: citation for citation in answer.citations}
    placed = [Placed(one.start, one.end, ()) for one in answer.dangling]
    taken = {one.start for one in placed}
    if answer.writing.model == EXTRACTIVE:
        found = [Placed(m.start(), m.end(), (m[0],)) for m in _any_of(known).finditer(answer.text)] if known else []
    else:
        style = style_of(list(known))
        marks = parse_marks(answer.text, style=style)
        found = [
            Placed(mark.start, mark.end, markers)
            for mark in marks
            if (markers := tuple(marker for number in mark.numbers if (marker := style.format(number)) in known))
        ]
    kept = [one for one in found if one.start not in taken]
    dangling = [_standing_for(one, found) for one in placed]
    return sorted([*kept, *dangling], key=lambda one: one.start)


def _standing_for(dangling: Placed, found: list[Placed]) -> Placed:
    """A dangling mark such as [1,9], with the markers that it does stand for."""
    return next((one for one in found if one.start == dangling.start), dangling)


def _any_of(markers: dict[str, Citation]) -> re.Pattern[str]:
    longest_first = sorted(markers, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


def style_of(markers: Sequence[str]) -> str:
    """The form of an answer's markers: that of the first with braces for its number."""
    return re.sub(r"\d+", "{}", markers[0], count=1) if markers else PLAIN
