"""The disk is full, or fails, at every write of every operation: one clear line, the last commit whole, and all works again later.

A few of the writes here; `make soak-disk` (MEDRAG_DISK=0) tries all.
"""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

import medrag.errors
from medrag.kb.base import KnowledgeBase
from tests.contracts.fileops.operations import CHANGING, KB, PERFORM, contents, expected, write_labels
from tests.contracts.fileops.watch import GO_ON, HALF, Event, Ran, Watched

MOST = int(os.environ.get("MEDRAG_DISK", "1"))  # places in an operation that are tried for each error, 0 for all
GROWING = {
    "write",
    "create",
    "mkdir",
    "link",
    "truncate",
    "mmap",
}  # what a full disk may refuse; a sync or a rename may fail otherwise
FAILING = {*GROWING, "sync", "rename"}


@dataclass
class Failing:
    """Lets operations happen up to one, which fails: with all like it from then on where the disk is full, else alone."""

    at: int
    error: int
    seen: int = 0

    def decide(self, event: Event) -> int:
        if event.operation not in (GROWING if self.error == errno.ENOSPC else FAILING):
            return GO_ON
        self.seen += 1
        if self.error == errno.ENOSPC:
            half = self.seen == self.at and event.operation == "write" and self.at % 2
            return GO_ON if self.seen < self.at else HALF if half else self.error
        return self.error if self.seen == self.at else GO_ON


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["full", "fails"])
@pytest.mark.parametrize("name", PERFORM)
def test_a_disk_that_refuses_any_write_leaves_the_last_commit(
    watch: Watched, watching: tuple[Watched, Path], name: str, error: int
) -> None:
    pristine = watching[1]
    with KnowledgeBase.open(watch.root / KB) as kb:
        before, commit = contents(kb), kb.commit
    watch.begin(pristine)
    write_labels(watch.root / "labels.jsonl", 2)
    counted = Failing(0, error)
    counted.at = 10**9
    assert watch.run(name, 2, counted.decide).done
    every = range(1, counted.seen + 1)
    places = every if not MOST else sorted(random.Random(name).sample(every, MOST))
    refused = 0
    for place in places:
        watch.begin(pristine)
        write_labels(watch.root / "labels.jsonl", 2)
        failing = Failing(place, error)
        ran = watch.run(name, 2, failing.decide)
        where = f"{name}, {errno.errorcode[error]} at {place} of {counted.seen}"
        assert failing.seen >= place or not ran.done, where
        refused += is_one_clear_line(ran, where)
        after = expected(name, before, 2)
        with KnowledgeBase.open(watch.root / KB) as kb:
            assert (kb.commit, contents(kb)) in ((commit, before), (commit + (name in CHANGING), after)), where
            assert not ran.done or contents(kb) == after, where
            assert kb.verify() == [], where
        PERFORM[name](watch.root, 2)  # there is room again
        with KnowledgeBase.open(watch.root / KB) as kb:
            assert (contents(kb), kb.verify()) == (after, []), where
        assert made_whole(watch.root), where
    print(f"{name}: {errno.errorcode[error]} at {len(places)} of {counted.seen} places, {refused} refused, 0 wrong")


def is_one_clear_line(ran: Ran, where: str) -> bool:
    """Whether the operation failed; then it said why, in one line."""
    assert (ran.status, ran.killed) == (0, False), where
    if ran.error is None:
        return False
    kind, message = ran.error
    assert kind in medrag.errors.__all__, f"{where}: {kind}: {message}"
    assert message and "\n" not in message, f"{where}: {message}"
    return True


def made_whole(root: Path) -> bool:
    """Whether the knowledge bases beside the first one are whole, and nothing unfinished is left."""
    for path in [*root.glob("made-*.kb"), *root.glob("restored-*.kb"), *root.glob("moved-*.kb")]:
        with KnowledgeBase.open(path) as kb:
            assert kb.verify() == []
    return not list(root.glob(".*ing"))
