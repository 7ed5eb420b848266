"""A turn that asks nothing of its own, in whatever words: the last question carries on, of what the turn names."""

from __future__ import annotations

import re

from medrag.chat.asked import MAY_TAKE
from medrag.chat.persons import Said
from medrag.chat.reading import same_name
from medrag.chat.repeat import again_for_person, again_with, tells
from medrag.chat.turn import Turn, is_polite
from medrag.retrieve.understand import Shape
from medrag.sections import SectionGroup

__all__ = ["carried_on", "for_somebody"]

# What people say around a name that they put in the place of another, and that asks for nothing.
_FILLERS = re.compile(
    r"这?个?方面|同样|一样|相同|类似|这个|那个|问题|情况|顺便|顺带|帮我|麻烦|看看|看一?下|问一?[下问]|查一?[下查]|说一?[下说]|讲一?[下讲]|介绍|告诉我|了解一?下|想知道|知道|想问|请问|还想"
    r"|家里|手头|手上|其实|实际|只有|要是|如果|假如|假设|若是?|换成?|改成?|改用|改吃|换用|换吃|吃的是|用的是|买的是|开的是|拿的是|说的是|而是|不是|是不是|是否|怎么样|咋样|如何|怎样|行不行|可以吗|对吗|会吗|有吗"
    r"|区别|差别|对比|比较|说错|搞错|记错|药店|卖|那么?|行|不|吃|用|服|呢|吗|么|吧|呀|啊|哦|嗯|也|都|还|又|再|就|的|了|是|在|有|和|跟|与|这|我|咱|你|您|给|把|对|上|下|里|话|时候|药|医生|大夫|刚|现在|今天|之前|后来|另外|其他|别的|一种|种|个|盒|瓶|好|请|要|想|能|会"
    r"|\b(?:same|question|thing|things|for|about|on|of|with|that|this|it|instead|rather|actually|really|what|whats|how|and|or|but|if|is|are|was|were|do|does|did|i|im|my|me|we|you|take|takes|taking|took|have|has|had|got|use|using|"
    r"compare|compares|compared|please|also|too|as|well|the|a|an|to|in|at|then|now|just|only|one|ones|mean|meant|case|regard|regards|regarding|same|true|hold|holds|apply|applies|tell|ask|check|look|up|ok|okay|so|hmm|oh|"
    r"prescribed|given|switched|switch|change|changed|bought|home|doctor|pharmacist|instead|say|let|lets|know|m|ve|re|any|be|better|worse|next|pharmacy|had|wrong|can|could|would|like|want|go|goes|any|different|similar|again|there|by|way|s)\b"
)
_WORD = re.compile(r"\w")
_LISTS = frozenset({Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS})
MOST = 60  # characters of a turn that can be a mere follow-up


def for_somebody(turn: Turn, said: Said) -> str | None:
    """The last question for a person whom a turn tells of in a sentence that asks nothing: "It's for my 6-year-old."."""
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or not said.anything or len(reading.plain) > MOST or _asks(reading.plain):
        return None
    understanding = reading.understanding
    if reading.drugs or _sections(turn) or understanding.shape in _LISTS or reading.lang != "en":
        return None
    meant = _FOR.match(reading.plain)
    if meant is None and not tells(reading):
        return None
    person = reading.text[meant.end() if meant else 0 :].strip(" .,!")
    return again_for_person(last, _ASIDE.sub("", person).strip(" .,"), reading)


_FOR = re.compile(r"(?:it'?s|this is|that'?s|its|they'?re) (?:all )?(?:for|about) ")
_ASIDE = re.compile(r",?\s*\b(?:by the way|btw|actually|too|also|though)\b", re.IGNORECASE)


def carried_on(turn: Turn, said: Said) -> str | None:
    """The last question, of the medicine or for the person that a turn names without asking anything; None where it asks.

    It is what the other rules leave: they know the usual wordings, and this one that a turn has no content but a name.
    """
    reading, last = turn.reading, turn.last
    understanding = reading.understanding
    if last is None or is_polite(reading) or len(reading.plain) > MOST or _sections(turn) or understanding.relations:
        return None
    if not last.drugs or understanding.shape in _LISTS or reading.ills:
        return None
    if len(reading.drugs) == 1 and len(last.drugs) == 1 and _BESIDE.search(reading.plain) and not _content(turn, _TOO):
        other = reading.drugs[0].name
        return None if same_name(other, last.drugs[0].name) else _together(last.drugs[0].name, other, reading.lang)
    new = [drug.name for drug in reading.drugs if not any(same_name(drug.name, old.name) for old in last.drugs)]
    if len(new) != len(reading.drugs) or len(new) > 1 or (new and said.anything):
        return None
    if new and MAY_TAKE.search(reading.masked) and not MAY_TAKE.search(last.masked):
        return None  # 能吃布洛芬吗 asks that, whatever was asked or told before
    before = turn.memory.slots.person
    if new and said.person and before and said.person is not before:
        return None  # 那我能吃布洛芬吗, after a child: of another medicine and another person nothing carries on
    if new and not _content(turn):
        return again_with(last, new, turn.focus, turn.reader)
    if not new and said.anything and not _asks(reading.plain):
        return again_for_person(last, reading.text.strip(" 。.，,?？!！"), reading)
    return None


def _sections(turn: Turn) -> frozenset[SectionGroup]:
    """The sections that a turn asks for, beside those that the person in it brings."""
    return frozenset(turn.reading.understanding.groups) - _OF_PERSONS


_OF_PERSONS = frozenset({SectionGroup.PREGNANCY, SectionGroup.PEDIATRIC, SectionGroup.GERIATRIC, SectionGroup.WARNINGS})


# What says that a medicine is taken beside the one talked about, and not in its place.
_TOO = re.compile(
    r"(?:也|还|同时|一直|正|平时|每天)(?:在|要|得)?(?:吃|用|服|打|喝|服用|使用)着?|同时|一起|一块儿?|放一块|合着|冲突|打架|相克|影响不影响|降压药|降糖药|抗凝药|老人|妈妈?|爸爸?|患者"
    r"|\b(?:also|too|as well|already|currently|still|daily|every day|together|alongside|on top|clash|conflict|interact|on|taking|takes)\b"
)


_BESIDE = re.compile(
    r"(?:也|还|同时|一直|正|平时|每天)(?:在|要|得)?(?:吃|用|服|打|喝)|同时|一起|一块|放一块|冲突|打架|相克"
    r"|\b(?:also|already|currently|still)\b.{0,12}\b(?:on|tak\w+|us\w+)\b|\b(?:on|tak\w+)\b.*\b(?:too|as well|daily|every day)\b|\b(?:together|alongside|clash|conflict)\b"
)


def _together(one: str, other: str, lang: str) -> str:
    return f"{one}和{other}能一起吃吗？" if lang == "zh" else f"Can {one} and {other} be taken together?"


def _content(turn: Turn, *beside: re.Pattern[str]) -> str:
    """The letters of a turn beside the medicine that it names and what people say around it."""
    text = turn.reading.plain
    for drug in reversed(turn.reading.drugs):
        text = text[: drug.start] + " " + text[drug.end :]
    for pattern in beside:
        text = pattern.sub(" ", text)
    return "".join(_WORD.findall(_FILLERS.sub(" ", text)))


def _asks(plain: str) -> bool:
    return (
        re.search(r"[吗嘛?？]|什么|怎么|多少|几|能不能|可不可以|\b(?:can|should|what|how|when|why|which|is it|does)\b", plain)
        is not None
    )
