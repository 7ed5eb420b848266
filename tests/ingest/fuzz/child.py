"""Reads hostile files of one format, one after another, with bounded memory, and says of each what became of it.

    python -m tests.ingest.fuzz.child FORMAT FIRST COUNT FOLDER

Each file is made from its number alone, so that one that does harm can be made again: `python -m tests.ingest.fuzz.child spl 17 1 .`
"""

from __future__ import annotations

import faulthandler
import random
import resource
import sys
import time
import traceback
from pathlib import Path

from medrag.errors import IngestError, MissingExtraError
from medrag.ingest import registry
from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.kb.prepared import fault_of
from tests.ingest.fuzz.mutate import mutated
from tests.ingest.fuzz.seeds import Seeds, seeds
from tests.ingest.readers.reading import spans_are_exact

ADDRESSES = 3 * 2**30  # bytes of address space
GROWTH = 400 * 2**20  # bytes that a file of at most 400 kB may take
SLOW = 8.0  # seconds of processor time for one file
RECORDS = 3_000  # of a file that are prepared


def made(name: str, number: int, found: Seeds) -> tuple[str, bytes]:
    """The name and bytes of the hostile file of that number."""
    rng = random.Random(f"{name} {number}")
    file = rng.choice(list(found.files))
    return file, mutated(found.files[file], list(found.files.values()), rng)


def read(path: Path, found: Seeds, *, forced: bool) -> tuple[int, int]:
    """Reads a file as an ingest does, or with the format's reader whatever it looks like: records and faults."""
    options = ReadOptions(mapping=found.mapping)
    reader = registry.reader(found.reader) if forced else registry.find(path, options)
    if isinstance(reader, registry.NotDocument):
        return 0, 0
    records = faults = 0
    for item in reader.read(path, options):
        if isinstance(item, Unreadable):
            faults += 1
            assert "\n" not in item.reason, item.reason
            continue
        assert isinstance(item, ReadRecord)
        records += 1
        if records <= RECORDS:
            spans_are_exact(item)
            fault_of(prepare(item, source="fuzz"))
    return records, faults


def outcome(path: Path, found: Seeds, *, forced: bool) -> str:
    """`read` and what was read, `refused` where the file is, or `crash` and why."""
    try:
        return "read {} {}".format(*read(path, found, forced=forced))
    except (IngestError, MissingExtraError) as error:
        return "refused" if "\n" not in str(error) else f"crash the message has several lines: {str(error)!r}"
    except Exception as error:
        frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
        return f"crash {type(error).__name__}: {' '.join(str(error).split())[:200]} at {' '.join(frames)}"


def main(name: str, first: int, count: int, folder: Path) -> None:
    """Reads files of a format and prints a line for each: number, outcome."""
    faulthandler.enable()
    found = seeds(name)
    for file, data in found.files.items():  # so that all is imported before memory is counted
        (folder / file).write_bytes(data)
        outcome(folder / file, found, forced=True)
        outcome(folder / file, found, forced=False)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    for number in range(first, first + count):
        file, data = made(name, number, found)
        path = folder / file
        path.write_bytes(data)
        print(number, "begun", flush=True)
        peak, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        said = outcome(path, found, forced=number % 3 != 0)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
        if grown > GROWTH:
            said = f"memory {grown // 2**20} MB for {len(data):,} bytes"
        if time.process_time() - began > SLOW:
            said = f"slow {time.process_time() - began:.0f} s for {len(data):,} bytes"
        print(number, said, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
