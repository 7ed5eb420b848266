"""Labels of mixtures that a question names by their substances: tramadol acetaminophen, losartan/hctz, 5-FU with leucovorin is none.

A mixture is meant where neighbouring English names are all that a label's title names, be there labels of the single ones or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.reading import found_by_words, passages_of_ids
from medrag.types import DocumentInfo, EntityKind

__all__ = ["Mixture", "mixtures_in"]

SEARCHED = 40  # passages whose titles are looked at
MAX_PARTS = 5  # substances of a mixture that a question lists
_SUBSTANCES = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT})
_BESIDE = regex(r"\s*(?:[/+,\-]\s*|\s)")  # between names that are said in one breath
_WITH = regex(r",?\s+(?:and|with|&|w/)\s+")
# Two medicines that are both taken are asked about otherwise than one that is made of both.
_TWO_TAKEN = regex(r"\b(?:interact\w*|together|combin\w+|mix\w*|same time|can (?:i|you|we|he|she)|safe|ok|okay|while|along)\b")
_BRAND = regex(r"^.*?\s*-\s+")  # PERCOCET- oxycodone hydrochloride and acetaminophen tablet
_FORM_ON = regex(
    r"(?<=\S)[\s,]+(?:tablets?|capsules?|injection|solution|suspension|syrup|elixir|cream|ointment|gel|lotion|spray|drops?|powder|granules?"
    r"|patch|suppositor(?:y|ies)|aerosol|inhalant|liquid|kit|film|foam|shampoo|emulsion|concentrate|lozenge)\b.*$"
)
_PARTED = regex(r"\s*(?:,\s*and\s|\band\b|\bwith\b|[,;/+&])\s*")
_HAN = regex(r"[㐀-鿿]")


@dataclass(frozen=True, slots=True)
class Mixture:
    """Names of a question, one beside the other, and the labels that are of all of them and nothing else."""

    mentions: tuple[Mention, ...]
    documents: tuple[DocumentInfo, ...]


def mixtures_in(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> tuple[Mixture, ...]:
    """The mixtures that a plain English text names by their substances, the longest lists of names first read; none overlap."""
    named = [mention for mention in mentions if not _SUBSTANCES.isdisjoint(entity.kind for entity in mention.entities)]
    if len(named) < 2 or _HAN.search(text):
        return ()
    found: list[Mixture] = []
    at = 0
    while at < len(named) - 1:
        run = _run(text, named[at : at + MAX_PARTS])
        mixture = next((one for size in range(run, 1, -1) if (one := _mixture(named[at : at + size], kb)) is not None), None)
        if mixture is not None:
            found.append(mixture)
        at += len(mixture.mentions) if mixture is not None else 1
    return tuple(found)


def _run(text: str, named: Sequence[Mention]) -> int:
    """How many of the names, from the first, stand one beside the other as those of a mixture do."""
    for place, (one, other) in enumerate(zip(named, named[1:], strict=False), start=1):
        between = text[one.end : other.start]
        joined = _WITH.fullmatch(between) is not None and _TWO_TAKEN.search(text) is None
        if one.end > other.start or not (joined or _BESIDE.fullmatch(between)):
            return place
    return len(named)


def _mixture(mentions: Sequence[Mention], kb: KnowledgeBase) -> Mixture | None:
    """The labels whose titles name these medicines and no other, the newest first; None where there is none."""
    called = [_names(mention) for mention in mentions]
    words = " ".join(min(names, key=lambda name: (not name.isascii(), len(name), name)) for names in map(_substance, mentions))
    found = passages_of_ids([ref for ref, _ in found_by_words(words, SEARCHED, kb)], kb)  # titles are searched with the text
    documents = {(p.document.source, p.document.key): p.document for p in found if _is_of(p.document.title, called)}
    newest = sorted(documents.values(), key=lambda d: (d.effective, d.source, d.key), reverse=True)
    return Mixture(tuple(mentions), tuple(newest)) if newest else None


def _substance(mention: Mention) -> list[str]:
    """The name to search for: the substance's, by the knowledge base or by the shipped table, else what was said."""
    own = [fold(entity.name) for entity in mention.entities if entity.kind is EntityKind.SUBSTANCE]
    shipped = [name for row in rows_of(mention.name) for name in row.names if name.isascii()][:1]
    return [*own, *shipped] or [mention.name]


def _names(mention: Mention) -> frozenset[str]:
    """What the medicine is called without salt and form, by the knowledge base and by the shipped table: hctz, hydrochlorothiazide."""
    own = {mention.name, *(fold(entity.name) for entity in mention.entities)}
    own.update(name for one in tuple(own) for row in rows_of(one) for name in row.names)
    return frozenset(name_variants(name)[-1] for name in own)


def _is_of(title: str, called: Sequence[frozenset[str]]) -> bool:
    parts = _substances(title)
    return len(parts) == len(called) and all(any(part in names for part in parts) for names in called)


@lru_cache(maxsize=1_024)
def _substances(title: str) -> frozenset[str]:
    """The substances that an English title names, without salts and forms."""
    bare = _FORM_ON.sub("", _BRAND.sub("", fold(title)))
    return frozenset(name_variants(part)[-1] for part in _PARTED.split(bare) if part.strip())
