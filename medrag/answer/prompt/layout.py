"""Evidence as a model is shown it: a piece's heading and words in the form that it knows, and where a piece may be cut."""

from __future__ import annotations

import json
from dataclasses import dataclass

from medrag.answer.prompt.data import as_data, relettered, without_markers
from medrag.answer.reply.marks import PLAIN
from medrag.kb.relations import label
from medrag.llm.messages import EvidenceForm
from medrag.sentences import NUMBER, sentences
from medrag.types import DocumentInfo, Evidence, Fact, Passage

__all__ = ["Piece", "cut_places", "first_cut_places", "printed", "source_words"]

CUT = "…"  # stands where the rest of a piece was cut off
_CLAUSE_ENDS = "，,；;、：: "


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence with its number and marker in a prompt."""

    number: int
    marker: str
    evidence: Evidence

    @property
    def start(self) -> int:
        """Where it begins in its document."""
        if self.evidence.passage is not None:
            return self.evidence.passage.start
        fact = self.evidence.fact
        return fact.sources[0].start if fact is not None and fact.sources else 0

    @property
    def end(self) -> int:
        """Where it ends in its document."""
        if self.evidence.passage is not None:
            return self.evidence.passage.end
        fact = self.evidence.fact
        return fact.sources[0].end if fact is not None and fact.sources else 0


def cut_places(piece: Piece) -> list[int]:
    """Where a piece may end, in its document: behind each sentence, list item and table row. A fact is not cut."""
    passage = piece.evidence.passage
    return [piece.end] if passage is None else [passage.start + end for _, end in sentences(passage.text)]


def first_cut_places(piece: Piece) -> list[int]:
    """Where the first sentence of a piece may be cut if it must: behind its clauses, never within a number and its unit."""
    passage = piece.evidence.passage
    spans = sentences(passage.text) if passage is not None else []
    if passage is None or not spans:
        return []
    start, end = spans[0]
    numbers = [match.span() for match in NUMBER.finditer(passage.text, start, end)]
    places = [at + 1 for at in range(start, end - 1) if passage.text[at] in _CLAUSE_ENDS]
    return [passage.start + at for at in places if not any(first < at < last for first, last in numbers)]


def source_words(evidence: Evidence) -> str:
    """All that a piece of evidence may put into a prompt, as it stands in the documents."""
    if evidence.passage is not None:
        passage = evidence.passage
        info = passage.document
        return "\n".join((info.title, info.maker, info.effective, *passage.section.path, passage.section.heading, passage.text))
    return evidence.text


def printed(piece: Piece, end: int, form: EvidenceForm, style: str, lang: str) -> str:
    """A piece as it stands in the prompt, up to `end` in its document."""
    if form is EvidenceForm.PULSE:
        return _pulse(piece, end, style, lang)
    if form is EvidenceForm.BENTSAO:
        return _bentsao(piece, end, style, lang)
    return _numbered(piece, end, style, lang)


def _numbered(piece: Piece, end: int, style: str, lang: str) -> str:
    """The marker and where the words come from on one line, then the words as a quotation: no line of a label leaves it."""
    passage = piece.evidence.passage
    if passage is None:
        return f"{piece.marker} {_data(_fact_line(piece.evidence, lang), style)}"
    head = _name(passage.document) + "".join(f" › {part}" for part in _headings(passage))
    words = _data(_words(passage, end), style)
    return "\n".join(
        [f"{piece.marker} {_data(_line(head), style)}", *(f"> {line}" for line in words.splitlines() if line.strip())]
    )


def _pulse(piece: Piece, end: int, style: str, lang: str) -> str:
    """`[n]title`, then `section:words`."""
    passage = piece.evidence.passage
    if passage is None:
        name, said = _fact_parts(piece.evidence.fact, lang)
        return f"{piece.marker}{_data(name, style)}\n{_data(said, style)}"
    heading = (_headings(passage) or [""])[-1]
    words = _data(_words(passage, end), style).strip()
    return f"{piece.marker}{_data(_line(_name(passage.document)), style)}\n{_data(_line(heading), style)}:{words}"


def _bentsao(piece: Piece, end: int, style: str, lang: str) -> str:
    """`"entity": {"attribute": ["value"]}`, as JSON, behind its marker."""
    passage = piece.evidence.passage
    if passage is None:
        fact = piece.evidence.fact
        name, heading, words = (
            ("", "", "") if fact is None else (fact.subject.name, label(fact.relation, lang), fact.object.name)
        )
    else:
        name, heading, words = _name(passage.document), (_headings(passage) or [""])[-1], _words(passage, end)
    value = {_data(heading, style): [_data(words, style)]}
    return f"{piece.marker} {json.dumps(_data(name, style), ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"


def _data(text: str, style: str) -> str:
    text = as_data(text)
    return without_markers(relettered(text) if style == PLAIN else text, style)


def _words(passage: Passage, end: int) -> str:
    words = passage.text[: end - passage.start]
    return words if end >= passage.end else words.rstrip() + CUT


def _name(document: DocumentInfo) -> str:
    about = ", ".join(part for part in (document.maker, document.effective) if part)
    return f"{document.title} ({about})" if about else document.title


def _headings(passage: Passage) -> list[str]:
    """The headings around a passage, outermost first, bare, none twice."""
    headings = (heading.strip("【】[]〔〕:： ") for heading in (*passage.section.path, passage.section.heading))
    return list(dict.fromkeys(heading for heading in headings if heading))


def _line(text: str) -> str:
    return " ".join(text.split())


def _fact_parts(fact: Fact | None, lang: str) -> tuple[str, str]:
    if fact is None:
        return "", ""
    return _line(fact.subject.name), f"{label(fact.relation, lang)}：{_line(fact.object.name)}"


def _fact_line(evidence: Evidence, lang: str) -> str:
    """A fact in one line: 偏头痛 症状：头晕."""
    name, said = _fact_parts(evidence.fact, lang)
    return f"{name} {said}"
