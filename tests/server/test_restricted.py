"""Keys with access tags on a real server: no route shows, names, counts, replaces or deletes what a key does not see.

The draws over the library's own methods are in `tests/contracts/test_access.py`; here each route of the API is drawn.
`make soak-access` sets MEDRAG_ACCESS_DRAWS for more. A route that is new must be put into a table here first.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from medrag.server.errors import ApiError
from medrag.server.keys import Caller, KeyRing, Role
from medrag.server.settings import ServerSettings
from medrag.server.uploads import tags_for
from tests.server.serving import Serving, assistant_over, serving
from tests.server.uploading import file, uploaded
from tests.wards import COMMON, SECRETS, STEMS, STOCK, hidden_from, ward

DRAWS = int(os.environ.get("MEDRAG_ACCESS_DRAWS", "500")) // 5
KEYS: dict[str, frozenset[str] | None] = {
    "east": frozenset({"east"}), "west": frozenset({"west"}), "two": frozenset({"north", "south"}), "none": frozenset({"nobody"}), "all": None,
}  # fmt: skip
LABEL = "宁神素片\n【适应症】\n用于失眠。\n【用法用量】\n每晚一次，一次1片。\n"
TEMPLATES = ("{}有哪些不良反应？", "{}的用法用量", "{}和布洛芬能一起吃吗？", "{}有什么症状？", "what is {} used for?", "{}")
Client = httpx.Client
Call = Callable[[Client, str, str], httpx.Response]  # with a name, and the address of a document


def _asked(route: str, **more: Any) -> Call:
    def call(client: Client, name: str, _: str) -> httpx.Response:
        return client.post(route, json={"question": name, **more})

    return call


def _completion(client: Client, name: str, _: str, *, stream: bool = False) -> httpx.Response:
    messages = [{"role": "user", "content": name}]
    return client.post("/v1/chat/completions", json={"model": "medrag", "messages": messages, "stream": stream})


def _checked(client: Client, name: str, _: str) -> httpx.Response:
    return client.post("/v1/check", json=RECORDS[len(name) % len(RECORDS)])


RECORDS: list[dict[str, Any]] = []  # answers that an unrestricted key was given, which somebody else may come by
READING: dict[tuple[str, str], tuple[Call, ...]] = {
    ("POST", "/v1/ask"): (_asked("/v1/ask"), _asked("/v1/ask", stream=True), _asked("/v1/ask", filters={"tags": ["west"]})),
    ("POST", "/v1/search"): (_asked("/v1/search"), _asked("/v1/search", filters={"tags": ["north", "east"]})),
    ("POST", "/v1/explain"): (_asked("/v1/explain"),),
    ("POST", "/v1/chat/completions"): (_completion, lambda c, name, at: _completion(c, name, at, stream=True)),
    ("POST", "/v1/check"): (_checked,),
    ("GET", "/v1/models"): (lambda c, name, at: c.get("/v1/models"),),
    ("GET", "/v1/models/{model}"): (lambda c, name, at: c.get("/v1/models/medrag"),),
    ("GET", "/v1/documents"): (
        lambda c, name, at: c.get("/v1/documents", params={"query": name}),
        lambda c, name, at: c.get("/v1/documents?limit=500"),
        lambda c, name, at: c.get("/v1/documents?limit=500&kind=record"),
    ),
    ("GET", "/v1/documents/{source}/{key}"): (lambda c, name, at: c.get(at), lambda c, name, at: c.get("/v1/documents/labels/moved?version=1")),
    ("GET", "/v1/documents/{source}/{key}/versions"): (lambda c, name, at: c.get(f"{at}/versions"),),
    ("GET", "/v1/documents/{source}/{key}/diff"): (lambda c, name, at: c.get("/v1/documents/labels/moved/diff?from=1&to=2"),),
    ("GET", "/v1/entities/{id}"): (
        lambda c, name, at: c.get(f"/v1/entities/{quote(name)}"),
        lambda c, name, at: c.get(f"/v1/entities/disease:{quote(name)}"),
        lambda c, name, at: c.get("/v1/entities/disease:X17"),
    ),
    ("GET", "/v1/entities/{id}/graph"): (
        lambda c, name, at: c.get(f"/v1/entities/{quote(name)}/graph?hops=2"),
        lambda c, name, at: c.get("/v1/entities/高血压/graph?hops=2&limit=500"),
    ),
    ("GET", "/v1/facts"): (lambda c, name, at: c.get("/v1/facts", params={"entity": name}),),
    ("POST", "/v1/normalise"): (
        lambda c, name, at: c.post("/v1/normalise", json={"text": name, "k": 20}),
        lambda c, name, at: c.post("/v1/normalise", json={"text": name, "kind": "drug"}),
    ),
}  # fmt: skip
# Routes that read no document, or only what the caller sent or was given before, and those that change something.
OTHER = {
    "/healthz", "/readyz", "/metrics", "/v1/embeddings", "/v1/sessions/{session}", "/v1/sessions/{session}/slots", "/v1/feedback",
    "/v1/feedback/export", "/v1/feedback/{number}", "/v1/jobs", "/v1/jobs/{job}", "/v1/jobs/{job}/events",
}  # fmt: skip
CHANGING = {("POST", "/v1/documents"), ("DELETE", "/v1/documents/{source}/{key}")}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, dict[str, Client]]]:
    """A server over the wards, and a client for each key."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    ward(folder / "wards.kb", [one.prepared for one in STOCK]).close()
    ring = KeyRing(folder / "keys.json")
    made = {name: ring.add(name, [Role.ASK, Role.INGEST], access=access)[1] for name, access in KEYS.items()}
    made["asks"] = ring.add("asks", [Role.ASK])[1]
    with serving(assistant_over(folder / "wards.kb"), settings=ServerSettings(keys=ring.path)) as running:
        clients = {
            name: Client(base_url=running.url, timeout=30.0, headers={"Authorization": f"Bearer {key}"})
            for name, key in made.items()
        }
        RECORDS[:] = [
            clients["all"].post("/v1/ask", json={"question": q}).json() for q in ("枫槭宁片的用法用量", "榆槐宁片的不良反应")
        ]
        yield running, clients
        for client in clients.values():
            client.close()


def test_every_route_is_drawn(guarded: tuple[Serving, dict[str, Client]]) -> None:
    paths = guarded[0].app.openapi()["paths"]
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods if path not in OTHER}
    assert routes == READING.keys() | CHANGING


def test_no_route_shows_a_word_of_another_ward(guarded: tuple[Serving, dict[str, Client]]) -> None:
    rnd = random.Random(20261127)
    names = [
        name for han, latin in STEMS.values() for name in (f"{han}宁片", f"{han}症", f"{han}定", f"{latin}lol", f"{latin}bran")
    ]
    names += [*COMMON, "沉香露颗粒", "转手露颗粒"]
    calls = [(route, call) for route, several in READING.items() for call in several]
    leaks = []
    for number in range(DRAWS):
        route, call = calls[number % len(calls)]
        key = rnd.choice(["east", "west", "two", "none"])
        name = rnd.choice(names)
        asked = rnd.choice(TEMPLATES).format(name) if "question" in str(call.__qualname__) or "completion" in route[1] else name
        document = rnd.choice(STOCK).prepared.document
        address = f"/v1/documents/{quote(document.source)}/{quote(document.key)}"
        response = call(guarded[1][key], asked, address)
        assert response.status_code in {200, 404, 400}, (route, response.text)
        said = _printed(response)
        sent = f"{asked} {address} {RECORDS if route[1] == '/v1/check' else ''}".lower()
        access = KEYS[key] or frozenset()
        leaks += [
            f"{route} {key} {asked!r} {address}: {word}" for word in hidden_from(access) if word in said and word not in sent
        ]
    assert not leaks, f"{len(leaks)} of {DRAWS}:\n" + "\n".join(leaks[:10])


def _printed(response: httpx.Response) -> str:
    """The response's text, escapes undone."""
    text = response.text
    try:
        text += json.dumps(response.json(), ensure_ascii=False)
    except ValueError:
        text += "".join(
            json.dumps(json.loads(line[6:]), ensure_ascii=False) for line in text.splitlines() if line.startswith("data: {")
        )
    return text.lower()


def test_an_unrestricted_key_does_see_them(guarded: tuple[Serving, dict[str, Client]]) -> None:
    for route, calls in READING.items():
        if route[1] not in {"/v1/check", "/v1/models", "/v1/models/{model}"}:
            said = "".join(_printed(call(guarded[1]["all"], "枫槭宁片", "/v1/documents/labels/quarvi-1")) for call in calls)
            assert any(secret.word in said.replace("枫槭宁片", "") for secret in SECRETS), route


def test_a_hidden_document_is_answered_like_none(guarded: tuple[Serving, dict[str, Client]]) -> None:
    east = guarded[1]["east"]
    for more in ("", "/versions", "/diff", "?version=1"):
        hidden, none = (east.get(f"/v1/documents/labels/{key}{more}") for key in ("zelmod-1", "zelmod-none"))
        assert (hidden.status_code, hidden.text.replace("zelmod-1", "")) == (
            none.status_code,
            none.text.replace("zelmod-none", ""),
        )
    assert east.delete("/v1/documents/labels/zelmod-1").status_code == 404
    assert guarded[1]["west"].get("/v1/documents/labels/zelmod-1").status_code == 200


def test_an_upload_gets_the_keys_tags_and_a_source_of_its_own(guarded: tuple[Serving, dict[str, Client]]) -> None:
    clients = guarded[1]
    first = uploaded(clients["east"], file("a.txt", LABEL), key="zelmod-1", source="labels")
    assert (first["added"], first["updated"]) == (1, 0)  # the west's document of that key is neither replaced nor betrayed
    (found,) = clients["east"].get("/v1/documents", params={"query": "宁神素"}).json()["documents"]
    assert found["tags"] == ["east"]
    assert found["source"].startswith("labels@")
    assert clients["west"].get("/v1/documents", params={"query": "宁神素"}).json()["documents"] == []
    assert clients["west"].post("/v1/ask", json={"question": "宁神素片的适应症"}).json()["abstained"]
    assert "失眠" in clients["east"].post("/v1/ask", json={"question": "宁神素片的适应症"}).json()["answer"]
    narrow = uploaded(clients["two"], file("a.txt", LABEL), tags="north")
    assert narrow["added"] == 1
    (own,) = clients["two"].get("/v1/documents", params={"query": "宁神素"}).json()["documents"]
    assert own["tags"] == ["north"]
    assert clients["east"].delete(f"/v1/documents/{quote(found['source'])}/zelmod-1").json()["deleted"] == 1


@pytest.mark.parametrize(
    ("key", "fields", "status", "code"),
    [
        ("east", {"tags": "west"}, 403, "tag_not_allowed"),
        ("east", {"tags": "east,west"}, 403, "tag_not_allowed"),
        ("none", {"tags": "x"}, 403, "tag_not_allowed"),
        ("asks", {}, 403, "insufficient_role"),
    ],
)
def test_an_upload_that_would_reach_others_is_refused(
    guarded: tuple[Serving, dict[str, Client]], key: str, fields: dict[str, str], status: int, code: str
) -> None:
    response = guarded[1][key].post("/v1/documents", files=[file("a.txt", LABEL)], data=fields)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_who_sees_no_tags_adds_nothing() -> None:
    with pytest.raises(ApiError, match="sees no documents"):
        tags_for(Caller("nobody", frozenset(Role), frozenset()), ())


def test_a_document_of_others_too_is_not_deleted(guarded: tuple[Serving, dict[str, Client]]) -> None:
    clients = guarded[1]
    assert clients["east"].delete("/v1/documents/labels/both").json()["error"]["code"] == "shared_document"
    assert clients["asks"].delete("/v1/documents/labels/both").json()["error"]["code"] == "insufficient_role"
    assert clients["east"].delete("/v1/documents/labels/quarvi-1?purge=true").json()["error"]["code"] == "insufficient_role"
    assert clients["west"].get("/v1/documents/labels/both").status_code == 200


def test_a_job_is_its_owners_alone(guarded: tuple[Serving, dict[str, Client]]) -> None:
    clients = guarded[1]
    job = uploaded(clients["west"], file("b.txt", LABEL), source="mine")["id"]
    assert clients["west"].get(f"/v1/jobs/{job}").status_code == 200
    for other in ("east", "all"):
        assert clients[other].get(f"/v1/jobs/{job}").status_code == 404
        assert clients[other].get(f"/v1/jobs/{job}/events").status_code == 404
        assert job not in clients[other].get("/v1/jobs").text
