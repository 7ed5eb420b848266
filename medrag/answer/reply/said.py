"""What a piece of a reply is: a claim that is checked, a refusal, or a remark that claims nothing.

In doubt it is a claim: whatever holds an amount or says what is allowed is one, however politely it begins.
"""

from __future__ import annotations

import re
from enum import StrEnum

from medrag.answer.prompt.build import is_refusal
from medrag.answer.reply.cut import Piece
from medrag.answer.reply.cut_units import UnitKind
from medrag.answer.verify.claim import asserts
from medrag.patterns import regex

__all__ = ["Said", "said"]


class Said(StrEnum):
    """What a piece is."""

    CLAIM = "claim"
    REFUSAL = "refusal"  # that the evidence does not answer
    REMARK = "remark"  # a heading, a greeting, a lead-in, "ask your doctor"


_NUMBER = r"(?:\d[\d.,]*|[一二两三四五六七八九十百半几]+)"
_AMOUNT = regex(
    rf"{_NUMBER}\s*(?:%|％|‰|℃|mg|mcg|[µμ]g|g|kg|ml|l|iu|u|mmol|units?|毫克|微克|克|公斤|千克|毫升|升|单位|片|粒|袋|支|丸|包|贴|滴|喷|次|日|天|周|个?月|年|岁"
    r"|小时|分钟|倍|tablets?|capsules?|pills?|drops?|puffs?|doses?|times|hours?|days?|weeks?|months?|years?)(?![a-z])"
    r"|\b(?:one|two|three|four|once|twice|half|daily)\b",
    re.IGNORECASE,
)
_STANCE = regex(
    r"禁用|忌用|慎用|可用|可以|不能|不可|不宜|不得|不应|避免|安全|停用|停药|能吃|能用|有效|治疗|引起|导致"
    r"|\b(?:safe|unsafe|avoid|contraindicated|must|may|can|should|stop|cause[sd]?|treat[s]?|effective)\b",
    re.IGNORECASE,
)
_TURNS = regex(r"但|不过|然而|一般|通常|\b(?:but|however|usually|generally|typically|although|instead)\b", re.IGNORECASE)
_SORRY = regex(
    r"^(?:很?抱歉|对不起|不好意思|i(?:'|’)?m sorry|i am sorry|sorry|unfortunately|i apologi[sz]e)[,，:：!！。.]?\s*(?:but\s+)?",
    re.IGNORECASE,
)
# How models say in words of their own that there is nothing to say.
_REFUSES = regex(
    r"(?:资料|文档|文献|知识库|说明书|信息|内容)[^。，,]{0,8}(?:没有|未|并未|并没有|不)[^。，,]{0,4}(?:提到|提及|说明|记载|包含|涉及|给出|提供)"
    r"|(?:无法|不能)[^。]{0,14}(?:回答|确定|判断|得出)"
    r"|^(?:我|目前)?(?:不知道|不清楚|不太清楚)"
    r"|\bi (?:do not|don(?:'|’)t) know\b|\b(?:cannot|can(?:'|’)t|can not|unable to) (?:answer|determine|tell|say|find)\b"
    r"|\b(?:sources?|documents?|evidence|labels?|context|information)\b.{0,30}\b(?:do(?:es)? not|don(?:'|’)t|doesn(?:'|’)t|did not)\b"
    r".{0,12}\b(?:contain|provide|include|mention|have|say|state|specify|address)\b",
    re.IGNORECASE,
)
_ADVISES = regex(
    r"^(?:因此|所以|如有[^，,。]{0,12}[，,])?(?:建议|请|可以?|务必|应)?(?:您|你)?(?:及时|尽快|先|进一步)?(?:咨询|询问|联系|就医|就诊|遵医嘱|遵从|参考|查阅)[^，,。]{0,30}"
    r"(?:医生|医师|药师|医院|医务人员|专业人士|专业人员|说明书)?"
    r"|^(?:please |you should |so |if in doubt,? )*(?:consult|ask|see|contact|talk to|speak (?:to|with)|check with)\b.{0,40}"
    r"\b(?:doctor|physician|pharmacist|professional|provider)\b",
    re.IGNORECASE,
)


def said(piece: Piece) -> Said:
    """What the piece is."""
    text = piece.text.strip()
    if _AMOUNT.search(text) is not None:
        return Said.CLAIM
    bare = _SORRY.sub("", text)
    if _TURNS.search(bare) is None and (is_refusal(bare) or _REFUSES.search(bare) is not None):
        return Said.REFUSAL
    if not asserts(text) or (_ADVISES.match(bare) and not _forbids(bare)):
        return Said.REMARK
    if piece.kind is UnitKind.HEADING and _STANCE.search(text) is None:
        return Said.REMARK
    return Said.CLAIM


def _forbids(text: str) -> bool:
    """Whether advice says more than whom to ask."""
    return re.search(r"禁用|慎用|不能|不可|不宜|停用|避免|\b(?:avoid|stop|not)\b", text, re.IGNORECASE) is not None
