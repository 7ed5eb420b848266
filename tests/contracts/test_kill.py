"""`kill -9` at any moment of any operation: one commit or the other, whole, and others read it all the while.

A handful of kills here; `make soak-kill` sets MEDRAG_KILLS for more. Half of the kills come before a file operation chosen by
its number, half at a moment chosen by the clock. Two processes ask questions throughout.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from medrag.errors import MedRAGError
from medrag.ingest import workshop
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from tests.contracts.fileops.operations import CHANGING, KB, PERFORM, Contents, contents, expected, write_labels
from tests.contracts.fileops.watch import GO_ON, KILL, ROOT, Event, Watched, go_on

KILLS = int(os.environ.get("MEDRAG_KILLS", "9"))
SEED = int(os.environ.get("MEDRAG_SEED", "20261128"))
READERS = 2
SHOWN = 50  # kills between two lines of progress


@dataclass
class At:
    """Kills before the file operation of this number."""

    number: int
    seen: int = 0

    def decide(self, _: Event) -> int:
        self.seen += 1
        return KILL if self.seen == self.number else GO_ON


@dataclass
class Counts:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)  # in mid-operation
    late: int = 0  # the operation was done before the kill came
    published: int = 0  # kills after which the knowledge base was at the new commit

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return f"{self.kills.total() + self.late} kills, {self.kills.total()} in mid-operation ({kinds}), {self.published} after publishing"


def test_operations_killed_at_any_moment_leave_one_commit_or_the_other_and_complete_when_repeated(watch: Watched) -> None:
    rng = random.Random(SEED)
    counts, lengths = Counts(), dict[str, tuple[int, float]]()
    with KnowledgeBase.open(watch.root / KB) as kb:
        held = contents(kb)
    with readers(watch.root / KB) as finished:
        for number in range(2, KILLS + 2):
            name = tuple(PERFORM)[number % len(PERFORM)]
            write_labels(watch.root / "labels.jsonl", number)
            held = one(watch, name, number, held, rng, lengths, counts)
            if (number - 1) % SHOWN == 0:
                print(f"so far {counts}, 0 corrupt, 0 mixed", flush=True)
    asked = finished()
    print(f"{counts}, 0 corrupt, 0 mixed, 0 errors of readers, {asked} questions answered by {READERS} readers meanwhile")
    assert counts.kills.total() > KILLS // 2, "little was interrupted, so little was shown"
    assert asked


def one(
    watch: Watched,
    name: str,
    number: int,
    before: Contents,
    rng: random.Random,
    lengths: dict[str, tuple[int, float]],
    counts: Counts,
) -> Contents:
    """Performs an operation, killed at a random moment, looks at what is left, and performs it again."""
    events, seconds = lengths.get(name, (250, 0.4))
    with KnowledgeBase.open(watch.root / KB) as kb:
        commit = kb.commit
    if rng.random() < 0.5:
        ran = watch.run(name, number, At(rng.randint(1, events)).decide)
    else:
        ran = watch.run(name, number, kill_after=rng.uniform(0, seconds))
    if ran.done:
        counts.late += 1
    else:
        assert ran.killed, (name, ran)
        counts.kills[name] += 1
    after = expected(name, before, number)
    with KnowledgeBase.open(watch.root / KB) as kb:
        step = (name in CHANGING and before != after) or name == "reindex"
        assert (kb.commit, contents(kb)) in ((commit, before), (commit + step, after)), f"{name}, kill {number}"
        assert not ran.done or contents(kb) == after
        assert kb.verify() == []
        counts.published += bool(step) and kb.commit > commit
    again = watch.run(name, number, None if name in lengths else go_on)
    assert again.done, f"{name} repeated after kill {number}: {again.error}"
    lengths[name] = (lengths[name][0] if name in lengths else again.events, again.seconds)
    with KnowledgeBase.open(watch.root / KB) as kb:
        assert (contents(kb), kb.verify()) == (after, [])
    check_made(watch.root)
    return after


def check_made(root: Path) -> None:
    """What the operation made beside the knowledge base is whole; then it is removed."""
    for path in [*root.glob("made-*.kb"), *root.glob("restored-*.kb"), *root.glob("moved-*.kb")]:
        with KnowledgeBase.open(path) as kb:
            assert kb.verify() == []
        shutil.rmtree(path)
    for path in root.glob("backup-*"):
        shutil.rmtree(path)
    for path in root.glob(".*ing"):  # killed after the thing got its name
        assert {inner.name for inner in path.iterdir()} <= {"write.lock"}, "something unfinished is left"
        shutil.rmtree(path)


@contextmanager
def readers(path: Path) -> Iterator[Callable[[], int]]:
    """Processes that ask until the block is left; then a call says how many questions they answered, at the same states."""
    command = [sys.executable, "-m", "tests.contracts.fileops.operations", str(path)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(READERS)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    results: list[tuple[int, dict[str, Contents]]] = []

    def finished() -> int:
        assert all(
            one[1].get(commit, view) == view for one in results for other in results for commit, view in other[1].items()
        )
        return sum(asked for asked, _ in results)

    try:
        yield finished
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            out, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
            results.append(json.loads(out))


# ------------------------------------------------------------------ ingest with worker processes

WITH_WORKERS = """
import sys
from medrag.ingest import workshop
from medrag.ingest.build import build
workshop.WORTH_CHARS = workshop.WORTH_BYTES = 0
print("go", flush=True)
build(sys.argv[1], sys.argv[2], jobs=2)
"""


def children(pid: int | str = "self") -> set[int]:
    """The processes that a process started and that live."""
    found = set[int]()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def wait_for(seen: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """More labels than one portion holds."""
    write_labels(tmp_path / "labels.jsonl", 1, count=1_500)
    return tmp_path / "labels.jsonl"


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_a_worker_that_is_killed_alone_is_one_clear_error_and_nothing_of_the_ingest_is_half(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "WORTH_CHARS", 0)
    monkeypatch.setattr(workshop, "WORTH_BYTES", 0)
    before, killed = children(), []

    def kill() -> None:
        wait_for(lambda: children() - before)
        for worker in sorted(children() - before)[:1]:
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)

    killer = threading.Thread(target=kill)
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        killer.start()
        try:
            report = build(labels, kb, jobs=2)
            assert report.added + report.failed == 1_500, "a worker's records were lost and nobody was told"
        except MedRAGError as error:
            assert "\n" not in str(error) and kb.commit == 0
        killer.join()
        assert killed and kb.verify() == []
        assert build(labels, kb, jobs=2).failed == 0
        assert (kb.stats().documents, kb.verify()) == (1_500, [])


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_workers_of_an_ingest_that_is_killed_end_and_keep_no_writer_out(labels: Path, tmp_path: Path) -> None:
    KnowledgeBase.create(tmp_path / "a.kb").close()
    command = [sys.executable, "-c", WITH_WORKERS, str(labels), str(tmp_path / "a.kb")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        wait_for(lambda: children(process.pid))
        workers = children(process.pid)
        process.kill()
    assert workers
    assert build(labels, tmp_path / "a.kb", jobs=1).added == 1_500  # at once, whether or not they have ended
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
