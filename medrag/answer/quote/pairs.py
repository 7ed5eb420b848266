"""Two drugs together: the facts that join them, and the sentences of each label that name the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.quoting import quote_by_section
from medrag.answer.quote.select import Unit, choose, fitting, matching, units_of
from medrag.answer.quote.statements import write_facts
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.terms.classes import classes_of, names_of
from medrag.retrieve.cues import support_pattern
from medrag.retrieve.pairs import joins, names_one_of, other_names
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Understanding
from medrag.retrieve.words import hits_in
from medrag.sections import SectionGroup
from medrag.types import Evidence, Passage

__all__ = ["write_pair"]

MAX_NAMING = 6  # sentences per label
# Where a label advises comes before where it tells of studies.
_ADVISING = (
    SectionGroup.INTERACTIONS,
    SectionGroup.CONTRAINDICATIONS,
    SectionGroup.BOXED_WARNING,
    SectionGroup.WARNINGS,
    SectionGroup.INDICATIONS,
    SectionGroup.DOSAGE,
    SectionGroup.PATIENT,
)
# Where a class of medicines is named as what is taken beside, and not as what the medicine itself is.
_OF_OTHERS = (SectionGroup.INTERACTIONS, SectionGroup.CONTRAINDICATIONS)


def write_pair(
    draft: Draft,
    understanding: Understanding,
    evidence: Sequence[Evidence],
    kb: KnowledgeBase,
    budget: int,
    *,
    checked: bool = False,
) -> None:
    """Adds what the evidence says of the first two drugs together; for one that does not name the other, what it says at all.

    `checked` is whether the medication check found something, which may be in labels that are no evidence here.
    """
    first, second = understanding.drugs[:2]
    lang = understanding.lang
    passages = [item.passage for item in evidence if item.passage is not None]
    write_facts(draft, understanding, [fact for item in evidence if (fact := item.fact) and joins(fact, understanding)])
    pairs = [(drug, other, _passages_of(drug, passages)) for drug, other in ((first, second), (second, first))]
    by_name = [_naming(own, other_names(other, kb)) for _, other, own in pairs]
    naming = [own or _naming_class(there, other, kb) for own, (_, other, there) in zip(by_name, pairs, strict=True)]
    said = bool(draft.citations) or any(naming)
    rest = [
        [] if done else _interactions(own) for done, (_, _, own) in zip(map(_is_enough, by_name, naming), pairs, strict=True)
    ]
    if not said and any(rest):
        draft.line(phrases.unnamed_pair(first.name, second.name, lang))
        if checked:
            draft.line(phrases.see_check(lang))
    # Who names the other answers, and who advises against it before who tells of studies.
    told = sorted(zip(pairs, naming, rest, strict=True), key=lambda one: min(map(_advice, one[1]), default=len(_ADVISING) + 1))
    for (drug, other, _), named, units in told:
        quote_by_section(draft, named, lang)
        if said and not named:
            draft.line(phrases.pair_unsaid(drug.name, other.name, lang))
        if units:
            chosen = choose(units, understanding.terms, budget // 4 if said else budget // 2)
            quote_by_section(draft, chosen.units, lang)
            if chosen.left_out:
                draft.line(phrases.more_stands(lang))
        elif not named and not said and any(rest):
            draft.line(phrases.no_interactions(drug.name, lang))
    if not draft.citations and understanding.terms:
        _quote_first(draft, understanding, passages, budget // 4)


def _quote_first(draft: Draft, understanding: Understanding, passages: Sequence[Passage], budget: int) -> None:
    """Quotes what was found first of each, where no section is of taking them with others: the question asks more than that."""
    first, second = understanding.drugs[:2]
    for drug in (first, second):
        places = {(document.source, document.key) for document in drug.documents}
        own = [p for p in passages if (p.document.source, p.document.key) in places]
        units = units_of(p for p in own if p.section.index == own[0].section.index and p.document.key == own[0].document.key)
        words = (*understanding.terms, *understanding.hints)
        chosen = matching(units, words, MAX_NAMING) if units else []
        if chosen:
            draft.line(phrases.pair_unsaid(drug.name, (second if drug is first else first).name, understanding.lang))
            quote_by_section(draft, choose(chosen, words, budget).units, understanding.lang)


def _passages_of(drug: Drug, passages: Sequence[Passage]) -> list[Passage]:
    """The drug's passages, those that advise first, in the order of the text of each document."""
    places = {(document.source, document.key): place for place, document in enumerate(drug.documents)}
    found = [passage for passage in passages if (passage.document.source, passage.document.key) in places]
    return sorted(
        found,
        key=lambda p: (
            _rank(p),
            places[p.document.source, p.document.key],
            p.start,
        ),
    )


def _rank(passage: Passage) -> int:
    """The place of a passage's section among those that advise; behind them where it tells of something else."""
    group = passage.section.group
    return _ADVISING.index(group) if group in _ADVISING else len(_ADVISING)


def _advice(unit: Unit) -> int:
    return _rank(unit.passage)


def _interactions(passages: Sequence[Passage]) -> list[Unit]:
    """What one document says of taking the drug with others: its own section, else sentences of other sections."""
    own = [passage for passage in passages if passage.section.group is SectionGroup.INTERACTIONS]
    pattern = support_pattern(SectionGroup.INTERACTIONS)
    units = units_of([p for p in own or passages if p.document.key == (own or passages)[0].document.key])
    return units if own or pattern is None else fitting(units, [bool(pattern.search(unit.text)) for unit in units], MAX_NAMING)


def _naming(passages: Sequence[Passage], names: Sequence[str]) -> list[Unit]:
    """The sentences that name one of the names, each said once, however many makers print it."""
    return _once(units_of(passages), lambda text: names_one_of(text, names))


def _naming_class(passages: Sequence[Passage], other: Drug, kb: KnowledgeBase) -> list[Unit]:
    """The sentences of taking it with others that name the other's class: NSAIDs for ibuprofen, nitrates for nitroglycerin."""
    own = [passage for passage in passages if passage.section.group in _OF_OTHERS]
    classes = names_of([of for name in other_names(other, kb) for of in classes_of(name)])
    return _once(units_of(own), lambda text: hits_in(fold(text), classes) > 0) if classes else []


def _is_enough(by_name: Sequence[Unit], named: Sequence[Unit]) -> bool:
    """Whether the other is named, by its own name or by its class where the label tells of taking it with others."""
    return bool(by_name) or any(unit.passage.section.group is SectionGroup.INTERACTIONS for unit in named)


def _once(units: Sequence[Unit], says: Callable[[str], bool]) -> list[Unit]:
    said: set[str] = set()
    wanted = []
    for unit in units:
        words = "".join(unit.text.split())
        wanted.append(says(unit.text) and words not in said)
        said.add(words)
    return fitting(units, wanted, MAX_NAMING)
