"""What is kept of a knowledge base beside it: what was worked out from it, and a connection for the length of a question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar
from weakref import WeakKeyDictionary

from medrag.kb import holding as held
from medrag.kb.base import KnowledgeBase

__all__ = ["Memory", "holding", "is_local", "memory_of", "passages_in"]

K = TypeVar("K", bound=Hashable)
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
            return self.put(key, make())
        with suppress(KeyError):  # another thread let it go meanwhile
            self._kept.move_to_end(key)
        return found  # type: ignore[return-value]  # stored under its own key

    def put(self, key: Hashable, value: T) -> T:
        """Remembers a value in the place of what was remembered under its key, and returns it."""
        self._kept[key] = value
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def all_of(self, keys: Sequence[K], make: Callable[[list[K]], Sequence[T]]) -> dict[K, T]:
        """What stands under each of some keys; `make` is asked once for those that are not remembered, and answers in their order."""
        found: dict[K, T] = {}
        for key in keys:
            value = self._kept.get(key)
            if value is not None:
                found[key] = value  # type: ignore[assignment]  # stored under its own key
                with suppress(KeyError):
                    self._kept.move_to_end(key)
        new = list(dict.fromkeys(key for key in keys if key not in found))
        if new:
            found.update((key, self.put(key, value)) for key, value in zip(new, make(new), strict=True))
        return found


def memory_of(kb: KnowledgeBase, name: str, most: int) -> Memory:
    """The memory of that name for what this view of the knowledge base reads; another commit or view has another."""
    joined: object = getattr(kb, "_joined", None)  # of several; they are not imported for the sake of one
    pin = kb._snapshot if joined is None else joined
    named = _memories.setdefault(pin, {})
    return named.setdefault(name, Memory(most))


@contextmanager
def holding(kb: KnowledgeBase) -> Iterator[None]:
    """A block in which this thread reads the knowledge base through one connection.

    Of a database on a server none is held: its pool is limited, and the indexes there take connections of the same one.
    """
    with ExitStack() as stack:
        for base in _bases(kb):
            if not base._store.is_server:
                stack.enter_context(held.holding(base._store.database, base._engine))
        yield


def is_local(kb: KnowledgeBase) -> bool:
    """Whether all of a knowledge base is on this machine, so that searching it is work and no waiting for a server."""
    return not any(base._store.is_server for base in _bases(kb))


def passages_in(kb: KnowledgeBase) -> int:
    """How many passages a knowledge base has that may be seen."""
    return sum(base._snapshot.words.total for base in _bases(kb))


def _bases(kb: KnowledgeBase) -> Sequence[KnowledgeBase]:
    """The knowledge bases that one is made of."""
    joined = getattr(kb, "_joined", None)
    return (kb,) if joined is None else joined.bases
