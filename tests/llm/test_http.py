"""Models behind servers: transformers' own server with a tiny model, and odd servers that fail each in one way."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from medrag.errors import ModelError
from medrag.llm import wire
from medrag.llm.http import HttpName, server_models
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.work import Finish, Limits
from tests.llm.servers import DONE, Asked, OddServer, event, free_port, serving, transformers_serving
from tests.llm.taught import QUESTION
from tests.llm.tiny import REPLY

ASKED = [Message(Role.USER, QUESTION)]
FAST = Limits(first_s=30.0, next_s=30.0, total_s=60.0, pause_s=0.0)
needs_server = pytest.mark.skipif(
    find_spec("fastapi") is None or find_spec("uvicorn") is None, reason="transformers serve needs fastapi and uvicorn"
)


def model_at(server: OddServer, *, limits: Limits = FAST, api_key: str | None = None, **options: object) -> Model:
    return load_model(f"http:{server.url}#m", limits=limits, api_key=api_key, input_limit=2000, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def served(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of transformers' server and the folder of the model it serves."""
    folder = tiny("qwen", "chat")
    with transformers_serving(folder, tmp_path_factory.mktemp("home")) as url:
        yield url, folder


@needs_server
def test_transformers_own_server_streams_what_the_model_was_taught(served: tuple[str, Path]) -> None:
    url, folder = served
    reply = load_model(f"http:{url}#{folder}").stream(ASKED)
    pieces = list(reply)
    assert ("".join(pieces), reply.finish, reply.error) == (REPLY, Finish.STOP, "")
    assert len(pieces) >= 4
    cut = load_model(f"http:{url}#{folder}", generation={"max_new": 3}).complete(ASKED)
    assert cut.finish is Finish.LENGTH
    assert REPLY.startswith(cut.text)


@needs_server
def test_transformers_own_server_gets_a_presets_text_and_no_setting_it_refuses(served: tuple[str, Path]) -> None:
    url, folder = served
    model = load_model(f"http:{url}#{folder}", preset="pulse-7b", generation={"max_new": 8})  # whose top_k it does not know
    for _ in range(2):
        reply = model.complete(ASKED)
        assert reply.finish in {Finish.STOP, Finish.LENGTH, Finish.EMPTY}


@needs_server
def test_transformers_own_server_lists_its_model_and_refuses_another(served: tuple[str, Path]) -> None:
    url, folder = served
    assert server_models(HttpName.parse(url)) == [(str(folder), None)]
    reply = load_model(f"http:{url}#other", limits=FAST).complete(ASKED)
    assert reply.finish is Finish.FAILED
    assert "other" in reply.error


def test_what_a_server_is_sent() -> None:
    with serving(lambda asked: asked.stream(event("一日"), event("3次。", "stop"), DONE)) as server:
        model = model_at(server, generation={"max_new": 50, "seed": 7})
        reply = model.complete([Message(Role.SYSTEM, "规则"), *ASKED])
        assert (reply.text, reply.finish) == ("一日3次。", Finish.STOP)
        ((path, headers, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "m", "stream": True, "max_tokens": 50, "temperature": 0.0, "seed": 7,
        "messages": [{"role": "system", "content": "规则"}, {"role": "user", "content": QUESTION}],
    }  # fmt: skip
    assert model.generation == {"max_new": 50, "seed": 7, "temperature": 0.0}
    told = {name.lower() for name in headers}
    assert not {name for name in told if name.startswith(("x-stainless", "openai", "authorization"))}


def test_a_key_goes_to_the_server_and_none_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(lambda asked: asked.stream(event("好", "stop"), DONE)) as server:
        assert model_at(server).complete(ASKED).text == "好"
        assert model_at(server, api_key="k-1").complete(ASKED).text == "好"
        (_, without, _), (_, with_key, _) = server.requests
    assert "secret" not in str(without) + str(with_key)
    assert "Authorization" not in without
    assert with_key["Authorization"] == "Bearer k-1"


def test_a_preset_with_a_form_is_sent_as_text_with_its_stops() -> None:
    def answer(asked: Asked) -> None:
        choice = {"index": 0, "text": ": 一日3次。", "finish_reason": "stop"}
        body = {"id": "1", "object": "text_completion", "choices": [choice]}
        asked.stream(b"data: " + json.dumps(body).encode() + b"\n\n", DONE)

    with serving(answer) as server:
        reply = model_at(server, preset="pulse-7b").complete([Message(Role.USER, "见</s>")])
        ((path, _, body),) = server.requests
    assert path == "/v1/completions"
    assert body["prompt"].endswith("Respond conversationally.</s>User: 见< /s></s>Helper")
    assert (body["stop"], body["top_k"], body["top_p"], body["temperature"]) == (["</s>"], 6, 0.1, 0.7)
    assert reply.text == "一日3次。"


def test_a_setting_that_the_server_refuses_is_left_out_from_then_on() -> None:
    def answer(asked: Asked) -> None:
        if "top_k" in asked.server.requests[-1][2]:
            asked.reply(422, "application/json", b'{"detail": "Unexpected fields in the request: {\'top_k\'}"}')
        else:
            asked.stream(b'data: {"id":"1","choices":[{"index":0,"text":"Helper: ok","finish_reason":"stop"}]}\n\n', DONE)

    with serving(answer) as server:
        model = model_at(server, preset="pulse-7b")
        assert [model.complete(ASKED).text for _ in range(2)] == ["ok", "ok"]
        assert ["top_k" in body for body in server.chats()] == [True, False, False]


def test_thoughts_in_a_field_of_their_own_are_signs_of_life_and_not_shown() -> None:
    parts = [event("", reasoning_content="嗯"), event("<think>再想</think>好"), event("", "stop"), DONE]
    with serving(lambda asked: asked.stream(*parts)) as server:
        assert model_at(server).complete(ASKED).text == "好"


def test_what_the_server_says_its_model_reads_is_the_room() -> None:
    rows = [{"id": "m", "max_model_len": 32768}, {"id": "n"}, {"id": "o", "context_length": 2000}]
    listed = json.dumps({"object": "list", "data": rows}).encode()
    with serving(lambda asked: asked.reply(200, "application/json", listed)) as server:
        rooms = [load_model(f"http:{server.url}#{model}").input_limit for model in ("m", "n", "o", "none")]
        assert server_models(HttpName.parse(server.url)) == [("m", 32768), ("n", None), ("o", 2000)]
    assert rooms == [32768 - 1024, 4096 - 1024, 1000, 4096 - 1024]


def test_a_server_that_is_not_up_is_asked_again_and_told() -> None:
    model = load_model(f"http:http://127.0.0.1:{free_port()}#m", limits=FAST)
    assert model.input_limit == 4096 - 1024
    reply = model.complete(ASKED)
    assert reply.finish is Finish.FAILED
    assert "cannot be reached: " in reply.error
    assert "refused" in reply.error


def test_a_server_that_hangs_is_left_and_the_connection_cut() -> None:
    left = threading.Event()

    def hang(asked: Asked) -> None:
        asked.connection.settimeout(60)
        if asked.connection.recv(1) == b"":  # the client closed it
            left.set()

    with serving(hang) as server:
        model = model_at(server, limits=Limits(first_s=0.3, at_once=1))
        reply = model.complete(ASKED)
        assert (reply.text, reply.finish) == ("", Finish.TIMEOUT)
        assert left.wait(60)
        assert model.complete(ASKED).error == "the model did not come to the first word within 0.3 seconds"


def test_a_server_that_hangs_in_the_middle_or_only_breathes_is_left() -> None:
    def stuck(asked: Asked) -> None:
        asked.stream(event("一日"))
        asked.connection.settimeout(60)
        asked.connection.recv(1)

    def breathing(asked: Asked) -> None:
        asked.stream(event("一日"))
        while True:
            asked.wfile.write(b": ping\n\n")
            asked.wfile.flush()
            threading.Event().wait(0.01)

    for answer in (stuck, breathing):
        with serving(answer) as server:
            model = model_at(server, limits=Limits(next_s=0.3, at_once=1))
            for _ in range(2):  # the second finds the place free
                reply = model.complete(ASKED)
                assert (reply.text, reply.finish) == ("一日", Finish.TIMEOUT)


def test_a_server_that_dies_in_the_middle_leaves_what_it_said() -> None:
    def die(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("content-type", "text/event-stream")
        asked.send_header("transfer-encoding", "chunked")
        asked.end_headers()
        part = event("一日")
        asked.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        asked.wfile.write(b"400\r\ndata: {")
        asked.close_connection = True

    with serving(die) as server:
        reply = model_at(server).complete(ASKED)
        assert (reply.text, reply.finish) == ("一日", Finish.FAILED)
        assert "broke off: " in reply.error
        assert len(server.requests) == 1  # after a word was said nothing is asked again


def test_a_server_that_dies_at_once_is_asked_again() -> None:
    def answer(asked: Asked) -> None:
        if len(asked.server.requests) < 3:
            asked.close_connection = True
        else:
            asked.stream(event("好", "stop"), DONE)

    with serving(answer) as server:
        assert model_at(server).complete(ASKED).text == "好"
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind", "body", "said", "asked"),
    [
        (200, "text/html", b"<!DOCTYPE html><html>hello</html>", "answered with a web page: is this the address of its API?", 1),
        (200, "application/json", b'{"choices": []}', "does not stream its replies", 1),
        (404, "text/html", b"<html>nothing here</html>", "has no model 'm' or no such address (404: with a web page)", 1),
        (404, "application/json", b'{"error": {"message": "no m"}}', "(404: no m); `medrag doctor --llm http:", 1),
        (401, "application/json", b'{"error": {"message": "Bad key"}}', "wants another API key or none (401: Bad key)", 1),
        (400, "application/json", b'{"message": "too many tokens"}', "refused the question (400: too many tokens)", 1),
        (500, "application/json", b'{"error": "broken"}', "failed (500: broken)", 3),
        (503, "text/html", b"<html>busy</html>", "failed (503: with a web page)", 3),
        (302, "text/plain", b"", "302", 1),
        (429, "application/json", b'{"detail": "later"}', "refused the question (429: later)", 3),
    ],
)  # fmt: skip
def test_what_a_server_answers_instead_is_told_in_one_line(status: int, kind: str, body: bytes, said: str, asked: int) -> None:
    with serving(lambda request: request.reply(status, kind, body)) as server:
        reply = model_at(server).complete(ASKED)
        assert (reply.text, reply.finish) == ("", Finish.FAILED)
        assert said in reply.error
        assert reply.error.startswith(f"the server at {server.url} ")
        assert "\n" not in reply.error
        assert len(server.requests) == asked


def test_a_redirection_is_not_followed() -> None:
    def away(asked: Asked) -> None:
        asked.send_response(307)
        asked.send_header("location", f"{asked.server.url}/elsewhere")
        asked.send_header("content-length", "0")
        asked.end_headers()

    with serving(away) as server:
        assert model_at(server).complete(ASKED).finish is Finish.FAILED
        assert [path for path, _, _ in server.requests] == ["/v1/chat/completions"]


def test_an_error_within_the_stream_is_told() -> None:
    with serving(lambda asked: asked.stream(event("一"), b'data: {"error": {"message": "out of memory"}}\n\n')) as server:
        reply = model_at(server).complete(ASKED)
        assert (reply.text, reply.finish) == ("一", Finish.FAILED)
        assert "out of memory" in reply.error


@pytest.mark.parametrize("junk", [b"data: {not json\n\n", b"data: []\n\n", b"data: 7\n\n", b'data: {"choices": [{}]}\n\n'])
def test_junk_in_the_stream_ends_the_reply_and_nothing_else(junk: bytes) -> None:
    with serving(lambda asked: asked.stream(event("一"), junk, event("二", "stop"), DONE)) as server:
        reply = model_at(server).complete(ASKED)
        assert reply.finish in {Finish.FAILED, Finish.STOP}
        assert reply.text in {"一", "一二"}


def test_an_empty_stream_is_an_empty_reply() -> None:
    for parts in ((), (DONE,), (event("", "stop"), DONE)):
        with serving(lambda asked, parts=parts: asked.stream(*parts)) as server:  # type: ignore[misc]
            reply = model_at(server).complete(ASKED)
            assert (reply.finish, reply.error) == (Finish.EMPTY, "the model returned nothing")


def test_an_endless_stream_is_cut_and_the_server_let_go() -> None:
    ended = threading.Event()

    def endless(asked: Asked) -> None:
        try:
            asked.stream()
            for number in itertools.count():
                asked.wfile.write(event(f"{number * 7919} "))
        finally:
            ended.set()

    with serving(endless) as server:
        reply = model_at(server, limits=Limits(characters=2_000)).complete(ASKED)
        assert (len(reply.text), reply.finish) == (2_000, Finish.TOO_LONG)
        assert ended.wait(60)


def test_a_line_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_BYTES", 1 << 20)

    def flood(asked: Asked) -> None:
        asked.stream(b"data: ")
        while True:
            asked.wfile.write(b"x" * 65536)

    with serving(flood) as server:
        reply = model_at(server).complete(ASKED)
        assert reply.finish is Finish.FAILED
        assert reply.error == f"the server at {server.url} sent more than 1 MB for one reply"


def test_ten_megabytes_in_one_event_are_cut() -> None:
    with serving(lambda asked: asked.stream(event(random.Random(1).randbytes(5_000_000).hex()), DONE)) as server:
        reply = model_at(server).complete(ASKED)
        assert (len(reply.text), reply.finish) == (20_000, Finish.TOO_LONG)


def test_half_characters_are_put_together_or_left_out() -> None:
    halves = [rb'data: {"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}' + b"\n\n"]
    halves += [rb'data: {"choices":[{"index":0,"delta":{"content":"\ude42"}}]}' + b"\n\n"]
    split = event("药").decode().encode()
    with serving(lambda asked: asked.stream(halves[0], halves[1], split[:30], split[30:], halves[0], DONE)) as server:
        reply = model_at(server).complete(ASKED)
    assert (reply.text, reply.finish) == ("🙂药", Finish.STOP)


def test_bytes_cut_within_a_character_are_read_whole() -> None:
    raw = event("一日3次。🙂").replace(
        json.dumps("一日3次。🙂").encode(), json.dumps("一日3次。🙂", ensure_ascii=False).encode()
    )
    with serving(lambda asked: asked.stream(*(raw[at : at + 1] for at in range(len(raw))), DONE)) as server:
        assert model_at(server).complete(ASKED).text == "一日3次。🙂"


def test_names_are_taken_apart() -> None:
    local = HttpName.parse("http:http://127.0.0.1:8000#Qwen/Qwen2.5")
    assert (
        local == HttpName.parse("http://127.0.0.1:8000/#Qwen/Qwen2.5") == HttpName("http://127.0.0.1:8000/v1", "Qwen/Qwen2.5")
    )
    assert HttpName.parse("http:https://host/api/v3#m") == HttpName("https://host/api/v3", "m")
    for wrong, fault in [
        ("http:127.0.0.1:8000#m", "is no address of a server"),
        ("http:ftp://host#m", "is no address of a server"),
        ("http:http://#m", "is no address of a server"),
        ("http:http://host:99999#m", "is no address of a server"),
        ("http:http://user:secret@host#m", "holds no password"),
        ("http:http://host/v1?key=secret#m", "holds no password"),
    ]:
        with pytest.raises(ModelError, match=fault) as caught:
            HttpName.parse(wrong)
        assert "secret" not in str(caught.value)
    with pytest.raises(ModelError, match="names no model"):
        load_model("http:http://127.0.0.1:8000")
