"""Labels of mixtures that a question names by their substances: tramadol acetaminophen, losartan/hctz; oxaliplatin with 5-FU is none.

A mixture is meant where neighbouring English names are all that a label's title names, be there labels of the single ones or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.reading import documents_by_words
from medrag.types import DocumentInfo, Entity, EntityKind

__all__ = ["Mixture", "mixtures_in"]

SEARCHED = 30  # passages whose titles are looked at
MAX_PARTS = 5  # substances of a mixture that a question lists
_DRUGS = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT})
_BESIDE = regex(r"\s*(?:[/+,\-]\s*(?:and\s+)?|\s)")  # between names that are said in one breath
_WITH = regex(r",?\s+(?:and|with|&|w/)\s+")
# Two medicines that are both taken are asked about otherwise than one that is made of both.
_TWO_TAKEN = regex(
    r"\b(?:interact\w*|together|combin\w+|mix\w*|same time|both|separately|clash\w*|each other|safe|ok|okay|while|along"
    r"|(?:can|could|should|may) (?:i|you|we|he|she|they))\b"
)
_BRAND = regex(r"^.*?\s*-\s+")  # PERCOCET- oxycodone hydrochloride and acetaminophen tablet
_FORM_ON = regex(
    r"(?<=\S)[\s,]+(?:tablets?|capsules?|injection|solution|suspension|syrup|elixir|cream|ointment|gel|lotion|spray|drops?|powder|granules?"
    r"|patch|suppositor(?:y|ies)|aerosol|inhalant|liquid|kit|film|foam|shampoo|emulsion|concentrate|lozenge)\b.*$"
)
_PARTED = regex(r"\s*(?:,\s*and\s|\band\b|\bwith\b|[,;/+&])\s*")
_HAN = regex(r"[㐀-鿿]")


@dataclass(frozen=True, slots=True)
class Mixture:
    """The stretch of a question that names a mixture's substances, what they mean, and the labels of all of them, the newest first."""

    start: int
    end: int
    entities: tuple[Entity, ...]
    documents: tuple[DocumentInfo, ...]


def mixtures_in(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> tuple[Mixture, ...]:
    """The mixtures that a plain English text names by their substances, longer ones first; none overlap."""
    named = [mention for mention in mentions if not _DRUGS.isdisjoint(entity.kind for entity in mention.entities)]
    if not named or _HAN.search(text) or any(m.start == 0 and m.end == len(text) for m in named):
        return ()  # of a text that is one name no stretch is a mixture's: that is known before labels are searched
    called = {(mention.start, mention.end): _names(mention) for mention in named}
    found: dict[tuple[int, int], list[DocumentInfo]] = {}
    for document in _documents(text, named, kb):
        span = _span(text, _substances(document.title), called)
        if span is not None:
            found.setdefault(span, []).append(document)
    kept: list[Mixture] = []
    for start, end in sorted(found, key=lambda span: (span[0] - span[1], span)):
        whole = any(m.start <= start and end <= m.end for m in named)  # the knowledge base knows the mixture by that name
        if not whole and all(end <= other.start or other.end <= start for other in kept):
            newest = sorted(found[start, end], key=lambda d: (d.effective, d.source, d.key), reverse=True)
            entities = tuple(e for m in named if start <= m.start and m.end <= end for e in m.entities if e.kind in _DRUGS)
            kept.append(Mixture(start, end, entities, tuple(newest)))
    return tuple(kept)


def _documents(text: str, named: Sequence[Mention], kb: KnowledgeBase) -> list[DocumentInfo]:
    """The English labels that share most words with the text, and with what labels call its neighbouring medicines."""
    asked = [text]
    if any(_joined(text, one.end, other.start) for one, other in pairwise(named)):
        asked.append(" ".join(_usual_name(mention) for mention in named[:MAX_PARTS]))
    found = [document for words in asked for document in documents_by_words(words, SEARCHED, kb) if document.lang == "en"]
    return list({(document.source, document.key): document for document in found}.values())


def _span(text: str, parts: Sequence[str], called: dict[tuple[int, int], frozenset[str]]) -> tuple[int, int] | None:
    """Where the text names all the substances, one beside the other, in any order; None where it does not."""
    if not 1 < len(parts) <= MAX_PARTS:
        return None
    spans = [next(_places(text, part, called), None) for part in parts]
    places = sorted(span for span in spans if span is not None)
    if len(set(places)) < len(parts) or not all(_joined(text, one[1], other[0]) for one, other in pairwise(places)):
        return None
    return places[0][0], places[-1][1]


def _places(text: str, part: str, called: dict[tuple[int, int], frozenset[str]]) -> Iterator[tuple[int, int]]:
    yield from (span for span, names in called.items() if part in names)
    if part in text:
        yield from (match.span() for match in re.finditer(rf"\b{re.escape(part)}\b", text))


def _joined(text: str, end: int, start: int) -> bool:
    """Whether what stands between two names joins them to one."""
    if end > start:
        return False
    return _BESIDE.fullmatch(text, end, start) is not None or (
        _WITH.fullmatch(text, end, start) is not None and _TWO_TAKEN.search(text) is None
    )


def _usual_name(mention: Mention) -> str:
    """The substance's name by the knowledge base or by the shipped table, else what was said."""
    own = [fold(entity.name) for entity in mention.entities if entity.kind is EntityKind.SUBSTANCE and entity.name.isascii()]
    shipped = [name for row in rows_of(mention.name) for name in row.names if name.isascii()]
    return next(iter([*own, *shipped]), mention.name)


def _names(mention: Mention) -> frozenset[str]:
    """What the medicine is called without salt and form, by the knowledge base and by the shipped table: hctz, hydrochlorothiazide."""
    own = {mention.name, *(fold(entity.name) for entity in mention.entities)}
    own.update(name for one in tuple(own) for row in rows_of(one) for name in row.names)
    return frozenset(name_variants(name)[-1] for name in own)


@lru_cache(maxsize=4_096)
def _substances(title: str) -> tuple[str, ...]:
    """The substances that an English title names, each once, without salts and forms."""
    bare = _FORM_ON.sub("", _BRAND.sub("", fold(title)))
    return tuple(dict.fromkeys(name_variants(part)[-1] for part in _PARTED.split(bare) if part.strip()))
