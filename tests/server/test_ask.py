"""The project's own API over a real server: answers, streams, evidence, sessions, feedback, checking again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medrag.server.answer_wire import AnswerRecord, FoundEvidence
from tests.server.serving import IBUPROFEN, Serving


def events(body: str) -> list[tuple[str, Any]]:
    """The server-sent events of a body."""
    found = []
    for block in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    trace = {name: value for name, value in record["trace"].items() if name != "milliseconds"}
    return {**record, "trace": trace}


def test_an_answer_is_the_record_that_the_api_describes(live: Serving) -> None:
    record = live.ask()
    described = AnswerRecord.model_validate(record)
    assert not described.model_extra
    assert set(record) == set(AnswerRecord.model_fields)
    assert set(record["claims"][0]) == set(described.claims[0].model_fields_set)
    assert record["citations"][0]["quote"] in record["evidence"][0]["text"]


def test_a_stream_is_evidence_then_checked_words_then_the_whole_answer(live: Serving) -> None:
    response = live.client.post("/v1/ask", json={"question": IBUPROFEN, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response.text)
    names = [name for name, _ in told]
    assert names[0] == "evidence" and names[-1] == "answer" and set(names[1:-1]) == {"text"}
    answer = told[-1][1]
    assert "".join(value["text"] for name, value in told if name == "text") == answer["answer"]
    assert [value["claim"] for name, value in told if name == "text" and value["claim"]] == answer["claims"]
    assert told[0][1]["evidence"] == answer["evidence"]
    assert without_times(answer) == without_times(live.ask())


def test_what_is_wrong_with_a_question_is_a_status_also_of_a_stream(live: Serving) -> None:
    response = live.client.post("/v1/ask", json={"question": " ", "stream": True})
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("the question is empty")


def test_a_session_is_followed_shown_corrected_and_deleted_for_good(live: Serving) -> None:
    first = live.ask(session="new")
    session = first["session"]
    second = live.ask("那怎么保存？", session=session)
    assert second["session"] == session and "布洛芬" in second["standalone"] and "密封保存" in second["answer"]
    shown = live.client.get(f"/v1/sessions/{session}").json()
    assert [one["text"] for one in shown["exchanges"]] == [IBUPROFEN, "那怎么保存？"]
    slots = {**shown["slots"], "drugs": ["华法林"], "asked": []}
    corrected = live.client.patch(f"/v1/sessions/{session}/slots", json=slots)
    assert corrected.json()["slots"]["drugs"] == ["华法林"]
    assert "华法林" in live.ask("它有什么相互作用？", session=session)["standalone"]
    assert live.client.delete(f"/v1/sessions/{session}").status_code == 204
    for again in (live.client.get(f"/v1/sessions/{session}"), live.client.delete(f"/v1/sessions/{session}")):
        assert again.status_code == 404 and again.json()["error"]["code"] == "session_not_found"


def test_history_makes_a_conversation_that_is_not_kept(live: Serving) -> None:
    history = [{"role": "user", "content": IBUPROFEN}, {"role": "assistant", "content": "…"}]
    record = live.ask("那怎么保存？", history=history)
    assert record["session"] is None and "布洛芬" in record["standalone"]
    refused = live.client.post("/v1/ask", json={"question": "x", "session": "new", "history": history})
    assert refused.status_code == 400 and refused.json()["error"]["param"] == "history"


def test_the_patient_of_a_request_is_remembered(live: Serving) -> None:
    record = live.ask("布洛芬缓释胶囊怎么吃？", patient={"age": 30, "pregnant": True})
    assert record["slots"]["patient"]["pregnant"] is True and record["slots"]["patient"]["age"] == 30


def test_search_finds_k_pieces_within_the_filters(live: Serving) -> None:
    response = live.client.post("/v1/search", json={"question": "ibuprofen", "k": 2, "filters": {"langs": ["en"]}})
    found = FoundEvidence.model_validate(response.json())
    assert 1 <= len(found.evidence) <= 2
    assert {one.document.lang for one in found.evidence if one.document is not None} == {"en"}


def test_explain_says_how_the_question_was_understood(live: Serving) -> None:
    explained = live.client.post("/v1/explain", json={"question": IBUPROFEN}).json()
    assert any(name["role"] == "medicine" for name in explained["names"])


def test_a_record_is_checked_again_and_a_changed_one_is_found_out(live: Serving) -> None:
    record = live.ask()
    assert live.client.post("/v1/check", json=record).json()["ok"] is True
    record["citations"][0]["quote"] = "孕妇可以服用。"
    found = live.client.post("/v1/check", json=record).json()
    assert found["ok"] is False and found["faults"][0]["kind"] == "hash"
    no_record = live.client.post("/v1/check", json={"answer": 3})
    assert no_record.status_code == 400 and no_record.json()["error"]["code"] == "not_a_record"


def test_feedback_is_kept_listed_exported_and_deleted(live: Serving) -> None:
    for one in live.client.get("/v1/feedback").json()["items"]:  # the server is shared with other files
        live.client.delete(f"/v1/feedback/{one['id']}")
    for number, rating in enumerate(("up", "down", "up")):
        given = live.client.post("/v1/feedback", json={"rating": rating, "note": f"第{number}条"})
        assert given.status_code == 201
    first = live.client.get("/v1/feedback", params={"limit": 2}).json()
    assert [one["note"] for one in first["items"]] == ["第2条", "第1条"]
    rest = live.client.get("/v1/feedback", params={"before": first["next"]}).json()
    assert [one["rating"] for one in rest["items"]] == ["up"] and rest["next"] is None
    exported = [json.loads(line) for line in live.client.get("/v1/feedback/export").text.splitlines()]
    assert [one["note"] for one in exported] == ["第0条", "第1条", "第2条"]
    gone = live.client.delete(f"/v1/feedback/{exported[0]['id']}")
    assert gone.status_code == 204 and live.client.delete(f"/v1/feedback/{exported[0]['id']}").status_code == 404
    assert len(live.client.get("/v1/feedback").json()["items"]) == 2


def test_a_model_says_what_it_is_and_what_it_reads(live: Serving) -> None:
    told = live.client.get("/v1/models").json()["data"][0]
    assert told["id"] == "medrag" and told["medrag"]["writer"] == "extractive"
    assert told["medrag"]["kb"]["labels"] == 10 and told["medrag"]["sessions"] is True


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_server_says_that_it_lives(live: Serving, path: str) -> None:
    assert live.client.get(path).json() == {"status": "ok"}


def test_a_question_asked_again_is_not_worked_out_again_but_for_another_commit_or_request(live: Serving) -> None:
    first, again = live.ask(), live.ask()
    assert first == again  # to the millisecond
    other = live.ask(k=3)
    assert other["trace"]["milliseconds"] != first["trace"]["milliseconds"] and len(other["evidence"]) <= 3
    assert live.ask(patient={"age": 3})["slots"] != first["slots"]
