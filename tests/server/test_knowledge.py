"""`/v1/entities`, `/v1/facts` and `/v1/normalise` on a real server."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.server.serving import Serving


def entity(live: Serving, name: str, more: str = "") -> dict[str, Any]:
    found: dict[str, Any] = live.client.get(f"/v1/entities/{quote(name, safe='')}{more}").json()
    return found


def test_a_card_has_names_facts_with_their_words_and_documents(live: Serving) -> None:
    card = entity(live, "阿莫西林胶囊")
    assert card["entity"]["kind"] == "preparation"
    assert {"name": "速消灵", "kind": "brand"} in card["names"]
    assert card["documents"][0] == {"document": card["documents"][0]["document"], "steps": 0}
    assert card["documents"][0]["document"]["key"] == "Z8"
    source = card["facts"][0]["sources"][0]
    assert source["quote"]
    shown = live.client.get(f"/v1/documents/labels/{source['document']['key']}").json()
    assert shown["text"][source["start"] : source["end"]] == source["quote"]


def test_an_entity_is_found_by_id_and_by_name(live: Serving) -> None:
    assert entity(live, "disease:高血压") == entity(live, "高血压")


def test_the_graph_shows_the_surroundings_nearest_first(live: Serving) -> None:
    one, two = entity(live, "disease:高血压", "/graph"), entity(live, "disease:高血压", "/graph?hops=2")
    assert one["nodes"][0]["id"] == "disease:高血压"
    assert {("disease:高血压", "complication", "disease:脑卒中")} <= {
        (e["subject"], e["relation"], e["object"]) for e in one["edges"]
    }
    assert [node["id"] for node in two["nodes"][: len(one["nodes"])]] == [node["id"] for node in one["nodes"]]
    assert "thing:30%" in {node["id"] for node in two["nodes"]} - {node["id"] for node in one["nodes"]}
    small = entity(live, "disease:高血压", "/graph?limit=2")
    assert (len(small["nodes"]), small["truncated"], one["truncated"]) == (2, True, False)
    shown = {node["id"] for node in small["nodes"]}
    assert all({edge["subject"], edge["object"]} <= shown for edge in small["edges"])


def test_facts_are_listed_by_relation_with_every_source(live: Serving) -> None:
    found = live.client.get("/v1/facts", params={"entity": "高血压", "relation": "has_symptom"}).json()
    assert [fact["object"]["name"] for fact in found["facts"]] == ["头晕", "头痛"]
    assert all(fact["sources"] for fact in found["facts"])
    assert len(live.client.get("/v1/facts", params={"entity": "高血压", "limit": 1}).json()["facts"]) == 1


def test_a_misspelt_term_is_normalised(live: Serving) -> None:
    found = live.client.post("/v1/normalise", json={"text": "布落芬", "kind": "drug", "k": 3}).json()
    assert found["terms"][0]["entity"]["id"] == "substance:布洛芬"
    assert 0 < found["terms"][0]["score"] < 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/v1/entities/none", 404), ("/v1/entities/none/graph", 404), ("/v1/entities/%00", 404), ("/v1/entities/" + "x" * 600, 400),
        ("/v1/entities/高血压/graph?hops=9", 400), ("/v1/entities/高血压?limit=0", 400), ("/v1/entities/高血压?model=none", 404),
        ("/v1/facts", 400), ("/v1/facts?entity=", 400), ("/v1/facts?entity=none", 404), ("/v1/facts?entity=高血压&limit=x", 400),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(live: Serving, address: str, status: int) -> None:
    response = live.client.get(address)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "x" * 10_001},
        {"text": "x", "kind": "book"},
        {"text": "x", "k": 0},
        {"text": "x", "other": 1},
        [],
        None,
    ],
)
def test_a_bad_term_is_refused(live: Serving, body: object) -> None:
    assert live.client.post("/v1/normalise", json=body).status_code == 400


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\U0010ffff", "‮", "  ", "%", "'\"--"])
def test_odd_text_does_no_harm(live: Serving, text: str) -> None:
    body = (
        ('{"text": "' + text.encode("unicode_escape").decode() + '"}')
        .replace("\\x", "\\u00")
        .replace("\\U0010ffff", "\\udbff\\udfff")
    )
    response = live.client.post(
        "/v1/normalise", content=body.replace("'\"", "'\\\""), headers={"Content-Type": "application/json"}
    )
    assert response.status_code in {200, 400}, response.text
