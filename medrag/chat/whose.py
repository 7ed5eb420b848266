"""The person spoken of earlier, put into a question whose answer depends on who takes the medicine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from medrag.chat.asked import MAY_TAKE, eats, for_a_person
from medrag.chat.persons import Said, said_of_person
from medrag.chat.placing import joined, led
from medrag.chat.reading import Reader, Reading, same_name
from medrag.chat.repeat import person_alone
from medrag.chat.slots import Person, Slots
from medrag.chat.wordings import DENIED, WHAT_NOW, asks
from medrag.retrieve.cues import ADULT_YEARS, ELDERLY_YEARS, Population
from medrag.sections import SectionGroup
from medrag.types import Patient

__all__ = ["child_of", "retold", "with_person"]

MONTHS_A_YEAR = 12
_TRIMESTERS = {1: ("孕早期妇女", "first"), 2: ("孕中期妇女", "second"), 3: ("孕晚期妇女", "third")}
_KINDS = {
    Population.PREGNANT: ("孕妇", "while pregnant"),
    Population.LACTATING: ("哺乳期妇女", "while breastfeeding"),
    Population.CHILD: ("孩子", "for a child"),
    Population.ELDERLY: ("老人", "for an elderly person"),
    Population.RENAL: ("肾功能不全", ", with renal impairment"),
    Population.HEPATIC: ("肝功能不全", ", with hepatic impairment"),
}
_MOTHERS = frozenset({Population.PREGNANT, Population.LACTATING})
_GROWN = re.compile(r"大人|成人|成年人|\badults?\b|\bhumans?\b")
_MAY = re.compile(
    r"\b(can|may|should|could) (?:i|he|she|they|we|my \w+)\b(?! (?:give|worry|be worried|be concerned)\b)", re.IGNORECASE
)
_SAID = re.compile(r"^(?:, with |for |有)")  # what stands before a fact in `_words`
_END = " ?？.。!！"


def with_person(whole: Reading, slots: Slots, told: Mapping[str, str]) -> str:
    """The question, with who takes the medicine where that was said before, is not said in it, and matters.

    `told` are the user's own words for what they said of a person, as `retold` keeps them; where there are none, the slots' are used.
    """
    understanding = whole.understanding
    if _says_who(whole, slots) or understanding.ages or _GROWN.search(whole.plain) or not _matters(whole, slots):
        return whole.text
    may = MAY_TAKE.search(whole.masked) is not None or (not understanding.groups and not _is_added(whole))
    words = _words(slots, told, whole, may=may)
    words = [word for word in dict.fromkeys(words) if _SAID.sub("", word).lower() not in whole.plain]
    if understanding.groups == () and len(whole.drugs) == 1 and not asks(whole.plain):
        return ("" if _is_added(whole) else _thinking_of(whole, slots.patient)) or (
            _led_by if whole.lang == "zh" else _told_first
        )(words, whole.text)
    return _led_by(words, whole.text) if whole.lang == "zh" else _told_first(words, whole.text)


def _says_who(whole: Reading, slots: Slots) -> bool:
    """Whether a question says whom it is for; "the baby" of one who carries or nurses it does not."""
    who = set(whole.understanding.populations)
    patient = slots.patient
    mother = patient.pregnant or patient.breast_feeding or not _MOTHERS.isdisjoint(slots.populations)
    return bool(who - {Population.CHILD} if mother and slots.person is not Person.CHILD else who)


def _thinking_of(whole: Reading, patient: Patient) -> str:
    """A turn that names a medicine without asking anything, asked beside one that is taken: "got a headache, thinking of …"."""
    taken = [name for name in patient.medicines if not same_name(name, whole.drugs[0].name)]
    if not taken or DENIED.search(whole.plain[: whole.drugs[0].start].rstrip()):
        return ""
    names = joined([taken[0], whole.drugs[0].name], whole.lang)
    asked = f"{names}能一起吃吗" if whole.lang == "zh" else f"Can {names} be taken together?"
    return f"{whole.text.rstrip(_END)}{'，' if whole.lang == 'zh' else '. '}{asked}"


def _matters(whole: Reading, slots: Slots) -> bool:
    """Whether the answer depends on who takes the medicine: where it is asked, and where nothing in particular is.

    Of patients in general, who are nobody here, only the first.
    """
    understanding = whole.understanding
    if eats(whole):
        return False  # what it is taken with is asked of anybody
    if for_a_person(whole) or (_ALL_RIGHT.search(whole.masked) and set(understanding.groups) <= _OF_SAFETY):
        return True
    if slots.populations:
        return False
    open_ = bool(whole.drugs) and set(understanding.groups) <= {SectionGroup.WARNINGS} and not understanding.relations
    return open_ and not any(pattern.search(whole.plain) for pattern in (_WHAT_IT_IS, _WHAT_IT_DOES, WHAT_NOW))


def _is_added(whole: Reading) -> bool:
    """Whether the medicine was added to a few English words: "my contact lenses with trusopt"."""
    return whole.lang == "en" and bool(whole.drugs) and _WITH.search(whole.plain[: whole.drugs[0].start]) is not None


_WITH = re.compile(r"\bwith $")
# Asks whether a medicine is good for somebody, in whatever words: 会不会有害, "any reason not to use it", "should I worry".
_ALL_RIGHT = re.compile(
    r"有害|危险|风险|安全|伤身|要紧|好不好|行不行|合适|适合|适用|有没有(?:事|问题|影响)|有(?:事|问题|影响)[吗么]|放心|担心|怕不怕|靠谱|凑合|照常|[用吃服]得了|[用吃服]不得|不能[用吃服]|行[吗么]"
    r"|\b(?:risk(?:s|y)?|harm(?:s|ful)?|danger(?:s|ous)?|safe(?:ly|ty|r)?|worr(?:y|ies|ied)|concern(?:s|ed)?|suitable|advisable|recommended|ok|okay|alright|all right|fine|thoughts|avoid|appropriate|allowed)\b"
    r"|\b(?:reasons? not to|good idea|bad for|good for|hurt (?:me|him|her|them|us)|problems? with|trouble with|careful with|(?:come|coming|keep|keeping|stay|staying) (?:off|on|away)|steer clear|a no\b|off limits|rule (?:me|him|her|them) out|wise to|should (?:i|he|she|we|they) (?:not )?(?:be|have|get|start))\b"
)
_OF_SAFETY = frozenset(
    {
        SectionGroup.WARNINGS,
        SectionGroup.CONTRAINDICATIONS,
        SectionGroup.ADVERSE_REACTIONS,
        SectionGroup.INDICATIONS,
        SectionGroup.BOXED_WARNING,
    }
)
_WHAT_IT_DOES = re.compile(
    r"会(?:不会|影响|引起|导致|让|使)?(?!怎么样|有(?:问题|事|影响))|\b(?:does|do|will|would) \w+ (?:\w+ )?(?:cause|make|give|affect)\b|^(?:does|do|will|would|did|could) {2,}"
)
_WHAT_IT_IS = re.compile(r"是什么|是啥|什么药|\bwhat (?:is|are|kind)\b|\bwhat's (?!the (?:risk|problem|harm))")


def retold(told: Mapping[str, str], turn: Reading, said: Said, slots: Slots, reader: Reader) -> dict[str, str]:
    """The user's own words for each fact of a person, by person and field, after a turn; a clause counts that says nothing else."""
    facts = _facts(said.patient)
    found = {key: words for key, words in told.items() if key not in {_key(slots.person, name) for name in facts}}
    if not facts:
        return found
    for clause in _CLAUSE.findall(turn.text)[:MAX_CLAUSES]:
        reading = reader.read(clause) if clause.strip() else turn
        words = person_alone(reading) if clause.strip() else ""
        if words and len(words) <= LONGEST:
            found |= {_key(slots.person, name): words for name in _facts(said_of_person(reading).patient)}
    return found


def _facts(patient: Patient) -> list[str]:
    return [name for name in _FIELDS if getattr(patient, name) not in (None, "", False)]


def _key(person: Person, field: str) -> str:
    return f"{person}.{field}"


_FIELDS = ("age", "pregnant", "breast_feeding", "egfr", "renal", "hepatic")
_CLAUSE = re.compile(r"[^,，。;；!！?？.\n]+")
_SENTENCE = re.compile(
    r"\b(?:i|he|she|it|my \w+) (?:only |just |also |already |still |now |both )?(?:am|is|was|have|has|had|just)\b|\b(?:i'm|i've|he's|she's)\b|\bmy \w+'s\b",
    re.IGNORECASE,
)
NAMED = 3  # medicines taken that are named before a question whether another may be taken
MAX_CLAUSES = 8
LONGEST = 40  # characters of a clause that is said again


def _led_by(words: Sequence[str], text: str) -> str:
    return "，".join([*words, led(text)]) if words else text


def _told_first(words: Sequence[str], text: str) -> str:
    """An English question behind the sentences that tell of a person, with the other words as its object or its end."""
    sentences = [word for word in words if _SENTENCE.search(word)]
    tails = [word for word in words if word not in sentences]
    if len(tails) == 1 and tails[0].startswith("for ") and _MAY.search(text):
        text = _MAY.sub(lambda match: f"{match.group(1)} {tails[0].removeprefix('for ')}", text, count=1)
        tails = []
    mark = "?" if text.rstrip().endswith("?") else ""
    body = text.rstrip(_END) if tails else text
    asked = body + "".join(word if word.startswith(",") else f" {word}" for word in tails) + (mark if tails else "")
    return ". ".join([*sentences, asked])


def child_of(age: float, lang: str) -> str:
    """A child of an age, in words: 3岁的孩子, "a 3-year-old child"."""
    months = round(age * MONTHS_A_YEAR)
    if age < 2 and months % MONTHS_A_YEAR:
        return f"{months}个月大的宝宝" if lang == "zh" else f"{_article(months)} {months}-month-old child"
    return f"{age:g}岁的孩子" if lang == "zh" else f"{_article(age)} {age:g}-year-old child"


def _article(number: float) -> str:
    """ "an" before 8, 11, 18 and what begins with eight, else "a"."""
    return "an" if f"{number:g}".startswith("8") or number in (11, 18) else "a"


def _words(slots: Slots, told: Mapping[str, str], whole: Reading, *, may: bool) -> list[str]:
    """What was said of the person, each in words; diagnoses and allergies count where it is asked whether one may take it."""
    zh = whole.lang == "zh"
    patient = slots.patient
    if slots.populations and not (patient.breast_feeding or patient.pregnant):  # in general: of nobody in particular
        mother = not _MOTHERS.isdisjoint(slots.populations)  # a child beside her is whom she carries or nurses
        kinds = [kind for kind in slots.populations if not (mother and kind is Population.CHILD)]
        return [_KINDS[kind][0 if zh else 1] for kind in kinds]
    made = {name: words for name, words in _made(patient, whole.lang).items() if words}
    own = {name: told.get(_key(slots.person, name), words) for name, words in made.items()}
    found = [own[name] if _fits(own[name], zh=zh) else made[name] for name in made]
    if slots.person is Person.CHILD and patient.age is None and not patient.breast_feeding:  # the mother takes it
        found.append(_KINDS[Population.CHILD][0 if zh else 1])
    if may:
        found += [f"有{name}" if zh else f", with {name}" for name in patient.diagnoses if name.lower() not in whole.plain]
        taken = [name for name in patient.medicines if not any(same_name(name, drug.name) for drug in whole.drugs)]
        if taken and len(whole.drugs) == 1:
            found.append(f"在吃{joined(taken[:NAMED], 'zh')}" if zh else f"I'm on {joined(taken[:NAMED], 'en')}")
        found += [
            f"对{name}过敏" if zh else f", with an allergy to {name}" for name in patient.allergies if name not in whole.plain
        ]
    return found


def _fits(words: str, *, zh: bool) -> bool:
    """Whether a user's own words can stand before a question: in its language, and an English sentence."""
    return _HAN.search(words) is not None if zh else _SENTENCE.search(words) is not None


_HAN = re.compile(r"[㐀-鿿]")


def _made(patient: Patient, lang: str) -> dict[str, str]:
    """Words for each fact of a person, made from the slots; none for an adult's age."""
    zh = lang == "zh"
    return {
        "age": _aged(patient.age, lang) if patient.age is not None else "",
        "pregnant": _pregnant(patient, zh=zh) if patient.pregnant else "",
        "breast_feeding": _KINDS[Population.LACTATING][0 if zh else 1] if patient.breast_feeding else "",
        "egfr": (f"eGFR {patient.egfr:g}" if zh else f", with an eGFR of {patient.egfr:g}") if patient.egfr is not None else "",
        "renal": patient.renal if zh or not patient.renal else f", {_with(patient.renal)}",
        "hepatic": patient.hepatic if zh or not patient.hepatic else f", with {patient.hepatic}",
    }


def _with(illness: str) -> str:
    return illness if illness.startswith("on ") else f"with {illness}"  # on dialysis


def _aged(age: float, lang: str) -> str:
    if age < ADULT_YEARS:
        return child_of(age, lang) if lang == "zh" else f"for {child_of(age, lang)}"
    if age >= ELDERLY_YEARS:
        return f"{age:g}岁的老人" if lang == "zh" else f"for {_article(age)} {age:g}-year-old"
    return ""


def _pregnant(patient: Patient, *, zh: bool) -> str:
    if patient.trimester is None:
        return _KINDS[Population.PREGNANT][0 if zh else 1]
    chinese, english = _TRIMESTERS[patient.trimester]
    return chinese if zh else f"while pregnant in the {english} trimester"
