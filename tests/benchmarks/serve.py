"""How many questions the server answers in a second, and how many streams it holds open: `make bench-serve`.

The server is a process of its own, as `medrag serve` starts it, and so is what asks it; both share this machine's processors, so
the client speaks HTTP by hand and does as little as it can. The questions are made from the knowledge base's own titles,
each another one, so that nothing is answered from memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ZH = ("{}有什么不良反应？", "{}的用法用量是什么？", "{}孕妇能用吗？", "{}有哪些禁忌？", "{}怎么保存？", "{}的适应症是什么")
EN = ("What are the side effects of {}?", "What is the dosage of {}?", "Can I take {} while pregnant?", "Who must not take {}?")
SEED = 5
WARM = 60  # requests before the clock starts
READY_S = 60
LONGEST = (
    1 << 26
)  # bytes of a stream that is read to its end in one go; asyncio's own limit, 64 KiB, is less than a long label's answer


def questions(folder: Path, count: int) -> list[str]:
    """Questions about the documents of a knowledge base, each another one, in a fixed order."""
    from medrag import KnowledgeBase

    with KnowledgeBase.open(folder) as kb:
        titles = sorted({(one.title, one.lang) for one in kb.documents(kinds=["label"])})
    made = [form.format(title) for title, lang in titles for form in (ZH if lang == "zh" else EN)]
    random.Random(SEED).shuffle(made)
    if len(made) < count:
        raise SystemExit(f"{folder} has titles for {len(made)} questions, {count} are wanted: ask for fewer")
    return made[:count]


@contextmanager
def server(folder: Path, *, workers: int) -> Iterator[tuple[int, int]]:
    """A server of its own; its port and process number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "medrag", "serve", "--kb", str(folder), "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([*command, "--feedback", "off"], stdout=log, stderr=log)
        try:
            _await_ready(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(READY_S)


def _await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    from urllib.error import URLError
    from urllib.request import urlopen

    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not start")


@dataclass
class Result:
    """What came of a run: seconds per request, and what went wrong how often."""

    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    most_open: int = 0


async def ask_all(port: int, asked: Sequence[str], connections: int) -> tuple[Result, float]:
    """Asks all questions over so many connections at a time; what came of it, and the seconds in all."""
    result, waiting = Result(), iter(asked)
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, result) for _ in range(connections)))
    return result, time.perf_counter() - started


async def _connection(port: int, waiting: Iterator[str], result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for question in waiting:
        began = time.perf_counter()
        try:
            status, body = await _post(reader, writer, {"question": question})
        except (OSError, asyncio.IncompleteReadError) as error:
            result.errors[type(error).__name__] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        result.seconds.append(time.perf_counter() - began)
        result.bytes += len(body)
        if status != 200 or not body.startswith(b'{"question"'):
            result.errors[str(status)] += 1
    writer.close()


def _head(body: bytes) -> bytes:
    return (
        b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, value: object) -> tuple[int, bytes]:
    writer.write(_head(json.dumps(value).encode()))
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


async def stream_all(port: int, asked: Sequence[str]) -> tuple[Result, float]:
    """Opens a stream for each question, all at once, and reads each to its end."""
    result, opened = Result(), 0
    started = time.perf_counter()

    async def one(question: str) -> None:
        nonlocal opened
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST)
            opened += 1
            result.most_open = max(result.most_open, opened)
            writer.write(_head(json.dumps({"question": question, "stream": True}).encode()))
            status = int((await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1])
            result.first.append(time.perf_counter() - began)
            body = await reader.readuntil(b"\r\n0\r\n\r\n")
            writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            result.errors[type(error).__name__] += 1
            return
        finally:
            opened -= 1
        result.seconds.append(time.perf_counter() - began)
        if status != 200 or b"event: answer" not in body:
            result.errors[str(status)] += 1

    await asyncio.gather(*map(one, asked))
    return result, time.perf_counter() - started


def cpu_seconds(process: int) -> float:
    """The processor seconds that a process and those that it started have used."""
    import psutil

    parent = psutil.Process(process)
    times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def at(share: float, seconds: Sequence[float]) -> float:
    """The time below which this share of the requests lies, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def main() -> None:
    """Runs both and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=Path, required=True, help="a knowledge base, best of 100,000 passages")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--streams", type=int, default=200)
    options = parser.parse_args()
    asked = questions(options.kb, WARM * options.workers + options.requests + options.streams)
    warm, asked = asked[: WARM * options.workers], asked[WARM * options.workers :]
    with server(options.kb, workers=options.workers) as (port, process):
        asyncio.run(ask_all(port, warm, options.connections))
        busy = cpu_seconds(process)
        result, seconds = asyncio.run(ask_all(port, asked[: options.requests], options.connections))
        busy = cpu_seconds(process) - busy
        print(
            f"/v1/ask: {len(result.seconds)} questions over {options.connections} connections, {options.workers} processes: "
            f"{len(result.seconds) / seconds:.0f}/s, p50 {at(0.5, result.seconds):.0f} ms, p95 {at(0.95, result.seconds):.0f} ms, "
            f"p99 {at(0.99, result.seconds):.0f} ms, {1000 * busy / max(1, len(result.seconds)):.1f} ms of processor and {result.bytes / max(1, len(result.seconds)) / 1024:.0f} KB each, "
            f"errors: {dict(result.errors) or 'none'}"
        )
        busy = cpu_seconds(process)
        again, seconds = asyncio.run(ask_all(port, asked[:100] * 20, options.connections))
        busy = cpu_seconds(process) - busy
        print(
            f"100 of them asked again and again: {len(again.seconds) / seconds:.0f}/s, p50 {at(0.5, again.seconds):.0f} ms, "
            f"p95 {at(0.95, again.seconds):.0f} ms, {1000 * busy / max(1, len(again.seconds)):.1f} ms of processor each, "
            f"errors: {dict(again.errors) or 'none'}"
        )
        streams, seconds = asyncio.run(stream_all(port, asked[options.requests :]))
        print(
            f"streams: {streams.most_open} open at once, all ended in {seconds:.1f} s, first event p50 {at(0.5, streams.first):.0f} ms, "
            f"p95 {at(0.95, streams.first):.0f} ms, errors: {dict(streams.errors) or 'none'}"
        )


if __name__ == "__main__":
    main()
