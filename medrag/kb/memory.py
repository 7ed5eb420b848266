"""What is worked out from a knowledge base and kept for as long as its commit is read, by the view that may see it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TypeVar
from weakref import WeakKeyDictionary

from medrag.kb.base import KnowledgeBase
from medrag.kb.several import SeveralKnowledgeBases

__all__ = ["Memory", "memory_of"]

T = TypeVar("T")
_memories: WeakKeyDictionary[object, dict[str, Memory]] = WeakKeyDictionary()


class Memory:
    """Up to `most` things by their keys; those used least recently are let go. Several threads may ask at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made once while it is remembered."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            with suppress(KeyError):  # another thread let it go meanwhile
                self._kept.move_to_end(key)
        return found  # type: ignore[return-value]  # stored under its own key


def memory_of(kb: KnowledgeBase, name: str, most: int) -> Memory:
    """The memory of that name for what this view of the knowledge base reads; another commit or view has another."""
    pin: object = kb._joined if isinstance(kb, SeveralKnowledgeBases) else kb._snapshot
    named = _memories.setdefault(pin, {})
    return named.setdefault(name, Memory(most))
