"""Which of the medicines that a question names it is asked about, and which it only tells of."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.patterns import regex
from medrag.retrieve.forms import form_end
from medrag.retrieve.subjects import Drug

__all__ = ["asked_about"]

REACH = 40  # characters before a name in which an allergy to it is told of
_BEFORE = regex(
    r"\b(?:allerg(?:y|ies|ic)|anaphyla\w+|hives|reacted|(?:bad|allergic|severe) reaction)\b (?:\w+ )?(?:to|with|from|on|after) $"
)
_BEHIND = regex(r"\s?(?:allerg(?:y|ies|ic)\b|anaphylaxis\b|hives\b)|(?:类药?物?|制剂)?(?:严重|曾经|以前)?(?:过敏|皮试阳性)")


def asked_about(text: str, drugs: Sequence[Drug]) -> tuple[Drug, ...]:
    """The medicines without those that somebody is only allergic to; all where nothing else is named.

    "Aspirin allergy, doc gave pentasa" is asked of pentasa.
    """
    asked = tuple(drug for drug in drugs if not _is_allergen(text, drug))
    return asked or tuple(drugs)


def _is_allergen(text: str, drug: Drug) -> bool:
    """Whether a plain question tells of an allergy to a medicine: 青霉素过敏, hives with Septra."""
    told = _BEFORE.search(text, max(0, drug.start - REACH), drug.start)
    return told is not None or _BEHIND.match(text, form_end(text, drug.end)) is not None
