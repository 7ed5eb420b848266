"""One system in a process of its own: `python -m tests.benchmarks.peers.worker KEY build|ask FOLDER`, one line of JSON as its last.

FOLDER holds what is indexed (`passages.jsonl` or `edges.jsonl`) and what is asked (`questions.json`, `entities.json`); each system
keeps its store in a folder of its name there. Imports, and reading what is indexed, are not timed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from tests.benchmarks.measure import processor_s
from tests.benchmarks.peers.systems import GRAPHS, PASSAGES, Item, Peer, System, loaded

K = 10
MISSING = 3  # the exit code where a system is not installed


def items_of(system: System, folder: Path) -> list[Item]:
    """What a system is to index, as far as its cap goes; the library itself reads label files instead."""
    if system.wrapper == "with_medrag:Labels":
        return []
    name = "edges.jsonl" if system in GRAPHS else "passages.jsonl"
    with (folder / name).open(encoding="utf-8") as file:
        return [tuple(json.loads(line)) for line in islice(file, system.most)]


def built(peer: Peer, items: Sequence[Item], store: Path) -> dict[str, object]:
    """Builds the system's store; the seconds and processor seconds that it took."""
    store.mkdir()
    began, cpu = time.perf_counter(), processor_s()
    peer.build(items, store)
    return {"items": len(items), "seconds": time.perf_counter() - began, "cpu_s": processor_s() - cpu}


def answered(peer: Peer, questions: Sequence[str], store: Path) -> dict[str, object]:
    """Opens the store and asks each question once, the first one twice; milliseconds and hits of each."""
    began = time.perf_counter()
    peer.open(store)
    peer.search(questions[0], K)
    opened, cpu = time.perf_counter() - began, time.process_time()
    walls, found = [], []
    for question in questions:
        began = time.perf_counter()
        found.append(peer.search(question, K))
        walls.append((time.perf_counter() - began) * 1000)
    return {"open_s": opened, "walls": walls, "cpu_ms": (time.process_time() - cpu) * 1000, "found": found}


def main() -> None:
    """Runs one phase of one system."""
    key, phase, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    system = next(one for one in (*PASSAGES, *GRAPHS) if one.key == key)
    try:
        peer = loaded(system)
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed", file=sys.stderr)
        raise SystemExit(MISSING) from None
    store = folder / key
    if phase == "build":
        took = built(peer, items_of(system, folder), store)
    else:
        name = "entities.json" if system in GRAPHS else "questions.json"
        took = answered(peer, json.loads((folder / name).read_text("utf-8")), store)
    print(json.dumps(took))


if __name__ == "__main__":
    main()
