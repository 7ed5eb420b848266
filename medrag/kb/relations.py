"""Relations: what a source's printed relation name means, and how a relation is shown.

A fact keeps the direction in which its source states it: a disease record's 药物治疗 is (disease, treated_with, drug), a drug
record's 适应症 (drug, indication, disease). `inverse_of` joins the two. `EntityKind.SUBSTANCE` stands for a drug of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.types import EntityKind

__all__ = [
    "ALIAS",
    "RELATIONS",
    "Relation",
    "RelationKind",
    "inverse_of",
    "label",
    "relation_between",
    "relation_of",
]

ALIAS = "alias"  # what a source prints as a relation but is a name


@dataclass(frozen=True, slots=True)
class RelationKind:
    """One row of the table: a canonical relation, the kinds it joins, its labels, and the printed names that mean it.

    An `attribute` has free text for its object (12-30 weeks, 3000 yuan), so cells of it are never split at commas.
    """

    name: str
    subject: EntityKind
    object: EntityKind
    zh: str
    en: str
    printed: tuple[str, ...] = ()
    attribute: bool = False
    inverse: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What a printed relation name means. Where it is not `known`, `name` is the printed one and the kinds are things."""

    name: str
    subject: EntityKind
    object: EntityKind
    known: bool = True
    attribute: bool = False

    @property
    def is_name(self) -> bool:
        """Whether the "relation" gives the subject another name."""
        return self.name == ALIAS


D, S, R, T = EntityKind.DISEASE, EntityKind.SYMPTOM, EntityKind.SUBSTANCE, EntityKind.THING


def _row(
    name: str,
    ends: tuple[EntityKind, EntityKind],
    labels: str,
    printed: str,
    *,
    attribute: bool = False,
    inverse: str = "",
) -> RelationKind:
    zh, en = labels.split("|")
    names = (*(part.strip() for part in printed.split("|") if part.strip()), zh, en, name)
    return RelationKind(name, *ends, zh, en, names, attribute, inverse)


# The first row of a relation gives its labels and kinds; a later row of the same name only adds printed names with other kinds.
# Abbreviations such as CtD are hetionet's metaedges; "disease phenotype positive" and the like are PrimeKG's.
RELATIONS: tuple[RelationKind, ...] = (
    _row(
        ALIAS, (T, T), "别名|alias", "别称|又名|又称|俗称|俗名|同义词|异名|synonym|synonyms|aliases|also known as|exact synonym"
    ),
    _row(
        "has_symptom",
        (D, S),
        "症状|symptom",
        "相关症状|可能症状|临床表现|典型症状|常见症状|早期症状|体征|症状体征|临床症状及体征|侵及周围组织转移的症状|"
        "symptoms|presents|has symptoms|sign|manifestation|dps|disease phenotype positive|disease_has_symptom",
    ),
    _row("lacks_symptom", (D, S), "无此症状|absent symptom", "disease phenotype negative|phenotype absent"),
    _row(
        "department",
        (D, EntityKind.DEPARTMENT),
        "科室|department",
        "所属科室|就诊科室|挂号科室|治疗科室|cure department|belongs to department",
    ),
    _row(
        "check",
        (D, EntityKind.CHECK),
        "检查|check",
        "需做检查|检查项目|诊断检查|实验室检查|影像学检查|辅助检查|组织学检查|内窥镜检查|筛查|检验|"
        "checks|checklist|test|tests|examination|need check|diagnosed by",
    ),
    _row(
        "treated_with",
        (D, R),
        "治疗药物|medicine",
        "药物治疗|常用药|常用药品|常用药物|推荐药|推荐药物|推荐药品|好评药品|用药|药品|药物|"
        "drug|drugs|treated by|common drug|recommand drug|recommend drug|has drug",
        inverse="indication",
    ),
    _row(
        "therapy",
        (D, T),
        "治疗方式|therapy",
        "治疗|治疗方法|治疗方案|辅助治疗|放射治疗|化疗|其他治疗|cure way|treatment|treatments|therapies",
    ),
    _row("therapy", (D, EntityKind.OPERATION), "手术治疗|operation", "手术|surgery"),
    _row(
        "indication",
        (R, D),
        "适应症|indication",
        "适应证|主治|主治疾病|治疗疾病|适应病症|treats|treat|indications|may treat|ctd|used for",
        inverse="treated_with",
    ),
    _row("indication", (R, T), "功能主治|functions and indications", "功效|功效主治|主治功能"),
    _row("off_label_use", (R, D), "超说明书用药|off-label use", "off label"),
    _row("palliates", (R, D), "缓解|palliates", "cpd|palliative for"),
    _row(
        "contraindication",
        (R, D),
        "禁忌|contraindication",
        "禁忌症|禁忌证|禁用|禁用人群|禁忌人群|contraindications|contraindicated in",
    ),
    _row("caution", (R, D), "慎用|caution", "慎用人群|precaution|precautions|use with caution in"),
    _row(
        "interacts_with",
        (R, R),
        "相互作用|interaction",
        "药物相互作用|慎合用|慎用合用|interacts with|interacts|drug interaction|drug drug|synergistic interaction|ddi",
        inverse="interacts_with",
    ),
    _row(
        "not_combined_with",
        (R, R),
        "禁止合用|not to be combined with",
        "禁合用|禁忌合用|避免合用|配伍禁忌|contraindicated with",
        inverse="not_combined_with",
    ),
    _row(
        "adverse_reaction",
        (R, S),
        "不良反应|adverse reaction",
        "副作用|毒副作用|side effect|side effects|adverse effect|adverse event|adverse reactions|ccse|drug effect",
    ),
    _row(
        "complication",
        (D, D),
        "并发症|complication",
        "并发|并发疾病|伴随疾病|伴发疾病|complications|acompany|accompany|has complication",
    ),
    _row(
        "body_part",
        (D, EntityKind.BODY_PART),
        "发病部位|body part",
        "部位|患病部位|dla|localizes|located in|disease_has_location",
    ),
    _row("spreads_to", (D, EntityKind.BODY_PART), "转移部位|site of spread", "外侵部位|metastasizes to"),
    _row(
        "has_ingredient",
        (R, R),
        "成份|ingredient",
        "成分|药物组成|组成|主要成分|主要成份|处方组成|ingredients|active ingredient|contains",
    ),
    _row("form_of", (R, R), "制剂属于|form of", "salt of|is form of|通用药"),
    _row(
        "belongs_to_class",
        (R, EntityKind.DRUG_CLASS),
        "分类|class",
        "药品类型|药物分类|药品分类|药理分类|类别|所属类别|药品类别|drug class|member of|pcic|belongs to|atc class",
    ),
    _row("prevention", (D, T), "预防|prevention", "预防措施|预防方法|prevent", attribute=True),
    _row(
        "cause",
        (D, T),
        "病因|cause",
        "发病原因|致病原因|发病机制|病理生理|etiology|caused by|due to",
        attribute=True,
        inverse="causes",
    ),
    _row("causes", (T, T), "导致|causes", "引起|引发|诱发|leads to|induces|results in", inverse="cause"),
    _row(
        "risk_factor",
        (D, T),
        "高危因素|risk factor",
        "风险评估因素|风险因素|危险因素|遗传因素|病史|exposure disease|risk factors",
    ),
    _row(
        "related_disease",
        (D, D),
        "相关疾病|related disease",
        "相关（导致）|相关（转化）|相关（症状）|disease disease|related to",
    ),
    _row("differential", (D, D), "鉴别诊断|differential diagnosis", "鉴别"),
    _row("has_subtype", (D, D), "病理分型|subtype", "分型|亚型"),
    _row("stage", (D, T), "阶段|stage", "分期|stages"),
    _row(
        "susceptible_group",
        (D, T),
        "多发群体|people at risk",
        "易感人群|好发人群|发病年龄|发病性别倾向|多发地区|多发季节|easy get|susceptible population",
        attribute=True,
    ),
    _row(
        "transmission", (D, T), "传染性|transmission", "传播途径|传播方式|传染方式|感染方式|get way|infection", attribute=True
    ),
    _row("incidence", (D, T), "发病率|incidence", "患病率|患病比例|发病几率|get prob|prevalence", attribute=True),
    _row(
        "prognosis",
        (D, T),
        "预后|prognosis",
        "预后状况|预后生存率|死亡率|生存率|治疗后症状|survival rate|mortality",
        attribute=True,
    ),
    _row("cure_rate", (D, T), "治愈率|cure rate", "治愈概率|治愈几率|cured prob", attribute=True),
    _row("period", (D, T), "治疗周期|time to cure", "疗程|治疗时间|cure lasttime|cure last time", attribute=True),
    _row("cost", (D, T), "治疗费用|cost", "费用|花费|cost money", attribute=True),
    _row("insurance", (D, T), "医保|health insurance", "是否医保|医保疾病|yibao status|insurance status", attribute=True),
    _row(
        "recommended_food",
        (D, EntityKind.FOOD),
        "宜吃|recommended food",
        "宜食|推荐食物|推荐食谱|do eat|recommand eat|recommend eat",
    ),
    _row("avoid_food", (D, EntityKind.FOOD), "忌吃|food to avoid", "忌食|忌口|不宜吃|not eat|no eat"),
    _row("described_in", (T, T), "出处|source text", "方剂出处|described by", attribute=True),
    _row("is_a", (T, T), "属于|is a", "上位|父类|subclass of|is-a"),
    _row("resembles", (T, T), "相似|resembles", "crc|drd|similar to"),
    _row("target", (R, T), "靶点|target", "drug protein|targets|enzyme|carrier|transporter|cbg|binds"),
    _row("associated_with", (T, T), "相关|associated with", "disease protein|phenotype protein|dag|association|associated"),
)

_FIRST = {row.name: row for row in reversed(RELATIONS)}
_SEPARATORS = regex(r"[_\-\s]+")


def _printed_key(printed: str) -> str:
    return _SEPARATORS.sub(" ", fold(printed)).strip()


@cache
def _by_printed() -> dict[str, Relation]:
    return {
        _printed_key(name): Relation(row.name, row.subject, row.object, attribute=row.attribute)
        for row in reversed(RELATIONS)
        for name in row.printed
    }


# "warfarin causes bleeding" is what people ask for as an adverse reaction.
_BETWEEN = {
    ("causes", R, S): "adverse_reaction",
    ("causes", R, D): "adverse_reaction",
    ("causes", D, S): "has_symptom",
    ("causes", D, D): "complication",
}


def relation_between(printed: str, subject: EntityKind | None, object_: EntityKind | None) -> Relation:
    """The relation that a printed name means between entities of these kinds, where the source tells them."""
    relation = relation_of(printed)
    if subject is None or object_ is None:
        return relation
    name = _BETWEEN.get((relation.name, R if subject is EntityKind.PREPARATION else subject, object_))
    return relation_of(name) if name else relation


@lru_cache(maxsize=4096)
def relation_of(printed: str) -> Relation:
    """The relation that a printed name means; an unknown one is kept as printed, with things at both ends."""
    known = _by_printed().get(_printed_key(printed))
    return known or Relation(printed.strip(), T, T, known=False)


def label(relation: str, lang: str) -> str:
    """A canonical relation as it is shown, in Chinese (`zh`) or English; one that the table does not know is shown as it is."""
    row = _FIRST.get(relation)
    if row is None:
        return relation
    return row.zh if lang == "zh" else row.en


def inverse_of(relation: str) -> str:
    """The relation that says the same from the other end, or "" where none does."""
    row = _FIRST.get(relation)
    return row.inverse if row is not None else ""
