"""`/v1/documents` on a real server: what is there, what is added, compared and deleted, and bad input."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.generations import WriterLock
from medrag.server import jobs
from medrag.server.settings import ServerSettings
from medrag.server.uploads import received
from tests.server.serving import Serving, assistant_over, serving
from tests.server.uploading import file, finished, uploaded
from tests.shelf import shelf

LABEL = "宁神素片\n【适应症】\n用于失眠。\n【用法用量】\n每晚一次，一次1片。\n"
LATER = "宁神素片\n【适应症】\n用于失眠。也用于焦虑。\n【用法用量】\n每晚一次，一次1片。\n【禁忌】\n对本品过敏者禁用。\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base that the tests change, each by documents of its own."""
    with shelf(tmp_path_factory.mktemp("changed")) as kb:
        return kb.path


@pytest.fixture(scope="module")
def own(folder: Path) -> Iterator[Serving]:
    """A server over it."""
    with serving(assistant_over(folder), settings=ServerSettings(max_upload=1 << 20)) as running:
        yield running


def of(running: Serving, source: str, key: str, more: str = "") -> str:
    return f"/v1/documents/{quote(source, safe='')}/{quote(key, safe='')}{more}"


def listed(running: Serving, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    while True:
        page = running.client.get("/v1/documents", params=query).json()
        found += page["documents"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


def test_pages_hold_each_document_once(live: Serving, shelf_folder: Path) -> None:
    found = [(one["source"], one["key"]) for one in listed(live, limit=3)]
    with KnowledgeBase.open(shelf_folder) as kb:
        assert found == [(one.source, one.key) for one in kb.documents(kinds=["label", "file"])]
        assert len(listed(live, kind="record", limit=2)) == len(list(kb.documents(kinds=["record"])))


def test_documents_are_found_by_title_key_source_and_language(live: Serving) -> None:
    assert [one["key"] for one in listed(live, query="布洛芬")] == ["Z1", "Z2"]
    assert [one["key"] for one in listed(live, query="IBUPROFEN")] == ["E1"]
    assert [one["key"] for one in listed(live, query="z1")] == ["Z1"]
    assert {one["lang"] for one in listed(live, lang="en")} == {"en"}
    assert listed(live, source="nowhere") == []


def test_a_document_is_shown_with_text_sections_and_versions(live: Serving) -> None:
    shown = live.client.get(of(live, "labels", "Z1")).json()
    section = next(one for one in shown["sections"] if one["group"] == "contraindications")
    assert "孕妇及哺乳期妇女禁用" in shown["text"][section["start"] : section["end"]]
    assert [one["version"] for one in shown["versions"]] == [1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/v1/documents/labels/none", 404), ("/v1/documents/labels/", 404), ("/v1/documents/other/Z1", 404),
        ("/v1/documents/labels/Z1?version=2", 404), ("/v1/documents/labels/Z1?version=0", 400),
        ("/v1/documents/labels/Z1?version=99999999999999999999", 400), ("/v1/documents/labels/Z1?model=none", 404),
        ("/v1/documents/labels/none/versions", 404), ("/v1/documents/labels/none/diff", 404),
        ("/v1/documents/labels/Z1/diff?from=1&to=7", 404), ("/v1/documents?after=x", 400), ("/v1/documents?after=WyJhIl0=", 400),
        ("/v1/documents?after=WzEsMl0=", 400), ("/v1/documents?limit=0", 400), ("/v1/documents?kind=book", 400),
        ("/v1/documents?query=%00", 400), ("/v1/documents?source=" + "x" * 300, 400), ("/v1/documents/%00/%ff", 404),
        ("/v1/jobs/none", 404), ("/v1/jobs/none/events", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_one_sentence(live: Serving, address: str, status: int) -> None:
    response = live.client.get(address)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]


def test_an_upload_is_asked_about_then_deleted_then_not_known(own: Serving) -> None:
    job = uploaded(
        own.client,
        file("宁神素.txt", LABEL),
        file("b.txt", "甲乙素片\n【适应症】\n用于头痛。\n【贮藏】\n密封。\n"),
        tags="new, ward-7",
    )
    assert (job["state"], job["added"], job["failed"]) == ("done", 2, 0)
    assert [(one["name"], one["added"]) for one in job["files"]] == [("宁神素.txt", 1), ("b.txt", 1)]
    (found,) = listed(own, query="宁神素", source="zh-label")
    assert found["tags"] == ["new", "ward-7"]
    assert "失眠" in own.ask("宁神素片的适应症是什么？")["answer"]
    deleted = own.client.delete(of(own, found["source"], found["key"]))
    assert (deleted.status_code, deleted.json()["state"], deleted.json()["deleted"]) == (200, "done", 1)
    assert own.ask("宁神素片的适应症是什么？")["abstained"]
    assert own.client.delete(of(own, found["source"], found["key"])).status_code == 404
    assert own.client.get(of(own, found["source"], found["key"])).status_code == 404


def test_a_changed_label_gets_a_version_and_the_difference_is_shown(own: Serving) -> None:
    assert uploaded(own.client, file("a.txt", LABEL), key="N1", source="ward")["added"] == 1
    assert uploaded(own.client, file("a.txt", LABEL), key="N1", source="ward")["unchanged"] == 1
    assert uploaded(own.client, file("a.txt", LATER), key="N1", source="ward")["updated"] == 1
    versions = own.client.get(of(own, "ward", "N1", "/versions")).json()["versions"]
    assert [one["version"] for one in versions] == [1, 2]
    assert "焦虑" not in own.client.get(of(own, "ward", "N1"), params={"version": 1}).json()["text"]
    compared = own.client.get(of(own, "ward", "N1", "/diff")).json()
    assert (compared["before"]["version"], compared["after"]["version"], compared["changed"]) == (1, 2, 2)
    assert {one["heading"]: one["change"] for one in compared["sections"]} == {
        "适应症": "changed",
        "用法用量": "same",
        "禁忌": "added",
    }
    back = own.client.get(of(own, "ward", "N1", "/diff"), params={"from": 2, "to": 1}).json()
    assert [one["text"] for one in back["sections"][0]["pieces"] if one["change"] == "removed"] == ["也用于焦虑。"]


@pytest.mark.parametrize("key", ["国药准字 H1/2", "a%2Fb", "a?b#c&d=e", "x/versions/y", "甲/乙#1", "+ %"])
def test_any_key_and_source_can_be_addressed(own: Serving, key: str) -> None:
    source = "来源/一 %"
    assert uploaded(own.client, file("a.txt", LABEL), key=key, source=source)["added"] == 1
    assert own.client.get(of(own, source, key)).json()["title"] == "宁神素片"
    assert len(own.client.get(of(own, source, key, "/versions")).json()["versions"]) == 1
    assert own.client.get(of(own, source, key, "/diff")).json()["changed"] == 0
    assert own.client.delete(of(own, source, key)).json()["deleted"] == 1


def test_two_uploads_of_one_label_at_once_both_end_and_the_second_changes_nothing(own: Serving) -> None:
    done: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: done.append(uploaded(own.client, file("a.txt", LABEL), key="N2"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((job["state"], job["added"], job["unchanged"]) for job in done) == [("done", 0, 1)] * 3 + [("done", 1, 0)]


@pytest.mark.parametrize("name", ["../../../tmp/evil.txt", "..\\..\\evil.txt", "/etc/evil.txt", "a/../evil.txt"])
def test_a_files_name_names_no_place(own: Serving, name: str) -> None:
    kept = received([(name, io.BytesIO(b"x"))])
    (path,) = kept.files
    assert path.resolve().is_relative_to(kept.folder.resolve())
    kept.discard()
    assert not kept.folder.exists()
    job = uploaded(own.client, file(name, LABEL), source=f"named {name}")
    assert [one["name"] for one in job["files"]] == ["evil.txt"]
    assert listed(own, source=f"named {name}")[0]["place"]["file"] == "evil.txt"


def test_names_that_are_no_names_are_replaced() -> None:
    kept = received([(name, io.BytesIO(b"x")) for name in ("..", "x" * 400 + ".txt", "国" * 200, "a\x01b.txt", "")])
    names = [path.name for path in kept.files]
    kept.discard()
    assert (names[0], names[3], names[4]) == ("file-1", "ab.txt", "file-5")
    assert all(len(name.encode()) <= 150 for name in names)
    assert names[1].endswith("x.txt")


def test_what_cannot_be_read_is_reported_and_the_rest_goes_in(own: Serving) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("drug-label-0001.json", b"0" * (30 << 20))
    job = uploaded(
        own.client,
        file("bomb.zip", bomb.getvalue()), file("noise.pdf", b"\x00\x01\x02"), file("empty.txt", b""), file("good.txt", LABEL),
        source="mixed",
    )  # fmt: skip
    assert job["state"] == "done"
    assert job["added"] == 1
    said = {one["name"]: (one["failed"], one["skipped"], one["problems"]) for one in job["files"]}
    assert said["good.txt"] == (0, "", [])
    assert all(said[name][0] or said[name][1] for name in ("bomb.zip", "noise.pdf", "empty.txt"))
    assert "medrag-upload" not in str(job)


def test_a_key_is_of_one_document(own: Serving) -> None:
    two = '{"name": "甲素片", "适应症": "头痛"}\n{"name": "乙素片", "适应症": "发热"}\n'
    job = uploaded(own.client, file("two.jsonl", two), key="N1")
    assert (job["added"], job["failed"]) == (0, 1)
    assert "holds more" in job["files"][0]["problems"][0]


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        ([], {}, 400),
        ([file("a.txt", LABEL)], {"key": ["a", "b"]}, 400),
        ([file("a.txt", LABEL)], {"source": "a\x00b"}, 400),
        ([file("a.txt", LABEL)], {"key": ""}, 400),
        ([file("a.txt", LABEL)], {"tags": "x" * 300}, 400),
        ([file(f"{n}.txt", "x") for n in range(101)], {}, 400),
        ([file("a.txt", "药" * (1 << 20))], {}, 413),
    ],
)
def test_a_bad_upload_is_refused(own: Serving, files: list[Any], fields: dict[str, Any], status: int) -> None:
    before = own.client.get("/v1/jobs").json()
    response = own.client.post("/v1/documents", files=files, data=fields)
    assert response.status_code == status, response.text
    assert response.json()["error"]["message"]
    assert own.client.get("/v1/jobs").json() == before


def test_the_events_of_a_job_end_with_it(own: Serving) -> None:
    job = own.client.post("/v1/documents", files=[file("a.txt", LABEL)]).json()
    with own.client.stream("GET", f"/v1/jobs/{job['id']}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in events.iter_lines() if line]
    assert lines[0] == "event: job"
    assert '"state":"done"' in lines[-1]
    assert own.client.get("/v1/jobs").json()["jobs"][0]["id"] == job["id"]


def test_a_job_waits_for_another_writer(own: Serving, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RETRY_S", 0.05)
    lock = WriterLock(folder)
    job = own.client.post("/v1/documents", files=[file("a.txt", LABEL)], data={"source": "waited for"}).json()["id"]
    until = time.monotonic() + 20
    while "waiting" not in (doing := own.client.get(f"/v1/jobs/{job}").json()["doing"]):
        assert time.monotonic() < until, doing
        time.sleep(0.02)
    assert own.ask()["citations"]
    lock.release()
    assert finished(own.client, job)["added"] == 1


def test_a_job_gives_up_where_another_writes_for_long(own: Serving, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LOCK_S", 0.0)
    lock = WriterLock(folder)
    job = uploaded(own.client, file("a.txt", LABEL))
    lock.release()
    assert (job["state"], job["error"]["code"]) == ("failed", "locked")
    assert "another process" in job["error"]["message"]
    assert uploaded(own.client, file("a.txt", LABEL))["state"] == "done"


def test_erasing_leaves_no_trace_of_a_text(own: Serving, folder: Path) -> None:
    uploaded(own.client, file("a.txt", LABEL.replace("宁神素", "拭除素")), key="N9", source="erased")
    assert own.client.delete(of(own, "erased", "N9"), params={"purge": "true"}).json()["deleted"] == 1
    assert "拭除素".encode() not in (folder / "catalogue.sqlite").read_bytes()


def test_the_first_of_several_knowledge_bases_is_written(tmp_path: Path) -> None:
    from medrag.chat.assistant import Assistant
    from medrag.chat.opened import open_assistant

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shelf(tmp_path / name).close()
    folders = (tmp_path / "one" / "shelf.kb", tmp_path / "two" / "shelf.kb")
    with serving(open_assistant(Assistant(name="both", knowledge_bases=folders))) as running:
        assert uploaded(running.client, file("a.txt", LABEL), key="N1", source="ward")["added"] == 1
        assert running.client.get(of(running, "ward", "N1")).json()["title"] == "宁神素片"
        # What both hold is gone when it is deleted, and does not come back from the second.
        assert running.client.delete(of(running, "labels", "Z1")).json()["deleted"] == 2
        assert running.client.get(of(running, "labels", "Z1")).status_code == 404
    with KnowledgeBase.open(folders[1]) as second:
        assert second.versions("N1") == []
