"""How operations and diagnoses are worded: the same thing said as standards say it, for comparing and never for showing.

The rules are general medical usage: which side, under which guidance and with which scope is left out or said one way;
a growth of any kind that is removed is a lesion; words for the same act are one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.types import EntityKind

__all__ = ["is_other", "parts_of", "scope_of", "sides_of", "worded"]

_BRACKETS = regex(r"[\(\[【].*?[\)\]】]")
_MARKS = regex(r"[()\[\]【】+。.\s\"“”,、;/·\-—:]")
_CODES = regex(r"[\(\[【]{1,2}\d[\d.a-z+]*[\)\]】]{1,2}|\d{2}\.\d{2,4}[a-z0-9]*")
_SIDE = regex(r"左侧|右侧|双侧|单侧|两侧|左(?!心)|右(?!心)|双(?=[侧肺眼耳乳肾足手下上腿扁膝髋])")
_BOTH, _ONE = regex("双|两侧"), regex("单侧|左|右")
_OTHER = regex(r"^其他|\b(?:nec|nos)\b|未特指", re.ASCII)
_JOINED = regex(r"[+、,;]|(?<=术)(?:和|及|伴|并)(?=.{4})")
_SCOPES = "腹腔 关节 宫腔 膀胱 胸腔 输尿管 支气管 胃 肠 喉 肾 脑室 纵隔".split()
_LESION = "病损"

# What is said with a side and means something else without it.
_OF_A_SIDE = tuple(
    (regex(pattern), said)
    for pattern, said in (
        ("(?:左|右).{0,5}(?:全切|叶|切除).{0,6}(?:左|右).{0,8}(?:部分|次全|大部|近全).{0,2}(?:切除)?", "单侧甲状腺切除伴他叶部分切除"),
        ("(?:左|右).{0,5}(?:部分|次全|大部|近全).{0,8}(?:左|右).{0,8}(?:全切|叶|切除)(?:切除)?", "单侧甲状腺切除伴他叶部分切除"),
        ("(?:左|右)侧?(?:单侧)?(?:甲状腺)?(?:腺?叶)?甲状腺(?:腺?叶)?(?:全切除?|切除)(?!伴)", "单侧甲状腺叶切除"),
        ("(?:左|右)侧?肾(?:癌|肿瘤)?根治(?:性)?(?:切除)?", "单侧肾切除"),
    )
)  # fmt: skip
# Pattern and what it becomes, in this order.
_RULES = tuple(
    (regex(pattern), said)
    for pattern, said in (
        (r"第?[一二三四五六七八九十]期", ""),
        ("巨大", ""), ("大疱", "大泡"), ("取(?:出)?内固定", "内固定去除"), ("后凸成形|pkp", "椎体增强"), ("清宫", "刮宫"),
        ("动静脉(?:内|造)?瘘(?:成形|吻合)?", "动静脉吻合为肾透析"), ("(?:经)?(?:单|双)?鼻(?:腔)?-?(?:经)?蝶(?:窦|骨)?(?:入路)?", "经蝶骨"),
        ("(?:大脑.{0,3}动脉|交通动脉|基底动脉|颅内).{0,8}瘤.{0,6}栓塞", "经导管颅内动脉瘤栓塞"), ("(?<!经皮)椎体成形", "经皮椎体成形"),
        ("turbt", "经尿道膀胱病损切除"), ("turp", "经尿道前列腺切除turp"), ("vats", "胸腔镜"), ("iabp", "主动脉球囊反搏"),
        ("ercp", "内镜逆行胰胆管造影"), ("pci", "经皮冠脉介入"), ("cabg", "冠脉旁路移植"), ("pcnl", "经皮肾镜碎石pcnl"),
        ("经尿道前列腺(?:等离子|离子束刀)?(?:双极)?(?:电切|切除|汽化电切)(?:术?turp)?", "经尿道前列腺切除turp"),
        ("(?:全麻|局麻|局部麻醉|显微镜|神经导航|导航|电生理监测|超声|ct|x线|b超|c臂|彩超|透视|dsa)(?:引导|监视|辅助)?下", ""),
        ("ct引导|显微外科|显微|神经导航|电生理监?测?|低温等离子(?:手术系统)?(?:辅助)?|等离子", ""),
        ("神经内镜|椎间孔镜|(?:椎)?间盘镜|鼻内镜|内窥镜|腔镜(?<!腹腔镜)(?<!胸腔镜)(?<!宫腔镜)", "内镜"),
        ("后腹腔镜", "腹腔镜"), ("(?:电视)?胸腔镜", "胸腔镜"), ("支撑喉镜", "喉镜"), ("纤支镜|纤维支气管镜", "支气管镜"),
        ("镜(?:辅助|监视)?下", "镜"), ("经(?=(?:腹腔|关节|宫腔|膀胱|胸腔|支气管|胃|肠|结肠|喉|内|纵隔)镜)", ""),
        ("(膝|肩|踝|髋|腕|肘)关节镜", r"关节镜\1关节"), ("输尿管镜(?=.*(?:碎石|取石))", "经尿道输尿管肾盂"), ("钬激光", "激光"),
        ("恶性肿瘤|良性肿瘤|肿瘤|肿物|肿块|包块|占位(?:性病变)?|结节(?!性)|息肉|囊肿|瘤体|病灶|病变|新生物|赘生物|小结|白斑", _LESION),
        ("(?:(?:血管|脂肪|纤维|错构|乳头状|胶质|鞘|肌|神经鞘|畸胎|(?<!上)(?<!旁)腺))瘤|(?<![静动脉])瘤|癌", _LESION),
        (f"(?:{_LESION})+", _LESION),
        ("摘除|剔除|剥除|剜除|切取|清除|剥离|全切(?!除)|电切|气化|汽化|切吸", "切除"), ("(?:切除)+", "切除"),
        ("取出|拆除|取除", "去除"), ("植入|置换入|放置|安置|置管|留置", "置入"), ("成型|整形|矫形|矫正|修整", "成形"),
        ("颅骨(?:缺损)?修[补复]", "颅成形"), ("修复", "修补"), ("还纳|回纳", "闭合"), ("探查", "检查"), ("镜检(?!查)", "镜检查"),
        ("活检|取病理", "活组织检查"), ("椎体", "椎骨"), ("根治性|根治", "根治"), ("次全", "部分"), ("腺叶|侧叶", "叶"), ("封闭", "阻滞"),
        ("造瘘|造漏", "造口"), ("瘘", "漏"), ("晶状?体", "晶体"), ("(?:d-?j|双j|双猪尾)管", "支架"), ("输尿管支架管", "输尿管支架"),
        ("剖腹产|剖宫产", "剖宫产"), ("毁损|热凝|消融", "破坏"), ("闭合性", "闭合"), ("开放性", "切开"), ("经皮穿刺", "经皮"),
        ("冠状动脉", "冠脉"), ("装置|系统", ""), ("侧?脑室-?腹腔内?分流", "侧脑室腹腔内分流"), ("神经(?:前移|前置|转位)", "神经移位"),
        ("截肢", "截断"), ("(?:人工)?全(髋|膝)(?:关节)?", r"全\1关节"), ("再造", "重建"), ("手术$", "术"), ("术", ""),
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def worded(name: str, kind: EntityKind, *, brackets: bool = True) -> str:
    """The name as its kind is compared, with or without what stands in brackets; never empty for a name that is not."""
    plain = fold(name).replace(" ", "")
    text = _CODES.sub("", plain)
    if not brackets:
        bare = _BRACKETS.sub("", text)
        text = bare if len(bare) > 2 else text
    if kind is EntityKind.OPERATION:
        if "甲状腺" in text or "肾" in text:
            text = _replaced(text, _OF_A_SIDE)
        text = _replaced(_SIDE.sub("", text), _RULES)
    elif kind is EntityKind.DISEASE:
        text = _SIDE.sub("", text)
    return _MARKS.sub("", text) or plain


def _replaced(text: str, rules: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, said in rules:
        text = pattern.sub(said, text)
    return text


def sides_of(name: str) -> int:
    """2 where a name says both sides, 1 where it says one, 0 where it says nothing of sides."""
    return 2 if _BOTH.search(name) else 1 if _ONE.search(name) else 0


def scope_of(words: str) -> str:
    """Through which scope an operation is done, as `worded` says it; "" for none."""
    if "镜" not in words:
        return ""
    return next((scope for scope in _SCOPES if scope + "镜" in words), "内")


def is_other(name: str) -> bool:
    """Whether a standard's term is a remainder: other operations on ..., not otherwise specified."""
    return _OTHER.search(fold(name)) is not None


def parts_of(name: str) -> list[str]:
    """The operations or diagnoses that a text joins (by +, commas, 及), or none where it names one."""
    parts = [part.strip() for part in _JOINED.split(name) if len(part.strip()) > 2]
    return parts if len(parts) > 1 else []
