"""The tools for agents over HTTP: who may listen, who may ask, and what a key sees."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import httpx2  # which the client is built on
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from medrag.cli import main
from medrag.kb.base import KnowledgeBase
from medrag.server.desk import Desk
from medrag.server.keys import KeyRing, Role
from medrag.server.mcp import PATH, http_app
from medrag.server.settings import ServerSettings
from tests.making import label
from tests.server.agents import desk_over, refused, text, tool

T = TypeVar("T")


@pytest.fixture(scope="module")
def desk(shelf_folder: Path) -> Iterator[Desk]:
    with desk_over(shelf_folder) as opened:
        yield opened


@contextmanager
def listening(desk: Desk, settings: ServerSettings) -> Iterator[str]:
    """The address at which the tools are offered until the block ends."""
    config = uvicorn.Config(http_app(desk, settings), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="mcp", daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}{PATH}"
    finally:
        server.should_exit = True
        thread.join(20)


def with_key(url: str, token: str, use: Callable[[Client], Awaitable[T]]) -> T:
    """What a client gets that sends a key."""

    async def run() -> T:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers) as web, Client(streamable_http_client(url, http_client=web)) as client:
            return await use(client)

    return asyncio.run(run())


def test_the_client_speaks_over_http(desk: Desk) -> None:
    with listening(desk, ServerSettings()) as url:
        result = tool(url, "ask", question="布洛芬缓释胶囊的禁忌")
        assert "孕妇及哺乳期妇女禁用" in result.structured_content["answer"]
        assert text(tool(url, "search", question="")).startswith("question: String should have at least 1 character")


def test_the_command_listens_and_ends_when_it_is_told_to(shelf_folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "medrag", "mcp", "--kb", str(shelf_folder), "--http", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        try:
            while b"Uvicorn running" not in (line := running.stderr.readline()):
                assert line, "it ended before it listened"
            result = tool(f"http://127.0.0.1:{port}/mcp", "ask", question="布洛芬缓释胶囊的禁忌")
            assert "孕妇及哺乳期妇女禁用" in result.structured_content["answer"]
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(30) in (0, 130)
        assert running.stdout.read() == b""
        assert "布洛芬" not in running.stderr.read().decode()


def test_over_http_the_gate_holds(desk: Desk) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    wants = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    with listening(desk, ServerSettings(max_body=1000)) as url:
        foreign = httpx.post(url, json=ping, headers={**wants, "Origin": "http://evil.example"})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "unknown_origin")
        renamed = httpx.post(url, json=ping, headers={**wants, "Host": "evil.example"})
        assert (renamed.status_code, renamed.json()["error"]["code"]) == (403, "unknown_host")
        large = httpx.post(url, content=b" " * 2000, headers=wants)
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        broken = httpx.post(url, content=b"{", headers=wants)
        assert broken.status_code == 400 and "Traceback" not in broken.text
        half = (
            '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"\\ud800 的禁忌"}}}'
        )
        assert httpx.post(url, content=half, headers=wants).status_code < 500
        assert not tool(url, "ask", question="布洛芬片的适应症").is_error


def test_a_key_sees_its_documents_alone(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "tags.kb") as kb, kb.write() as writer:
        writer.add(label("布洛芬片", {"【禁忌】": "孕妇禁用。"}, key="P1", tags=("public",)))
        writer.add(label("抗凝血素片", {"【禁忌】": "出血者禁用。"}, key="S1", tags=("ward",)))
    ring = KeyRing(tmp_path / "keys.json")
    _, public = ring.add("public", [Role.ASK], access=["public"])
    _, ward = ring.add("ward", [Role.ASK], access=["ward"])
    _, files = ring.add("files", [Role.INGEST])

    def use(name: str, /, **arguments: object) -> Callable[[Client], Awaitable[CallToolResult]]:
        return lambda client: client.call_tool(name, arguments)

    with desk_over(tmp_path / "tags.kb") as desk, listening(desk, ServerSettings(keys=tmp_path / "keys.json")) as url:
        asked = use("ask", question="抗凝血素片的禁忌")
        assert "出血者禁用" in with_key(url, ward, asked).structured_content["answer"]
        assert with_key(url, public, asked).structured_content["abstained"]
        assert with_key(url, public, use("document", key="S1")).is_error
        assert with_key(url, public, use("entity", name="抗凝血素片")).is_error
        found = with_key(url, public, use("search", question="禁用", k=50)).structured_content["evidence"]
        assert {piece["place"]["key"] for piece in found} == {"P1"}
        assert text(with_key(url, files, use("document", key="P1"))) == "this needs an API key with the role ask"

        assert "there is no document 'S1'" in with_key(
            url, public, lambda client: refused(client, "medrag://documents/labels/S1")
        )
        answer = httpx.post(url, json={}, headers={"Authorization": "Bearer wrong"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "wanted --kb FOLDER or --assistant FILE.yaml: give exactly one of them"),
        (("--kb", "x", "--http", "0.0.0.0:1"), "--http 0.0.0.0:1: others could ask without a key: add --keys FILE"),
        (("--kb", "x", "--http", "here"), "--http here: wanted HOST:PORT, such as 127.0.0.1:8001"),
        (("--kb", "x", "--http", "127.0.0.1:99999"), "wanted HOST:PORT"),
        (("--kb", "x", "--http", "0.0.0.0:1", "--keys", "none.json"), "--keys none.json: there is no such file"),
        (("--kb", "x", "--keys", "none.json"), "--keys and --allow-host are for --http"),
        (("--kb", "x"), "medrag: there is no knowledge base at x"),
    ],
)
def test_the_command_refuses_what_would_not_do(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mcp", *arguments]) in (1, 2)
    shown = capsys.readouterr()
    assert said in shown.err and shown.err.count("\n") == 1 and shown.out == ""
