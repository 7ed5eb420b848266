"""Why a question is not answered: what was looked for, what is missing, and what is near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from medrag.answer import phrases
from medrag.answer.beyond import is_beyond_labels, is_told_by_few
from medrag.answer.outside import dose_is_foreign, is_of_class, is_outside, other_forms
from medrag.answer.quote.patients import dose_patients
from medrag.answer.readings import ambiguous_names, corrected_names
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.memory import memory_of
from medrag.patterns import regex
from medrag.retrieve.forms import form_end
from medrag.retrieve.understand import Understanding
from medrag.sections import SectionGroup, heading_of
from medrag.types import DocumentKind, Question

__all__ = ["Abstention", "abstain"]

NEAR_PASSAGES = 20  # searched for names that look alike
NEAR_NAMES = 3
NEAR_CUTOFF = 0.5
NEAR_LATIN = 0.7  # likeness of names in Latin letters, of which many end alike
SHOWN_SECTIONS = 16
SHOWN_FORMS = 3
SHOWN_TERMS = 6


@dataclass(frozen=True, slots=True)
class Abstention:
    """What is said instead of an answer, and the reason in a word.

    ambiguous-name, unknown-drug, outside-medicine, drug-class (asked about as such), foreign-dose (only a label in the other
    language gives it), other-form (only labels of other dosage forms are here), not-in-labels (what no label tells, such as
    the price), no-section (the label lacks what is asked),
    not-sure (the section is there, and whether it answers is not sure enough), nothing-relevant.
    """

    text: str
    reason: str


def abstain(question: Question, understanding: Understanding, kb: KnowledgeBase, *, checked: bool = False) -> Abstention:
    """The abstention for a question that the evidence does not answer; what was `checked` has to do with medicine."""
    lang = understanding.lang
    ambiguous = ambiguous_names(understanding)
    if ambiguous:
        read = [phrases.ambiguous(_printed(question, [name.written])[0], name.names, lang) for name in ambiguous]
        return Abstention("\n".join(read), "ambiguous-name")
    if understanding.unknown:
        near = _near(understanding.unknown, kb)
        return Abstention(phrases.unknown_drug(_unknown(question, understanding), near, lang), "unknown-drug")
    if is_outside(understanding) and not checked:
        return Abstention(phrases.outside(lang), "outside-medicine")
    if is_of_class(understanding):
        return Abstention(phrases.of_class(lang), "drug-class")
    if understanding.drugs:
        return _of_drug(question, understanding, kb)
    looked_for = _looked_for(understanding)
    return Abstention(phrases.nothing_relevant(looked_for[:SHOWN_TERMS], lang), "nothing-relevant")


def _of_drug(question: Question, understanding: Understanding, kb: KnowledgeBase) -> Abstention:
    """What is said where the documents of a drug do not answer: which section, or whose dose, is missing."""
    drug, lang, who = understanding.drugs[0], understanding.lang, dose_patients(understanding)
    name, document = _printed(question, [drug.name])[0], drug.documents[0]
    if is_beyond_labels(understanding):
        return Abstention(phrases.beyond_labels(name, lang), "not-in-labels")
    if is_told_by_few(understanding, kb):
        return Abstention(phrases.told_by_few(name, lang), "not-in-labels")
    if dose_is_foreign(understanding):
        return Abstention(phrases.foreign_dose(name, lang), "foreign-dose")
    if others := other_forms(understanding, kb):
        asked = understanding.question[drug.start : form_end(understanding.question, drug.end)]
        return Abstention(phrases.other_form(_printed(question, [asked])[0], others[:SHOWN_FORMS], lang), "other-form")
    remarks = [phrases.corrected(_printed(question, [r.written])[0], r.names[0], lang) for r in corrected_names(understanding)]
    if who and SectionGroup.DOSAGE in understanding.groups and kb.passages_of(document, (SectionGroup.DOSAGE,)):
        return Abstention("\n".join([*remarks, phrases.no_dose_of(name, who, lang)]), "no-section")
    missing = [group for group in understanding.groups if not any(kb.passages_of(own, (group,)) for own in drug.documents)]
    there = _sections(understanding, kb)
    if missing:
        return Abstention("\n".join([*remarks, phrases.no_section(name, missing, there, lang)]), "no-section")
    return Abstention("\n".join([*remarks, phrases.not_sure(name, there, lang)]), "not-sure")


def _looked_for(understanding: Understanding) -> list[str]:
    return list(dict.fromkeys([*(mention.name for mention in understanding.mentions), *understanding.left]))


def _printed(question: Question, names: Sequence[str]) -> list[str]:
    """The names as the question writes them, where its letters can be found again; else in lower case."""
    lowered = question.text.lower()
    found = []
    for name in names:
        at = lowered.find(name) if len(lowered) == len(question.text) else -1
        found.append(question.text[at : at + len(name)] if at >= 0 else name)
    return found


def _unknown(question: Question, understanding: Understanding) -> list[str]:
    """The unknown names as the question writes them, each with the standard name where tables have one: 心得安（普萘洛尔）."""
    said = [(understanding.question[mention.start : mention.end], mention.name) for mention in understanding.mentions]
    bracketed = "{}（{}）" if understanding.lang == "zh" else "{} ({})"
    found = []
    for name, printed in zip(understanding.unknown, _printed(question, understanding.unknown), strict=True):
        standard = next((other for words, other in said if words and name.startswith(words) and other not in name), "")
        found.append(bracketed.format(printed, standard) if standard else printed)
    return found


def _near(names: Sequence[str], kb: KnowledgeBase) -> list[str]:
    """Titles of documents that look like one of the names, most alike first."""
    near: dict[str, None] = {}
    for name in names[:2]:
        titles = (
            memory_of(kb, "latin titles", 1).kept("", lambda: _latin_titles(kb)) if name.isascii() else _titles_beside(name, kb)
        )
        cutoff = NEAR_LATIN if name.isascii() else NEAR_CUTOFF
        for match in get_close_matches(fold(name), list(titles), n=NEAR_NAMES, cutoff=cutoff):
            shown = _titled(name, kb) if match == fold(name) else [titles[match]]  # Humalog Mix50 is not what was asked
            near.update(dict.fromkeys(shown))
    return list(near)[:NEAR_NAMES]


def _titled(name: str, kb: KnowledgeBase) -> list[str]:
    """The titles in which a name stands that is not the whole name of a medicine here."""
    titles, asked = dict.fromkeys(document.title for document in kb.documents(kinds=_READ)), fold(name)
    return [title for title in titles if asked in fold(title)][:NEAR_NAMES]


def _titles_beside(name: str, kb: KnowledgeBase) -> dict[str, str]:
    passages = kb.passages([ref for ref, _ in kb.search_words(name, NEAR_PASSAGES)])
    return {fold(passage.document.title): passage.document.title for passage in passages}


def _latin_titles(kb: KnowledgeBase) -> dict[str, str]:
    """The words of Latin titles that could be names, each with how it is written; no text is searched by parts of words."""
    read = (document for document in kb.documents(kinds=_READ) if document.title[:1].isascii())
    words = (word for document in read for word in _LATIN.findall(document.title))
    return {fold(word): word for word in words}


_LATIN = regex(r"[A-Za-z]{6,}")
_READ = frozenset(DocumentKind) - {DocumentKind.RECORD}  # a graph has millions of records, whose titles nobody reads


def _sections(understanding: Understanding, kb: KnowledgeBase) -> list[str]:
    document = kb.document(understanding.drugs[0].documents[0].key, source=understanding.drugs[0].documents[0].source)
    headings = [
        section.heading or heading_of(section.group, understanding.lang) for section in document.sections if not section.path
    ]
    return list(dict.fromkeys(headings))[:SHOWN_SECTIONS]
