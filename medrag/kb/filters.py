"""What a search is restricted to; every channel applies it while searching, never afterwards."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Filters"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Only documents of these sources, languages and kinds, with one of these tags; an empty set allows all."""

    sources: frozenset[str] = frozenset()
    langs: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sources or self.langs or self.kinds or self.tags)

    def by_field(self) -> dict[str, frozenset[str]]:
        """The restrictions that are set, by the name of the index field."""
        fields = {"source": self.sources, "lang": self.langs, "kind": self.kinds, "tag": self.tags}
        return {name: values for name, values in fields.items() if values}
