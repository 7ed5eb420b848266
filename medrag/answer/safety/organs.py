"""What a label says of patients whose kidneys or liver work badly, as far as the patient's are known to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

from medrag.answer.safety.label import Label
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import finding, stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import denies, governing, worst
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK
from medrag.types import Finding, FindingKind, Patient, Severity, Stated

__all__ = ["Degree", "hepatic_degree", "holds_for", "organ_findings", "renal_degree"]

G = SectionGroup
_TELLS = frozenset(
    {G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.DOSAGE, G.GERIATRIC, G.INDICATIONS, G.INTERACTIONS, G.PEDIATRIC}
)


class Degree(IntEnum):
    """How badly an organ works."""

    NORMAL = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3
    FAILING = 4


# mL/min/1.73 m² below which kidneys are called so (KDIGO 2012).
_BY_EGFR = ((15.0, Degree.FAILING), (30.0, Degree.SEVERE), (60.0, Degree.MODERATE), (90.0, Degree.MILD))
_DEGREES: tuple[tuple[Degree, re.Pattern[str]], ...] = (
    (
        Degree.FAILING,
        regex(
            r"衰竭|透析|尿毒症|无尿|终末|失代偿|肝昏迷|肝性脑病|failure|dialysis|esrd|end[- ]stage|anuri|decompensat|stage 5|[45]期|child[- ]?pugh (?:class )?c|\bc级",
            re.IGNORECASE,
        ),
    ),
    (Degree.SEVERE, regex(r"严重|重度|显著|\bsevere|marked|advanced|significant|stage 4|硬化|cirrhosis", re.IGNORECASE)),
    (Degree.MODERATE, regex(r"中度|中等|moderate|stage 3|3期|child[- ]?pugh (?:class )?b|\bb级", re.IGNORECASE)),
    (
        Degree.MILD,
        regex(r"轻度|轻微|轻[、至到]中度|mild|slight|stage 2|2期|child[- ]?pugh (?:class )?a|\ba级", re.IGNORECASE),
    ),
)
# 肾功能不全, 尤其是终末期: those are the worst of whom it is said, not all.
_ABOVE_ALL = regex(r"(?:尤其是?|特别是|\bespecially|\bparticularly|\bin particular)[^，。；;.]*", re.IGNORECASE)
_NORMAL = regex(r"正常|normal|无|no\b|none", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Organ:
    kind: FindingKind
    who: re.Pattern[str]
    threshold: re.Pattern[str] | None


_FAILS_ZH = r"[^，。；,]{0,10}?(?<!发育)(?:不全|损[害伤]|障碍|减退|衰竭|异常|低下|不良|受损|下降|不佳|失调|紊乱|差(?!异)|衰退|缺陷|病|疾[病患]|硬化|炎|透析)"
_RENAL = _Organ(
    FindingKind.RENAL,
    regex(
        rf"肾{_FAILS_ZH}|肾衰|透析|尿毒症|无尿|肌酐清除率|内生肌酐|\b(?:renal|kidney)[- ](?:\w+ ){{0,2}}?(?:impair|insuffic|fail|diseas|dysfunc|problem|function(?! tests?| monitor| studies))\w*|impair\w* (?:of )?(?:renal|kidney)|creatinine clearance|\bcrcl\b|\begfr\b|dialysis|\banuri\w*|(?:reduced|decreased|diminished) (?:renal|kidney) function|\buremi\w*|\b(?:renal|hepatic) (?:or|and|and/or) (?:renal|hepatic) \w+|glomerular filtration",
        re.IGNORECASE,
    ),
    regex(
        r"(?:肌酐清除率|ccr|crcl|clcr|e?gfr|creatinine clearance|glomerular filtration rate|清除率)[^，。；;]{0,60}?(?P<op><|≤|＜|小于|低于|不足|below|less than|under|lower than|of less than|>|≥|＞|大于|高于|above|greater than|over|:|between|为|在|of|is)?\s*(?:or equal to\s*)?(?P<low>\d{1,3}(?:\.\d+)?)(?:\s*(?:ml/min)?\s*(?:[-~～–至到]|to|and)\s*(?P<high>\d{1,3}(?:\.\d+)?))?\s*(?:ml|毫升)(?:/min)?(?P<over>[^,.;，。；]{0,20}?(?:or (?:greater|more|above|higher)|and above|以上|及以上))?",
        re.IGNORECASE,
    ),
)
_HEPATIC = _Organ(
    FindingKind.HEPATIC,
    regex(
        rf"肝(?!素|药|酶|脂|癌|片|糖|糖原|炎病毒|炎疫苗){_FAILS_ZH}|肝、肾功能(?!发育)|\b(?:hepatic|liver)[- ](?:\w+ ){{0,2}}?(?:impair|insuffic|fail|diseas|dysfunc|problem|function(?! tests?| monitor| studies)|cirrho|decompens|enceph)\w*|impair\w* (?:of )?(?:hepatic|liver)|cirrho\w+|child[- ]?pugh|\b(?:renal|hepatic) (?:or|and|and/or) (?:renal|hepatic) \w+|(?:reduced|decreased) (?:hepatic|liver) function",
        re.IGNORECASE,
    ),
    None,
)
_WHO = regex(
    r"患者|病人|者|不全|障碍|减退|损害|肌酐清除率|child[- ]?pugh|creatinine clearance|crcl|egfr|dialysis|\bha[sd]\b|patients?|individuals|with|people|those|subjects|if you have|have|impair",
    re.IGNORECASE,
)
_OUTCOME = regex(
    r"(?:引起|导致|造成|发生|出现|诱发|可致|引发|可见|定期检查|监测|检查|观察|报告)[^，。；]{0,10}$|\b(?:caus\w+|result\w* in|lead\w* to|including|develop\w*|report\w*|cases of|risk of|signs of|evidence of|elevat\w+|tests?|monitor\w*|baseline|assess\w*|evaluat\w*) (?:[\w,/-]+ ){0,4}$",
    re.IGNORECASE,
)
# Those who show it: patients with evidence of impaired hepatic function.
_WITH_SIGNS = regex(
    r"(?:patients?|those|individuals|people|subjects) (?:with|who have|showing|exhibiting) (?:(?:\w+ ){0,2}?(?:evidence|signs?|symptoms?) of |baseline )",
    re.IGNORECASE,
)
_UNSTUDIED = regex(
    r"not been (?:\w+ )?(?:studied|evaluated|established|investigated)|insufficient information|尚未(?:研究|确[定立])|未进行研究|缺乏[^，。；]{0,8}(?:资料|经验)",
    re.IGNORECASE,
)
_ADJUSTS = regex(
    r"\d|减|调整|延长|降低|间隔|reduc|adjust|lower|decreas|interval|half|not exceed|recommend|start", re.IGNORECASE
)
# What is said of those who take something else beside it.
_TOGETHER = regex(r"\bconcomitant|\bco-?admin|\bin combination with\b|合用|并用|同时(?:服用|使用)", re.IGNORECASE)
_SAME = regex(
    r"无需|不必|不需|no (?:dos\w+ )?adjust|without (?:any )?(?:dos\w+ )?(?:adjust|modif)|not (?:necessary|required|needed)|unchanged|similar|无显著|无明显|does not (?:significantly )?(?:alter|affect|change)",
    re.IGNORECASE,
)


# What kidneys filter (mL/min) that are said to work so badly.
_FILTERS = {Degree.MILD: 75.0, Degree.MODERATE: 45.0, Degree.SEVERE: 22.0, Degree.FAILING: 10.0}


def renal_degree(patient: Patient) -> Degree | None:
    """How badly the kidneys work: by eGFR, else as it is said; None where nobody says that they work badly."""
    if patient.egfr is not None:
        return next((degree for below, degree in _BY_EGFR if patient.egfr < below), Degree.NORMAL)
    said = " ".join(
        [
            patient.renal,
            *(one for one in patient.diagnoses if _RENAL.who.search(one) or re.search(r"肾病|ckd|\bckd", one, re.IGNORECASE)),
        ]
    ).strip()
    return _said_degree(said)


def hepatic_degree(patient: Patient) -> Degree | None:
    """How badly the liver works, as it is said; None where nobody says that it works badly."""
    said = " ".join(
        [
            patient.hepatic,
            *(
                one
                for one in patient.diagnoses
                if _HEPATIC.who.search(one) or re.search(r"肝病|肝硬化|肝炎|hepatitis", one, re.IGNORECASE)
            ),
        ]
    ).strip()
    return _said_degree(said)


def _said_degree(said: str) -> Degree | None:
    """The degree in some words; impaired without a word on how badly is moderate, which most labels speak of."""
    if not said:
        return None
    for degree, pattern in _DEGREES:
        if pattern.search(said):
            return degree
    return Degree.NORMAL if _NORMAL.search(said) else Degree.MODERATE


def organ_findings(one: Taken, patient: Patient) -> Iterator[Finding]:
    """What the labels of a medicine say of the patient's kidneys and liver, with the doses that they give for them."""
    renal, hepatic = renal_degree(patient), hepatic_degree(patient)
    for organ, degree, exact, about in (
        (_RENAL, renal, patient.egfr, patient.renal or (f"eGFR {patient.egfr:g}" if patient.egfr is not None else "")),
        (_HEPATIC, hepatic, None, patient.hepatic),
    ):
        if degree is None or degree is Degree.NORMAL:
            continue
        known = exact is not None or _names_degree(patient, organ)
        key = (organ.kind, one.name, degree, exact, known)
        said = [
            s
            for label in one.labels
            for s in label.remembered(
                key,
                partial(_said, label, one, organ, degree, exact, known),
            )
        ]
        if said:
            yield finding(organ.kind, (one.name,), said, about=about or _diagnosis(patient, organ))


def holds_for(unit: Unit, patient: Patient) -> bool:
    """Whether a statement on kidneys or liver is of the patient's."""
    for organ, degree, exact in ((_RENAL, renal_degree(patient), patient.egfr), (_HEPATIC, hepatic_degree(patient), None)):
        if degree not in (None, Degree.NORMAL) and organ.who.search(f"{unit.topic} {unit.lead} {unit.folded}") is not None:
            return _holds(unit, organ, degree, exact, exact is not None or _names_degree(patient, organ))
    return False


def _names_degree(patient: Patient, organ: _Organ) -> bool:
    said = (patient.renal if organ is _RENAL else patient.hepatic) + " ".join(patient.diagnoses)
    return any(pattern.search(said) for _, pattern in _DEGREES)


def _diagnosis(patient: Patient, organ: _Organ) -> str:
    return next((one for one in patient.diagnoses if organ.who.search(one)), "")


def _said(label: Label, one: Taken, organ: _Organ, degree: Degree, exact: float | None, known: bool) -> list[Stated]:
    found = []
    for unit in label.about(organ.kind, organ.who):
        if unit.is_head or _TOGETHER.search(unit.folded) is not None:
            continue
        match = organ.who.search(unit.folded) if unit.group in _TELLS else None
        above = unit.group is G.DOSAGE and organ.who.search(f"{unit.topic} {label.headings[unit.section]}") is not None
        if (match is None and not above) or _SAME.search(unit.folded) or _is_of_two(label, one, unit):
            continue
        if not _holds(unit, organ, degree, exact, known):
            continue
        one_said = _of_unit(label, one, unit, match.span() if match is not None else (0, 0))
        if one_said is not None:
            found.append(one_said)
    return strongest(found)


def _is_of_two(label: Label, one: Taken, unit: Unit) -> bool:
    """Whether a statement on interactions is of those who take another medicine with it: a row of a table that it heads."""
    if unit.group is not G.INTERACTIONS:
        return False
    row = unit.folded.find(CELL_BREAK)
    return row > 0 and any(e <= row and unit.folded[s:e] not in one.names for s, e in label.named_at.get(unit.index, ()))


def _holds(unit: Unit, organ: _Organ, degree: Degree, exact: float | None, known: bool) -> bool:
    """Whether a statement holds for an organ that works so badly: by its limits in numbers, else by its words for how badly."""
    limits = list(organ.threshold.finditer(unit.folded)) if organ.threshold is not None else []
    filters = exact if exact is not None else _FILTERS.get(degree) if known else None
    if limits and filters is not None:
        return any(_within(match, filters) for match in limits)
    degrees = [one for one, pattern in _DEGREES if pattern.search(_ABOVE_ALL.sub("", unit.folded))]
    if exact is not None and degree is Degree.MILD and Degree.MILD not in degrees:
        return False  # filtering above 60 mL/min is what no label means by renal impairment, unless it says mild
    if not degrees or not known:
        return True
    return degree >= min(degrees) if max(degrees) >= Degree.SEVERE else min(degrees) <= degree <= max(degrees) + 1


def _within(match: re.Match[str], exact: float) -> bool:
    low = float(match["low"])
    if match["high"]:
        return low <= exact <= float(match["high"])
    sign = (match["op"] or "").lower()
    if match["over"] or sign in (">", "≥", "＞", "大于", "高于", "above", "greater than", "over"):
        return exact >= low
    return exact <= low


def _of_unit(label: Label, one: Taken, unit: Unit, place: tuple[int, int]) -> Stated | None:
    before = unit.folded[: place[0]]
    cue = governing(unit.folded, *place, unit.cues, label.lang) if place[1] else worst(unit.cues)
    cue = cue or worst(unit.lead_cues)
    listed = bool(unit.lead_cues) or unit.group is G.CONTRAINDICATIONS
    if (
        place[1]
        and _OUTCOME.search(_WITH_SIGNS.sub("", before)) is not None
        and not listed
        and re.match(r"[^，。；]{0,8}(?:患者|病人|者)", unit.folded[place[1] :]) is None
    ):
        return None
    if cue is None and unit.group is G.CONTRAINDICATIONS:
        return stated(label, one.name, unit, None, Severity.CONTRAINDICATED)
    if unit.group in (G.DOSAGE, G.INDICATIONS) and (cue is None or cue.severity is Severity.MONITOR):
        return (
            stated(label, one.name, unit, cue, Severity.MONITOR)
            if unit.group is G.DOSAGE and _ADJUSTS.search(unit.folded)
            else None
        )
    if cue is not None and (listed or _WHO.search(unit.folded) is not None):
        return stated(label, one.name, unit, cue, cue.severity)
    unstudied = cue is None and _UNSTUDIED.search(unit.folded) is not None
    if unstudied or (
        cue is None
        and (not denies(unit.folded, label.lang) or re.search(r"加重|无效|蓄积", unit.folded) is not None)
        and re.search(
            r"蓄积|半衰期延长|清除(?:率)?(?:减|降)|accumulat|prolonged|(?:increased|greater|higher|highest|elevated) risk|risk[^.;]{0,40}(?:highest|higher|greater|increase)|exacerbat|加重|危险性?增|risk of toxic",
            unit.folded,
        )
    ):
        return stated(label, one.name, unit, None, Severity.NOTED)
    return None
