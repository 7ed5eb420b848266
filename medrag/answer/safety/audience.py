"""Whom a statement on a dose is for: those of an age, and ill people, as it names them or what it stands under does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medrag.patterns import regex

__all__ = ["ADULT", "Audience", "audience_before"]

_NEAR = 40  # characters behind a limit that may say whom it is for, in its own clause
_CLAUSE_ENDS = regex(r"[，。；;]|\.\s|, |\|")
# A maximum that holds for some only, whatever their age.
_SPECIAL = regex(
    r"肾功能|肾损|肝功能|肝损|肌酐|透析|老年|renal|hepatic|liver (?:function|disease|impair)|cirrho|creatinine|dialysis|impair|elderly|geriatric|合用|同服|联用|concomitant|coadmin|co-admin|when (?:taken|used|given) with|with (?:cyclosporine|verapamil|amiodarone)|inhibitors?\b|poor metabolizers",
    re.IGNORECASE,
)
_WELL = regex(r"\bnormal (?:renal|kidney|liver|hepatic) function|[肾肝]功能正常", re.IGNORECASE)
_LOW, _HIGH = r"(?P<low>\d+(?:\.\d+)?)", r"(?P<high>\d+(?:\.\d+)?)"
_YEARS_ZH, _YEARS_EN = r"\s*(?:周?岁|(?P<months>个月|月龄))", r"\s*(?:years?|yrs?|(?P<months>months?))"
# Those who are named by their age, else as adults or as children.
_NAMED = tuple(
    regex(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_LOW}\s*(?:周?岁|(?P<low_months>个月|月))?\s*[~～\-–—至到]\s*{_HIGH}{_YEARS_ZH}",
        rf"{_LOW}{_YEARS_ZH}\s*及?以上",
        rf"(?:大于|超过|年满|[>＞≥])\s*{_LOW}{_YEARS_ZH}",
        rf"{_HIGH}{_YEARS_ZH}\s*及?以[下内]",
        rf"(?:小于|不足|不满|未满|低于|[<＜≤])\s*{_HIGH}{_YEARS_ZH}",
        rf"{_LOW}\s*(?:years?|yrs?|(?P<low_months>months?))?\s*(?:of age |old )?(?:to|through|-|–)\s*(?P<below>under |less than |below )?{_HIGH}{_YEARS_EN}",
        rf"{_LOW}{_YEARS_EN}(?: of age| old)*,? (?:and|or|&) (?:over|older|above|up)",
        rf"(?:over|older than|above|aged?) (?:the age of )?{_LOW}{_YEARS_EN}",
        rf"(?:under|below|younger than|less than)\s*(?:the age of )?{_HIGH}{_YEARS_EN}",
    )
)
_ADULTS = regex(r"成人|成年|\badults?\b", re.IGNORECASE)
# 12岁以上儿童 are named by their age.
_CHILDREN = regex(
    r"(?<!以[上下])(?<!以[上下]少年)(?<!以[上下]青少年)(?<!岁)(?<!岁的)(?:儿童|小儿|患儿)|婴|(?<!old )child(?![- ]?pugh)|p(?:a)?ediatric|infant",
    re.IGNORECASE,
)
_SO_OLD_CHILDREN = regex(r"\s*的?(?:青?少年)?(?:儿童|小儿|患儿)")
_WITH_ADULTS = regex(r"(?:成人|成年人)\s*(?:及|和|与|、|或|以及)\s*$")
_FOR_WHOM = regex(r"\s*(?:in|for|用于|适用于)\s*(?:成人|儿童|小儿|adults?|children|p(?:a)?ediatric|infants)", re.IGNORECASE)
_OLDEST, _GROWN, ADULT = 200.0, 12.0, 18.0  # years; who is grown takes an adult's dose
_MONTHS = 12.0


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a limit is for: those of `low` to below `high` years; `named` says that the label names them, `special` that it is of ill people."""

    low: float
    high: float
    named: bool = False
    special: bool = False


def audience_before(text: str, match: re.Match[str], above: str) -> Audience:
    """Whom an amount is for: who was named last before it, in its sentence, else in what stands above it."""
    before, behind = text[: match.start()], _CLAUSE_ENDS.split(text[match.end() : match.end() + _NEAR], 1)[0]
    clause = before[max((before.rfind(stop) for stop in "。；;|"), default=-1) + 1 :] + match[0] + behind
    special = _SPECIAL.search(_WELL.sub("", clause)) is not None or _SPECIAL.search(above) is not None
    named = _last_named(before) or (_last_named(behind) if _FOR_WHOM.match(behind) else None) or _last_named(above)
    low, high = named or (0.0, _OLDEST)
    return Audience(low, high, named is not None, special)


def _last_named(text: str) -> tuple[float, float] | None:
    """From which age and below which those are who are named last in a text."""
    found = [(match.start(), *_ages(match, text)) for pattern in _NAMED for match in pattern.finditer(text)]
    found += [(match.start(), _GROWN, _OLDEST) for match in _ADULTS.finditer(text)]
    found += [(match.start(), 0.0, ADULT) for match in _CHILDREN.finditer(text)]
    return max(found)[1:] if found else None


def _ages(match: re.Match[str], text: str) -> tuple[float, float]:
    said = match.groupdict()
    per = _MONTHS if said["months"] else 1.0
    low, high = said.get("low"), said.get("high")
    least = float(low) / (_MONTHS if said.get("low_months") else per) if low else 0.0
    if high is None:  # 7岁以上儿童 are no adults, 成人及12岁以上儿童 are
        young = _SO_OLD_CHILDREN.match(text, match.end()) and not _WITH_ADULTS.search(text, 0, match.start())
        return least, ADULT if young else _OLDEST
    # 6 to 11 years is until the twelfth birthday.
    upto = float(high) + (1.0 if low and not said.get("below") else 0.0)
    return least, upto / per
