"""What one turn of a user says by itself: its medicines and illnesses where they stand, and what is left beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from medrag.chat.wordings import LEADS, asks
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.traditional import simplified
from medrag.retrieve.diseases import illnesses
from medrag.retrieve.forms import FORM, form_end
from medrag.retrieve.understand import Understanding, understand
from medrag.retrieve.words import FOODS
from medrag.types import EntityKind, Question

__all__ = ["Named", "Reader", "Reading", "cleaned", "same_name", "without"]

KEPT_READINGS = 64
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Named:
    """A name where it stands in a turn, `text[start:end]`, with the dosage form printed behind it."""

    name: str
    start: int
    end: int
    disease: bool = False


@dataclass(frozen=True)
class Reading:
    """A turn by itself. `text` is what was typed, on one line and otherwise as typed where that keeps offsets, so that what is
    built from it reads well; `plain` the same in lower case; `drugs` are in text order, also those that are not known here; `form` is a
    dosage form that is named without a medicine."""

    text: str
    plain: str
    understanding: Understanding
    drugs: tuple[Named, ...]
    ills: tuple[Named, ...]
    form: Named | None = None

    @property
    def lang(self) -> str:
        """Chinese (`zh`) or English."""
        return self.understanding.lang

    @cached_property
    def masked(self) -> str:
        """The plain text with blanks in place of the medicines' names, of the same length."""
        return without(self.plain, [(drug.start, drug.end) for drug in self.drugs])


def cleaned(text: str) -> str:
    """The text without halves of surrogate pairs, which nothing can store or send."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Reader:
    """Reads turns by the names of a knowledge base; what was read is kept for when it is asked for again, until the commit changes."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb
        self._commit = kb.commit
        self._read: dict[str, Reading] = {}

    def read(self, text: str) -> Reading:
        """What a turn says by itself. Raises `QuestionError` for an empty one and one of more than 10,000 characters."""
        if self._commit != self.kb.commit or len(self._read) >= KEPT_READINGS:
            self._commit = self.kb.commit
            self._read.clear()
        if text not in self._read:
            self._read[text] = _read(text, self.kb)
        return self._read[text]


def _read(text: str, kb: KnowledgeBase) -> Reading:
    understanding = understand(Question(text=text), kb)
    lead = LEADS.match(understanding.question)
    if lead and not understanding.drugs and not understanding.unknown and lead.end() < len(understanding.question):
        # A name is found where a word begins, and 那 before it is taken for a part of it: 那扑热息痛呢.
        bare = (
            text.strip()[lead.end() :]
            if len(text.strip()) == len(understanding.question)
            else understanding.question[lead.end() :]
        )
        behind = understand(Question(text=bare), kb) if bare.strip() else understanding
        if behind.drugs or behind.unknown:
            text, understanding = bare, behind
    plain = understanding.question
    drugs = [
        _whole_name(drug.start, form_end(plain, drug.end), plain) for drug in understanding.drugs if drug.name not in FOODS
    ]
    unknown = [_unknown(name, plain) for name in understanding.unknown if name in plain]
    drugs += [name for name in unknown if not FORM.fullmatch(plain, name.start, name.end)]
    forms = [name for name in unknown if FORM.fullmatch(plain, name.start, name.end)] or _form_alone(plain)
    forms = [] if drugs else forms
    typed = _as_typed(text, plain)
    found = sorted(drugs, key=lambda drug: (drug.start, -drug.end))
    apart = [drug for at, drug in enumerate(found) if at == 0 or drug.start >= found[at - 1].end]
    apart = _said_once([drug for drug in apart if not _is_no_medicine(plain, drug)], understanding.unknown, plain)
    ills = [
        Named("", mention.start, mention.end, any(e.kind is EntityKind.DISEASE for e in mention.entities))
        for mention in illnesses(understanding.mentions)
        if not any(drug.start < mention.end and mention.start < drug.end for drug in apart)
    ]
    ills = ills or ([] if apart else _unknown_ills(plain, understanding))
    form = _named(forms[:1], typed)
    return Reading(typed, plain, understanding, _named(apart, typed), _named(ills, typed), form[0] if form else None)


# What a question says before the name of a medicine that is not known, and what is taken for a part of it.
_BEFORE = re.compile(
    r"(?:那么?|换成?|改成?|改用|改吃|可以|能不能|能|可否|能否|需要|应该|(?:要|再|想|在|得)补充?|使用|服用|吃了?|用了?|服|再|又|还|把|给|和|跟|与|同|或者?|请问|想问一?下?|关于)*"
)


# Words of titles that a turn has in their ordinary sense, and what is measured in blood and not taken.
_ORDINARY = re.compile(
    r"(?:normal|little|first|clear|severe|natural|image|home|daily|mouth|skin|eyes?|nose|throat|ears?|hair|nails?|feet|foot|hands?|face|lips?|tongue|head|stomach|chest|back|legs?|arms?|joints?|muscles?|scalp|sore|raw|dry|baby)$"
)
_MEASURED = re.compile(
    r"(?:calcium|potassium|sodium|magnesium|phosphorus|phosphate|iron|glucose|sugar|cholesterol|folate|b12|vitamin [a-z]\d*)$"
)
_LEVEL = re.compile(
    r"(?: levels?| count| results?)?(?: (?:is|was|are|were|got|gets|went|came back|has gone|keeps going))?(?: (?:a bit|too|very|quite|really|so|on the))?"
    r" (?:high|low|up|down|dropping|rising|elevated)\b"
)


_LOW = re.compile(r"\b(?:low|high|raised|elevated)$")
_LACKED = re.compile(r"缺乏|缺少|不足| deficien(?:cy|t)\b")
# What somebody is allergic to, and does not take.
_ALLERGIC = re.compile(r"\ballerg(?:ic|y) to$")
_ALLERGY = re.compile(r" allerg(?:y|ies)\b|(?:类(?:药物?)?)?过敏")


def _is_no_medicine(plain: str, drug: Named) -> bool:
    """Whether a word is no medicine where it stands: "is that normal?", "calcium got too high"."""
    name = plain[drug.start : drug.end]
    if _ALLERGIC.search(plain[: drug.start].rstrip()) or (_ALLERGY.match(plain, drug.end) and not asks(plain)):
        return True
    measured = _MEASURED.match(name) is not None
    level = _LEVEL.match(plain, drug.end) or _LOW.search(plain[: drug.start].rstrip())
    return _ORDINARY.match(name) is not None or (measured and level is not None) or _LACKED.match(plain, drug.end) is not None


def _said_once(drugs: list[Named], unknown: Sequence[str], plain: str) -> list[Named]:
    """The names without one that says in parentheses what another calls the same; of the two the known one stays."""
    aside = [drug for drug in drugs if plain[: drug.start].rstrip().endswith("(") and _CLOSES.match(plain, drug.end)]
    others = [drug for drug in drugs if drug not in aside]
    if len(aside) != 1 or len(others) != 1 or aside[0].start < others[0].start:
        return drugs
    return aside if plain[others[0].start : others[0].end] in unknown else others


_CLOSES = re.compile(r"\s*\)")


def _unknown(name: str, plain: str) -> Named:
    at = plain.find(name)
    before = _BEFORE.match(name)
    start = at + (before.end() if before and before.end() < len(name) else 0)
    return _whole_name(start, at + len(name), plain)


# What labels' names begin with and names are known without: 小儿氨酚黄那敏颗粒, 盐酸吉西他滨.
_NAME_BEGINS = re.compile(
    r"(?:(?:小儿|复方|注射用|重组|(?:盐酸|硫酸|磷酸|醋酸|枸橼酸|富马酸|马来酸|酒石酸|甲磺酸|苯磺酸|琥珀酸|硝酸|氢溴酸|乳酸)(?!的|和|与)))+$"
)


def _whole_name(start: int, end: int, plain: str) -> Named:
    """A name where it stands, with the salt or the 小儿 before it."""
    before = _NAME_BEGINS.search(plain, 0, start)
    return Named("", before.start() if before else start, end)


# Illnesses that the knowledge base does not know by name, by how their names end, or by how English tells of them.
_ILL_ZH = re.compile(
    r"[㐀-鿿]{1,6}?(?:炎|病|症|癌|瘤|疮|癣|疹|结节|息肉|囊肿|溃疡|骨折|过敏|[疼痛](?!吗))"
    r"|[㐀-鿿]{0,6}?(?:贫血|头晕|咳嗽|发烧|发热|腹泻|便秘|失眠|感冒)"
)
_ILL_EN = re.compile(
    r"\b(?:i|he|she|who|my [a-z]+(?:[ -]in[ -]law)?) (?:have|has|had|got) (?:a |an |some )?((?!to\b|been\b|a\b|the\b|bab(?:y|ies)\b|child|questions?\b|appointment|prescription|bottle|doses?\b|tablets?\b|pills?\b|taken\b|started\b)[a-z]+(?: (?!and|but|what|can|for|since)[a-z]+){0,3})"
    r"|\bdiagnosed with (?:a |an )?([a-z]+(?: (?!and|but|what|can|for|since)[a-z]+){0,3})"
)


def _unknown_ills(plain: str, understanding: Understanding) -> list[Named]:
    for word in understanding.left:
        match = _ILL_ZH.search(word)
        if match and plain.find(match.group()) >= 0 and "过敏" not in word:
            at = plain.find(match.group())
            return [Named("", at, at + len(match.group()), disease=True)]
    match = _ILL_EN.search(plain)
    if match is None:
        return []
    at = 1 if match.group(1) else 2
    return [Named("", match.start(at), match.end(at), disease=True)]


def _form_alone(plain: str) -> list[Named]:
    """A dosage form with which a turn begins, or that is all that it speaks of: 胶囊呢, 缓释片怎么吃."""
    lead = _BEFORE.match(plain)
    match = FORM.match(plain, lead.end() if lead else 0)
    return [Named("", *match.span())] if match and match.end() - match.start() > 1 else []


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with blanks in place of the spans."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same however they are typed."""
    return fold(one) == fold(other)


def _named(spans: Sequence[Named], text: str) -> tuple[Named, ...]:
    return tuple(replace(span, name=text[span.start : end], end=end) for span in spans if (end := _end_of(span, text)))


def _end_of(span: Named, text: str) -> int:
    """Where a name ends that was found with a word behind it ("amlodipine and"), or without its closing parenthesis."""
    name = text[span.start : span.end]
    joins = _JOINS.search(name)
    if joins:
        return span.start + joins.start()
    return span.end + (name.count("(") > name.count(")") and text[span.end : span.end + 1] == ")")


_JOINS = re.compile(r" (?:and|or|with)$", re.IGNORECASE)


def _as_typed(text: str, plain: str) -> str:
    """The text as it was typed, on one line, where its plain form has the same offsets; else that form."""
    line = _SPACES.sub(" ", text).strip()
    same = len(line) == len(plain) and simplified(unicodedata.normalize("NFKC", line)).lower() == plain
    return line if same else plain
