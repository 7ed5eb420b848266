"""The words of a claim without its citation marks, the phrases that introduce them, and Markdown's emphasis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.answer.reply.mark_patterns import SOURCE_NOUN
from medrag.answer.reply.marks import Mark, MarkForm, parse_marks
from medrag.patterns import regex

__all__ = ["only_cites", "unmarked"]

# What stands for a mark while the words around it are looked at: a bracketed one, and one with its noun, as 文档1.
_M, _NAMED = "\x00", "\x01"
_ONE = rf"(?:(?:{SOURCE_NOUN}\s*[:：]?)?\s*{_M}|{_NAMED})"
_ROW_OF = rf"{_ONE}(?:\s*(?:[、,，;；&]|和|及|与|and)?\s*{_ONE})*"
_NAMED_ROW = rf"(?:(?:{SOURCE_NOUN})\s*{_M}|{_NAMED})(?:\s*(?:[、,，;；&]|和|及|与|and)?\s*{_ONE})*"
# What may stand between 根据 and the source: nothing that says whom or what the claim is about (根据体重[1]，……).
_FILLER = r"(?:[您你我所的与和、]|们|用户|提供|给出|学习|检索到|已知|上述|以上|这些|相关|现有|资料|文档|文献|信息|内容|问题)*?"
_SEE = r"(?:请?参考|请?参见|详见|见|来源于|来源|来自|引自|出自|依据|according to|see also|see|refer to|from|cf\.?)?\s*[:：]?\s*"
# (see [2]), （参考[1]、[2]）
_WRAPPED = regex(rf"\s*[（(]\s*{_SEE}{_ROW_OF}\s*[)）]", re.IGNORECASE)
# 根据您提供的文档[1]中的信息，  如文献2所述，  [1]表明，
_ZH_LEAD = regex(
    rf"^(?:(?:根据|依据|按照|参照|参考|基于|结合|据){_FILLER}{_ROW_OF}|(?:[如在从按依](?:{_FILLER}))?{_NAMED_ROW}|{_ROW_OF})\s*(?:{SOURCE_NOUN})?"
    r"(?:当中|[中里])?的?(?:相关)?(?:信息|内容|描述|说明|记载|指示|规定|建议|资料)?"
    r"(?:所[述示说]|(?:明确)?(?:表明|显示|指出|提到|提及|记载|说明|认为|可知|列出)(?!的))?(?:[，,：:]\s*|(?<=[述示说明出到及载为知])(?!的)\s*|(?<=[\x00\x01])(?![中里的])\s*)"
)
# According to document 2,  Source 3 says that  [1]
_EN_LEAD = regex(
    rf"^(?:(?:according to|based on|per|as (?:\w+ )?in|in|from|see)\s+)?(?:the\s+)?{_ROW_OF}\s*"
    r"(?:(?:says?|states?|shows?|indicates?|notes?|mentions?|reports?|recommends?|advises?)\b(?:\s+that\b)?)?\s*[,:]?\s*",
    re.IGNORECASE,
)
# What says only where the rest came from: 以上信息来源于文档[1]。, and a list of sources: [^1^]: 文档[1]
_CREDIT = regex(
    rf"\s*(?:请注意[，,])?(?:(?:以上|上述|这些|此)[^，。]{{0,8}}?)?(?:均|都|是)?(?:来源于|来源|来自于?|出自|参考自?|源自|基于|参考)[:：]?(?:[您你我]?所?(?:提供|给出|学习)的)?"
    rf"{_ROW_OF}[。.]?\s*|{_ONE}\s*[:：]?\s*{_ROW_OF}\s*"
)
_LEFT = regex(rf"(?:<sup>)?[^\S\n]*[{_M}{_NAMED}](?:[、,，]?\s*[{_M}{_NAMED}])*(?:</sup>)?")
# Asterisks between numbers multiply: 10*9/L
_EMPHASIS = regex(
    r"(?<!\d)\*{2,3}|\*{2,3}(?!\d)|(?<![\d\s*])\*(?!\*)|(?<!\*)\*(?![\d\s*])|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`+|~~|</?(?:b|i|em|strong|u)>",
    re.IGNORECASE,
)
_BLANKS = regex(r"[^\S\n]{2,}")
_ONLY = regex(rf"^\s*{_SEE}{_ROW_OF}\s*$", re.IGNORECASE)


def unmarked(text: str, start: int, end: int, marks: Sequence[Mark]) -> str:
    """The words of `text[start:end]` as a statement: without marks, 根据文档1, (see [2]) and emphasis."""
    words = _replaced(text, start, end, marks)
    words = _EMPHASIS.sub("", words)
    if _CREDIT.fullmatch(words):
        return ""
    if _M in words or _NAMED in words:
        words = _WRAPPED.sub("", words)
        stripped = words.lstrip()
        leads = [match.end() for pattern in (_ZH_LEAD, _EN_LEAD) if (match := pattern.match(stripped)) is not None]
        words = stripped[max(leads) :] if leads else words
        words = _LEFT.sub("", words)
    return _BLANKS.sub(" ", words).strip()


def only_cites(words: str, style: str) -> bool:
    """Whether words, such as those within a pair of brackets, do nothing but cite: 参考[1]、[2]."""
    marks = parse_marks(words, style=style)
    return bool(marks) and _ONLY.match(_replaced(words, 0, len(words), marks)) is not None


def _replaced(text: str, start: int, end: int, marks: Sequence[Mark]) -> str:
    """`text[start:end]` with one of two characters that no text holds in place of each mark."""
    parts: list[str] = []
    at = start
    for mark in marks:
        if at <= mark.start and mark.end <= end:
            parts += [_clean(text[at : mark.start]), _NAMED if mark.form is MarkForm.PROSE else _M]
            at = mark.end
    return "".join([*parts, _clean(text[at:end])])


def _clean(text: str) -> str:
    return text.replace(_M, "").replace(_NAMED, "")
