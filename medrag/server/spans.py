"""OpenTelemetry spans, where its API is installed; ids, counts and times, never the words of a question or an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Span", "span"]

Value = str | bool | int | float


class Span(Protocol):
    """What is told of a step of the work."""

    def set_attribute(self, key: str, value: Value) -> None:
        """Adds one thing that is known of it."""
        ...


class _NoSpan:
    def set_attribute(self, key: str, value: Value) -> None:
        """Nobody listens."""


@contextmanager
def span(name: str, attributes: Mapping[str, Value], carrier: Mapping[str, str] | None = None) -> Iterator[Span]:
    """A span around the block; `carrier` are the headers that may name a parent of another process."""
    try:
        from opentelemetry import propagate, trace
    except ImportError:
        yield _NoSpan()
        return
    parent = propagate.extract(carrier) if carrier is not None else None
    tracer = trace.get_tracer("medrag.server")
    # An exception's message may quote a question, so it is not recorded; the status of the response is.
    with tracer.start_as_current_span(
        name, context=parent, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as started:
        yield started
