"""What something costs: time, processor time and memory, of a call in this process or of a process of its own with its children."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

__all__ = ["Apart", "Times", "apart", "folder_bytes", "memory_of", "processor_s", "timed", "timed_calls", "times_of"]

LOOK_S = 0.2  # between two looks at the memory of a process and its children
KB = 1024
MB = 1e6
UNIT_RSS = 1 if sys.platform == "darwin" else KB  # of ru_maxrss, in bytes


@dataclass(frozen=True, slots=True)
class Times:
    """The milliseconds that calls took: percentiles of the clock, and the mean of this process's processor time."""

    calls: int
    p50: float
    p95: float
    p99: float
    cpu: float


def timed_calls(call: Callable[[str], object], texts: Sequence[str]) -> Times:
    """The times of a call with each of the texts."""
    return timed([lambda text=text: call(text) for text in texts])  # type: ignore[misc]


def timed(calls: Sequence[Callable[[], object]]) -> Times:
    """The times of calls, one after the other."""
    walls: list[float] = []
    cpu = time.process_time()
    for call in calls:
        began = time.perf_counter()
        call()
        walls.append((time.perf_counter() - began) * 1000)
    return times_of(walls, (time.process_time() - cpu) * 1000)


def times_of(walls: Sequence[float], cpu: float) -> Times:
    """Percentiles of milliseconds, with the processor's milliseconds of all together."""
    p50, p95, p99 = (float(value) for value in np.percentile(walls, [50, 95, 99]))
    return Times(len(walls), p50, p95, p99, cpu / len(walls))


@dataclass(frozen=True, slots=True)
class Apart:
    """What became of a process: seconds, processor seconds (children's too), the most memory in MB, and what it wrote."""

    code: int
    seconds: float
    cpu_s: float
    peak_mb: float
    out: str
    err: str

    def ok(self) -> Apart:
        """The same; ends the program with what the process said where it failed."""
        if self.code:
            raise SystemExit(f"a process of the benchmark ended with {self.code}:\n{self.err[-2000:]}")
        return self


def apart(command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None, limit_s: float = 3_600) -> Apart:
    """Runs a command to its end, or kills it after so many seconds (its code is then -9).

    The memory is the largest sum over the process and all that it started, pages that they share counted once
    (where the system tells), looked at a few times a second; of one that ended before that, what the kernel says.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=out, stderr=err)
        peak = 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            seconds = time.perf_counter() - began
            if pid:
                break
            peak = max(peak, memory_of(process.pid))
            if seconds > limit_s:
                process.kill()
            time.sleep(LOOK_S)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = peak or usage.ru_maxrss * UNIT_RSS  # which counts what the parent held when it began, too
        texts = [file.seek(0) or file.read().decode("utf-8", "replace") for file in (out, err)]
    return Apart(process.returncode, seconds, usage.ru_utime + usage.ru_stime, peak / MB, texts[0], texts[1])


def memory_of(pid: int) -> int:
    """The bytes that a process and its descendants hold in memory, pages that they share counted once where that is known."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                total += _proportional(one.pid) or one.memory_info().rss
    return total


def _proportional(pid: int) -> int:
    """The proportional set size of a process on Linux; 0 elsewhere."""
    with suppress(FileNotFoundError, PermissionError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * KB
    return 0


def processor_s() -> float:
    """The processor seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def folder_bytes(path: Path) -> int:
    """The bytes of a file or of all files in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
