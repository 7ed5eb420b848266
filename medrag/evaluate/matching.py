"""When a passage is right for a question: the rule by which retrieval is judged.

A question file names sections that are right (`Gold`). A passage is right where it lies in one of them or in the same
section of another label of the same drug, a repackaged copy or another maker's (`medrag.evaluate.identity`). Section
by section, of a label of the same drug:

1. Gold named by drug and heading: a section of the same heading, or of the same section group unless that is `other`
   (适应症 and 功能主治; 注意事项 and 警告 are two).
2. Gold named by set id and number (or heading; beside a number the beginning of a long one is enough): in that label that
   section alone, in another rendering of the label the section of the same heading. In other labels the sections with its code; in a label without the code those of its group that have
   a code themselves; where it is unclassified (42229-5), those of its heading, if it has one.
3. A section that holds at least 80 % of the five-word sequences of a gold section named by set id has its text.
4. A sub-section does not count for its parent, nor the parent for it: what is gold lies in the section's own text. Only
   where a gold section has no text of its own, its sub-sections count. In doubt a passage is wrong.

A fact counts as the section in which its first source stands. What is in no such section is wrong, however well it reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.identity import Identity, brands, identity_of, same_brand
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.sections import SectionGroup, classify_heading, group_of
from medrag.types import Document, DocumentInfo, DocumentKind, Evidence, Section

__all__ = ["DocumentRef", "Pool", "SectionRef", "Truth", "Unit", "heading_key"]

DocumentRef = tuple[str, str]  # source, key
SectionRef = tuple[str, str, int]  # source, key, number of the section
Unit = tuple[Identity, str]  # what counts once, in whatever label it is found: a drug and one of its sections

UNCLASSIFIED = frozenset({"42229-5", "medrag:other", ""})
SEQUENCE = 5  # words
HOLDS = 0.8  # share of a section's word sequences
_NUMBERING = re.compile(r"^\W*(?:\d{1,2}(?:\.\d{1,2})*\.?\s+)?")
_WORD = re.compile(r"\w+")
_HAN = re.compile(r"[㐀-鿿]")


def heading_key(heading: str) -> str:
    """A heading as it is compared: its words, folded, without numbering and punctuation; blanks do not count in Chinese."""
    words = _WORD.findall(_NUMBERING.sub("", unicodedata.normalize("NFKC", heading).casefold()))
    return ("" if _HAN.search(heading) else " ").join(words)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is right for one question in one knowledge base.

    `sections` gives for each right section the unit that it counts as, `grades` each unit's grade. `documents` are the
    labels of a right drug, `own` those that are named themselves; `groups` are those of the sections that answer.
    """

    sections: Mapping[SectionRef, Unit]
    grades: Mapping[Unit, int]
    documents: frozenset[DocumentRef]
    own: frozenset[DocumentRef]
    groups: tuple[SectionGroup, ...]


class Pool:
    """The labels of a knowledge base among which an evaluation looks for what is right."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._infos = [info for info in kb.documents() if info.kind is not DocumentKind.RECORD]
        self._brands = brands(info.title for info in self._infos)
        self._identities = {_ref(info): identity_of(info.title, self._brands) for info in self._infos}
        self._same: dict[Identity, list[DocumentInfo]] = {}
        self._keys: dict[str, list[DocumentInfo]] = {}
        self._titles: dict[str, list[DocumentInfo]] = {}
        for info in self._infos:
            self._same.setdefault(self._identities[_ref(info)], []).append(info)
            self._keys.setdefault(info.key, []).append(info)
            self._titles.setdefault(fold(info.title), []).append(info)
        self._documents: dict[DocumentRef, Document] = {}
        self._sequences: dict[SectionRef, frozenset[tuple[str, ...]]] = {}

    def truth(self, case: SectionCase) -> Truth:
        """What is right for the question here; nothing where the best of its gold is not in the knowledge base."""
        sections: dict[SectionRef, Unit] = {}
        grades: dict[Unit, int] = {}
        groups: dict[SectionGroup, None] = {}
        documents = {_ref(info) for info in self._of_drug(case.drug)}
        own: set[DocumentRef] = set()
        best = max(gold.grade for gold in case.gold)
        for gold in sorted(case.gold, key=lambda gold: -gold.grade):
            named = self._named(gold)
            own.update(_ref(info) for info in named)
            identities = {self._identities[_ref(info)] for info in named} or ({identity_of(gold.drug)} if gold.drug else set())
            same = [info for identity in sorted(identities, key=sorted) for info in self._same.get(identity, ())]
            documents.update(_ref(info) for info in same)
            anchors = self._anchors(gold, named)
            found = [
                (*_ref(info), section.index)
                for info in same
                for section in self._right(gold, named, anchors, self._document(info))
            ]
            if found:
                group = anchors[0][1].group if anchors else _group(gold.heading)
                unit = _unit(gold, anchors, identities)
                grades[unit] = max(grades.get(unit, 0), gold.grade)
                sections.update((ref, unit) for ref in found if ref not in sections)
                if gold.grade == best:
                    groups[group] = None
        if not groups:  # what only helps is no answer where a section that answers was wanted
            sections, grades = {}, {}
        return Truth(sections, grades, frozenset(documents), frozenset(own), tuple(groups))

    def place(self, evidence: Evidence) -> SectionRef | None:
        """The section that a piece of evidence stands in; None for a fact that no section says."""
        if evidence.passage is not None:
            return (*_ref(evidence.passage.document), evidence.passage.section.index)
        if evidence.fact is None or not evidence.fact.sources:
            return None
        source = evidence.fact.sources[0]
        if source.document.kind is DocumentKind.RECORD:
            return None
        for section in self._document(source.document).sections:
            if section.start <= source.start < section.end:
                return (*_ref(source.document), section.index)
        return None

    @staticmethod
    def document(evidence: Evidence) -> DocumentRef | None:
        """The document that a piece of evidence is of: a passage's, or the first that says a fact."""
        if evidence.passage is not None:
            return _ref(evidence.passage.document)
        return _ref(evidence.fact.sources[0].document) if evidence.fact is not None and evidence.fact.sources else None

    def identity(self, document: DocumentRef) -> Identity:
        """What a label of the knowledge base is a label of."""
        return self._identities[document]

    def named(self, name: str) -> frozenset[DocumentRef]:
        """The labels of the drug that a name is the name of, if it is printed so."""
        return frozenset(_ref(info) for info in self._same.get(identity_of(name, self._brands), ()))

    def _named(self, gold: Gold) -> list[DocumentInfo]:
        return self._keys.get(gold.set_id, []) if gold.set_id else self._titles.get(fold(gold.drug), [])

    def _of_drug(self, drug: str) -> list[DocumentInfo]:
        """The labels that have the drug as a brand or among their substances; for a combination, those of all of it."""
        if not drug:
            return []
        wanted = identity_of(drug)
        return [info for info in self._infos if same_brand(drug, info.title) or wanted <= self._identities[_ref(info)]]

    def _document(self, info: DocumentInfo) -> Document:
        ref = _ref(info)
        if ref not in self._documents:
            self._documents[ref] = self._kb.document(info.key, source=info.source)
        return self._documents[ref]

    def _anchors(self, gold: Gold, named: list[DocumentInfo]) -> list[tuple[Document, Section]]:
        """The gold section itself: by its number in renderings that the question file follows, else by its heading."""
        documents = [self._document(info) for info in named] if gold.set_id else []
        key = heading_key(gold.heading)
        return [
            (document, section)
            for document in documents
            for section in document.sections[max(gold.index, 0) : gold.index + 1 or None]
            if heading_key(section.heading) == key or (key and gold.index >= 0 and heading_key(section.heading).startswith(key))
        ]

    def _right(
        self, gold: Gold, named: list[DocumentInfo], anchors: list[tuple[Document, Section]], document: Document
    ) -> list[Section]:
        if not gold.set_id:
            return _with_subsections(document, _by_heading(gold, document))
        own = [section for label, section in anchors if label is document]
        if own:
            return _with_subsections(document, own)
        key = heading_key(anchors[0][1].heading if anchors else gold.heading)
        if any(_ref(info) == _ref(document) for info in named):  # another rendering of the gold label
            right = [section for section in document.sections if key and heading_key(section.heading) == key]
        else:
            right = _equivalent(key, gold.code or (anchors[0][1].code if anchors else ""), document)
        wanted = frozenset(sequence for label, section in anchors for sequence in self._words(label, section))
        return [s for s in document.sections if s in right or (wanted and self._holds(document, s, wanted))]

    def _holds(self, document: Document, section: Section, wanted: frozenset[tuple[str, ...]]) -> bool:
        return len(wanted & self._words(document, section)) >= HOLDS * len(wanted)

    def _words(self, document: Document, section: Section) -> frozenset[tuple[str, ...]]:
        ref = (*_ref(document), section.index)
        if ref not in self._sequences:
            words = _WORD.findall(document.text[section.start : section.end].lower())
            self._sequences[ref] = frozenset(zip(*(words[at:] for at in range(SEQUENCE)), strict=False))
        return self._sequences[ref]


def _ref(info: DocumentInfo) -> DocumentRef:
    return (info.source, info.key)


def _unit(gold: Gold, anchors: Sequence[tuple[Document, Section]], identities: Collection[Identity]) -> Unit:
    """What finding the gold counts as: the same section in several labels of a drug is one."""
    identity = min(identities, key=sorted, default=frozenset({gold.drug or gold.set_id}))
    if not gold.set_id:
        group = _group(gold.heading)
        return identity, heading_key(gold.heading) if group is SectionGroup.OTHER else group.value
    code = gold.code or (anchors[0][1].code if anchors else "")
    return identity, (heading_key(gold.heading) or f"{gold.set_id} {gold.index}") if code in UNCLASSIFIED else code


def _by_heading(gold: Gold, document: Document) -> list[Section]:
    key, group = heading_key(gold.heading), _group(gold.heading)
    return [
        section
        for section in document.sections
        if heading_key(section.heading) == key or (section.group is group and group is not SectionGroup.OTHER)
    ]


def _group(heading: str) -> SectionGroup:
    known = classify_heading(heading)
    return known.group if known is not None else SectionGroup.OTHER


def _equivalent(key: str, code: str, document: Document) -> list[Section]:
    """The sections of another label of the same drug that say the same as the one with that heading and code."""
    if code in UNCLASSIFIED:
        return [section for section in document.sections if key and heading_key(section.heading) == key]
    same = [section for section in document.sections if section.code == code]
    group = group_of(code)
    return same or [s for s in document.sections if s.group is group is not SectionGroup.OTHER and s.code not in UNCLASSIFIED]


def _with_subsections(document: Document, chosen: list[Section]) -> list[Section]:
    """The sections, and for one that has no text of its own those inside it."""
    inside = [
        section
        for parent in chosen
        if not document.text[parent.start : parent.end].strip()
        for section in document.sections[parent.index + 1 :]
        if section.path[: len(parent.path) + 1] == (*parent.path, parent.heading)
    ]
    return [*chosen, *(section for section in inside if section not in chosen)]
