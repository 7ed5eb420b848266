"""Where a claim stands word for word in a source: as a sentence or item, as several, or as an item behind its lead."""

from __future__ import annotations

from collections.abc import Iterator

from medrag.answer.verify.source import SourceReading
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.sentences import sentences

__all__ = ["quoted"]

MIN_QUOTE = 4  # characters; fewer stand in any text
MIN_ITEM = 2  # characters of an item behind its lead
MAX_LEADS = 3  # colons of a claim that may end a lead
MAX_PARTS = 8  # sentences of a claim
Span = tuple[int, int]
_BEGUN = regex(r"^$|[\n。;!?.|•:)]$|(?:^|\n)[-–*]$|(?:^|[\n。;])\(?\d{1,2}[.、)]$")
_COLON = regex("[:：]")
_MARK = regex(r"(?P<open>[(（]?)(?P<n>\d{1,2})(?P<close>[.．、)）])\s*$|(?P<circled>[①-⑳])\s*$")
_BULLET = regex(r"\s*[-–*•●▪◦‣■]")
_LEAD_BEGINS = regex(r"(?:^|[\n。;:.)、①-⑳•\-])\s*$")


def quoted(claim: str, source: SourceReading) -> list[Span]:
    """The spans of the source in which the claim stands word for word; empty where it does not."""
    whole = _verbatim(claim, source, MIN_QUOTE)
    if whole is not None:
        return [whole]
    parts = [claim[start:end] for start, end in sentences(claim)]
    if 1 < len(parts) <= MAX_PARTS:
        spans = [_verbatim(part, source, MIN_QUOTE) for part in parts]
        if all(spans):
            return [span for span in spans if span]
    return next(_behind_leads(claim, source), [])


def _verbatim(claim: str, source: SourceReading, least: int) -> Span | None:
    return next(_all_verbatim(claim, source, least), None)


def _all_verbatim(claim: str, source: SourceReading, least: int) -> Iterator[Span]:
    """The spans of a source where the words stand from the beginning of a sentence or item to the end of one."""
    wanted = fold(claim).strip(" .。;,!、")
    folded = source.reading.folded
    if len(wanted) < least:
        return
    on_one_line = folded.text.replace("\n", " ")  # what is wrapped in the source is not in an answer
    at = on_one_line.find(wanted)
    while at >= 0:
        start, end = folded.span(at, at + len(wanted))
        before = folded.text[max(0, at - 8) : at].rstrip(" ")
        after = folded.text[at + len(wanted) : at + len(wanted) + 2].lstrip(" ")
        begins = _BEGUN.search(before) is not None or any(unit.start == start for unit in source.units)
        if begins and (not after or after[0] in "\n。;!?|." or any(unit.end - 1 <= end <= unit.end for unit in source.units)):
            yield start, end
        at = on_one_line.find(wanted, at + 1)


def _behind_leads(claim: str, source: SourceReading) -> Iterator[list[Span]]:
    """Where the claim is a lead of the source, a colon, and an item of the list that it leads."""
    for colon in list(_COLON.finditer(claim))[:MAX_LEADS]:
        lead, item = claim[: colon.start()], claim[colon.end() :]
        for start, end in _all_verbatim(item, source, MIN_ITEM):
            if (at := _lead_of(source.source.text, start)) >= 0 and (begins := _ends_with(source.source.text[:at], lead)) >= 0:
                yield [(begins, at), (start, end)]


def _lead_of(text: str, item: int) -> int:
    """Where the lead of the list ends in which an item begins, past its mark; -1 where it is in none."""
    mark = _MARK.search(text, max(0, item - 8), item)
    if mark is None:
        return _lead_of_lines(text, item)
    number = ord(mark["circled"]) - ord("①") + 1 if mark["circled"] else int(mark["n"])
    at = mark.start()
    for before in range(number - 1, 0, -1):
        sign = chr(ord("①") + before - 1) if mark["circled"] else f"{mark['open']}{before}{mark['close']}"
        at = text.rfind(sign, 0, at)
        if at < 0:
            return -1
    return at


def _lead_of_lines(text: str, item: int) -> int:
    """Where the line ends that a bulleted line, in which the item begins, has for its lead."""
    begin = text.rfind("\n", 0, item) + 1
    while begin and _BULLET.match(text, begin):
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        if _COLON.search(text, max(begin, end - 2), end):
            return end
    return -1


def _ends_with(text: str, lead: str) -> int:
    """Where the lead begins that the text ends with, behind which only its colon stands; -1 if it ends otherwise."""
    plain = text.rstrip()
    if not plain or not _COLON.match(plain[-1]):
        return -1
    plain, wanted = plain[:-1].rstrip(), fold(lead).strip()
    begins = len(plain) - len(lead.strip())
    if begins < 0 or not wanted or fold(plain[begins:]) != wanted or not _LEAD_BEGINS.search(plain[:begins]):
        return -1
    return begins
