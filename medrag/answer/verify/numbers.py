"""The quantities of a folded text, in one scale per dimension: doses, frequencies, ages, durations, shares, concentrations.

0.1 g is 100 mg, 每日两次 is `bid` is every 12 hours, 1~2片 is a range, 12岁以下 has an upper bound. The numbers of lists,
tables and references are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from medrag.answer.verify.amounts import BARE, FREQUENCY, Amount
from medrag.answer.verify.frequencies import frequencies
from medrag.answer.verify.numerals import DIGITS, FRACTION, NUMBER, TO, WORD_NUMBERS, value
from medrag.answer.verify.units import DAYS_A_YEAR, DEGREE, TIME, UNITS
from medrag.patterns import regex

__all__ = ["amounts", "unlisted"]

FEW = 10  # of so many at most one says `in`: one in four
REACH = 60  # characters before and after a number in which a word that bounds it stands


_U = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_END = r"(?![a-z])"


def _per(name: str) -> str:
    return rf"(?:\s?(?:/|·|\bper\b|\ban?\b|每(?=kg|公斤|千克|平方米))\s?(?P<{name}n>{DIGITS})?\s?(?P<{name}>{_U}|次|体重|body weight){_END}(?:体重)?)?"


_QUANTITY = regex(
    rf"(?<!\d)(?<!\d[.,])(?P<one>{NUMBER})(?:(?<=\bhalf)\s(?:of )?an?(?=\s(?!hour|day|year)))?(?:\s?(?:±|\+/-)\s?{DIGITS})?(?:\s?-?(?P<unit1>{_U}){_END}(?={TO}))?(?:{TO}(?P<two>{NUMBER}))?"
    rf"(?P<many>\s?(?:百万|千万|万|亿|million|billion|thousand)(?=\s?[a-z单国]))?\s?-?\s?(?P<unit>{_U}){_END}"
    rf"(?P<half>半(?![片粒丸袋包支瓶]))?" + _per("by") + _per("by2")
)
_BARE = regex(
    rf"(?<![\w.])(?P<one>{FRACTION}|{DIGITS})(?:{TO}(?P<two>{DIGITS}))?(?![a-z\d])|(?<=[一-鿿])(?P<three>{FRACTION}|{DIGITS})(?![a-z\d])"
)
# A number in words that counts things without a unit: two ingredients, 三种, 两个.
_COUNTED = regex(
    rf"\b(?P<one>{'|'.join(w for w in WORD_NUMBERS.split('|') if w not in ('one', 'half', 'zero'))})\b|(?P<two>[二两三四五六七八九])(?=[种个类项组位名]|成分)"
    r"|\b(?P<three>one)(?=\s(?:forms?|methods?|kinds?)\b)|(?P<four>(?<=使用|采用|至少|仅用|只用)一)(?=种)"
)
_RATIO = regex(r"(?<![\d.:])(\d{1,4}(?:\.\d{1,3})?)\s?:\s?(\d{1,5}(?:\.\d{1,3})?)(?![\d:])")
# A time with its article: for a week, within an hour; half an hour is one anywhere.
_ARTICLED = regex(
    r"(?:(?<=\bfor )|(?<=\bafter )|(?<=\bwithin )|(?<=\bover )|(?<=\bthan )|(?<=\bleast )|(?<=\bmost )|(?<=\blast )|(?<=\blasts )|(?<=\babout )|(?<=\banother ))"
    r"(?:an?|one) (?P<one>hour|day|week|fortnight|month|year)\b(?!['’])|\b(?P<half>half an?) (?P<two>hour|day|year)\b"
)
_FORTNIGHT = 14.0
# Ages without their unit: a child of six to twelve; the first birthday that a Chinese label counts to without a number.
_AGED = regex(
    rf"\b(?:child|children|kids?|boys?|girls?|teens?|toddlers?|people|adults?|ages?|aged)\s(?:(?:of|from|between|aged?|ages)\s){{0,2}}"
    rf"(?P<one>{NUMBER}){TO}(?P<two>{NUMBER})(?!\s?-?(?:{_U}){_END})(?![\d/%.])"
)
_FIRST_BIRTHDAY = regex(r"(?<![\d一二两三四五六七八九十])周岁[以之]?[内下]|[不未]满周岁")
# Shares in words: one in four, 1 out of 10, a quarter, 四分之一.
_SHARES_OF = regex(
    rf"\b(?P<one>{NUMBER}) (?:in|out of) (?:every )?(?P<of>{NUMBER})\b(?! ?(?:{_U})\b)|(?P<of_zh>{NUMBER})(?<!百)分之(?P<one_zh>{NUMBER})"
    r"|\b(?P<words>(?:a|one) (?:quarter|third|fifth|tenth)|(?:two|three) (?:quarters|thirds|fifths|tenths))\b"
)
_PARTS = {"quarter": 4.0, "third": 3.0, "fifth": 5.0, "tenth": 10.0}
_HUNDREDTHS = regex(rf"百分之({NUMBER})(?:{TO}({NUMBER}))?")
_MANY = {"万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PER_MINUTE = regex(r"每\s?(?:分钟?|min)[^\d。,;]{0,4}$")
_PER_KG = regex(r"每\s?(?:kg|公斤|千克)(?:体重)?[^\d。,;]{0,8}$")

# ---------------------------------------------------------------------- bounds

_FILL = r"(?:为|是|服用?|使用|用|吃|口服|达到?|[每一]?[日天次]|的|剂量|总量|用量|量|the|of|an?|dose|age|is|,|:|\s){0,8}$"
_AT_MOST = regex(
    r"(?:[不勿未][^\d,。;]{0,6}?(?:超过?|多于|大于|高于|长于|满)|别超过?|至多|最多(?:不超过)?|最大|最高|上限|极量|≤|<=?|(?<!不)小于|(?<!不)少于|(?<!不)低于|不足|短于|不到"
    r"|\bunder|\bbelow|(?<!no )(?<!not )\bless than|\bfewer than|\byounger than|\blower than|(?<!made )(?<!diluted )(?<!filled )(?<!\bgo )(?<!\bgoing )(?<!\bgoes )(?<!\bwent )(?<!raised )(?<!pushed )(?<!titrated )\bup to|\bas (?:long|much|many|high) as|\b(?:not|nor|never)\b[^.;\d]{0,30}\bbeyond|\bat most"
    r"|\b(?:do(?:es)? not|should not|must not|cannot|not|never|no) (?:\w+ ){0,4}(?:more|greater|older|longer|higher) than"
    r"|\b(?:do(?:es)? not|should not|must not|cannot|not|never) (?:to )?(?:be )?exceed(?:ed|ing)?|\b(?:no|not) more (?:often|frequently) than|\bmaximum|\bmax\.?)"
    + _FILL
)
_AT_LEAST = regex(
    r"(?:超过|大于|多于|高于|≥|>=?|至少|最少|最低|不少于|不低于|不小于|长于|年满|满"
    r"|\bover|\babove|\bbeyond|\bmore than|\bgreater than|\bolder than|\blonger than|\bhigher than|\bat least|\b(?:no|not) less than|\b(?:no|not) (?:sooner|earlier) than|\bfrom (?:the )?(?:age of|age)|\bminimum|\bexceed(?:s|ed|ing)?)"
    + _FILL
)
_NO_MORE = regex(
    r"\s?[及或]?以下|(?:\sof age)?\s(?:and|or) (?:less|fewer|younger|below|under|shorter)|(?:\s(?:a|per|each|every) day|\sdaily)?,? (?:at (?:the )?most|at (?:the )?maximum)\b"
    r"|,? tops\b|(?:封顶|为上限|为限)"
)
# What is said to be a limit behind it, and behind what it is counted in: 2 tablets in 24 hours is the limit.
_IS_LIMIT = regex(
    r"(?: (?:a|per|each|every|in a|in one) day| daily| in 24 hours)? (?:is|are) the (?:most|limit|maximum|upper limit)\b"
)
_COUNTED_IN = regex(r"\b(?:in|per|every|each)\s$")
_NO_LESS = regex(r"\s?(?:[及或]?以上|\+)|(?:\sof age)?\s(?:and|or) (?:more|older|above|greater|over|higher|up|longer)\b")
_FROM, _OF_AGE = regex(r"\bfrom\s$"), regex(r"\sof age\b|\s(?:up|on|onwards?|upwards?)\b")
_WITHIN = regex(r"\s?(?:以内|之内|内(?![容服脏酰障科分用源皮毒外瘤]))")
_CHANGE = "(?:[减增加升降]|缩短|延长)(?:[少加大小低高量]|至){0,2}"
_OF_OLD = r"(?:约|大约|原[来有]?(?:剂量)?的?|正常(?:剂量)?的?|[每一]日|[每一]次|了|\s){0,3}$"
_EN_CHANGE = r"\b(?:reduc|decreas|increas|lower|rais|shorten|prolong)[a-z]*\b[^.;\d]{0,50}"
_CHANGED_TO = regex(rf"{_CHANGE}[至到]{_OF_OLD}|{_CHANGE}(?<=至){_OF_OLD}|{_EN_CHANGE}\bto (?:about )?$")
_CHANGED_BY = regex(rf"(?:减少|降低|减低|下降|增加|升高|提高|延长|缩短){_OF_OLD}|{_EN_CHANGE}\bby (?:about |approximately )?$")
_SIDES = (
    ("within", _WITHIN),
    ("after", regex(r"\s?[以之]?后(?![果续遗])(?![^。;,]{0,12}[才方])")),  # only after it, not within it: one and the same
    ("before", regex(r"\s?[以之]?前(?!列)")),
)
_COUNTS = regex("[日天次]")  # what a bounded number is per stays a word of its own

_LISTED = regex(
    r"(?:(?<=[\n;。])|^)\s?\d{1,2}\.(?=\d{1,2}(?:周?岁|个月)(?:以[上下]|及|[~至到-]))(?!5(?!\d))"  # 1.12岁以下
    r"|(?:(?<=[\n;。:|•])|(?<=\.\s)|^)\s?(?:\(\d{1,2}\)|\d{1,2}\)|\d{1,2}(?:\.\d{1,2})*[.、](?!\d)|\d{1,2}\.\d{1,2}(?=\s[a-z]{3})(?!\s(?:gram|tablet|capsule|mill|micro|hour|day|week|month|year|unit|percent|times|mcg|meq|mmol)))"
    r"|(?<=[一-鿿),])\s?\d{1,2}[.、](?=[一-鿿(])"
    r"|\((?:\d{1,2}(?:\.\d{1,2})*(?:,\s?)?){1,6}\)"  # (2), [see Warnings (5.1, 5.2)]
    r"|(?:\b(?:table|figure|fig\.?|section|step|phase|study|trial|type)|表|图|第)\s?\d{1,3}(?:\.\d{1,2})?(?!\s?[\d~至到个天日周月年次-])"
)


def unlisted(text: str) -> str:
    """A folded text with its list numbers and references to sections and tables blanked, of the same length."""
    return _LISTED.sub(lambda match: " " * len(match.group()), text)


def amounts(text: str) -> list[Amount]:
    """The quantities of a folded text, in text order, not overlapping; numbers without unit too."""
    rest = unlisted(text)
    found: list[Amount] = []
    for reading in (frequencies, _quantities, _plain_numbers):
        new = list(reading(rest))
        found += new
        characters = list(rest)
        for one in new:
            characters[one.start : one.end] = "\x00" * (one.end - one.start)
        rest = "".join(characters)
    found.sort(key=lambda amount: amount.start)
    return _with_shared_units([_bounded(_directed(amount, text), text) for amount in found], text)


def _quantities(text: str) -> Iterator[Amount]:
    for match in _HUNDREDTHS.finditer(text):
        low = value(match.group(1))
        yield Amount("%", low, value(match.group(2)) if match.group(2) else low, "", *match.span())
    yield from _in_words(text)
    for match in _QUANTITY.finditer(text):
        if "百分之" in text[max(0, match.start() - 3) : match.start() + 1]:
            continue
        dimension, factor = UNITS[match.group("unit")]
        if _is_idiom(match):
            continue
        factor *= _MANY.get((match.group("many") or "").strip(), 1.0)
        own = UNITS[match.group("unit1")] if match.group("unit1") else None
        if own and own[0] not in (dimension, DEGREE):
            yield from _two_kinds(match, own, (dimension, factor))
            continue
        low = value(match.group("one")) * (own[1] if own and own[0] == dimension else factor)
        high = value(match.group("two")) * factor if match.group("two") else low
        if match.group("half"):
            low, high = low + 0.5 * factor, high + 0.5 * factor
        dimension, scale = _compound(dimension, match)
        if _PER_KG.search(text, max(0, match.start() - 2 * REACH), match.start()):
            dimension += "/kg"
        if TIME not in dimension and _PER_MINUTE.search(text, max(0, match.start() - REACH), match.start()):
            dimension, scale = f"{dimension}/{TIME}", UNITS["min"][1]
        if dimension == "fahrenheit":
            dimension, factor, low, high = "celsius", 1 / 1.8, (low - 32) / 1.8, (high - 32) / 1.8
        low, high = sorted((low / scale, high / scale))
        yield Amount(dimension, low, high, "", *match.span(), factor / scale)


_KILOGRAMS = frozenset({"kg", "kgs", "kilogram", "kilograms", "kilo", "kilos", "公斤", "千克", "体重", "body weight"})


def _in_words(text: str) -> Iterator[Amount]:
    """Times, ages and shares that are said without a figure or a unit: for a week, half an hour, one in four, a child of six to ten."""
    for match in _ARTICLED.finditer(text):
        unit = match.group("one") or match.group("two")
        factor = _FORTNIGHT if unit == "fortnight" else UNITS[unit][1]
        length = factor / 2 if match.group("half") else factor
        yield Amount(TIME, length, length, "", *match.span(), factor)
    for match in _AGED.finditer(text):
        low, high = sorted(value(match.group(name)) * DAYS_A_YEAR for name in ("one", "two"))
        yield Amount(TIME, low, high, "", match.start("one"), match.end(), DAYS_A_YEAR)
    for match in _FIRST_BIRTHDAY.finditer(text):
        yield Amount(TIME, DAYS_A_YEAR, DAYS_A_YEAR, "le", *match.span(), DAYS_A_YEAR)
    for match in _SHARES_OF.finditer(text):
        if words := match.group("words"):
            count, name = words.split()
            share = value({"a": "one"}.get(count, count)) / _PARTS[name.removesuffix("s")]
        else:
            part, whole = (value(match.group(name) or match.group(f"{name}_zh")) for name in ("one", "of"))
            share = part / whole if whole and part < FEW else 0.0  # 37 of 100 women are counted, not a share
        if 0.0 < share <= 1.0:
            yield Amount("%", 100.0 * share, 100.0 * share, "", *match.span())


def _two_kinds(match: re.Match[str], one: tuple[str, float], other: tuple[str, float]) -> Iterator[Amount]:
    """What looks like a range but is two quantities: 100 mg - 18 %."""
    first = value(match.group("one")) * one[1]
    yield Amount(one[0], first, first, "", match.start(), match.end("unit1"), one[1])
    if match.group("two"):
        second = value(match.group("two")) * other[1]
        yield Amount(other[0], second, second, "", match.start("two"), match.end(), other[1])


def _compound(dimension: str, match: re.Match[str]) -> tuple[str, float]:
    """The dimension with what it is per, and what the number is divided by; per day and per dose are other words' matter."""
    scale = 1.0
    kinds = []
    for name in ("by", "by2"):
        unit = match.group(name)
        if not unit or unit == "次":
            continue
        per, factor = UNITS.get(unit, ("kg", 1.0))
        if unit in _KILOGRAMS:
            per, factor = "kg", 1.0
        count = float((match.group(name + "n") or "1").replace(",", ""))
        if per == TIME and count * factor == 1.0:
            continue
        kinds.append(per)
        scale *= count * factor
    return "/".join([dimension, *sorted(kinds)]), scale or 1.0


def _is_idiom(match: re.Match[str]) -> bool:
    """Whether Chinese characters that could be a number with its unit are words: 一次 (a dose), 一日, 一月, 十分, 千克."""
    one, unit, two = match.group("one"), match.group("unit"), match.group("two")
    if two or not re.fullmatch("[一1]|one", one):
        return False
    return unit in (("次", "日") if one == "1" else ("次", "日", "天", "dose", "回", "针", "times", "两"))


def _plain_numbers(text: str) -> Iterator[Amount]:
    spans = []
    for match in _RATIO.finditer(text):
        low, high = float(match.group(1)), float(match.group(2))
        if high:
            spans.append(match.span())
            yield Amount("ratio", low / high, low / high, "", *match.span())
    for match in _COUNTED.finditer(text):
        counted = value(match.group())
        yield Amount(BARE, counted, counted, "", *match.span())
    for match in _BARE.finditer(text):
        if any(start <= match.start() < end for start, end in spans):
            continue
        low = value(match.group("one") or match.group("three"))
        high = value(match.group("two")) if match.group("two") else low
        yield Amount(BARE, min(low, high), max(low, high), "", *match.span())


def _directed(amount: Amount, text: str) -> Amount:
    """The quantity with what it says of a change, and on which side of a time it lies."""
    before, after = text[max(0, amount.start - REACH) : amount.start], text[amount.end : amount.end + REACH]
    change = "to" if _CHANGED_TO.search(before) else "by" if _CHANGED_BY.search(before) else ""
    side = ""
    if amount.dimension == TIME:
        side = next((name for name, words in _SIDES if words.match(after)), "")
    return replace(amount, change=change, side=side) if change or side else amount


def _bounded(amount: Amount, text: str) -> Amount:
    """The quantity with its bound, and with the words that bound it in its span."""
    before, after = text[max(0, amount.start - REACH) : amount.start], text[amount.end : amount.end + REACH]
    for bound, leading, following in (("le", _AT_MOST, _NO_MORE), ("ge", _AT_LEAST, _NO_LESS)):
        if amount.bound:
            break
        if match := leading.search(before):
            start = amount.start if _COUNTS.search(match.group()) else amount.start - len(match.group())
            return replace(amount, bound=bound, start=start)
        if match := following.match(after):
            return replace(amount, bound=bound, end=amount.end + len(match.group()))
    if not amount.bound and _IS_LIMIT.match(after) and not _COUNTED_IN.search(before):
        return replace(amount, bound="le")
    if _FROM.search(before) and (match := _OF_AGE.match(after)):
        return replace(amount, bound="ge", end=amount.end + len(match.group()))
    within = _WITHIN.match(after)
    return replace(amount, end=amount.end + len(within.group())) if within else amount


_SHARES = regex(r"\s?(?:,|、|/|和|或|及|与|and|or|,\s?(?:and|or))\s?(?:[a-z]{4,20}\s)?")


def _with_shared_units(found: list[Amount], text: str) -> list[Amount]:
    """The quantities, with the unit of the next for a number that is listed with it: 5, 10 or 20 mg."""
    for at in range(len(found) - 2, -1, -1):
        one, after = found[at], found[at + 1]
        if (
            one.dimension == BARE
            and after.dimension not in (BARE, FREQUENCY, "ratio")
            and _SHARES.fullmatch(text[one.end : after.start])
            and text[max(0, one.start - 1) : one.start] != "="  # n=10, 2%
        ):
            found[at] = replace(
                one, dimension=after.dimension, low=one.low * after.factor, high=one.high * after.factor, factor=after.factor
            )
    return found
