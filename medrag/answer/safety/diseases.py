"""What a label says of a condition that the patient has: what it forbids, cautions or watches in such patients."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial

from medrag.answer.safety.label import Hit, Label, known_names, longest
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import finding, stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import denies, governing, has_effect, worst
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.memory import memory_of
from medrag.kb.names import NameFinder
from medrag.kb.terms.conditions import condition_names, conditions_of, wider
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.types import EntityKind, Finding, FindingKind, Severity, Stated

__all__ = ["condition_terms", "disease_finding"]

G = SectionGroup
_TELLS = frozenset(
    {
        G.CONTRAINDICATIONS,
        G.WARNINGS,
        G.BOXED_WARNING,
        G.PEDIATRIC,
        G.GERIATRIC,
        G.PREGNANCY,
        G.DOSAGE,
        G.INTERACTIONS,
        G.INDICATIONS,
    }
)
KEPT = 1_000  # conditions
_ILL = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
# The name is part of a narrower condition, or denied of the patient.
_NARROWER_ZH = regex(r"(?:性(?!疾病|病)|酮症|肾病|足(?!量)|昏迷|前期|危象|脑病|样|药(?!物)|的?(?:治疗|预防|发生率|症状))")
_OTHER_BEFORE_ZH = regex(
    r"(?:肺动脉|门静?脉|门脉|眼|颅内|妊娠期?|升|类|非|伪|假|抗|无|没有|不伴|排除|防止|预防|治疗|药物性|阿司匹林|尿崩|无论有无)$"
)
_OUTCOME_ZH = regex(
    r"(?:引起|导致|造成|发生|出现|诱发|产生|可致|致|引发|可见|见|偶有|报告|预防|防止|避免|表现[为有:]|解除|缓解|诊断|掩盖|如有|一旦|发现|观察|监测|若|治疗|(?<!不适)(?<![不慎禁忌])(?<!不[宜能应可])用于)[^，。；]{0,22}$"
)
_REACTION_ZH = regex(
    r"[^，。；]{0,30}?等[^，。；病]{0,6}?(?:反应|症状|表现|现象|体征)(?!的?(?:患?者|病人|史)|时?，?[^，。；]{0,4}[慎禁忌])"
)  # 出现痤疮、多毛等反应时停药
_WORSE_ZH = regex(r"加[重剧]|恶化|诱发|危险|可使|复发|升高|风险")
_WHO_ZH = regex(r"^[^，。；]{0,30}?(?:患者|病人|者|病史|史|患儿|时)|^[、及和或与]")
_RULED_ZH = regex(r"(?:等)?(?:疾病|症)?(?:的?患者|的?病人|者|时)?(?:应|须|均|宜)?(?:禁|忌|慎|不宜|不应|避免)")
_POINTS_ZH = regex(r"[慎禁忌](?:用|忌)[^，。；:：]{0,6}[:：][^，。；]*$")  # 下列情况慎用：①酒精中毒
_HAS_ZH = regex(r"(?:患有?|伴有?|合并|有|具有|既往|对于?|若|如|存在|并发)[^，。；]{0,20}$")
_NARROWER_EN = regex(
    r" ?(?:-|ketoacidosis|coma\b|nephropathy|neuropath|retinopath|crisis|like\b|caused by|due to (?:drug|overdos)|medicines?\b|tests?\b|prophylaxis)"
)
_HEART = "心脏病"
_HEART_ZH = regex(
    r"(?<![点宽恶放])心脏?(?:[、或和及与](?:肝|肾|肺|脑|脏|血管|循环系统|呼吸系统){1,2})+[^，。；、]{0,2}?(?:疾病|疾患|功能[^，。；、]{0,4}(?:障碍|不全|损[害伤]|减退|异常|衰竭)|病)"
)
_TOGETHER = regex(r"合用|并用|同用|同服|联用|concomitant|co-?admin", re.IGNORECASE)
_SPOKEN_TO = regex(
    r"[\W\d]*(?:(?:information|warning|notice|note|attention)\W+(?:for|to)?\W*)?(?:(?:for|in) )?(?:patients with )?\0(?: patients)?\W*:",
    re.IGNORECASE,
)
_TREATED_EN = regex(r" should be (?:treated|managed|corrected|controlled)", re.IGNORECASE)
# No contraindication, wherever it stands.
_EXPERIENCED_EN = regex(
    r"\b(?:may|can) (?:experience|occur|result|cause|develop)\b|\b(?:has|have) been (?:reported|observed|associated)\b"
)
# What comes of the medicine: hypokalemia may develop, has been reported.
_COMES_EN = regex(
    r"(?: \([^)]*\))?,? (?:may|can|could|might|has|have|was|were) (?:also |rarely |sometimes |occasionally )?(?:been |be )?(?:result|occur|develop|report|observ|appear|follow|induced|caused|produced)\w*"
)
_OTHER_BEFORE_EN = regex(
    r"(?:pulmonary |portal |intracranial |ocular |non-?|no |without |pseudo|not have |rebound |anti-?|treatment of |management of |prevention of |indicated for |drug-induced |postural |supine )$",
    re.IGNORECASE,
)
_HAS_EN = regex(
    r"(?:patients?|persons?|individuals?|people|those|women|men|adults?|children|subjects)\b[^.;]{0,200}$|\bwith (?:a )?(?:known |previous |prior |severe |significant |preexisting |pre-existing |active |a )*(?:history of )?[^.;]{0,120}$"
    r"|\bhistory of\b[^.;]{0,120}$|\bpresence of\b[^.;]{0,80}$|\b(?:have|has|had|having)\b[^.;]{0,120}$|\bsuffering\b[^.;]{0,60}$|^\s*[-–•*]?\s*(?:\(?\d{1,2}[.)]\s*)?(?:known |severe |active |uncontrolled |untreated |history of |acute |congenital |clinical )*$|\bin (?:the )?(?:case|cases|states?|conditions?)\b[^.;]{0,60}$|\bcontraindicated in\b[^.;]{0,200}$|\brisk factors?\b[^.;]{0,300}$",
    re.IGNORECASE,
)
_OUTCOME_EN = regex(
    r"(?:\bcaus\w+|\bproduc(?:e[sd]?|ing)\b|\bresult\w* in|\blead\w* to|\boccur\w*|\bdevelop\w*|\breport\w*|\bincidence of|\binduc\w+|\brisk (?:of|for)|\bsymptoms? of|\bsigns? of|\bevidence of|\bprecipitat\w+|\bto prevent|\btreatment of|\btreat|\bexperienc\w+|\bassociated with|\bdue to|\bcases of|\bfor|\bmanifest(?:ed|s|ing|ations?)\b|\bsuch as|\binclud\w+|\bto avoid|\bincreases?|\beffects?|\bmask\w*)(?: [\w,/-]+){0,6}? ?$",
    re.IGNORECASE,
)
_AMONG_EN = regex(
    r"\bin (?:patients|persons|individuals|those|women|men) with[^.;]{0,80}$|\bin the presence of[^.;]{0,80}$", re.IGNORECASE
)
_FOLLOWING_EN = regex(r"\b(?:the )?following\b[^.:]{0,40}:[^.]*$", re.IGNORECASE)
# A contraindication that is named first thing: Most cases of angle-closure glaucoma.
_FIRST_EN = regex(r"^[\W\d]*(?:\w+ ){0,3}(?:cases of )?[\w-]*\W?$", re.IGNORECASE)
_WORSE_EN = regex(
    r"risk factors?|highest risk|exaggerat|exacerbat|aggravat|worsen|precipitat|activat|increased risk|greater risk|higher risk|should|not be|predispos",
    re.IGNORECASE,
)


_NOT_STUDIED_EN = regex(
    r"\bnot (?:been )?(?:\w+ )?(?:studied|evaluated|included|investigated)\b|\bexcluded from\b|\bnot been established in\b",
    re.IGNORECASE,
)


def condition_terms(diagnosis: str, kb: KnowledgeBase) -> dict[str, str]:
    """Every folded name under which a label may speak of a condition, with the wider condition that the name is of ("" for itself)."""
    return memory_of(kb, "conditions", KEPT).kept(diagnosis, lambda: _terms(diagnosis, kb))


def _terms(diagnosis: str, kb: KnowledgeBase) -> dict[str, str]:
    name = fold(diagnosis)
    rows = conditions_of(name)
    found: dict[str, str] = {}
    if not rows:
        parts = [name[start:end] for start, end in longest(_finder().spans(name))]
        rows = tuple(row for part in parts for row in conditions_of(part))
    for row in rows:
        for above in wider(row):
            found.update(dict.fromkeys(map(fold, (*above.zh, *above.en)), above.zh[0]))
    for row in rows:
        found.update(dict.fromkeys(map(fold, (*row.zh, *row.en)), "" if name in map(fold, (*row.zh, *row.en)) else row.zh[0]))
    for entity in kb.entity(diagnosis):
        if entity.kind in _ILL:
            found.update(
                dict.fromkeys((fold(other) for other, kind in kb.names(entity.id) if kind != "code" and len(other) > 1), "")
            )
    found[name] = ""
    if not rows and (plain := _plain(name)) != name:
        found.update(_terms(plain, kb) if conditions_of(plain) else {plain: ""})
    return {term: via for term, via in found.items() if len(term) > 1}


# How bad or how old a condition is: what a label says of the condition holds.
_HOW_BAD = regex(
    r"^(?:(?:严重|重度|中度|轻度|急性|慢性|活动性|原发性|继发性|近期|既往|顽固性|复发性|未控制的?|有|患)+)|(?:病史|史|患者|病人)$"
    r"|^(?:(?:very |moderate(?:ly)? |mild(?:ly)? |severe(?:ly)? |acute |chronic |active |recent |prior |previous |uncontrolled |untreated |advanced |known |primary |secondary )*(?:(?:a )?history of )?)(?=\w)"
)


def _plain(name: str) -> str:
    """A condition without how bad or how old it is: 严重银屑病史, severe plaque psoriasis."""
    plain = _HOW_BAD.sub("", name).strip()
    return plain if len(plain) > 1 else name


# Words of a condition by which nothing is found.
_COMMON = frozenset(
    "disease disorder syndrome condition problem type with the and for from patient severe mild acute chronic active history".split()
)
MIN_WORD, MIN_STEM = 4, 5  # letters


@cache
def _loose(diagnosis: str) -> re.Pattern[str] | None:
    """A pattern for the words of an English condition with others between: dihydropyrimidine dehydrogenase (DPD) enzyme deficiency."""
    words = [word for word in re.findall(r"[a-z]+", diagnosis) if len(word) >= MIN_WORD and word not in _COMMON]
    if not diagnosis.isascii() or len(words) < 2:
        return None
    stems = [rf"\b{word[: max(MIN_STEM, len(word) - 2)]}\w*" for word in words]
    between = r"\W+(?:[\w()/-]+\W+){0,5}?"
    return re.compile(f"{between.join(stems)}|{between.join(reversed(stems))}")


@cache
def _finder() -> NameFinder:
    return NameFinder(sorted(condition_names()))


def disease_finding(one: Taken, diagnosis: str, terms: Mapping[str, str]) -> Finding | None:
    """What the labels of a medicine say of patients with a condition, known under these names."""
    said = [s for label in one.labels for s in _of_label(label, one, fold(diagnosis), terms)]
    return finding(FindingKind.DISEASE, (one.name,), said, about=diagnosis) if said else None


def _of_label(label: Label, one: Taken, diagnosis: str, terms: Mapping[str, str]) -> list[Stated]:
    """What one label says; of what it is for only what it says of just that, and against it."""
    if _is_treated(label, diagnosis):
        return [s for s in strongest(_said(label, one, {diagnosis: ""})) if _speaks_against(s)]
    return strongest(_said(label, one, terms)) or strongest(_loosely(label, one, diagnosis))


def _is_treated(label: Label, diagnosis: str) -> bool:
    """Whether a condition is among those that the medicine is for, by that name: what is for type 2 diabetes is not for type 1."""
    return diagnosis in label.kept("indications", lambda: "\n".join(_indications(label)))


def _indications(label: Label) -> Iterator[str]:
    for unit in label.units:
        if unit.group is G.INDICATIONS and not any(cue.severity in _AGAINST for cue in (*unit.cues, *unit.lead_cues)):
            yield unit.folded


_AGAINST = frozenset({Severity.CONTRAINDICATED, Severity.AVOID})
_WEAK = ("benefit", "consider", "advise", "care", "particular")  # no words against a medicine that is for the condition


def _speaks_against(said: Stated) -> bool:
    return said.severity in _AGAINST or (said.severity is Severity.CAUTION and not said.word.startswith(_WEAK))


def _said(label: Label, one: Taken, terms: Mapping[str, str]) -> Iterator[Stated]:
    if label.lang == "zh" and _HEART in terms:
        yield from label.remembered(("heart", one.name), partial(_of_heart, label, one))
    unlisted = {name for name in terms if name not in known_names() and label.hits(name)}
    for name in sorted((label.names.keys() & terms.keys()) | unlisted):
        via = terms[name]
        yield from label.remembered(("ill", one.name, name, via), partial(_of_name, label, one, name, via))


def _loosely(label: Label, one: Taken, diagnosis: str) -> tuple[Stated, ...]:
    """Where an English label says the words of a condition that no name of it was found for."""
    pattern = _loose(diagnosis) if label.lang == "en" else None
    return (
        label.remembered(("loose", one.name, diagnosis), partial(_matching, label, one, pattern)) if pattern is not None else ()
    )


def _matching(label: Label, one: Taken, pattern: re.Pattern[str]) -> Iterator[Stated]:
    for unit in label.units:
        match = pattern.search(unit.folded) if unit.group in _TELLS else None
        said = _of_hit(label, one, unit, Hit(match[0], unit.index, *match.span(), unit.section), "") if match else None
        if said is not None:
            yield said


def _of_heart(label: Label, one: Taken) -> Iterator[Stated]:
    """Where the heart is named before other organs whose disease stands behind the last: 心、肝、肾功能不全者慎用."""
    for unit in label.units:
        match = _HEART_ZH.search(unit.folded) if unit.group in _TELLS else None
        said = _of_hit(label, one, unit, Hit(match[0], unit.index, *match.span(), unit.section), _HEART) if match else None
        if said is not None:
            yield said


def _of_name(label: Label, one: Taken, name: str, via: str) -> Iterator[Stated]:
    for hit in label.hits(name):
        if hit.unit >= 0:
            unit = label.units[hit.unit]
            said = _of_hit(label, one, unit, hit, via) if unit.group in _TELLS else None
            if said is not None:
                yield said


def _of_hit(label: Label, one: Taken, unit: Unit, hit: Hit, via: str) -> Stated | None:
    has = _has_zh(unit, hit) if label.lang == "zh" else _has_en(unit, hit)
    if not has or _is_denied(unit, hit, label.lang):
        return None
    if unit.group is G.INTERACTIONS and _TOGETHER.search(unit.folded) is not None:
        return None  # of those who take another medicine beside it
    cue = governing(unit.folded, hit.start, hit.end, unit.cues, label.lang) or worst(unit.lead_cues)
    if unit.group is G.DOSAGE and cue is not None and cue.severity is Severity.MONITOR and _is_treated(label, hit.name):
        return None
    if unit.group in (G.DOSAGE, G.INDICATIONS, G.INTERACTIONS) and (
        cue is None or (unit.group is G.INDICATIONS and cue.severity is Severity.MONITOR)
    ):
        return None
    if cue is None and (unit.group is not G.CONTRAINDICATIONS or (label.lang == "en" and _EXPERIENCED_EN.search(unit.folded))):
        worse = _gets_worse(unit, hit, label.lang) or (label.lang == "en" and _is_spoken_to(unit, hit))
        return stated(label, one.name, unit, None, Severity.NOTED, via=via) if worse else None
    return stated(label, one.name, unit, cue, Severity.CONTRAINDICATED, via=via)


def _gets_worse(unit: Unit, hit: Hit, lang: str) -> bool:
    """Whether a statement without advice says that the condition makes things worse, or gets worse."""
    if lang == "en":
        if _NOT_STUDIED_EN.search(unit.folded) is not None:
            return _AMONG_EN.search(unit.folded[: hit.start]) is not None or unit.folded.startswith("patients with ")
        if re.search(r"\bstud(?:y|ies)\b|\btrials?\b", unit.folded) is not None:
            return False
        return _WORSE_EN.search(unit.folded) is not None or (
            _AMONG_EN.search(unit.folded[: hit.start]) is not None and has_effect(unit.folded, lang)
        )
    around = unit.folded[max(0, hit.start - 16) : hit.end + 24]
    return (
        _WORSE_ZH.search(around) is not None
        and re.search(r"如[^，。；]{0,6}症状|或出现|出现新的|如果|一旦", unit.folded) is None
    )


def _has_zh(unit: Unit, hit: Hit) -> bool:
    """Whether the name is of patients, and of no narrower condition or of what the medicine does."""
    text = unit.folded
    if _NARROWER_ZH.match(text, hit.end) or _OTHER_BEFORE_ZH.search(text, max(0, hit.start - 6), hit.start):
        return False
    if _RULED_ZH.match(text, hit.end):
        return True
    if _POINTS_ZH.search(text, 0, hit.start):
        return True
    if _REACTION_ZH.match(text, hit.end) and not unit.lead_cues:
        return False
    segment = max(text.rfind(mark, 0, hit.start) for mark in "，,。；;") + 1
    before = text[segment : hit.start]
    if unit.lead_cues or unit.group is G.CONTRAINDICATIONS:
        return _OUTCOME_ZH.search(before) is None or _WHO_ZH.match(text[hit.end :]) is not None
    strong = any(
        cue.severity in (Severity.CONTRAINDICATED, Severity.AVOID, Severity.CAUTION) and cue.start >= hit.end
        for cue in unit.cues
    )
    who = (
        hit.name.endswith(("患者", "病人")) or _WHO_ZH.match(text[hit.end :]) is not None or _HAS_ZH.search(before) is not None
    )
    if _OUTCOME_ZH.search(before) is not None:
        return who and strong and re.search(r"^[^，。；]{0,12}(?:患者|病人|者)", text[hit.end :]) is not None
    return who or strong or _WORSE_ZH.search(text) is not None


def _is_spoken_to(unit: Unit, hit: Hit) -> bool:
    """Whether a statement of a warning is for those who have it, as its first words say: Phenylketonurics: contains phenylalanine."""
    return unit.group is G.WARNINGS and _SPOKEN_TO.match(unit.folded[: hit.start] + "\0" + unit.folded[hit.end :]) is not None


def _has_en(unit: Unit, hit: Hit) -> bool:
    text = unit.folded
    if _is_spoken_to(unit, hit):
        return True
    if _NARROWER_EN.match(text, hit.end) or _OTHER_BEFORE_EN.search(text, max(0, hit.start - 24), hit.start):
        return False
    if _TREATED_EN.match(text, hit.end) or (not unit.lead and _COMES_EN.match(text, hit.end)):
        return False
    if unit.lead.startswith("stop use"):
        return False  # what may come of it
    if unit.lead_cues and unit.lead:
        return True
    before = text[: hit.start].replace("e.g.", "eg").replace(";", ",")  # a list goes on behind a semicolon
    if _FOLLOWING_EN.search(before):
        return True
    if unit.group is G.CONTRAINDICATIONS and _FIRST_EN.match(before):
        return True
    outcome = _OUTCOME_EN.search(before)
    has = _HAS_EN.search(before)
    if outcome is not None and (has is None or outcome.start() > has.start() + 12):
        return _is_for_those(before, outcome.start(), unit)
    return (
        has is not None
        or bool(unit.lead)
        or unit.group is G.CONTRAINDICATIONS
        or re.match(r"[^.;]{0,40}\bpatients\b", text[hit.end :]) is not None
    )


def _is_for_those(before: str, at: int, unit: Unit) -> bool:
    """Whether what looks like an outcome is a list of whom it is for: patients with conditions such as."""
    words = before[at:]
    return (
        re.match(r"(?:such as|including|associated with|due to|for|(?:signs?|symptoms?|evidence)\b)", words, re.IGNORECASE)
        is not None
        and (
            unit.group is G.CONTRAINDICATIONS  # metabolic acidosis, including diabetic ketoacidosis
            or re.search(
                r"patients|conditions?|history|disorders?|abnormalit|dysfunction|presence of|risk factors?", before[:at]
            )
            is not None
        )
    )


def _is_denied(unit: Unit, hit: Hit, lang: str) -> bool:
    """Whether a statement says that nothing is to be minded in such patients."""
    return denies(unit.folded, lang) and not unit.cues
