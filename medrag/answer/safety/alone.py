"""What the labels of one medicine say whoever takes it: boxed warnings, food and alcohol."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from medrag.answer.safety.label import Label
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import finding, stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import RANK, denies, governing, has_effect, worst
from medrag.kb.terms.foods import Food, food_named, food_names
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Severity, Stated

__all__ = ["boxed_finding", "food_findings", "said_of_food"]

G = SectionGroup
_TELLS = frozenset({G.INTERACTIONS, G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.DOSAGE})
MAX_BOXED = 3  # statements of a boxed warning that are cited
_HEAD = 90  # characters; what is shorter and has no stop heads the box
# One character is no name that text is searched for; in these words it is one.
_ONE = regex(r"(?:忌|禁|戒|饮|喝|服用?|与|和|、|含)(?P<food>[酒茶烟])(?![精石草碱碘])|(?P<wine>酒后)")
_NOT_FOOD = regex(
    r"(?:human|breast|maternal|mother.s) milk|in milk|benzyl alcohol|alcohol (?:swab|wipe|content|dehydrogenase|abuse|dependence|withdrawal)|cetyl|stearyl|polyvinyl alcohol|cetostearyl|苯甲醇|乙醇(?:提取|溶液|中)|酒精(?:棉|消毒|中毒|依赖)|茶碱|茶色|with (?:water|milk)|牛奶(?:送|冲)|in (?:apple|orange) juice|溶解|不溶|mixed with|送服|冲服|调服",
    re.IGNORECASE,
)
_FOOD_USE = regex(
    r"饮|喝|酒|食|吃|烟|服|同|忌|禁|drink|beverage|consum|alcohol|juice|food|eat|smok|taken? with|concomit|ingest|use of|co-?admin",
    re.IGNORECASE,
)


def boxed_finding(one: Taken) -> Finding | None:
    """The boxed warnings of a medicine's labels, word for word."""
    said = [s for label in one.labels for s in label.remembered(("boxed", one.name), partial(_boxed, label, one))]
    return finding(FindingKind.BOXED_WARNING, (one.name,), said) if said else None


def _boxed(label: Label, one: Taken) -> list[Stated]:
    if G.BOXED_WARNING not in label.groups:
        return []  # before a label is read for it
    units = [unit for unit in label.units if unit.group is G.BOXED_WARNING and len(unit.folded) > 8]
    units = [unit for unit in units if "full prescribing information" not in unit.folded] or units
    whole = [unit for unit in units if not (len(unit.folded) < _HEAD and not re.search(r"[.。;；!！]$", unit.folded))] or units
    chosen = sorted(whole, key=lambda unit: RANK[cue.severity] if (cue := worst(unit.cues)) is not None else len(RANK))[
        :MAX_BOXED
    ]
    return [
        stated(label, one.name, unit, worst(unit.cues), Severity.CAUTION)
        for unit in sorted(chosen, key=lambda unit: unit.start)
    ]


def food_findings(one: Taken, foods: Collection[Food] | None = None) -> Iterator[Finding]:
    """What the labels of a medicine say of food, drink and tobacco, one finding for each; of `foods` alone where they are given."""
    for name, said in sorted(_by_food(one, foods).items()):
        yield finding(FindingKind.FOOD, (one.name,), _per_label(said), about=_shown(name, one))


def said_of_food(one: Taken, food: Food) -> list[Stated]:
    """What the labels of a medicine say of one food or drink."""
    return _per_label(_by_food(one, [food]).get(food.zh[0], []))


def _by_food(one: Taken, foods: Collection[Food] | None) -> dict[str, list[Stated]]:
    """What the labels of a medicine say of food (None: of any), by the first Chinese name of each."""
    by_food: dict[str, list[Stated]] = {}
    if foods is not None and not foods:
        return by_food  # before a label is read for it
    for label in one.labels:
        for name in sorted(label.names.keys() & food_names()):
            food = food_named(name)
            if food is not None and (foods is None or food in foods) and name not in one.names:
                for said in label.remembered(("food", one.name, name), partial(_of_name, label, one, name)):
                    by_food.setdefault(food.zh[0], []).append(said)
        for short in _ONE_FOODS if foods is None else [food.zh[0] for food in foods if food.zh[0] in _ONE_FOODS]:
            for said in label.remembered(("food", one.name, short), partial(_short, label, one, short)):
                by_food.setdefault(short, []).append(said)
    return by_food


def _per_label(said: list[Stated]) -> list[Stated]:
    by_label: dict[tuple[str, str], list[Stated]] = {}
    for one in said:
        by_label.setdefault((one.citation.document.source, one.citation.document.key), []).append(one)
    return [one for same in by_label.values() for one in strongest(same)]


def _shown(name: str, one: Taken) -> str:
    food: Food | None = food_named(name)
    english = bool(one.labels) and one.name.isascii()
    return food.en[0] if food is not None and english else name


def _of_name(label: Label, one: Taken, name: str) -> Iterator[Stated]:
    for hit in label.hits(name):
        if hit.unit < 0:
            continue
        said = _of_place(label, one, label.units[hit.unit], hit.start, hit.end)
        if said is not None:
            yield said


_ONE_FOODS = {"酒": "酒", "烟": "烟", "茶": "茶"}  # by the first name in the table of foods


def _short(label: Label, one: Taken, food: str) -> Iterator[Stated]:
    """What a Chinese label says of a food that it names in one character: 忌酒, 烟酒."""
    if label.lang != "zh":
        return
    for unit in label.units:
        for match in _ONE.finditer(unit.folded) if unit.group in _TELLS else ():
            if (match["food"] or "酒") == food:
                said = _of_place(label, one, unit, *match.span())
                if said is not None:
                    yield said


def _of_place(label: Label, one: Taken, unit: Unit, start: int, end: int) -> Stated | None:
    if unit.group not in _TELLS or _NOT_FOOD.search(unit.folded[max(0, start - 16) : end + 16]):
        return None
    words = unit.folded
    if _FOOD_USE.search(words[max(0, start - 60) : end + 60]) is None or (denies(words, label.lang) and not unit.cues):
        return None
    cue = governing(words, start, end, unit.cues, label.lang) or worst(unit.lead_cues)
    if cue is None and not (unit.group is G.INTERACTIONS and has_effect(words, label.lang)):
        return stated(label, one.name, unit, None, Severity.CONTRAINDICATED) if unit.group is G.CONTRAINDICATIONS else None
    if unit.group is G.DOSAGE and cue is not None and RANK[cue.severity] > RANK[Severity.AVOID]:
        return None
    return stated(label, one.name, unit, cue, Severity.NOTED)
