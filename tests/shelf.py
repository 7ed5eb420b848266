"""A small knowledge base of labels and facts that the project wrote itself, for tests of retrieval and answering."""

from __future__ import annotations

from pathlib import Path

from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, NameOf, Prepared, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind
from tests.making import fact_record, label

__all__ = ["shelf"]

LONG = "".join(f"{n}.第{n}种情况下应在医师指导下减量使用，并密切观察病情变化，必要时调整给药间隔。\n" for n in range(1, 61))

LABELS = (
    label(
        "布洛芬缓释胶囊",
        {
            "【适应症】": "用于缓解轻至中度疼痛，如头痛、牙痛、痛经。也用于感冒引起的发热。",
            "【用法用量】": "口服。成人，一次1粒，一日2次。\n儿童用量请咨询医师。",
            "【禁忌】": "1.对本品过敏者禁用。\n2.孕妇及哺乳期妇女禁用。\n3.活动性消化道溃疡患者禁用。",
            "【药物相互作用】": "1.与华法林合用时出血的危险增加。\n2.不应与其他非甾体抗炎药同用。",
            "【贮藏】": "遮光，密封保存。",
        },
        key="Z1",
    ),
    label("布洛芬片", {"【适应症】": "用于类风湿关节炎。", "【用法用量】": "口服，一次0.2克。"}, key="Z2"),
    label(
        "华法林钠片", {"【适应症】": "用于防治血栓栓塞性疾病。", "【药物相互作用】": "布洛芬可增强本品的抗凝作用。"}, key="Z3"
    ),
    label("奥美拉唑肠溶胶囊", {"【适应症】": "用于胃溃疡、反流性食管炎。", "【用法用量】": LONG}, key="Z4"),
    label("鼻炎丸", {"【功能主治】": "用于鼻炎引起的鼻塞、流涕。", "【用法用量】": "口服，一次9克。"}, key="Z5"),
    label("止咳丸", {"【功能主治】": "用于咳嗽。", "【用法用量】": "口服，一次6丸。"}, key="Z6"),
    label("碳酸钙片", {"【适应症】": "用于补钙。", "【不良反应】": "嗳气、便秘[1]。参见文献[2]。"}, key="Z7"),
    label(
        "Ibuprofen tablets",
        {
            "INDICATIONS AND USAGE": "Ibuprofen tablets are indicated for relief of mild to moderate pain.",
            "DOSAGE AND ADMINISTRATION": "Take one tablet every 6 hours. Do not exceed 1,200 mg in 24 hours.",
            "WARNINGS": "Stop use and ask a doctor if stomach pain gets worse. Abrupt withdrawal is not known to do harm.",
        },
        key="E1",
        lang="en",
    ),
    label(
        "Warfarin sodium tablets",
        {"DRUG INTERACTIONS": "NSAIDs such as ibuprofen increase the risk of bleeding."},
        key="E2",
        lang="en",
    ),
)


def _brand() -> Prepared:
    """A label with a brand name that says nothing of its substance."""
    made = label("阿莫西林胶囊", {"【适应症】": "用于敏感菌所致的感染。", "【不良反应】": "恶心、皮疹。"}, key="Z8")
    brand = EntityRef(EntityKind.PRODUCT, "速消灵")
    statement = Statement(brand, "has_ingredient", drug_ref("阿莫西林"), 0, 6)
    return prepare(
        ReadRecord(
            made.document,
            names=(NameOf(drug_ref("阿莫西林胶囊"), "速消灵", "brand"),),
            statements=(statement,),
            about=made.about,
        ),
        source=made.document.source,
    )


def _row(text: str, subject: EntityRef, relation: str, object_: EntityRef, key: str) -> Prepared:
    document = Document(
        source="graph", key=key, title=subject.name, lang="zh", kind=DocumentKind.RECORD, text=text, reader="test/1"
    )
    return prepare(
        ReadRecord(document, statements=(Statement(subject, relation, object_, 0, len(text)),), about=(subject,)),
        source="graph",
    )


FACTS = (
    fact_record("高血压", "has_symptom", "头晕", key="g1"),
    fact_record("高血压", "has_symptom", "头痛", key="g2"),
    _row(
        "高血压 的并发症 脑卒中",
        EntityRef(EntityKind.DISEASE, "高血压"),
        "complication",
        EntityRef(EntityKind.DISEASE, "脑卒中"),
        "g3",
    ),
    _row("脑卒中 治愈率 30%", EntityRef(EntityKind.DISEASE, "脑卒中"), "cure_rate", EntityRef(EntityKind.THING, "30%"), "g4"),
    _row("高血压 用药 卡托普利片", EntityRef(EntityKind.DISEASE, "高血压"), "treated_with", drug_ref("卡托普利片"), "g5"),
)


def shelf(folder: Path) -> KnowledgeBase:
    """The knowledge base, made anew in a folder."""
    kb = KnowledgeBase.create(folder / "shelf.kb")
    with kb.write() as writer:
        writer.add_many([*LABELS, _brand(), *FACTS])
    return kb
