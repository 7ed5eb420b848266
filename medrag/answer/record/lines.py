"""The words of a quoted answer, or of an abstention, that are nobody's quotation: whether they are the library's own.

They are compared with what `medrag.answer.phrases` and `medrag.answer.reply.remarks` write, whatever names stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, permutations

from medrag.answer import phrases
from medrag.answer.readings import MAX_READINGS
from medrag.answer.record.faults import Fault, short
from medrag.answer.reply import remarks
from medrag.answer.show.words import answer_lang
from medrag.kb.relations import inverse_of, label
from medrag.patterns import regex
from medrag.retrieve.cues import Population
from medrag.sections import SectionGroup, heading_of
from medrag.types import Answer, DocumentInfo, Fact

__all__ = ["abstention_faults", "fact_leads", "facts_of", "line_faults"]

_WORD = regex(r"\w")
_A, _B = "\ue000", "\ue001"  # names while a phrase is made into a pattern
_NUMBER = 987_654_321
_ANY_NAME = r"[^\n。！？”]{1,2000}"
_PATIENTS = (Population.CHILD, Population.PREGNANT, Population.LACTATING)
_Who = tuple[Population, ...]


def line_faults(answer: Answer) -> list[Fault]:
    """The lines of a quoted answer that neither a claim nor the library's own words account for."""
    text = answer.text
    shown = bytearray(b"\x01" * len(text))
    spans = [(claim.start, claim.end) for claim in answer.claims]
    markers = sorted({citation.marker for citation in answer.citations}, key=len, reverse=True)
    if markers:
        spans += [match.span() for match in re.finditer("|".join(map(re.escape, markers)), text)]
    for start, end in spans:
        if 0 <= start < end <= len(text):
            shown[start:end] = bytes(end - start)
    headings = _headings(answer)
    own = _own_lines(answer_lang(answer), _document_names(answer))
    faults, at = [], 0
    for line in text.split("\n"):
        rest = "".join(c for c, left in zip(line, shown[at : at + len(line)], strict=True) if left).strip()
        at += len(line) + 1
        if _WORD.search(rest) and rest not in headings and own.fullmatch(rest) is None:
            faults.append(Fault("the answer", "words", f"“{short(rest)}” is neither quoted nor one of the library's own words"))
    return faults


def abstention_faults(answer: Answer) -> list[Fault]:
    """What does not hold of an abstention: it claims and cites nothing, and its words are the library's."""
    faults = []
    if answer.claims or answer.citations:
        faults.append(Fault("the answer", "words", "it is said to be none, and yet it claims or cites something"))
    own = _abstentions(answer_lang(answer))
    for line in answer.text.split("\n"):
        if _WORD.search(line) and own.fullmatch(line) is None:
            faults.append(
                Fault("the answer", "words", f"“{short(line)}” is not what the library says where it does not answer")
            )
    return faults


def facts_of(answer: Answer) -> list[Fact]:
    """The facts that an answer cites or found."""
    cited = [citation.fact for citation in answer.citations if citation.fact is not None]
    return [*cited, *(item.fact for item in answer.evidence if item.fact is not None)]


def fact_leads(facts: Iterable[Fact], lang: str) -> set[str]:
    """All that may lead a line of these facts."""
    leads = set()
    for fact in facts:
        leads.add(phrases.fact_heading(fact.subject.name, label(fact.relation, lang), lang))
        leads.add(phrases.inverse_heading(fact.object.name, label(fact.relation, lang), lang))
        if turned := inverse_of(fact.relation):
            leads.add(phrases.fact_heading(fact.object.name, label(turned, lang), lang))
    return leads


def _headings(answer: Answer) -> set[str]:
    """The lines above what is quoted of the sections that are cited."""
    return {
        phrases.section_heading(citation.document, citation.section, answer_lang(answer))
        for citation in answer.citations
        if citation.section is not None
    }


def _document_names(answer: Answer) -> frozenset[str]:
    documents = [citation.document for citation in answer.citations]
    for item in answer.evidence:
        documents += [*item.also, *([item.passage.document] if item.passage is not None else [])]
    return frozenset(map(phrases.document_name, documents))


def _own_lines(lang: str, names: frozenset[str]) -> re.Pattern[str]:
    """What the library writes between quotations; documents are called by one of the names."""
    called = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)"
    of_documents = _pattern(_lines_on_documents(lang)).replace(_A, f"(?:{called})")
    return re.compile(f"{of_documents}|{_named(_pattern(_remarks(lang)))}")


@cache
def _abstentions(lang: str) -> re.Pattern[str]:
    """What the library writes instead of an answer."""
    return re.compile(_named(_pattern(_abstaining(lang))))


def _pattern(lines: Iterable[str]) -> str:
    return "|".join(
        re.escape(line).replace(str(_NUMBER), r"\d+").replace(f"{_NUMBER:,}", r"[\d,]+") for line in dict.fromkeys(lines)
    )


def _named(pattern: str) -> str:
    return pattern.replace(_A, _ANY_NAME).replace(_B, _ANY_NAME)


def _lines_on_documents(lang: str) -> Iterator[str]:
    document = DocumentInfo.model_construct(source="", key="", title=_A, maker="")
    makers: tuple[Callable[[DocumentInfo, SectionGroup, str], str], ...] = (
        phrases.support_heading,
        phrases.section_missing,
        phrases.also_tell,
    )
    for make in makers:
        yield from (make(document, group, lang) for group in SectionGroup)
    yield from (phrases.no_dose_for(document, who, lang) for who in _patients())


def _patients() -> Iterator[_Who]:
    return chain.from_iterable(permutations(_PATIENTS, count) for count in range(len(_PATIENTS) + 1))


def _remarks(lang: str) -> Iterator[str]:
    yield phrases.corrected(_A, _B, lang)
    yield phrases.no_document([_A], lang)
    yield phrases.titled_otherwise(_A, _B, lang)
    yield from (phrases.unsaid([_A], together, lang) for together in (True, False))
    yield from (phrases.not_for_whom(who, lang) for who in _patients())
    yield phrases.unnamed_pair(_A, _B, lang)
    yield phrases.see_check(lang)
    yield phrases.pair_unsaid(_A, _B, lang)
    yield phrases.no_interactions(_A, lang)
    yield phrases.more_facts(_NUMBER, lang)
    for make in (phrases.more_stands, phrases.other_doses, phrases.other_language, phrases.not_compared):
        yield make(lang)


def _abstaining(lang: str) -> Iterator[str]:
    yield phrases.corrected(_A, _B, lang)
    yield from (phrases.ambiguous(_A, [_B] * count, lang) for count in range(1, MAX_READINGS + 1))
    one = SectionGroup.DOSAGE
    called = f"【{heading_of(one, lang)}】" if lang == "zh" else heading_of(one, lang).lower()
    for there in ([], [_B]):
        yield phrases.unknown_drug([_A], there, lang)
        yield phrases.nothing_relevant(there, lang)
        yield phrases.not_sure(_A, there, lang)
        yield phrases.no_section(_A, [], there, lang)
        yield phrases.no_section(_A, [one], there, lang).replace(called, _B)  # whichever sections were asked for
    yield from (phrases.no_dose_of(_A, who, lang) for who in _patients())
    yield phrases.foreign_dose(_A, lang)
    yield phrases.other_form(_A, [_B], lang)
    yield phrases.see_check(lang)
    yield phrases.outside(lang)
    yield phrases.of_class(lang)
    yield remarks.withheld(lang)
