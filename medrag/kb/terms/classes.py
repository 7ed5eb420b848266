"""Classes of medicines that labels name: their Chinese and English names, and substances that surely belong to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from medrag.kb.folding import fold
from medrag.kb.terms.tables import table
from medrag.patterns import regex

__all__ = ["DrugClass", "Member", "class_named", "class_names", "classes_of", "drug_classes", "names_of", "spellings"]

# 抑制药 and 抑制剂, 阻滞 and 阻断, 药 and 药物 are the same word to whoever writes a label.
_ZH_END = regex("(?:药物?|剂)$")
_ZH_BLOCK = regex("阻滞|阻断|拮抗")
_PLURAL = regex(r"(inhibitor|inducer|substrate|blocker|drug|agent|product|medicine|medication)\b")


@dataclass(frozen=True, slots=True)
class Member:
    """A substance that belongs to a class, by its Chinese and its English name."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class DrugClass:
    """A class of medicines; the first name of a language is the usual one. `members` are examples, not all there are."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    members: tuple[Member, ...]


@cache
def drug_classes() -> tuple[DrugClass, ...]:
    """All classes of the table that ships with the package, in its order."""
    return tuple(
        DrugClass(
            tuple(zh.split("|")),
            tuple(en.split("|")),
            tuple(Member(*member.split("/", 1)) for one in more for member in one.split("|") if member),
        )
        for zh, en, *more in table("classes.tsv")
    )


def class_named(name: str) -> DrugClass | None:
    """The class that a printed name means (NSAIDs, 单胺氧化酶抑制剂), else None."""
    found = _by_name().get(fold(name))
    return found[0] if found else None


def names_of(classes: Collection[DrugClass]) -> list[str]:
    """Every folded spelling of the names of some classes of the table, in the table's order."""
    wanted = {id(one) for one in classes}
    return [spelling for spelling, (one, _) in _by_name().items() if id(one) in wanted and class_named(spelling) is one]


def classes_of(substance: str) -> tuple[DrugClass, ...]:
    """The classes to which the table says that a substance belongs, by its Chinese or English name."""
    return _by_member().get(fold(substance), ())


@cache
def _by_member() -> dict[str, tuple[DrugClass, ...]]:
    found: dict[str, dict[int, DrugClass]] = {}
    for at, one in enumerate(drug_classes()):
        for member in one.members:
            found.setdefault(fold(member.zh), {})[at] = one
            found.setdefault(fold(member.en), {})[at] = one
    return {name: tuple(classes.values()) for name, classes in found.items()}


@cache
def class_names() -> dict[str, str]:
    """Every folded spelling of a class's name, with the table's spelling of it (an English plural's singular)."""
    return {spelling: name for spelling, (_, name) in _by_name().items()}


def spellings(one: DrugClass) -> Iterator[str]:
    """Every folded spelling of a class's names."""
    for name in one.zh:
        yield from _zh_spellings(name)
    for name in one.en:
        yield from _en_spellings(name)


@cache
def _by_name() -> dict[str, tuple[DrugClass, str]]:
    found: dict[str, tuple[DrugClass, str]] = {}
    for one in drug_classes():
        for name in one.zh:
            for spelling in _zh_spellings(name):
                found.setdefault(spelling, (one, name if fold(name) == spelling else spelling))
        for name in one.en:
            for spelling in _en_spellings(name):
                found.setdefault(spelling, (one, name))
    return found


def _zh_spellings(name: str) -> Iterator[str]:
    for blocked in dict.fromkeys([name, *(_ZH_BLOCK.sub(word, name) for word in ("阻滞", "阻断", "拮抗"))]):
        yield fold(blocked)
        stem = _ZH_END.sub("", blocked)
        if stem == blocked or len(stem) < 2:
            continue
        for end in ("药", "剂", "药物", "") if stem.endswith("类") else ("药", "剂", "药物"):
            yield fold(stem + end)


def _en_spellings(name: str) -> Iterator[str]:
    plural = _PLURAL.sub(r"\1s", name, count=1) if _PLURAL.search(name) else name if name.endswith("s") else name + "s"
    for one in dict.fromkeys([name, plural]):
        folded = fold(one)
        yield folded
        if "-" in folded:
            yield folded.replace("-", " ")
        if folded.count(" ") > 1:
            yield folded.replace(" ", "-", 1)  # monoamine-oxidase inhibitors
