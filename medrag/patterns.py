"""Regular expressions that are compiled when they are first used: the package has a thousand, and a question needs a few hundred."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast
from weakref import WeakSet

__all__ = ["compile_all", "for_lower", "regex"]

_ASKED = (
    "search",
    "match",
    "fullmatch",
    "finditer",
    "findall",
    "sub",
    "subn",
    "split",
    "pattern",
    "flags",
    "groups",
    "groupindex",
)


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern as `re.compile` has it, compiled by the first thing that is asked of it.

    It is for names of modules. What takes apart what it is given, such as `re.sub(pattern, …)`, wants `re.compile`: ask the
    pattern itself. A test compiles them all, so that a mistake in one is found though nobody asked it anything.
    """
    return cast("re.Pattern[str]", _Uncompiled(pattern, flags))


@lru_cache(maxsize=256)
def for_lower(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """A pattern that has no capitals and ignores case, for texts that are in lower case: the engine skips to where it may begin."""
    return re.compile(pattern.pattern, pattern.flags & ~re.IGNORECASE)


def compile_all() -> None:
    """Compiles the patterns of all modules that are loaded, for a process that would rather wait now than at a question."""
    for one in tuple(_waiting):
        one.compile()


class _Compiled:
    """What a compiled pattern has, each under its name."""


class _Uncompiled(_Compiled):
    """Becomes a `_Compiled` when it is asked for anything, so that what is asked often costs what the pattern's own costs."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._written = pattern, flags
        _waiting.add(self)

    def __getattr__(self, name: str) -> object:
        if name not in _ASKED:  # nobody who looks for special methods means the pattern
            raise AttributeError(name)
        self.compile()
        return self.__dict__[name]

    def compile(self) -> None:
        compiled = re.compile(*self._written)
        self.__dict__.update((one, getattr(compiled, one)) for one in _ASKED)
        self.__class__ = _Compiled  # type: ignore[assignment]  # of the same layout, and without a `__getattr__` to go through
        _waiting.discard(self)


_waiting: WeakSet[_Uncompiled] = WeakSet()
