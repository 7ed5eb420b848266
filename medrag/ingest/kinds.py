"""Kinds of entities: what a source's own type names, identifiers and file names say about what an entity is."""

from __future__ import annotations

import re
from functools import lru_cache

from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.kb.terms import drug_ref
from medrag.types import EntityKind

__all__ = ["entity", "global_code", "kind_in_name", "kind_of"]

_DRUG = EntityKind.SUBSTANCE  # a drug of any kind; `entity` decides substance or preparation by its name

_PRINTED: dict[EntityKind, str] = {
    EntityKind.DISEASE: "疾病 病 病症 疾病名称 disease diseases disorder disorders condition diagnosis 诊断 indication",
    EntityKind.SYMPTOM: "症状 体征 symptom symptoms effect/phenotype phenotype side_effect adverse_event sign 不良反应 副作用",
    _DRUG: "药物 药品 药 中药 西药 中成药 化学药 药材 中药材 方剂 疫苗 drug drugs compound compounds chemical medicine medicines medication "
    "substance molecule small_molecule biotech ingredient generic",
    EntityKind.PRODUCT: "商品 商品名 品牌 product brand producer 在售药品",
    EntityKind.DEPARTMENT: "科室 department clinic",
    EntityKind.CHECK: "检查 检验 检查项目 check test examination laboratory_test",
    EntityKind.BODY_PART: "部位 身体部位 器官 anatomy body_part organ tissue",
    EntityKind.DRUG_CLASS: "药物类别 药品分类 pharmacologic_class drug_class atc",
    EntityKind.OPERATION: "手术 手术治疗 手术操作 操作 operation procedure surgery",
    EntityKind.FOOD: "食物 食品 食谱 food recipe",
    EntityKind.THING: "其他治疗 社会学 流行病学 预后 人群 thing gene gene/protein protein pathway biological_process exposure",
}
_BY_PRINTED = {name: kind for kind, names in _PRINTED.items() for name in names.split()}

# Identifiers that mean the same thing in every source: DrugBank, UMLS, MeSH, N-codes of NDF-RT, and CURIEs such as DOID:363.
_GLOBAL = re.compile(r"(?:DB\d{5}|C\d{7}|[DC]\d{6}|D\d{9}|N\d{10}|[A-Za-z][A-Za-z0-9_.]+:[A-Za-z0-9_.\-]+)")
_WORDS_IN_NAME: tuple[tuple[EntityKind, str], ...] = (
    (EntityKind.OPERATION, r"icd-?_?9|手术|operation|procedure|surgery"),
    (EntityKind.DISEASE, r"icd-?_?1[01]|disease|disorder|疾病|病名|诊断|diagnos"),
    (EntityKind.SYMPTOM, r"symptom|症状|side_?effect"),
    (EntityKind.CHECK, r"check|检查|检验|examination"),
    (EntityKind.DEPARTMENT, r"department|科室"),
    (EntityKind.FOOD, r"food|食物|食谱"),
    (EntityKind.PRODUCT, r"producer|商品名|brand"),
    (_DRUG, r"drug|pharmacopoeia|药"),  # "medicine" is as often the field: lists of that name hold organs and diseases too
)


@lru_cache(maxsize=1024)
def kind_of(printed: str) -> EntityKind | None:
    """The kind that a source's type name means (疾病, Compound, gene/protein), or None where the table does not know it."""
    name = re.sub(r"\s*/\s*", "/", fold(printed)).replace(" ", "_")
    return _BY_PRINTED.get(name) or _BY_PRINTED.get(name.removesuffix("s"))


@lru_cache(maxsize=1024)
def kind_in_name(name: str) -> EntityKind | None:
    """The kind that a file or column name speaks of (`kg_disease`, `drug_cui`), or None."""
    folded = fold(name)
    return next((kind for kind, words in _WORDS_IN_NAME if re.search(words, folded)), None)


@lru_cache(maxsize=65536)
def entity(kind: EntityKind, name: str, code: str = "") -> EntityRef:
    """The entity of a kind with that name; a drug without a code is a substance or a preparation by its name."""
    if kind is _DRUG and not code:
        return drug_ref(name)
    return EntityRef(kind, name.strip(), code)


@lru_cache(maxsize=65536)
def global_code(identifier: str) -> str:
    """The identifier where it means the same in every source (`DB00997`, `DOID:363`), else ""; `Kind::` before it is dropped.

    A source's own running numbers make no entity: 17 of one file is not 17 of the next.
    """
    code = identifier.strip().rpartition("::")[2]
    return code if _GLOBAL.fullmatch(code) else ""
