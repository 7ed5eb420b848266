"""A turn that asks nothing of its own, in whatever words: the last question carries on, of what the turn names."""

from __future__ import annotations

import re

from medrag.chat import wordings as w
from medrag.chat.asked import MAY_TAKE, for_a_person
from medrag.chat.effects import tells_of_effect
from medrag.chat.fillers import beside_names, beside_persons
from medrag.chat.named import compared_with_it, joined_to_it, joins_another, only_denies
from medrag.chat.persons import Said
from medrag.chat.placing import joined
from medrag.chat.reading import same_name
from medrag.chat.repeat import again_for_person, again_with, person_alone, telling, tells
from medrag.chat.told import OF_PERSONS, is_for_somebody, tells_of_condition
from medrag.chat.turn import Turn, is_polite, pointers
from medrag.retrieve.understand import Shape
from medrag.retrieve.words import FOODS
from medrag.sections import SectionGroup

__all__ = ["carried_on", "for_somebody", "switched", "taken_beside", "with_illness"]

_LISTS = frozenset({Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS})
_END = " 。.，,?？!！"
MOST = 60  # characters of a turn that can be a mere follow-up


def for_somebody(turn: Turn, said: Said) -> str | None:
    """The last question for a person whom a turn tells of in a sentence that asks nothing: "It's for my 6-year-old.".

    A sentence that says something else of the person, too ("he has had nightmares since"), is no mere introduction.
    """
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or not said.anything or len(reading.plain) > MOST or _asks(reading.plain):
        return None
    if not for_a_person(last):
        return None
    understanding = reading.understanding
    if reading.drugs or _sections(turn) or understanding.shape in _LISTS or reading.lang != "en":
        return None
    meant = _FOR.match(reading.plain)
    if (meant is None and not tells(reading)) or beside_persons(reading):
        return None
    person = reading.text[meant.end() if meant else 0 :].strip(" .,!")
    return again_for_person(last, _ASIDE.sub("", person).strip(" .,"), reading)


_FOR = re.compile(r"(?:it'?s|this is|that'?s|its|they'?re) (?:all )?(?:for|about) ")
_ASIDE = re.compile(r",?\s*\b(?:by the way|btw|actually|too|also|though)\b", re.IGNORECASE)


def carried_on(turn: Turn, said: Said) -> str | None:
    """The last question for the person whom a turn tells of without asking anything; None where it asks.

    It is what the other rules leave: they know the usual wordings, and this one that a turn has no content but a person.
    """
    reading = turn.reading
    if not (_follows(turn) or is_for_somebody(turn)) or reading.drugs or not said.anything:
        return None
    last = turn.last
    if last is None or (beside_persons(reading) and (reading.ills or _asks(reading.plain)) and not is_for_somebody(turn)):
        return None
    return again_for_person(last, telling(reading.text.strip(_END), turn.reader), reading)


def switched(turn: Turn, said: Said) -> str | None:
    """The last question of another medicine, which is all that a turn names; None where it asks or tells something of it.

    A turn that only tells ("the pharmacy gave me …") may say a little of how the other medicine came to be.
    """
    reading, last = turn.reading, turn.last
    if (
        not (_follows(turn) or _may_too(turn))
        or last is None
        or len(reading.drugs) != 1
        or reading.ills
        or turn.memory.asking is not None
    ):
        return None
    if _denies(turn) or only_denies(turn) or compared_with_it(reading):
        return None
    new = reading.drugs[0].name
    if any(same_name(new, old.name) for old in last.drugs) or joins_another(turn) or _TOGETHER_OR.search(reading.masked):
        return None
    if all(any(same_name(old.name, name) for name in turn.memory.slots.patient.medicines) for old in last.drugs):
        return None  # what was told of them is that they are taken
    if _WHAT_IS.fullmatch(reading.masked) or (
        _SAFER.search(reading.masked) and not (w.asks(last.plain) or last.understanding.groups)
    ):
        return None
    if MAY_TAKE.search(reading.masked) and not MAY_TAKE.search(last.masked):
        return None  # 能吃布洛芬吗 asks that, whatever was asked or told before
    before = turn.memory.slots.person
    if said.person and before and said.person is not before:
        return None  # 那我能吃布洛芬吗, after a child: of another medicine and another person nothing carries on
    rest = min(beside_names(reading), beside_persons(reading), key=len)
    a_sentence = reading.lang == "zh" or _SUBJECT.search(reading.plain) is not None
    told = a_sentence and not w.asks(reading.plain) and len(rest) <= (TOLD_ZH if reading.lang == "zh" else TOLD_EN)
    return again_with(last, [new], turn.stays, turn.reader) if not rest or told else None


def _may_too(turn: Turn) -> bool:
    """Whether a turn asks no more of another medicine than the last question did, whether one may take it: 布洛芬也不能吃吗."""
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or reading.ills or beside_names(reading):
        return False
    return MAY_TAKE.search(reading.masked) is not None and MAY_TAKE.search(last.masked) is not None


TOLD_ZH, TOLD_EN = 2, 6  # letters of what a turn may tell beside the medicine that it names
_SUBJECT = re.compile(r"\b(?:i|we|they|he|she|my|the (?:doctor|hospital|pharmac\w+))\b")
_SAFER = re.compile(r"安全|\b(?:safe|safer|better|gentler|stronger)\b")  # asks something where nothing was asked before
_WHAT_IS = re.compile(r"\s*(?:and )?what(?:'s| is| are) (?:an? )?[?\s]*|\s*是?(?:什么|啥)药?[?？\s]*")
# Of two medicines together or beside each other nothing was asked before.
_TOGETHER_OR = re.compile(rf"{w.TOGETHER.pattern}|两[个种者]|[跟和与同].{{0,4}}比|哪[个种]|\b(?:both|which)\b")


def _follows(turn: Turn) -> bool:
    """Whether a turn may only go on with the last question: short, with no section or relation of its own, behind a medicine."""
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or is_polite(reading) or len(reading.plain) > MOST:
        return False
    return not _sections(turn) and not reading.understanding.relations and reading.understanding.shape not in _LISTS


def taken_beside(turn: Turn, said: Said) -> str | None:
    """Whether the medicine that a turn says is taken, too, may be taken with the one talked about, where it asks nothing else of it."""
    reading, last = turn.reading, turn.last
    if last is None or len(reading.plain) > MOST or not turn.focus or _sections(turn) - {SectionGroup.INTERACTIONS}:
        return None
    if not reading.drugs:
        return _taken_unknown(turn)
    if any(same_name(drug.name, turn.focus) for drug in reading.drugs) or _denies(turn):
        return None
    if not _OF_TWO.issuperset(reading.understanding.relations):
        return None
    lists = _OTHERS.match(reading.plain) is not None and not w.asks(reading.plain)
    takes = len(said.patient.medicines) == len(reading.drugs) and not said.populations
    beside = _BESIDE.search(reading.plain) is not None or (joined_to_it(reading) and not w.COMPARES.search(reading.plain))
    joins = (
        (beside or _TAKES_IT.search(reading.plain[: reading.drugs[0].start]) is not None)
        and len(last.drugs) == 1
        and len(reading.drugs) == 1
    )
    asks_itself = w.GENERIC_DRUGS.search(reading.plain) or w.WITH_NAMED.search(reading.plain[: reading.drugs[0].start])
    if not lists and asks_itself:
        return None
    if not (lists or takes or joins) or (reading.ills and not takes):
        return None
    if not _TAKES_IT.match(reading.plain) and beside_persons(reading, _TOO, _OTHERS):
        return None
    other = joined([drug.name for drug in reading.drugs], reading.lang)
    if _APART.search(reading.plain):
        return (
            f"{turn.focus}和{other}隔多久吃？"
            if turn.lang == "zh"
            else f"How far apart should {turn.focus} and {other} be taken?"
        )
    return _together(turn.focus, other, reading.lang)


_TAKES_IT = re.compile(
    r"^(?:and |but |so )*(?:i|he|she|we|(?:my )?(?:husband|wife|mum|mom|mother|dad|father|partner|son|daughter|gran\w*)(?:[ -]in[ -]law)?)(?: also| already| still)? (?:takes?|uses?|is on|am on)\b|\b(?:i'm|he's|she's) (?:also |already |still )?(?:on|taking)\b"
)
_OF_TWO = frozenset({"interacts_with", "not_combined_with", "period"})
_APART = re.compile(r"隔|\bapart\b|\bspace\b|\bbetween\b(?! (?:meals|doses|feeds))")


def _taken_unknown(turn: Turn) -> str | None:
    """The same of a medicine of which no label is here: "I take rifampin"."""
    match = _TAKES_WHAT.fullmatch(turn.reading.plain)
    left = turn.reading.understanding.left
    if match is None or turn.reading.ills or match.group("what") in FOODS:
        return None
    if not _PILLS.search(match.group("what")) and left != (match.group("what"),):
        return None
    return _together(turn.focus, turn.reading.text[match.start("what") : match.end("what")], turn.lang)


_TAKES_WHAT = re.compile(
    r"(?:and |but |oh )?(?:(?:i|he|she|my \w+)(?: also| already| still)? (?:take|takes)|(?:i'm|i am|he's|he is|she's|she is|my \w+(?: is|'s))(?: also| already| still)? (?:on|taking)|also (?:on|taking))"
    r" (?P<what>[a-z-]{4,}(?: [a-z-]+){0,2}?)(?: too| as well| daily| every day| already)?[.!]?"
)
_PILLS = re.compile(r" (?:pills?|tablets?|medicines?|meds|medications?|drugs|inhalers?|injections?|thinners?)$")
# What begins a list of what else is taken.
_OTHERS = re.compile(
    r"(?:and |oh )?(?:my|his|her|the) other (?:meds?|medicines?|medications?|pills?|tablets?|drugs?)(?: are| is|:)"
    r"|(?:他|她|我|老人)?(?:别的|其他|另外)(?:的)?药?(?:还)?(?:有|是|吃)"
)


def _denies(turn: Turn) -> bool:
    """Whether a turn says that somebody does not take a medicine, or has not an illness, that it names: 我没有糖尿病."""
    reading = turn.reading
    return any(w.DENIED.search(reading.plain[: one.start].rstrip()) for one in (*reading.drugs, *reading.ills))


def _only_ill(turn: Turn) -> bool:
    """Whether a turn names an illness and nothing else, where it was not asked what a medicine does to people or is for."""
    reading, last = turn.reading, turn.last
    if not reading.ills or reading.drugs or last is None or not last.drugs or last.ills or not turn.focus:
        return False
    if beside_persons(reading) or person_alone(reading) or pointers(reading.plain):
        return False
    return not MAY_TAKE.search(reading.plain) and _OF_EFFECTS.isdisjoint(last.understanding.groups)


_OF_ILLNESS = re.compile(r"\bwhat(?:['’]s| is| are| causes?)\b|是什么|什么是|是啥|啥是")
_OF_EFFECTS = frozenset({SectionGroup.ADVERSE_REACTIONS, SectionGroup.INDICATIONS})


def with_illness(turn: Turn, said: Said) -> str | None:
    """Whether somebody who has what the turn names may take the medicine talked about, where naming it is all that the turn does."""
    if said.anything or not _only_ill(turn) or _denies(turn) or _OF_ILLNESS.search(turn.reading.plain):
        return None
    if tells_of_condition(turn) or tells_of_effect(turn):
        return None
    ill = turn.reading.ills[0].name
    return f"有{ill}能吃{turn.focus}吗" if turn.lang == "zh" else f"can I take {turn.focus} with {ill}?"


def _sections(turn: Turn) -> frozenset[SectionGroup]:
    """The sections that a turn asks for, beside those that the person in it brings."""
    return frozenset(turn.reading.understanding.groups) - OF_PERSONS


# What says that a medicine is taken beside the one talked about, and not in its place.
_BESIDE = re.compile(
    r"(?:也|还|同时|一直|正|平时|每天)(?:在|要|得)?(?:吃|用|服|打|喝)|再(?:加|吃|用|配|补)|(?:要|得|在|还)(?:补|加)|加(?:了|上|用|服|吃|点|个|一?[片粒包袋])|同时|一起|一块|放一块|冲突|打架|相克"
    r"|\b(?:also|already|currently|still)\b.{0,12}\b(?:on|tak\w+|us\w+)\b|\b(?:on|tak\w+)\b.*\b(?:too|as well|daily|every day)\b|\b(?:together|alongside|clash|conflict|add|adds|added|adding|on top)\b"
)
# The same, and what is said with it.
_TOO = re.compile(
    rf"{_BESIDE.pattern}|(?:也|还|同时|一直|正|平时|每天)(?:在|要|得)?(?:服用|使用)着?|合着|影响不影响|(?:要不要|要|停不)停(?:药|一?下|掉)?|隔(?:多久|多长时间|几个?小时|开)|间隔|要紧|降压药|降糖药|抗凝药|老人|妈妈?|爸爸?|患者|一?[片粒包袋点]"
    r"|\b(?:daily|every day|nightly|weekly|already|currently|clash|interact|since|years?|months?|weeks?|days?|safe|ok|okay|alright|fine|harmful|dangerous|meds?|medicines?|medications?|(?:water|blood pressure|blood|heart|sleeping|pain|thyroid|cholesterol|allergy|diabetes) ?(?:pills?|tablets?|thinners?|killers?)|painkillers?|antibiotics?|antidepressants?|statins?|supplements?|vitamins?|how|far|apart|between|needed|meanwhile|space)\b|安全|有事|有问题"
)


def _together(one: str, other: str, lang: str) -> str:
    return f"{one}和{other}能一起吃吗？" if lang == "zh" else f"Can {one} be taken with {other}?"


def _asks(plain: str) -> bool:
    return (
        re.search(r"[吗嘛?？]|什么|怎么|多少|几|能不能|可不可以|\b(?:can|should|what|how|when|why|which|is it|does)\b", plain)
        is not None
    )
