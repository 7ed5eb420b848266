"""What a turn points back to, and the question that it comes to when that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.chat import wordings as w
from medrag.chat.asked import (
    asks_of_disease,
    asks_of_drug,
    eats,
    for_a_person,
    is_short,
    names_a_section,
    wants_a_drug,
)
from medrag.chat.effects import asked_as_effect, side_effect, tells_of_effect, whether_it_does
from medrag.chat.named import of_nothing, only_denies, other_form, with_names
from medrag.chat.placing import for_person, joined, placed, placed_illness, put_in, within
from medrag.chat.reading import Reading, without
from medrag.chat.repeat import again_for_person, again_of_disease, again_with, names_alone, person_alone, telling, tells
from medrag.chat.slots import Asking, Lack
from medrag.chat.told import (
    LONGEST_ASKED,
    changes_subject,
    is_elsewhere,
    is_for_somebody,
    tells_of_condition,
    told_more,
    whether_at_all,
    whether_with_condition,
)
from medrag.chat.turn import Turn, chosen, in_focus, last_two, left_over, not_asked_yet, pointers, points_back, tail_fits
from medrag.retrieve.forms import is_chemical
from medrag.sections import SectionGroup

__all__ = ["resolved"]

# What is named before "together" and is no medicine that is known: 钙片可以同时吃吗.
_FIRST = re.compile(
    r"(?:那么?|请问)?(?P<what>[㐀-鿿a-z]{1,8}?)(?:可不可以|可以|能不能|能否|能)(?:和它|跟它)?(?:一起|同时|一块)"
)
_OPERAND = re.compile(
    r"(?:和|跟|与|同(?!时|服|用)|配(?!合)|加(?!起))[^一,，?？同]{1,12}(?:一起|一块|同时|合用|同服|联用|并用|混)|\b(?:with|and) (?!it\b|this\b|that\b|each|one another|food|meals?)[a-z]"
)
_DAILY = re.compile(r"\bat the same time (?:every|each|of)\b|每天.{0,4}同时")


def resolved(turn: Turn) -> str | Asking:
    """The question that stands alone, or what has to be asked back first."""
    return asked_as_effect(turn, _resolved(turn))


def _resolved(turn: Turn) -> str | Asking:
    reading, memory = turn.reading, turn.memory
    if not points_back(reading):
        return reading.text
    if is_elsewhere(turn):
        return reading.text
    form = other_form(turn)
    if form is not None:
        return form
    if not (memory.standalone or turn.drugs or turn.diseases):
        return of_nothing(turn)
    if w.WHY.fullmatch(reading.plain) and turn.last is not None:
        return f"{turn.last.text.rstrip('?？。. ')}{'，为什么' if turn.last.lang == 'zh' else ', why?'}"
    if turn.last is not None and (w.SAY_AGAIN.fullmatch(reading.plain) or only_denies(turn)):
        return turn.last.text
    if turn.drugs and not memory.about_disease and w.WHAT_ELSE.fullmatch(reading.plain):
        focus = in_focus(turn)
        return f"{focus}还要注意什么" if turn.lang == "zh" else f"what are the warnings for {focus}?"
    known = {drug.name for drug in reading.understanding.drugs}
    if turn.drugs and not known and not reading.understanding.populations and _FRAGMENT.fullmatch(reading.plain):
        return placed(reading.text, in_focus(turn), turn.lang)
    if reading.drugs:
        return with_names(turn)
    if w.WHAT_NOW.search(reading.plain) and not left_over(w.WHAT_NOW.sub(" ", reading.plain)):
        return _what_now(turn)
    return _all_right(turn) or _pointing(turn) or _again(turn) or _elliptic(turn)


def _what_now(turn: Turn) -> str | Asking:
    """What 怎么办 alone asks: about what was told last, where that named a medicine and asked nothing."""
    last = turn.last
    if last is None or not last.drugs or w.asks(last.plain):
        return _elliptic(turn)
    return f"{last.text.rstrip('。. ')}{'，' if last.lang == 'zh' else ', '}{turn.reading.text}"


def _all_right(turn: Turn) -> str | None:
    """What "is that safe?" asks behind "I also take …": whether the two may be taken together; None where it asks something else."""
    asking = turn.memory.asking
    if asking is None or asking.lack is not Lack.QUESTION or len(turn.drugs) < PAIR:
        return None
    if not w.ALL_RIGHT.fullmatch(turn.reading.plain):
        return None
    words = joined(last_two(turn), turn.lang)
    return f"{words}能一起吃吗" if turn.lang == "zh" else f"can {words} be taken together?"


PAIR = 2


# ------------------------------------------------------------------ turns that point back


def _pointing(turn: Turn) -> str | Asking | None:
    """The question with the words that point to something replaced by it; None where none does."""
    reading = turn.reading
    ordinal = chosen(turn)
    apart = w.APART_FROM_THAT.match(reading.plain)
    if apart and turn.drugs and ordinal is None:
        return placed(reading.text[apart.end() :], in_focus(turn), turn.lang)
    if ordinal is not None:
        start, end, name = ordinal
        if not left_over(without(reading.plain, [(start, end)])):
            return _of_the_chosen(turn, name)
        return put_in(reading.text, start, end, name)
    ill = w.ILL.search(reading.plain)
    if ill and turn.diseases:
        return put_in(reading.text, *ill.span(), turn.diseases[0])
    first = _operand_first(turn)
    if first and turn.drugs:
        return f"{in_focus(turn)}和{reading.text[first.start('what') :]}"
    ones = pointers(reading.plain)
    both = w.BOTH.search(reading.plain)
    beside = _OTHER_THING.search(reading.plain) if not ones and len(turn.memory.together) < PAIR and turn.drugs else None
    if beside:
        return f"can {in_focus(turn)} be taken with {reading.text[beside.start('what') : beside.end('what')]}?"
    if not ones and (both or _of_pair(turn)):
        pair = last_two(turn)
        if len(pair) > 1:
            words = joined(pair, turn.lang)
            if both and both.group() == "both":
                words = f"both {words}"
            elif both and _COMBINED.search(both.group()):
                words = f"taking {words} together"
            return put_in(reading.text, *both.span(), words) if both else placed(reading.text, words, turn.lang)
        if both is None and len(pair) == 1 and w.TOGETHER.search(reading.plain) and not_asked_yet(turn, Lack.OTHER_DRUG, pair):
            return Asking(lack=Lack.OTHER_DRUG, question=reading.text, drugs=tuple(pair))
        if both and pair:
            ones = [both.span()]
    if not ones:
        return None
    return _of_one(turn, ones)


# Another medicine by what it is for, and taken with the one talked about: "can I take my thyroid pill at the same time".
_OTHER_THING = re.compile(
    r"\b(?:take|have|use|get) (?P<what>(?:(?:my|his|her|our) (?:[a-z]+ ){0,2}|(?:an?|the|some) (?!(?:two|three|more|extra|second|other|pills?|tablets?|doses?)\b)(?:[a-z]+ ){1,2})(?:pills?|tablets?|medicines?|meds|medication|inhaler|thinners?|drops|cream|vitamins?|supplements?|injections?|vaccines?|jab|shot))"
    r" (?:at the same time|together|as well|alongside|too)\W*$"
)


_COMBINED = re.compile(r"\b(?:combo|combination|pairing|pair|mix|mixture|duo)$")


def _of_the_chosen(turn: Turn, name: str) -> str:
    """What was asked last, of one of the medicines: of two together nothing can be asked of one."""
    last = turn.last
    if last is None or len(last.drugs) > 1:
        last = turn.reader.read(turn.memory.of_one) if turn.memory.of_one else None
    return again_with(last, [name], turn.focus, turn.reader) if last is not None else name


def _of_one(turn: Turn, ones: Sequence[tuple[int, int]]) -> str | Asking | None:
    reading = turn.reading
    start, end = ones[0]
    if _means_disease(turn, reading.plain[start:end]):
        return put_in(reading.text, start, end, turn.diseases[0])
    if not turn.drugs:
        return put_in(reading.text, start, end, turn.diseases[0]) if turn.diseases else None
    asking = _which(turn)
    if asking is not None:
        return asking
    with_it = _WITH.search(reading.plain[:start])
    if with_it and len(turn.drugs) > 1 and w.TOGETHER.search(reading.plain):
        return put_in(reading.text, with_it.start(), end, joined(last_two(turn), turn.lang))
    return put_in(reading.text, start, end, in_focus(turn))


_WITH = re.compile(r"(?<![一-龥])(?:和|跟|与|同)\s*$|(?<=能)(?:和|跟|与|同)\s*$|(?<=可以)(?:和|跟|与|同)\s*$")


def _means_disease(turn: Turn, words: str) -> bool:
    """Whether 它 or "it" stands for the disease spoken of."""
    if not turn.diseases or re.search(r"药|胶囊|颗粒|片|液|膏|产品|品|\b(?:drug|med\w*|pill|tablet|capsule|one)\b", words):
        return False
    if asks_of_disease(turn.reading):
        return True
    return turn.memory.about_disease and not asks_of_drug(turn.reading)


def _which(turn: Turn) -> Asking | None:
    """What to ask where one of two medicines is meant that were named as equals."""
    pair = turn.memory.together
    if _APART.search(turn.reading.plain):
        return None  # of the two together
    if len(pair) < 2 or not not_asked_yet(turn, Lack.WHICH_DRUG, pair):
        return None
    return Asking(lack=Lack.WHICH_DRUG, question=turn.reading.text, drugs=pair)


_APART = re.compile(r"间隔|隔(?:多|几|开)|先吃|\bapart\b|\bin between\b|\bspace (?:them|out)\b|\bfirst\b")


def _operand_first(turn: Turn) -> re.Match[str] | None:
    match = _FIRST.match(turn.reading.plain)
    return match if match and any(match.group("what") in word for word in turn.reading.understanding.left) else None


def _operand_behind(turn: Turn) -> bool:
    """Whether what is taken together with the medicine is named behind the verb, and known to nobody here: 能同时吃泰诺吗."""
    match = _BEHIND.search(turn.reading.plain)
    return match is not None and any(match.group("what").startswith(word) for word in turn.reading.understanding.left)


_BEHIND = re.compile(r"(?:一起|同时|一块儿?|再)(?:吃|用|服用?|喝)(?:点|些|上)?(?P<what>[㐀-鿿a-z]{2,})")


def _of_pair(turn: Turn) -> bool:
    """Whether the turn asks of two medicines without naming either: 能一起吃吗, "which is safer?"."""
    plain = turn.reading.plain
    if w.GENERIC_DRUGS.search(plain) or eats(turn.reading) or _DAILY.search(plain):
        return False
    if w.COMPARES.search(plain) and not (turn.reading.ills and turn.memory.about_disease):
        return len(last_two(turn)) > 1
    if turn.reading.ills:
        return False
    if _APART.search(plain):
        return len(last_two(turn)) > 1
    if not w.TOGETHER.search(plain) or _OPERAND.search(plain) or _operand_first(turn) or _operand_behind(turn):
        return False
    if re.search(r"一起|同时|一块|同服|\btogether\b|\bat the same time\b", plain):
        return True
    return len(last_two(turn)) > 1 and not re.search(r"什么|哪些|啥|\bwhat\b|\bany\b|\blist\b", plain)


# ------------------------------------------------------------------ turns that ask the same of somebody or something else


def _again(turn: Turn) -> str | None:
    """The latest question asked again, for a person or of an illness, where the turn says nothing else; None where it does."""
    reading, last = turn.reading, turn.last
    if last is None:
        return None
    person = _myself(turn)
    if person:
        return again_for_person(last, person, reading)
    alike = _another_name(turn)
    if alike:
        return again_with(last, [alike], turn.stays, turn.reader)
    person = person_alone(reading) if tail_fits(turn) and not _SECTION.match(reading.plain) else ""
    if person and last.lang == "zh" and last.drugs and (not for_a_person(last) or whether_at_all(turn)):
        return f"{in_focus(turn)}{person}能用吗"
    if person and last.lang == "en" and last.drugs and not for_a_person(last) and within(person) and _of_nobody(last):
        return f"can {in_focus(turn)} be used {person}?"
    if person and last.lang == "en" and last.drugs and not for_a_person(last) and not within(person):
        may = f"can I take {last.drugs[0].name}?"
        return may if tells(reading) else for_person(may, person, "en")
    if person and (w.asks(reading.plain) or w.LEADS.search(reading.plain) or (last.drugs and for_a_person(last))):
        return again_for_person(last, telling(person, turn.reader), reading)
    if len(reading.ills) == 1 and names_alone(reading) and (last.ills or not last.drugs):
        return again_of_disease(last, reading.ills[0].name)
    return None


def _of_nobody(last: Reading) -> bool:
    """Whether what was said last asks nothing, or what a medicine is for, whoever takes it."""
    return not w.asks(last.plain) or set(last.understanding.groups) <= {SectionGroup.INDICATIONS}


_SECTION = re.compile(r"(?:pa?ediatric|geriatric) (?:use|dos\w+)\b")


def _myself(turn: Turn) -> str:
    """Who asks, where the last question was asked for somebody else: 那我呢, "and me?"; empty where the turn says more."""
    return ("我" if turn.lang == "zh" else "I") if _MYSELF.fullmatch(turn.reading.plain) else ""


_MYSELF = re.compile(
    r"(?:那|那么|要是|如果是)?我(?:自己|本人)?呢?[?？。]*|(?:and|what about|how about|or)? ?(?:me|myself)[?. ]*"
)


def _another_name(turn: Turn) -> str:
    """What a turn names alone that reads like a medicine's name and is none that is known: 头孢 in 那头孢呢."""
    u = turn.reading.understanding
    if turn.lang != "zh" or u.groups or u.relations or u.populations or u.mentions or len(u.left) != 1:
        return ""
    name = u.left[0]
    rest = turn.reading.plain.replace(name, "", 1)
    return (
        name if not left_over(rest) and len(name) <= LONGEST_NAME and (is_chemical(name) or _LIKE_A_NAME.search(name)) else ""
    )


LONGEST_NAME = 10
_LIKE_A_NAME = re.compile(r"^头孢|药$|[素林平灵宁片丸散汤康清唑酮酸钠钙类]$")


# ------------------------------------------------------------------ turns that leave something out


# A circumstance alone: "before surgery?", 手术前呢.
_FRAGMENT = re.compile(
    r"(?:and |or )?(?:before|after|during|while|at) (?:\w+ ?){1,3}[?]?|[㐀-鿿]{2,5}(?:之?前|之?后|期间|的时候)呢?[?？]?"
)
_WHAT_IS = re.compile(
    r"(?:what(?:'s| is| are) (?:an? )?(?!the\b|its?\b|my\b)[a-z-]+(?: [a-z-]+)?\W*$|什么(?:是|叫)|.{2,8}是(?:什么|啥)(?:病|意思)?[?？]?$)"
)


def _own_subject(turn: Turn) -> bool:
    """Whether a question about an illness names it, though the knowledge base does not know the name: "symptoms of lupus"."""
    u = turn.reading.understanding
    if turn.lang == "zh":
        return any(turn.reading.plain.startswith(word) and len(word) > 1 and _ILL_NAME.search(word) for word in u.left)
    return (
        bool(u.left)
        and re.search(
            r"\b(?:of|is|are|for|causes?) (?:an? )?(?:" + "|".join(map(re.escape, u.left)) + r")\b", turn.reading.plain
        )
        is not None
    )


def _narrowed(turn: Turn) -> str:
    """The last question with a few words behind it that ask how much or long of the same: 停几天, after 手术前要停吗."""
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or not w.asks(last.plain) or len(last.text) > LONGEST_ASKED or not is_short(reading):
        return ""
    groups = reading.understanding.groups
    if turn.lang != "zh" or not _HOW_MUCH.search(reading.plain) or _HOW_MUCH.search(last.plain):
        return ""
    if (groups and groups != last.understanding.groups) or not any(
        one in last.masked for one in _GRAMMAR.sub("", reading.plain)
    ):
        return ""
    return f"{last.text.rstrip('?？。. ')}，{reading.text}"


_HOW_MUCH = re.compile(r"几|多[少久长大]")
_GRAMMAR = re.compile(rf"{_HOW_MUCH.pattern}|[天日次片粒个年月小时周呢吗啊的要得了能吃用服?？，。 ]")


_ILL_NAME = re.compile(r"[病症炎癌瘤疮癣疹痛]$|综合征$|感染$|中毒$")


def _elliptic(turn: Turn) -> str | Asking:
    """The question with the medicine or the disease that it leaves out, as is where it leaves out nothing."""
    reading = turn.reading
    left = reading.understanding.left
    of_drug, of_disease = asks_of_drug(turn.reading), asks_of_disease(turn.reading)
    if not (of_drug or of_disease) and changes_subject(turn):
        return reading.text
    if is_for_somebody(turn):
        return reading.text  # for whom the last question carries on
    if tells_of_condition(turn):
        return whether_with_condition(turn)
    cause = whether_it_does(turn)
    if cause is not None:
        return cause
    if side_effect(turn) or tells_of_effect(turn):
        return placed(reading.text, in_focus(turn), turn.lang)
    if of_disease and not of_drug:
        if reading.ills or _own_subject(turn):
            return reading.text
        if turn.diseases:
            return placed_illness(reading.text, turn.diseases[0], turn.lang)
        if wants_a_drug(reading):
            return reading.text
    if _WHAT_IS.match(reading.plain) and left and not of_drug:
        return reading.text
    if not (w.asks(reading.plain) or of_drug or names_a_section(reading)):
        return told_more(turn)
    if turn.drugs and (of_drug or not turn.memory.about_disease):
        return _which(turn) or _narrowed(turn) or placed(reading.text, in_focus(turn), turn.lang)
    if turn.diseases and turn.memory.about_disease and not reading.ills:
        return placed_illness(reading.text, turn.diseases[0], turn.lang)
    return reading.text
