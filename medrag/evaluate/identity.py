"""Which labels are of the same drug, as an evaluation judges it: by their titles alone, in Chinese and in English.

This is kept apart from how retrieval finds drugs, so that a fault there is not forgiven here. Chinese: the same printed
name when dosage form, salt and what stands in brackets at its end are taken away. English: the same set of substances,
salts and forms taken away, where the title names them (`NORVASC - amlodipine besylate tablet`); a title that is only a
brand means the substances that other titles of the knowledge base give that brand, if they agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from medrag.kb.folding import fold
from medrag.kb.terms import name_variants

__all__ = ["Identity", "brands", "identity_of", "same_brand"]

Identity = frozenset[str]  # the substances, or the one name that stands for them

_HAN = re.compile(r"[㐀-鿿]")
_BRACKETED_END = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")
_BRAND = re.compile(r"^(?P<brand>.+?)\s*[-–—]\s+(?P<generic>.+)$")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")
_FORM_ON = re.compile(
    r"(?<=\S)[\s,]+(?:tablets?|capsules?|injection|solution|suspension|syrup|elixir|cream|ointment|gel|lotion|spray|drops?|"
    r"powder|granules?|patch|suppositor(?:y|ies)|aerosol|inhalant|liquid|kit|film|foam|shampoo|emulsion|concentrate|lozenge|"
    r"paste|swab|soap|stick|oil|implant|insert|troche|wafer|strip|rinse|mouthwash|gas|pill|bar|cloth|sponge|tincture)\b.*$"
)
_JOINED = re.compile(r"\s*(?:,\s*and\s|\band\b|\bwith\b|[,;/+&])\s*")


def identity_of(title: str, known: dict[str, Identity] | None = None) -> Identity:
    """What a label of that title is a label of; `known` holds what the brands mean."""
    folded = fold(title)
    if _HAN.search(folded):
        return frozenset({name_variants(_BRACKETED_END.sub("", folded) or folded)[-1]})
    found = _BRAND.match(folded)
    if found is None:
        inside = _IN_BRACKETS.search(folded)
        return (known or {}).get(folded) or _substances(inside[1] if inside else folded)
    return _substances(found["generic"])


def brands(titles: Iterable[str]) -> dict[str, Identity]:
    """What each brand means, where all titles that print its substances beside it agree."""
    meanings: dict[str, set[Identity]] = {}
    for title in titles:
        found = _BRAND.match(fold(title))
        if found and not _HAN.search(found[0]):
            meanings.setdefault(found["brand"], set()).add(_substances(found["generic"]))
    return {brand: next(iter(all_)) for brand, all_ in meanings.items() if len(all_) == 1}


def same_brand(name: str, title: str) -> bool:
    """Whether an English title begins with that name as its brand: Coreg in `COREG - carvedilol tablet, film coated`."""
    found = _BRAND.match(fold(title))
    return bool(name) and fold(name) == (found["brand"] if found else fold(title))


def _substances(generic: str) -> Identity:
    bare = _FORM_ON.sub("", generic)
    return frozenset(name_variants(part)[-1] for part in _JOINED.split(bare) if part.strip()) or frozenset({bare})
