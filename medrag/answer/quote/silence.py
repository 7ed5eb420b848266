"""The remark that nothing quoted speaks of what was asked beside the medicine and its sections."""

from __future__ import annotations

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.scene import Scene
from medrag.answer.quote.whom import is_silent_on_patient
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.retrieve.cues import patient_pattern
from medrag.retrieve.sayings import label_words
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import FOODS, term_hits
from medrag.sections import SectionGroup

__all__ = ["remark_on_silence"]

CUT_OUT = 2  # characters that a cue takes out of a Chinese name at most
MAX_SAYINGS = 2
SHORT = 6  # letters of an English saying that may as well be a part of a name or of something else: travel, brand
_ASKING = regex(r"什么|怎么|为何|道理|\b(?:why|how|what)\b")
# Sayings of how long and how many, of which a label may speak in figures alone.
_FIGURES = regex(r"小时|分钟|个月|疗程|每[日天次]|hours?|minutes?|days?|weeks?|months?|daily|onset|long.?term|长期")


def remark_on_silence(draft: Draft, scene: Scene) -> None:
    """Adds the remark, where the question is surely about more than its drugs and sections; silence is no leave."""
    understanding = scene.understanding
    if any(citation.document.lang != scene.lang for citation in draft.citations):
        return  # the words of one language cannot be missed in a text of another
    together = SectionGroup.INTERACTIONS in understanding.groups
    foods = [word for word in scene.words if word in FOODS] if together else []
    if foods and not _is_said(draft, foods):
        draft.line(phrases.unsaid(foods[:1], together, scene.lang))
        return
    words = _words_as_written(understanding)
    sayings = _unsaid_sayings(draft, scene)
    if _is_about_more(scene) and scene.words:
        shown = (words if scene.is_pointed else ()) or sayings or words or understanding.hints[:1]
        if not _is_patient(draft, scene, shown) and not _is_said(draft, (*scene.words, *words)):
            draft.line(phrases.unsaid(shown, together, scene.lang))
            return
    if sayings and understanding.shape in {Shape.FACT, Shape.YES_NO} and not _is_said(draft, understanding.hints):
        draft.line(phrases.unsaid(sayings, together, scene.lang))


def _is_about_more(scene: Scene) -> bool:
    """Whether the question is surely about something beside its drugs and sections, so that silence on it must be told."""
    understanding = scene.understanding
    said = bool(understanding.hints) and not understanding.terms
    return scene.is_pointed or said or SectionGroup.INTERACTIONS in understanding.groups


def _is_said(draft: Draft, words: tuple[str, ...] | list[str]) -> bool:
    return any(term_hits(citation.quote, words) for citation in draft.citations)


def _is_patient(draft: Draft, scene: Scene, words: tuple[str, ...]) -> bool:
    """Whether all the words are of the patient, of whom the quotes speak: 慎用：60岁以上 speaks of the old without the word."""
    patient = patient_pattern(scene.understanding.populations)
    return patient is not None and all(map(patient.search, words)) and not is_silent_on_patient(draft, scene)


def _unsaid_sayings(draft: Draft, scene: Scene) -> tuple[str, ...]:
    """What the question says in a patient's words, if nothing of it stands in the quotes, as said or in labels' words."""
    asked = scene.understanding.masked
    found: list[str] = []
    for start, end in label_words(asked)[1]:
        said = asked[start:end]
        words = label_words(said)[0]
        vague = _ASKING.search(said) or (said.isascii() and len(said) <= SHORT)
        if vague or any(map(_FIGURES.fullmatch, words)) or any(said in other for other in found):
            continue
        if _is_patient(draft, scene, (said,)) or _is_said(draft, (said, *words)):
            return ()
        found.append(said)
    return tuple(found[:MAX_SAYINGS])


def _words_as_written(understanding: Understanding) -> tuple[str, ...]:
    """The words of the question that are left beside its drugs and sections, those that stand together as one.

    Of a name that cues were cut out of it is the whole: 肾功能不全.
    """
    asked = fold(understanding.question)
    spans: list[tuple[int, int]] = []
    for word in understanding.left:
        start = asked.find(word, spans[-1][1] if spans else 0)
        if spans and 0 <= start - spans[-1][1] <= (1 if word.isascii() else CUT_OUT):
            spans[-1] = (spans[-1][0], start + len(word))
        elif start >= 0:
            spans.append((start, start + len(word)))
    return tuple(dict.fromkeys(asked[start:end] for start, end in spans))
