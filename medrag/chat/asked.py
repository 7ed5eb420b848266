"""What a turn asks of: a medicine, an illness, somebody who takes it."""

from __future__ import annotations

import re

from medrag.chat import wordings as w
from medrag.chat.reading import Reading
from medrag.retrieve.understand import Shape
from medrag.sections import SectionGroup
from medrag.types import EntityKind

__all__ = ["MAY_TAKE", "asks_of_disease", "asks_of_drug", "eats", "for_a_person", "is_short", "names_a_section", "wants_a_drug"]

G = SectionGroup
_OF_DISEASE = frozenset({G.SYMPTOMS, G.CAUSES, G.DIAGNOSIS, G.TREATMENT, G.PREVENTION})
_OF_DRUG = frozenset(G) - _OF_DISEASE - {G.INDICATIONS, G.WARNINGS, G.OTHER, G.SOURCE, G.STUDIES}
_DISEASE_RELATIONS = frozenset(
    "department has_symptom check treated_with therapy complication body_part prevention cause related_disease differential susceptible_group transmission incidence prognosis cure_rate".split()
)
MAY_TAKE = re.compile(
    r"(?:能|可以?|需要|适合|适不适合|想|要)(?:不能|不可以|否|不要)?(?:再|继续|直接|同时|长期|一起|也)?(?:吃|用|服|喝|涂|贴|打|使用)(?!什么|啥|哪)|适用吗|适合吗|([吃用喝服])不\1(?:得|了)|[吃用喝服]得(?:了|不得)?(?:吗|不|么)|安全吗|有害吗"
    r"|\b(?:can|may|should|could|safe|ok|okay)\b.{0,30}\b(?:take|use|have|give|given|taken|used|on)\b|\bsafe\b|\b(?:is|are|be) [^?.]{0,40}\b(?:ok|okay|alright|all right|harmful|dangerous)\b|\bdo (?:me )?(?:any )?harm\b"
)


def for_a_person(reading: Reading) -> bool:
    """Whether the answer to a question depends on who takes the medicine."""
    groups = reading.understanding.groups
    if G.INTERACTIONS in groups:
        return False
    asked = not _PERSONAL.isdisjoint(groups)
    which = reading.understanding.shape in (Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS)
    return asked or which or MAY_TAKE.search(reading.masked) is not None


_STRENGTHS = frozenset({"mg", "ml", "unit", "piece"})  # no one says these of a person or an illness
_PERSONAL = frozenset({G.DOSAGE, G.PREGNANCY, G.PEDIATRIC, G.GERIATRIC})


def asks_of_drug(reading: Reading) -> bool:
    """Whether the turn asks what only a medicine has: a dose, side effects, whether one may take it."""
    u = reading.understanding
    if wants_a_drug(reading):
        return False
    if any(quantity.unit in _STRENGTHS for quantity in u.quantities):
        return True
    if not _OF_DRUG.isdisjoint(u.groups) and not (_OF_DISEASE & set(u.groups) and "cause" in u.relations):
        return True
    if any(pattern.search(reading.plain) for pattern in (w.AFTER_TAKING, MAY_TAKE, w.IN_PATIENTS)):
        return True
    for_it = G.INDICATIONS in u.groups and bool(reading.ills) and G.TREATMENT not in u.groups
    return for_it and not _HOW_TREATED.search(reading.plain)


_HOW_TREATED = re.compile(r"\bhow (?:is|are|can|do|to|does)\b.*\b(?:treat|cure|manage)|\btreatments? (?:of|for)\b")


def wants_a_drug(reading: Reading) -> bool:
    """Whether a turn looks for a medicine: 吃什么药, but not 和什么药不能一起吃."""
    u = reading.understanding
    if (w.MORE_DRUGS.search(reading.plain) and not w.LOOKED_OUT_FOR.search(reading.plain)) or (
        reading.ills and not reading.drugs and _GOOD_FOR.search(reading.plain)
    ):
        return True
    which = u.shape in (Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS) and not w.LOOKED_OUT_FOR.search(reading.plain)
    return which and G.INTERACTIONS not in u.groups and (bool(reading.ills) or _OF_DRUG.isdisjoint(u.groups))


_GOOD_FOR = re.compile(r"\bwhat(?:['’]s| is| are| would be)? (?:good|best|helpful|there|something|anything) for\b")


def asks_of_disease(reading: Reading) -> bool:
    """Whether the turn asks what only an illness has: what to take for it, its signs, which department."""
    u = reading.understanding
    if wants_a_drug(reading):
        return True
    return not _OF_DISEASE.isdisjoint(u.groups) or (
        not _DISEASE_RELATIONS.isdisjoint(u.relations) and _OF_DRUG.isdisjoint(u.groups)
    )


def eats(reading: Reading) -> bool:
    """Whether a turn is about food or drink."""
    if re.search(
        r"[喝饮]?酒|茶|咖啡|牛奶|果汁|柚|\balcohol|\bwine\b|\bbeer\b|\bfood\b|\bgrapefruit|\bmilk\b|\bcoffee\b", reading.plain
    ):
        return True
    return any(entity.kind is EntityKind.FOOD for mention in reading.understanding.mentions for entity in mention.entities)


SHORT = 6  # characters of a follow-up that need no word of medicine: 苦不苦
FEW_WORDS = 3  # the same in English
PHRASE = 14  # characters of a turn that is no sentence and names a section: 功效与作用


def is_short(reading: Reading) -> bool:
    """Whether a turn is so short that it hardly changes the subject."""
    return len(reading.plain) <= SHORT if reading.lang == "zh" else len(reading.plain.split()) <= FEW_WORDS


def names_a_section(reading: Reading) -> bool:
    """Whether a turn is no more than the name of what is asked: 功效与作用."""
    return bool(reading.understanding.groups) and len(reading.plain) <= PHRASE * (1 if reading.lang == "zh" else 3)
