"""A small knowledge base for conversations: labels in two languages that differ by patient, and an illness."""

from __future__ import annotations

from pathlib import Path

from medrag.kb.base import KnowledgeBase
from tests.making import fact_record, label

__all__ = ["pharmacy"]

LABELS = (
    label(
        "布洛芬混悬液",
        {
            "【适应症】": "用于儿童感冒引起的发热，缓解轻至中度疼痛。",
            "【用法用量】": "口服。1～3岁一次4毫升，4～6岁一次5毫升，7～9岁一次8毫升。",
            "【不良反应】": "少数病人出现恶心、呕吐、皮疹。",
            "【禁忌】": "1.对本品过敏者禁用。\n2.孕妇及哺乳期妇女禁用。",
            "【孕妇及哺乳期妇女用药】": "孕妇及哺乳期妇女禁用。",
            "【药物相互作用】": "与华法林合用时出血的危险增加。服药期间不得饮酒。",
            "【贮藏】": "遮光，密封保存。",
        },
        key="P1",
    ),
    label(
        "阿莫西林胶囊",
        {
            "【适应症】": "用于敏感菌所致的中耳炎、咽炎。",
            "【用法用量】": "口服。成人一次0.5克，每6至8小时一次。",
            "【不良反应】": "恶心、腹泻。",
            "【禁忌】": "青霉素过敏者禁用。",
        },
        key="P2",
    ),
    label(
        "华法林钠片",
        {
            "【适应症】": "用于防治血栓栓塞性疾病。",
            "【用法用量】": "口服，一日一次，一次2.5毫克。",
            "【不良反应】": "出血。",
            "【禁忌】": "孕妇禁用。",
            "【药物相互作用】": "布洛芬可增强本品的抗凝作用。",
        },
        key="P3",
    ),
    label("硝苯地平片", {"【适应症】": "用于高血压、心绞痛。", "【不良反应】": "外周水肿、头痛。"}, key="P4"),
    label(
        "Ibuprofen tablets",
        {
            "INDICATIONS AND USAGE": "Ibuprofen tablets are indicated for relief of mild to moderate pain.",
            "DOSAGE AND ADMINISTRATION": "Adults: one tablet every 6 hours with food.",
            "ADVERSE REACTIONS": "Nausea and heartburn were reported.",
            "DRUG INTERACTIONS": "Warfarin: bleeding was reported. Avoid alcohol.",
            "PREGNANCY": "Do not use in the third trimester of pregnancy.",
            "HOW SUPPLIED": "Store at room temperature.",
        },
        key="P5",
        lang="en",
    ),
    label(
        "Warfarin sodium tablets",
        {
            "INDICATIONS AND USAGE": "Warfarin is indicated for venous thrombosis.",
            "ADVERSE REACTIONS": "Bleeding was reported.",
            "DRUG INTERACTIONS": "Ibuprofen increases the risk of bleeding.",
        },
        key="P6",
        lang="en",
    ),
)
FACTS = (
    fact_record("高血压", "has_symptom", "头晕", key="f1"),
    fact_record("中耳炎", "has_symptom", "耳痛", key="f2"),
)


def pharmacy(folder: Path) -> KnowledgeBase:
    """The knowledge base, made anew in a folder."""
    kb = KnowledgeBase.create(folder / "pharmacy.kb")
    with kb.write() as writer:
        writer.add_many([*LABELS, *FACTS])
    return kb
