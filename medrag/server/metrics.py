"""What is counted of a server, in Prometheus' form: how many, how long, how often it abstained; never what was asked.

With several worker processes their numbers are added up by way of files in the folder that `PROMETHEUS_MULTIPROC_DIR` names.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from medrag.errors import MissingExtraError
from medrag.types import Answer, Verdict

try:
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector
except ImportError:
    raise MissingExtraError("prometheus-client", "server") from None

__all__ = ["CONTENT_TYPE", "MULTIPROCESS", "Metrics", "Outcome", "outcome_of"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is counted of an answer; `seconds` passed until its evidence was found."""

    abstained: bool
    reason: str
    verdicts: tuple[Verdict, ...]
    seconds: float


def outcome_of(answer: Answer) -> Outcome:
    """What is counted of this answer."""
    times = answer.trace.get("milliseconds")
    spent = times.get("total", 0.0) - times.get("write", 0.0) if isinstance(times, dict) else 0.0
    verdicts = tuple(claim.verdict for claim in answer.claims)
    return Outcome(answer.abstained, answer.reason, verdicts, spent / 1000)


class Metrics:
    """The numbers of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "medrag_http_requests", "Requests, by route and status.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "medrag_http_request_seconds",
            "Seconds to the last byte of a response.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "medrag_http_requests_in_flight", "Requests under way.", registry=self.registry, multiprocess_mode="livesum"
        )
        self.refused = Counter("medrag_http_refused", "Requests that were not let in.", ["code"], registry=self.registry)
        self.answers = Counter(
            "medrag_answers", "Answers, by assistant and outcome.", ["model", "outcome"], registry=self.registry
        )
        self.abstentions = Counter("medrag_abstentions", "Abstentions, by reason.", ["reason"], registry=self.registry)
        self.claims = Counter("medrag_claims", "Claims of answers, by verdict.", ["verdict"], registry=self.registry)
        self.retrieval = Histogram(
            "medrag_retrieval_seconds", "Seconds to the evidence.", buckets=SECONDS, registry=self.registry
        )
        self.streams = Gauge("medrag_streams_open", "Streams under way.", registry=self.registry, multiprocess_mode="livesum")
        self.first_text = Histogram(
            "medrag_stream_first_text_seconds", "Seconds to a stream's first words.", buckets=SECONDS, registry=self.registry
        )
        self.stopped = Counter("medrag_answers_stopped", "Answers cut short, by cause.", ["cause"], registry=self.registry)

    def count(self, model: str, outcome: Outcome) -> None:
        """Counts an answer that was given."""
        self.answers.labels(model, "abstained" if outcome.abstained else "answered").inc()
        if outcome.abstained:
            self.abstentions.labels(outcome.reason or "unknown").inc()
        for verdict in outcome.verdicts:
            self.claims.labels(verdict.value).inc()
        self.retrieval.observe(outcome.seconds)

    def text(self) -> bytes:
        """All numbers, of every worker process."""
        if os.environ.get(MULTIPROCESS):
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library declares none
            return generate_latest(together)
        return generate_latest(self.registry)
