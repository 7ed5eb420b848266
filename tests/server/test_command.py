"""`medrag serve` and `medrag keys` as processes: what they refuse, several workers, and how a server ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from medrag.cli import main
from medrag.server.keys import KeyRing, Role
from tests.server.serving import IBUPROFEN

STARTS_S = 180.0  # on a machine that is busy with other things


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def command(*arguments: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """A server process with these arguments, ready; it is ended when the block ends."""
    port = free_port()
    line = [sys.executable, "-m", "medrag", "serve", "--port", str(port), *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as client:
                _await_ready(client, process)
                yield client, process
        finally:
            process.kill()


def _await_ready(client: httpx.Client, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("it did not start")


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line with which a command ends that cannot do it."""
    assert main([*arguments]) in (1, 2)
    line = capsys.readouterr().err.strip()
    assert "\n" not in line
    return line


def test_a_public_address_without_keys_is_refused(shelf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        said = failed(capsys, "serve", "--kb", str(shelf_folder), "--host", host)
        assert "others could ask and delete without a key: add --keys FILE" in said


def test_what_cannot_be_served_is_said_in_one_line(
    shelf_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "give exactly one of them" in failed(capsys, "serve")
    assert "there is no knowledge base at" in failed(capsys, "serve", "--kb", str(tmp_path / "none.kb"))
    assert "there is no such file" in failed(capsys, "serve", "--kb", str(shelf_folder), "--keys", str(tmp_path / "no.json"))
    (tmp_path / "bad.yaml").write_text("name: x\nknowledge_bse: y\n", encoding="utf-8")
    assert "knowledge_base" in failed(capsys, "serve", "--assistant", str(tmp_path / "bad.yaml"))
    assert "leave them out" in failed(capsys, "serve", "--assistant", str(tmp_path / "bad.yaml"), "--llm", "http:x#y")


def test_keys_are_made_listed_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "keys.json")
    assert main(["keys", "add", "ward", "--keys", file, "--role", "ask", "--role", "ingest", "--access", "blue"]) == 0
    token = capsys.readouterr().out.strip()
    assert token.startswith("mrk-") and token not in Path(file).read_text(encoding="utf-8")
    assert main(["keys", "list", "--keys", file, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["roles"] == ["ask", "ingest"] and listed["access"] == ["blue"] and "sha256" not in listed
    assert "the roles are ask, ingest, admin" in failed(capsys, "keys", "add", "x", "--keys", file, "--role", "king")
    assert main(["keys", "remove", "ward", "--keys", file]) == 0
    assert "there is no key 'ward'" in failed(capsys, "keys", "remove", "ward", "--keys", file)


def test_several_processes_share_sessions_keys_and_numbers(shelf_folder: Path, tmp_path: Path) -> None:
    keys = str(tmp_path / "keys.json")
    _, token = KeyRing(Path(keys)).add("boss", [Role.ADMIN])
    options = ("--kb", str(shelf_folder), "--workers", "2", "--keys", keys, "--feedback", str(tmp_path / "f.sqlite"))
    with command(*options) as (client, process):
        client.headers["Authorization"] = f"Bearer {token}"
        client.headers["Connection"] = "close"  # each request may come to either process
        session = client.post("/v1/ask", json={"question": IBUPROFEN, "session": "new"}).json()["session"]
        for _ in range(12):
            followed = client.post("/v1/ask", json={"question": "那怎么保存？", "session": session}).json()
            assert "密封保存" in followed["answer"]
        assert client.post("/v1/feedback", json={"rating": "up"}).status_code == 201
        assert len(client.get("/v1/feedback").json()["items"]) == 1
        assert 'medrag_answers_total{model="medrag",outcome="answered"} 13.0' in client.get("/metrics").text
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)


def test_a_server_that_ends_finishes_what_streams_and_takes_nothing_new(shelf_folder: Path, tmp_path: Path) -> None:
    words = "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "孕妇及哺乳期妇女禁用[1]。"}}]}) + "\n\n"
    with (
        slow_model(words) as url,
        command("--kb", str(shelf_folder), "--llm", f"http:{url}#slow", "--feedback", "off", "--sessions", "off") as (
            client,
            process,
        ),
    ):
        with client.stream("POST", "/v1/ask", json={"question": IBUPROFEN, "stream": True}) as response:
            lines = response.iter_lines()
            assert next(lines) == "event: evidence"
            process.terminate()
            assert any(line == "event: answer" for line in lines)
        assert process.wait(30) in (0, -signal.SIGTERM)
        log = process.stdout.read() if process.stdout is not None else ""
    assert "Traceback" not in log and "布洛芬" not in log
    assert all(json.loads(line)["time"] for line in log.splitlines() if line.startswith("{"))


@contextmanager
def slow_model(words: str) -> Iterator[str]:
    """A model behind OpenAI's protocol that thinks for a second and a half; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(65_536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
                    time.sleep(1.5)
                    client.sendall((words + "data: [DONE]\n\n").encode())

        threading.Thread(target=speak, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
