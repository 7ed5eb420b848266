"""The check that runs on questions by themselves: which medicines and which patient a question names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.kb.base import KnowledgeBase
from medrag.kb.terms.conditions import conditions_of
from medrag.kb.terms.foods import food_named, food_names
from medrag.patterns import regex
from medrag.retrieve.cues import Population
from medrag.retrieve.understand import Shape, Understanding
from medrag.types import EntityKind, FindingKind, Patient, SafetyReport

__all__ = ["report_for"]

ELDERLY_YEARS = 65.0
_LISTS = frozenset({Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS})  # they name no medicine that is taken
_ILL = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
_ALLERGY = regex(r"过敏|allerg|hypersensitiv", re.IGNORECASE)  # stands in whatever the next three find
_ALLERGIC_ZH = regex(r"^(?:类药?物?|药)?(?:严重)?过敏")
_ALLERGIC_EN = regex(r"\ballerg\w* to (?:\w+ ){0,2}$|\bhypersensitiv\w* to (?:\w+ ){0,2}$", re.IGNORECASE)
_ALLERGIC_EN_BEHIND = regex(r"^ ?allerg", re.IGNORECASE)
_DRINKS = regex(r"[喝饮](?:了?一?点|了)?(?P<wine>酒)|酒后|(?P<tea>浓茶|喝茶)|\b(?:drink|alcohol|wine|beer)\b")


def report_for(understanding: Understanding, patient: Patient | None, kb: KnowledgeBase) -> SafetyReport | None:
    """The check for a question that names two medicines, or one and a condition of the patient, a food or drink; else None.

    `patient` is who the question is known to be about; what the question says of a patient is added to it.
    """
    if understanding.shape in _LISTS or not understanding.drugs:
        return None
    medicines, allergies = _taken(understanding)
    person = _person(understanding, patient, allergies)
    foods = list(dict.fromkeys(_foods(understanding.question)))
    several = len({*medicines, *(person.medicines if person is not None else ())}) > 1
    if not medicines or not (several or foods or person is not None):
        return None
    names = [*medicines, *(name for name in understanding.unknown if name not in medicines), *foods]
    from medrag.answer.safety.check import (  # a third of what an answer loads, for a tenth of them
        check_for_child,
        check_medication,
    )

    child = Population.CHILD in understanding.populations and (person is None or person.age is None)
    if child:
        report = check_for_child(names, person or Patient(), kb, lang=understanding.lang)
    else:
        report = check_medication(names, person, kb, lang=understanding.lang)
    kept = tuple(finding for finding in report.findings if foods or finding.kind is not FindingKind.FOOD)
    return report.model_copy(update={"findings": kept})  # nobody asked about food


def _taken(understanding: Understanding) -> tuple[list[str], list[str]]:
    """The medicines that the question asks about, and what somebody is allergic to."""
    question = understanding.question
    if not _ALLERGY.search(question):
        return list(dict.fromkeys(drug.name for drug in understanding.drugs)), []
    from medrag.answer.safety.label import longest, name_spans

    named = longest([*name_spans(question), *((drug.start, drug.end) for drug in understanding.drugs)])
    allergens = [span for span in named if _is_allergen(question, span)]
    medicines = [drug.name for drug in understanding.drugs if not any(s <= drug.start < e for s, e in allergens)]
    return list(dict.fromkeys(medicines)), [question[start:end] for start, end in allergens]


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
    if Population.RENAL in who and (patient is None or (patient.egfr is None and not patient.renal)):
        said["renal"] = "肾功能不全" if understanding.lang == "zh" else "renal impairment"
    if Population.HEPATIC in who and (patient is None or not patient.hepatic):
        said["hepatic"] = "肝功能不全" if understanding.lang == "zh" else "hepatic impairment"
    known = patient or Patient()
    ills = [name for name in _conditions(understanding) if name not in known.diagnoses]
    said["diagnoses"] = (*known.diagnoses, *ills)
    said["allergies"] = (*known.allergies, *(one for one in allergies if one not in known.allergies))
    person = known.model_copy(update={name: value for name, value in said.items() if name not in _fixed(known)})
    child = Population.CHILD in who
    return person if person != Patient() or child else None


def _fixed(known: Patient) -> set[str]:
    """What is known of the patient already and is not overruled by a guess from the question's words."""
    return {name for name in ("age", "pregnant", "breast_feeding") if getattr(known, name) is not None}


def _conditions(understanding: Understanding) -> Iterator[str]:
    """The conditions that the question names and labels speak of."""
    for mention in understanding.mentions:
        if any(entity.kind in _ILL for entity in mention.entities) and conditions_of(mention.name):
            yield mention.name


def _foods(question: str) -> Iterator[str]:
    for match in _DRINKS.finditer(question):
        food = food_named("茶" if match["tea"] else "酒")
        if food is not None:
            yield food.zh[0] if re.search("[一-鿿]", question) else food.en[0]
    for name in _NAMED:
        if name in question and not _DRINKS.fullmatch(name):
            food = food_named(name)
            if food is not None and food.zh[0] != "酒":
                yield name


# Those of the table that nobody asks about by chance.
_NAMED = tuple(
    sorted(
        name
        for name in food_names()
        if any(one in name for one in ("柚", "grapefruit", "牛奶", "milk", "咖啡", "coffee", "豆浆", "奶酪", "cheese"))
    )
)
