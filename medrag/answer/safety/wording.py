"""How severe a label's words are, and which of them hold for a thing that the same sentence names: 禁用, 避免, caution, monitor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.types import Severity

__all__ = ["RANK", "Cue", "allows", "cues", "denies", "governing", "has_effect", "readable", "worst"]

RANK = {severity: rank for rank, severity in enumerate(Severity)}  # 0 is the worst

# What takes a word of these tables back is removed first: no dosage adjustment, 无需调整, 以避免发生.
_NOT_ZH = regex(
    r"(?:无[需须]|不[必需]|毋[需须]|没有必要|不用|不要求)(?:对|作|做|进行)?[^，。；,]{0,8}?(?:调整|减量|监测|禁忌|减少|改变)[^，。；,]{0,4}"
    r"|(?:无|没有|尚无|并非|并不是|非|未见|不是)(?:明确|绝对|特殊|已知)?的?(?:用药)?禁忌|排除[^，。；]{0,4}禁忌"
    r"|(?:以|为|可|从而|来)避免|避免(?=发生|出现|引起|产生|造成|导致|误|因|对|过量|药物?过量|皮肤|血药)|避孕|禁食|注意事项|检查(?:结果|值|项)|不能排除|不得而知|不应期"
    r"|(?:改变|不)(?:本品)?的?剂量调整|不[宜应可得能要](?:突然|骤然?|随意|擅自|自行)(?:停|中断|撤)"
)
_ZH = regex(
    r"(?P<contraindicated>绝?对?禁[用服]|忌[用服]|禁忌|禁止|严禁|禁内服|禁[饮酒]|忌[饮食酒烟]|[禁忌](?=[与和同])|忌(?=生冷|辛辣|油腻|烟|酒)|(?<=[。、，；])反(?=[一-鿿]{2,3}(?:[。、，；]|$))|不得(?!超过|大于|高于|多于)|禁(?=活|合|并)"
    r"|不[可能](?=再?[与和同跟用合并联]|使用|服用|应用|给|饮|混|接种|作静|一起|口服|注射|长期)|切勿|勿(?=[与和同用服饮合再]))"
    r"|(?P<avoid>应?避免|不宜(?!超过)|不应(?!超过)|不推荐|不主张|不建议|不提倡|不要(?!超过)|(?<=儿童|患者|孕妇|妇女|老人|病人)不使?用|最好不|尽量不|暂不(?:使用|用|宜)|不适[用宜合于]|[停中终][止]?(?:哺乳|授乳)|暂停哺乳|不哺乳|应(?:立即|即)?停[药用]|停止(?:使用|用药|服用)|停服)"
    r"|(?P<caution>慎[用服]|慎重|谨慎|小心|权衡|指导下|咨询|遵医嘱|在医[师生]|注意|警惕|慎(?=[与和同合])|非必[要须]|确有必要|明确需要|利大于弊|利弊|方可|才能使用|酌情)"
    r"|(?P<monitor>监测|监护|监控|检测|观察|复查|定期检查|检查|调整|调节|减量|[减降]少?低?[^，。；,]{0,8}?(?:剂量|用量|药量)|(?:剂量|用量)[^，。；,]{0,6}?(?:减|降|酌)|酌减|减半|减为|不[得应宜可要能](?:超过|大于|高于|多于)|间隔|隔开|相隔|错开|分开|改变剂量|剂量应(?!用)|增加[^，。；,]{0,6}?(?:剂量|用量))"
)
_NOT_EN = regex(
    r"\bno (?:\w+ ){0,4}?(?:adjustments?|monitoring|reductions?|precautions?|contraindications?|modifications?)\b(?: (?:is|are|was) (?:\w+ )?(?:needed|necessary|required|recommended|warranted))?"
    r"|(?:\b(?:initial |starting )?dos(?:e|age) )?\b(?:adjustments?|monitoring|reductions?|modifications?)\b (?:\w+ ){0,10}?(?:is|are|was|were) (?:generally |usually )?(?:not|unnecessary)\b[ \w]*"
    r"|\bnot (?:\w+ )?(?:contraindicat\w*|a contraindication|require\w* (?:\w+ ){0,3}?adjust\w*|necessary to (?:adjust|reduce))|\b(?:unless|otherwise|where|not otherwise|or) (?:\w+ )?contraindicated"
    r"|\bcontraindications?\b(?=,? (?:and|or|section)|[\]\)])|\bwithout (?:\w+ )?(?:dose|dosage) (?:adjustment|modification)|\bsee (?:also )?(?:contraindications|warnings|precautions)\b"
    r"|\bshould not be (?:\w+ )?(?:discontinued|stopped|withdrawn|interrupted)\b|\bmonitor(?:ing)? (?:of|was|were)\b(?= (?:the )?(?:study|trial))|\b(?:does|did|do) not (?:require|need|warrant|indicate|suggest)\b[\w ,]{0,60}?adjust\w*",
    re.IGNORECASE,
)
_EN = regex(
    r"(?P<contraindicated>\bcontra-?indicat\w*|\bmust not\b|\b(?:should|must|can) never\b|\bnever (?:be|take|use)\b|\b(?:do|does) not (?!(?:use|take|give) more)(?:use|take|give|administer|co-?administer|combine|start|drink|inject|apply|breast)\w*|\bprohibited\b|\bcannot (?:be )?(?:use|take|receive|given)\w*|\bwarning: do not\b)"
    r"|(?P<avoid>\bavoid\w*|\bshould(?:, in general,| generally| usually| normally| also)? not\b|\b(?:not|nor) (?:be |generally |routinely )*(?:recommended|advised|advisable|coadministered|co-administered)\b|\bis not (?:intended|indicated)\b(?= (?:for|in))|\bdiscouraged\b|\binadvisable\b"
    r"|\bnot (?:to )?be (?:used|given|administered|taken|combined|coadministered|co-administered|prescribed|mixed|initiated|started)\b|\bdiscontinue (?:nursing|breast)\w*|\bdiscontinue the drug\b|\bdiscontinu\w+ (?:[\w()®-]+ ){0,6}?(?:as soon as possible|immediately)|\bstop (?:nursing|breast)\w*|\bpreferable not\b|\bunsuitable\b)"
    r"|(?P<caution>\bcaution\w*|\bcareful\w*|\bask (?:a|your) \w+|\b(?:consult|tell|talk to) (?:a |your |with )?\w*|\bseek (?:the )?(?:\w+ )?advice|\blimit the (?:use|intake|amount) of|\bbenefits?\b|\bonly (?:if|when)\b|\bclearly needed\b|\b(?:special|particular|close|careful) (?:attention|care)\b|\bconsider\w*|\bcare (?:should|must)\b|\bwarned\b|\bprudent\b|\bpredispos\w*|\badvised?\b)"
    r"|(?P<monitor>\bmonitor\w*|\bobserve (?:patients?|the patient|closely|carefully|for)\b|\bbe (?:\w+ ){0,2}?observed\b|\bobserved (?:closely|carefully|for)\b|\bobservation (?:of|for)\b|\badjust\w*|\breduc\w+ (?:\w+ ){0,5}?dos\w+|\bdos\w+ (?:\w+ ){0,5}?(?:reduc|decreas|lower|adjust|modif)\w*|\b(?:lower|smaller|reduced|decreased) (?:\w+ ){0,2}?dos\w+|\btitrat\w*|\bhours? (?:before|after|apart|prior|between)|\bseparat(?:ed?|ing|ion) (?:\w+ ){0,4}?(?:by|from|dos|admin|at least)\w*"
    r"|\bdecreas\w+ (?:\w+ ){0,4}?dos\w+|\bincreas\w+ (?:in )?(?:the )?(?:\w+ ){0,2}?dos(?:e|age)\b|\bdos(?:e|age) should (?:be|not)\b|\bnot (?:exceed|(?:take|use|give) more than)\b|\blimit(?:ed)? (?:\w+ ){0,3}?dos\w+|\bstarting dose\b|\binitial dose\b|\bchecked\b|\b(?:assess|evaluate|screen) (?:all )?patients\b|\bfollowed closely\b)",
    re.IGNORECASE,
)

# That nothing happens between two things.
_DENIES_ZH = regex(
    r"无(?:明显|显著|临床意义|重要|特殊|任何)*的?(?:药[物代动学]*)?(?:间的?)?(?:药[代动]学)?(?:的)?(?:相互|交互)(?:作用|影响)|没有(?:发现|观察到)?(?:明显|显著|临床)?[^，。；]{0,8}(?:相互作用|影响|改变|干扰)|未(?:见|发现|观察到|发生|出现)[^，。；]{0,16}(?:相互|影响|作用|改变|变化|反应|增加|升高)"
    r"|(?<!否)(?<!是)不(?:会)?影响|无(?:明显|显著)?(?:影响|改变|变化|差别)|不受[^，。；]{0,10}影响|影响不大|不会?(?:升高|发生|改变|产生|引起|增加|增强|降低|干扰|抑制|诱导|导致|相互)|不(?:改变|干扰|抑制|诱导|增强|引起|产生)|无需调整|不必调整|较为?安全|可以?(?:安全)?(?:地)?(?:同时服用|合用|同服|联用|联合应用)(?!可)(?=[，。；,]|$)|尚不明确|尚无|暂无|不详|不明显|不存在|无此作用|可以?(?:安全地?)?与[^，。；]{1,160}?(?:(?:配伍|混合|同时|合并|联合)(?:使用|应用|滴注|用药|服用)?|[合联并]用|同服)(?=[，。；]|$)|未进行|未作|有别于|不显著|无统计|没有差异|无差异|相当(?=[，。；]|$)|无协同"
)
_DENIES_EN = regex(
    r"\b(?:no|not|without|neither|nor|lack of|little)\b(?: [\w\-/,]+){0,7}? (?:interact\w*|effects?|affect\w*|influence\w*|alter\w*|chang\w*|differences?|impact|inhibit\w*|induc\w*|displac\w*|potentiat\w*|evidence|expected|relevant|anticipated|modif\w*|impair\w*|prolong\w*|interfer\w*|increas\w*|decreas\w*|reduc\w*|necessary|required|needed|studied|evaluated|known|established|conducted|observed|investigated)\b"
    r"|\bunaffected\b|\bunlikely\b|\bunchanged\b|\b(?:can|may) be (?:safely )?(?:co-?administered|given (?:safely )?with|used (?:safely )?with|taken (?:safely )?with)\b|\bsafely\b|\bwas similar\b|\bwere similar\b|\bbioequivalent\b|\bpotential for (?:an? )?interactions?\b"
    r"|\b(?:can|may) be (?:co-?)?(?:administered|given|used|taken) (?:at any time|together|without regard|concomitantly|concurrently|safely|in combination)\b",
    re.IGNORECASE,
)
_BRACKETS = regex(r"\([^()]*\)")
# What follows takes the denial back.
_BUT = regex(
    r"[，,；;。]?(?:但(?!是?否)|然而|不过|而(?=可|能|会|应))|[,;.]? ?\b(?:but|however|whereas|although|except|nevertheless|yet)\b"
)
_EFFECT_ZH = regex(
    r"增[强加高多大]|升高|提高|加[重强剧快速]|减[弱少低慢]|降低|下降|拮抗|延长|缩短|影响|导致|引起|发生|诱发|毒性|干扰|抑制|促进|危险|风险|协同|相加|过敏|沉淀|失效|出血|反应|吸收|代谢|排泄|竞争|置换|灭活|破坏|相互作用|恶化|易[致发于出]|损害"
)
_EFFECT_EN = regex(
    r"chance is higher|increas|decreas|enhanc|potentiat|reduc|risk|toxic|additive|inhibit|prolong|affect|alter|interfer|diminish|elevat|lower|rais|exaggerat|antagoni|impair|interact|induc|displac|syndrome|hemorrhag|bleed|depress|death|fatal|serious|severe|hyper|hypo|convuls|seizure|react|worsen|caus|result|lead|compet|synerg|accelerat|delay",
    re.IGNORECASE,
)


# How something is watched, or that it should be thought of: monitored carefully, consider reducing the dose.
_HOW_EN = regex(r"careful|consider|close (?:attention|care)|care\b", re.IGNORECASE)
MAX_HOW = 32  # characters between such a word and what it belongs to


_STOPS = str.maketrans({";": "；", "!": "！", "?": "？"})
_COMMA = regex(r",(?!\d{3})")


def readable(text: str, lang: str) -> str:
    """A text as the rules read it: folded, in Chinese with the stops that Chinese has, which folding makes into others."""
    folded = fold(text)
    return _COMMA.sub("，", folded).translate(_STOPS) if lang == "zh" else folded


@dataclass(frozen=True, slots=True)
class Cue:
    """A word for how severe something is: `text[start:end] == word` of a folded text."""

    start: int
    end: int
    severity: Severity
    word: str


@lru_cache(maxsize=16_384)  # labels share their boilerplate, and each statement is asked for several times
def cues(folded: str, lang: str) -> tuple[Cue, ...]:
    """The words of a folded text that say how severe something is, in its order."""
    taken_back, table = (_NOT_ZH, _ZH) if lang == "zh" else (_NOT_EN, _EN)
    plain = taken_back.sub(lambda match: "\0" * len(match[0]), folded)
    found = [
        Cue(match.start(), match.end(), Severity(match.lastgroup), match[0])
        for match in table.finditer(plain)
        if match.lastgroup is not None
    ]
    watched = [cue for cue in found if cue.severity is Severity.MONITOR]
    return tuple(cue for cue in found if not (watched and _HOW_EN.match(cue.word) and _is_near(cue, watched)))


def _is_near(cue: Cue, others: Sequence[Cue]) -> bool:
    return any(other.start - cue.end <= MAX_HOW and cue.start - other.end <= MAX_HOW for other in others)


def denies(folded: str, lang: str) -> bool:
    """Whether a stretch of a label says that nothing happens, and takes it back nowhere."""
    folded = _BRACKETS.sub("", folded)
    match = (_DENIES_ZH if lang == "zh" else _DENIES_EN).search(folded)
    if match is None:
        return False
    but = _BUT.search(folded, match.end())
    return but is None or not has_effect(folded[but.end() :], lang) or denies(folded[but.end() :], lang)


def allows(folded: str, lang: str) -> bool:
    """Whether a stretch of a label says no more than that two things may be used together."""
    return denies(folded, lang) and not cues(folded, lang)


def has_effect(folded: str, lang: str) -> bool:
    """Whether a stretch of a label names an effect of one thing on another, or advice."""
    effect = (_EFFECT_ZH if lang == "zh" else _EFFECT_EN).search(folded) is not None
    return effect or bool(cues(folded, lang))


def worst(found: Sequence[Cue]) -> Cue | None:
    """The severest of some words, the first of equals."""
    return min(found, key=lambda cue: (RANK[cue.severity], cue.start), default=None)


# A word that rules what comes behind it: 禁用于, 慎用:, 不宜与, 避免同时使用.
_AHEAD_ZH = regex(
    r"(?:者|的?情况|人群|患者|本[品药])?\s*(?:[:：]|于(?!是)|[与和同跟]|(?:同时|联合|合并|一起|再|长期|大量|大剂量)?(?:使用|应用|服用|合用|并用|饮用|食用|接种|给予|用于|用)(?=[^，。；,、者]{2,})|饮|食|酒|烟|生|辛|油|活|[(（](?=1))"
)
_SEGMENT = regex(r"[。；;]")


def governing(folded: str, start: int, end: int, found: Sequence[Cue], lang: str) -> Cue | None:
    """The word that rules the thing at `folded[start:end]`; None where none of its own sentence does.

    Chinese puts the word behind those it holds for (孕妇禁用, 老人慎用) unless it points ahead (禁用于, 慎用：); an English
    sentence has one before or behind.
    """
    left = max((match.end() for match in _SEGMENT.finditer(folded, 0, start)), default=0)
    right = _SEGMENT.search(folded, end)
    stop = right.start() if right is not None else len(folded)
    inside = [cue for cue in found if left <= cue.start and cue.end <= stop]
    if lang == "zh":
        return _governing_zh(folded, start, end, inside)
    earlier = [cue for cue in found if cue.end <= left]  # use with caution in the elderly; in renal impairment; in …
    return _governing_en(start, end, inside) or (earlier[-1] if earlier else None)


def _governing_zh(folded: str, start: int, end: int, inside: Sequence[Cue]) -> Cue | None:
    ahead = [cue for cue in inside if cue.end <= start and _AHEAD_ZH.match(folded, cue.end) is not None]
    behind = [cue for cue in inside if cue.start >= end and _AHEAD_ZH.match(folded, cue.end) is None]
    pointing = ahead[-1] if ahead else None
    if pointing is not None and not any(cue.start > pointing.end and cue.end <= start for cue in inside):
        return pointing
    if behind:
        return behind[0]
    later = [cue for cue in inside if cue.start >= end]
    return pointing or (later[0] if later else None) or (inside[-1] if inside else None)


def _governing_en(start: int, end: int, inside: Sequence[Cue]) -> Cue | None:
    before = [cue for cue in inside if cue.start <= start]  # what it is named in too: stop nursing
    behind = [cue for cue in inside if cue.start >= end]
    return worst(before[-2:]) if before else worst(behind)
