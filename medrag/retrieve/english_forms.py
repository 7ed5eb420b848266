"""Dosage forms in English: what people call them, and what the titles of American labels do ("- NAME injection, solution")."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from medrag.patterns import regex

__all__ = ["Form", "fits_form", "forms_beside", "forms_in_title", "forms_meant", "forms_usual"]

NEAR = 24  # characters before and behind a name in which a form is that of the medicine named


class Form(StrEnum):
    """A kind of dosage form; a label of one does not say how to use another."""

    SOLID = "tablet or capsule"
    LIQUID = "liquid to swallow"
    INJECTION = "injection"
    SKIN = "for the skin"
    EYE = "for the eye"
    EAR = "for the ear"
    NOSE = "for the nose"
    INHALED = "inhaled"
    BELOW = "suppository or enema"
    PATCH = "patch"


_SAID: Mapping[Form, str] = {
    Form.SOLID: r"tab(?:let)?s?|pills?|cap(?:sule)?s?|caplets?|gel ?caps?|softgels?|chewables?|er|xr|xl|sr|cr",
    Form.LIQUID: r"liquids?|syrup|suspension|elixir|oral solution|oral drops|granules",
    Form.INJECTION: r"inject\w*|shots?|iv|i\.v\.|(?:iv|or|given?|mg|ml) im|im (?=inject|shot|dose|or\b)|infusions?|drip|vials?|pens?|prefilled|syringes?|intravenous\w*|subq|sub-?q|push",
    Form.SKIN: r"creams?|ointments?|lotions?|gels?|topical\w*|shampoo|foam",
    Form.EYE: r"eye ?drops?|ophthalmic|eye ointment",
    Form.EAR: r"ear ?drops?|otic",
    Form.NOSE: r"nasal|nose spray|nasal spray",
    Form.INHALED: r"inhal\w+|nebuli\w+|nebs?|puffs?|puffer|diskus|hfa",
    Form.BELOW: r"suppositor\w+|enemas?|rectal\w*|vaginal\w*|ovules?",
    Form.PATCH: r"patch(?:es)?",
}
_PRINTED: Mapping[Form, str] = {
    Form.SOLID: r"tablet|capsule|pill|lozenge|troche|kit",
    Form.LIQUID: r"(?<!injection, )(?<!injectable, )(?:solution|suspension|syrup|elixir|liquid|granule|concentrate|powder, for)(?!/ drops)",
    Form.INJECTION: r"inject|infusion|lyophilized|vaccine",
    Form.SKIN: r"cream|ointment|lotion|gel\b|shampoo|foam|aerosol|topical|liquid|(?<!injection, )solution|soap|swab|jelly|oil",
    Form.EYE: r"ophthalmic|drops|ointment",
    Form.EAR: r"otic|drops",
    Form.NOSE: r"nasal|spray",
    Form.INHALED: r"inhal|aerosol|metered|(?<!injection, )solution|gas\b",
    Form.BELOW: r"suppositor|enema|rectal|vaginal|insert|ovule",
    Form.PATCH: r"patch|film, extended",
}
_SAID_PATTERNS = {form: regex(rf"\b(?:{pattern})\b") for form, pattern in _SAID.items()}
_PRINTED_PATTERNS = {form: regex(pattern) for form, pattern in _PRINTED.items()}
_OTHER_THING = regex(r"[,.;?!]|\b(?:and|with|or|plus|but|then|for)\b")  # behind it a form is that of something else


def forms_beside(text: str, start: int, end: int) -> frozenset[Form]:
    """The forms said right before or behind the name `text[start:end]` of a plain text."""
    before = _OTHER_THING.split(text[max(0, start - NEAR) : start])[-1]
    behind = _OTHER_THING.split(text[end : end + NEAR])[0]
    return frozenset(form for form, pattern in _SAID_PATTERNS.items() if pattern.search(before) or pattern.search(behind))


def forms_usual(text: str) -> frozenset[Form]:
    """The forms said anywhere in a plain text, else what people take as a rule: who says lorazepam takes tablets."""
    return frozenset(form for form, pattern in _SAID_PATTERNS.items() if pattern.search(text)) or frozenset({Form.SOLID})


def forms_meant(text: str, start: int, end: int) -> frozenset[Form]:
    """The forms told beside a medicine's name, else those said anywhere and what people take as a rule.

    In "on prednisone, want to give me the shingles shot" the shot is another medicine's.
    """
    return forms_beside(text, start, end) or forms_usual(text) | {Form.SOLID}


@lru_cache(maxsize=4_096)
def forms_in_title(title: str) -> frozenset[Form]:
    """The forms that a label's title may mean; none where it says none."""
    lowered = title.lower()
    return frozenset(form for form, pattern in _PRINTED_PATTERNS.items() if pattern.search(lowered))


def fits_form(asked: frozenset[Form], title: str) -> bool:
    """Whether a label may be of a form that was asked for: either may leave it unsaid."""
    printed = forms_in_title(title)
    return not asked or not printed or not asked.isdisjoint(printed)
