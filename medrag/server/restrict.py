"""What a request may read: what the assistant reads, and of that what the request asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from medrag.chat.assistant import Only
from medrag.kb.filters import Filters, day_number
from medrag.server.errors import ApiError

__all__ = ["both"]

V = TypeVar("V")
_SETS = ("sources", "langs", "kinds", "tags", "makers", "groups")


def both(assistant: Filters, asked: Only | None) -> Filters:
    """The filters that let pass what passes both. Raises a 400 where nothing could, and for what is no date."""
    if asked is None:
        return assistant
    wanted = asked.filters()
    wanted.days()  # raises for what is no date
    common = {name: _common(name, getattr(assistant, name), getattr(wanted, name)) for name in _SETS}
    return replace(
        assistant,
        **common,
        since=_one(assistant.since, wanted.since, lambda days: max(days, key=day_number)),
        until=_one(assistant.until, wanted.until, lambda days: min(days, key=lambda day: day_number(day, end=True))),
    )


def _common(name: str, assistant: frozenset[V], asked: frozenset[V]) -> frozenset[V]:
    if not assistant or not asked:
        return assistant or asked
    common = assistant & asked
    if not common:
        have = ", ".join(sorted(map(str, assistant)))
        raise ApiError(400, f"filters.{name}: this assistant reads only {have}", code="nothing_left", param=f"filters.{name}")
    return common


def _one(assistant: str, asked: str, narrower: Callable[[list[str]], str]) -> str:
    days = [day for day in (assistant, asked) if day]
    return narrower(days) if days else ""
