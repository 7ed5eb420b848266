"""An answer as an HTML fragment that stands alone: claims with their verdicts, marks as links to what they cite.

All text is escaped. The fragment brings no style and no script: its classes are `medrag-answer`, `claim` and the verdict,
`dangling`, `remark`, `citations`, `notices` and `urgent`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from medrag.answer.show.safety import safety_html
from medrag.answer.show.words import Placed, answer_lang, dangling_words, place, placed_marks, remark, worth_a_remark
from medrag.types import Answer, Claim, NoticeKind

__all__ = ["before_html", "inline_html", "sources_html", "to_html"]

ASIDE = "medrag"  # what ids begin with, unless the page has several answers

# How a stretch of plain text at a place of the answer becomes HTML.
Plain = Callable[[int, int], str]


def to_html(answer: Answer, *, prefix: str = ASIDE) -> str:
    """The answer as an HTML fragment; `prefix` begins its ids, so that several can stand on one page."""
    head = f'<div class="medrag-answer{" abstained" if answer.abstained else ""}" lang="{escape(answer_lang(answer))}">'
    text = inline_html(answer, prefix, lambda start, end: escaped_lines(answer.text[start:end]))
    return "\n".join([head, *before_html(answer), f"<p>{text}</p>", *sources_html(answer, prefix), "</div>"])


def before_html(answer: Answer) -> list[str]:
    """What is to be read before the answer: what is urgent, and what the medication check found."""
    urgent = [notice for notice in answer.notices if notice.kind is NoticeKind.EMERGENCY]
    checked = [safety_html(answer.safety)] if answer.safety is not None and answer.safety.findings else []
    return [*(f'<p class="urgent" role="alert">{escape(notice.text)}</p>' for notice in urgent), *checked]


def escaped_lines(text: str) -> str:
    """The text escaped, its line ends kept."""
    return escape(text).replace("\n", "<br>\n")


def inline_html(answer: Answer, prefix: str, plain: Plain) -> str:
    """The answer's text with its claims as spans and its marks as links; what is neither is made by `plain`."""
    parts: list[str] = []
    at = 0
    marks = placed_marks(answer)
    for claim in _apart(answer.claims):
        parts.append(_stretch(answer, at, claim.start, marks, prefix, plain))
        words = _stretch(answer, claim.start, claim.end, marks, prefix, plain)
        parts.append(f'<span class="claim {claim.verdict.value}">{words}</span>')
        if worth_a_remark(answer, claim):
            parts.append(f'<small class="remark">({escape(remark(claim, answer_lang(answer)))})</small>')
        at = claim.end
    return "".join([*parts, _stretch(answer, at, len(answer.text), marks, prefix, plain)])


def _apart(claims: Sequence[Claim]) -> list[Claim]:
    """The claims in the order of the text, without those that begin within another."""
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda one: (one.start, -one.end)):
        if not kept or claim.start >= kept[-1].end:
            kept.append(claim)
    return kept


def _stretch(answer: Answer, start: int, end: int, marks: Sequence[Placed], prefix: str, plain: Plain) -> str:
    parts: list[str] = []
    at = start
    for mark in marks:
        if start <= mark.start < end:
            parts += [plain(at, mark.start), _mark(answer, mark, prefix)]
            at = max(at, mark.end)
    return "".join([*parts, plain(at, end) if at < end else ""])


def _mark(answer: Answer, mark: Placed, prefix: str) -> str:
    """The links of a mark, and the mark as it was written where it stands for nothing."""
    numbers = {citation.marker: number for number, citation in enumerate(answer.citations, start=1)}
    links = "".join(f'<sup><a href="#{escape(prefix)}-{numbers[m]}">{escape(m)}</a></sup>' for m in mark.markers)
    if not any((one.start, one.end) == (mark.start, mark.end) for one in answer.dangling):
        return links
    said = escape(dangling_words(answer_lang(answer)))
    return f'{links}<sup class="dangling" title="{said}"><del>{escape(answer.text[mark.start : mark.end])}</del></sup>'


def sources_html(answer: Answer, prefix: str) -> list[str]:
    """The lists of citations, of invented marks and of notices, and a medication check that found nothing, those that there are."""
    lines: list[str] = []
    if answer.citations:
        lines.append('<ol class="citations">')
        for number, citation in enumerate(answer.citations, start=1):
            lines.append(
                f'<li id="{escape(prefix)}-{number}" value="{number}">{escape(citation.marker)} {escape(place(citation))}'
                f"<blockquote>{escaped_lines(citation.quote)}</blockquote></li>"
            )
        lines.append("</ol>")
    said = escape(dangling_words(answer_lang(answer)))
    notices = [f"{escape(mark)} ✗ {said}" for mark in dict.fromkeys(one.text for one in answer.dangling)]
    notices += [escape(notice.text) for notice in answer.notices if notice.kind is not NoticeKind.EMERGENCY]
    if notices:
        lines += ['<ul class="notices">', *(f"<li>{notice}</li>" for notice in notices), "</ul>"]
    if answer.safety is not None and not answer.safety.findings:
        lines.append(safety_html(answer.safety))
    return lines
