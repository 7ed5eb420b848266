"""Turns that name a medicine, or a form of one, and what they leave out beside it."""

from __future__ import annotations

import re

from medrag.chat import wordings as w
from medrag.chat.asked import asks_of_drug, eats, names_a_section
from medrag.chat.fillers import beside_names
from medrag.chat.placing import joined, placed, put_in
from medrag.chat.reading import Reading, same_name, without
from medrag.chat.repeat import again_with, names_alone
from medrag.chat.slots import Asking, Lack
from medrag.chat.turn import Turn, chosen, left_over, pointers, tail_fits
from medrag.kb.terms import name_variants

__all__ = ["compared_with_it", "joined_to_it", "joins_another", "of_nothing", "only_denies", "other_form", "with_names"]


def of_nothing(turn: Turn) -> str | Asking:
    """A turn before which nothing was said; where it is about "this medicine", which one is asked back."""
    reading = turn.reading
    if reading.drugs or not (_points_to_a_medicine(reading) or _leaves_a_medicine_out(reading)):
        return reading.text
    asking = Asking(lack=Lack.WHICH_DRUG, question=reading.text)
    return reading.text if asking.key in turn.memory.asked_back else asking


def _points_to_a_medicine(reading: Reading) -> bool:
    pointer = w.ONE.search(reading.plain)
    return pointer is not None and not reading.ills and _OF_MEDICINE.search(pointer.group()) is not None


def _leaves_a_medicine_out(reading: Reading) -> bool:
    """Whether a first turn asks of a medicine that it does not name: 孩子发烧能吃吗, 有什么副作用, "is it safe for my baby?"."""
    u = reading.understanding
    ills = "".join(ill.name for ill in reading.ills)
    if u.unknown or eats(reading) or any(not _ILL_WORD.search(word) and word not in ills for word in u.left):
        return False
    if reading.lang == "en":
        return w.ONE.search(reading.plain) is not None and not reading.ills and (asks_of_drug(reading) or bool(u.groups))
    if _TAKES_NOTHING.search(reading.plain):
        return True
    return not reading.ills and not u.left and asks_of_drug(reading) and names_a_section(reading)


_TAKES_NOTHING = re.compile(
    r"(?:能|可以?|可否|能否|需要|要)(?:不能|不可以|不要)?(?:再|继续|直接|长期)?(?:吃|服用?|用|涂|贴)药?(?:吗|么|不|嘛)[?？。]*$"
)
_ILL_WORD = re.compile(r"[烧热痛疼咳炎泻吐痒晕肿病症]|感冒|便秘|过敏|失眠")
_OF_MEDICINE = re.compile(r"药|\b(?:drug|med\w*|pill|tablet|capsule)\b")


_DAILY = re.compile(r"\bat the same time (?:every|each|of)\b|每天.{0,4}同时")


def other_form(turn: Turn) -> str | None:
    """The question about the medicine spoken of in the form that is named, where a turn names a form alone: 换成缓释片呢."""
    reading = turn.reading
    form = reading.form
    if form is None or not turn.drugs:
        return None
    focus = turn.drugs[0]
    name = focus if focus.endswith(form.name) else name_variants(focus)[min(1, len(name_variants(focus)) - 1)] + form.name
    rest = without(reading.plain, [(form.start, form.end)])
    if turn.last is not None and not left_over(rest):
        return again_with(turn.last, [name], turn.stays, turn.reader)
    return put_in(reading.text, form.start, form.end, name)


def with_names(turn: Turn) -> str:
    """The question of a turn that names medicines, with the one that it leaves out beside them."""
    reading = turn.reading
    names = _meant(reading)
    asking = turn.memory.asking
    if asking is not None and asking.lack is Lack.QUESTION and names_alone(reading) and not w.MAY_TAIL.search(reading.plain):
        words = joined(names, turn.lang)  # 我对青霉素过敏 … 阿莫西林呢
        return f"能用{words}吗" if turn.lang == "zh" else f"can I take {words}?"
    if turn.lang == "en" and len(names) == 1 and turn.drugs and _ALONGSIDE.match(reading.plain[: reading.drugs[0].start]):
        return _alongside(turn, names[0])
    swapped = _swapped(turn)
    if swapped is not None:
        return swapped
    if turn.last is not None and (len(names) < len(reading.drugs) or _same_of(turn)):
        return again_with(turn.last, names, turn.stays, turn.reader)
    first = reading.drugs[0]
    cause = _FOR_IT.search(reading.plain, first.end)
    if cause and turn.diseases:
        return put_in(reading.text, *cause.span("it"), turn.diseases[0])
    others = [name for name in turn.drugs if not any(same_name(name, said) for said in names)]
    if not others:
        return reading.text
    ordinal = chosen(turn)
    if ordinal is not None:
        return put_in(reading.text, *ordinal)
    pointer = next((span for span in pointers(reading.masked) if span[0] < first.start or _joins(reading, span)), None)
    if pointer is not None:
        return put_in(reading.text, *pointer, others[0])
    if len(names) == 1 and _INSTEAD_OF.search(reading.plain[: first.start].rstrip()):
        return placed(reading.text, others[0], turn.lang)
    if len(names) == 1 and _lacks_operand(turn):
        taken = [name for name in others if any(same_name(name, one) for one in turn.memory.slots.patient.medicines)]
        other = joined(list(reversed(taken)), turn.lang) if others[0] in taken else others[0]
        return _beside(reading, other)
    return reading.text


def joins_another(turn: Turn) -> bool:
    """Whether the one medicine that a turn names is joined to the one talked about, and does not come in its place."""
    reading = turn.reading
    alongside = turn.lang == "en" and _ALONGSIDE.match(reading.plain[: reading.drugs[0].start]) is not None
    return alongside or joined_to_it(reading) or (_lacks_operand(turn) and not _LIKE.search(reading.masked))


# What says that the same is asked, whatever "too" stands behind it.
_LIKE = re.compile(r"一样|同样|相同|差不多|\b(?:same|similar|different|appl(?:y|ies)|ditto|look|check|tell)\b")


def only_denies(turn: Turn) -> bool:
    """Whether a turn says no more than that a medicine is not taken, or not meant, of which nothing was asked: "not warfarin though"."""
    reading, last = turn.reading, turn.last
    if last is None or not last.drugs or len(reading.drugs) != 1 or reading.understanding.groups or w.asks(reading.plain):
        return False
    drug = reading.drugs[0]
    before = reading.plain[: drug.start].rstrip()
    denied = w.DENIED.search(before) is not None or _CORRECTS.search(before) is not None
    return denied and not beside_names(reading) and not any(same_name(drug.name, old.name) for old in last.drugs)


def compared_with_it(reading: Reading) -> bool:
    """Whether the medicine that a turn names is what "it" is held against: "is it the same as naproxen", 能代替阿司匹林吗."""
    before = reading.plain[: reading.drugs[0].start].rstrip()
    pointed = any(end <= reading.drugs[0].start for _, end in pointers(reading.masked))
    return _INSTEAD_OF.search(before) is not None or (pointed and _HELD_AGAINST.search(before) is not None)


_INSTEAD_OF = re.compile(r"(?:代替|替代|取代|顶替|不如|相当于)$")
_HELD_AGAINST = re.compile(
    r"\b(?:same as|similar to|compare[sd]? (?:with|to)|(?:better|worse|safer|stronger|weaker) than|different (?:from|to|than)|instead of|replace)$"
)


def _same_of(turn: Turn) -> bool:
    """Whether the turn asks of what it names what was asked last: 那布洛芬呢, "does rosuvastatin do that too?"."""
    reading, last = turn.reading, turn.last
    if (
        last is None or compared_with_it(reading) or (reading.ills and not last.ills)
    ):  # "norvasc and depression?" asks something of its own
        return False
    if names_alone(reading):
        return tail_fits(turn)
    return w.SAME_THING.search(reading.masked) is not None and not left_over(w.SAME_THING.sub(" ", reading.masked))


_CORRECTS = re.compile(r"(?:不是|\bnot)\s*$")
_BETWEEN = re.compile(r"不是|而是|是|\b(?:no|not|but|it'?s|is|i meant?|i said)\b")


def _meant(reading: Reading) -> list[str]:
    """The medicines that a turn names, without one that it takes back: "no, not sitagliptin, linagliptin"."""
    names = [drug.name for drug in reading.drugs]
    kept = [drug.name for drug in reading.drugs if not _CORRECTS.search(reading.plain[: drug.start])]
    alone = not left_over(_BETWEEN.sub(" ", reading.masked)) or not beside_names(reading)
    return kept if 0 < len(kept) < len(names) and alone else names


def _swapped(turn: Turn) -> str | None:
    """What was asked last with one medicine in the place of another, where the turn says which: "acetaminophen instead of the ibuprofen"."""
    reading, last = turn.reading, turn.last
    if last is None or len(reading.drugs) != PAIR or beside_names(reading, _IN_PLACE):
        return None
    gone = next((drug for drug in reading.drugs if _GONE.search(reading.plain[: drug.start])), None)
    if gone is None and _BECOMES.search(reading.plain[reading.drugs[0].end : reading.drugs[1].start]):
        gone = reading.drugs[0]
    old = next((drug for drug in last.drugs if gone is not None and same_name(drug.name, gone.name)), None)
    if gone is None or old is None:
        return None
    new = next(drug for drug in reading.drugs if drug is not gone)
    return last.text[: old.start] + new.name + last.text[old.end :]


PAIR = 2
_IN_PLACE = re.compile(r"\b(?:instead of|rather than|in place of|swap(?:ped)?|for)\b|把|换|改|成")
_GONE = re.compile(r"(?:\b(?:instead of|rather than|in place of)(?: the| my)?|不吃|不用|停了?)\s*$")
_BECOMES = re.compile(r"(?:换|改)(?:成|为|用|吃|服)")
_FOR_IT = re.compile(r"(?:\b(?:for|treat|help) |治疗?|缓解)(?P<it>it|that|this|它|这个病?)(?=\W*$|吗|有)")
_ALONGSIDE = re.compile(
    r"(?:(?:and|or|what about|how about|also)[,\s]+)*(?:with|alongside|together with|along with)\s+(?:the\s+)?$"
)


def _alongside(turn: Turn, name: str) -> str:
    """ "with ibuprofen?": what was asked of two together with this one in the other's place, else whether they may be taken together."""
    if turn.last is not None and len(turn.last.drugs) > 1:
        return again_with(turn.last, [name], turn.stays, turn.reader)
    return f"can I take {turn.drugs[0]} with {name}?"


def joined_to_it(reading: Reading) -> bool:
    """Whether a word behind the medicine that a turn names points to another that joins it: "and escitalopram with it?"."""
    return any(span[0] > reading.drugs[0].start and _joins(reading, span) for span in pointers(reading.masked))


def _joins(reading: Reading, span: tuple[int, int]) -> bool:
    """Whether a pointer behind a name points to another medicine: "take ibuprofen with it"."""
    before = reading.plain[: span[0]].rstrip()
    return (
        re.search(
            r"(?:\bwith|\band|\bto|\bthan|\baffects?|\bweakens?|\breplaces?|\bblocks?|和|跟|与|比|影响|降低|减弱|增强|干扰|代替|替代|抵消)$",
            before,
        )
        is not None
    )


def _lacks_operand(turn: Turn) -> bool:
    """Whether the one medicine named is joined to something that is not said: 能和布洛芬一起吃吗."""
    reading = turn.reading
    drug = reading.drugs[0]
    before, behind = reading.plain[: drug.start], reading.plain[drug.end :]
    if w.GENERIC_DRUGS.search(reading.plain) or eats(reading):
        return False
    if w.WITH_NAMED.search(before) and not (turn.lang == "en" and not asked_together(turn)):
        return True
    together = re.match(
        r"[^,，]{0,4}[,，\s]*(?:能不能|能否|可以|可不可以|能|也能|也可以|是否能?)?(?:一起|同时|一块儿?|同服|合用)(?!.{0,3}(?:和|跟|与))"
        r"|(?:会|有没有|会不会|有)?(?:影响|冲突)吗?[?？]?$|.{0,20}\b(?:together|at the same time)\b *[?.]*$| (?:matter|interfere)s? *[?.]*$| (?:(?:supplements?|tablets?|pills?) )?(?:needed|necessary|required|meanwhile)[?. ]*$",
        behind,
    )
    too = turn.lang == "en" and _TOO.match(behind) is not None and _TAKING.search(before) is not None
    return (
        (too or together is not None)
        and not re.search(r"(?:和|跟|与|及|、)\s*$|\band\s*$", before)
        and not _DAILY.search(reading.plain)
    )


_TOO = re.compile(r".{0,20}\b(?:as well|too)\b *[?.]*$")
_TAKING = re.compile(r"\b(?:take|have|use|give|add|get|put|start|need|taking|having|giving|adding|prescribed)\b")


def asked_together(turn: Turn) -> bool:
    """Whether the turn, or what was asked before it, is about taking things together."""
    last = turn.last.plain if turn.last is not None else ""
    return (
        w.TOGETHER.search(turn.reading.plain) is not None
        or re.search(r"\b(?:taken?|mix|combine|use|interact)\b", turn.reading.plain + last) is not None
    )


_ZH_TOGETHER = re.compile(r"一起|同时|一块儿?|同服|合用")


def _beside(reading: Reading, other: str) -> str:
    """The question with the medicine that is meant beside the one that it names."""
    first = reading.drugs[0]
    if reading.lang == "zh":
        together = _ZH_TOGETHER.search(reading.plain, first.end)
        if together and not w.WITH_NAMED.search(reading.plain[: first.start]):
            return f"{reading.text[: together.start()]}和{other}{reading.text[together.start() :]}"
        return placed(reading.text, other, "zh")
    before = reading.plain[: first.start]
    if w.WITH_NAMED.search(before):
        return (
            f"{reading.text[: first.start].rstrip()[:-4].rstrip()} {other} with {reading.text[first.start :]}".strip()
            if before.rstrip().endswith("with")
            else placed(reading.text, other, "en")
        )
    if not beside_names(reading):  # "can she have ibuprofen too?"
        return f"Can {other} be taken with {first.name}?"
    return f"{reading.text[: first.end]} and {other}{reading.text[first.end :]}"
