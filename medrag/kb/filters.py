"""What a search is restricted to; every channel applies it while searching, never afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from medrag.errors import QuestionError
from medrag.kb.folding import fold
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Passage

__all__ = ["Filters", "day_number"]

LAST_DAY = 99_999_999


@dataclass(frozen=True, slots=True)
class Filters:
    """Only documents of these sources, languages, kinds and makers, with one of these tags, effective in these days.

    An empty set allows all. `groups` are section groups: passages of other sections are left out, facts are not
    touched. `since` and `until` are ISO dates, whole or cut to year or month, both included; a document without a date
    passes where neither is given. Makers are compared folded (case, width, blanks).
    """

    sources: frozenset[str] = frozenset()
    langs: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    groups: frozenset[SectionGroup] = frozenset()
    since: str = ""
    until: str = ""

    def __bool__(self) -> bool:
        return bool(self.by_field() or self.since or self.until)

    def by_field(self) -> dict[str, frozenset[str]]:
        """The restrictions that are set, by the name of the index field."""
        restricted: dict[str, frozenset[str]] = {
            "source": self.sources,
            "lang": self.langs,
            "kind": self.kinds,
            "tag": self.tags,
            "maker": frozenset(fold(maker) for maker in self.makers),
            "group": frozenset(group.value for group in self.groups),
        }
        return {name: values for name, values in restricted.items() if values}

    def parts(self) -> list[list[Filters]]:
        """Filters that each have one restriction; what passes passes one of each list."""
        parts = [
            [Filters(sources=frozenset([value])) for value in sorted(self.sources)],
            [Filters(langs=frozenset([value])) for value in sorted(self.langs)],
            [Filters(kinds=frozenset([value])) for value in sorted(self.kinds)],
            [Filters(tags=frozenset([value])) for value in sorted(self.tags)],
            [Filters(makers=frozenset([value])) for value in sorted(self.makers)],
            [Filters(groups=frozenset([group])) for group in sorted(self.groups)],
            [Filters(since=self.since, until=self.until)] if self.since or self.until else [],
        ]
        return [part for part in parts if part]

    def days(self) -> tuple[int, int] | None:
        """The first and the last day allowed, as numbers; None where every day is. Raises `QuestionError` for no date."""
        if not (self.since or self.until):
            return None
        return day_number(self.since) if self.since else 1, day_number(self.until, end=True) if self.until else LAST_DAY

    def allows(self, document: DocumentInfo) -> bool:
        """Whether a document passes."""
        days = self.days()
        return (
            (not self.sources or document.source in self.sources)
            and (not self.langs or document.lang in self.langs)
            and (not self.kinds or document.kind in self.kinds)
            and (not self.tags or bool(self.tags & set(document.tags)))
            and (not self.makers or fold(document.maker) in self.by_field()["maker"])
            and (days is None or days[0] <= day_number(document.effective) <= days[1])
        )

    def allows_passage(self, passage: Passage) -> bool:
        """Whether a passage of a document that passes does."""
        return not self.groups or passage.section.group in self.groups


def day_number(date: str, *, end: bool = False) -> int:
    """An ISO date as the number 20260131; what is cut off counts as its first day or, with `end`, its last; 0 for none."""
    if not date:
        return 0
    parts = date.split("-")
    if len(parts) > 3 or not all(part.isdecimal() for part in parts) or len(parts[0]) != 4:
        raise QuestionError(f"{date!r} is no date: write 2026, 2026-01 or 2026-01-31")
    missing = ["99", "99"] if end else ["00", "00"]
    year, month, day = [*parts, *missing[len(parts) - 1 :]][:3]
    return int(year) * 10_000 + int(month) * 100 + int(day)
