"""The pointers of a stored answer against the documents: its citations, and the evidence that it says it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medrag.answer.record.faults import Fault, Lookup, short
from medrag.types import Answer, Citation, Document, DocumentInfo, Evidence, Section, digest

__all__ = ["citation_faults", "evidence_faults"]


@dataclass(frozen=True, slots=True)
class _Pointer:
    """Words that are said to stand in a document: where in the record, and where in the document."""

    where: str
    document: DocumentInfo
    section: Section | None
    start: int
    end: int
    words: str


def citation_faults(citation: Citation, lookup: Lookup) -> list[Fault]:
    """What does not hold of a citation: its hash, its words, and what it says of its document."""
    where = f"citation {citation.marker}"
    if digest(citation.quote) != citation.sha256:
        return [_changed(where)]
    return _pointer_faults(
        _Pointer(where, citation.document, citation.section, citation.start, citation.end, citation.quote), lookup
    )


def evidence_faults(answer: Answer, lookup: Lookup) -> list[Fault]:
    """What does not hold of the passages and rows that the record says were found."""
    return [fault for item in answer.evidence for fault in _of_evidence(item, lookup)]


def _of_evidence(item: Evidence, lookup: Lookup) -> Iterator[Fault]:
    where = f"evidence {item.rank}"
    passage = item.passage
    if passage is not None:
        pointer = _Pointer(where, passage.document, passage.section, passage.start, passage.end, passage.text)
        yield from _pointer_faults(pointer, lookup)
    for source in item.fact.sources if item.fact is not None else ():
        if digest(source.quote) != source.sha256:
            yield _changed(where)
        else:
            yield from _pointer_faults(_Pointer(where, source.document, None, source.start, source.end, source.quote), lookup)


def _changed(where: str) -> Fault:
    return Fault(where, "hash", "the quote is not what its sha256 was made of: the record was changed")


def _pointer_faults(pointer: _Pointer, lookup: Lookup) -> list[Fault]:
    info = pointer.document
    documents = lookup(info)
    if not documents:
        name = f"{info.source}:{info.key}, version {info.version}"
        return [Fault(pointer.where, "document", f"there is no document {name} ({info.title}) to check it against")]
    standing = [document for document in documents if _stands(pointer, document)]
    if not standing:
        return [_moved(pointer, documents)]
    return min((_described(pointer, document) for document in standing), key=len)


def _stands(pointer: _Pointer, document: Document) -> bool:
    """Whether the words stand where the pointer says; which document it is was the look-up's to say."""
    return 0 <= pointer.start < pointer.end and document.text[pointer.start : pointer.end] == pointer.words


def _moved(pointer: _Pointer, documents: Sequence[Document]) -> Fault:
    """The fault of a span that holds other words: another release's reading, another version, or words that are not there."""
    document = next((one for one in documents if pointer.words in one.text), documents[0])
    at = document.text.find(pointer.words)
    seen = f"the words now stand at {at}–{at + len(pointer.words)}" if at >= 0 else "the words are not there"
    if document.reader != pointer.document.reader:
        return Fault(pointer.where, "reader", f"{_readers(pointer, document)}: {seen}")
    found = document.text[max(pointer.start, 0) : max(pointer.end, 0)]
    return Fault(
        pointer.where, "span", f"{pointer.start}–{pointer.end} holds {short(found)!r}, not {short(pointer.words)!r}; {seen}"
    )


def _readers(pointer: _Pointer, document: Document) -> str:
    made, now = pointer.document.reader or "an unknown reader", document.reader or "an unknown reader"
    return f"the document was read by {made} and is now read by {now}"


def _described(pointer: _Pointer, document: Document) -> list[Fault]:
    """What the record says of the document and the section that the document does not."""
    told: list[tuple[str, object, object]] = [
        (name, getattr(pointer.document, name), getattr(document, name)) for name in ("title", "maker", "effective", "lang")
    ]
    if document.version:  # a file has none
        told.append(("version", pointer.document.version, document.version))
    if pointer.section is not None:
        told.append(("section", pointer.section.heading, _heading(pointer, pointer.section, document)))
    wrong = [f"{name} {said!r}, the document {found!r}" for name, said, found in told if said != found]
    if wrong and document.reader != pointer.document.reader:
        return [Fault(pointer.where, "reader", f"{_readers(pointer, document)}: the record says {'; '.join(wrong)}")]
    return [Fault(pointer.where, "details", f"the record says {words}") for words in wrong]


def _heading(pointer: _Pointer, said: Section, document: Document) -> str | None:
    """The heading of the section that the words stand in, as the record has it if there are several; None where there is none."""
    around = [s for s in document.sections if s.start <= pointer.start and pointer.end <= s.end]
    same = [s for s in around if (s.index, s.code, s.heading) == (said.index, said.code, said.heading)]
    return same[0].heading if same else around[-1].heading if around else None
