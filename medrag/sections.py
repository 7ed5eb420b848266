"""Section codes and groups, and the headings that mean them, in Chinese and English.

Codes are LOINC's, as the FDA's label standard uses them; `medrag:…` stands where LOINC has none. A group joins
codes that hold the same kind of statement, so that a question about precautions finds 34071-1 and 43685-7 alike.
Source of the codes: FDA, *Section Headings (LOINC)* of the Structured Product Labeling standard.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from medrag.patterns import regex

__all__ = [
    "OTHER",
    "SECTION_KINDS",
    "SectionCode",
    "SectionGroup",
    "SectionKind",
    "classify_heading",
    "group_of",
    "heading_of",
]


class SectionGroup(StrEnum):
    """What a section is about; equivalent codes share one."""

    INDICATIONS = "indications"
    DOSAGE = "dosage"
    CONTRAINDICATIONS = "contraindications"
    BOXED_WARNING = "boxed_warning"
    WARNINGS = "warnings"
    ADVERSE_REACTIONS = "adverse_reactions"
    INTERACTIONS = "interactions"
    PREGNANCY = "pregnancy"
    PEDIATRIC = "pediatric"
    GERIATRIC = "geriatric"
    OVERDOSAGE = "overdosage"
    STORAGE = "storage"
    COMPOSITION = "composition"
    FORMS = "forms"
    PHARMACOLOGY = "pharmacology"
    CLASSIFICATION = "classification"
    NAMES = "names"
    APPROVAL = "approval"
    PATIENT = "patient"
    STUDIES = "studies"
    SYMPTOMS = "symptoms"
    CAUSES = "causes"
    DIAGNOSIS = "diagnosis"
    TREATMENT = "treatment"
    PREVENTION = "prevention"
    SOURCE = "source"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SectionCode:
    """A section code and the group it belongs to."""

    code: str
    group: SectionGroup


@dataclass(frozen=True, slots=True)
class SectionKind:
    """One row of the table: a code, its group, and the headings that mean it (the first of each is shown)."""

    code: str
    group: SectionGroup
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


def _kind(code: str, group: SectionGroup, zh: str = "", en: str = "") -> SectionKind:
    return SectionKind(code, group, tuple(zh.split()), tuple(h.strip() for h in en.split("|") if h.strip()))


G = SectionGroup

# Headings are compared after `_heading_key`: without spaces around, numbering, brackets, colons and case.
SECTION_KINDS: tuple[SectionKind, ...] = (
    _kind(
        "34067-9",
        G.INDICATIONS,
        "适应症 适应证 功能主治 功能与主治 主治 适应症/功能主治 适应证/功能主治 适应病症 药品适应症 主治功能 功效主治 主要适应症 "
        "适用症 适应 作用与用途 作用用途 用途 作用类别与适应症 适应症状",
        "indications & usage | indications and usage | indications | uses | use | indications and use | "
        "therapeutic indications | usage | indication | indications usage | purpose and uses",
    ),
    _kind(
        "34068-7",
        G.DOSAGE,
        "用法用量 用法与用量 药物用法 用量用法 用法 用量 剂量 剂量与用法 服用方法 使用方法 方剂用法 用法及用量 给药方法 给药说明",
        "dosage & administration | dosage and administration | dosage | directions | administration | "
        "posology and method of administration | dosage administration | how to take | how to use | direction | "
        "dosing | dose and administration | recommended dosage",
    ),
    _kind(
        "34070-3",
        G.CONTRAINDICATIONS,
        "禁忌 禁忌症 禁忌证 用药禁忌 禁用 配伍禁忌 药物禁忌 不适宜人群 忌用 宜忌",
        "contraindications | contraindication",
    ),
    _kind("50570-1", G.CONTRAINDICATIONS, "", "do not use | do not use if"),
    _kind(
        "34066-1",
        G.BOXED_WARNING,
        "警示语 警语 警告 黑框警告 警示",
        "boxed warning | warning: boxed | black box warning | boxed warnings",
    ),
    _kind("34071-1", G.WARNINGS, "", "warnings | warning | allergy alert | liver warning"),
    _kind(
        "43685-7",
        G.WARNINGS,
        "注意事项 注意 使用注意 用药注意事项 用药须知 慎用 使用注意事项 注意事项及禁忌 特别警告和使用注意事项",
        "warnings and precautions | warnings & precautions | warnings and cautions | "
        "special warnings and precautions for use | precautions and warnings",
    ),
    _kind("42232-9", G.WARNINGS, "", "precautions | precaution | general precautions | general"),
    _kind("50569-3", G.WARNINGS, "", "ask a doctor before use | ask a doctor before use if"),
    _kind("50568-5", G.WARNINGS, "", "ask a doctor or pharmacist before use | ask doctor or pharmacist before use"),
    _kind("50567-7", G.WARNINGS, "", "when using this product | when using"),
    _kind("50566-9", G.WARNINGS, "", "stop use | stop use and ask a doctor if"),
    _kind("50565-1", G.WARNINGS, "", "keep out of reach of children"),
    _kind(
        "34084-4",
        G.ADVERSE_REACTIONS,
        "不良反应 副作用 毒副作用 毒副反应 副反应 不良反应及处理 毒性 不良反应与处理",
        "adverse reactions | adverse reaction | side effects | undesirable effects | adverse events | adverse effects | "
        "possible side effects",
    ),
    _kind("90374-0", G.ADVERSE_REACTIONS, "", "clinical trials experience"),
    _kind("90375-7", G.ADVERSE_REACTIONS, "", "postmarketing experience"),
    _kind(
        "34073-7",
        G.INTERACTIONS,
        "药物相互作用 相互作用 药物互作 药物配伍 与其他药物相互作用 药物之间相互作用 药物相互影响 药物交互作用 交互作用",
        "drug interactions | drug interaction | interactions | interaction with other medicinal products and other forms of interaction",
    ),
    _kind("34074-5", G.INTERACTIONS, "", "drug & or laboratory test interactions | laboratory test interactions"),
    _kind(
        "42228-7",
        G.PREGNANCY,
        "孕妇及哺乳期妇女用药 孕妇用药 孕妇禁忌 妊娠期用药 孕妇及哺乳期妇女 妊娠期妇女用药 孕妇与哺乳期妇女用药 孕妇及哺乳期用药 妊娠 "
        "妊娠及哺乳期用药 孕妇和哺乳期妇女用药 妊娠期及哺乳期妇女用药 孕妇及哺乳妇女用药 孕妇、哺乳期妇女及儿童用药",
        "pregnancy | use in pregnancy | pregnancy and lactation | fertility, pregnancy and lactation",
    ),
    _kind("77290-5", G.PREGNANCY, "哺乳期用药 哺乳期妇女用药 哺乳期禁忌 哺乳期", "lactation"),
    _kind("34080-2", G.PREGNANCY, "", "nursing mothers | nursing mother | breast-feeding | breastfeeding"),
    _kind("34079-4", G.PREGNANCY, "", "labor & delivery | labor and delivery"),
    _kind("53414-9", G.PREGNANCY, "", "pregnancy or breast feeding | if pregnant or breast-feeding | pregnancy/breast-feeding"),
    _kind("34078-6", G.PREGNANCY, "", "teratogenic effects"),
    _kind(
        "34081-0",
        G.PEDIATRIC,
        "儿童用药 小儿用药 儿童禁忌 儿童 小儿剂量 儿童用量 儿童用法用量 小儿用法用量 少儿用药",
        "pediatric use | paediatric use | use in children | paediatric population",
    ),
    _kind(
        "34082-8",
        G.GERIATRIC,
        "老年用药 老年患者用药 老人用药 老年人用药 老年人禁忌 老年禁忌 老年患者 老年人",
        "geriatric use | use in the elderly | elderly",
    ),
    _kind(
        "43684-0",
        G.WARNINGS,
        "特殊人群用药 特殊人群",
        "use in specific populations | use in special populations | specific populations",
    ),
    _kind(
        "34088-5",
        G.OVERDOSAGE,
        "药物过量 过量 用药过量 过量处理 药物过量与处理 逾量 中毒",
        "overdosage | overdose | over dosage",
    ),
    _kind(
        "44425-7",
        G.STORAGE,
        "贮藏 储藏 贮存 贮藏条件 存储方式 储存 保存 保存方法 储存方法 贮法 贮藏方法 存储 储存条件 保存条件",
        "storage and handling | storage & handling | storage | storage conditions | special precautions for storage | how to store",
    ),
    _kind(
        "34069-5",
        G.STORAGE,
        "",
        "how supplied | how supplied/storage and handling | how supplied / storage and handling | package supply",
    ),
    _kind(
        "34089-3",
        G.COMPOSITION,
        "成份 成分 主要成分 主要成份 组成 药物组成 化学成份 化学成分 处方 处方组成 主要组成成分 药材配方 配方 性状 成份与性状",
        "description | composition | qualitative and quantitative composition | product description",
    ),
    _kind("55106-9", G.COMPOSITION, "活性成份 活性成分", "active ingredient | active ingredients | otc - active ingredient"),
    _kind("51727-6", G.COMPOSITION, "辅料 赋形剂", "inactive ingredients | inactive ingredient | list of excipients"),
    _kind("48780-1", G.COMPOSITION, "", "spl product data elements section | spl product data elements"),
    _kind(
        "43678-2",
        G.FORMS,
        "剂型 规格 药物剂量 剂型规格 剂型与规格 制剂与规格 规格剂型 药品规格 制剂 剂型及规格",
        "dosage forms & strengths | dosage forms and strengths | strength | strengths | pharmaceutical form",
    ),
    _kind(
        "51945-4",
        G.FORMS,
        "包装 包装规格",
        "package label.principal display panel | principal display panel | package label | nature and contents of container",
    ),
    _kind(
        "34090-1",
        G.PHARMACOLOGY,
        "药理毒理 药理作用 药理 药物作用 作用机制 作用机理 药效学 药用公用 药理学 药效",
        "clinical pharmacology | pharmacology | pharmacological properties",
    ),
    _kind("43679-0", G.PHARMACOLOGY, "", "mechanism of action"),
    _kind("43681-6", G.PHARMACOLOGY, "", "pharmacodynamics | pharmacodynamic properties"),
    _kind(
        "43682-4", G.PHARMACOLOGY, "药代动力学 药动学 体内过程 药物代谢动力学", "pharmacokinetics | pharmacokinetic properties"
    ),
    _kind("55105-1", G.CLASSIFICATION, "", "purpose | otc - purpose"),
    _kind("49489-8", G.PHARMACOLOGY, "", "microbiology"),
    _kind("43680-8", G.STUDIES, "毒理研究 毒理", "nonclinical toxicology | non-clinical toxicology | preclinical safety data"),
    _kind(
        "34083-6",
        G.STUDIES,
        "",
        "carcinogenesis & mutagenesis & impairment of fertility | carcinogenesis, mutagenesis, impairment of fertility",
    ),
    _kind("34091-9", G.STUDIES, "", "animal pharmacology & or toxicology | animal toxicology"),
    _kind("34092-7", G.STUDIES, "临床试验 临床研究 临床应用", "clinical studies | clinical trials"),
    _kind("34093-5", G.OTHER, "参考文献 文献", "references"),
    _kind(
        "34076-0",
        G.PATIENT,
        "患者须知 用药指导 患者用药指导 健康指导",
        "information for patients | information for patients section | patient information",
    ),
    _kind("59845-8", G.PATIENT, "", "instructions for use"),
    _kind("42231-1", G.PATIENT, "", "medication guide | spl medguide | spl medguide section"),
    _kind("42230-3", G.PATIENT, "", "spl patient package insert | patient package insert"),
    _kind("88436-1", G.PATIENT, "", "patient counseling information"),
    _kind("53413-1", G.PATIENT, "", "questions | questions or comments | otc - questions"),
    _kind("42227-9", G.WARNINGS, "药物滥用和依赖 药物滥用与依赖", "drug abuse and dependence | abuse and dependence"),
    _kind("34085-1", G.WARNINGS, "", "controlled substance"),
    _kind("34086-9", G.WARNINGS, "", "abuse"),
    _kind("34087-7", G.WARNINGS, "", "dependence"),
    _kind("34077-8", G.WARNINGS, "", "teratogenic warnings"),
    _kind("34072-9", G.WARNINGS, "", "general precautions section"),
    _kind("34075-2", G.WARNINGS, "", "laboratory tests"),
    _kind("43683-2", G.OTHER, "说明书修订日期 修订日期 核准日期", "recent major changes | date of revision of the text"),
    _kind("48779-3", G.OTHER, "", "spl indexing data elements section"),
    _kind("60561-8", G.WARNINGS, "", "other safety information"),
    _kind("50741-8", G.WARNINGS, "", "safe handling warning"),
    _kind("68498-5", G.PATIENT, "", "patient medication information"),
    _kind("69718-5", G.NAMES, "", "statement of identity"),
    _kind("42229-5", G.OTHER, "", "spl unclassified section | spl unclassified"),
    _kind("60555-0", G.OTHER, "", "accessories"),
    _kind(
        "medrag:names",
        G.NAMES,
        "药品名称 药名 名称 通用名称 通用名 商品名称 商品名 英文名 英文名称 汉语拼音 别名 化学名 化学名称 拼音名 又名 异名 曾用名 品名 药物名称 药材名 名称英 "
        "药物别名",
        "name of the medicinal product | drug name | name | brand name | generic name | synonyms",
    ),
    _kind(
        "medrag:classification",
        G.CLASSIFICATION,
        "药品类型 药物分类 分类 类别 药品分类 作用类别 所属分类 用药科室 科室 药物类别 药理分类 处方药/OTC 医保类型 OTC类型 所属科室 所属科目 药品类别 "
        "药品层次 医保",
        "classification | pharmacotherapeutic group | drug class | category | department",
    ),
    _kind(
        "medrag:approval",
        G.APPROVAL,
        "批准文号 执行标准 生产企业 有效期 生产厂家 生产厂商 注册证号 生产单位 上市许可持有人 药品上市许可持有人 药品编码 国药准字 核准文号 产品批号 企业名称 厂家 "
        "进口药品注册证号",
        "manufacturer | marketing authorisation holder | marketing authorization holder | shelf life | expiry",
    ),
    _kind(
        "medrag:symptoms",
        G.SYMPTOMS,
        "症状 临床表现 相关症状 典型症状 症状体征",
        "symptoms | clinical presentation | signs and symptoms",
    ),
    _kind("medrag:causes", G.CAUSES, "病因 发病原因 发病机制 病因病机", "causes | cause | etiology"),
    _kind("medrag:diagnosis", G.DIAGNOSIS, "诊断 检查 鉴别诊断 诊断标准 检查检验", "diagnosis | tests | examinations"),
    _kind(
        "medrag:treatment",
        G.TREATMENT,
        "治疗 治疗方案 药物治疗 治疗原则 治疗方法 常用药物 推荐药物 在售药品",
        "treatment | therapy | management",
    ),
    _kind("medrag:prevention", G.PREVENTION, "预防 预防措施", "prevention"),
    _kind("medrag:nature", G.PHARMACOLOGY, "性味 归经 性味归经 性味与归经"),
    _kind("medrag:herb", G.COMPOSITION, "药用部位 植物形态 药材鉴别 鉴别 加工采集 采集加工 炮制 产地"),
    _kind("medrag:comment", G.OTHER, "备注 附注 方剂附注 专家点评"),
    _kind("medrag:overview", G.OTHER, "疾病简介 简介 疾病概述 概述", "overview | introduction"),
    _kind("medrag:complications", G.OTHER, "并发症", "complications"),
    _kind("medrag:diet", G.OTHER, "宜吃 忌吃 推荐食谱 饮食 饮食保健", "diet"),
    _kind("medrag:profile", G.OTHER, "基本信息 基本知识 治疗常识", "profile"),
    _kind("medrag:source", G.SOURCE, "资料来源 来源 出处 数据来源 方剂出处 来自何书", "source | sources"),
)

OTHER = SectionCode("medrag:other", SectionGroup.OTHER)

_BY_CODE = {kind.code: kind.group for kind in SECTION_KINDS}
_NUMBERING = regex(
    r"^(?:第?[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[)）]|[（(]?\d{1,2}(?:\.\d{1,2})*[)）、.．]?(?=[\s　一-鿿])|\d{1,2}(?:\.\d{1,2})*\s+|[●■◆▪•*#]+)\s*"
)
_TRAILING = " \t\n\r\f\v:.。*†‡"
_MAX_HEADING_CHARS = 400  # a boxed warning's title is the longest
_BRACKETS = regex(r"[【】\[\]［］〔〕「」『』〖〗<>《》]")
# The traditional characters of headings, and no others: what is stored keeps the characters that are printed.
_SIMPLIFIED = str.maketrans(
    "適應證症誤禁忌貯儲藏劑規項語應與藥品過敘專處購產廠滅體動物學評論臨床試驗類別號準標無餵婦產兒長輔淨單預檢療藝發關連條裝賦",
    "适应证症误禁忌贮储藏剂规项语应与药品过叙专处购产厂灭体动物学评论临床试验类别号准标无喂妇产儿长辅净单预检疗艺发关连条装赋",
)


def _heading_key(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).casefold().strip()
    folded = _BRACKETS.sub("", folded).strip()
    folded = _NUMBERING.sub("", folded).rstrip(_TRAILING).strip()
    if re.search(r"[一-鿿]", folded):
        return re.sub(r"\s+", "", folded).translate(_SIMPLIFIED)  # 【用 法 用 量】 is printed spaced out
    folded = re.sub(r"\s+", " ", folded)
    return re.sub(r" section$", "", folded)


_BY_HEADING = {
    _heading_key(heading): SectionCode(kind.code, kind.group) for kind in SECTION_KINDS for heading in (*kind.zh, *kind.en)
}


_BOXED = SectionCode("34066-1", SectionGroup.BOXED_WARNING)
_BOX_TITLE = regex(r"(?:boxed )?warnings?: ?[a-z]")


def classify_heading(heading: str) -> SectionCode | None:
    """The code and group that a printed heading means, or None where the table does not know it."""
    heading = heading.strip()
    if len(heading) > _MAX_HEADING_CHARS:
        return None
    return _classified(heading)


@lru_cache(maxsize=4096)  # one label has the headings of the next
def _classified(heading: str) -> SectionCode | None:
    key = _heading_key(heading)
    # A boxed warning is headed by what it warns of: WARNING: LACTIC ACIDOSIS (21 CFR 201.57(c)(1)).
    return _BY_HEADING.get(key) or (_BOXED if _BOX_TITLE.match(key) else None)


def group_of(code: str) -> SectionGroup:
    """The group of a section code; codes that the table does not know belong to `other`."""
    return _BY_CODE.get(code, SectionGroup.OTHER)


def heading_of(group: SectionGroup, lang: str) -> str:
    """The heading by which a group is spoken of, in Chinese (`zh`) or English."""
    for kind in SECTION_KINDS:
        names = kind.zh if lang == "zh" else kind.en
        if kind.group is group and names:
            return names[0]
    return group.value
