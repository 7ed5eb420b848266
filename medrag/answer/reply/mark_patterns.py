"""What citation marks look like, and what only looks like them: the patterns behind `medrag.answer.reply.marks`."""

from __future__ import annotations

import re

from medrag.patterns import regex

__all__ = [
    "BRACKETED",
    "CODE_BEFORE",
    "DIGITS",
    "INTERVAL_BEFORE",
    "LINK_AFTER",
    "NAME_AFTER",
    "NAME_BEFORE",
    "PROSE",
    "RAISED",
    "RAISED_UNIT_BEFORE",
    "RANGE",
    "SOURCE_NOUN",
    "UNIT_AFTER",
]

_ORDINARY, _FULL, _RAISED = "0123456789", "０１２３４５６７８９", "⁰¹²³⁴⁵⁶⁷⁸⁹"
DIGITS = str.maketrans({**dict(zip(_FULL, _ORDINARY, strict=True)), **dict(zip(_RAISED, _ORDINARY, strict=True)), "⁻": "-"})
DIGITS |= str.maketrans({**dict(zip("一二三四五六七八九", "123456789", strict=True)), "十": "10"})

_DASH = r"[-–—~～至]"
_D = r"[0-9０-９]"
_S = r"[^\S\n]{0,3}"  # bounded, so that a flood of blanks costs nothing

# What a source is called: before a number without brackets it makes it a mark (文档1), within brackets it may stand before it.
_ZH_NOUN = r"参考文献|参考资料|文档|文献|资料|来源|证据|材料|文件|片段|段落|条目|出处|引文"
_EN_NOUN = r"documents?|docs?|sources?|references?|refs?|passages?|evidence|excerpts?|citations?"
SOURCE_NOUN = rf"(?:{_ZH_NOUN}|(?<![A-Za-z])(?:{_EN_NOUN})(?![A-Za-z]))"
_IN_BRACKETS = rf"(?:{_ZH_NOUN}|参考|编号|(?:{_EN_NOUN}|cite){_S}[:：._]?|n(?:os?|r){_S}[.:．]?|№|#)"

# [1] [1,2] [1-3] [[1]] [^1^] [No.1, No.2] 【1】 ［１］ 〔1〕 ⟦#1⟧ 【1†source】, also as Markdown escapes them: \[1\]
_ITEM = rf"(?:\^|{_IN_BRACKETS})?{_S}{_D}{{1,2}}\^?(?:{_S}{_DASH}{_S}(?:\^|{_IN_BRACKETS})?{_S}{_D}{{1,2}}\^?)?"
_COMMA = rf"(?:{_S}(?:[,，、;；&]|和|及|与|and){_S}|[^\S\n]{{1,3}})"
BRACKETED = regex(
    rf"\\?(?P<open>\[{{1,2}}|［|【|〔|⟦#|⟦){_S}(?P<numbers>(?P<caret>\^)?(?P<noun>{_IN_BRACKETS})?{_S}{_D}{{1,3}}\^?"
    rf"(?:{_S}{_DASH}{_S}(?:\^|{_IN_BRACKETS})?{_S}{_D}{{1,2}}\^?)?(?:{_COMMA}{_ITEM})*){_S}(?:(?::\d+)?†[^\]】\n]{{0,40}})?"
    r"\\?(?:\]{1,2}|］|】|〕|⟧)",
    re.IGNORECASE,
)
RANGE = regex(rf"(?P<first>\d+)(?:\^?\s*{_DASH}\s*[^\d,，、;；\s]{{0,10}}\s*(?P<last>\d+))?")

LINK_AFTER = regex(
    r"\([^\S\n]{0,3}(?:https?:|ftp:|mailto:|www\.|[/#]|\.{1,2}/|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,5}\b)", re.IGNORECASE
)
# "[5] mg" is a dose; the units are those that follow a number, as they are spelt, so that "[1] U.S. labels" stays a mark.
UNIT_AFTER = regex(
    r"[^\S\n]?(?:(?:mg|mcg|[µμu]g|ng|kg|g|m[lL]|d[lL]|mmol|[µμ]?mol|IU|mmHg|cm|mm)(?![A-Za-z.])|[%％‰℃]|°[CF]"
    r"|毫克|微克|毫升|千克|公斤|国际单位|小时(?!候)|分钟|岁)"
)
INTERVAL_BEFORE = regex(r"(?:CI|区间|范围|interval|range|∈|\d%)\s*(?:[:：=为是(（]|of)?\s*$", re.IGNORECASE)
CODE_BEFORE = regex(r"(?:\w\(|=\s*)$")  # f([1, 2]), x = [1, 2]
# Numbers inside a chemical name: thieno[3,2]-c, [1,4]-diazepine after a hyphen.
NAME_BEFORE = regex(r"[A-Za-z\-‐]$")
NAME_AFTER = regex(r"[a-z]|[-‐][A-Za-z\d(]")

RAISED = regex(
    rf"(?<![⁺⁻{_RAISED}])(?P<digits>[{_RAISED}]{{1,2}}(?:[,，˒⁻–-][{_RAISED}]{{1,2}})*)(?![⁺⁻{_RAISED}])"
    r"|<sup>\s*(?P<tagged>\d{1,2}(?:\s*[,，、–-]\s*\d{1,2})*)\s*</sup>"
)
RAISED_UNIT_BEFORE = regex(r"(?:(?<![A-Za-z])(?:[kcdmµμn]?m|s|sec|h|d|min|[kmµμ]?g|[mdµμ]?[lL]|m?mol|[xXrR])|[\dχ×])\s?$")

# After a number without brackets: what makes it an amount, an age or a year instead of a source's number.
_AMOUNT = (
    rf"(?!{_D}|[.．]\d|{_S}{_DASH}{_S}{_D}|{_S}[年月日天周岁种篇份条个项类级型期页章节次片粒袋支倍例名部%％℃]"
    rf"|{_S}(?:[mknµμu]?g|mcg|m[lL]|IU|hours?|days?|weeks?|months?|years?|tablets?|capsules?|doses?|times|patients?|studies|trials)"
    r"(?![A-Za-z]))"
)
_PLACE = rf"{_D}{{1,2}}(?:{_S}{_DASH}{_S}{_D}{{1,2}})?{_AMOUNT}"
_HAN_PLACE = r"[一二三四五六七八九十](?=[，,、：:；;。）)\s]|中|里|所|的|表明|显示|提|指|说|记|$)"
_GAP = rf"{_S}(?:(?:no\.?|numbers?|编号|序号|第|#){_S})?"
PROSE = regex(
    # 文档1, 文档1、2和3, 文献（2）, 资料一
    rf"(?:{_ZH_NOUN}){_GAP}(?:[（(]{_S}(?P<wrapped>{_D}{{1,2}}){_S}[)）]"
    rf"|(?P<zh>{_PLACE}(?:{_S}[、和及与&]{_S}(?:{_ZH_NOUN})?{_S}{_PLACE})*)|(?P<han>{_HAN_PLACE}))"
    # 第2份资料, 第一篇文献
    rf"|第{_S}(?P<ordinal>\d{{1,2}}|[一二三四五六七八九十]){_S}[份篇个条段则]?(?:参考文献|参考资料|文档|文献|资料|证据|材料)"
    # document 2, sources 1, 2 and 3
    rf"|(?<![A-Za-z])(?<!level of )(?:documents|docs|sources|references|refs|passages|excerpts|citations)\.?{_GAP}"
    rf"(?P<several>{_PLACE}(?:{_S}(?:,?{_S}and|[,&]){_S}{_PLACE})*)"
    rf"|(?<![A-Za-z])(?<!level of )(?:{_EN_NOUN})\.?{_GAP}(?P<one>{_PLACE}(?:{_S}(?:and|&){_S}{_PLACE})*)",
    re.IGNORECASE,
)
