"""JSON as a stream of records: one record is held at a time, and one that is broken costs only itself.

What other makers write is read where its meaning is plain: NaN, control characters in strings, a comma too many or
too few, half of a surrogate pair. A record that cannot be read is `Bad`, and reading goes on behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

__all__ = ["MAX_DEPTH", "MAX_RECORD_CHARS", "Bad", "items", "leading_keys", "load_json", "members"]

MAX_RECORD_CHARS = 32 * 2**20  # one line or one JSON record
MAX_DEPTH = 64  # levels of nesting
_CHUNK = 64 * 1024
_TOKEN_CHARS = 16  # an error so near to the end of what was read may only be a token that is not complete
_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_DIGITS = "a number of too many digits"
_ENDS = "the file ends in the middle of it"
_FROM_HERE = "not valid JSON from here on: "

_DECODER = json.JSONDecoder(strict=False)
_BLANKS = re.compile(r"[\s\ufeff]*")
_MARK = re.compile(r'["\[\]{},]')
_REST_OF_STRING = re.compile(r"(?:[^\"\\]++|\\.)*+", re.S)
_MAX_INDENT = 64
_NEXT_OBJECT = re.compile(r"\s*\{")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that could not be read: its line, row or pointer, and why."""

    record: str
    reason: str


def load_json(text: str) -> Any:
    """The value of a JSON text; `ValueError` says what is wrong, too deep nesting included."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (character {error.pos + 1:,})") from None
    except (RecursionError, ValueError) as error:
        raise ValueError(_DEEP if isinstance(error, RecursionError) else _DIGITS) from None
    return _checked(value, _SURROGATE_ESCAPE.search(text) is not None)


def _checked(value: Any, escaped: bool) -> Any:
    """The value; `ValueError` where it is nested too deep. Half surrogates, which no file can hold, become U+FFFD."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [one for parent in level for one in _children(parent) if isinstance(one, (dict, list))]
        if not level:
            return _without_surrogates(value) if escaped else value
    raise ValueError(_DEEP)


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def items(stream: IO[str], prefix: str = "item") -> Iterator[tuple[str, Any | Bad]]:
    """The items under a prefix, each with its pointer: `item` a list's, `results.item` a list's in an object.

    The empty prefix yields the values of a text that holds one or several, one after the other.
    """
    path = [part for part in prefix.split(".") if part and part != "item"]
    text = _Text(stream)
    pointer = "/".join(["", *path])
    if prefix:
        try:
            for key in path:
                text.enter(key)
            text.open("[")
        except ValueError as error:
            yield f"{pointer}/0", Bad(f"{pointer}/0", f"{_FROM_HERE}{error}")
            return
    yield from _values(text, pointer, in_list=bool(prefix))


def _values(text: _Text, pointer: str, *, in_list: bool) -> Iterator[tuple[str, Any | Bad]]:
    """The values from here to the end of the list (or of the text), numbered."""
    number = 0
    while True:
        following = text.peek()
        where = f"{pointer}/{number}"
        if not following or (in_list and following in "]}"):
            if in_list and following != "]":
                yield where, Bad(where, f"{_FROM_HERE}{_ENDS}")
            return
        if following == ",":
            text.at += 1
            continue
        number += 1
        if following in "]}":  # what follows it is read all the same
            text.pass_brackets()
            yield where, Bad(where, f"not valid JSON: {following!r} closes nothing")
            continue
        fault, goes_on, value = text.attempt()
        if fault:
            yield where, Bad(where, f"not valid JSON{'' if goes_on else ' from here on'}: {fault}")
            if not goes_on:
                return
        else:
            yield where, value


def members(stream: IO[str]) -> Iterator[tuple[str, Any | Bad]]:
    """The keys and values of a text that is one JSON object, in its order."""
    text = _Text(stream)
    try:
        text.open("{")
        while (key := text.key()) is not None:
            fault, goes_on, value = text.attempt()
            yield key, Bad(f"/{key}", f"not valid JSON{'' if goes_on else ' from here on'}: {fault}") if fault else value
            if not goes_on:
                return
    except ValueError as error:
        yield "", Bad("/", f"{_FROM_HERE}{error}")


def leading_keys(text: str) -> dict[str, tuple[Any, int]]:
    """The keys of an object whose text may be cut off, with their values and where these begin; a cut value is None."""
    found: dict[str, tuple[Any, int]] = {}
    at = len(text) - len(text.lstrip()) + 1
    while True:
        begin = _past(text, at)
        try:
            key, at = _DECODER.raw_decode(text, begin)
            if not isinstance(key, str) or text[at : at + 1] not in {":", " ", "\n", "\t", "\r"}:
                return found
            at = _past(text, _past(text, at) + 1)
            found[key] = None, at
            value, end = _DECODER.raw_decode(text, at)
            found[key] = value, at
        except (ValueError, RecursionError):
            return found
        at = _past(text, end)
        if text[at : at + 1] != ",":
            return found
        at += 1


def _past(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks is not None else at


class _Text:
    """A JSON text being read: a window that grows while a value is not complete, and is dropped behind it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._ended = False
        self._indent: str | None = ""  # of the line on which the window begins, None inside a line
        self._window = ""
        self.at = 0

    def _more(self) -> bool:
        """Whether there was more to read; the window is at least doubled, so that reading a long value stays linear."""
        piece = "" if self._ended else self._stream.read(max(_CHUNK, len(self._window) - self.at))
        self._ended = not piece
        if piece:
            self._indent = self._indent_here()
            self._window, self.at = self._window[self.at :] + piece, 0
        return bool(piece)

    def _indent_here(self) -> str | None:
        """The blanks before this place where it is the first of its line, else None."""
        line = self._window.rfind("\n", 0, self.at) + 1
        blanks = self._window[line : self.at]
        if len(blanks) > _MAX_INDENT or blanks.strip():
            return None
        return blanks if line else None if self._indent is None else self._indent + blanks

    def peek(self) -> str:
        """The next character that is no blank, "" at the end; it is then the one at `at`."""
        while True:
            blanks = _BLANKS.match(self._window, self.at)
            self.at = blanks.end() if blanks is not None else self.at
            if self.at < len(self._window):
                return self._window[self.at]
            if not self._more():
                return ""

    def pass_brackets(self) -> None:
        """Passes over closing brackets that nothing was opened for, with the commas and blanks between them."""
        while (following := self.peek()) and following in "]},":
            self.at += 1

    def open(self, bracket: str) -> None:
        """Steps into the list or object that begins here; `ValueError` where there is none."""
        found = self.peek()
        if found != bracket:
            raise ValueError(f"wanted {bracket!r}, found {found!r}" if found else _ENDS)
        self.at += 1

    def enter(self, wanted: str) -> None:
        """Steps into the object that begins here, to the value of that key; `ValueError` where it has no such key."""
        self.open("{")
        while (key := self.key()) is not None:
            if key == wanted:
                return
            self.peek()
            if not self._skip():
                break
        raise ValueError(f"there is no key {wanted!r}")

    def key(self) -> str | None:
        """The next key of the object, None at the object's end; behind it stands its value."""
        following = self.peek()
        while following == ",":
            self.at += 1
            following = self.peek()
        if following == "}":
            return None
        key = self._value() if following else None
        if not isinstance(key, str) or self.peek() != ":":
            raise ValueError("wanted a key" if following else _ENDS)
        self.at += 1
        self.peek()
        return key

    def attempt(self) -> tuple[str, bool, Any]:
        """The value that begins here as (fault, whether reading can go on behind it, value)."""
        try:
            return "", True, self._value()
        except ValueError as error:
            fault = " ".join(str(error).split())
        return fault, self._passed_over(), None

    def _value(self) -> Any:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._window, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self._window) - _TOKEN_CHARS
                if cut and self._grown():
                    continue
                cut = cut and not self._window[error.pos :].strip().rstrip("]}")
                raise ValueError(_ENDS if cut or error.msg.startswith("Unterminated") else error.msg) from None
            except (RecursionError, ValueError) as error:
                raise ValueError(_DEEP if isinstance(error, RecursionError) else _DIGITS) from None
            if end > len(self._window) - _TOKEN_CHARS and self._window[self.at] not in '"[{' and self._grown():
                continue  # a number may go on
            text, self.at = self._window[self.at : end], end
            if len(text) > MAX_RECORD_CHARS:
                raise ValueError(f"longer than {MAX_RECORD_CHARS:,} characters")
            return _checked(value, _SURROGATE_ESCAPE.search(text) is not None)

    def _grown(self) -> bool:
        """Whether the window could be grown for the value that begins here, which may have no more than its bound."""
        if len(self._window) - self.at > MAX_RECORD_CHARS:
            raise ValueError(f"longer than {MAX_RECORD_CHARS:,} characters")
        return self._more()

    def _passed_over(self) -> bool:
        """Whether the faulty value that begins here could be passed over: by its line, where values begin lines, else by its brackets."""
        start = self._window[self.at : self.at + 1]
        indent = self._indent_here()
        if start and indent is not None and start in '{["':
            following = self._window.find(f"\n{indent}{start}", self.at)
            if following != -1:
                self.at = following + 1
                return True
        return self._skip()

    def _skip(self) -> bool:
        """Passes over the value that begins here, however long it is; whether its end was found."""
        kinds: list[str] = []
        depth = 0
        while self.at < len(self._window) or self._more():
            if depth > MAX_DEPTH:
                depth = self._skip_below(depth)
            mark = _MARK.search(self._window, self.at)
            if mark is None:
                self.at = len(self._window)
                continue
            found, self.at = mark.group(), mark.end()
            if found == '"':
                if not self._skip_string():
                    return False
            elif found in "[{":
                depth += 1
                kinds += found if depth <= MAX_DEPTH else ""
            elif found in "]}":
                if not depth:  # of the list around it
                    self.at -= 1
                    return True
                depth -= 1
                closed = kinds.pop() if depth < len(kinds) else found
                if closed + found in {"[}", "{]"}:
                    return False
            elif depth == 0 or (depth == 1 and kinds == ["{"] and self._object_follows()):
                self.at -= depth == 0
                return True
            if not depth and found in '"]}':
                return True
        return False

    def _skip_below(self, depth: int) -> int:
        """The depth at the next string, which is skipped to where all brackets before it are deeper than any record's."""
        found = self._window.find('"', self.at)
        end = found if found != -1 else len(self._window)
        opened, closed = (sum(self._window.count(c, self.at, end) for c in pair) for pair in ("[{", "]}"))
        if depth - closed <= MAX_DEPTH:
            return depth
        self.at = end
        return depth + opened - closed

    def _object_follows(self) -> bool:
        """Whether an object follows a comma: inside an object it cannot, so the one around it was never closed."""
        return _NEXT_OBJECT.match(self._window, self.at) is not None

    def _skip_string(self) -> bool:
        while True:
            rest = _REST_OF_STRING.match(self._window, self.at)
            self.at = rest.end() if rest is not None else self.at
            if self.at < len(self._window) and self._window[self.at] == '"':
                self.at += 1
                return True
            if not self._more():  # a backslash that ends the window stays in it
                return False
