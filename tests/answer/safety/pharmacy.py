"""A small knowledge base of labels that speak of other medicines and of patients in every way that the check reads."""

from __future__ import annotations

from pathlib import Path

from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import Prepared, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind
from tests.making import label

__all__ = ["pharmacy"]

LABELS = (
    label(
        "华法林钠片",
        {
            "【适应症】": "用于防治血栓。",
            "【用法用量】": "口服，一次2.5mg，一日1次，一日最大剂量不超过10mg。",
            "【禁忌】": "1.孕妇禁用。\n2.严重高血压、活动性溃疡患者禁用。",
            "【注意事项】": "慎用：(1)恶病质；(2)慢性酒精中毒；(3)充血性心力衰竭。\n老年人用量应适当减少。\n必须由医生处方。",
            "【药物相互作用】": "1.与阿司匹林合用可增加出血的危险，应避免合用。\n2.与雷尼替丁合用无相互作用，与西咪替丁合用可增强抗凝作用。\n"
            "3.本品与维生素K合用疗效降低。\n4.禁止与苯丁唑酮合用。",
            "【孕妇及哺乳期妇女用药】": "孕妇禁用。少量由乳汁分泌，哺乳期妇女慎用。",
        },
        key="W1",
        maker="甲厂",
    ),
    label(
        "华法林片",
        {"【药物相互作用】": "与阿司匹林合用时应慎用。", "【禁忌】": "对本品过敏者禁用。"},
        key="W2",
        maker="乙厂",
    ),
    label(
        "阿司匹林肠溶片",
        {
            "【禁忌】": "1.对本品或其他非甾体抗炎药过敏者禁用。\n2.哮喘患者禁用。",
            "【药物相互作用】": "与抗凝药同用，出血的危险增加，须监测凝血时间。\n本品与其他水杨酸类药物不宜合用。",
            "【儿童用药】": "12岁以下儿童不宜使用。",
            "【老年用药】": "65岁以上患者慎用。",
            "【注意事项】": "服药期间不得饮酒。",
        },
        key="A1",
    ),
    label(
        "雷尼替丁胶囊",
        {"【药物相互作用】": "与华法林合用无相互作用。", "【注意事项】": "肝、肾功能不全者慎用。", "【禁忌】": "孕妇禁用。"},
        key="R1",
    ),
    label(
        "二甲双胍片",
        {
            "【禁忌】": "肌酐清除率低于45ml/min者禁用。",
            "【用法用量】": "口服，一次0.5g，一日最大剂量不超过2g。肌酐清除率45～59ml/min者应减量。",
            "【药物相互作用】": "尚不明确。",
        },
        key="M1",
    ),
    label(
        "头孢克肟分散片",
        {
            "【禁忌】": "对头孢菌素类药物过敏者禁用。",
            "【注意事项】": "对青霉素过敏者慎用。",
            "【药物相互作用】": "可使卡马西平的血药浓度升高。",
        },
        key="C1",
    ),
    label("阿莫西林胶囊", {"【禁忌】": "青霉素过敏者禁用。", "【药物相互作用】": "丙磺舒可延缓本品排泄。"}, key="X1"),
    label(
        "感冒安片",
        {"【成份】": "每片含对乙酰氨基酚0.25g、马来酸氯苯那敏2mg。", "【注意事项】": "不能同时服用其他解热镇痛药。"},
        key="G1",
    ),
    label(
        "对乙酰氨基酚片",
        {
            "【用法用量】": "口服，一次0.5g，24小时内不超过4次，每日最大剂量不超过2g。",
            "【药物相互作用】": "与氯霉素合用，可增加其毒性。",
        },
        key="P1",
    ),
    label("温阳散寒丸", {"【成份】": "制川乌、干姜、甘草。", "【禁忌】": "孕妇禁用。"}, key="H1"),
    label("化痰止咳丸", {"【成份】": "法半夏、陈皮、茯苓。", "【注意事项】": "忌辛辣食物。"}, key="H2"),
    label("静心片", {"【适应症】": "用于失眠。"}, key="S1"),
    label(
        "Simvastatin tablets",
        {
            "BOXED WARNING": "Severe muscle injury has been reported.",
            "CONTRAINDICATIONS": "Concomitant use of strong CYP3A4 inhibitors is contraindicated. Contraindicated in active liver disease.",
            "DRUG INTERACTIONS": "Digoxin: no clinically significant interaction was seen with digoxin. Avoid grapefruit juice. "
            "Use with amlodipine increases the risk of myopathy; do not exceed 20 mg daily.",
            "Pregnancy": "Pregnancy Category X. Simvastatin may cause fetal harm when given to a pregnant woman.",
            "Pediatric Use": "Safety and effectiveness have not been established in children younger than 10 years of age.",
            "USE IN SPECIFIC POPULATIONS": "Rx only",
        },
        key="E1",
        lang="en",
    ),
    label(
        "Clarithromycin tablets",
        {"DRUG INTERACTIONS": "Clarithromycin should not be used with simvastatin because of rhabdomyolysis."},
        key="E2",
        lang="en",
    ),
    label(
        "Coldrelief tablets",
        {
            "WARNINGS": "Ask a doctor before use if you have:\n- glaucoma\n- high blood pressure",
            "DRUG INTERACTIONS": "7.1 Warfarin\nMonitor bleeding time closely.\n7.2 Lithium\nNo change was seen in healthy subjects. "
            "Withdrawal was seen when given opioid agents. Examples of such agents are naloxone and butorphanol.",
        },
        key="E4",
        lang="en",
    ),
    label(
        "Digoxin tablets",
        {
            "WARNINGS": "Patients with renal impairment require smaller doses of digoxin.",
            "DRUG INTERACTIONS": "Quinidine raises digoxin levels.",
        },
        key="E3",
        lang="en",
    ),
)


def _row(one: str, relation: str, other: str, key: str) -> Prepared:
    text = f"head: {one}\nrelation: {relation}\ntail: {other}"
    document = Document(source="graph", key=key, title=key, lang="zh", kind=DocumentKind.RECORD, text=text, reader="test/1")
    statement = Statement(drug_ref(one), relation, drug_ref(other), 0, len(text))
    return prepare(ReadRecord(document, statements=(statement,)), source="graph")


def pharmacy(folder: Path) -> KnowledgeBase:
    """The knowledge base, made anew in a folder."""
    kb = KnowledgeBase.create(folder / "pharmacy.kb")
    with kb.write() as writer:
        writer.add_many([*LABELS, _row("静心片", "interacts_with", "对乙酰氨基酚", "g1")])
    return kb
