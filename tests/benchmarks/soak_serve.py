"""One process serves while another writes, under load, for as long as is asked: `make soak-serve KB=labels.kb`.

The writer replaces two labels with each commit, both with that commit's own number in their text, adds others and deletes them,
and now and then takes the two away. Each answer, whole or streamed, says which commit it was read from: its text, its citations
and its evidence must have the number of that commit and no other. What the server's memory grows by is told in per cent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from tests.benchmarks.serve import _head, _post, questions, server

NAMES = ("旋平片", "宁衡胶囊")  # no medicine is called so
MARKED = "旋平片和宁衡胶囊的用法用量？"
MARK = re.compile(r"第(\d+)号处方")
REST_EVERY = 5  # commits, of which one has neither label
ERASE_EVERY = 100  # commits, of which one erases instead of hiding: that writes the whole knowledge base anew
PASSING = 10  # labels that come with one commit and go with the next
STREAM_EVERY = 4  # questions, of which one is streamed
LOOKS_S = 0.5  # between looks at the memory
WARM_SHARE = 0.3  # of the time, after which memory should not grow
LAST_SHARE = 0.2


@dataclass
class Seen:
    """What came of a soak: answers by the commit that they name, what was wrong, and the server's memory over time."""

    marked: list[tuple[int, frozenset[int], str]] = field(default_factory=list)  # commit, numbers in it, abstention's reason
    answers: int = 0
    streams: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)  # seconds since the start, bytes
    numbers: dict[int, int | None] = field(default_factory=dict)  # of each commit: what its two labels say, None without them

    def mixed(self) -> list[str]:
        """The answers that are not of the commit that they name."""
        faults = []
        for commit, said, reason in self.marked:
            wanted = self.numbers.get(commit)
            if said - {wanted} or (wanted is not None and not said):
                faults.append(f"commit {commit} has the number {wanted}, the answer {sorted(said)} ({reason or 'answered'})")
        return faults

    def growth(self) -> float:
        """By how many per cent memory grew after the server was warm."""
        end = self.memory[-1][0]
        warm = [size for at, size in self.memory if WARM_SHARE * end <= at < (WARM_SHARE + LAST_SHARE) * end]
        last = [size for at, size in self.memory if at >= (1 - LAST_SHARE) * end]
        return 100 * (statistics.median(last) / statistics.median(warm) - 1)


def write(folder: str, stop: Event, told: str) -> None:
    """Writes until it is told to stop, and adds a line to a file for each commit: its number, and what its two labels say."""
    from medrag import KnowledgeBase
    from tests.making import label

    with KnowledgeBase.open(folder) as kb, open(told, "a", encoding="utf-8", buffering=1) as lines:
        count = 0
        while not stop.is_set():
            count += 1
            rests = count % REST_EVERY == 0
            with kb.write() as writer:
                for at, name in enumerate(NAMES):
                    if rests:
                        writer.delete(f"soak-{at}", source="soak")
                    else:
                        text = f"口服，一次{count}片，见第{count}号处方。"
                        writer.add(label(name, {"【用法用量】": text, "【禁忌】": text}, key=f"soak-{at}", source="soak"))
                for at in range(PASSING):
                    if count % 2:
                        writer.add(label(f"过路{at}丸", {"【贮藏】": f"放{count}日。"}, key=f"pass-{at}", source="soak"))
                    elif count % ERASE_EVERY:
                        writer.delete(f"pass-{at}", source="soak")
                    else:
                        writer.purge(f"pass-{at}", source="soak")
            lines.write(f"{kb.commit} {0 if rests else count}\n")


async def _client(port: int, asked: Iterator[str], until: float, seen: Seen) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for number, question in enumerate(asked):
        if time.monotonic() >= until:
            break
        try:
            if number % STREAM_EVERY == 0:
                if connection is not None:  # while a stream goes on the server may close what says nothing
                    connection[1].close()
                    connection = None
                record = await _streamed(port, question)
                seen.streams += 1
            else:
                connection = connection or await asyncio.open_connection("127.0.0.1", port)
                status, body = await _post(*connection, {"question": question})
                if status != 200:
                    raise ValueError(f"{status} {body[:200].decode(errors='replace')}")
                record = json.loads(body)
            seen.answers += 1
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            seen.errors[f"{type(error).__name__}: {error}"] += 1
            connection = None
            continue
        if question == MARKED:
            seen.marked.append(_read(record))
    if connection is not None:
        connection[1].close()


async def _streamed(port: int, question: str) -> dict[str, Any]:
    """The record at the end of a stream, with the words that came before it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_head(json.dumps({"question": question, "stream": True}).encode()))
        whole = b""
        while not whole.endswith(b"\r\n0\r\n\r\n"):
            piece = await reader.read(1 << 16)
            if not piece:
                raise ValueError("a stream broke off")
            whole += piece
    finally:
        writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    events = dict.fromkeys(("evidence", "text", "answer"), "")
    for one in re.sub(rb"\r\n[0-9a-f]+\r\n", b"", b"\r\n" + body).decode().split("\n\n"):
        name, _, data = one.removeprefix("event: ").partition("\ndata: ")
        events[name] = events.get(name, "") + data
    if b" 200 " not in head.split(b"\r\n")[0] or not events["answer"]:
        raise ValueError(f"a stream without an answer: {head[:40]!r} {events.get('error', '')}")
    record: dict[str, Any] = json.loads(events["answer"])
    record["streamed"] = events["evidence"] + events["text"]
    return record


def _read(record: dict[str, Any]) -> tuple[int, frozenset[int], str]:
    """The commit of an answer, and each number that stands anywhere in it."""
    words = json.dumps(record, ensure_ascii=False)
    return record["writing"]["commit"], frozenset(map(int, MARK.findall(words))), record["reason"]


async def _watch(process: int, until: float, seen: Seen) -> None:
    import psutil

    began, parent = time.monotonic(), psutil.Process(process)
    while time.monotonic() < until:
        size = sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True)))
        seen.memory.append((time.monotonic() - began, size))
        await asyncio.sleep(LOOKS_S)


async def _load(port: int, process: int, asked: Sequence[str], clients: int, seconds: float, seen: Seen) -> None:
    until = time.monotonic() + seconds
    mixed = [one for question in asked for one in (question, MARKED)]
    turns = [islice(cycle(mixed), at * 7, None) for at in range(clients)]
    await asyncio.gather(_watch(process, until, seen), *(_client(port, turn, until, seen) for turn in turns))


def soak(folder: Path, *, seconds: float, clients: int, workers: int, asked: Sequence[str]) -> Seen:
    """What came of so many seconds over a copy of the knowledge base."""
    seen = Seen()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="medrag-soak-") as place:
        copy = Path(place) / "soaked.kb"
        shutil.copytree(folder, copy)
        stop, told = context.Event(), Path(place) / "commits.txt"
        told.touch()
        with server(copy, workers=workers) as (port, process):
            writer = context.Process(target=write, args=(str(copy), stop, str(told)))
            writer.start()
            try:
                while not told.stat().st_size and writer.is_alive():
                    time.sleep(0.05)
                asyncio.run(_load(port, process, asked, clients, seconds, seen))
            finally:
                stop.set()
                writer.join()
        if writer.exitcode:
            seen.errors[f"the writer ended with {writer.exitcode}"] += 1
        lines = told.read_text(encoding="utf-8").splitlines()
        seen.numbers = {int(commit): int(count) or None for commit, _, count in (line.partition(" ") for line in lines)}
    return seen


def main() -> None:
    """Runs it and prints the figures; ends with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=Path, required=True, help="a knowledge base; a copy of it is written to")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--questions", type=int, default=400, help="of the knowledge base's own titles")
    options = parser.parse_args()
    asked = questions(options.kb, options.questions)
    seen = soak(options.kb, seconds=60 * options.minutes, clients=options.clients, workers=options.workers, asked=asked)
    mixed = seen.mixed()
    print(
        f"{options.minutes:g} minutes, {options.clients} clients, {options.workers} processes: {seen.answers} answers, "
        f"{seen.streams} of them streamed, {len(seen.marked)} compared with their commit, {len(seen.numbers)} commits beside; "
        f"errors: {dict(seen.errors) or 'none'}; mixed: {len(mixed)}; memory {seen.memory[-1][1] / 2**20:.0f} MiB, "
        f"{seen.growth():+.1f} % after the first {WARM_SHARE:.0%}"
    )
    step = max(1, len(seen.memory) // 20)
    print("MiB over time: " + " ".join(f"{size / 2**20:.0f}" for _, size in seen.memory[::step]))
    if mixed or seen.errors:
        raise SystemExit("\n".join(mixed[:10]) or 1)


if __name__ == "__main__":
    main()
