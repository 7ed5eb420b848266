"""Whether a patient's allergy speaks against a medicine: to what it is made of, to its class, to one that reacts like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from medrag.answer.safety.label import Hit, Label, known_names
from medrag.answer.safety.medicines import Taken, taken
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding, stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import governing, worst
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.memory import memory_of
from medrag.kb.terms.allergens import allergen_names
from medrag.kb.terms.classes import DrugClass, class_named
from medrag.kb.terms.membership import class_spellings, memberships
from medrag.kb.terms.tables import table
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Severity, Stated

__all__ = ["Allergen", "allergen", "allergy_finding"]

G = SectionGroup
_TELLS = frozenset({G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.INTERACTIONS, G.DOSAGE})
KEPT = 500  # allergens
MAX_CLASS = 140  # characters between an allergy and the class that it is to
_CLASS_ALLERGY = regex(
    r"(?:hypersensitiv|allerg|sensitiv|intoleran|anaphyla|angioedema)\w*(?: reactions?)?(?: \w+){0,3}? (?:to|with|from)\b[^.;]*$|(?<![不没无])过敏反?应?[:：][^，。；]*$",
    re.IGNORECASE,
)
_CLASS_ALLERGIC = regex(
    r"(?:类?(?:药物?|抗生素|化合物|制剂)?(?:[、或及和][^，。；]{1,24})*?)?(?:中?任何一?种?)?(?:成分)?(?:有|曾有)?(?:严重)?(?:交叉)?(?:过敏|超敏|变态反应|不能?耐受)| ?(?:allerg|hypersensitiv)"
)
_ALLERGIC = regex(
    r"过敏|超敏|变态反应|不能?耐受|hypersensitiv|allerg|anaphyla|intoleran|sensitivity to|sensitive to|asthma|urticaria|angioedema (?:to|with)\b",
    re.IGNORECASE,
)
_SELF = regex(
    r"本[品药]|该药|此药|其(?:成分|任何)|所含|任何(?:一种)?成[分份]|any (?:of (?:the|its) )?(?:other )?(?:component|ingredient)|this (?:drug|product|medic)|\bto it\b|its components",
    re.IGNORECASE,
)
_STRIPPED = regex(r"(?:严重|轻度)?(?:药物)?(?:过敏|allerg(?:y|ic)|hypersensitivity)(?:史|反应|症)?(?: to)?|^对", re.IGNORECASE)


class Allergen:
    """What a patient is allergic to: its folded names, and the medicine or the class that it is, where it is one."""

    def __init__(self, said: str, kb: KnowledgeBase) -> None:
        self.said = said
        name = fold(_STRIPPED.sub("", said)) or fold(said)
        self.medicine: Taken = taken(name, kb)
        self.named_class: DrugClass | None = class_named(name) or class_named(name + "类")
        self.terms: dict[str, str] = {term: via for term, via in self.medicine.terms.items() if len(term) > 1}
        self.terms.update(dict.fromkeys((name, *allergen_names(name)), ""))
        if self.named_class is not None:
            self.terms.update(dict.fromkeys(class_spellings(self.named_class), ""))

    @property
    def classes(self) -> dict[str, DrugClass]:
        """The classes whose members react alike: the one that is named, and those by structure that the medicine belongs to."""
        found = {one.zh[0]: one for one in self.medicine.classes if one.zh[0] in _alike()}
        if self.named_class is not None:
            found[self.named_class.zh[0]] = self.named_class
        return found


def allergen(said: str, kb: KnowledgeBase) -> Allergen:
    """What a patient is said to be allergic to."""
    return memory_of(kb, "allergens", KEPT).kept(said, lambda: Allergen(said, kb))


@cache
def _cross() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one, other in table("cross_allergies.tsv"):
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {name: frozenset(others) for name, others in found.items()}


@cache
def _alike() -> frozenset[str]:
    """Classes whose members are one allergen to whoever reacts to one of them."""
    listed = (
        "青霉素类抗生素 头孢菌素类抗生素 碳青霉烯类抗生素 磺胺类药 非甾体抗炎药 水杨酸类药 大环内酯类抗生素 氟喹诺酮类 四环素类抗生素 氨基糖苷类抗生素 硝基咪唑类 局部麻醉药 吩噻嗪类药 含碘造影剂 血管紧张素转换酶抑制药 巴比妥类药 苯二氮䓬类药 他汀类药 唑类抗真菌药 噻嗪类利尿药 磺脲类药 肝素类药 "
        "铂类药 蒽环类药 紫杉烷类药 氨基喹啉类 氨基甲酸酯类 金刚烷类 棘白菌素类 琥珀酰亚胺类 糖肽类抗生素 林可酰胺类 利福霉素类 乙内酰脲类药 "
        "碳酸酐酶抑制药 双膦酸盐 苯并咪唑类 喜树碱类 多黏菌素类 酮内酯类 噻吨类药 黄嘌呤类药 麦角生物碱 曲坦类药 质子泵抑制药"
    )
    return frozenset(listed.split())


def allergy_finding(one: Taken, allergen: Allergen, lang: str) -> Finding | None:
    """What speaks against a medicine for a patient with an allergy: its ingredients, its label, or what reacts across."""
    same = one.keys & allergen.medicine.keys or (one.names & {name for name, via in allergen.terms.items() if not via})
    said = [s for label in one.labels for s in strongest(_said(label, one, allergen))]
    if same:
        own = [s for label in one.labels for s in strongest(_of_itself(label, one), 1)]
        reason = saying("allergy-own", lang, medicine=one.name, allergen=allergen.said)
        return finding(
            FindingKind.ALLERGY,
            (one.name,),
            [*own, *said],
            about=allergen.said,
            reason=reason,
            rule="same-ingredient",
            least=Severity.CONTRAINDICATED,
        )
    classes = [name for name in one.classes if name.zh[0] in allergen.classes]
    if classes:
        reason = saying("allergy-class", lang, medicine=one.name, allergen=allergen.said, of=_shown(classes[0], lang))
        least = Severity.CONTRAINDICATED if allergen.named_class is not None else Severity.AVOID
        own = (
            [s for label in one.labels for s in strongest(_of_itself(label, one), 1)]
            if allergen.named_class is not None
            else []
        )
        return finding(
            FindingKind.ALLERGY, (one.name,), [*own, *said], about=allergen.said, reason=reason, rule="same-class", least=least
        )
    if said:
        return finding(FindingKind.ALLERGY, (one.name,), said, about=allergen.said)
    across = next((own for own in one.classes for other in allergen.classes if other in _cross().get(own.zh[0], ())), None)
    if across is not None:
        reason = saying("allergy-across", lang, medicine=one.name, allergen=allergen.said, of=_shown(across, lang))
        return finding(
            FindingKind.ALLERGY,
            (one.name,),
            (),
            about=allergen.said,
            reason=reason,
            rule="cross-allergy",
            least=Severity.CAUTION,
        )
    return None


def _shown(one: DrugClass, lang: str) -> str:
    return one.zh[0] if lang == "zh" else one.en[0]


def _of_itself(label: Label, one: Taken) -> Iterator[Stated]:
    """What a label says of patients who are allergic to its own medicine."""
    for unit in label.units:
        match = _ALLERGIC.search(unit.folded) if unit.group in (G.CONTRAINDICATIONS, G.WARNINGS) else None
        if match is None or not (_SELF.search(unit.folded) or any(name in unit.folded for name in one.names if len(name) > 3)):
            continue
        cue = governing(unit.folded, *match.span(), unit.cues, label.lang) or worst(unit.lead_cues)
        if cue is not None or unit.group is G.CONTRAINDICATIONS:
            yield stated(label, one.name, unit, cue, Severity.CONTRAINDICATED)


def _said(label: Label, one: Taken, allergen: Allergen) -> Iterator[Stated]:
    """Where a label names what the patient is allergic to, as an allergen or among what it contains."""
    unlisted = {name for name in allergen.terms if name not in known_names() and label.hits(name)}
    for name in sorted((label.names.keys() & allergen.terms.keys()) | unlisted):
        for hit in label.hits(name):
            if hit.unit < 0:
                continue
            unit = label.units[hit.unit]
            via = allergen.terms[name]
            alike = not via or via in allergen.classes
            if unit.group in _TELLS and _is_allergen(unit, hit, label.lang) and (alike or _is_said_of_class(unit, hit)):
                cue = governing(unit.folded, hit.start, hit.end, unit.cues, label.lang) or worst(unit.lead_cues)
                otherwise = Severity.CONTRAINDICATED if unit.group is G.CONTRAINDICATIONS else Severity.CAUTION
                yield stated(label, one.name, unit, cue, otherwise, via=via)
            elif unit.group is G.COMPOSITION and not via and name not in one.names:
                yield stated(label, one.name, unit, None, Severity.AVOID, via=via)
    yield from _of_relatives(label, one, allergen)


def _is_allergen(unit: Unit, hit: Hit, lang: str) -> bool:
    """Whether the statement speaks of an allergy to the name: 对青霉素过敏者, hypersensitivity to sulfonamides."""
    text = f"{unit.folded}"
    if lang == "zh":
        behind = re.match(r"[^；。;]{0,60}?(?:过敏|超敏|变态|不能?耐受|哮喘|荨麻疹)", text[hit.end :])
        return behind is not None or re.search(r"(?:过敏|超敏)[^；。;]{0,30}$", text[: hit.start]) is not None
    near = text[max(0, hit.start - 240) : hit.end + 120]
    return _ALLERGIC.search(near) is not None or (bool(unit.lead) and _ALLERGIC.search(unit.lead) is not None)


def _of_relatives(label: Label, one: Taken, allergen: Allergen) -> Iterator[Stated]:
    """Where a label names an allergy to a medicine that the patient's allergen reacts like: to penicillin, for amoxicillin."""
    for hit, classes in _named_allergens(label):
        if hit.name not in allergen.terms and hit.name not in one.names and (of := classes & allergen.classes.keys()):
            unit = label.units[hit.unit]
            cue = governing(unit.folded, hit.start, hit.end, unit.cues, label.lang) or worst(unit.lead_cues)
            otherwise = Severity.CONTRAINDICATED if unit.group is G.CONTRAINDICATIONS else Severity.CAUTION
            yield stated(label, one.name, unit, cue, otherwise, via=min(of))


def _named_allergens(label: Label) -> tuple[tuple[Hit, frozenset[str]], ...]:
    """The medicines that a label names as allergens, with the classes whose members react alike to each."""
    return label.kept("allergens", lambda: tuple(_find_allergens(label)))


def _find_allergens(label: Label) -> Iterator[tuple[Hit, frozenset[str]]]:
    allergic = {unit.index for unit in label.units if unit.group in _TELLS and _ALLERGIC.search(f"{unit.lead} {unit.folded}")}
    for name, hits in sorted(label.names.items()):
        near = [hit for hit in hits if hit.unit in allergic and _is_allergen(label.units[hit.unit], hit, label.lang)]
        if near and class_named(name) is None:
            classes = frozenset(one.zh[0] for one in memberships((name,)) if one.zh[0] in _alike())
            yield from ((hit, classes) for hit in near if classes)


def _is_said_of_class(unit: Unit, hit: Hit) -> bool:
    """Whether a statement is of all who react to a member of the class: hypersensitivity to other carbamates, 对其他铂类过敏者."""
    before = _CLASS_ALLERGY.search(unit.folded[max(0, hit.start - MAX_CLASS) : hit.start])
    return before is not None or _CLASS_ALLERGIC.match(unit.folded, hit.end) is not None


def allergens(said: Sequence[str], kb: KnowledgeBase) -> list[Allergen]:
    """What a patient is said to be allergic to, each once."""
    return [allergen(one, kb) for one in dict.fromkeys(said)]
