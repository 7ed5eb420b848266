"""The names of drugs and diseases in a text as things that can be compared: by entity, by substance, by spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from medrag.answer.verify.vocabulary import everyday, words
from medrag.kb.facts import DRUGS, Mention
from medrag.kb.folding import fold
from medrag.kb.linking import shipped_in, substances_of
from medrag.kb.terms.printed import name_variants
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.types import Entity, EntityKind

__all__ = ["Name", "Names", "is_drug", "is_part", "names_in", "same_name", "shipped_mentions", "title_names"]

Names = Callable[[str], Sequence[Mention]]
DRUG, DISEASE = "drug", "disease"
_ILLNESSES = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
_NO_NAME = regex(r"[\d\W_]+")
_PARTS = regex(r"\s+-\s+|-\s+|[(（)）]")
MIN_LATIN, MIN_HAN = 4, 2
_HAN = regex("[一-鿿]")
_LATIN = regex("[a-z]{5,}")
# Words that names of different substances share.
_SALTS = frozenset(
    "sodium potassium calcium magnesium aluminum chloride hydrochloride acetate sulfate phosphate citrate maleate tartrate oxide hydroxide"
    " bicarbonate carbonate nitrate bromide vitamin human insulin inhibitor inhibitors acid tablet tablets injection solution".split()
)
# Folded drug "names" of graphs and labels that are words of every label.
_ORDINARY = frozenset(
    "白蛋白 血红蛋白 胆固醇 肌酐 albumin hemoglobin cholesterol creatinine 适应证 适应症 用法 用量 禁忌 成人 儿童 孕妇 老人 患者 药物 本品 胶囊 片剂 注射液 颗粒 感染 治疗 手术 咳嗽 发热 疼痛 头痛 过敏 出血 水 酒 糖 盐 油 茶 乙醇 酒精 氧气 "
    "tablet tablets capsule capsules injection solution cream water alcohol ethanol oxygen oral children adults patients pain fever cough".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`: whether it is of a drug or a disease, how it is written, and what it may mean."""

    kind: str
    text: str
    start: int
    end: int
    keys: frozenset[str]


def shipped_mentions(text: str) -> list[Mention]:
    """The drug names of a text that the package's own table knows: what can be said of names without a knowledge base."""
    found: list[Mention] = []
    for start, end, name in shipped_in(text):
        if found and start < found[-1].end:
            continue
        entities = tuple(
            Entity.model_construct(id=f"shipped:{row.key}", kind=EntityKind.SUBSTANCE, name=row.key) for row in rows_of(name)
        )
        found.append(Mention(start, end, name, entities, "shipped"))
    return found


def names_in(text: str, names: Names) -> list[Name]:
    """The names of drugs and diseases in a text, in text order, not overlapping."""
    found: list[Name] = []
    for mention in sorted((*names(text), *shipped_mentions(text)), key=lambda m: (m.start, -m.end)):
        name = _name(mention, text)
        if name is not None and (not found or name.start >= found[-1].end):
            found.append(name)
    return found


def title_names(title: str, found: Sequence[Name]) -> frozenset[str]:
    """What the printed name of a label or an entry may mean: the drugs named in it, and itself without form and salt."""
    return _spellings(title) | {key for name in found if name.kind == DRUG for key in name.keys}


@lru_cache(maxsize=4096)
def _spellings(title: str) -> frozenset[str]:
    parts = (title, *_PARTS.split(title))
    return frozenset(variant for part in parts if fold(part) for variant in name_variants(part))


def same_name(one: Name, other: Name) -> bool:
    """Whether two names may mean the same."""
    return not one.keys.isdisjoint(other.keys)


def is_part(one: Name, other: Name) -> bool:
    """Whether one name is a part of the other, or has a substance of it: enalapril, enalapril maleate and another."""
    return _shares(one.text, other.text)


@lru_cache(maxsize=8192)
def _shares(one: str, other: str) -> bool:
    if one in other or other in one:
        return True
    return not _SALTS.issuperset(set(_LATIN.findall(one)) & set(_LATIN.findall(other)))


def is_drug(name: Name) -> bool:
    """Whether it is the name of a medicine."""
    return name.kind == DRUG


def _name(mention: Mention, text: str) -> Name | None:
    written = fold(text[mention.start : mention.end])
    if (
        _NO_NAME.fullmatch(written)
        or written in _ORDINARY
        or written in _plain()
        or written.removesuffix("s") in _plain()
        or _is_word(written)
    ):
        return None
    if len(written) < (MIN_HAN if _HAN.search(written) else MIN_LATIN) and mention.via != "shipped":
        return None
    kinds = {entity.kind for entity in mention.entities}
    if kinds & _ILLNESSES:
        return Name(DISEASE, written, mention.start, mention.end, frozenset({written, *(e.id for e in mention.entities)}))
    if not kinds & set(DRUGS):
        return None
    return Name(DRUG, written, mention.start, mention.end, frozenset(_drug_keys(mention, written)))


@lru_cache(maxsize=8192)
def _is_word(written: str) -> bool:
    """Whether all of it is one word of the table of words, by which it is compared."""
    found = words().find(written)
    return len(found) == 1 and found[0].end - found[0].start == len(written)


@cache
def _plain() -> frozenset[str]:
    """Everyday words, which some graph or label has for a name: strong, works."""
    return frozenset(everyday())


def _drug_keys(mention: Mention, written: str) -> Iterator[str]:
    yield from (entity.id for entity in mention.entities)
    for spelt in {written, mention.name, *(entity.name for entity in mention.entities)}:
        yield from _meant(spelt)


@lru_cache(maxsize=8192)
def _meant(spelt: str) -> frozenset[str]:
    return substances_of(spelt) | set(name_variants(spelt))
