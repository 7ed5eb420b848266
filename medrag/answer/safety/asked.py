"""The check that runs on questions by themselves: which medicines and which patient a question names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.terms.conditions import conditions_of
from medrag.kb.terms.foods import food_named, food_names
from medrag.kb.terms.herbs import herb_names, herb_rules
from medrag.patterns import regex
from medrag.retrieve.cues import Population
from medrag.retrieve.understand import Shape, Understanding
from medrag.types import EntityKind, Finding, FindingKind, Patient, SafetyReport

__all__ = ["report_for", "tells"]

ELDERLY_YEARS = 65.0
_LISTS = frozenset({Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS})  # they name no medicine that is taken
_ILL = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
_ALLERGY = regex(r"过敏|allerg|hypersensitiv", re.IGNORECASE)  # stands in whatever the next three find
_ALLERGIC_TO_ZH = regex(r"对([一-鿿a-zA-Z]{2,10}?)(?:类药?物?|药物?)?(?:严重)?(?<![不没无])过敏")
_ALLERGIC_ZH = regex(r"^(?:类药?物?|药)?(?:严重)?过敏")
_ALLERGIC_EN = regex(r"\ballerg\w* to (?:\w+ ){0,2}$|\bhypersensitiv\w* to (?:\w+ ){0,2}$", re.IGNORECASE)
_ALLERGIC_EN_BEHIND = regex(r"^ ?allerg", re.IGNORECASE)
MAX_BOXED = 2  # statements of a boxed warning beside an answer
# Who has it: 胃溃疡病人, 我有哮喘, I have asthma, patients with gout.
_SICK = regex(
    r"([一-鿿]{2,8}?)(?:的)?(?:病人|患者|患儿)|(?:有|患有?|得了|确诊)(?:了|过)?([一-鿿]{2,8}?)(?=[，,。？?的能可吃用服还，]|$)|\b(?:have|has|having|suffer\w* from|diagnosed with|with) (?:an? |severe |chronic |active )*([a-z][a-z' -]{2,40}?)(?=[,.?;]|\b(?:and|can|is|take|on|but|so|who)\b|$)"
)
# Who has it not: 我没有高血压, I don't have asthma; and what is not taken: 不是华法林, apixaban, not warfarin.
_WELL = regex(
    r"[、,和与及]?(?:肾|肝)?(?:脏|功能|功)?(?:都|均|也|是)?(?:很|挺)?(?:正常|好的?|没(?:有)?(?:什么|任何)?(?:问题|毛病|异常))|(?: \w+){0,3} (?:is|are|was|were|came back) (?:\w+ )?(?:normal|fine|good|okay|ok)\b"
)
_NOT_ILL = regex(
    r"(?<!有)(?:没|无)(?:有|得过?|患过?)?(?:什么|任何|肝脏?|肾脏?|肝、|[肝肾][和与、]|严重的?|慢性)*$|\b(?:no|without)(?: history of| known| prior| any)* (?:(?:liver|kidney|renal|hepatic) (?:or|and) )?$|\b(?:(?:do|does|did) not|(?:don|doesn|didn)['’]t|never) (?:have|had) (?:an? |any )?(?:(?:liver|kidney|renal|hepatic) (?:or|and) |(?:kidney|liver) )?$",
    re.IGNORECASE,
)
_NOT_TAKEN = regex(
    r"(?:不是|而非|并非|没(?:有)?(?:在)?(?:吃|用|服用?)(?:过)?|(?:,|;|，|\b(?:and|but)) ?(?:it(?:['’]s| is) )?not(?: on| taking)?|\b(?:instead of|rather than)) ?$",
    re.IGNORECASE,
)
_ORGANS = {
    "renal": regex(r"肾|透析|尿毒|renal|kidney|dialysis|uremi|ckd"),
    "hepatic": regex(r"肝|hepat|liver|cirrho"),
}
# Of two medicines that are sold as one, too, this asks as of two: lisinopril and hydrochlorothiazide together.
_AS_TWO = regex(r"\b(?:together|interact\w*|separately|clash\w*|at the same time|each other)\b", re.IGNORECASE)
_NAMED_SO = frozenset({"exact", "shipped"})
_AND = regex(r"\s+(?:and|with|plus|&)\s+", re.IGNORECASE)
_DRINKS = regex(
    r"[喝饮沾碰和与跟同](?:了?一?点|了)?(?P<wine>酒)(?!石)|[啤白红黄]酒|葡萄酒|酒后|酒精(?!过敏)|(?P<tea>浓茶|喝茶)|\b(?:drink|alcohol|wine|beer)\b"
)


def report_for(understanding: Understanding, patient: Patient | None, kb: KnowledgeBase) -> SafetyReport | None:
    """The check for a question that names two medicines, or one and a condition of the patient, a food or drink; else None.

    `patient` is who the question is known to be about; what the question says of a patient is added to it.
    """
    herbs = _kept_apart(understanding.question) if understanding.lang == "zh" else []
    if understanding.shape in _LISTS or not (understanding.drugs or herbs):
        return None
    medicines, allergies = _taken(understanding)
    medicines = _apart(medicines, understanding.question, kb)
    medicines += [herb for herb in herbs if herb not in medicines]
    person = _person(understanding, patient, allergies)
    foods = _foods(understanding.question)
    unknown = [name for name in understanding.unknown if name not in medicines]
    several = len({*medicines, *unknown, *(person.medicines if person is not None else ())}) > 1
    dosed = _with_dose(medicines, understanding.question)
    if not medicines or not (several or foods or dosed or person is not None):
        return None
    names = [*(dosed or medicines), *unknown, *foods]
    from medrag.answer.safety.check import check_asked  # a third of what an answer loads, for a tenth of them

    child = Population.CHILD in understanding.populations and (person is None or person.age is None)
    who = person or (Patient() if child else None)
    asked = [food for name in foods if (food := food_named(name)) is not None]
    report = check_asked(names, who, kb, lang=understanding.lang, child=child, foods=asked)
    if not (several or foods or person is not None) and all(one.kind is not FindingKind.DOSE for one in report.findings):
        return None  # the dose that is asked about is within what the labels allow, or they print no maximum to compare it with
    return report.model_copy(update={"findings": tuple(_to_the_point(report))})


def tells(report: SafetyReport | None) -> bool:
    """Whether a check found something of what was asked, and not only boxed warnings, which nobody asked about."""
    return report is not None and any(one.kind is not FindingKind.BOXED_WARNING for one in report.findings)


def _to_the_point(report: SafetyReport) -> list[Finding]:
    """The findings with what was asked about first, and of boxed warnings, which nobody asked about, the first words."""
    boxed = [finding for finding in report.findings if finding.kind is FindingKind.BOXED_WARNING]
    others = [finding for finding in report.findings if finding.kind is not FindingKind.BOXED_WARNING]
    return others + [one.model_copy(update={"stated": one.stated[:MAX_BOXED]}) for one in boxed]


def _with_dose(medicines: Sequence[str], question: str) -> list[str]:
    """The one medicine that is asked about with the dose that the question names; none where there is none to compare."""
    if len(medicines) != 1 or not any(character.isdigit() for character in question):
        return []
    from medrag.answer.safety.doses import dose_in, written

    dose = dose_in(question)
    try:
        return [f"{medicines[0]} {dose}"] if dose and written(f"{medicines[0]} {dose}").name == medicines[0] else []
    except QuestionError:
        return []


def _kept_apart(question: str) -> list[str]:
    """The herbs of a question that classical rules keep apart."""
    named = [name for name in herb_names() if name in question and re.search(f"{name}(?![酸醇糖酚苷素碱])", question)]
    # 海藻酸钠 is no 海藻
    named = [name for name in named if not any(name != other and name in other for other in named)]
    pairs = [
        {one, other}
        for rule in herb_rules()
        for one in named
        for other in named
        if one in rule.one and other in rule.other and one != other
    ]
    return sorted(set().union(*pairs), key=question.find)


def _taken(understanding: Understanding) -> tuple[list[str], list[str]]:
    """The medicines that the question asks about, and what somebody is allergic to."""
    question = understanding.question
    drugs = [drug for drug in understanding.drugs if _NOT_TAKEN.search(question[: drug.start]) is None] or understanding.drugs
    if not _ALLERGY.search(question):
        return list(dict.fromkeys(drug.name for drug in drugs)), []
    from medrag.answer.safety.label import longest, name_spans

    named = longest([*name_spans(question), *((drug.start, drug.end) for drug in understanding.drugs)])
    allergens = [span for span in named if _is_allergen(question, span)]
    medicines = [drug.name for drug in drugs if not any(s <= drug.start < e for s, e in allergens)]
    said = [question[start:end] for start, end in allergens]
    said += [
        match[1] for match in _ALLERGIC_TO_ZH.finditer(question) if not any(match[1] in one or one in match[1] for one in said)
    ]
    medicines = [name for name in medicines if name not in said]
    return list(dict.fromkeys(medicines)), said


def _apart(medicines: list[str], question: str, kb: KnowledgeBase) -> list[str]:
    """The medicines, or the two that a mixture's name joins where the question is about taking both."""
    if len(medicines) != 1 or _AS_TWO.search(question) is None:
        return medicines
    parts = _AND.split(medicines[0])
    known = [part for part in parts if any(m.end - m.start == len(part) and m.via in _NAMED_SO for m in kb.link(part))]
    return parts if len(parts) == len(known) > 1 else medicines


def _is_allergen(question: str, span: tuple[int, int]) -> bool:
    before, behind = question[: span[0]], question[span[1] :]
    return bool(_ALLERGIC_ZH.match(behind) or _ALLERGIC_EN.search(before) or _ALLERGIC_EN_BEHIND.match(behind))


def _person(understanding: Understanding, patient: Patient | None, allergies: list[str]) -> Patient | None:
    """The patient as the question and what is known before it say; None where neither says anything."""
    who = understanding.populations
    said: dict[str, object] = {}
    if understanding.ages:
        said["age"] = understanding.ages[0]
    elif Population.ELDERLY in who:
        said["age"] = ELDERLY_YEARS
    if Population.PREGNANT in who:
        said["pregnant"] = True
    if Population.LACTATING in who:
        said["breast_feeding"] = True
    known = patient or Patient()
    ills = [name for name in dict.fromkeys(_conditions(understanding)) if name not in known.diagnoses]
    organs = {kind: next((ill for ill in ills if pattern.search(ill)), "") for kind, pattern in _ORGANS.items()}
    if Population.RENAL in who and known.egfr is None and not known.renal and not _is_well(understanding.question, "renal"):
        said["renal"] = organs["renal"] or ("肾功能不全" if understanding.lang == "zh" else "renal impairment")
    if Population.HEPATIC in who and not known.hepatic and not _is_well(understanding.question, "hepatic"):
        said["hepatic"] = organs["hepatic"] or ("肝功能不全" if understanding.lang == "zh" else "hepatic impairment")
    ills = [ill for ill in ills if ill not in (said.get("renal"), said.get("hepatic"))]
    said["diagnoses"] = (*known.diagnoses, *ills)
    said["allergies"] = (*known.allergies, *(one for one in allergies if one not in known.allergies))
    person = known.model_copy(update={name: value for name, value in said.items() if name not in _fixed(known)})
    child = Population.CHILD in who
    return person if person != Patient() or child else None


def _is_well(question: str, organ: str) -> bool:
    """Whether a question names an organ only to say that nothing is wrong with it: I don't have liver disease, 肝肾功能正常."""
    named = list(_ORGANS[organ].finditer(question.lower()))
    return bool(named) and all(
        _NOT_ILL.search(question[: match.start()]) or _WELL.match(question.lower(), match.end()) for match in named
    )


def _fixed(known: Patient) -> set[str]:
    """What is known of the patient already and is not overruled by a guess from the question's words."""
    return {name for name in ("age", "pregnant", "breast_feeding") if getattr(known, name) is not None}


def _conditions(understanding: Understanding) -> Iterator[str]:
    """The conditions that the question names and labels speak of."""
    for mention in understanding.mentions:
        denied = _NOT_ILL.search(understanding.question[: mention.start]) is not None
        if not denied and any(entity.kind in _ILL for entity in mention.entities) and conditions_of(mention.name):
            yield mention.name
    for match in _SICK.finditer(understanding.question.lower()):
        name, begins = match[match.lastindex or 0], match.start(match.lastindex or 0)
        words = [name[at:] for at in range(len(name))] if not name.isascii() else [name, *_shorter(name)]
        ills = [word for word in words if conditions_of(word)][:1]
        yield from [ill for ill in ills if _NOT_ILL.search(match.string[: begins + name.index(ill)]) is None]


def _shorter(name: str) -> list[str]:
    """The beginnings of some English words, the longest first."""
    words = name.split()
    return [" ".join(words[:count]) for count in range(len(words) - 1, 0, -1)]


def _foods(question: str) -> list[str]:
    """The foods and drinks that a question names, each once; drinking what is named is no alcohol."""
    folded = question.lower()
    found = {food.zh[0]: name for name in reversed(_NAMED) if name in folded and (food := food_named(name)) is not None}
    zh = re.search("[一-鿿]", question) is not None
    for match in _DRINKS.finditer(folded):
        food = food_named("茶" if match["tea"] else "酒")
        if food is not None and not (found and match[0] == "drink"):
            found.setdefault(food.zh[0], food.zh[0] if zh else food.en[0])
    return list(found.values())


# Those of the table that nobody asks about by chance.
_NAMED = tuple(
    sorted(
        (
            name
            for name in food_names()
            if any(one in name for one in ("柚", "grapefruit", "牛奶", "milk", "咖啡", "coffee", "豆浆", "奶酪", "cheese"))
        ),
        key=lambda name: (-len(name), name),
    )
)
