"""Labels whose printed name a question shortens: the brand's first words, and others of its title in their order.

American labels of the counter are titled at length (FOOT WORKS HEALTHY ANTIFUNGAL, SENTRY HC WORM X PLUS FOR PUPPIES), and
people say the beginning. It must be a beginning that no other label's text has, and no word may follow that would make
it another product's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.retrieve.reading import documents_by_words, found_by_words, passages_of_ids
from medrag.retrieve.subjects import Drug
from medrag.retrieve.words import EVERYDAY, STOP_WORDS
from medrag.types import DocumentInfo

__all__ = ["with_shortened"]

SEARCHED = 30  # passages whose titles are looked at
MIN_ALONE = 5  # letters of a single word that names a brand
OWN_SHARE = 0.8  # of the passages that have the words, those of labels that are titled so
_TOKEN = regex(r"[a-z0-9]+")
_DASH = regex(r"\s*- ")


@dataclass(frozen=True, slots=True)
class _Match:
    """Where the text says a title's words: `said` of them, the first `leading` without a gap."""

    start: int
    end: int
    said: int
    leading: int
    document: DocumentInfo


def with_shortened(text: str, drugs: tuple[Drug, ...], kb: KnowledgeBase) -> tuple[Drug, ...]:
    """The medicines of a plain English text, with the one whose label's brand it begins to say.

    It takes the place of those that are its beginning, for ORAJEL DRY MOUTH is not orajel, and stands beside others.
    """
    words = list(_TOKEN.finditer(text))
    documents = [document for document in documents_by_words(text, SEARCHED, kb) if document.lang == "en"]
    matches = [match for document in documents if (match := _match(words, document)) is not None]
    for start, end in sorted({(match.start, match.end) for match in matches}, key=lambda span: (span[0] - span[1], span)):
        same = [match for match in matches if (match.start, match.end) == (start, end)]
        beside = all(drug.end <= start or end <= drug.start for drug in drugs)
        if not beside and not _is_longer(same, drugs):
            continue
        if _is_own(text, same[0], kb) and not _goes_on(text, same[0], documents):
            infos = tuple(match.document for match in same)
            kept = tuple(drug for drug in drugs if drug.end <= start or end <= drug.start)
            found_too = (Drug(text[start:end], start, end, (), infos, len(infos)), *kept)
            return tuple(sorted(found_too, key=lambda drug: drug.start))
    return drugs


def _is_longer(matches: Sequence[_Match], drugs: Sequence[Drug]) -> bool:
    """Whether titles go on from a known medicine's name, or are all that have it, none of whose documents they are."""
    match = matches[0]
    covered = [drug for drug in drugs if drug.start == match.start and drug.end <= match.end]
    infos = {(m.document.source, m.document.key) for m in matches}
    held = {(info.source, info.key) for drug in covered for info in drug.documents}
    untitled = all(drug.end < match.end or not any(drug.name in fold(d.title) for d in drug.documents) for drug in covered)
    return match.leading > 1 and bool(covered) and untitled and infos.isdisjoint(held)


def _match(words: Sequence[re.Match[str]], document: DocumentInfo) -> _Match | None:
    """The longest stretch of the text that begins as the brand does and goes on with words of the title in their order."""
    title = _TOKEN.findall(fold(document.title))
    brand = _TOKEN.findall(fold(_DASH.split(document.title)[0]))
    best: _Match | None = None
    for first, word in enumerate(words):
        if not brand or word.group() != brand[0]:
            continue
        last, at, leading = first, 0, 0
        while last < len(words) and words[last].group() in title[at:]:
            place = title.index(words[last].group(), at)
            leading += place == leading == last - first and place < len(brand)
            last, at = last + 1, place + 1
        if best is None or last - first > best.said:
            best = _Match(word.start(), words[last - 1].end(), last - first, leading, document)
    return best


def _is_own(text: str, match: _Match, kb: KnowledgeBase) -> bool:
    """Whether the words that lead the brand stand in labels that are titled so and hardly anywhere else."""
    leading = [word.group() for word in _TOKEN.finditer(text, match.start, match.end)][: match.leading]
    if all(word in STOP_WORDS for word in leading):
        return False
    if len(leading) == 1 and (len(leading[0]) < MIN_ALONE or leading[0] in EVERYDAY or leading[0].isdigit()):
        return False
    phrase = re.compile(r"\b" + r"\W+".join(leading) + r"\b")
    found = passages_of_ids([ref for ref, _ in found_by_words(" ".join(leading), SEARCHED, kb)], kb)
    having = [p for p in found if phrase.search(fold(p.text)) or phrase.search(fold(p.document.title))]
    titled = sum(phrase.search(fold(p.document.title)) is not None for p in having)
    return bool(having) and titled >= OWN_SHARE * len(having)


def _goes_on(text: str, match: _Match, documents: Sequence[DocumentInfo]) -> bool:
    """Whether the next word, or the one before, is one that titles of other labels have: it is another product's name then."""
    after = re.compile(r"[ -](?!cold turkey)([a-z0-9]+)").match(text, match.end)
    before = re.compile(r"([a-z0-9]+)[ -]$").search(text, 0, match.start)
    own = _TOKEN.findall(fold(match.document.title))
    others = {word for document in documents for word in _TOKEN.findall(fold(document.title))} - STOP_WORDS
    beside = {word.group(1) for word in (after, before) if word is not None} - set(own)
    return not others.isdisjoint(beside)
