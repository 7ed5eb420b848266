"""Text that contradicts or plays down a finding: 可以放心同服 where a label forbids it, with caution where it says never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from medrag.answer.safety.wording import RANK, cues, readable, worst
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.types import Finding, FindingKind, Medicine, SafetyReport, Severity

__all__ = ["Contradiction", "Manner", "contradiction_words", "contradicts"]


class Manner(StrEnum):
    """How a text stands against a finding."""

    CONTRADICTS = "contradicts"  # it says that nothing speaks against it
    PLAYS_DOWN = "plays_down"  # it says less than any label does


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A finding that a text stands against, and the words with which it does."""

    finding: Finding
    manner: Manner
    words: str


_USE = r"(?:同服|合用|同用|并用|联用|同时(?:服用?|使用|吃|用)|一起(?:吃|服用?|使用|用|喝)|混(?:着|在一起)?(?:吃|用|服)|联合(?:使用|应用|用药)|搭配(?:使用|着吃)?|服用|使用|应用|吃|用药|用|喝|饮用?|接种|饮酒)"
_CALMS_ZH = regex(
    rf"(?<![不未非])(?<!是否)(?<!能否)(?<!不是)(?:可以?|能够?|完全可以|允许)(?:被|再|继续|直接|照常|正常|长期|大胆|完全|短期|少量|适量)?(?:放心|安全|安心|大胆|随意|自由)?地?(?:再|继续|直接|照常|正常|长期|完全|与[^，。；]{{1,20}}|和[^，。；]{{1,20}}|跟[^，。；]{{1,20}}|同[^，。；服时用]{{1,20}})?{_USE}"
    rf"|(?<![不])(?:放心|大胆|安心){_USE}?|(?<![不欠])(?:是|很|非常|十分|比较|相当|完全|绝对|都)安全的?|安全性(?:良好|高|很好)|(?<!不)安全(?:有效|可靠|无虞)"
    r"|(?:没有?|无|不存在|未见|并无|毫无)(?:任何|明显|明确|特别|什么|已知|显著|临床意义|严重)*的?(?:药物)?(?:间的?)?(?:相互作用|相互影响|影响|冲突|禁忌|问题|风险|危险|妨碍|配伍禁忌|不良影响|副作用|害处|危害|限制|特殊要求)"
    r"|不会(?:有|产生|发生|引起|造成|导致|增加|影响|出现)[^，。；]{0,12}|不(?:影响|冲突|相克|矛盾|打架|妨碍|碍事)|(?:无[需须]|不[必用需]|不需要|没必要|没有必要|毋需)[^，。；]{0,4}(?:担心|担忧|顾虑|注意|调整|监测|间隔|避免|停药|减量|避开|忌口|慎重|禁用|过虑|避讳|隔开|咨询|问医生|就医)"
    r"|(?:并非|不是|不属于?|不算|不构成|没列为|未列为)[^，。；]{0,4}(?:禁忌|禁用|慎用)|适(?:合|用于|宜)(?!症)[^，。；]{0,12}(?:服用|使用|患者|孕妇|哺乳|儿童|老人|老年|应用|人群)|(?:^|[，。；！？])\s*(?:没事|没问题|无妨|不要紧|没关系|无碍|问题不大|没大碍|影响不大|不打紧)|(?:没事|没问题|无妨|不要紧|没关系|问题不大|影响不大|不碍事)(?:的|$|[，。；！？])|不(?:被)?禁(?:止|忌)|推荐(?:同时|一起|联合|合用|使用|服用)|(?:首选|优选)"
)
_DENIED_ZH = regex(
    r"(?:不|非|未必|难以|谈不上|不能说|不等于|不代表|切勿|不要|别|勿|禁止|避免|是否|能否|可否|不可|不能|未能证明|尚不能|并不意味着?|不认为|没有证据表明|尚无证据表明|无法(?:证明|保证|确定)|不能保证)[^，。；]{0,6}$"
)
_CALMS_EN = regex(
    r"\b(?:can|may|could) (?:be )?(?:safely |still |also |usually |generally |certainly |freely |both be |be |continue to be |continue to )*(?:taken?|used?|combined?|given|co-?administered|mix(?:ed)?|drink|drunk|eat|eaten|prescribed|continued?|consumed?|have)\b"
    r"|\b(?:is|are|it's|its|they're|perfectly|quite|completely|considered|generally|usually) (?:(?!not\b|never\b|n't)\w+ ){0,2}?(?:safe|fine|ok|okay|all right|alright|harmless|compatible|acceptable|suitable|well tolerated)\b|\bsafe(?:ly)? (?:to|for|in|with|together|taken|used|combined)\b|\bsafe\b(?! (?:only|if|until|dose|and effective use))"
    r"|\b(?:no|not any|without(?: any)?|free of|zero|nothing) (?:\w+ ){0,3}?(?:interactions?|problems?|risks?|concerns?|contraindications?|dangers?|harms?|issues?|effects?|reason to|to worry|restrictions?|warnings?)\b|\b(?:does|do|did|will|would) ?(?:not|n't|n’t) (?:\w+ ){0,2}?(?:interact|affect|interfere|matter|pose|cause|increase|harm|raise|conflict)\b"
    r"|\b(?:no need|not necessary|unnecessary|not required|needn't|need not|don't need|do not need|don't have|do not have) (?:to|for) (?:\w+ ){0,3}?(?:worry|avoid|monitor\w*|adjust\w*|separate|stop|reduce|change|space|wait|consult|caution|be careful|be concerned|precautions?)\b|\b(?:is|are) not (?:a )?contraindicat\w+|\bfeel free\b|\bgo ahead\b|\bdon't worry\b|\bno worries\b|\b(?:recommended|appropriate|preferred) (?:for|in|together|with)\b",
    re.IGNORECASE,
)
_DENIED_EN = regex(
    r"\b(?:not|never|n't|n’t|cannot|hardly|whether|unless|if|un|no evidence that|no longer|nor|does not mean|isn't|aren't|neither)\b[^.;,]{0,24}$",
    re.IGNORECASE,
)
_BOTH = regex(
    r"两(?:种|个|者|药)|二者|两药|这些药|它们|同服|合用|一起|同时|并用|联用|混|together|both|combin|co-?admin|concomit|these (?:two|medic|drugs)|each other|at the same time|\bmix|interact|相互作用",
    re.IGNORECASE,
)
_IT = regex(r"本[品药]|该药|此药|这[种个]药|它|\bit\b|\bthis (?:medic|drug)|\bthe (?:medic|drug)", re.IGNORECASE)
_CONDITION: dict[FindingKind, re.Pattern[str]] = {
    FindingKind.PREGNANCY: regex(r"孕|妊娠|胎|pregnan|fetus|trimester", re.IGNORECASE),
    FindingKind.LACTATION: regex(r"哺乳|喂奶|母乳|乳|breast|nursing|lactat", re.IGNORECASE),
    FindingKind.AGE: regex(
        r"儿童|小儿|孩子|宝宝|婴|幼|岁|老年|老人|高龄|child|infant|baby|kids?\b|elder|older|years?\b|age", re.IGNORECASE
    ),
    FindingKind.RENAL: regex(r"肾|透析|肌酐|kidney|renal|dialysis|egfr", re.IGNORECASE),
    FindingKind.HEPATIC: regex(r"肝|liver|hepat|cirrho", re.IGNORECASE),
    FindingKind.ALLERGY: regex(r"过敏|allerg|hypersens", re.IGNORECASE),
    FindingKind.FOOD: regex(r"酒|饮|茶|奶|柚|食|咖啡|烟|alcohol|drink|wine|beer|juice|food|milk|coffee|smok", re.IGNORECASE),
    FindingKind.DOSE: regex(r"剂量|用量|每[日天次]|一次|mg|毫克|\bdose|times a day", re.IGNORECASE),
}
_PAIRS = frozenset({FindingKind.INTERACTION, FindingKind.HERBS, FindingKind.DUPLICATE})
_FORBID = frozenset({Severity.CONTRAINDICATED, Severity.AVOID})


def contradicts(text: str, report: SafetyReport) -> Contradiction | None:
    """The severest finding that a text says the contrary of, or less than any label; None where it stands against none."""
    lang = "zh" if re.search("[一-鿿]", text) else "en"
    folded = readable(text, lang)
    calming = _calming(folded)
    calm = calming[0] if calming else None
    inside = [match.span() for match in calming]  # 不存在配伍禁忌 is no word of warning
    said = worst([cue for cue in cues(folded, lang) if not any(cue.start < end and start < cue.end for start, end in inside)])
    if calm is None and said is None:
        return None
    names = {medicine.name: _names(medicine) for medicine in report.medicines}
    for finding in report.findings:
        if finding.kind is FindingKind.BOXED_WARNING or not _is_about(folded, finding, names, calm is not None):
            continue
        if calm is not None and (
            said is None or RANK[said.severity] > RANK[finding.severity] or _calms_after(folded, calm, said.start)
        ):
            return Contradiction(finding, Manner.CONTRADICTS, calm[0])
        if calm is None and said is not None and _is_less(said.severity, finding):
            return Contradiction(finding, Manner.PLAYS_DOWN, said.word)
    return None


def _calming(folded: str) -> list[re.Match[str]]:
    """The words that say that nothing speaks against it, and are not denied themselves."""
    tables = ((_CALMS_ZH, _DENIED_ZH), (_CALMS_EN, _DENIED_EN))
    return [
        match for calms, denied in tables for match in calms.finditer(folded) if denied.search(folded[: match.start()]) is None
    ]


def _calms_after(folded: str, calm: re.Match[str], cue: int) -> bool:
    """Whether a warning is taken back by what calms: 说明书写慎用，但可以放心同服."""
    between = folded[cue : calm.start()] if cue < calm.start() else ""
    return re.search(r"但|不过|然而|其实|实际上|\bbut\b|\bhowever\b|\bactually\b|in practice|in fact", between) is not None


def _is_less(said: Severity, finding: Finding) -> bool:
    """Whether a severity is milder than the finding's by more than a step, and no label states one so mild."""
    stated = {one.severity for one in finding.stated}
    return (
        finding.severity is Severity.CONTRAINDICATED
        and said in (Severity.CAUTION, Severity.MONITOR)
        and said not in stated
        and Severity.CAUTION not in stated
    )


def _names(medicine: Medicine) -> frozenset[str]:
    return frozenset(fold(name) for name in (medicine.name, *medicine.called, *medicine.ingredients) if len(name) > 1)


def _is_about(folded: str, finding: Finding, names: dict[str, frozenset[str]], calm: bool) -> bool:
    """Whether a text speaks of what a finding is about: of both medicines, or of the medicine for such a patient."""
    named = [any(name in folded for name in names.get(medicine, ())) for medicine in finding.medicines]
    if finding.kind in _PAIRS:
        others = any(
            any(name in folded for name in own) for medicine, own in names.items() if medicine not in finding.medicines
        )
        return all(named) or (
            _BOTH.search(folded) is not None and (any(named) or not others) and not (others and not all(named))
        )
    meant = (
        any(named) or _IT.search(folded) is not None or not any(any(name in folded for name in own) for own in names.values())
    )
    pattern = _CONDITION.get(finding.kind)
    spoken = (pattern is not None and pattern.search(folded) is not None) or (
        len(finding.about) > 1 and fold(finding.about) in folded
    )
    return meant and (
        spoken
        or (
            calm
            and finding.severity in _FORBID
            and finding.kind is not FindingKind.FOOD
            and not _names_other_patient(folded, finding)
        )
    )


def _names_other_patient(folded: str, finding: Finding) -> bool:
    """Whether a text is about patients of another kind alone: 成人可以服用 says nothing of a child."""
    return (
        any(kind is not finding.kind and pattern.search(folded) is not None for kind, pattern in _CONDITION.items())
        or re.search(r"成人|其他人|一般人|adults?\b|用于[^，。；]*(?:治疗|缓解)|适用于", folded) is not None
    )


def contradiction_words(found: Contradiction, lang: str) -> str:
    """Why a text is flagged, in a line."""
    medicines = " + ".join(found.finding.medicines)
    if lang == "zh":
        how = "与说明书相反" if found.manner is Manner.CONTRADICTS else "说得比说明书轻"
        return f"“{found.words}”{how}：{medicines}，说明书列为{_ZH[found.finding.severity]}"
    how = "contradicts" if found.manner is Manner.CONTRADICTS else "plays down"
    return f"“{found.words}” {how} the labels: {medicines}, {found.finding.severity.value}"


_ZH = {
    Severity.CONTRAINDICATED: "禁忌",
    Severity.AVOID: "应避免",
    Severity.CAUTION: "慎用",
    Severity.MONITOR: "需监测或调整",
    Severity.NOTED: "有相互作用或警示",
}
