"""The power fails at every sync of every operation: the last published commit opens whole, and the next writer works.

A few of the states here; `make soak-power` (MEDRAG_POWER=0) tries all.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from medrag.errors import MedRAGError
from medrag.kb.backup import restore_backup
from medrag.kb.base import KnowledgeBase
from tests.contracts.fileops.operations import (
    CHANGING,
    KB,
    PERFORM,
    PUBLISHED,
    Contents,
    contents,
    expected,
    write_labels,
)
from tests.contracts.fileops.power import Disk, State, digest, place
from tests.contracts.fileops.watch import GO_ON, Event, Watched
from tests.making import label

MOST = int(os.environ.get("MEDRAG_POWER", "3"))  # states of an operation that are tried, 0 for all
NEW = label("Newmed tablets", {"DOSAGE": "Revision 99: take 1 mg."}, key="new", lang="en")


@dataclass
class Moments:
    """The states that the disk may be in, each with whether the operation had said by then that it was done."""

    disk: Disk
    done: bool = False
    syncs: int = 0
    found: dict[str, tuple[State, bool]] = field(default_factory=dict)

    def decide(self, event: Event) -> int:
        if Path(event.path).name == PUBLISHED:
            self.done = True
        self.syncs += event.operation == "sync"
        for state in self.disk.before(event):
            self.keep(state)
        return GO_ON

    def keep(self, state: State) -> None:
        # The same state may be met again after the operation said that it was done: then that is what it is held to.
        self.found[digest(state)] = (state, self.done)


def tried(moments: Moments, seed: int) -> list[tuple[State, bool]]:
    every = list(moments.found.values())
    return every if not MOST or len(every) <= MOST else random.Random(seed).sample(every, MOST)


@pytest.mark.parametrize("name", PERFORM)
def test_power_that_fails_at_any_sync_leaves_the_last_commit(watch: Watched, tmp_path: Path, name: str) -> None:
    write_labels(watch.root / "labels.jsonl", 2)
    with KnowledgeBase.open(watch.root / KB) as kb:
        commit, before = kb.commit, contents(kb)
    moments = Moments(Disk(watch.root, seed=1))
    ran = watch.run(name, 2, moments.decide)
    assert ran.done, ran.error
    for state in moments.disk.now():
        moments.keep(state)
    after = expected(name, before, 2)
    chosen = tried(moments, 2)
    published = 0
    for at, (state, done) in enumerate(chosen):
        root = tmp_path / f"state-{at}"
        place(state, root)
        try:
            published += check(name, root, done, commit, before, after)
        except (AssertionError, MedRAGError) as error:
            raise AssertionError(f"{name}, state {at} of {len(chosen)} ({'done' if done else 'not done'}): {error}") from error
        shutil.rmtree(root)
    print(
        f"{name}: {moments.syncs} syncs, {len(moments.found)} states, {len(chosen)} tried, {published} of them after it, 0 wrong"
    )


def check(name: str, root: Path, done: bool, commit: int, before: Contents, after: Contents) -> bool:
    """Holds a state to what it must be; whether it is that after the operation."""
    if name not in CHANGING:
        assert opened(root / KB) == (commit, before)
        return MADE[name](root, done)
    found, held = opened(root / KB)
    assert (found, held) in ((commit, before), (commit + 1, after)), (found, held)
    assert not done or found == commit + 1, "it said that it was published, and it is not"
    with KnowledgeBase.open(root / KB) as kb:
        with kb.write() as writer:
            writer.add(NEW)
        assert (kb.commit, contents(kb), kb.verify()) == (found + 1, {**held, "new": "99"}, [])
    return found == commit + 1


def opened(path: Path) -> tuple[int, Contents]:
    with KnowledgeBase.open(path) as kb:
        assert kb.verify() == []
        return kb.commit, contents(kb)


def made(root: Path, done: bool) -> bool:
    """An empty knowledge base: whole, or such that it can be made."""
    path = root / "made-2.kb"
    whole = (path / "catalogue.sqlite").exists()
    assert whole or not done
    if not whole:
        PERFORM["create"](root, 2)
    assert opened(path) == (0, {})
    return whole


def backed_up(root: Path, done: bool) -> bool:
    whole = (root / "backup-2").exists()
    assert whole or not done
    PERFORM["backup"](root, 2)
    (root / "saved.tar").unlink()
    restore_backup(root / "backup-2", root / "again.kb")
    assert opened(root / "again.kb") == opened(root / KB)
    return whole


def restored(root: Path, done: bool) -> bool:
    whole = (root / "restored-2.kb").exists()
    assert whole or not done
    PERFORM["restore"](root, 2)
    assert opened(root / "restored-2.kb") == opened(root / KB)
    return whole


def moved(root: Path, done: bool) -> bool:
    whole = (root / "moved-2.kb" / "catalogue.sqlite").exists()
    assert whole or not done
    PERFORM["migrate"](root, 2)
    assert opened(root / "moved-2.kb") == opened(root / KB)
    return whole


MADE: dict[str, Callable[[Path, bool], bool]] = {"create": made, "backup": backed_up, "restore": restored, "migrate": moved}
