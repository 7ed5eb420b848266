"""What a turn that names no medicine tells of the one talked about: by what the turn lacks, in whatever words it tells it."""

from __future__ import annotations

import re

from medrag.answer.outside import is_outside
from medrag.chat import wordings as w
from medrag.chat.asked import MAY_TAKE, for_a_person, is_short
from medrag.chat.clarify import label_text
from medrag.chat.persons import Said, said_of_person
from medrag.chat.placing import led, placed
from medrag.chat.reading import Reading
from medrag.chat.turn import Turn, in_focus
from medrag.retrieve.cues import Population
from medrag.sections import SectionGroup

__all__ = [
    "LONGEST_ASKED",
    "LONGEST_TOLD",
    "MAY_DO",
    "OF_PERSONS",
    "asks_something",
    "changes_subject",
    "is_elsewhere",
    "is_for_somebody",
    "labels_of",
    "may_do",
    "stems_of",
    "tells_of_condition",
    "told_more",
    "whether_at_all",
    "whether_with_condition",
    "with_history",
]

MAY_DO = (SectionGroup.ADVERSE_REACTIONS, SectionGroup.WARNINGS, SectionGroup.BOXED_WARNING)
LONGEST_ASKED = 200  # characters of a question that more is told of
LONGEST_TOLD = {
    "zh": 30,
    "en": 80,
}  # characters of a turn that tells something of the medicine; longer ones tell a story of their own


def is_elsewhere(turn: Turn) -> bool:
    """Whether a turn has nothing to do with medicine and names what nobody asks of one: the weather, a joke."""
    return _ELSEWHERE.search(turn.reading.plain) is not None and is_outside(turn.reading.understanding)


def changes_subject(turn: Turn) -> bool:
    """Whether a turn without a word of medicine is about something else, and not about the medicine talked about.

    It is where it is long and the label of the medicine speaks of nothing that it names.
    """
    reading = turn.reading
    if not is_outside(reading.understanding) or not reading.understanding.left:
        return False
    if is_short(reading) or len(reading.plain) <= SHORT[turn.lang] or _NO_SUBJECT.match(reading.plain):
        return False
    if w.LOOKED_OUT_FOR.search(reading.plain) and w.asks(reading.plain):
        return False
    return _OF_THE_BODY.match(reading.plain) is None and not _label_mentions(turn)


SHORT = {"zh": 14, "en": 32}  # characters of a turn that hardly begins another subject
_ELSEWHERE = re.compile(
    r"天气|下雨|下雪|气温|星期几|几号|几点了|笑话|写[一首篇个]|作文|代码|编程|新闻|电影|电视|唱|歌|股[票市]|彩票|比赛|足球|篮球|翻译|[旅]游|景点|火车|高铁|机票|酒店|餐厅|菜谱|总统|主席|首都|历史|数学|手机|电脑|游戏|快递|房价|工资|天空"
    r"|\b(?:weather|rain|snow|joke|poem|story|essay|song|sing|music|movie|film|news|stocks?|shares|football|match|game|translate|recipe|cook|restaurant|hotel|flight|train|capital of|president|prime minister|history|math|code|python|computer|phone|time is it|day is it|date is it|who (?:won|wrote|invented|is the|was the))\b"
)
# A question that begins with its verb is about what was spoken of: 要怎么放才不会坏.
_NO_SUBJECT = re.compile(
    r"(?:要|该|应该|需要|能|可以|会|有没有|是不是|怎么(?:放|存|保存|吃|用|服|喝|停|减|调)|多久|多长|几(?!个人)|一[天日次])"
)
# A complaint, of whatever: "now I can't get up in the morning".
_OF_THE_BODY = re.compile(
    r"(?:now |and |but |also )*(?:i|he|she|my \w+)(?:['’]m|['’]s| am| is)? (?:just )?(?:can['’]t|cannot|couldn['’]t|keeps?|feels?|feeling)\b"
)


def _label_mentions(turn: Turn) -> bool:
    """Whether a label of the medicine talked about has one of the words of a turn, or in Chinese two of its characters in a row."""
    if not turn.drugs or turn.memory.about_disease:
        return False
    words = [part for word in turn.reading.understanding.left for part in stems_of(word)]
    return any(part in text for text in labels_of(turn, tuple(SectionGroup)) for part in words)


def stems_of(word: str) -> list[str]:
    """What the forms of a word have in common, to be looked for in a label; in Chinese its pairs of characters."""
    if word.isascii():
        return [word[:STEM]] if len(word) >= STEM else []
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return [pair for pair in pairs if not _COMMON.search(pair)] + _ALONE.findall(word)


STEM = 4  # letters that the forms of an English word begin with
_COMMON = re.compile(r"[我你他她它的了吗呢么不没有是就都也很在和跟与怎样什现今天最近个一会能可以要想给]")
_ALONE = re.compile(r"[烟酒茶辣奶]")


def labels_of(turn: Turn, groups: tuple[SectionGroup, ...]) -> list[str]:
    """What the first labels of the medicine talked about say in these sections, in lower case."""
    drugs = turn.reader.read(turn.drugs[0]).understanding.drugs
    documents = drugs[0].documents if drugs else ()
    return [label_text(info, turn.reader.kb, groups).lower() for info in documents[:LABELS_READ]]


LABELS_READ = 4  # of a medicine, to see what they speak of


def whether_at_all(turn: Turn) -> bool:
    """Whether of a mother, after a dose was asked, it is asked first whether she may take it: 哺乳期."""
    reading, last = turn.reading, turn.last
    if last is None or turn.lang != "zh" or _MOTHERS.isdisjoint(reading.understanding.populations) or asks_something(reading):
        return False
    return SectionGroup.DOSAGE in last.understanding.groups and not MAY_TAKE.search(last.masked)


_MOTHERS = frozenset({Population.PREGNANT, Population.LACTATING})


def is_for_somebody(turn: Turn) -> bool:
    """Whether a turn tells of a person and asks nothing of its own, after a question whose answer depends on who takes the medicine."""
    last = turn.last
    if last is None or not last.drugs or not for_a_person(last) or asks_something(turn.reading) or whether_at_all(turn):
        return False
    if not OF_PERSONS.issuperset(turn.reading.understanding.groups):
        return False
    return len(turn.reading.plain) <= LONGEST_TOLD[turn.lang] and said_of_person(turn.reading).anything


OF_PERSONS = frozenset({SectionGroup.PREGNANCY, SectionGroup.PEDIATRIC, SectionGroup.GERIATRIC, SectionGroup.WARNINGS})


def told_more(turn: Turn) -> str:
    """A statement: what it says of what was asked last belongs to that question, else it is of the medicine talked about."""
    reading, last = turn.reading, turn.last
    asked = last is not None and last.drugs and w.asks(last.plain) and len(last.text) <= LONGEST_ASKED
    if last is not None and asked and any(len(word) > 1 and word in last.plain for word in reading.understanding.left):
        return f"{last.text.rstrip()}{'' if last.lang == 'zh' else ' '}{reading.text}"
    if not turn.drugs or turn.memory.about_disease or len(reading.plain) > LONGEST_TOLD[turn.lang]:
        return reading.text
    return placed(reading.text, in_focus(turn), turn.lang)


def tells_of_condition(turn: Turn) -> bool:
    """Whether a turn asks nothing and tells of what decides whether somebody may take a medicine: 老人家84了肾也不好."""
    reading = turn.reading
    if not turn.drugs or turn.memory.about_disease or len(reading.plain) > LONGEST_TOLD[turn.lang]:
        return False
    if _WHAT_IF.match(reading.plain):
        return True
    if asks_something(reading):
        return False
    if not _CONDITIONS.isdisjoint(reading.understanding.populations) or _WEAK.search(reading.plain):
        return True
    had = _HAD.search(reading.plain) is not None and w.AFTER_TAKING.search(reading.plain) is None
    return had and (bool(reading.ills) or turn.lang == "zh") and not may_do(turn)


_WHAT_IF = re.compile(r"(?:and |so |but )*what if (?=(?:i|he|she|my \w+|someone|somebody)(?:['’]ve got| have| has|['’]s got) )")


def asks_something(reading: Reading) -> bool:
    """Whether a turn asks something; an English "is" that is not the first word does not make a question."""
    return w.asks(_AND.sub("", reading.plain)) if reading.lang == "zh" else _ENGLISH_ASKS.search(reading.plain) is not None


_AND = re.compile(r"呢[?？。]*$")  # asks of what it stands behind whatever was asked before
_ENGLISH_ASKS = re.compile(
    r"\?|^(?:(?:and|so|but|ok|then|also)[ ,]+)*(?:what|which|how|when|where|why|who|can(?!['’]t)|could(?!n)|should|may|is|are|do|does|did|will|would|any|ok|safe|tell|explain)\b"
    r"|\b(?:what|how|why|is (?:it|that|this)|can (?:i|he|she|we|they)|should (?:i|he|she|we|they)|do i)\b"
)
_CONDITIONS = frozenset({Population.RENAL, Population.HEPATIC, Population.PREGNANT, Population.LACTATING, Population.ELDERLY})
_WEAK = re.compile(
    r"(?:[胃心肺肠脾肝肾]|前列腺|甲状腺|血压|血糖|血脂|眼睛|骨头|腰)(?:脏|功能)?(?:也|都|一直|有点|有些|不是)?(?:不太|不大|很|比较|偏)?(?:不好|差|弱|虚|高|低|有(?:点|些)?(?:小)?(?:问题|毛病))"
    r"|\b(?:bad|weak|dodgy|poor|sensitive|delicate) (?:heart|stomach|liver|kidneys?|lungs|bladder|gut|eyes)\b"
    r"|\b(?:heart|stomach|liver|kidney|lung|bladder|bowel|prostate|thyroid|eye|bleeding)s? (?:trouble|problems?|issues?|condition)\b"
    r"|\b(?:am|is|i'm|he's|she's) (?:an? )?(?:\w+ )?(?:diabetic|asthmatic|epileptic|hypertensive|an(?:a)?emic|alcoholic|smoker|coeliac|celiac|haemophiliac|hemophiliac)\b"
)
# What somebody has or had: a history, an operation.
_HAD = re.compile(
    r"(?:做|搭|装|切|动|得|犯|中|患)过|病史|[有患](?=[^,，。]{1,8}(?:病|症|炎|史|瘤|癌|眼|高|喘))"
    r"|\b(?:have|has|had|having|got|history|past|previous|diagnosed|suffer\w*|prone|transplant|stent|pacemaker|surgery)\b"
)


def with_history(turn: Turn, said: Said) -> str | None:
    """Whether somebody may take the medicine talked about who is told to have an illness or an allergy; None where it was asked before."""
    last, patient = turn.last, said.patient
    if last is None or not last.drugs or turn.reading.drugs or MAY_TAKE.search(last.masked) or asks_something(turn.reading):
        return None
    if (
        w.AFTER_TAKING.search(turn.reading.plain)
        or not (patient.allergies or patient.diagnoses)
        or len(turn.reading.plain) > LONGEST_TOLD[turn.lang]
        or not turn.drugs
    ):
        return None
    reacts = may_do(turn, (SectionGroup.ADVERSE_REACTIONS,))
    if turn.memory.about_disease or reacts:
        return None
    return whether_with_condition(turn) if turn.lang == "zh" else f"can I take {in_focus(turn)}?"  # the slots add what is told


def whether_with_condition(turn: Turn) -> str:
    """Whether somebody of whom a turn tells may take the medicine talked about."""
    focus = in_focus(turn)
    if turn.lang == "zh":
        return f"{_AND.sub('', led(turn.reading.text)).rstrip(_END)}，能吃{focus}吗"
    return f"{turn.reading.text[_told_at(turn) :].strip(_END)}. can I take {focus}?"


def _told_at(turn: Turn) -> int:
    """Where a turn that asks "what if" begins to tell."""
    match = _WHAT_IF.match(turn.reading.plain)
    return match.end() if match else 0


_END = " ?？.。!！,，"


def may_do(turn: Turn, groups: tuple[SectionGroup, ...] = MAY_DO) -> bool:
    """Whether a label of the medicine talked about names among what it may do an illness that a turn names."""
    names = [_HAPPENS.sub("", ill.name.lower()) for ill in turn.reading.ills]
    return any(name in text for text in (labels_of(turn, groups) if names else ()) for name in names)


_HAPPENS = re.compile(r"^(?:起|有|得|出现|发生)(?=.{2})|了$")
