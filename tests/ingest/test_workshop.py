"""Ingest by several processes: the same outcome as by one, and nothing lost where one of them is."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from medrag.ingest import workshop
from medrag.ingest.build import Report, build
from medrag.ingest.carried import dumps, loads
from medrag.ingest.portions import Made, Making, Portion, packed, prepare_portion, unpacked
from medrag.ingest.records import Raw, ReadRecord, Unreadable
from medrag.ingest.workshop import Workshop
from medrag.kb import processes
from medrag.kb.base import KnowledgeBase
from medrag.kb.embed import HashedEmbedder
from medrag.kb.processes import WorkerLostError, WorkerPool
from medrag.kb.static import StaticEmbedder
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentKind, Place, Section

TABLES = "documents places versions sections passages entities spellings names statements about".split()


def label(number: int) -> dict[str, Any]:
    name = f"Testolol{number}"
    return {
        "set_id": f"set-{number}",
        "title": name,
        "sections": [
            {"heading": "Indications", "text": f"{name} is indicated for hypertension and angina pectoris. " * 8},
            {"heading": "Contraindications", "text": f"{name} is contraindicated in asthma. Do not give {name} in shock."},
            {"heading": "Dosage", "text": f"Take {number} mg twice a day, at most {number * 3} mg. " * 12},
        ],
    }


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Labels with a key and broken ones, texts without a key (two of one title), a graph, a file that is no document."""
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [json.dumps(label(n)) for n in range(1, 31)]
    lines[4] = '{"set_id": "broken"'
    lines[9] = json.dumps({"set_id": "poor", "title": "Poor", "sections": 7})
    lines[20] = json.dumps(label(3))  # again, word for word
    (folder / "labels.jsonl").write_text("\n".join(lines), "utf-8")
    monographs = [
        f"试验片{n % 9}\n适应症:用于高血压、心绞痛，第{n}种。\n禁忌:哮喘患者禁用。\n用法用量:口服，一次{n}片。"
        for n in range(24)
    ]
    (folder / "monographs.json").write_text(json.dumps(monographs, ensure_ascii=False), "utf-8")
    rows = [f"试验片{n},适应症,病{n % 5}" for n in range(12)]
    (folder / "triples.csv").write_text("\n".join(["head,relation,tail", *rows]), "utf-8")
    (folder / "schema.json").write_text('{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}', "utf-8")
    return folder


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are started for anything, and get little at a time."""
    monkeypatch.setattr(workshop, "WORTH_BYTES", -1)
    monkeypatch.setattr(workshop, "PORTION_RECORDS", 5)


def rows_of(folder: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(folder / "catalogue.sqlite") as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def told(report: Report) -> list[Any]:
    return [
        (
            Path(f.path).name,
            f.reader,
            f.read,
            f.added,
            f.updated,
            f.unchanged,
            f.failed,
            f.skipped_reason,
            f.unmapped,
            f.problems,
        )
        for f in report.files
    ]


def indexed(kb: KnowledgeBase) -> tuple[dict[int, Any], Any]:
    """What the indexes hold: each passage's tokens and its cosines with some directions, and the statistics of words."""
    words, vectors = kb._snapshot.words, kb._snapshot.vectors
    ids = np.array(sorted(vectors.ids()), np.int64)
    directions = np.eye(vectors.dimensions, dtype=np.float32)[:24]
    cosines = np.stack([vectors.scores(direction, ids) for direction in directions], axis=1)
    held = {int(i): (words.stored(int(i)), row.tolist()) for i, row in zip(ids, cosines, strict=True)}
    counted = words.statistics
    return held, (counted.passages, counted.length, counted.hashes.tolist(), counted.counts.tolist())


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("embedder", [StaticEmbedder(), HashedEmbedder(64)], ids=["static", "hashed"])
def test_any_number_of_processes_makes_the_same_knowledge_base(tmp_path: Path, sources: Path, embedder: Any) -> None:
    made = []
    for jobs in (1, 3):
        with KnowledgeBase.create(tmp_path / f"kb{jobs}", embedder=embedder) as kb:
            report = build(sources, kb, jobs=jobs)
            assert kb.verify() == []
            made.append((told(report), rows_of(tmp_path / f"kb{jobs}"), indexed(kb)))
            again = build(sources, kb, jobs=jobs)
            assert (again.added, again.updated, again.commit) == (0, 0, report.commit)
    assert made[0] == made[1]
    assert len(made[0][1]["versions"]) == 27 + 24 + 12
    assert made[0][0][0][6] == 2  # labels that could not be read


def test_little_starts_no_process(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(WorkerPool):
        def __init__(self, size: int) -> None:
            raise AssertionError("a pool was made")

    monkeypatch.setattr(workshop, "WorkerPool", Refused)
    assert build(sources, tmp_path / "kb", jobs=8).added > 60


def test_a_pool_answers_in_order_says_what_was_raised_and_outlives_a_killed_worker() -> None:
    with WorkerPool(1) as pool:
        calls = [pool.submit(f"{__name__}:twice", bytes([n])) for n in range(5)]
        assert [call.result() for call in calls] == [bytes([n, n]) for n in range(5)]
        with pytest.raises(Exception, match="ValueError: not this one"):
            pool.submit(f"{__name__}:refused", b"").result()
        with pytest.raises(WorkerLostError, match=r"killed by signal 9 \(out of memory\?\)"):
            pool.submit(f"{__name__}:killed", b"").result()
        assert pool.submit(f"{__name__}:twice", b"x").result() == b"xx"


def twice(data: bytes) -> bytes:
    print("readers print", flush=True)  # must not stand between results
    return data + data


def refused(data: bytes) -> bytes:
    raise ValueError("not this one")


def killed(data: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return data


def deadly(data: bytes) -> bytes:
    """As `prepare_packed`, but one record kills the process that prepares it."""
    portion: Portion = loads(data)
    if any(isinstance(record, ReadRecord) and record.document.title == "deadly" for record in portion.records):
        os.kill(os.getpid(), signal.SIGKILL)
    return packed(prepare_portion(portion))


def record(title: str) -> ReadRecord:
    return ReadRecord(Document(source="", key=title, title=title, text=f"{title} text", place=Place(file="f", record=title)))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("before", [0, 6])
def test_a_record_that_kills_its_worker_is_reported_and_the_others_are_made(
    monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setattr(workshop, "_PREPARE", f"{__name__}:deadly")
    titles = [f"t{n}" for n in range(before)] + ["deadly"] + [f"u{n}" for n in range(6)]
    with Workshop(2, HashedEmbedder(16)) as shop:
        made = [one for _, one in shop.prepared((titles, Making("lines"), record(title)) for title in titles)]
    names = [one.prepared.document.title if isinstance(one, Made) else one.place.record for one in made]
    assert names == titles
    [problem] = [one for one in made if isinstance(one, Unreadable)]
    assert problem.place.record == "deadly"
    assert "killed by signal 9" in problem.reason


@pytest.mark.usefixtures("eager")
def test_without_a_python_for_workers_one_process_does_it_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "python-that-ends"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    titles = [f"t{n}" for n in range(60)]
    with Workshop(2, HashedEmbedder(16)) as shop:
        made = [one for _, one in shop.prepared((titles, Making("lines"), record(title)) for title in titles)]
    assert [one.prepared.document.title for one in made if isinstance(one, Made)] == titles
    assert caplog.text.count("no worker processes") == 1


@pytest.mark.usefixtures("eager")
def test_no_more_is_read_ahead_than_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "SMALL", 1)
    read = 0

    def records() -> Iterator[tuple[object, Making, ReadRecord]]:
        nonlocal read
        for n in range(400):
            read += 1
            yield made_of, Making("lines"), record(f"t{n}")

    made_of = object()
    with Workshop(1, HashedEmbedder(16)) as alone:
        next(alone.prepared(records()))
    assert read <= 2
    read = 0
    with Workshop(2, HashedEmbedder(16)) as shop:
        next(shop.prepared(records()))
        assert read <= 5 * (workshop.AHEAD * 2 + 2)


@pytest.mark.parametrize(("limit", "wanted"), [("150000 100000\n", 2), ("20000 100000\n", 1), ("max 100000\n", 64), ("", 64)])
def test_a_container_counts_the_cores_it_is_given_the_time_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, wanted: int
) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(processes, "CPU_MAX", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert processes.cores() == wanted


def test_workers_end_when_their_parent_is_killed() -> None:
    program = (
        "import sys, time\n"
        "from medrag.kb.processes import WorkerPool\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "pool = WorkerPool(1)\n"
        f"pool.submit('{__name__}:twice', b'').result()\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert "ready" in parent.stdout.readline()
        workers = psutil.Process(parent.pid).children()
        assert len(workers) == 1
        parent.kill()
    gone, alive = psutil.wait_procs(workers, timeout=60)
    assert (len(gone), alive) == (1, [])


def test_what_travels_arrives_as_it_was() -> None:
    section = Section(index=0, code="x", group=SectionGroup.OTHER, heading="h", path=("p",), start=0, end=4)
    document = record("t").document.model_copy(update={"sections": (section,), "kind": DocumentKind.FILE, "tags": ("a",)})
    made = prepare_portion(
        Portion((ReadRecord(document), Unreadable(Place(file="f"), "why")), Making("lines", embedder="hashed:16"))
    )
    assert unpacked(packed(made)) == made
    assert isinstance(made[0], Made)
    assert made[0].ready
    arrived = loads(dumps(document))
    assert arrived == document
    assert arrived.sections[0].group is SectionGroup.OTHER
    assert Raw(Place(file="f"), {"a": ["12", {"b": "345"}], "c": 7}).size == 5


def test_the_workers_are_gone_after_ctrl_c(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "WORTH_BYTES", -1)
    before = set(psutil.Process().children())

    def stop(self: object, data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("medrag.kb.writer.Writer.keep", stop)
    with pytest.raises(KeyboardInterrupt):
        build(sources, tmp_path / "kb", jobs=2)
    deadline = time.monotonic() + 30
    while set(psutil.Process().children()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(psutil.Process().children()) == before
    with KnowledgeBase.open(tmp_path / "kb") as kb:
        assert (kb.stats().documents, kb.verify()) == (0, [])
