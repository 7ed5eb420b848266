"""Metrics, logs and spans say how much, how long and how it ended, and hold no words of anybody."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from medrag.server.logs import REQUESTS, JsonLines
from tests.server.serving import Serving, assistant_over, serving

SECRET = "布洛芬缓释胶囊孕妇能用吗，我叫张三"


@pytest.fixture
def running(shelf_folder: Path) -> Iterator[Serving]:
    with serving(assistant_over(shelf_folder)) as found:
        yield found


def numbers(running: Serving) -> dict[str, float]:
    lines = running.client.get("/metrics").text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def test_requests_answers_verdicts_and_abstentions_are_counted(running: Serving) -> None:
    running.ask(SECRET)
    running.ask("今天天气怎么样？")
    running.client.post("/v1/ask", json={"question": SECRET, "stream": True})
    running.client.post("/v1/ask", json={"question": ""})
    running.client.get(f"/v1/sessions/{SECRET}")
    found = numbers(running)
    assert found['medrag_http_requests_total{method="POST",route="/v1/ask",status="200"}'] == 3
    assert found['medrag_http_requests_total{method="POST",route="/v1/ask",status="400"}'] == 1
    assert found['medrag_http_request_seconds_count{route="/v1/ask"}'] == 4
    assert found['medrag_answers_total{model="medrag",outcome="answered"}'] == 2
    assert found['medrag_answers_total{model="medrag",outcome="abstained"}'] == 1
    assert found['medrag_claims_total{verdict="supported"}'] >= 2
    assert found["medrag_stream_first_text_seconds_count"] == 1 and found["medrag_streams_open"] == 0
    assert found["medrag_retrieval_seconds_count"] == 3
    assert found["medrag_http_requests_in_flight"] == 1  # this one
    assert "张三" not in running.client.get("/metrics").text


def test_each_app_counts_for_itself(shelf_folder: Path, running: Serving) -> None:
    running.ask(SECRET)
    with serving(assistant_over(shelf_folder)) as other:
        assert 'medrag_answers_total{model="medrag",outcome="answered"}' not in numbers(other)


def eventually(holds: Callable[[], bool]) -> None:
    """Waits for what a server does after its answer has left: it logs the request, and ends its span."""
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_line_is_logged_for_each_request_without_its_words(running: Serving, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, REQUESTS):
        response = running.client.post("/v1/ask", json={"question": SECRET}, headers={"X-Request-Id": "abc-1"})
        eventually(lambda: any(one.name == REQUESTS for one in caplog.records))
    assert response.headers["x-request-id"] == "abc-1"
    line = json.loads(JsonLines().format(next(one for one in caplog.records if one.name == REQUESTS)))
    assert line["route"] == "/v1/ask" and line["status"] == 200 and line["method"] == "POST" and line["caller"] == "local"
    assert SECRET not in caplog.text
    odd = running.client.get("/healthz", headers={"X-Request-Id": "x" * 500})
    assert len(odd.headers["x-request-id"]) == 16


def test_an_exception_is_logged_by_where_it_happened(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("medrag.test").exception("it failed")
    line = JsonLines().format(caplog.records[-1])
    assert "test_numbers.py" in line and "ValueError" in line and SECRET not in line


def test_spans_follow_the_callers_and_hold_no_words(running: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda name, *_, **__: provider.get_tracer(name))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    running.client.post("/v1/ask", json={"question": SECRET}, headers={"traceparent": parent})
    eventually(lambda: any(span.name == "POST /v1/ask" for span in exporter.get_finished_spans()))
    spans = {span.name: span for span in exporter.get_finished_spans()}
    request, answer = spans["POST /v1/ask"], spans["medrag.ask"]
    assert f"{request.context.trace_id:032x}" == parent.split("-")[1]
    assert answer.parent is not None and answer.parent.span_id == request.context.span_id
    assert request.attributes is not None and request.attributes["http.response.status_code"] == 200
    assert answer.attributes is not None and answer.attributes["medrag.abstained"] is False
    told = json.dumps([json.loads(span.to_json()) for span in spans.values()], ensure_ascii=False)
    assert SECRET not in told and "禁用" not in told
