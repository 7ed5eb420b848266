"""What happens to somebody who takes the medicine talked about: whether it does what a turn tells of."""

from __future__ import annotations

import re

from medrag.chat import wordings as w
from medrag.chat.asked import MAY_TAKE, eats
from medrag.chat.persons import said_of_person
from medrag.chat.placing import led
from medrag.chat.slots import Asking
from medrag.chat.told import LONGEST_TOLD, MAY_DO, asks_something, labels_of, may_do, stems_of
from medrag.chat.turn import Turn, in_focus, pointers
from medrag.sections import SectionGroup

__all__ = ["asked_as_effect", "side_effect", "tells_of_effect", "whether_it_does"]

_END = " ?？.。!！,，"


def side_effect(turn: Turn) -> bool:
    """Whether a turn tells of something that the medicine spoken of may do, and asks what to do: 便秘了怎么办."""
    reading, memory = turn.reading, turn.memory
    if not turn.drugs or memory.about_disease or not w.WHAT_NOW.search(reading.plain):
        return False
    if any(ill.name in turn.diseases for ill in reading.ills):
        return False  # what it is taken for
    return may_do(turn)


def tells_of_effect(turn: Turn) -> bool:
    """Whether a turn tells of something that came with taking: 便血了, 吃完胃疼; or of no illness but what its label says that it may do: 头晕."""
    reading = turn.reading
    if not reading.ills or asks_something(reading) or not turn.drugs or turn.memory.about_disease:
        return False
    if w.AFTER_TAKING.search(reading.plain) or reading.plain.rstrip("。.!！").endswith("了"):
        return True
    return not any(ill.disease for ill in reading.ills) and may_do(turn, (SectionGroup.ADVERSE_REACTIONS,))


def whether_it_does(turn: Turn) -> str | None:
    """Whether the medicine talked about does what a turn tells of and asks the cause of: 出疹子了怎么回事; None where it asks none."""
    plain = turn.reading.plain
    if not turn.drugs or turn.memory.about_disease or turn.lang != "zh":
        return None
    cause = _CAUSE.search(plain) or (_ENDS.search(plain) if _TAKEN.match(plain) and not asks_something(turn.reading) else None)
    if cause is None:
        return None
    told = _AFTER.sub("", led(turn.reading.text[: cause.start()])).strip(" ,，")
    return f"吃{in_focus(turn)}会{told.removesuffix('了')}吗" if len(told) > 1 else None


def asked_as_effect(turn: Turn, found: str | Asking) -> str | Asking:
    """The question of an English turn that only tells what happens to somebody, with whether the medicine causes it asked behind it."""
    reading = turn.reading
    if turn.lang != "en" or isinstance(found, Asking) or turn.memory.about_disease or not turn.drugs:
        return found
    cause = _IS_THAT_IT.search(reading.plain)
    told = _LEAD.sub("", reading.text[: cause.start()] if cause else reading.text).strip(_END)
    if cause and told and len(reading.drugs) < PAIR:
        return f"{told}. Can {reading.drugs[0].name if reading.drugs else in_focus(turn)} cause this?"
    if reading.drugs or found == reading.text or MAY_TAKE.search(found.lower()) or not _is_told(turn):
        return found
    if _HAS.match(reading.plain) and not _in_labels(turn):
        return f"{told}. can I take {in_focus(turn)}?"
    if _WILL.match(reading.plain):
        return f"{told}? Can {in_focus(turn)} cause this?"
    return (
        f"{found.rstrip(_END)}. Can it cause this?" if pointers(reading.plain) else f"{told}. Can {in_focus(turn)} cause this?"
    )


PAIR = 2


def _is_told(turn: Turn) -> bool:
    """Whether a turn tells of what happens to somebody, or asks whether it will, and of nothing that is done with the medicine."""
    reading = turn.reading
    understanding = reading.understanding
    if understanding.groups or said_of_person(reading).anything or len(reading.plain) > LONGEST_TOLD["en"]:
        return False
    if eats(reading) or _NO_EFFECT.search(reading.plain):
        return False
    if _WILL.match(reading.plain) or (not asks_something(reading) and _HAPPENS_TO.match(reading.plain)):
        return bool(reading.ills) or _OF_THE_BODY.search(reading.plain) is not None or _in_labels(turn)
    return not asks_something(reading) and _in_labels(turn)


def _in_labels(turn: Turn) -> bool:
    """Whether a label of the medicine talked about has a word of the turn among what it may do."""
    stems = [stem for word in turn.reading.understanding.left for stem in stems_of(word)]
    begins = re.compile("|".join(rf"\b{re.escape(stem)}" for stem in stems)) if stems else None  # no ongoing for going
    return begins is not None and any(begins.search(text) for text in labels_of(turn, MAY_DO))


# What asks whether a medicine is the cause: "… is that because of it?".
_IS_THAT_IT = re.compile(
    r"[,.;: ]+(?:and )?(?:is|are|was|could|can|might|may) (?:that|this|it|they)(?: be)? (?:why|(?:because of|from|due to|down to|caused by|to do with|linked to|related to) .{2,40}|(?:it|that|the \w+))[?. ]*$"
    r"|[,.;: ]+(?:is|was) (?:it|this|that) (?:to blame|the cause|the reason|a side effect)[?. ]*$"
)
_HAPPENS_TO = re.compile(
    r"(?:and |but |so |now |also |oh )*(?:(?:i|he|she|we)(?:['’](?:m|ve|s|re|d))?|my|his|her|our|the baby['’]?s?) (?!(?:also |already |still )?(?:takes?|uses?|on|doctor|pharmacist|nurse|want|need|think|forgot|missed|lost|live|work|plan|am on|is on)\b)"
    r"|(?:been|feeling|felt|getting|got|having|had|threw|lost|gained|woke|keep|still|so|very) |[a-z ]{3,24} (?:is|are|has|have|feels?|went|turned|keeps?|started) "
)
# What a body feels and does, in words that labels do not have: "I keep weeing".
_OF_THE_BODY = re.compile(
    r"\b(?:head|face|eyes?|ears?|nose|mouth|lips?|tongue|throat|neck|chest|heart|arms?|hands?|fingers?|back|tummy|belly|stomach|gut|legs?|knees?|feet|foot|toes?|skin|hair|nails?|teeth|gums?|wee\w*|pee\w*|poo\w*"
    r"|sleep\w*|awake|woke|tired|shak\w+|sweat\w*|hot|cold|dizzy|sick|sore|itch\w*|swol\w+|swell\w*|numb|tingl\w+|bruis\w+|bleed\w*|weight|appetite|hungry|thirsty|mood|low|down|anxious|cramps?|pains?|aches?|hurts?|rash\w*|flush\w*|bloated|gassy|runs|loo|toilet|period|dream\w*|memory|foggy|jittery|racing|lightheaded|unwell|worse|fat|blurr\w*|get up|stand up|climb|can['’]?t|cannot|couldn['’]?t)\b"
)
# What somebody has, and the medicine need not have done: "I also have sleep apnoea".
_HAS = re.compile(
    r"(?:and |but )*(?:i|he|she|my \w+)(?:['’]ve got|['’]s got| also have| also has| have| has)\b(?! (?:been|had|started|gone|lost|gained)\b)"
)
_WILL = re.compile(
    r"(?:and |but |so )*(?:will|would|is|are) (?:i|my|his|her|he|she|we)\b(?! (?:still |also )?(?:be )?(?:allowed|able|ok|okay|safe|supposed|meant|take|taking|need))"
)
# Of what was taken, eaten or done with it nothing is asked but what follows.
_NO_EFFECT = re.compile(
    r"\b(?:by mistake|accident\w*|doctor|prescri\w+|pharmac\w+|fridge|car|bottle|dose|doses|pills?|tablets?|mg|dentist|surgery|operation|scan|job|drive|driving|drink|alcohol|years? old)\b"
)
_LEAD = re.compile(r"^(?:(?:and|but|so|now|also|oh|ok|okay)\b[, ]*)+", re.IGNORECASE)
_TAKEN = re.compile(r"(?:我|他|她|孩子)?(?:吃|用|服|喝|打|涂)(?:着|了|完|过)")
_ENDS = re.compile(r"[了啊呀。.!！]*$")
_CAUSE = re.compile(
    r"(?:是?(?:怎么|咋)回事|是(?:怎么|咋)了|正常[吗么不]|(?:是不是|会不会是)?(?:因为|和|跟)?(?:它|这个?药)(?:引起|导致|造成|闹|害)的?|是不是副作用)[吗啊呀]?[?？。]*$"
)
_AFTER = re.compile(
    r"^(?:我|他|她|孩子)?(?:(?:吃|用|服|喝|打|涂)(?:了|完|着|过)?(?:它|这个?药)?(?:以后|之后|后)?)[,，]?(?:就|老是|总是|一直)?"
)
