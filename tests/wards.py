"""A knowledge base of wards that must not see each other's documents: what each prints stands nowhere else.

Whoever finds a ward's word in what another ward is shown has found a leak. What is common to all wards (a drug, a disease, a
code) is told of by each in documents of its own, so that names, facts, duplicates and versions meet in one entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, NameOf, Prepared, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind
from tests.making import label

__all__ = ["COMMON", "SECRETS", "STOCK", "WARDS", "Secret", "Stocked", "hidden_from", "visible_to", "ward"]

# Tag: two Chinese characters and six letters that no label or name of anything has. The last has no tag.
STEMS = {
    "east": ("枫槭", "quarvi"),
    "west": ("榆槐", "zelmod"),
    "north": ("鲸鲨", "brintu"),
    "south": ("砚墨", "yofkan"),
    "": ("钟鼎", "wexpil"),
}
WARDS = tuple(tag for tag in STEMS if tag)
COMMON = ("布洛芬缓释胶囊", "布洛芬", "ibuprofen", "高血压", "头晕", "X17", "阿司匹林", "warfarin")


@dataclass(frozen=True, slots=True)
class Stocked:
    """A document and the tags that must be seen of it: one of each set."""

    prepared: Prepared
    seen_with: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """A word that stands only in documents of which one tag of each set must be seen."""

    word: str
    seen_with: tuple[frozenset[str], ...]


def _record(text: str, key: str, title: str, *, names: tuple[NameOf, ...] = (), facts: tuple[Statement, ...] = ()) -> Prepared:
    document = Document(source="graph", key=key, title=title, lang="zh", kind=DocumentKind.RECORD, text=text, reader="test/1")
    return prepare(ReadRecord(document, names=names, statements=facts), source="graph")


def _fact(subject: EntityRef, relation: str, object_: EntityRef, key: str) -> Prepared:
    text = f"{subject.name} {relation} {object_.name}"
    return _record(text, key, subject.name, facts=(Statement(subject, relation, object_, 0, len(text)),))


def _ward(han: str, latin: str) -> Iterator[Prepared]:
    """What one ward keeps; every document prints one of its two words."""
    drug, illness = f"{han}宁片", EntityRef(EntityKind.DISEASE, f"{han}症")
    common, sick = drug_ref("布洛芬"), EntityRef(EntityKind.DISEASE, "高血压")
    yield label(
        drug,
        {
            "【适应症】": f"用于{han}症引起的不适，也用于高血压。",
            "【用法用量】": f"口服，成人一次1片，一日2次。{han}患者减半。",
            "【不良反应】": f"恶心、{han}疹。",
            "【药物相互作用】": f"与布洛芬合用时{han}作用增强。",
            "【注意事项】": "".join(
                f"{n}.第{n}种情况下{han}病人应减量，并密切观察病情变化，必要时停药。\n" for n in range(1, 40)
            ),
        },
        key=f"{latin}-1",
        maker=f"{han}制药",
        file=f"{latin}.txt",
    )
    yield label(
        f"{latin.capitalize()}lol tablets",
        {
            "INDICATIONS": f"{latin.capitalize()}lol is indicated for hypertension and {latin}osis.",
            "WARNINGS": f"Stop use if {latin} rash occurs. Ibuprofen makes it worse.",
        },
        key=f"{latin}-2",
        lang="en",
    )
    yield label(
        "布洛芬缓释胶囊",
        {
            "【适应症】": "用于缓解轻至中度疼痛，如头痛、牙痛、痛经。",
            "【禁忌】": f"孕妇禁用。{han}者禁用。",
            "【贮藏】": "遮光，密封保存。",
        },
        key=f"{latin}-3",
        maker=f"{han}药业",
    )
    yield _fact(illness, "has_symptom", EntityRef(EntityKind.SYMPTOM, f"{han}斑"), f"{latin}-4")
    yield _fact(sick, "has_symptom", EntityRef(EntityKind.SYMPTOM, f"{han}晕"), f"{latin}-5")
    yield _fact(drug_ref(drug), "interacts_with", common, f"{latin}-6")
    yield _fact(sick, "treated_with", drug_ref(drug), f"{latin}-7")
    brand = NameOf(common, f"{latin}bran", "brand")
    yield _record(f"布洛芬 {han}定 {latin}bran", f"{latin}-8", "布洛芬", names=(NameOf(common, f"{han}定"), brand))
    coded = EntityRef(EntityKind.DISEASE, f"{han}热病", "X17")
    yield _fact(coded, "has_symptom", EntityRef(EntityKind.SYMPTOM, "头晕"), f"{latin}-9")
    spelt = EntityRef(EntityKind.PRODUCT, f"{latin.upper()}MAX")
    yield _fact(spelt, "has_ingredient", drug_ref("阿司匹林"), f"{latin}-10")


def _tagged(prepared: Prepared, *tags: str) -> Prepared:
    kept = tuple(sorted(filter(None, tags)))
    return replace(prepared, document=prepared.document.model_copy(update={"tags": kept}))


def _stock() -> Iterator[Stocked]:
    for tag, stem in STEMS.items():
        for prepared in _ward(*stem):
            yield Stocked(_tagged(prepared, tag), (frozenset({tag}),))
    shared = label("沉香露颗粒", {"【适应症】": "用于桦柏不适。", "【不良反应】": "桦柏疹。"}, key="both")
    yield Stocked(_tagged(shared, "east", "west"), (frozenset({"east", "west"}),))
    # Its first version was the east's, its second is the west's: the first is nobody's who does not see the second.
    for number, (tag, said) in enumerate((("east", "苇荻"), ("west", "菖蒲")), start=1):
        made = label(
            "转手露颗粒", {"【适应症】": f"用于{said}不适。"}, key="moved", effective=f"202{number}-01-01", record=str(number)
        )
        needed = (frozenset({tag}),) if tag == "west" else (frozenset({"east"}), frozenset({"west"}))
        yield Stocked(_tagged(made, tag), needed)


STOCK = tuple(_stock())
SECRETS = (
    *(Secret(word, (frozenset({tag}),)) for tag, stem in STEMS.items() for word in stem),
    Secret("桦柏", (frozenset({"east", "west"}),)),
    Secret("沉香露", (frozenset({"east", "west"}),)),
    Secret("苇荻", (frozenset({"east"}), frozenset({"west"}))),
    Secret("菖蒲", (frozenset({"west"}),)),
    Secret("转手露", (frozenset({"west"}),)),
)


def visible_to(access: frozenset[str]) -> list[Prepared]:
    """The documents that a caller with these tags may see."""
    return [one.prepared for one in STOCK if all(access & needed for needed in one.seen_with)]


def hidden_from(access: frozenset[str]) -> list[str]:
    """The words that a caller with these tags must not be shown."""
    return [secret.word for secret in SECRETS if not all(access & needed for needed in secret.seen_with)]


def ward(folder: Path, stock: list[Prepared]) -> KnowledgeBase:
    """A knowledge base of these documents, made anew."""
    kb = KnowledgeBase.create(folder)
    with kb.write() as writer:
        writer.add_many(stock)
    return kb
