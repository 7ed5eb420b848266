"""What a turn asks, put so that it stands alone: by rules, from what the user said before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from medrag.chat import wordings as w
from medrag.chat.carry import carried_on, for_somebody, switched, taken_beside, with_illness
from medrag.chat.clarify import lacking
from medrag.chat.complete import completed
from medrag.chat.corrected import as_meant
from medrag.chat.exchange import By
from medrag.chat.persons import Said, merged, said_of_person
from medrag.chat.reading import Reader, Reading, same_name
from medrag.chat.refer import resolved
from medrag.chat.repeat import person_alone, takes_alone
from medrag.chat.slots import MAX_NAMES, Asking, Lack, Memory, Slots, first_of
from medrag.chat.told import with_history
from medrag.chat.turn import Turn, is_polite, points_back
from medrag.chat.whose import retold, with_person
from medrag.kb.terms import name_variants

__all__ = ["Distil", "Followed", "follow", "understood"]

Distil = Callable[[Turn], str | None]
ASKED_BACK = 20  # things asked back that are remembered


@dataclass(frozen=True, slots=True)
class Followed:
    """A turn as it is put to retrieval, who worded it, and the memory after it; `asking` where something must be asked back."""

    standalone: str
    by: By
    memory: Memory
    asking: Asking | None = None


def follow(text: str, memory: Memory, reader: Reader, *, distil: Distil | None = None) -> Followed:
    """What the turn asks after what was said before. Raises `QuestionError` for a turn that cannot be asked.

    `distil` is asked first, where there is a conversation that a turn may point back to and nothing was asked back; rules
    answer where it returns None.
    """
    reading = _beyond_thanks(as_meant(text, reader), reader)
    announced = w.NEW_TOPIC.match(reading.plain)
    if announced and len(reading.plain) == len(reading.text) > announced.end():
        reading = reader.read(reading.text[announced.end() :])
        memory = memory.model_copy(update={"slots": memory.slots.model_copy(update={"populations": ()})})
    said = said_of_person(reading)
    slots = merged(memory.slots, said)
    memory = memory.model_copy(update={"told": retold(memory.told, reading, said, slots, reader)})
    answers = completed(reading, memory, slots, reader)
    if answers is not None:
        return understood(reading, answers[0], memory, answers[1], reader, by="rules")
    turn = Turn(reading, memory, slots, reader)
    if distil is not None and memory.standalone and points_back(reading):
        made = distil(turn)
        if made is not None:
            return understood(reading, made, memory, slots, reader, by="model")
    found = (
        taken_beside(turn, said)
        or with_history(turn, said)
        or for_somebody(turn, said)
        or with_illness(turn, said)
        or switched(turn, said)
        or resolved(turn)
    )
    if found == reading.text:
        found = carried_on(turn, said) or found
    if isinstance(found, Asking):
        return Followed(text, "as-is", _after(memory, slots, reading, reading, found), found)
    if is_polite(reading):
        return Followed(text, "as-is", _after(memory, slots, reading, reading, None))
    if found == reading.text and _only_tells(reading, said):
        asking = Asking(lack=Lack.QUESTION, question=reading.text)
        if asking.key not in memory.asked_back:
            return Followed(text, "as-is", _after(memory, slots, reading, reading, asking), asking)
    return understood(reading, found, memory, slots, reader, by="rules")


def _beyond_thanks(reading: Reading, reader: Reader) -> Reading:
    """The turn without the thanks that it begins with: 好的，谢谢。那孩子呢."""
    lead = w.POLITE.match(reading.plain, 0, w.MAX_POLITE)
    if lead is None or len(reading.plain) != len(reading.text) or not _STOPS.search(lead.group()):
        return reading
    rest = reading.text[lead.end() :].strip()
    return reader.read(rest) if re.search(r"\w", rest) else reading


_STOPS = re.compile(r"[，。！？,.!?~～]\s*$")


def understood(turn: Reading, found: str, memory: Memory, slots: Slots, reader: Reader, *, by: By) -> Followed:
    """The turn followed, when the question that it comes to is known: the person is added, and what is lacking asked back."""
    bare = whole = turn if found == turn.text else reader.read(found)
    anew = turn.drugs and found == turn.text and not turn.understanding.populations and not w.OF_THEM.search(turn.plain)
    if (
        anew and memory.standalone and reader.read(memory.standalone).drugs
    ):  # patients in general were those of another question
        slots = slots.model_copy(update={"populations": ()})
    if memory.standalone or memory.slots != Slots():
        words = with_person(whole, slots, memory.told)
        whole = whole if words == whole.text else reader.read(words)
    asking = lacking(whole, slots, memory, reader.kb)
    by = "as-is" if whole.text == turn.text and by == "rules" else by
    return Followed(whole.text, by, _after(memory, slots, turn, bare, asking), asking)


_ALLERGY = re.compile(r"过敏$|allergy$", re.IGNORECASE)


def _only_tells(reading: Reading, said: Said) -> bool:
    """Whether a turn introduces a person and asks nothing."""
    if not said.anything or w.asks(reading.plain):
        return False
    if reading.drugs:
        return len(said.patient.medicines) == len(reading.drugs) and takes_alone(reading)
    return bool(person_alone(reading))


def _after(memory: Memory, slots: Slots, turn: Reading, whole: Reading, asking: Asking | None) -> Memory:
    """The memory after a turn, by the question that it came to."""
    named = [] if is_polite(turn) else [drug.name for drug in whole.drugs]
    ills = [ill.name for ill in whole.ills]
    new = [name for name in named if not any(same_name(name, old) for old in memory.slots.drugs)]
    old = [name for name in named if name not in new]
    front = (
        old + new if old and new else named if _leads(whole) else list(reversed(named))
    )  # what was talked about stays in front of what joins it
    now = slots.model_copy(
        update={
            "drugs": _latest_first(front, slots.drugs),
            "diseases": _latest_first([ill for ill in reversed(ills) if not _ALLERGY.search(ill)], slots.diseases),
            "lang": slots.lang if is_polite(turn) and slots.lang else turn.lang,
            "asked": whole.understanding.groups or slots.asked,
        }
    )
    waits = asking is not None and asking.lack in (Lack.WHICH_DRUG, Lack.OTHER_DRUG, Lack.QUESTION)
    whys = w.WHY.fullmatch(turn.plain) is not None or w.ABOUT_US.search(turn.plain) is not None
    polite = is_polite(turn)
    says = not (whys or polite) and (bool(named or ills) or w.asks(turn.plain))
    fresh = [name for name in named if not any(same_name(name, old) for old in memory.listed)]
    equals = (len(new) > 1 and not _leads(whole)) or (len(named) > 1 and set(named) == set(memory.together))
    return memory.model_copy(
        update={
            "slots": now,
            "standalone": memory.standalone if waits or not says else whole.text,
            "of_one": whole.text if len(named) == 1 and not waits else memory.of_one,
            "about_disease": not named if named or ills else memory.about_disease,
            "together": tuple(named) if equals else memory.together if waits or not says else (),
            "listed": tuple(named) if equals else (*memory.listed, *fresh)[-MAX_NAMES:],
            "asking": asking,
            "asked_back": (*memory.asked_back, asking.key)[-ASKED_BACK:] if asking else memory.asked_back,
        }
    )


def _leads(whole: Reading) -> bool:
    """Whether the first of two medicines is the one that is asked about, and the other what it is taken with."""
    return len(whole.drugs) == PAIR and whole.plain[whole.drugs[0].end : whole.drugs[1].start].strip() == "with"


PAIR = 2


def _latest_first(latest: list[str], before: tuple[str, ...]) -> tuple[str, ...]:
    """The names, the latest in front; another form of a medicine takes the place of the one before."""
    bases = {name_variants(name)[-1] for name in latest}
    kept = [name for name in before if name_variants(name)[-1] not in bases]
    return first_of([*latest, *kept])
