"""Which of several medicines that a question names begins: whose label is told first."""

from __future__ import annotations

from medrag.patterns import regex
from medrag.retrieve.roles import asked_about
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup

__all__ = ["lead"]

# In the units of the ranker's score.
TOLD_OF = 4.0  # an allergy to it, or that it is in another one
OTHER_LANGUAGE = 3.0
FIRST = 0.8  # "can I take A with B" is asked of A, where both labels say as much
_IN = regex(r"\b(?:in|inside)\b")


def lead(understanding: Understanding, drug: Drug, lang: str) -> float:
    """What is added to the score of a medicine's best passage, of a label in a language, when the medicines are put in order."""
    drugs = understanding.drugs
    if len(drugs) < 2:
        return 0.0
    told = drug not in asked_about(understanding.question, drugs) or _within(understanding, drug)
    told = told or any(drug.ids < other.ids for other in drugs)  # hydrocodone, beside Lorcet
    first = understanding.shape is Shape.TWO_DRUGS and drug is drugs[0]
    return FIRST * first - TOLD_OF * told - OTHER_LANGUAGE * (lang != understanding.lang)


def _within(understanding: Understanding, drug: Drug) -> bool:
    """Whether a question asks if a medicine is in another: "how much tylenol is in lortab"."""
    if SectionGroup.COMPOSITION not in understanding.groups:
        return False
    one, other = understanding.drugs[:2]
    held = one if _IN.search(understanding.question, one.end, other.start) else other
    return drug is held
