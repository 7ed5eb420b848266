"""Which notices a question gets: whether somebody is said to be in danger, or only a medicine's effects are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from medrag.answer.notices.learned import SURE, THRESHOLD, danger
from medrag.answer.notices.rules import SCRIPTS, Rule, rules, wordings
from medrag.patterns import regex
from medrag.types import Notice, NoticeKind, Patient

__all__ = ["by_rules", "notices"]

READ = 3_000  # characters of a question that are read, from its beginning and its end
APART = 45  # characters between the two patterns of a pair
TRIED = 40  # places of a pair's first pattern, so that a text that repeats itself takes no longer
EMERGENCY, LEARNED = "emergency", "learned"  # the wording and the name of what no rule foresaw
SOON = {"blood-in-urine", "long-illness"}  # rules for complaints that a doctor must see, and no ambulance need be called for
NEAR = 14  # characters before a complaint in which something else may claim it

_WRITTEN = {"zh": regex("[㐀-鿿]"), "en": regex("[a-z]")}
_ONSET = regex(
    r"突然|忽然|刚刚?|刚才|现在|正在|今[天早晚]|昨[天晚]|半夜|凌晨|小时前|分钟前|[着太很好]急|急急|救命|得(?:很|特别|非常|好)?(?:厉害|受不了|要命)|受不了"
    r"|\b(?:sudden\w*|now|just|tonight|today|right now|hours? ago|minutes? ago|help|started|urgent\w*|emergency)\b"
)
# Said in general: of what a medicine does, of an illness in the books, of what was long ago.
_EFFECT_BEFORE = regex(
    r"(?:会不会|会|能|可能|可以|是否|容易)?(?:引起|引发|导致|造成|出现|发生|诱发|产生|加重)[^,，。;；?？!！]{0,8}$|(?:会不会|是不是会|会)(?:让人?|使人?|有)?[^,，。;；?？!！]{0,3}$"
    r"|(?:治疗?|用于|缓解|适用于|预防|防治|针对|急救)[^,，。;；?？!！]{0,8}$"
    r"|\b(?:cause|causes|causing|lead to|leads to|trigger|triggers|treat|treats|for|prevent|prevents|relieve|relieves|risk of|reduce|include|includes|of)\s+(?:\w+ ){0,2}$"
)
_EFFECT_AFTER = regex(
    r"^[^,，。;；?？!！]{0,4}(?:的?(?:病人|患者)|的(?:原因|急救|抢救|常见|症状|表现|护理|发病|病因|诊断|定义|机制|分类|治疗|预防)|是(?:什么|不是)(?:副作用|不良反应|意思)|属于|史)"
)
_LONG_AGO = regex(
    r"后遗症|以前|曾经|(?<![晕昏死睡抽走])过去(?!了)|去年|前年|年前|既往|病史|史(?:的|$|[,，。?？])|\bhistory of\b|\b(?:years?|months?) ago\b|上次|\blast (?:year|time)\b|\bused to\b|\bin the past\b"
)
_NEGATED = regex(
    r"(?:没有?|无|不|未|并非|未见|不会)[^,，。;；?？!！]{0,2}$|\b(?:no|not|without|never|don't have|doesn't have|didn't have|any)\s+(?:\w+ )?$"
)
# Of whom a complaint is said, in the words of one sentence's part; what somebody has is no mere effect that is asked for.
_SOMEBODY = regex(
    r"[我俺他她爸妈爷奶娃]|老公|老婆|孩子|宝宝|儿子|女儿|老人|朋友|\b(?:i|i'm|i've|my|he|she|he's|she's|his|her|our)\b|\b(?:breaking|broke) out\b"
)
_PART = regex(r"[,，。;；?？!！.]")
_EFFECTS_ASKED = regex(
    r"副作用|不良反应|说明书|适应[症证]|\b(?:listed|label)\b|\bside effects?\b|\badverse\b|\bindicat\w+\b|\bused for\b"
)
# What somebody takes day by day, and what was done once.
_DAILY = regex(r"\b(?:takes?|taking|uses?|using|(?:is|am|are|been) on)\b|\b(?:i'm|he's|she's) on\b")
_ONCE = regex(
    r"\b(?:took|taken|swallowed|ate|eaten|drank|gave|given|had|all|whole|entire|bottles?|many|much|now|just|handful|box|packs?|never|won't|can't|not|no)\b|\d{2,}(?= (?:\w+ )?(?:tablets?|pills?|capsules?))"
)


def notices(
    question: str,
    patient: Patient | None = None,
    *,
    lang: str,
    wording: Mapping[str, str] | None = None,
    plain: bool = False,
) -> tuple[Notice, ...]:
    """The notices for a question, in plain form (`medrag.retrieve.understand.plain`), most urgent first, none said twice.

    `wording` replaces the words of a notice by its name in `rules.yaml` (`emergency`, `overdose`, `doctor` …); the
    rules are the same for everybody. The patient's age, where it is known, is needed by some. What no rule foresaw but reads
    like an emergency (`medrag.answer.notices.learned`) gets the general words for one; not where the question is `plain`, with
    no word but names and those that every question has, and only says what somebody takes.
    """
    found = by_rules(question, patient, lang=lang, wording=wording)
    enough = SURE if any(notice.rule in SOON for notice in found) else THRESHOLD
    daily = plain and _DAILY.search(question) is not None and _ONCE.search(question) is None
    if daily or any(notice.kind is NoticeKind.EMERGENCY for notice in found) or danger(question) < enough:
        return found
    words = (wording or {}).get(EMERGENCY) or wordings()[EMERGENCY][lang if lang == "zh" else "en"]
    return (Notice(kind=NoticeKind.EMERGENCY, text=words, rule=LEARNED),)


def by_rules(
    question: str, patient: Patient | None = None, *, lang: str, wording: Mapping[str, str] | None = None
) -> tuple[Notice, ...]:
    """The notices that the table's rules give, as `notices` does."""
    text = question if len(question) <= 2 * READ else f"{question[:READ]} {question[-READ:]}"
    text = text.replace("’", "'")  # as telephones write it
    scripts = _scripts(text)
    said: dict[str, Notice] = {}
    for rule in rules():
        if rule.wording not in said and _fires(rule, text, scripts, patient):
            words = (wording or {}).get(rule.wording) or wordings()[rule.wording][lang if lang == "zh" else "en"]
            said[rule.wording] = Notice(kind=rule.kind, text=words, rule=rule.name)
    return tuple(_without_milder(list(said.values())))


def _scripts(text: str) -> tuple[str, ...]:
    """The scripts whose patterns may find something in the text (`medrag.answer.notices.rules`)."""
    return tuple(script for script in SCRIPTS if script == "any" or _WRITTEN[script].search(text))


def _fires(rule: Rule, text: str, scripts: Sequence[str], patient: Patient | None) -> bool:
    if rule.age_below is not None and (patient is None or patient.age is None or patient.age >= rule.age_below):
        return False
    told = any(not rule.told or _is_told(text, start, end) for start, end in _hits(rule, text, scripts))
    return told and not any(pattern.search(text) for pattern in rule.unless)


def _hits(rule: Rule, text: str, scripts: Sequence[str]) -> Iterator[tuple[int, int]]:
    for script in scripts:
        for pattern in rule.patterns[script]:
            for hit in pattern.finditer(text):
                yield hit.span()
    for script in scripts:
        for first, second in rule.pairs[script]:
            for hit in islice(first.finditer(text), TRIED):
                if second.search(text[max(0, hit.start() - APART) : hit.end() + APART]):
                    yield hit.span()


def _is_told(text: str, start: int, end: int) -> bool:
    """Whether a complaint is said of somebody, now: not denied, not long ago, not what a medicine might do."""
    before = text[max(0, start - NEAR) : start]
    if _NEGATED.search(before):
        return False
    part = _part(text, start, end)
    if _LONG_AGO.search(part):
        return bool(_ONSET.search(part))
    if _EFFECT_BEFORE.search(before) or _EFFECT_AFTER.match(text[end:]):
        return bool(_ONSET.search(text))
    had = _SOMEBODY.search(part) or text[end : end + 1] == "了" or text[end - 1 : end] == "了"
    return bool(had) or not _EFFECTS_ASKED.search(text) or bool(_ONSET.search(text))


def _part(text: str, start: int, end: int) -> str:
    """The part of a sentence, between marks of punctuation, in which a place lies."""
    begins = max((mark.end() for mark in _PART.finditer(text, 0, start)), default=0)
    ends = _PART.search(text, end)
    return text[begins : ends.start() if ends else len(text)]


def _without_milder(found: list[Notice]) -> list[Notice]:
    """Who is told to call an ambulance is not told to see a doctor soon."""
    urgent = [notice for notice in found if notice.kind is NoticeKind.EMERGENCY]
    return urgent or found
