"""The tools for agents: the real client over standard input and in the process, and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from medrag.kb.base import KnowledgeBase
from medrag.server.desk import Desk
from medrag.server.mcp import MAX_TEXT, mcp_server
from medrag.types import digest
from tests.making import label
from tests.server.agents import called, desk_over, refused, text, tool

TOOLS = ["ask", "search", "check_interaction", "document", "entity"]


@pytest.fixture(scope="module")
def desk(shelf_folder: Path) -> Iterator[Desk]:
    with desk_over(shelf_folder) as opened:
        yield opened


def test_the_tools_say_what_they_take_and_give(desk: Desk) -> None:
    async def listed(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = called(mcp_server(desk), listed)
    assert [one.name for one in tools] == TOOLS
    for one in tools:
        assert one.description and one.input_schema["properties"] and one.output_schema["properties"]
        assert one.annotations.read_only_hint
        assert all("description" in field for field in one.input_schema["properties"].values()), one.name


def test_an_answer_comes_with_its_words_and_their_places(desk: Desk) -> None:
    result = tool(mcp_server(desk), "ask", question="布洛芬缓释胶囊的禁忌是什么？")
    found = result.structured_content
    assert not result.is_error and not found["abstained"]
    assert "孕妇及哺乳期妇女禁用" in found["answer"]
    cited = found["citations"][0]
    assert cited["marker"] in found["answer"]
    document = desk.kb().document(cited["place"]["key"], source=cited["place"]["source"])
    quote = document.text[cited["place"]["start"] : cited["place"]["end"]]
    assert (quote, digest(quote)) == (cited["quote"], cited["sha256"])
    assert (cited["place"]["section"], cited["place"]["section_code"]) == ("【禁忌】", "34070-3")
    assert {claim["verdict"] for claim in found["claims"]} == {"supported"}
    assert found["answer"] in text(result) and quote in text(result)


def test_nothing_known_is_an_abstention_and_no_error(desk: Desk) -> None:
    result = tool(mcp_server(desk), "ask", question="二甲双胍的禁忌是什么？")
    assert not result.is_error
    assert result.structured_content["abstained"] and result.structured_content["citations"] == []


def test_a_patient_changes_what_is_said(desk: Desk) -> None:
    server = mcp_server(desk)
    found = tool(server, "search", question="布洛芬缓释胶囊能吃吗？", patient={"pregnant": True, "age": 30}, k=3)
    assert len(found.structured_content["evidence"]) == 3
    assert [piece["rank"] for piece in found.structured_content["evidence"]] == [1, 2, 3]
    assert all(0 <= piece["score"] <= 1 and piece["quote"] in text(found) for piece in found.structured_content["evidence"])


def test_a_document_is_read_whole_by_section_and_piece_by_piece(tmp_path: Path) -> None:
    long = "".join(f"{n}.第{n}种情况下应减量使用，并密切观察病情变化。\n" for n in range(1, 1500))
    sections = {"【禁忌】": "孕妇禁用。", "【注意事项】": long.strip()}
    with KnowledgeBase.create(tmp_path / "long.kb") as kb, kb.write() as writer:
        writer.add(label("布洛芬片", sections, key="L1", source="own"))
    with desk_over(tmp_path / "long.kb") as desk:
        server, whole = mcp_server(desk), desk.kb().document("L1").text
        assert len(whole) > 2 * MAX_TEXT
        read, start = "", 0
        while start is not None:
            page = tool(server, "document", key="L1", start=start).structured_content
            read += page["text"]
            start = page["next_start"]
        assert read == whole
        for named in ("0", "禁忌", "【禁忌】", "34070-3", "contraindications"):
            page = tool(server, "document", key="L1", source="own", section=named).structured_content
            assert (page["text"], page["next_start"]) == ("孕妇禁用。", None)
        assert "布洛芬片 has no section '儿童用药'; it has: 0 【禁忌】, 1 【注意事项】" in text(
            tool(server, "document", key="L1", section="儿童用药")
        )
        assert "lies behind the end" in text(tool(server, "document", key="L1", start=10**9))


def test_an_entity_is_shown_with_names_facts_and_documents(desk: Desk) -> None:
    server = mcp_server(desk)
    found = tool(server, "entity", name="高血压").structured_content
    assert found["entity"]["id"] == "disease:高血压"
    assert ("disease:高血压", "has_symptom", "symptom:头晕") in [
        (fact["subject"], fact["relation"], fact["object"]) for fact in found["facts"]
    ]
    assert [fact["quote"] for fact in found["facts"] if fact["object"] == "symptom:头晕"] == ["高血压 has_symptom 头晕"]
    assert "Z1" in [d["key"] for d in tool(server, "entity", name="布洛芬").structured_content["documents"]]
    assert tool(server, "entity", name="disease:高血压").structured_content["entity"]["name"] == "高血压"
    nothing = tool(server, "entity", name="布洛苏")
    assert nothing.is_error and text(nothing).startswith("nothing is known by the name '布洛苏'")


def test_medicines_are_checked_against_each_other_and_the_patient(desk: Desk) -> None:
    server = mcp_server(desk)
    result = tool(
        server, "check_interaction", medicines=["布洛芬缓释胶囊", "华法林钠片", "没有此药"], patient={"pregnant": True}
    )
    found = result.structured_content
    pair = next(one for one in found["findings"] if one["kind"] == "interaction")
    assert set(pair["medicines"]) == {"布洛芬缓释胶囊", "华法林钠片"}
    assert "与华法林合用时出血的危险增加" in "".join(said["quote"] for said in pair["stated"])
    pregnancy = next(one for one in found["findings"] if one["kind"] == "pregnancy")
    assert (pregnancy["severity"], pregnancy["medicines"]) == ("contraindicated", ["布洛芬缓释胶囊"])
    assert found["unknown"] == ["没有此药"]
    assert "与华法林合用时出血的危险增加" in text(result) and "没有此药" in text(result)
    for finding in found["findings"]:
        for said in finding["stated"]:
            place = said["place"]
            document = desk.kb().document(place["key"], source=place["source"])
            assert document.text[place["start"] : place["end"]] == said["quote"]
    assert text(tool(server, "check_interaction", medicines=[" "])) == "no medicine is named: name one or more"


def test_a_document_is_a_resource(desk: Desk) -> None:
    async def read(client: Client) -> str:
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "medrag://documents/{source}/{key}"
        return (await client.read_resource("medrag://documents/labels/Z1")).contents[0].text  # type: ignore[union-attr]

    assert called(mcp_server(desk), read) == desk.kb().document("Z1").text

    said = called(mcp_server(desk), lambda client: refused(client, "medrag://documents/labels/none"))
    assert said.startswith("there is no document 'none'")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {"question": "x", "k": 51}, "k: Input should be less than or equal to 50"),
        ("search", {}, "question: Field required"),
        ("ask", {"question": " "}, "the question is empty: ask something"),
        ("ask", {"question": "药" * 20_000}, "the question has 20,000 characters, at most 10,000 can be asked: shorten it"),
        ("ask", {"question": "x", "patient": {"age": -1}}, "patient.age: Input should be greater than or equal to 0"),
        ("ask", {"question": "x", "patient": {"years": 1}}, "patient.years: Extra inputs are not permitted"),
        ("document", {"key": "none"}, "there is no document 'none'"),
        ("nothing", {}, "Unknown tool: nothing"),
    ],
)
def test_what_goes_wrong_is_one_clear_sentence(desk: Desk, name: str, arguments: dict[str, Any], said: str) -> None:
    result = tool(mcp_server(desk), name, **arguments)
    assert result.is_error
    assert text(result).startswith(said)
    assert "\n" not in text(result) and "Traceback" not in text(result)


def test_a_fault_of_our_own_says_nothing_of_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("the question was 我有什么病")

    monkeypatch.setattr(Desk, "medrag_for", broken)
    result = tool(mcp_server(desk), "ask", question="我有什么病")
    assert (result.is_error, text(result)) == (True, "a fault of the server; it has been logged")


def test_a_new_commit_is_seen_without_a_restart(tmp_path: Path) -> None:
    KnowledgeBase.create(tmp_path / "own.kb").close()
    with desk_over(tmp_path / "own.kb") as desk:
        server = mcp_server(desk)
        assert tool(server, "document", key="N1").is_error
        with KnowledgeBase.open(tmp_path / "own.kb") as kb, kb.write() as writer:
            writer.add(label("布洛芬片", {"【禁忌】": "孕妇禁用。"}, key="N1"))
        assert "孕妇禁用" in text(tool(server, "document", key="N1"))


# ---------------------------------------------------------------------- standard input and output


def stdio(*arguments: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "medrag", "mcp", *arguments])


def test_the_client_speaks_to_a_process(shelf_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(f"name: shop\nknowledge_base: {shelf_folder}\ndisclaimer: 只供参考。\n", encoding="utf-8")

    async def use(client: Client) -> tuple[list[str], CallToolResult]:
        tools = (await client.list_tools()).tools
        return [one.name for one in tools], await client.call_tool("ask", {"question": "布洛芬缓释胶囊的禁忌"})

    names, answer = called(stdio("--assistant", str(file)), use)
    assert names == TOOLS
    assert answer.structured_content["notices"] == ["只供参考。"]
    assert "孕妇及哺乳期妇女禁用" in answer.structured_content["answer"]


def test_nothing_but_the_protocol_is_printed_and_bad_lines_end_nothing(shelf_folder: Path) -> None:
    begin = {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }  # fmt: skip
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "no json at all",
        '{"jsonrpc": "2.0", "id": 2, "method": "nothing/there", "params": {}}',
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 3,
                "method": "tools/call",
                "params": {"name": "ask", "arguments": {"question": "半个\ud800字的禁忌"}},
            }
        ),
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 4,
                "method": "tools/call",
                "params": {"name": "ask", "arguments": {"question": "布洛芬片的适应症"}},
            }
        ),
    ]
    done = subprocess.Popen(
        [sys.executable, "-m", "medrag", "mcp", "--kb", str(shelf_folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert done.stdin is not None and done.stdout is not None
    with done:
        done.stdin.write("\n".join(lines).encode() + b"\n\xff\xfe\n")
        done.stdin.flush()
        seen: dict[object, Any] = {}
        while 4 not in seen:
            message = json.loads(done.stdout.readline())
            assert message["jsonrpc"] == "2.0"
            seen[message.get("id")] = message
        done.stdin.close()
        for line in done.stdout.read().splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"
        assert done.wait(20) == 0
    assert seen[1]["result"]["serverInfo"]["name"] == "medrag"
    assert "error" in seen[2]
    assert 3 not in seen, "half a character is no JSON"
    assert "类风湿关节炎" in seen[4]["result"]["structuredContent"]["answer"]
