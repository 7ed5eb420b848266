"""Which classes a medicine belongs to: by the table of members, by how its name ends, and by what those classes belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from medrag.errors import IngestError
from medrag.kb.folding import fold
from medrag.kb.terms.classes import DrugClass, Member, class_named, class_names, classes_of, drug_classes, spellings
from medrag.kb.terms.tables import table

__all__ = ["class_spellings", "memberships", "read_classes"]


@dataclass(frozen=True, slots=True)
class _Stem:
    of: DrugClass
    pattern: re.Pattern[str]


@cache
def _by_first() -> dict[str, DrugClass]:
    return {one.zh[0]: one for one in drug_classes()}


@cache
def _parents() -> dict[str, tuple[str, ...]]:
    return {child: tuple(wider.split("|")) for child, wider in table("class_tree.tsv")}


@cache
def _stems() -> tuple[_Stem, ...]:
    found = []
    for name, zh, en in table("class_stems.tsv"):
        ends = [one for cell in (zh, en) for one in cell.split("|") if one]
        pattern = "|".join(one if one.startswith("^") else f"{one}$" for one in ends)
        found.append(_Stem(_by_first()[name], re.compile(pattern)))
    return tuple(found)


# What ends like another class's members and is none.
_NOT_BY_STEM = frozenset("aripiprazole 阿立哌唑 clonidine 可乐定 苯海拉明 氨茶碱 doxapram triamcinolone".split())


def memberships(names: Iterable[str], more: Sequence[DrugClass] = ()) -> tuple[DrugClass, ...]:
    """The classes of a substance by any of its folded names, nearest first, each once; `more` are a user's own classes."""
    folded = tuple(dict.fromkeys(names))
    own = [one for one in more if any(fold(m) in folded for member in one.members for m in (member.zh, member.en))]
    direct = [*own, *(found for name in folded for found in _direct(name))]
    found: dict[str, DrugClass] = {}
    while direct:
        one = direct.pop(0)
        if one.zh[0] not in found:
            found[one.zh[0]] = one
            direct += [_by_first()[wider] for wider in _parents().get(one.zh[0], ())]
    return tuple(found.values())


@lru_cache(maxsize=8192)
def _direct(name: str) -> tuple[DrugClass, ...]:
    listed = classes_of(name)
    named = class_named(name)  # 抗酸药 among the medicines of a list is the class itself
    stems = () if name in _NOT_BY_STEM else tuple(stem.of for stem in _stems() if stem.pattern.search(name))
    return (*((named,) if named else ()), *listed, *stems)


@cache
def _spelt() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {one.zh[0]: set() for one in drug_classes()}
    for spelling in class_names():
        named = class_named(spelling)
        if named is not None:
            found[named.zh[0]].add(spelling)
    return {first: frozenset(names) for first, names in found.items()}


def class_spellings(one: DrugClass) -> frozenset[str]:
    """Every folded spelling of a class's names in labels."""
    known = _spelt().get(one.zh[0])
    return known if known is not None else frozenset(spellings(one))


def read_classes(path: Path) -> tuple[DrugClass, ...]:
    """A user's own classes from a file like the table that ships: Chinese names TAB English names TAB members (Chinese/English)."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IngestError(f"{path}: the table of classes cannot be read ({error})") from error
    return tuple(_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#"))


def _row(path: Path, number: int, line: str) -> DrugClass:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) != 3 or not cells[2] or not (cells[0] or cells[1]):
        raise IngestError(
            f"{path} (line {number}): wanted Chinese names TAB English names TAB members, each list separated by |, "
            f"saw {len(cells)} cells: {line[:60]!r}"
        )
    zh, en = (tuple(one.strip() for one in cell.split("|") if one.strip()) for cell in cells[:2])
    members = []
    for member in filter(None, (one.strip() for one in cells[2].split("|"))):
        chinese, _, english = member.partition("/")
        members.append(Member(chinese or english, english or chinese))
    return DrugClass(zh or en, en or zh, tuple(members))
