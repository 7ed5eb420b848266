"""Foreign text as data in a prompt: nothing in it reads as a chat token, a role, a heading of the prompt or a marker.

Every change is visible, and made in the prompt only: what is cited and checked is the document's own text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from medrag.answer.reply.marks import MarkForm, parse_marks
from medrag.patterns import regex

__all__ = ["as_data", "relettered", "without_markers"]

# <|im_start|> </s> <s> <reserved_102> <<SYS>> <bot>: become ‹…›; "<5 mg" and "p<0.05" stay as they are.
_OPEN_TAG = regex(r"<[|/!<]{0,2}[A-Za-z_|][^<>\n]{0,40}>{1,2}|<\||\|>")
_BRACKET_TOKEN = regex(r"\[(/?[gs]?[A-Z]{3,}[A-Z_\d]*)\]")  # [INST] [/INST] [gMASK]
_HASHES = regex(r"^([^\S\n]*)(#{2,})", re.MULTILINE)  # ### Response:
_ROLE = regex(
    r"^([^\S\n]*)(User|Helper|Human|Assistant|System|Instructions?|Response|Question|Knowledge|Bot"
    r"|用户|助手|助理|系统|目标|限制|文档|聊天记录)([^\S\n]*[:：])",
    re.MULTILINE | re.IGNORECASE,
)
_ANGLES = str.maketrans("<>", "‹›")

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BEGINS = r"(?:^|(?<=[\n。；;：:]))[^\S\n]*"
# The forms of a list's numbers, and how they are written instead: 1. → (a), (1) → (i).
_LISTS = (
    regex(rf"(?P<before>{_BEGINS})(?P<number>\d{{1,2}})(?P<after>(?:[.．](?!\d)|、)[^\S\n]*)"),
    regex(rf"(?P<before>{_BEGINS})[（(](?P<number>\d{{1,2}})[)）](?P<after>[^\S\n]*)"),
    # Bare numbers, if no unit follows: 1 头痛；2 恶心
    regex(
        rf"(?P<before>{_BEGINS})(?P<number>\d{{1,2}})(?P<after>[^\S\n]+)(?![次日天周月年岁片粒袋支丸瓶个倍种例名级型期度]|[A-Za-zµμ%℃])"
    ),
)


def as_data(text: str) -> str:
    """The text with look-alikes of chat tokens, roles and headings made visible as text."""
    text = _OPEN_TAG.sub(lambda match: match[0].translate(_ANGLES), text)
    text = _BRACKET_TOKEN.sub(r"(\1)", text)
    text = _HASHES.sub(lambda match: match[1] + "＃" * len(match[2]), text)
    return _ROLE.sub(r"\1“\2”\3", text)


def relettered(text: str) -> str:
    """The text with letters for the numbers of its lists, which models cite as if they were sources.

    Only runs that count up from 1 are lists; no other number is touched, since it may be a dose.
    """
    for place, pattern in enumerate(_LISTS):
        text = _without_numbers(text, pattern, _roman if place == 1 else _letter)
    return text


def _without_numbers(text: str, pattern: re.Pattern[str], write: Callable[[int], str]) -> str:
    matches = list(pattern.finditer(text))
    listed: set[int] = set()
    run: list[int] = []
    for place, match in enumerate(matches):
        number = int(match["number"])
        if run and number == int(matches[run[-1]]["number"]) + 1:
            run.append(place)
        elif number == 1:
            listed.update(run if len(run) > 1 else ())
            run = [place]
    listed.update(run if len(run) > 1 else ())
    parts: list[str] = []
    at = 0
    for place in sorted(listed):
        match = matches[place]
        parts += [text[at : match.start()], match["before"], f"({write(int(match['number']))}) "]
        at = match.end()
    return "".join([*parts, text[at:]])


def _letter(number: int) -> str:
    """a … z, aa … zz."""
    first, second = divmod(number - 1, len(_LETTERS))
    return (_LETTERS[first - 1] if first else "") + _LETTERS[second]


def _roman(number: int) -> str:
    ones = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
    tens = ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc")
    return tens[number // 10] + ones[number % 10]


def without_markers(text: str, style: str) -> str:
    """The text with letters for the numbers of whatever would be read as a mark in a reply with markers of this style."""
    opening, closing = style.split("{}")
    pattern = re.compile(rf"{re.escape(opening)}\s*(\d{{1,3}})\s*{re.escape(closing)}")
    text = pattern.sub(lambda match: f"({_written((int(match[1]),))})", text)
    parts: list[str] = []
    at = 0
    for mark in parse_marks(text, style=style):
        if mark.form not in {MarkForm.PROSE, MarkForm.RAISED}:
            parts += [text[at : mark.start], f"({_written(mark.numbers)})"]
            at = mark.end
    return "".join([*parts, text[at:]])


def _written(numbers: Sequence[int]) -> str:
    return ", ".join(_letter(max(1, min(number, 99))) for number in numbers)
