"""Finding names by what they sound or look like, or by a piece that a typing error left whole: keys, and who has them.

Every name has a few keys, kept as sorted 32-bit hashes beside the name's number; a hash that two keys share costs a
comparison and no wrong answer, for what is found is always compared letter by letter. With at most k edits between a
word and a name that is cut into k + 1 pieces, one piece is left whole. Source: Li, Deng, Wang, Feng, *Pass-Join*, VLDB 2011.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medrag.kb.arrays import save_array
from medrag.kb.terms.pinyin import alike, initials, spellings
from medrag.kb.terms.shapes import shape_key
from medrag.kb.tokens import token_hash

__all__ = [
    "HAN_LENGTHS",
    "LATIN_LENGTHS",
    "MIN_LEFT_OUT",
    "SHORT",
    "NearIndex",
    "edits_of",
    "han_pieces",
    "initials_key",
    "keys_of",
    "latin_pieces",
    "latin_sound",
    "pinyin_key",
    "save_near",
    "sound_key",
]

HAN_LENGTHS = range(3, 13)  # characters of a Chinese name in which errors are looked for
HAN_PIECES_FROM = 4  # from so many characters on one may be missing, too many, or in its neighbour's place
LATIN_LENGTHS = range(5, 41)
TWO_EDITS_FROM = 9  # letters
MIN_SOUND, MIN_CONSONANTS = 6, 3  # letters of a Latin name, and sounds of its consonants, from which it is found by its sound
SHORT, MIN_LEFT_OUT = (
    5,
    2,
)  # first letters by which a Latin name is known, and letters left out from which that is shortening it
MIN_INITIALS = 3
_HAN_NAME = re.compile("[一-鿿]+")
_LATIN_NAME = re.compile("[a-z][a-z' -]*[a-z]")
_ONE_WORD = re.compile("[a-z]+")
_LETTERS = re.compile("[^a-z]")
_VOWELS = "aeiouy"
_VOWEL = re.compile(f"[{_VOWELS}]")
_TWICE = re.compile(r"(.)\1+")
_SOUNDS = tuple(
    (re.compile(letters), sound)
    for letters, sound in (
        ("ph", "f"), ("^x", "s"), ("x", "ks"), ("sch|sh", "j"), ("t?ch|ck", "k"), ("c(?=[eiy])|z", "s"), ("c|qu?", "k"),
        ("gh", "g"), ("th", "t"), ("rh", "r"), ("(?<=[aeiouy])h|h(?=$|[^aeiouy])", ""), ("w", "v"),
    )
)  # fmt: skip
_FILES = ("keys", "numbers", "starts", "names")  # of a table: near.keys.npy, or with the tier before it, more.near.keys.npy


def edits_of(length: int) -> int:
    """How many typing errors are forgiven in a Latin name of so many letters."""
    return 2 if length >= TWO_EDITS_FROM else 1


def sound_key(sounds: Sequence[str]) -> str:
    """The key of a Chinese name with such syllables, as `alike` makes them."""
    return "s" + "'".join(sounds)


def pinyin_key(letters: str) -> str:
    """The key of a Chinese name whose pinyin is written with these letters."""
    return "p" + letters.replace("v", "u")


def initials_key(letters: str) -> str:
    """The key of a Chinese name whose syllables begin with these letters."""
    return "i" + letters


def latin_pieces(length: int) -> list[tuple[int, int]]:
    """The spans into which a Latin name of so many letters is cut."""
    count = edits_of(length) + 1
    cuts = [length * piece // count for piece in range(count + 1)]
    return list(pairwise(cuts))


def latin_sound(name: str) -> str:
    """The consonants of a Latin name as they sound, each once in a row, behind a mark for a vowel that it begins with.

    Names of medicines are heard before they are read: bronkade is bronkaid, pottasium potassium.
    """
    plain = _LETTERS.sub("", name)
    for letters, sound in _SOUNDS:
        plain = letters.sub(sound, plain)
    begins = "a" if plain[:1] in _VOWELS else ""
    return _TWICE.sub(r"\1", begins + _VOWEL.sub("", plain))


def han_pieces(length: int) -> int:
    """Where a Chinese name of so many characters is cut in two."""
    return length // 2


def keys_of(name: str) -> Iterator[str]:
    """The keys under which a folded name is found."""
    if _HAN_NAME.fullmatch(name):
        yield from _han_keys(name)
    elif len(name) in LATIN_LENGTHS and _LATIN_NAME.fullmatch(name):
        yield "e" + name
        for number, (start, end) in enumerate(latin_pieces(len(name))):
            yield f"{number}{len(name)}{name[start:end]}"
        sound = latin_sound(name)
        if len(name) >= MIN_SOUND and len(sound) >= MIN_CONSONANTS:
            yield "k" + sound
        if _ONE_WORD.fullmatch(name) and len(name) >= SHORT + MIN_LEFT_OUT:
            yield "b" + name[:SHORT]


def _han_keys(name: str) -> Iterator[str]:
    length = len(name)
    if length > 2 * max(HAN_LENGTHS):
        return
    ways = spellings(name)
    yield from dict.fromkeys(pinyin_key("".join(way)) for way in ways)
    if length >= MIN_INITIALS:
        yield from dict.fromkeys(initials_key(initials(way)) for way in ways)
    if length not in HAN_LENGTHS:
        return
    yield sound_key([alike(character) for character in name])
    yield "h" + shape_key(name)
    if length >= HAN_PIECES_FROM:
        half = han_pieces(length)
        yield from ("e" + name, f"a{length}{name[:half]}", f"b{length}{name[half:]}")


@dataclass(frozen=True, slots=True)
class _Table:
    """Names by their keys. `keys` is sorted, `numbers` has the name of each key, `starts` where each name stands in `names`."""

    keys: NDArray[np.uint32]
    numbers: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    names: NDArray[np.uint8]

    def name(self, number: int) -> str:
        start, end = self.starts[number : number + 2].tolist()
        return self.names[start:end].tobytes().decode()


def _table(names: Iterable[str]) -> _Table:
    """The table of some folded names; the same for the same names."""
    listed = sorted(set(names))
    hashes: list[int] = []
    counts: list[int] = []
    for name in listed:
        before = len(hashes)
        hashes.extend(token_hash(key) for key in keys_of(name))
        counts.append(len(hashes) - before)
    keys = np.array(hashes, np.uint32)
    numbers = np.repeat(np.arange(len(listed), dtype=np.uint32), counts)
    order = np.argsort(keys, kind="stable")
    encoded = [name.encode() for name in listed]
    starts = np.concatenate([[0], np.cumsum([len(name) for name in encoded])]).astype(np.uint32)
    return _Table(keys[order], numbers[order], starts, np.frombuffer(b"".join(encoded), np.uint8))


def _files(folder: Path, tier: str) -> list[Path]:
    return [folder / f"{tier}{'.' if tier else ''}near.{name}.npy" for name in _FILES]


class NearIndex:
    """Names by their keys, in one table or several that hold different names."""

    def __init__(self, tables: Sequence[_Table]) -> None:
        self._tables = tuple(tables)

    @classmethod
    def of(cls, names: Iterable[str]) -> NearIndex:
        """The index of some folded names; the same for the same names."""
        return cls([_table(names)])

    @classmethod
    def open(cls, folder: Path, tiers: Sequence[str] = ("",)) -> NearIndex:
        """The index of the tiers that are in a folder, mapped and not read."""
        there = [files for tier in tiers if (files := _files(folder, tier))[0].exists()]
        return cls([_Table(*(np.asarray(np.load(file, mmap_mode="r")) for file in files)) for files in there])

    def find(self, keys: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The names that may have each key, as (number of the key, name); some of them have another of the same hash.

        In the order of the keys' hashes, those of one key by name, in however many tables they are.
        """
        if not keys:
            return
        hashed = np.fromiter(map(token_hash, keys), np.uint32, len(keys))
        order = np.argsort(hashed)  # so that neighbours are looked up one after another
        found = [pair for table in self._tables for pair in _found(table, hashed[order])]
        if len(self._tables) > 1:
            found.sort()
        for place, name in found:
            yield int(order[place]), name


def _found(table: _Table, hashed: NDArray[np.uint32]) -> Iterator[tuple[int, str]]:
    """The names of a table for each of some hashes in ascending order, as (place of the hash, name)."""
    if not len(table.keys):
        return
    first = np.searchsorted(table.keys, hashed, "left")
    known = table.keys[np.minimum(first, len(table.keys) - 1)] == hashed
    for place in np.flatnonzero(known).tolist():
        last = np.searchsorted(table.keys, hashed[place], "right")
        for number in table.numbers[first[place] : last].tolist():
            yield place, table.name(number)


def save_near(names: Iterable[str], folder: Path, tier: str = "") -> None:
    """Writes the index of a tier's names; older files are unlinked first, for an older generation may share them."""
    table = _table(names)
    arrays: tuple[NDArray[np.generic], ...] = (table.keys, table.numbers, table.starts, table.names)
    for file, array in zip(_files(folder, tier), arrays, strict=True):
        file.unlink(missing_ok=True)
        if len(table.starts) > 1:  # of no names there are no files
            save_array(file, array)
