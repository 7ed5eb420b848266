"""What a turn answers to a question that was asked back, and the earlier question that it so completes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.chat import wordings as w
from medrag.chat.reading import Reader, Reading, same_name, without
from medrag.chat.refer import resolved
from medrag.chat.repeat import again_for_person, names_alone, person_alone
from medrag.chat.slots import Asking, Lack, Memory, Slots, first_of
from medrag.chat.turn import Turn, left_over
from medrag.chat.whose import child_of
from medrag.retrieve.quantities import chinese_number
from medrag.retrieve.words import FOODS
from medrag.types import Patient

__all__ = ["completed"]

_ALL = re.compile(r"(?:都|两个都?|两种都?|全部|both|all|either|all of them|both of them)[问是吧要啊想知道了。.!！ ]*")
_NUMBER_ALONE = re.compile(
    r"\D{0,6}?(\d{1,3}(?:\.\d+)?|[零一二两三四五六七八九十]{1,3})\s*(周?岁|years?(?: old)?|个?月(?:大)?|months?(?: old)?|mo)?(?!\s*(?:公斤|千克|斤|kg|lb|磅|pounds?|kilo|毫克|mg|毫升|ml|克|片|粒|袋|包|次|天|周|days?|weeks?|hours?|小时|度|℃))[^\d]{0,4}"
)
_YES = re.compile(
    r"(?:是|对|嗯|有|怀孕|怀了|怀上|孕|备孕|可能|\byes\b|\byeah\b|\byep\b|\bi am\b|\bpregnant\b|\bpossibly\b|\bmaybe\b)"
)
_NO = re.compile(r"(?:不是|没有?|未|否|不|\bno\b|\bnope\b|\bnot\b|n't\b)")
MAX_CHILD_AGE = 18.0
SHORT = 30  # characters of an answer to what was asked back; longer ones say something of their own
_MONTH = re.compile(r"月|mo")


def completed(reading: Reading, memory: Memory, slots: Slots, reader: Reader) -> tuple[str, Slots] | None:
    """The question that waited, with what the turn says, and the slots after it; None where the turn is no answer to what was asked."""
    asking = memory.asking
    if asking is None:
        return None
    if asking.lack in (Lack.WHICH_DRUG, Lack.OTHER_DRUG):
        return _of_drug(reading, asking, memory, slots, reader)
    if asking.lack is Lack.AGE:
        return _of_age(reading, asking, slots, reader)
    if asking.lack is Lack.PREGNANT:
        return _of_pregnancy(reading, asking, slots, reader)
    return None


def _of_drug(reading: Reading, asking: Asking, memory: Memory, slots: Slots, reader: Reader) -> tuple[str, Slots] | None:
    names = _chosen(reading, asking.drugs) if asking.lack is Lack.WHICH_DRUG else _named(reading)
    if not names:
        return None
    if asking.lack is Lack.OTHER_DRUG:
        names = [*asking.drugs[:1], *names]
    others = [drug for drug in memory.slots.drugs if not any(same_name(drug, name) for name in names)]
    known = memory.slots.model_copy(update={"drugs": first_of([*reversed(names), *others])})
    before = memory.model_copy(
        update={"slots": known, "asking": None, "together": (), "standalone": "" if len(names) > 1 else memory.standalone}
    )
    question = reader.read(asking.question)
    if len(names) > 1 and asking.lack is Lack.WHICH_DRUG:
        return _for_all(question, names), slots
    found = resolved(Turn(question, before, known, reader))
    return None if isinstance(found, Asking) else (found, slots)


def _for_all(question: Reading, names: Sequence[str]) -> str:
    from medrag.chat.placing import joined, placed, put_in

    one = w.ONE.search(question.plain)
    words = joined(names, question.lang)
    return put_in(question.text, *one.span(), words) if one else placed(question.text, words, question.lang)


def _chosen(reading: Reading, offered: Sequence[str]) -> list[str]:
    """Which of the medicines offered the turn chooses; one that was not offered may be named, too."""
    if reading.drugs:
        return [drug.name for drug in reading.drugs] if names_alone(reading) else []
    if _ALL.fullmatch(reading.plain):
        return list(offered)
    for place, pattern in enumerate((w.FORMER, w.LATTER, w.THIRD)):
        match = pattern.search(reading.plain)
        if match and place < len(offered) and not left_over(without(reading.plain, [match.span()])):
            return [offered[place]]
    number = re.fullmatch(r"\D?([1-9])\D?", reading.plain)
    return [offered[int(number.group(1)) - 1]] if number and int(number.group(1)) <= len(offered) else []


def _named(reading: Reading) -> list[str]:
    if reading.drugs:
        return [drug.name for drug in reading.drugs] if names_alone(reading) else []
    bare = w.TAILS.sub("", w.LEADS.sub("", reading.plain)).strip()
    return [bare] if bare in FOODS else []


def _of_age(reading: Reading, asking: Asking, slots: Slots, reader: Reader) -> tuple[str, Slots] | None:
    if len(reading.plain) > SHORT or reading.drugs:
        return None
    last = reader.read(asking.question)
    weight = next((quantity.value for quantity in reading.understanding.quantities if quantity.unit == "kg"), None)
    age = slots.patient.age if reading.understanding.ages else None if weight else _bare_age(reading)
    if age is not None and age <= MAX_CHILD_AGE:
        patient = slots.patient.model_copy(update={"age": age})
        known = slots.model_copy(update={"patient": patient, "populations": ()})
        return again_for_person(last, child_of(age, last.lang), last), known
    if age is None and weight is not None:  # 8公斤 says as much as an age, and is none
        child = f"{weight:g}公斤的孩子" if last.lang == "zh" else f"a child weighing {weight:g} kg"
        return again_for_person(last, child, last), slots.model_copy(update={"populations": ()})
    return None


def _bare_age(reading: Reading) -> float | None:
    match = _NUMBER_ALONE.fullmatch(reading.plain)
    if match is None:
        return None
    number = chinese_number(match.group(1))
    return number / 12 if match.group(2) and _MONTH.search(match.group(2)) else number


def _of_pregnancy(reading: Reading, asking: Asking, slots: Slots, reader: Reader) -> tuple[str, Slots] | None:
    if len(reading.plain) > SHORT or reading.drugs:
        return None
    if _NO.search(reading.plain):
        return asking.question, _with(slots, pregnant=False)
    if not _YES.search(reading.plain):
        return None
    last = reader.read(asking.question)
    person = person_alone(reading) if slots.patient.pregnant else ""
    words = person or ("孕妇" if last.lang == "zh" else "a pregnant woman")
    return again_for_person(last, words, last), _with(slots, pregnant=True)


def _with(slots: Slots, **said: object) -> Slots:
    patient: Patient = slots.patient.model_copy(update=said)
    return slots.model_copy(update={"patient": patient})
