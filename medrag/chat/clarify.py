"""Asking back, where the answer hangs on what nobody has said: which medicine, how old the child is, whether somebody is pregnant."""

from __future__ import annotations

import re

from medrag.chat.asked import MAY_TAKE
from medrag.chat.reading import Reading
from medrag.chat.slots import Asking, Lack, Memory, Person, Slots
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Sex

__all__ = ["label_text", "lacking", "words_of"]

G = SectionGroup
_WORDS = {
    Lack.WHICH_DRUG: ("您问的是哪一种药：{drugs}？", "Which of them do you mean: {drugs}?"),
    Lack.OTHER_DRUG: (
        "{drugs}要和哪一种药一起用？请说出那种药的名称。",
        "{drugs} together with which other medicine? Please name it.",
    ),
    Lack.AGE: (
        "说明书上{drugs}的儿童用量因年龄而不同。孩子多大了（几岁或几个月）？",
        "The label's dose of {drugs} for a child depends on the age. How old is the child?",
    ),
    Lack.PREGNANT: (
        "说明书对孕妇使用{drugs}有限制。您现在怀孕了吗，或者有可能怀孕？",
        "The label limits the use of {drugs} in pregnancy. Are you pregnant, or could you be?",
    ),
    Lack.QUESTION: ("记下了。您想了解哪种药，或者什么病？", "Noted. Which medicine or illness would you like to know about?"),
}
_WHICH = ("您问的是哪一种药？请写出药名。", "Which medicine do you mean? Please write its name.")
# An age or a range of ages as labels print it; each different one counts.
_AGE = re.compile(r"(\d{1,2}(?:\.\d)?)\s*(?:[-~～—–至到]\s*\d{1,2}\s*)?(周?岁|个?月龄?|years?|yrs?\b|months?)", re.IGNORECASE)
_ADULT = 18
_LIMITED = re.compile(
    r"孕妇[^。；;]{0,20}(?:禁用|忌用|慎用|不宜|不得|不应|避免|禁止)|(?:妊娠|怀孕)[^。；;]{0,20}(?:禁用|忌用|慎用|不宜|不得|不应|避免|禁止)|(?:禁用|忌用)于?[^。；;]{0,10}(?:孕妇|妊娠)"
    r"|contraindicated[^.;]{0,60}pregnan|pregnan[^.;]{0,60}(?:contraindicated|should not|must not|do not|avoid)|fetal (?:harm|toxicity)|(?:should not|must not|do not)[^.;]{0,60}pregnan",
    re.IGNORECASE,
)
_FERTILE = (12.0, 50.0)  # years
_READ = (G.DOSAGE, G.PEDIATRIC)
_READ_FOR_PREGNANCY = (G.CONTRAINDICATIONS, G.PREGNANCY, G.BOXED_WARNING, G.WARNINGS)


def lacking(whole: Reading, slots: Slots, memory: Memory, kb: KnowledgeBase) -> Asking | None:
    """What has to be asked back before a question that stands alone is answered; None where nothing, or where it was asked before."""
    understanding = whole.understanding
    if len(understanding.drugs) != 1 or not understanding.drugs[0].documents:
        return None
    lack = _age_lacks(whole, slots) or _pregnancy_lacks(whole, slots)
    if lack is None:
        return None
    asking = Asking(lack=lack, question=whole.text, drugs=(whole.drugs[0].name,))
    if asking.key in memory.asked_back:
        return None
    text = label_text(understanding.drugs[0].documents[0], kb, _READ if lack is Lack.AGE else _READ_FOR_PREGNANCY)
    differs = _by_age(text) if lack is Lack.AGE else _LIMITED.search(text) is not None
    return asking if differs else None


def _age_lacks(whole: Reading, slots: Slots) -> Lack | None:
    """Whether a dose for a child is asked whose age nobody has said."""
    u = whole.understanding
    child = Population.CHILD in u.populations and not u.ages and slots.patient.age is None
    return Lack.AGE if child and G.DOSAGE in u.groups else None


def _pregnancy_lacks(whole: Reading, slots: Slots) -> Lack | None:
    """Whether a woman asks for herself if she may take something, and has not said whether she is pregnant."""
    patient = slots.patient
    herself = patient.sex is Sex.FEMALE and slots.person not in (Person.CHILD, Person.PARENT)
    fertile = patient.age is not None and _FERTILE[0] <= patient.age <= _FERTILE[1]
    unsaid = patient.pregnant is None and not whole.understanding.populations
    return Lack.PREGNANT if herself and fertile and unsaid and MAY_TAKE.search(whole.masked) else None


def label_text(info: DocumentInfo, kb: KnowledgeBase, groups: tuple[SectionGroup, ...]) -> str:
    """The words of those sections of a label."""
    document = kb.document(info.key, source=info.source)
    return "\n".join(document.text[section.start : section.end] for section in document.sections if section.group in groups)


def _by_age(text: str) -> bool:
    """Whether a text tells children of different ages apart."""
    found = {(match.group(1), match.group(2)[0]) for match in _AGE.finditer(text)}
    young = {item for item in found if item[1] in "月mM" or float(item[0]) < _ADULT}
    return len(young) > 1


def words_of(asking: Asking, lang: str) -> str:
    """The question that is asked back."""
    zh, en = _WORDS[asking.lack] if asking.drugs or asking.lack is Lack.QUESTION else _WHICH
    if lang == "zh":
        return zh.format(drugs=("还是" if asking.lack is Lack.WHICH_DRUG else "、").join(asking.drugs))
    return en.format(drugs=" or ".join(asking.drugs))
