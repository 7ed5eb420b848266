"""A second small knowledge base: labels of one drug in several forms, patients of several kinds, and what joins two drugs."""

from __future__ import annotations

from pathlib import Path

from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, Prepared, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind
from tests.making import fact_record, label

__all__ = ["dispensary"]

LABELS = (
    label(
        "退热灵素混悬液",
        {
            "【适应症】": "用于儿童感冒引起的发热。",
            "【用法用量】": "口服。每次用量：\n年龄 | 体重 | 用量\n1～3岁 | 10～15kg | 4ml\n4～6岁 | 16～21kg | 5ml\n6个月以下婴儿不可自行使用。",
            "【贮藏】": "冷藏。",
        },
        key="A1",
    ),
    label(
        "退热灵素缓释片",
        {
            "【适应症】": "用于缓解疼痛。",
            "【用法用量】": "成人一次1片，一日2次。",
            "【儿童用药】": "本规格供成人用。",
            "【药物相互作用】": "与抗凝血素合用时出血增加。",
        },
        key="A2",
    ),
    label("退热灵素", {"【不良反应】": "恶心。"}, key="A3"),
    label("盐酸安神平片", {"【适应症】": "用于失眠。"}, key="B1"),
    label("清化露颗粒", {"【用法用量】": "冲服，一次1袋。"}, key="B3"),
    label("安神平", {"【不良反应】": "口干。", "【用法用量】": "每晚一次。"}, key="B2"),
    label(
        "抗凝血素片",
        {
            "【药物相互作用】": "以下药物增强本品作用：\n1.抗菌药。\n2.抗真菌药。",
            "【注意事项】": "用药期间避免大量吃西柚。\n定期查血。",
        },
        key="C1",
    ),
    label(
        "Nursalol tablets",
        {
            "Pregnancy": "Nursalol crossed the placenta in rats.",
            "Nursing Mothers": "Nursalol is excreted in milk. Do not breast-feed.",
            "INDICATIONS": "For high blood pressure.",
            "WARNINGS": "Fainting was reported. These events were seen at the first dose.",
        },
        key="E1",
        lang="en",
    ),
    label("NURSALOL- nursalol tablet", {"INDICATIONS": "For angina."}, key="E2", lang="en"),
    label("Thinnerin tablets", {"DRUG INTERACTIONS": "Ask a doctor."}, key="E3", lang="en"),
    label(
        "Thinnerin capsules",
        {"DRUG INTERACTIONS": "Nursalol makes thinnerin stronger."},
        key="E4",
        lang="en",
    ),
)


def _row(text: str, subject: EntityRef, relation: str, object_: EntityRef, key: str) -> Prepared:
    document = Document(source="graph", key=key, title=key, lang="zh", kind=DocumentKind.RECORD, text=text, reader="test/1")
    return prepare(ReadRecord(document, statements=(Statement(subject, relation, object_, 0, len(text)),)), source="graph")


def _interaction(one: str, printed: str, other: str, why: str, key: str) -> Prepared:
    text = f"head: {one}\nrelation: {printed}\ntail: {other}\ndescription: {why}"
    return _row(text, drug_ref(one), "interacts_with", drug_ref(other), key)


FACTS = (
    _interaction("抗凝血素", "慎合用", "退热灵素", "出血风险增加，须监测", "g1"),
    _interaction("抗凝血素", "相互作用", "西柚汁", "升高血药浓度", "g2"),
    _interaction("抗凝血素", "相互作用", "酒精", "出血风险增加", "g3"),
    _interaction("未收录素", "相互作用", "退热灵素", "作用减弱", "g4"),
    _row("词表：清化露口服液", EntityRef(EntityKind.THING, "清化露口服液"), "is_a", EntityRef(EntityKind.THING, "药名"), "g9"),
    _row("词表：安神平咀嚼片", EntityRef(EntityKind.THING, "安神平咀嚼片"), "is_a", EntityRef(EntityKind.THING, "药名"), "g8"),
    fact_record("脑血管阻死", "has_symptom", "偏身麻木", key="g5"),
    fact_record("老年人心衰", "has_symptom", "气短", key="g6"),
    _row(
        "老年人心衰 检查 心电描记",
        EntityRef(EntityKind.DISEASE, "老年人心衰"),
        "check",
        EntityRef(EntityKind.CHECK, "心电描记"),
        "g7",
    ),
)


def dispensary(folder: Path) -> KnowledgeBase:
    """The knowledge base, made anew in a folder."""
    kb = KnowledgeBase.create(folder / "dispensary.kb")
    with kb.write() as writer:
        writer.add_many([*LABELS, *FACTS])
    return kb
