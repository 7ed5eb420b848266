"""What a disk may hold after the power failed: rebuilt from a folder that is looked at before each of its file operations.

A file's bytes are safe once they were synced, and a name once its folder was. What was written since may have reached the disk
or not, each file and each folder by itself, a file even in part: sector by sector, the rest as before, or zeros where the file
grew. A file system that keeps more order than this leaves a subset of these states.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.contracts.fileops.watch import Event

__all__ = ["Disk", "State", "digest", "place"]

SECTOR = 512
TORN = 2  # states that are torn by chance, for each moment
Names = dict[str, int]  # a folder's names, each with the number of the file or folder that it means

State = dict[str, bytes | None]  # the files by their path below the root; None for a folder


@dataclass
class _Seen:
    """A folder as it is now: the names in each folder and the bytes of each file, both by number (inode)."""

    root: int = 0
    folders: dict[int, Names] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)


class Disk:
    """Follows a folder, operation by operation, and says what may be left of it at each of them."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root = root
        self._rng = random.Random(seed)
        self._read: dict[int, tuple[tuple[int, int], bytes]] = {}
        self._live = self._look()
        # what is on the disk for sure, to begin with all that is there
        self._folders = {number: dict(names) for number, names in self._live.folders.items()}
        self._files = dict(self._live.files)

    def before(self, event: Event) -> Iterator[State]:
        """The states that the disk may be in before a sync takes place; no others are looked at. Then it has taken place."""
        if event.operation != "sync":
            return
        self._live = self._look()
        yield from self.states()
        try:
            number = os.stat(event.path).st_ino
        except FileNotFoundError:  # synced after it was removed
            return
        if number in self._live.folders:
            self._folders[number] = dict(self._live.folders[number])
        elif number in self._live.files:
            self._files[number] = self._live.files[number]

    def now(self) -> Iterator[State]:
        """The states that the disk may be in now."""
        self._live = self._look()
        yield from self.states()

    def states(self) -> Iterator[State]:
        """Nothing that was not synced is there; all of it; the names alone; and parts of it by chance."""
        live = self._live
        yield self._state(self._folders, self._files)
        yield self._state(live.folders, live.files)
        yield self._state(live.folders, self._files)
        for _ in range(TORN):
            folders = {n: names if self._rng.random() < 0.5 else self._folders.get(n, {}) for n, names in live.folders.items()}
            yield self._state(folders, {n: self._torn(self._files.get(n, b""), data) for n, data in live.files.items()})

    def _state(self, folders: dict[int, Names], files: dict[int, bytes]) -> State:
        found: State = {}
        waiting = [("", self._live.root)]
        while waiting:
            path, number = waiting.pop()
            for name, inner in sorted(folders.get(number, self._folders.get(number, {})).items()):
                below = f"{path}{name}"
                if inner in self._live.folders or inner in self._folders:
                    found[below] = None
                    waiting.append((f"{below}/", inner))
                else:
                    # a name whose file's bytes never reached the disk: a file without bytes
                    found[below] = files.get(inner, self._files.get(inner, b""))
        return found

    def _torn(self, before: bytes, after: bytes) -> bytes:
        """Some sectors as they were and others as they were to be."""
        chance = self._rng.random()
        if before == after or chance < 0.2:
            return after
        if chance < 0.4:
            return before
        length = self._rng.choice([len(before), len(after)])
        old, new = before.ljust(length, b"\0")[:length], after.ljust(length, b"\0")[:length]
        parts = (
            (new if self._rng.random() < 0.5 else old)[start : start + SECTOR] for start in range(0, max(length, 1), SECTOR)
        )
        return b"".join(parts)

    def _look(self) -> _Seen:
        seen = _Seen(root=os.stat(self._root).st_ino)
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            names: Names = {}
            try:
                number = os.stat(folder).st_ino
                entries = list(os.scandir(folder))
            except FileNotFoundError:
                continue
            for entry in entries:
                path = Path(entry.path)
                try:
                    known = os.lstat(path)
                    names[entry.name] = known.st_ino
                    if stat.S_ISDIR(known.st_mode):
                        waiting.append(path)
                    else:
                        seen.files[known.st_ino] = self._bytes(path, known)
                except FileNotFoundError:  # another thread removed it meanwhile
                    names.pop(entry.name, None)
            seen.folders[number] = names
        return seen

    def _bytes(self, path: Path, known: os.stat_result) -> bytes:
        """A file's bytes, read again where it changed."""
        mark = (known.st_mtime_ns, known.st_size)
        if path.name.endswith("-shm"):  # written through memory; SQLite makes it anew after a crash
            return b""
        if self._read.get(known.st_ino, (None, b""))[0] != mark:
            self._read[known.st_ino] = (mark, path.read_bytes())
        return self._read[known.st_ino][1]


def place(state: State, root: Path) -> None:
    """Makes a folder hold what a state says."""
    root.mkdir()
    for name, data in sorted(state.items()):
        path = root / name
        if data is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def digest(state: State) -> str:
    """A state's hash, by which the same one is tried once."""
    whole = sha256()
    for name, data in sorted(state.items()):
        whole.update(f"{name}\0{'folder' if data is None else len(data)}\0".encode())
        whole.update(data or b"")
    return whole.hexdigest()
