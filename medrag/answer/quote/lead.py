"""What answers comes first: of the sentences quoted of a medicine those that say most of what was asked lead the answer."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from medrag.answer.quote.draft import Draft, Mark
from medrag.answer.quote.patients import dose_patients, is_dose
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.scene import Scene
from medrag.answer.quote.select import Unit, with_leads
from medrag.answer.quote.silence import words_as_written
from medrag.patterns import regex
from medrag.retrieve.sayings import label_word_groups
from medrag.retrieve.understand import Shape
from medrag.retrieve.words import hits_in
from medrag.sections import SectionGroup

__all__ = ["lead_with_answer"]

FRONT = {"zh": 120, "en": 300}  # characters that are read first: what answers there needs no moving
MARGIN = 1.2  # times as much as anything in front must be said of what was asked
ALIKE = 0.9  # of the most that a sentence says, above which another leads beside it
LEADING = 2  # sentences
ROW = 0.5  # of a sentence's worth is a row's, which says no whole thing
LONGEST = {"zh": 300, "en": 700}  # characters that may lead, with what brings them in
# What is read first in any case.
_FIRST = (SectionGroup.CONTRAINDICATIONS, SectionGroup.BOXED_WARNING, SectionGroup.OVERDOSAGE)
# What tells of the illness, of studies or of the substance, and not of what to do or to expect.
_TELLING = frozenset(
    {SectionGroup.INDICATIONS, SectionGroup.STUDIES, SectionGroup.PHARMACOLOGY, SectionGroup.COMPOSITION, SectionGroup.FORMS}
)
_TAKING = (SectionGroup.DOSAGE, SectionGroup.PATIENT)
SAYS = 2  # things asked of which a sentence must speak to lead; what is written for patients of one
# Words of how many and when, which many sentences hold by chance.
_COUNTING = regex(
    r"\d+|one|two|three|four|five|six|once|twice|ago|now|today|(?:day|week|month|year|hour|minute|morning|evening|night)s?"
    r"|[一二两三四五六七八九十几\d]+[次天个片粒周日年月]?|小时|分钟|个月"
)


def lead_with_answer(draft: Draft, scene: Scene, since: Mark) -> None:
    """Sets before all that is quoted since the mark the sentences of it that say most of what was asked, if others stand there.

    What forbids, and what helps who took too much, stays in front, and a dose with what it is a part of.
    """
    quoted = [Unit(passage, start, end) for passage, (start, end) in draft.quoted(since)]
    if not quoted or not _may_move(scene, quoted):
        return
    front = _in_front(quoted, FRONT[_of(scene)])
    scores = _scores(quoted, front, scene)
    best = max(scores)
    if best <= MARGIN * max(scores[:front]):
        return
    first = scores.index(best)
    own = [unit for unit in quoted if unit.passage.section.index == quoted[first].passage.section.index]
    own.sort(key=lambda unit: unit.start)
    leading = [unit for unit, score in zip(quoted, scores, strict=True) if score >= ALIKE * best and unit in own][:LEADING]
    units = [own[place] for place in with_leads(own, [own.index(unit) for unit in leading])]
    if sum(unit.end - unit.start for unit in units) > LONGEST[_of(scene)]:
        return
    rest = draft.rewind(since)
    quote_by_section(draft, units, scene.lang)
    draft.repeat(rest)


def _of(scene: Scene) -> str:
    return "zh" if scene.lang == "zh" else "en"


def _may_move(scene: Scene, quoted: Sequence[Unit]) -> bool:
    """Whether a sentence may come before others: a list, and a dose for a patient, are read in their order."""
    understanding = scene.understanding
    if understanding.shape not in {Shape.FACT, Shape.YES_NO} or quoted[0].passage.section.group in _FIRST:
        return False
    if any(unit.passage.document.lang != scene.lang for unit in quoted):
        return False
    return not (dose_patients(understanding) and SectionGroup.DOSAGE in understanding.groups)


def _scores(quoted: Sequence[Unit], front: int, scene: Scene) -> list[float]:
    """How much each unit says of what was asked: the sum over the things asked of how few units speak of them.

    Behind the `front` ones, nothing where they speak of all that a unit speaks of.
    """
    understanding = scene.understanding
    words = words_as_written(understanding) if scene.lang == "en" else (*understanding.left, *understanding.terms)
    asked = [*label_word_groups(understanding.masked), *((word,) for word in words)]
    # What is read first is read under its heading.
    texts = [f"{unit.passage.section.heading if i < front else ''} {unit.text}".lower() for i, unit in enumerate(quoted)]
    scores, says, new = [0.0] * len(quoted), [0] * len(quoted), set[int]()
    for thing in dict.fromkeys(asked):
        speaking = [i for i, text in enumerate(texts) if hits_in(text, thing)]
        if not speaking or any(map(_COUNTING.fullmatch, thing)):
            continue
        new.update(speaking if speaking[0] >= front else ())
        for i in speaking:
            scores[i] += log(1 + len(quoted) / len(speaking))
            says[i] += 1
    dose = SectionGroup.DOSAGE in understanding.groups and quoted[0].passage.section.group is SectionGroup.DOSAGE
    behind = (
        score * _worth(unit, says[i], dose) if i in new else 0.0
        for i, (score, unit) in enumerate(zip(scores, quoted, strict=True))
    )
    return [scores[i] if i < front else worth for i, worth in enumerate(behind)]


def _worth(unit: Unit, says: int, dose: bool) -> float:
    """How much of what a unit `says` of what was asked answers by itself: no part of a dose can stand alone.

    How to take it, where a `dose` is asked for and told, is told by nothing else.
    """
    group, text = unit.passage.section.group, unit.text
    alone = group is not SectionGroup.DOSAGE or unit.passage.document.lang != "zh"  # which tells it all in one breath
    if not alone or is_dose(unit) or group in _TELLING or text.startswith(("[", "(")) or (dose and group not in _TAKING):
        return 0.0
    if says < (1 if group is SectionGroup.PATIENT else SAYS):
        return 0.0
    return ROW if unit.is_row else 1.0


def _in_front(quoted: Sequence[Unit], length: int) -> int:
    """How many units are read first: those that begin within the length, one at least."""
    at = 0
    for place, unit in enumerate(quoted):
        if place and at >= length:
            return place
        at += unit.end - unit.start
    return len(quoted)
