"""A cited text as the checker compares it: its sentences, list items and rows, each with its lead-in and heading."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from medrag.answer.verify.names import Name, Names, names_in, title_names
from medrag.answer.verify.reading import WORD, Reading, Token, read, readable
from medrag.patterns import regex
from medrag.sentences import CELL_BREAK, sentences

__all__ = ["MAX_SOURCE", "Held", "Source", "SourceReading", "Unit", "read_source"]

MAX_SOURCE = 20_000  # characters that are read of one source; a passage has some hundreds
MAX_HEAD = 300  # characters of a heading and of a title
MAX_UNITS = 400  # sentences, items and rows of one source
MAX_LEAD_END = 70  # characters after a lead-in's colon: spaces, a remark in brackets
MAX_LED = 30  # units that one lead-in leads
_ITEM = regex(r"\s*(?:\d{1,2}[.．、)）](?!\d)|[（(]\d{1,2}[)）]|[①-⑳•●▪◦‣■]|[-–*] )")
_LEADS = regex(r"[:：]\s*(?:[(（][^()（）\n]{0,60}[)）]\s*)?$")


@dataclass(frozen=True, slots=True)
class Source:
    """A cited text: what its mark is, where it begins in its document, the document's printed name, its section's heading."""

    marker: str
    text: str
    start: int = 0
    title: str = ""
    heading: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in a stretch of source: meanings, words, pairs of characters, and the tokens themselves."""

    tokens: tuple[Token, ...]
    meanings: frozenset[tuple[str, str]]
    stems: frozenset[str]
    pairs: frozenset[str]
    characters: frozenset[str]
    text: str

    @classmethod
    def of(cls, tokens: Sequence[Token], text: str) -> Held:
        """What the tokens hold; `text` is the folded text they stand in."""
        return cls(
            tuple(tokens),
            frozenset((t.kind, t.key) for t in tokens),
            frozenset(t.key for t in tokens if t.kind == WORD),
            frozenset(text[i : i + 2] for i in range(len(text) - 1)),
            frozenset(text),
            text,
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, item or row: its span of the source's text, what it holds, and what leads it in: `leading` the sentence before
    its list or the header of its table, `lead` that with heading and title.

    `begin` is where its text begins in the folded source.
    """

    start: int
    end: int
    begin: int
    held: Held
    lead: Held
    leading: Held | None = None


@dataclass(frozen=True, slots=True)
class SourceReading:
    """A source, read: its units, all it holds, the names of what it is about (as keys, and as they stand in its title), the diseases it names, its list items."""

    source: Source
    reading: Reading
    units: tuple[Unit, ...]
    whole: Held
    around: Held
    subject: frozenset[str]
    titled: tuple[Name, ...]
    diseases: tuple[Name, ...]
    parts: tuple[str, ...]


def read_source(source: Source, names: Names) -> SourceReading:
    """The source, read."""
    text = readable(source.text[:MAX_SOURCE])
    heading, title = readable(source.heading[:MAX_HEAD]), readable(source.title[:MAX_HEAD])
    head = f"{heading}\n{title}"
    found = names_in(f"{text}\n{head}", names)  # once: looking names up costs most of the reading
    reading = read(text, [name for name in found if name.end <= len(text)])
    after = len(text) + 1
    inside = [replace(name, start=name.start - after, end=name.end - after) for name in found if name.start >= after]
    around = read(head, inside)
    titled = [name for name in inside if name.start > len(heading)]
    held_around = Held.of(around.tokens, around.folded.text)
    units = tuple(_units(text, reading, held_around))
    return SourceReading(
        source,
        reading,
        units,
        Held.of(reading.tokens, reading.folded.text),
        held_around,
        title_names(title, titled),
        tuple(titled),
        (*reading.diseases, *around.diseases),
        tuple(dict.fromkeys([*_parts(reading), *_parts(around)])),
    )


def _parts(reading: Reading) -> Iterable[str]:
    """The list items of a text, as they are written."""
    items: dict[int, list[Token]] = {}
    for token in reading.tokens:
        items.setdefault(token.item, []).append(token)
    return [reading.folded.text[item[0].start : item[-1].end] for item in items.values()]


def _units(text: str, reading: Reading, around: Held) -> Iterable[Unit]:
    tokens, starts = reading.tokens, reading.folded.starts
    at = 0
    lead: Held | None = None
    header: Held | None = None
    led = 0
    for start, end in islice(sentences(text), MAX_UNITS):
        first = at
        while at < len(tokens) and starts[tokens[at].start] < end:
            at += 1
        held = Held.of(tokens[first:at], _folded(reading, start, end))
        is_row = CELL_BREAK in text[start:end]
        leading = header if is_row and header is not None else lead if led < MAX_LED else None
        yield Unit(start, end, bisect_left(starts, start), held, _joined(around, leading), leading)
        header = (header or held) if is_row else None
        if _LEADS.search(text, max(start, end - MAX_LEAD_END), end):
            lead, led = held, 0
        elif lead is not None:
            led += 1
            if not _ITEM.match(text, start) and "\n" not in text[max(0, start - 2) : start]:
                lead = None


def _folded(reading: Reading, start: int, end: int) -> str:
    starts = reading.folded.starts
    return reading.folded.text[bisect_left(starts, start) : bisect_left(starts, end)]


def _joined(around: Held, leading: Held | None) -> Held:
    if leading is None:
        return around
    return Held.of((*leading.tokens, *around.tokens), leading.text + "\n" + around.text)
