"""What nobody should send, and what goes wrong behind: the right status, one sentence, and the server goes on."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from medrag.chat.store import SessionStore
from medrag.server import gate
from medrag.server.desk import Desk
from medrag.server.feedback import FeedbackStore
from medrag.server.keys import KeyRing, Role
from medrag.server.settings import MEGABYTE, ServerSettings
from tests.server.serving import IBUPROFEN, Serving, assistant_over, serving
from tests.server.uploading import file

JSON = {"Content-Type": "application/json"}
SECRET = "我昨天晚上吃了十片"


@pytest.fixture(autouse=True)
def _goes_on(live: Serving) -> Iterator[None]:
    """After each of these the server answers as before."""
    yield
    assert "孕妇及哺乳期妇女禁用" in live.ask()["answer"]


def refused(response: httpx.Response, status: int, code: str | None = None) -> str:
    """The sentence of an error in OpenAI's form."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert code is None or error["code"] == code
    message: str = error["message"]
    assert message and "\n" not in message and "Traceback" not in message and "/" not in message.replace("application/json", "")
    return message


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"question": "x"', b"[]", b"null", b"3", b'"x"', b'{"question": "\xff\xfe"}', b"\x00", b"[" * 100_000,
     b'{"question": ' + b"9" * 5_000 + b"}", b'{"question": NaN}', b'{"question": "\\ud800"}', b'{"question": "x\\udc00y"}'],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/v1/check", "/v1/feedback"])
def test_what_is_no_json_object_is_a_400(live: Serving, path: str, body: bytes) -> None:
    refused(live.client.post(path, content=body, headers=JSON), 400)


def test_json_must_be_said_to_be_json(live: Serving) -> None:
    said = refused(live.client.post("/v1/ask", content=b'{"question": "x"}', headers={"Content-Type": "text/plain"}), 400)
    assert "Content-Type: application/json" in said


@pytest.mark.parametrize(
    ("body", "param"),
    [({}, "question"), ({"question": 3}, "question"), ({"question": "x", "k": 0}, "k"), ({"question": "x", "k": "many"}, "k"),
     ({"question": "x", "quesiton": "y"}, "quesiton"), ({"question": "x", "filters": {"groups": ["no"]}}, "filters.groups.0"),
     ({"question": "x", "patient": {"age": -1}}, "patient.age"), ({"question": "x", "history": [{"role": "king", "content": ""}]}, "history.0.role")],
)  # fmt: skip
def test_a_wrong_field_is_named_and_what_was_in_it_is_not_repeated(live: Serving, body: dict[str, Any], param: str) -> None:
    response = live.client.post("/v1/ask", json=body)
    refused(response, 400, "invalid_value")
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize("question", ["", " \n", "x" * 20_000, "\u200b"])
def test_a_question_that_cannot_be_asked_is_a_400(live: Serving, question: str) -> None:
    refused(live.client.post("/v1/ask", json={"question": question}), 400)


def test_ten_megabytes_are_too_many_whole_and_in_pieces(live: Serving) -> None:
    body = json.dumps({"question": "x" * 10 * MEGABYTE}).encode()
    assert "more than 2,097,152 bytes" in refused(live.client.post("/v1/ask", content=body, headers=JSON), 413)

    def pieces() -> Iterator[bytes]:
        yield from (body[at : at + 65_536] for at in range(0, len(body), 65_536))

    with live.client.stream("POST", "/v1/ask", content=pieces(), headers=JSON) as response:
        assert response.status_code == 413
        assert b"more than 2,097,152 bytes" in response.read()


def test_a_conversation_of_five_hundred_turns_is_followed(live: Serving) -> None:
    turns = [
        {"role": "user" if at % 2 == 0 else "assistant", "content": IBUPROFEN if at % 2 == 0 else "孕妇禁用。" * 20}
        for at in range(500)
    ]
    asked = {"model": "medrag", "messages": [*turns, {"role": "user", "content": "那怎么保存？"}]}
    answered = live.client.post("/v1/chat/completions", json=asked)
    assert "密封保存" in answered.json()["choices"][0]["message"]["content"]
    many = {"model": "medrag", "messages": turns * 5}
    refused(live.client.post("/v1/chat/completions", json=many), 400)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("GET", "/nothing", 404), ("GET", "/v1/ask", 405), ("DELETE", "/v1/models", 405),
     ("GET", "/v1/models/none", 404), ("GET", "/v1/sessions/none", 404), ("GET", "/v1/feedback?limit=0", 400),
     ("DELETE", "/v1/feedback/99999999999999999999", 404), ("DELETE", "/v1/feedback/x", 400), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
     ("GET", "/page/../../keys.py", 404), ("GET", "/page/%2e%2e%2fapp.py", 404)],
)  # fmt: skip
def test_wrong_addresses_and_methods(live: Serving, method: str, path: str, status: int) -> None:
    refused(live.client.request(method, path), status)


def test_a_request_that_is_no_http_does_not_harm(live: Serving) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    for sent in (
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as client:
            client.sendall(sent)


def test_pages_of_other_sites_may_not_ask_in_our_name(live: Serving) -> None:
    said = refused(live.client.post("/v1/ask", json={"question": "x"}, headers={"Origin": "https://evil.example"}), 403)
    assert "--origin" in said
    rebound = live.client.post("/v1/ask", json={"question": "x"}, headers={"Host": "evil.example"})
    assert "--allow-host" in refused(rebound, 403)
    own = live.client.post("/v1/ask", json={"question": IBUPROFEN}, headers={"Origin": live.url})
    assert own.status_code == 200 and "access-control-allow-origin" not in own.headers


def test_a_fault_of_ours_tells_nobody_anything(
    live: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"could not read {SECRET} at /etc/medrag")

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "medrag_for", broken)
        for body in ({"question": SECRET}, {"question": SECRET, "stream": True}):
            said = refused(live.client.post("/v1/ask", json=body), 500, "internal_error")
            assert SECRET not in said
    assert SECRET not in caplog.text and "RuntimeError" in caplog.text


def test_a_full_disk_is_a_507_and_nothing_is_lost(live: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("INSERT INTO feedback", {"note": SECRET}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(FeedbackStore, "add", full)
        said = refused(live.client.post("/v1/feedback", json={"rating": "up", "note": SECRET}), 507, "disk_full")
    assert said == "the server's disk is full: nothing was stored"
    session = live.ask(session="new")["session"]
    with monkeypatch.context() as patched:
        patched.setattr(SessionStore, "_put", full)
        refused(live.client.post("/v1/ask", json={"question": "那怎么保存？", "session": session}), 507, "disk_full")
    assert "密封保存" in live.ask("那怎么保存？", session=session)["answer"]


def test_a_damaged_store_is_a_503_without_its_path(live: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "feedback.sqlite"
    broken.write_bytes(b"no database at all, " * 100)
    other = FeedbackStore(broken)
    with monkeypatch.context() as patched:
        patched.setattr(FeedbackStore, "_ready", lambda _: other._engine)
        refused(live.client.post("/v1/feedback", json={"rating": "up"}), 503, "storage_unavailable")
    other.close()


def test_a_damaged_file_of_keys_lets_nobody_in_until_it_is_whole_again(shelf_folder: Path, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    _, token = ring.add("ward", [Role.ASK])
    whole = ring.path.read_bytes()
    with serving(assistant_over(shelf_folder), settings=ServerSettings(keys=ring.path)) as running:
        running.client.headers["Authorization"] = f"Bearer {token}"
        running.ask()
        for damaged in (b"{", b"\xff\xfe", b'[{"id": 1}]'):
            ring.path.write_bytes(damaged)
            refused(running.client.post("/v1/ask", json={"question": IBUPROFEN}), 503, "keys_unavailable")
        ring.path.unlink()
        refused(running.client.post("/v1/ask", json={"question": IBUPROFEN}), 401)
        ring.path.write_bytes(whole)
        running.ask()


def test_a_body_that_trickles_in_is_not_waited_for(live: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_S", 0.4)
    host, port = live.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
        )
        client.settimeout(0.1)  # less than a piece may take, again and again
        said = b""
        for _ in range(100):
            try:
                said += client.recv(65_536)
                break
            except TimeoutError:
                client.sendall(b" ")
    assert b" 408 " in said


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process may hold more than 100 kB: as where a disk is full, but for the words."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_form_that_the_disk_has_no_room_for_is_a_507(live: Serving, small_files: None) -> None:
    response = live.client.post("/v1/documents", files=[file("a.txt", b"x" * 3 * MEGABYTE)])
    assert refused(response, 507, "disk_full") == "the server's disk is full: nothing was stored"


def test_feedback_that_sqlite_cannot_write_is_no_fault_and_the_next_is_kept(live: Serving, small_files: None) -> None:
    record = {"text": "x" * MEGABYTE}
    refused(live.client.post("/v1/feedback", json={"rating": "up", "record": record}), 503, "storage_unavailable")
    assert live.client.post("/v1/feedback", json={"rating": "down"}).status_code == 201
