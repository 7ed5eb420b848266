"""A reply cut into what can be checked piece by piece: sentences, list items, table rows, each with the marks it cites.

Which marks belong to a piece:
- those in it, and those behind its full stop, on its line or alone on the next: 头痛[1]。 头痛。[1][2]
- marks that begin a line belong to what follows them: [1] 阿司匹林可…… , 根据文档1，……
- a sentence falls into clauses behind `[1]；`, and behind `[1]，` where each clause ends in marks of its own and is long
  enough to say something; else its marks hold for the whole sentence
- list items and table rows without marks have those of the line that leads them in: 不良反应如下[1]：
- marks at the end of a paragraph hold for their own sentence, not for the ones before it: 以上信息来源于文档[1]。
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from medrag.answer.reply.cut_units import Cursor, Unit, UnitKind, next_unit
from medrag.answer.reply.marks import PLAIN, Mark, parse_marks
from medrag.answer.reply.unmarked import unmarked
from medrag.patterns import regex

__all__ = ["ClaimCutter", "Piece", "cut_claims"]

SHORTEST_CLAUSE = 6  # Han characters and twice the Latin words of a clause between commas

_SEPARATOR = regex(r"[）)*_]{0,4}[^\S\n]*(?P<sign>[；;，,])[^\S\n]*")
_BOLD_LINE = regex(r"\*\*[^*\n]+\*\*[:：]?|__[^_\n]+__[:：]?")
_LEADS_IN = regex(r"[:：][*_)）\s]*$")
_ENDING = regex(r"[\s。！？!?.;；*_）)]*")
_HAN = regex(r"[㐀-鿿]")
_WORD = regex(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply: `reply[start:end]` without the marks behind it, which end before `stop`.

    `text` are its words as a statement, without marks, 根据文档1 and markup; it is empty where nothing but marks stands there.
    `marks` are those that it cites; of an item or row that has none, the marks of the line above the list, so that they may
    stand before `start`. `lead` are the words of that line, and of a table's first row.
    """

    start: int
    end: int
    stop: int
    text: str
    marks: tuple[Mark, ...]
    kind: UnitKind
    lead: str = ""

    @property
    def statement(self) -> str:
        """Its words behind those of the line that leads them in: what an item of a list says."""
        if not self.lead or not self.text:
            return self.text
        between = "" if self.lead.endswith("：") else " " if self.lead.endswith(":") else "\n"
        return f"{self.lead}{between}{self.text}"

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers that it cites, each once, in order."""
        return tuple(dict.fromkeys(number for mark in self.marks for number in mark.numbers))


def cut_claims(text: str, *, style: str = PLAIN) -> list[Piece]:
    """The pieces of a whole reply, in order; `style` is the form of the markers that its writer was given."""
    cutter = ClaimCutter(style=style)
    return [*cutter.feed(text), *cutter.finish()]


@dataclass
class _Lead:
    """A line that leads in a list: how far it is indented, its words and its marks."""

    indent: int
    text: str
    marks: tuple[Mark, ...]


@dataclass
class ClaimCutter:
    """Cuts a reply while it is being written: `feed` and `finish` return the pieces that have become certain.

    Together they are what `cut_claims` makes of the whole, however the text was split.
    """

    style: str = PLAIN
    _text: str = ""
    _before: int = 0  # characters that were dropped from `_text`, all cut
    _cursor: Cursor = field(default_factory=Cursor)
    _leads: list[_Lead] = field(default_factory=list)
    _header: str = ""

    def feed(self, delta: str) -> list[Piece]:
        """The pieces whose end, and the marks behind it, are known with these words."""
        self._text += delta
        return list(self._cut(final=False))

    def finish(self) -> list[Piece]:
        """The pieces of what is left."""
        return list(self._cut(final=True))

    def _cut(self, *, final: bool) -> Iterator[Piece]:
        while (unit := next_unit(self._text, self._cursor, self.style, final=final)) is not None:
            yield from self._pieces(unit)
        done = self._cursor.at
        self._text, self._before = self._text[done:], self._before + done
        self._cursor.searched, self._cursor.at = max(0, self._cursor.searched - done), 0

    def _pieces(self, unit: Unit) -> Iterator[Piece]:
        inside = self._text[unit.start : unit.stop]
        marks = parse_marks(inside, style=self.style)
        kind = unit.kind
        if kind is UnitKind.SENTENCE and unit.fresh and _BOLD_LINE.fullmatch(inside[: unit.end - unit.start]):
            kind = UnitKind.HEADING
        lead = self._lead(unit, kind)
        shift = self._before + unit.start
        made: list[Piece] = []
        for start, end, stop in _clauses(inside, unit.end - unit.start, marks):
            own = tuple(mark for mark in marks if start <= mark.start < stop)
            made.append(
                Piece(
                    start=start + shift,
                    end=end + shift,
                    stop=stop + shift,
                    text=_words(inside, start, end, own, kind),
                    marks=tuple(_moved(mark, shift) for mark in own) or lead.marks,
                    kind=kind,
                    lead=lead.text,
                )
            )
        self._note(unit, inside[: unit.end - unit.start], made)
        yield from made

    def _lead(self, unit: Unit, kind: UnitKind) -> _Lead:
        """What leads in the unit: of an item the nearest lead-in above that is indented less."""
        if kind not in {UnitKind.ITEM, UnitKind.ROW}:
            table = kind is UnitKind.HEADING and unit.kind is UnitKind.HEADING and self._text[unit.start] == "|"
            if not table:
                self._leads, self._header = [], ""
            return _Lead(0, "", ())
        if unit.fresh:
            while len(self._leads) > 1 and self._leads[-1].indent >= unit.indent:
                self._leads.pop()
        above = self._leads[-1] if self._leads else _Lead(0, "", ())
        header = self._header if kind is UnitKind.ROW else ""
        return replace(above, text="\n".join(part for part in (above.text, header) if part))

    def _note(self, unit: Unit, words: str, made: list[Piece]) -> None:
        """Remembers a unit that leads in what follows: a line that ends with a colon, the first row of a table."""
        last = made[-1]
        if unit.kind is UnitKind.HEADING and words.startswith("|"):
            self._header = last.text
        elif unit.kind is not UnitKind.ROW and _LEADS_IN.search(_without(words, last, self._before + unit.start)):
            if unit.kind is UnitKind.SENTENCE:
                self._leads = []
            marks = tuple(mark for piece in made for mark in piece.marks)
            self._leads.append(_Lead(unit.indent if unit.kind is UnitKind.ITEM else -1, last.text, marks))


def _without(words: str, piece: Piece, shift: int) -> str:
    """The words without the marks that end them, so that 如下：[1] ends with its colon."""
    for mark in reversed(piece.marks):
        if mark.start >= shift and not words[mark.end - shift :].strip("*_ "):
            words = words[: mark.start - shift]
    return words


def _moved(mark: Mark, shift: int) -> Mark:
    return replace(mark, start=mark.start + shift, end=mark.end + shift)


def _words(text: str, start: int, end: int, marks: tuple[Mark, ...], kind: UnitKind) -> str:
    words = unmarked(text, start, end, marks)
    if kind is UnitKind.ROW or words.startswith("|"):
        return " | ".join(cell.strip() for cell in words.strip("| ").split("|"))
    return words


def _clauses(text: str, end: int, marks: list[Mark]) -> list[tuple[int, int, int]]:
    """The spans of the clauses of a unit: start, end, and end with what follows it.

    The unit's words end at `end`, the marks behind its full stop at the text's end.
    """
    breaks = [found for mark in marks if (found := _break(text, mark)) is not None and found[1] < end]
    hard = [(at, behind) for at, behind, sign in breaks if sign in "；;"]
    spans: list[tuple[int, int, int]] = []
    for first, last, stop in _between(0, end, len(text), hard):
        soft = [(at, behind) for at, behind, sign in breaks if sign in "，," and first < at and behind < last]
        parts = _between(first, last, stop, soft)
        whole = [(first, last, stop)]
        spans += parts if soft and all(_says(text, part, marks) for part in parts) else whole
    return spans


def _break(text: str, mark: Mark) -> tuple[int, int, str] | None:
    """Where the clause of a mark ends if a comma or semicolon follows it outside brackets, and where the next begins."""
    match = _SEPARATOR.match(text, mark.end)
    if match is None:
        return None
    before = text[: match.start("sign")]
    if before.count("（") + before.count("(") > before.count("）") + before.count(")"):
        return None
    return match.start("sign"), match.end(), match["sign"]


def _between(start: int, end: int, stop: int, breaks: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    spans = []
    for at, behind in breaks:
        spans.append((start, at, behind))
        start = behind
    return [*spans, (start, end, stop)]


def _says(text: str, part: tuple[int, int, int], marks: list[Mark]) -> bool:
    """Whether a clause ends in marks and says enough to be a claim of its own."""
    start, end, stop = part
    own = [mark for mark in marks if start <= mark.start < stop]
    if not own or not (own[-1].end >= end or _ENDING.fullmatch(text, own[-1].end, end)):
        return False
    words = unmarked(text, start, end, own)
    return len(_HAN.findall(words)) + 2 * len(_WORD.findall(words)) >= SHORTEST_CLAUSE
