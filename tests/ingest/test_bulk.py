"""Ingest on a Ray cluster of two nodes on this machine: the knowledge base is the one that this machine makes alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import medrag.ingest.cluster
from medrag.errors import IngestError, MedRAGError
from medrag.ingest import workshop
from medrag.ingest.build import Report, build
from medrag.ingest.cluster import RayCluster
from medrag.kb import schema
from medrag.kb.base import KnowledgeBase
from medrag.kb.embed import HashedEmbedder
from medrag.retrieve.rank import retrieve
from tests.conftest import ROOT

LABELS = 120
STORE_BYTES = 80 * 2**20  # the least that Ray takes
QUESTIONS = ["How much examplin7 a day?", "fever 3", "Known hypersensitivity", "试验药5片的用法用量", "孕妇禁用"]
SPL = """<?xml version="1.0" encoding="UTF-8"?>
<document xmlns="urn:hl7-org:v3">
  <id root="00000000-0000-4000-9000-{n:012d}"/>
  <code code="34391-3" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Examplin{n} tablets</title>
  <effectiveTime value="20240102"/>
  <setId root="00000000-0000-4000-8000-{n:012d}"/>
  <versionNumber value="3"/>
  <component><structuredBody><component><section>
    <code code="34067-9" codeSystem="2.16.840.1.113883.6.1"/>
    <title>INDICATIONS AND USAGE</title>
    <text><paragraph>Examplin{n} is indicated for fever {kind}.</paragraph></text>
  </section></component><component><section>
    <code code="34068-7" codeSystem="2.16.840.1.113883.6.1"/>
    <title>DOSAGE AND ADMINISTRATION</title>
    <text><paragraph>Take {n} mg daily. {more}</paragraph></text>
  </section></component></structuredBody></component>
</document>
"""


def spl(number: int) -> str:
    return SPL.format(n=number, kind=number % 9, more=f"Do not exceed {number * 3} mg in 24 hours. " * 20)


def zipped(members: dict[str, str | bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def release(labels: int) -> bytes:
    """A release as DailyMed packs it, with pictures, a label that is none and one that is broken."""
    members: dict[str, str | bytes] = {"readme.txt": "not a label"}
    for number in range(labels):
        inner = zipped({f"{number}.xml": spl(number), f"{number}.jpg": b"picture"})
        members[f"prescription/20240102_{number:08d}.zip"] = inner
    members["prescription/20240102_bad.zip"] = zipped({"bad.xml": "<document xmlns='urn:hl7-org:v3'>"})
    members["prescription/20240102_none.zip"] = b"no zip at all"
    return zipped(members)


def fill(folder: Path, labels: int = LABELS) -> Path:
    """Files of all kinds: an archive that is cut, small ones that go whole, lines that are read here, and some that are wrong."""
    folder.mkdir()
    (folder / "dm_spl_release.zip").write_bytes(release(labels))
    for number in range(labels, labels + 5):
        (folder / f"label{number}.xml").write_text(spl(number), "utf-8")
    with (folder / "labels.jsonl").open("w", encoding="utf-8") as file:
        for number in range(labels):
            text = f"试验药{number}片用于头痛。口服，每次{number}毫克，孕妇禁用。" * 8
            section = {"code": "34068-7", "heading": "【用法用量】", "text": text, "depth": 0}
            record = {
                "set_id": f"zh-{number}",
                "title": f"试验药{number}片",
                "generic": f"试验药{number}",
                "brand": "",
                "effective": "",
            }
            file.write(json.dumps({**record, "sections": [section]}, ensure_ascii=False) + "\n")
            if number == labels // 2:
                file.write("{not JSON\n")
    (folder / "无名.txt").write_text("无名散\n【功能主治】用于不适。\n【用法用量】口服，一次1包。\n", "utf-8")
    (folder / "edges.csv").write_text("head,relation,tail\n病证1,has_symptom,头痛\n病证2,has_symptom,发热\n", "utf-8")
    (folder / "empty.txt").write_text("", "utf-8")
    (folder / "odd.bin").write_bytes(bytes(range(256)) * 40)
    return folder


def told(path: Path) -> list[object]:
    """All that a knowledge base holds, and what some questions find."""
    with KnowledgeBase.open(path) as kb:
        assert kb.verify() == []
        said: list[object] = [kb.stats().model_copy(update={"bytes": 0, "commit": 0})]
        said += [[(e.score, e.passage or e.fact) for e in retrieve(q, kb, k=10).evidence] for q in QUESTIONS]
        with kb._reading() as connection:
            tables = [table for table in schema.metadata.sorted_tables if table.name not in ("commits", "settings")]
            said += [sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables]
        return said


def reported(report: Report) -> list[object]:
    return [
        (f.path, f.reader, f.read, f.added, f.unchanged, f.failed, f.skipped_reason, f.unmapped, f.problems)
        for f in report.files
    ]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes with one processor each, at loopback; it asks nobody and tells nobody."""
    pytest.importorskip("ray", reason="Ray is not installed (medrag[ray])")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # every address is 127.0.0.1 then
    from ray.cluster_utils import Cluster as Nodes

    options = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    started = Nodes(initialize_head=True, head_node_args=options)
    started.add_node(**options)
    with RayCluster(started.address):  # one connection for all tests of this process
        yield started, options
    started.shutdown()
    patch.undo()


class Watched(RayCluster):
    """A cluster that something happens to in the middle of its work."""

    def __init__(self, address: str, *, at: int, happens: Callable[[], object]) -> None:
        super().__init__(address)
        self.left, self.happens, self.submitted = at, happens, Counter[bytes]()

    def submit(self, function: str, data: bytes) -> Future[bytes]:
        self.submitted[data] += 1
        self.left -= 1
        if self.left == 0:
            self.happens()
        return super().submit(function, data)


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "PORTION_RECORDS", 5)
    monkeypatch.setattr(workshop, "AHEAD", 1)


def test_a_node_killed_half_way_loses_nothing_and_doubles_nothing(nodes: Any, tmp_path: Path, small_portions: None) -> None:
    started, options = nodes
    files = fill(tmp_path / "files")
    here = build(files, tmp_path / "here.kb", jobs=1)

    def kill() -> None:
        started.remove_node(next(iter(started.worker_nodes)), allow_graceful=False)

    with Watched(started.address, at=25, happens=kill) as cluster:
        assert cluster.size == 2
        there = build(files, tmp_path / "there.kb", cluster=cluster)
        assert cluster.left < -15  # it was in the middle
        assert set(cluster.submitted.values()) == {1}
        while cluster.size == 2:  # the head finds out
            time.sleep(0.1)
        started.add_node(**options)
        again = build(files, tmp_path / "there.kb", cluster=cluster)
    assert reported(there) == reported(here)
    assert (there.read, there.failed) == (2 * LABELS + 5 + 1 + 2, 5)
    assert told(tmp_path / "there.kb") == told(tmp_path / "here.kb")
    assert (again.added, again.updated, again.unchanged) == (0, 0, there.added)


def test_the_job_on_the_cluster_completes_when_run_again_after_it_was_killed(nodes: Any, tmp_path: Path) -> None:
    started, _ = nodes
    files, kb = fill(tmp_path / "files", 20), tmp_path / "a.kb"
    command = [sys.executable, str(ROOT / "ingest" / "bulk.py"), str(files), "--kb", str(kb), "--ray", started.address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while not list(kb.glob("catalogue.sqlite")) and child.poll() is None:
            time.sleep(0.05)
        child.kill()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1  # there is what cannot be read
    assert "48 read" in done.stdout
    assert "labels.jsonl (line 12): not valid JSON" in done.stderr
    build(files, tmp_path / "here.kb", jobs=1)
    assert told(kb) == told(tmp_path / "here.kb")


def test_what_a_cluster_cannot_do_is_said_in_one_line(nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, _ = nodes
    with RayCluster(started.address) as cluster:
        with pytest.raises(IngestError, match="cannot do the work: KnowledgeBaseError: there is no embedder"):
            cluster.require(Elsewhere())
        with pytest.raises(MedRAGError, match="ZeroDivisionError"):
            cluster.submit("tests.ingest.test_bulk:divide", b"").result()
        monkeypatch.setattr(medrag.ingest.cluster, "__version__", "0.0.0")
        with pytest.raises(IngestError, match=r"wanted 0\.0\.0: install the same everywhere"):
            cluster.require(HashedEmbedder())


class Elsewhere(HashedEmbedder):
    name = "only on this machine"


def divide(_: bytes) -> bytes:
    return bytes(1 // 0)


def test_the_job_reads_a_table_as_its_mapping_says_and_names_from_another(nodes: Any, tmp_path: Path) -> None:
    started, _ = nodes
    (tmp_path / "t.csv").write_text("Medicine,What for\nExamplin,Hay fever.\n", "utf-8")
    (tmp_path / "m.yaml").write_text("title: Medicine\nsections:\n  What for: indications\n", "utf-8")
    (tmp_path / "n.csv").write_text("name,alias\nExamplin,Brandol\n", "utf-8")
    kb = tmp_path / "a.kb"
    done = bulk(
        tmp_path / "t.csv", "--map", tmp_path / "m.yaml", "--names", tmp_path / "n.csv", "--kb", kb, "--ray", started.address
    )
    assert (done.returncode, done.stderr) == (0, "")
    with KnowledgeBase.open(kb) as base:
        found = retrieve("What is Brandol for?", base, k=1).evidence
        assert [one.passage and one.passage.text for one in found] == ["Hay fever."]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("x", "--format", "nope"), 1, "there is no reader 'nope'; there are: spl"),
        (("x", "--map", "nowhere.yaml"), 1, "--map nowhere.yaml: No such file or directory"),
        ((), 2, "there is nothing to read: name files or folders, or a table of names (--names FILE)"),
    ],
)
def test_wrong_arguments_of_the_job_are_said_before_a_cluster_is_asked(
    arguments: Any, code: int, said: str, tmp_path: Path
) -> None:
    done = bulk(*arguments, "--kb", tmp_path / "a.kb", "--ray", "127.0.0.1:1")
    assert (done.returncode, said in done.stderr.splitlines()[-1]) == (code, True)
    assert not (tmp_path / "a.kb").exists()


def bulk(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "ingest" / "bulk.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_an_address_that_nobody_listens_at_is_said_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (medrag[ray])")
    done = bulk("x", "--kb", tmp_path / "a.kb", "--ray", "127.0.0.1:1")
    assert done.returncode == 1
    assert "no Ray cluster at '127.0.0.1:1'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "a.kb").exists()
