"""Fuzzes the readers for some minutes a format and prints the counts: `python -m tests.ingest.fuzz.run --minutes 2`."""

from __future__ import annotations

import argparse
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.ingest.fuzz.seeds import SEEDS

__all__ = ["Found", "fuzz", "main"]

ROOT = Path(__file__).resolve().parents[3]
HANGS = 60  # seconds without a word, after which one file hangs the reader
BEGINNING = 180  # seconds to import everything
KEPT = 20  # faults of a format that are shown


@dataclass(slots=True)
class Found:
    """What became of the files of a format: how many were read or refused, and which did harm."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    harm: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many files were read."""
        return self.counts.total()

    def __str__(self) -> str:
        counts = ", ".join(
            f"{kind} {self.counts[kind]:,}" for kind in ("read", "refused", "crash", "slow", "memory", "hang", "died")
        )
        return f"{self.name:15} {self.inputs:8,} inputs: {counts}"


def fuzz(name: str, first: int, *, count: int, seconds: float = float("inf")) -> Found:
    """Has another process read hostile files of a format, from a number on; it is begun anew after a file that stops it."""
    found, end, last = Found(name), time.monotonic() + seconds, first + count
    while first < last and time.monotonic() < end:
        first = _one_process(found, first, last - first, end)
    return found


def _one_process(found: Found, first: int, count: int, end: float) -> int:
    """Reads what a process says until it ends or hangs; the number to go on with."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        command = [sys.executable, "-m", "tests.ingest.fuzz.child", found.name, str(first), str(count), folder]
        with subprocess.Popen(command, cwd=ROOT, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            at, begun = first - 1, False
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                while time.monotonic() < end:
                    if not selector.select(HANGS if at >= first else BEGINNING):
                        _harm(found, max(at, first), "hang")
                        process.kill()
                        return max(at, first) + 1
                    line = process.stdout.readline().decode("utf-8", "replace")
                    if not line:
                        break
                    number, _, said = line.strip().partition(" ")
                    at, begun = int(number), said == "begun"
                    if not begun:
                        _count(found, at, said)
            if time.monotonic() >= end:
                process.kill()
                return at + 1
        if begun or process.returncode:
            _harm(found, max(at, first), f"died with {process.returncode}")
            return max(at, first) + 1
    return first + count


def _count(found: Found, number: int, said: str) -> None:
    kind = said.partition(" ")[0]
    if kind in ("read", "refused"):
        found.counts[kind] += 1
    else:
        _harm(found, number, said)


def _harm(found: Found, number: int, said: str) -> None:
    found.counts[said.partition(" ")[0]] += 1
    if len(found.harm) < KEPT:
        found.harm.append(f"{found.name} {number}: {said}")


def main() -> int:
    """Fuzzes all formats, or those named; exit code 1 where a file did harm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="for each format")
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("formats", nargs="*", default=[])
    asked = parser.parse_args()
    harm, inputs = 0, 0
    for name in asked.formats or SEEDS:
        found = fuzz(name, asked.first, count=10**9, seconds=asked.minutes * 60)
        print(found, flush=True)
        for line in found.harm:
            print("   ", line, flush=True)
        harm, inputs = harm + len(found.harm), inputs + found.inputs
    print(f"{inputs:,} inputs, {harm} that did harm")
    return 1 if harm else 0


if __name__ == "__main__":
    sys.exit(main())
