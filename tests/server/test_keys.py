"""Who may call, what they may do and see, and how much of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from medrag.errors import MedRAGError
from medrag.kb.base import KnowledgeBase
from medrag.server.errors import ApiError
from medrag.server.keys import LOCAL, Caller, KeyRing, Role
from medrag.server.limits import Limits
from medrag.server.settings import ServerSettings, is_loopback
from tests.making import label
from tests.server.serving import IBUPROFEN, Serving, assistant_over, serving


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_key_opens_and_the_file_does_not_hold_it(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    key, token = ring.add("ward", [Role.ASK], access=["blue", "red"], rate=9)
    assert token not in ring.path.read_text() and token.split("-", 2)[2] not in ring.path.read_text()
    assert ring.path.stat().st_mode & 0o077 == 0
    assert ring.caller(token) == Caller("ward", frozenset({Role.ASK}), frozenset({"blue", "red"}), id=key.id, rate=9)
    for wrong in (token[:-1], token + "x", token.replace(key.id, "0" * 12), "", "mrk", "mrk-", f"mrk-{key.id}-", "é" * 9):
        assert ring.caller(wrong) is None


def test_a_key_that_is_removed_elsewhere_opens_no_longer(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    _, token = ring.add("ward", [Role.ASK])
    assert ring.caller(token) is not None
    other = KeyRing(ring.path)
    other.remove("ward")
    assert ring.caller(token) is None
    with pytest.raises(MedRAGError, match="there is no key 'ward'"):
        other.remove("ward")


def test_names_are_taken_once_and_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    ring.add("ward", [Role.ASK])
    with pytest.raises(MedRAGError, match="already"):
        ring.add("ward", [Role.ADMIN])
    ring.path.write_text("{", encoding="utf-8")
    with pytest.raises(MedRAGError, match="no file of keys"):
        KeyRing(ring.path).caller("mrk-x-y")


def test_access_without_tags_is_refused_for_it_would_restrict_nothing(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    with pytest.raises(ValueError, match="at least 1 item"):
        ring.add("ward", [Role.ASK], access=[])


def test_admin_may_all_and_ingest_may_not_ask() -> None:
    assert Caller("a", frozenset({Role.ADMIN})).may(Role.INGEST)
    assert not Caller("a", frozenset({Role.INGEST})).may(Role.ASK)
    assert LOCAL.may(Role.ADMIN)


def test_a_rate_is_a_minutes_worth_that_fills_up_again() -> None:
    now = 0.0
    limits = Limits(ServerSettings(rate=6), clock=lambda: now)
    who = Caller("a", frozenset())
    for _ in range(6):
        with limits.admitted(who):
            pass
    with pytest.raises(ApiError, match="6 requests a minute: try again in 10 s") as refused, limits.admitted(who):
        pass
    assert refused.value.status == 429 and refused.value.headers == {"Retry-After": "10"}
    now = 10.0
    with limits.admitted(who):
        pass
    with pytest.raises(ApiError), limits.admitted(who):
        pass
    with limits.admitted(Caller("b", frozenset(), id="other", rate=60)):
        pass


def test_so_many_requests_are_under_way_at_a_time() -> None:
    limits = Limits(ServerSettings(concurrent=3, key_concurrent=2))
    one, two = Caller("a", frozenset(), id="1"), Caller("b", frozenset(), id="2")
    with limits.admitted(one), limits.admitted(one):
        with pytest.raises(ApiError, match="this key has 2 requests under way"), limits.admitted(one):
            pass
        with limits.admitted(two), pytest.raises(ApiError, match="answers 3 requests at a time"), limits.admitted(two):
            pass
    with limits.admitted(one):
        pass


@pytest.mark.parametrize(("host", "alone"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.8.0.1", True),
                                             ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False)])  # fmt: skip
def test_loopback_is_what_only_this_machine_reaches(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, dict[str, str]]]:
    """A server with keys over two labels, one of them with a tag, and the keys by name."""
    folder = tmp_path_factory.mktemp("keyed")
    with KnowledgeBase.create(folder / "two.kb") as kb, kb.write() as writer:
        for tag, title in (("blue", "布洛芬缓释胶囊"), ("red", "止咳丸")):
            made = label(title, {"【禁忌】": "孕妇禁用。", "【贮藏】": "密封。"}, key=tag, tags=(tag,))
            writer.add(made)
    ring = KeyRing(folder / "keys.json")
    tokens = {
        name: ring.add(name, roles, access=access)[1]
        for name, roles, access in (
            ("admin", [Role.ADMIN], None),
            ("blue", [Role.ASK], ["blue"]),
            ("red", [Role.ASK], ["red"]),
            ("porter", [Role.INGEST], None),
        )
    }
    settings = ServerSettings(keys=ring.path, sessions=folder / "s.sqlite", feedback=folder / "f.sqlite", rate=1_000)
    with serving(assistant_over(folder / "two.kb"), settings=settings) as running:
        yield running, tokens


def test_without_a_key_nothing_is_answered_but_whether_the_server_lives(keyed: tuple[Serving, dict[str, str]]) -> None:
    client = keyed[0].client
    assert client.get("/healthz").status_code == 200
    for path in ("/v1/models", "/metrics", "/v1/feedback", "/v1/nothing"):
        for headers in ({}, bearer("mrk-0-0"), {"Authorization": "Basic eDp5"}, {"X-API-Key": "x"}):
            refused = client.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == "invalid_api_key"


def test_a_key_may_come_as_either_header(keyed: tuple[Serving, dict[str, str]]) -> None:
    client, tokens = keyed[0].client, keyed[1]
    assert client.get("/v1/models", headers=bearer(tokens["blue"])).status_code == 200
    assert client.get("/v1/models", headers={"X-API-Key": tokens["blue"]}).status_code == 200


def test_roles_are_kept_to(keyed: tuple[Serving, dict[str, str]]) -> None:
    client, tokens = keyed[0].client, keyed[1]
    refused = client.post("/v1/ask", json={"question": IBUPROFEN}, headers=bearer(tokens["porter"]))
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "this needs the role ask, and the key has ingest"
    for path in ("/v1/feedback", "/v1/feedback/export", "/metrics"):
        assert client.get(path, headers=bearer(tokens["blue"])).status_code == 403
        assert client.get(path, headers=bearer(tokens["admin"])).status_code == 200


def _ask(client: httpx.Client, token: str, **body: Any) -> httpx.Response:
    return client.post("/v1/ask", json={"question": IBUPROFEN, **body}, headers=bearer(token))


def test_a_key_sees_the_documents_of_its_tags_alone(keyed: tuple[Serving, dict[str, str]]) -> None:
    client, tokens = keyed[0].client, keyed[1]
    assert "孕妇禁用" in _ask(client, tokens["blue"]).json()["answer"]
    hidden = _ask(client, tokens["red"])
    assert hidden.json()["abstained"] is True
    assert "布洛芬缓释胶囊" not in json.dumps(hidden.json()["evidence"], ensure_ascii=False)
    counted = {name: client.get("/v1/models", headers=bearer(tokens[name])).json() for name in ("admin", "blue")}
    assert [counted[name]["data"][0]["medrag"]["kb"]["labels"] for name in ("admin", "blue")] == [2, 1]


def test_a_record_of_another_access_cannot_be_checked_for_what_it_hides(keyed: tuple[Serving, dict[str, str]]) -> None:
    client, tokens = keyed[0].client, keyed[1]
    record = _ask(client, tokens["blue"]).json()
    checked = client.post("/v1/check", json=record, headers=bearer(tokens["red"])).json()
    assert checked["ok"] is False and {fault["kind"] for fault in checked["faults"]} >= {"document"}


def test_a_session_is_its_owners_alone(keyed: tuple[Serving, dict[str, str]]) -> None:
    client, tokens = keyed[0].client, keyed[1]
    session = _ask(client, tokens["blue"], session="new").json()["session"]
    for stranger in ("red", "admin"):
        assert client.get(f"/v1/sessions/{session}", headers=bearer(tokens[stranger])).status_code == 404
        assert client.delete(f"/v1/sessions/{session}", headers=bearer(tokens[stranger])).status_code == 404
        assert _ask(client, tokens[stranger], session=session).status_code == 404
    assert client.get(f"/v1/sessions/{session}", headers=bearer(tokens["blue"])).status_code == 200


def test_who_asks_too_much_is_told_when_to_come_again(shelf_folder: Path, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    slow, quick = (ring.add(name, [Role.ASK], rate=rate)[1] for name, rate in (("slow", 2), ("quick", 600)))
    with serving(assistant_over(shelf_folder), settings=ServerSettings(keys=ring.path)) as running:
        statuses = [_ask(running.client, slow).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        refused = _ask(running.client, slow)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert _ask(running.client, quick).status_code == 200
        ring.remove("quick")
        assert _ask(running.client, quick).status_code == 401


def test_pages_of_a_named_origin_may_call_and_no_other(shelf_folder: Path, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    token = ring.add("page", [Role.ASK])[1]
    settings = ServerSettings(keys=ring.path, origins=("https://ward.example",))
    with serving(assistant_over(shelf_folder), settings=settings) as running:
        wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        asked = {name: running.client.options("/v1/ask", headers={"Origin": name, **wanted}) for name in
                 ("https://ward.example", "https://evil.example")}  # fmt: skip
        assert asked["https://ward.example"].headers["access-control-allow-origin"] == "https://ward.example"
        assert asked["https://evil.example"].status_code == 400
        assert "access-control-allow-origin" not in asked["https://evil.example"].headers
        answer = running.client.get("/v1/models", headers={**bearer(token), "Origin": "https://ward.example"})
        assert answer.headers["access-control-allow-origin"] == "https://ward.example"
