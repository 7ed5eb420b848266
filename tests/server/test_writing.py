"""Assistants for which a model writes: streams as it speaks, stops when nobody listens, and answers without it when it fails."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from medrag.llm.count import estimated
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.server import streams, work
from medrag.server.desk import Desk
from medrag.server.settings import ServerSettings
from tests.llm.servers import DONE, Asked, event
from tests.llm.servers import serving as odd_server
from tests.server.serving import IBUPROFEN, Serving, assistant_over, scripted, serving

SAID = "孕妇及哺乳期妇女禁用[1]。"
ASKED = [{"role": "user", "content": IBUPROFEN}]
WAITS_S = 10.0
LEAVES_S = 5.0  # a client that leaves; before that a first question loads what it needs, and asks the model


@contextmanager
def writing(folder: Path, *replies: str | Script, timeout: float = 120.0) -> Iterator[tuple[Serving, ScriptedLLM]]:
    """A server whose model gives these replies."""
    llm = ScriptedLLM(list(replies))
    with serving(scripted(folder, llm), settings=ServerSettings(timeout=timeout)) as running:
        yield running, llm


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something becomes true before long."""
    until = time.monotonic() + WAITS_S
    while not (is_so := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return is_so


def metric(running: Serving, line: str) -> float:
    """A number of the server's."""
    found = [one for one in running.client.get("/metrics").text.splitlines() if one.startswith(line + " ")]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


def test_what_a_model_writes_is_checked_and_comes_claim_by_claim(shelf_folder: Path) -> None:
    with writing(shelf_folder, SAID + "孕妇可以服用[1]。") as (running, _):
        body = {"model": "written", "messages": ASKED, "stream": True}
        told = [
            json.loads(line[6:])
            for line in running.client.post("/v1/chat/completions", json=body).text.splitlines()
            if line.startswith("data: {")
        ]
        claims = [chunk["medrag"]["claim"] for chunk in told if "claim" in chunk.get("medrag", {})]
        assert claims[0]["verdict"] == "supported" and claims[1]["verdict"] != "supported"
        assert claims == told[-1]["medrag"]["claims"]
        assert running.client.get("/v1/models").json()["data"][0]["medrag"]["writer"] != "extractive"


def test_a_model_stops_when_the_client_leaves_a_stream(shelf_folder: Path) -> None:
    spoken = itertools.count()
    latest = [0]

    def endless() -> Iterator[str]:
        for latest[0] in spoken:
            yield SAID

    with writing(shelf_folder, Script(endless(), between_s=0.02)) as (running, _):
        body = {"model": "written", "messages": ASKED, "stream": True}
        with running.client.stream("POST", "/v1/chat/completions", json=body) as response:
            lines = response.iter_lines()
            assert any("claim" in line for line in lines)
        assert eventually(lambda: metric(running, "medrag_streams_open") == 0)
        assert eventually(lambda: _still(latest))


def _still(latest: list[int]) -> bool:
    """Whether nothing more is said for a while."""
    before = latest[0]
    time.sleep(0.3)
    return before > 0 and latest[0] == before


def test_a_model_stops_when_the_client_leaves_before_the_answer(shelf_folder: Path) -> None:
    with writing(shelf_folder, Script([SAID], hangs=True)) as (running, llm):
        with pytest.raises(httpx.ReadTimeout):
            running.client.post("/v1/ask", json={"question": IBUPROFEN}, timeout=LEAVES_S)
        assert llm.calls
        assert eventually(lambda: metric(running, 'medrag_answers_stopped_total{cause="client left"}') == 1)
        assert eventually(lambda: metric(running, "medrag_http_requests_in_flight") == 1)


def test_a_model_that_hangs_is_stopped_when_the_time_is_up(shelf_folder: Path) -> None:
    with writing(shelf_folder, Script([SAID], hangs=True), timeout=2.0) as (running, _):
        record = running.ask()
        assert "孕妇及哺乳期妇女禁用" in record["answer"]
        assert any(notice["kind"] == "model" for notice in record["notices"])
        streamed = running.client.post("/v1/ask", json={"question": IBUPROFEN, "stream": True})
        assert "event: answer" in streamed.text


def test_a_model_that_is_down_leaves_the_evidence_and_says_so(shelf_folder: Path) -> None:
    with writing(shelf_folder, Script([], error=ConnectionError("refused at 10.0.0.3:8000"))) as (running, _):
        record = running.ask()
        assert "孕妇及哺乳期妇女禁用" in record["answer"] and record["evidence"]
        assert any(notice["kind"] == "model" for notice in record["notices"])


def test_what_does_not_stop_even_then_is_a_504(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LEAVE_S", 0.2)
    released = threading.Event()
    medrag_for = Desk.medrag_for

    def slow(*given: Any, **named: Any) -> Any:
        released.wait(WAITS_S)
        return medrag_for(*given, **named)

    with serving(assistant_over(shelf_folder), settings=ServerSettings(timeout=0.3)) as running:
        monkeypatch.setattr(Desk, "medrag_for", slow)
        for more in ({}, {"stream": True}):
            late = running.client.post("/v1/ask", json={"question": IBUPROFEN, **more})
            assert late.status_code == 504 and late.json()["error"]["code"] == "timeout"
        released.set()
        # On a busy machine what is asked first may take longer than this server waits.
        assert eventually(lambda: running.client.post("/v1/ask", json={"question": IBUPROFEN}).status_code == 200)


def test_a_client_that_leaves_before_a_stream_has_begun_is_missed(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    medrag_for = Desk.medrag_for

    def slow(*given: Any, **named: Any) -> Any:
        released.wait(WAITS_S)
        return medrag_for(*given, **named)

    with serving(assistant_over(shelf_folder)) as running:
        with monkeypatch.context() as patched:
            patched.setattr(Desk, "medrag_for", slow)
            with pytest.raises(httpx.ReadTimeout):
                running.client.post("/v1/ask", json={"question": IBUPROFEN, "stream": True}, timeout=0.5)
            assert eventually(lambda: metric(running, 'medrag_answers_stopped_total{cause="client left"}') == 1)
            assert eventually(lambda: metric(running, "medrag_http_requests_in_flight") == 1)
            released.set()
        assert "禁用" in running.ask()["answer"]


def test_a_silent_stream_shows_that_it_lives(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BEAT_S", 0.1)
    with writing(shelf_folder, Script([SAID], before_s=0.6)) as (running, _):
        text = running.client.post("/v1/ask", json={"question": IBUPROFEN, "stream": True}).text
    assert streams.AT_WORK.decode().strip() in text
    assert text.index("event: evidence") < text.index(": at work") < text.index("event: answer")


def test_many_streams_are_open_at_a_time(shelf_folder: Path) -> None:
    slow = Script([SAID], before_s=1.0)
    with writing(shelf_folder, slow) as (running, _):
        texts: list[str] = []

        def read() -> None:
            body = {"question": IBUPROFEN, "stream": True}
            texts.append(running.client.post("/v1/ask", json=body, timeout=60.0).text)

        threads = [threading.Thread(target=read) for _ in range(24)]
        for thread in threads:
            thread.start()
        assert eventually(lambda: metric(running, "medrag_streams_open") >= 12)
        for thread in threads:
            thread.join()
    assert len(texts) == 24 and all("event: answer" in text for text in texts)


def test_a_model_writes_as_the_request_says_and_its_tokens_are_counted(shelf_folder: Path) -> None:
    def answer(asked: Asked) -> None:
        asked.stream(event(SAID, "length"), DONE)

    with odd_server(answer) as upstream:
        opened = assistant_over(
            shelf_folder, "written", llm=f"http:{upstream.url}#m", input_limit=4000, generation={"max_new": 60}, distil=False
        )
        with serving(opened) as running:
            body = {"model": "written", "messages": ASKED, "temperature": 0.4, "max_tokens": 12}
            whole = running.client.post("/v1/chat/completions", json=body).json()
            running.client.post("/v1/chat/completions", json={**body, "temperature": None, "max_tokens": 4_000})
            refused = running.client.post("/v1/chat/completions", json={**body, "temperature": 3})
    asked = upstream.chats()
    assert [(one["temperature"], one["max_tokens"]) for one in asked] == [(0.4, 12), (0.0, 60)]
    usage = whole["usage"]
    assert usage["completion_tokens"] == estimated(SAID)
    assert usage["prompt_tokens"] > usage["completion_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["medrag"]["writing"]["generation"]["max_new"] == 12
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "temperature")


def test_the_extractive_writer_takes_settings_and_has_no_use_for_them(shelf_folder: Path) -> None:
    with serving(assistant_over(shelf_folder)) as running:
        said = [
            running.client.post("/v1/chat/completions", json={"model": "medrag", "messages": ASKED, **settings}).json()
            for settings in ({}, {"temperature": 1.0, "max_tokens": 1})
        ]
    assert said[0]["choices"] == said[1]["choices"]
    assert said[1]["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
