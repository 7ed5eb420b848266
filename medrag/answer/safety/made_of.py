"""What a label and a medicine's names say that it is made of, and the kind of Chinese patent medicine that it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.answer.safety.label import Label
from medrag.kb.folding import fold
from medrag.kb.linking import substances_of
from medrag.kb.terms import name_variants
from medrag.kb.terms.foods import food_named
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.sections import SectionGroup

__all__ = [
    "FORMS",
    "composition",
    "generic_of",
    "holding",
    "is_substance",
    "kinds_said",
    "of_title",
    "parts_of",
    "without_form",
]

MAX_COMPOSITION = 600  # characters of a section on composition in which substances are looked for
FORMS = regex(
    r"\b(?:tablets?|capsules?|injection|solution|suspension|syrup|cream|ointment|gel|lotion|drops?|spray|oral|extended[- ]release|delayed[- ]release|film[- ]coated|"
    r"for|usp|er|xr|sr|xl|hcl|and|with|plus|the|kit|powder|patch|inhaler|aerosol|chewable|eye|ear|nasal|vaginal|rectal|topical|ophthalmic|ovules?|suppositor(?:y|ies)|irrigation|irrigant|enema|rinse|mouthwash|swabs?|soap|wash|transdermal|implant|insert|granules?|concentrate|inhalation|nebulizer|pen|vial|foam|shampoo|elixir|lozenges?|caplets?|gelcaps?|softgels?|iv|strength|extra|regular|brand|generic)\b|[®™()/,+&.、和与及-]|注射用|复方制剂|肠溶|缓释|控释|分散|口服|外用|片|胶囊|颗粒|注射液|剂|丸|散|膏|液|口服液",
    re.IGNORECASE,
)
_FORM_AND_ON = regex(
    r"\s+(?:tablet|capsule|caplet|injection|solution|suspension|syrup|cream|ointment|gel|lotion|liquid|spray|powder|patch|kit|lozenge|aerosol|"
    r"suppository|emulsion|granule|film|insert|implant|rinse|shampoo|swab|paste|elixir|concentrate|pellet|irrigant)s?\b.*$",
    re.IGNORECASE,
)
_BEHIND_DASH = regex(r"\S\s*-\s(?!.*\S\s*-\s)(.+)$")
_HOLDS = regex(
    r"(?:^|[:。；])[^，。；:]{0,6}(?:每\s*[\d一]*\s*(?:片|粒|袋|丸|支|包|ml|毫升|g|克)[^，。；\d]{0,4}?|本[品药]为复方制剂[^。；]{0,16})含有?|本[品药]含有?"
)
_IS_CHINESE = regex("中成药|中药")
_COLD = regex("感冒|解表")
_COLD_COMPOUND = regex("感冒症状的复方|复方[^，。]{0,4}感冒")
_TONIC = regex("滋补|补益|大补|补[气血肾阴阳]|益气|养血|滋阴|壮阳|填精")
_NO_TONIC = regex("感冒|解表|清热解毒|止咳|化痰|通淋|利尿")
_MIXED = regex(r"\s*(?:/|\+|&|、|\band\b|\bwith\b|;|,)\s*", re.IGNORECASE)
_NO_INGREDIENT = regex(r"辅料|赋形剂|inactive|excipient|non-?medicinal|化学名|分子式|结构式|性状", re.IGNORECASE)


def generic_of(title: str) -> str:
    """What an English title says that its product is made of: behind the dash that ends the product's name."""
    match = _BEHIND_DASH.search(title)
    return without_form(match[1]) if match is not None else ""


def without_form(title: str) -> str:
    """An English title up to the dosage form, whose commas join no ingredients: tablet, film coated."""
    return _FORM_AND_ON.sub("", title)


def parts_of(name: str) -> list[str]:
    """The ingredients that a name joins, where the tables know each of them: 对乙酰氨基酚/伪麻黄碱."""
    keys = [part for key in sorted(substances_of(name)) if "+" in key for part in key.split("+")]
    parts = keys or [part for part in _MIXED.split(name) if part]
    parts = [part for part in parts if FORMS.sub("", part).strip()]  # powder, for suspension
    known = [bool(rows_of(part) or rows_of(name_variants(part)[-1])) for part in parts]
    return parts if len(parts) > 1 and (any(known) if keys else all(known)) else []


def composition(label: Label) -> list[str]:
    """The substances that the first words of a label's section on composition name."""
    found: list[str] = []
    for unit in label.units:
        if unit.group is not SectionGroup.COMPOSITION or unit.start - label.section(unit.section).start > MAX_COMPOSITION:
            continue
        stop = _NO_INGREDIENT.search(unit.folded)
        for start, end in label.named_in(unit):
            name = unit.folded[start:end]
            if rows_of(name) and food_named(name) is None and (stop is None or end <= stop.start()):
                found.append(name)
        if stop is not None:
            break
    return list(dict.fromkeys(found))


def is_substance(text: str) -> bool:
    """Whether the tables have a name as a substance's: compound medicines of China have no other name in English."""
    return any(name.isascii() for variant in name_variants(text) for row in rows_of(variant) for name in row.names)


def of_title(label: Label) -> list[str]:
    """The substances that an English title gives behind the product's name, where the tables know each."""
    generic = fold(generic_of(label.document.title))
    parts = parts_of(generic) or ([generic] if generic and rows_of(name_variants(generic)[-1]) else [])
    return [name_variants(part)[-1] for part in parts]


def holding(label: Label) -> list[str]:
    """The substances that a Chinese label says it holds: 每片含对乙酰氨基酚250mg、…; 本品含有对乙酰氨基酚."""
    found: list[str] = []
    for unit in label.units:
        match = _HOLDS.search(unit.folded)
        spans = label.named_in(unit) if match is not None else []
        for start, end in spans:
            name = unit.folded[start:end]
            near = match is not None and match.end() == start
            dosed = (
                match is not None
                and start >= match.end()
                and re.match(r"\s*[\d.]+\s*(?:mg|μg|g|ml|毫克|克)", unit.folded[end:])
            )
            if rows_of(name) and food_named(name) is None and (near or dosed):
                found.append(name)
    return list(dict.fromkeys(found))


def kinds_said(label: Label) -> Iterator[str]:
    """The classes that a Chinese patent medicine is in by its name, by the kind that its label says it is, and by its uses."""
    kind = f"{fold(label.document.title)} {_said_in(label, SectionGroup.CLASSIFICATION)}"
    if _IS_CHINESE.search(kind) is None:
        yield from ["感冒药"] if _COLD_COMPOUND.search(kind) else []
        return
    if _COLD.search(kind) is not None:
        yield "感冒药"
    said = f"{kind} {_said_in(label, SectionGroup.INDICATIONS)}"
    if _TONIC.search(said) is not None and _NO_TONIC.search(said) is None:
        yield "滋补性中药"


def _said_in(label: Label, group: SectionGroup) -> str:
    return " ".join(unit.folded for unit in label.units if unit.group is group)
