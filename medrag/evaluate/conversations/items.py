"""Questions that name one medicine, with the place of its name: the material of which conversations are made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.matching import DocumentRef, Pool, Truth
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import DRUGS
from medrag.sections import SectionGroup
from medrag.types import Document, Section

__all__ = ["Item", "Labels", "gold_of", "items_of", "lang_of", "names_drug"]

_HAN = re.compile(r"[㐀-鿿]")
# What is printed around a name and goes with it when the name is replaced: 盐酸|吉西他滨|注射液, lexapro| tablets.
_BEFORE = re.compile(r"(?:盐酸|硫酸|磷酸|马来酸|枸橼酸|酒石酸|富马酸|甲磺酸|注射用|复方)$")
_AFTER = re.compile(
    r"(?:肠溶|缓释|控释|分散|咀嚼|泡腾|软|滴眼|口服|注射|外用|钠|钾|钙)*"
    r"(?:片|胶囊|颗粒|丸|冲剂|口服液|滴眼液|注射液|糖浆|软膏|乳膏|凝胶|栓|贴|喷雾剂?|气雾剂|散|滴丸|合剂|针剂?|液)"
    r"|(?: (?:tablets?|capsules?|pills?|cream|ointment|gel|injections?|syrup|patch(?:es)?|drops|spray|inhaler|xr|er|sr))+\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Item:
    """A question about one medicine: what is right for it, the medicine's name as the user wrote it, and the question around it.

    `around` are the pieces of the question between the places of the name.
    """

    case: SectionCase
    truth: Truth
    name: str
    around: tuple[str, ...]

    @property
    def lang(self) -> str:
        """The question's language."""
        return lang_of(self.case.question)

    def naming(self, name: str) -> str:
        """The question with another name in its place."""
        return name.join(self.around)


class Labels:
    """The labels of a knowledge base by reference, read once."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._read: dict[DocumentRef, Document] = {}

    def of(self, truth: Truth) -> list[Document]:
        """The labels of the medicine that is right, those that the gold names first."""
        others = sorted(truth.documents - truth.own)
        return [self._document(ref) for ref in (*sorted(truth.own), *others)]

    def sections(self, truth: Truth, group: SectionGroup) -> list[tuple[Document, Section]]:
        """The sections of a group in the first label of the medicine that has text there."""
        for document in self.of(truth):
            found = [s for s in document.sections if s.group is group and document.text[s.start : s.end].strip()]
            if found:
                return [(document, section) for section in found]
        return []

    def _document(self, ref: DocumentRef) -> Document:
        if ref not in self._read:
            source, key = ref
            self._read[ref] = self._kb.document(key, source=source)
        return self._read[ref]


def lang_of(text: str) -> str:
    """The language a question is put in: Chinese where there is a Chinese character."""
    return "zh" if _HAN.search(text) else "en"


def items_of(cases: Sequence[SectionCase], kb: KnowledgeBase, pool: Pool) -> Iterator[Item]:
    """The questions whose answer is in the knowledge base and that name one medicine, the right one, and no other."""
    for case in cases:
        truth = pool.truth(case)
        if not truth.sections:
            continue
        spans = _spans(case.question, kb, truth)
        if spans:
            edges = [0, *(edge for span in spans for edge in span), len(case.question)]
            around = tuple(case.question[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
            start, end = spans[0]
            yield Item(case, truth, case.question[start:end], around)


def _spans(question: str, kb: KnowledgeBase, truth: Truth) -> list[tuple[int, int]]:
    """Where the question names the right medicine; nothing where it names another one too, be that right as well."""
    spans = []
    shared = truth.documents
    for mention in kb.link(question):
        ids = [entity.id for entity in mention.entities if entity.kind in DRUGS]
        documents = {(info.source, info.key) for info, _, _ in kb.documents_about(ids)} if ids else set()
        if documents:
            shared &= documents
            spans.append(_whole(question, mention.start, mention.end))
    return spans if shared else []


def _whole(question: str, start: int, end: int) -> tuple[int, int]:
    before, after = _BEFORE.search(question[:start]), _AFTER.match(question, end)
    return (before.start() if before else start), (after.end() if after else end)


def names_drug(text: str, kb: KnowledgeBase) -> bool:
    """Whether a text names a medicine of which there is a label."""
    ids = [entity.id for mention in kb.link(text) for entity in mention.entities if entity.kind in DRUGS]
    return bool(ids) and bool(kb.documents_about(ids))


def gold_of(sections: Sequence[tuple[Document, Section]], grade: int) -> Iterator[Gold]:
    """Sections as gold: of Chinese labels by printed name and heading, of others by set id and number."""
    for document, section in sections:
        if document.lang == "zh":
            yield Gold(drug=document.title, heading=section.heading, grade=grade)
        else:
            yield Gold(set_id=document.key, heading=section.heading, code=section.code, index=section.index, grade=grade)
