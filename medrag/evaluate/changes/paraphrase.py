"""Claims that say what their sentence says in other words, by rules that leave the meaning alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from medrag.evaluate.changes.amounts import HAN_DIGITS, Measure, amounts, han_value
from medrag.evaluate.changes.cases import ParaphrasedKind
from medrag.evaluate.changes.synonyms import CHINESE, ENGLISH

__all__ = ["paraphrase"]

Rule = Callable[[str, str, Random], Iterator[str]]  # of a sentence and the drug's printed name
MOST_WORDS = 3  # words that are replaced in one sentence
_Kind = ParaphrasedKind
_CLASSIFIER = r"(?=次|日|天|周|片|粒|丸|袋|支|瓶|岁|个月|包|滴)"
_HAN_NUMBER = re.compile(rf"(?:(?<![一-鿿])|(?<=[每日分服连]))[一二三四五六七八九十两]{_CLASSIFIER}")
_DIGIT = re.compile(r"(?<![\d.～~\-–/])(\d{1,2})(?![\d.～~\-–/%％])(?=次|日|天|周|片|粒|丸|袋|支|瓶|岁|个月|包|滴)")
_DAILY = re.compile(r"(?:一日|每日|每天|一天)(?=[\d一二三四两])")
_WORD_NUMBERS = dict(
    zip("2 3 4 5 6 7 8 9 10 12".split(), "two three four five six seven eight nine ten twelve".split(), strict=True)
)
_COUNTED = re.compile(r"(?<![\d.,\-/])(\d{1,2})(?= (?:hours|days|weeks|months|years|times|tablets|capsules|doses)\b)")
_SPELT = re.compile(
    rf"\b({'|'.join(_WORD_NUMBERS.values())})(?= (?:hours|days|weeks|months|years|times|tablets|capsules|doses)\b)"
)
_ASIDE = re.compile(r"(?<![/／])\s?[(（][^()（）\d]{2,60}[)）]")
_ASIDE_COUNTS = re.compile(r"[除不非未无仅勿]|\b(?:not|except|only|unless|without|or|if|see)\b", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\s?(?:\[(?:see|refer to)\b[^\]]{2,100}\]|\((?:see|refer to)\b(?:[^()]|\([^()]*\)){2,100}\))", re.IGNORECASE
)
_ITEM = "[^\\W\\d_及和与或如有的等忌为（(]{2,8}"
_LIST_ZH = re.compile(rf"(?:(?<=[，。；：:,;])|(?<=有)|(?<=包括)|^)({_ITEM})、({_ITEM})、(?={_ITEM}[、。，等])")
_LIST_EN = re.compile(  # the first item must begin where the list does: not illness of influenza-like illness, cough
    r"(?:(?<=\bwere )|(?<=\bare )|(?<=\binclude )|(?<=\bincluding )|(?<=\bas )|(?<=\bwith )|(?<=\bby )|(?<=: )|(?<=\())"
    r"([a-z]{4,}), ([a-z]{4,}), (?=[a-z ]+(?:,|and\b))"
)
_FORBIDDEN_ZH = re.compile(r"^(?P<who>[一-鿿、及和（）()]{0,24}(?:者|患者|妇女|孕妇|儿童))(?P<how>禁用|慎用|忌用)。?$")
_IN_SERIES = re.compile(r"\d\s*(?:,? ?(?:and|or|to)|[,~～、，和或至\-–/×])\s*$")  # 250, 500 and …: one unit for all
_USED_FOR_ZH = re.compile(r"^(?:本品|本药)?(?:主要)?用于(?:治疗)?(?P<what>[^。；:： ]{3,60})。?$")
_ACTIVE_EN = re.compile(
    r"^(?P<who>[A-Z][\w\- ]{2,40}?) (?P<how>may|can) (?P<do>increase|decrease|reduce|inhibit) (?P<what>(?:the )?[a-z][\w\- ]{3,80})\.$"
)
_IN_WHOM_EN = re.compile(
    r"^(?P<what>[A-Z][\w\-® ]{2,60}?) (?P<how>(?:is|are) contraindicated|should not be used) (?P<whom>(?:in|for) (?:(?! as )[^.:;,]){5,120})\.$"
)
_PASSIVE = {"increase": "increased", "decrease": "decreased", "reduce": "reduced", "inhibit": "inhibited"}
_SUBJECT_ZH = re.compile(
    r"^(?!本品|本药|如|若|当|因|但|故|此|其|该|由于|除|与|对|在|长期|大剂量|\d)(?=用于|口服|一次|适用|外用|能|可|有|具|主治|治)"
)
_SUBJECT_EN = re.compile(
    r"^(?=(?:Take|Use|Apply|Store|Avoid|The|It|In|If|When|Do|Patients|Because|This|Keep|There|Adults|Children) )"
)


def paraphrase(sentence: str, title: str, rng: Random) -> Iterator[tuple[ParaphrasedKind, str]]:
    """The sentence in other words, by each rule that fits it, in random order, and last by several rules in turn."""
    rules = _RULES_ZH if re.search(r"[一-鿿]", sentence) else _RULES_EN
    said = []
    for kind, rule in rng.sample(rules, len(rules)):
        for claim in rule(sentence, title, rng):
            if claim != sentence:
                said.append((kind, claim))
                break
    yield from said
    several, used = sentence, 0
    for _, rule in rng.sample(rules, len(rules)):
        claim = next((c for c in rule(several, title, rng) if c != several), several)
        used += claim != several
        several = claim
        if used == 3:
            break
    if used > 1:
        yield _Kind.SEVERAL, several


def _numerals_zh(sentence: str, _title: str, rng: Random) -> Iterator[str]:
    def to_digit(match: re.Match[str]) -> str:
        value = han_value(match[0])
        return match[0] if value is None else f"{value:g}"

    def to_han(match: re.Match[str]) -> str:
        value = int(match[0])
        if not 1 <= value <= 10:
            return match[0]
        return "十" if value == 10 else "两" if value == 2 else HAN_DIGITS[value]

    daily = rng.choice(("每日", "一天", "每天"))
    yield _DAILY.sub(daily, _DIGIT.sub(to_han, sentence))
    yield _DAILY.sub(daily, _HAN_NUMBER.sub(to_digit, sentence))


def _numerals_en(sentence: str, _title: str, _rng: Random) -> Iterator[str]:
    yield _COUNTED.sub(lambda match: _WORD_NUMBERS.get(match[0], match[0]), sentence)
    digits = {word: digit for digit, word in _WORD_NUMBERS.items()}
    yield _SPELT.sub(lambda match: digits[match[0]], sentence)


def _units(sentence: str, _title: str, rng: Random) -> Iterator[str]:
    """The sentence with one mass or time in another unit: 0.1 g as 100 mg, 1 week as 7 days."""
    han = re.search(r"[一-鿿]", sentence) is not None
    found = [a for a in amounts(sentence) if not a.per and not a.is_range]
    for amount in rng.sample(found, len(found)):
        start, end = amount.unit_at
        unit, value = sentence[start:end].lower(), amount.low
        new: tuple[float, str] | None = None
        if unit in ("g", "克") and value < 2:
            new = value * 1000, "mg"
        elif unit in ("mg", "毫克") and value >= 100 and value % 50 == 0:
            new = value / 1000, "g"
        elif unit in ("weeks", "week", "周") and value <= 4:
            new = value * 7, "天" if han else "days"
        elif unit in ("h", "小时", "hours") and value in (48, 72):
            new = value / 24, "天" if han else "days"
        elif amount.measure is Measure.MASS and unit == "mcg" and value >= 500:
            new = value / 1000, "mg"
        alone = not _IN_SERIES.search(sentence[: amount.start])
        if new is not None and alone and sentence[amount.start].isdigit():
            blank = "" if han else " "
            yield f"{sentence[: amount.start]}{new[0]:g}{blank}{new[1]}{sentence[end:]}"


def _words(sentence: str, _title: str, rng: Random) -> Iterator[str]:
    table = CHINESE if re.search(r"[一-鿿]", sentence) else ENGLISH
    found = [(pattern, into) for pattern, into in table if pattern.search(sentence)]
    for pattern, into in rng.sample(found, min(MOST_WORDS, len(found))):
        sentence = _replaced(sentence, pattern, rng.choice(into))
    yield sentence


def _replaced(sentence: str, pattern: re.Pattern[str], template: str) -> str:
    return pattern.sub(lambda match: _cased(match.expand(template), match[0]), sentence)


def _cased(new: str, old: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() and new[:1].islower() else new


def _order_zh(sentence: str, _title: str, rng: Random) -> Iterator[str]:
    forbidden = _FORBIDDEN_ZH.match(sentence)
    if forbidden:
        yield f"{forbidden['how'][0]}用于{forbidden['who']}。" if forbidden["how"] != "忌用" else f"忌用于{forbidden['who']}。"
    used = _USED_FOR_ZH.match(sentence)
    if used:
        already = re.search(r"预防|诊断|辅助|治疗", used["what"])
        forms = (
            ("本品的适应证为{}。",)
            if already
            else ("{}可用本品治疗。", "本品可治疗{}。", "本品的适应证是{}。", "{}的患者可以用本品。")
        )
        yield rng.choice(forms).format(used["what"])
    yield _LIST_ZH.sub(r"\2、\1、", sentence, count=1)


def _order_en(sentence: str, _title: str, _rng: Random) -> Iterator[str]:
    active = _ACTIVE_EN.match(sentence)
    if active:
        what, who = active["what"], active["who"]
        yield f"{what[0].upper()}{what[1:]} {active['how']} be {_PASSIVE[active['do']]} by {who[0].lower() if who.split()[0].istitle() else who[0]}{who[1:]}."
    whom = _IN_WHOM_EN.match(sentence)
    if whom:
        what = re.sub(r"^(?:Use|The|This|It|Concomitant)\b", lambda match: match[0].lower(), whom["what"])
        yield f"{whom['whom'][0].upper()}{whom['whom'][1:]}, {what} {whom['how']}."
    yield _LIST_EN.sub(r"\2, \1, ", sentence, count=1)


def _subject_zh(sentence: str, title: str, rng: Random) -> Iterator[str]:
    named = re.fullmatch(r"[一-鿿]{2,12}", title) is not None
    if named and "本品" in sentence:
        yield sentence.replace("本品", title)
    elif named and "本药" in sentence:
        yield sentence.replace("本药", title)
    elif _SUBJECT_ZH.search(sentence):
        yield _SUBJECT_ZH.sub(rng.choice((title, "本品")) if named else "本品", sentence)
    yield rng.choice(("根据说明书，", "说明书指出：", "说明书中提到，")) + sentence


def _subject_en(sentence: str, _title: str, rng: Random) -> Iterator[str]:
    if _SUBJECT_EN.search(sentence):
        yield (
            rng.choice(("According to the label, ", "The label states: ", "Per the label, "))
            + sentence[0].lower()
            + sentence[1:]
        )


def _shortened(sentence: str, _title: str, _rng: Random) -> Iterator[str]:
    """The sentence without an aside in brackets that limits nothing."""
    yield _REFERENCE.sub("", sentence)
    for match in _ASIDE.finditer(sentence):
        if not _ASIDE_COUNTS.search(match[0]):
            yield sentence[: match.start()] + sentence[match.end() :]


_BOTH: Sequence[tuple[ParaphrasedKind, Rule]] = ((_Kind.UNITS, _units), (_Kind.WORDS, _words), (_Kind.SHORTENED, _shortened))
_RULES_ZH = (*_BOTH, (_Kind.NUMERALS, _numerals_zh), (_Kind.ORDER, _order_zh), (_Kind.SUBJECT, _subject_zh))
_RULES_EN = (*_BOTH, (_Kind.NUMERALS, _numerals_en), (_Kind.ORDER, _order_en), (_Kind.SUBJECT, _subject_en))
