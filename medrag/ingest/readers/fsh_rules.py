"""The rules of a FHIR Shorthand file: which path of which instance is assigned which value, soft indices worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Instance", "instances"]

_KEYWORD = re.compile(
    r"^(Instance|InstanceOf|Title|Description|Usage|Alias|Profile|Extension|ValueSet|CodeSystem|RuleSet|Invariant|Logical|Resource|Mapping)\s*:\s*(.*)$"
)
_RULE = re.compile(r"^(\s*)\*\s+(.*)$", re.S)
_EQUALS = re.compile(r"\s=\s")  # the = of section[=] has no blanks around it
_PART = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])*)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_INDENT = 2  # FSH: two blanks a level
_MAX_PARTS = 64  # of a path: FHIR's have a dozen at most, and every part is counted by the whole path before it
_MAX_DIGITS = 6  # of an index


@dataclass(slots=True)
class Instance:
    """One instance: its id, what it is an instance of, the line it begins on, and its values by path (`section[0].title`)."""

    id: str
    line: int
    of: str = ""
    values: dict[str, str] | None = None

    def get(self, *paths: str) -> str:
        """The value of the first of the paths that has one; empty where none has."""
        return next((value for path in paths if (value := (self.values or {}).get(path, ""))), "")


def instances(text: str) -> Iterator[Instance]:
    """The instances of a file in order; what belongs to other kinds of definitions is passed over."""
    current: Instance | None = None
    resolver = _Paths()
    for number, line in _logical_lines(text):
        keyword = _KEYWORD.match(line)
        if keyword is not None:
            if keyword[1] == "InstanceOf" and current is not None:
                current.of = keyword[2].strip()
            elif keyword[1] not in {"Title", "Description", "Usage"}:
                if current is not None:
                    yield current
                current = Instance(keyword[2].strip(), number, values={}) if keyword[1] == "Instance" else None
                resolver = _Paths()
            continue
        rule = _RULE.match(line)
        if rule is None or current is None or current.values is None:
            continue
        equals = _EQUALS.search(rule[2])
        left = rule[2][: equals.start()] if equals else _uncommented(rule[2])
        path = resolver.resolve(left, len(rule[1].expandtabs(_INDENT)) // _INDENT)
        if equals:
            current.values[path] = _value(rule[2][equals.end() :])
    if current is not None:
        yield current


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers from 1; one whose string runs over several lines comes whole."""
    gathered: list[str] = []
    first = 1
    close = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not gathered:
            first = number
            close = _open_string(line)
        elif close in line:
            close = _open_string(line.partition(close)[2]) if close == '"""' else ""
        gathered.append(line)
        if not close:
            yield first, "\n".join(gathered)
            gathered = []
    if gathered:  # a string that never ends: the file was cut
        yield first, "\n".join(gathered)


def _open_string(line: str) -> str:
    """The quote that must come to end the string that is open at the end of the line; empty where none is."""
    if line.count('"""') % 2:
        return '"""'
    rest = _STRING.sub("", re.sub(r'""".*?"""', "", line))
    at = rest.find('"')
    return '"' if at != -1 and "//" not in rest[:at] else ""


def _uncommented(rest: str) -> str:
    return re.sub(r"\s+//.*$", "", rest, flags=re.S).strip()


def _value(raw: str) -> str:
    """The value as text: a string without quotes and escapes, a code without `#`, else the first word."""
    raw = raw.strip()
    if raw.startswith('"""'):
        return raw[3:].partition('"""')[0]
    if raw.startswith('"'):
        match = _STRING.match(raw)
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), match[1] if match else raw[1:], flags=re.S)
    if raw.startswith("#"):
        return raw[1:].split()[0] if raw[1:].split() else ""
    return raw.split()[0] if raw else ""


class _Paths:
    """Turns `section[=].section[+].title`, and paths indented under a context, into paths with numbers."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._contexts: list[str] = []

    def resolve(self, path: str, indent: int) -> str:
        """The path with every index a number; it becomes the context of what is indented under it."""
        del self._contexts[indent:]
        at = self._contexts[-1] if self._contexts and indent else ""
        for name, indices in _PART.findall(path.strip().rstrip("."))[:_MAX_PARTS]:
            at = f"{at}.{name}" if at else name
            if name == "section" or indices:
                at = f"{at}[{self._index(at, indices.strip('[]'))}]"
        while len(self._contexts) < indent:
            self._contexts.append(self._contexts[-1] if self._contexts else "")
        self._contexts.append(at)
        return at

    def _index(self, at: str, index: str) -> int:
        last = self._last.get(at, -1)
        if index == "+":
            self._last[at] = last + 1
        elif index.isdecimal() and len(index) <= _MAX_DIGITS:
            self._last[at] = int(index)
        elif index == "=":
            self._last[at] = max(last, 0)
        else:  # no index is the first; a slice name counts as one
            self._last[at] = 0
        return self._last[at]
