"""`kill -9` in the middle of an ingest: the last commit opens whole, and running the ingest again completes it.

A handful of kills here; `make soak` sets MEDRAG_KILLS for more.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase

KILLS = int(os.environ.get("MEDRAG_KILLS", "4"))
LABELS = 300
PROGRAM = """
import sys
from medrag.ingest.build import build
print("go", flush=True)
build(sys.argv[1], sys.argv[2])
print("done", flush=True)
"""


def write_labels(path: Path, revision: int) -> None:
    """A file of labels whose dosage sections name the revision."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(LABELS):
            sections = [
                {
                    "code": "34067-9",
                    "heading": "INDICATIONS",
                    "text": f"Drug{number} is used for condition {number % 17}.",
                    "depth": 0,
                },
                {
                    "code": "34068-7",
                    "heading": "DOSAGE",
                    "text": f"Revision {revision}: take {number} mg once daily. " * 8,
                    "depth": 0,
                },
                {"code": "34084-4", "heading": "ADVERSE REACTIONS", "text": "- nausea\n- headache\n- dizziness", "depth": 0},
            ]
            name = f"Drug{number} tablets"
            record = {
                "set_id": f"set-{number}",
                "title": name,
                "generic": f"drug{number}",
                "brand": "",
                "effective": "20240101",
            }
            file.write(json.dumps({**record, "sections": sections}) + "\n")


def ingest_and_kill(labels: Path, kb: Path, after: float) -> bool:
    """Starts an ingest in another process and kills it so many seconds after it began; whether it had finished."""
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(labels), str(kb)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    child.stdout.close()
    return "done" in rest


def revisions(kb: KnowledgeBase) -> set[str]:
    return {kb.document(f"set-{n}").text.split("Revision ")[1].split(":")[0] for n in range(LABELS)}


def test_an_ingest_killed_at_any_moment_leaves_the_last_commit_and_completes_when_run_again(tmp_path: Path) -> None:
    rng = random.Random(20261120)
    labels, path = tmp_path / "labels.jsonl", tmp_path / "a.kb"
    write_labels(labels, 0)
    began = time.perf_counter()
    assert build(labels, path).added == LABELS
    whole = time.perf_counter() - began
    unfinished = 0
    for revision in range(1, KILLS + 1):
        write_labels(labels, revision)
        finished = ingest_and_kill(labels, path, rng.uniform(0, whole))
        with KnowledgeBase.open(path) as kb:
            before = revisions(kb)
            assert before in ({str(revision - 1)}, {str(revision)})  # one commit or the other, never a mixture
            unfinished += before == {str(revision - 1)}
            assert not finished or before == {str(revision)}
            assert kb.verify() == []
        report = build(labels, path)
        assert (report.failed, report.updated + report.unchanged) == (0, LABELS)
        with KnowledgeBase.open(path) as kb:
            assert revisions(kb) == {str(revision)}
            assert kb.verify() == []
    print(f"{KILLS} kills, {unfinished} in mid-ingest, 0 corrupt")
    assert unfinished  # else nothing was interrupted, and the test showed nothing
