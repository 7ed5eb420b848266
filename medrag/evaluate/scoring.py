"""Asking a system every question of a task and judging the sections that it found, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from medrag.evaluate.cases import SectionCase
from medrag.evaluate.matching import Pool, SectionRef, Truth
from medrag.evaluate.metrics import measured
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.profile import Profile
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Understanding
from medrag.types import Evidence

__all__ = ["Ask", "Finder", "Found", "Scored", "bm25", "finder", "judged", "score_sections", "shown", "timed", "understood"]

K = 10  # pieces of evidence asked for, as `medrag search` does
SHOWN = 10  # pieces of evidence in the record of a miss


@dataclass(frozen=True, slots=True)
class Found:
    """What a system found for a question, best first, with how it understood the question if it says so."""

    evidence: tuple[Evidence, ...]
    understanding: Understanding | None = None


Finder = Callable[[str, KnowledgeBase], Found]
Ask = Callable[[SectionCase], tuple[Found, float]]  # what is found for a case, and the milliseconds that it took


@dataclass(frozen=True, slots=True)
class Scored:
    """One question as judged: its measures, the milliseconds it took, and for the record what was found and wanted.

    `groups` are what it is counted under beside the whole: its kind and the sections asked for. `absent` is true where
    what is right is not in the knowledge base; then nothing is measured.
    """

    id: str
    question: str
    groups: tuple[str, ...]
    values: Mapping[str, float]
    milliseconds: float = 0.0
    absent: bool = False
    understood: str = ""
    found: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


def finder(profile: Profile | None = None) -> Finder:
    """The library's retrieval by a profile, the package's own if none is given."""

    def find(question: str, kb: KnowledgeBase) -> Found:
        result = retrieve(question, kb, k=K, profile=profile)
        return Found(result.evidence, result.understanding)

    return find


def bm25(question: str, kb: KnowledgeBase) -> Found:
    """Plain BM25: the passages that share the question's words, nothing understood. The baseline."""
    scores = dict(kb.search_words(question, K))
    top = max(scores.values(), default=1.0)
    evidence = [
        Evidence.model_construct(rank=rank, score=scores[passage.id] / top, found_by=("words",), passage=passage, fact=None)
        for rank, passage in enumerate(kb.passages(list(scores)), start=1)
    ]
    return Found(tuple(evidence))


@dataclass(slots=True)
class _Asked:
    case: SectionCase
    truth: Truth
    found: Found
    milliseconds: float
    places: Sequence[SectionRef | None]

    def things(self, *, distinct: bool = False) -> list[Hashable]:
        """What was found, in order: the units that are right, and the sections that are not."""
        places = dict.fromkeys(self.places) if distinct else self.places
        return [self.truth.sections.get(place, place) if place is not None else None for place in places]


def score_sections(cases: Sequence[SectionCase], kb: KnowledgeBase, find: Finder, pool: Pool) -> list[Scored]:
    """Each question, put to a system, judged by the sections in which the evidence stands (`judged`)."""
    return judged(cases, pool, lambda case: timed(find, case.question, kb))


def judged(cases: Sequence[SectionCase], pool: Pool, ask: Ask) -> list[Scored]:
    """Each case judged by the sections in which the evidence stands that `ask` finds for it.

    `Success@k`, `nDCG@5` and `RR` count pieces of evidence; `sections@5` the first five different sections; `drug@1` is
    whether the first piece stands in a label of a right drug, `own@1` in a label that the gold names by title or set id.
    Success and RR want a section that answers, or where the gold has none, one that helps; nDCG goes by the grades.
    """
    asked, absent = [], []
    for case in cases:
        truth = pool.truth(case)
        if not truth.sections:
            absent.append(Scored(case.id, case.question, (), {}, absent=True, wanted=_wanted(case)))
            continue
        found, milliseconds = ask(case)
        asked.append(_Asked(case, truth, found, milliseconds, [pool.place(evidence) for evidence in found.evidence]))
    measures = _measures(asked)
    return [*(_scored(one, measures) for one in asked), *absent]


def _measures(asked: Sequence[_Asked]) -> dict[str, dict[str, float]]:
    graded = {one.case.id: one.truth.grades for one in asked}
    answers = {query: {unit: 1 for unit in units if units[unit] == max(units.values())} for query, units in graded.items()}
    found = {one.case.id: one.things() for one in asked}
    distinct = {one.case.id: one.things(distinct=True) for one in asked}
    by_evidence = measured(found, answers)
    return {
        **{name: by_evidence[name] for name in ("Success@1", "Success@5", "Success@10", "RR")},
        "nDCG@5": measured(found, graded)["nDCG@5"],
        "sections@5": measured(distinct, answers)["Success@5"],
        "drug@1": _first(asked, lambda truth: truth.documents),
        "own@1": _first(asked, lambda truth: truth.own),
    }


def _first(asked: Sequence[_Asked], right: Callable[[Truth], frozenset[tuple[str, str]]]) -> dict[str, float]:
    """Whether the first piece of evidence stands in one of the right documents."""
    return {
        one.case.id: float(any(Pool.document(evidence) in right(one.truth) for evidence in one.found.evidence[:1]))
        for one in asked
    }


def _scored(one: _Asked, measures: Mapping[str, Mapping[str, float]]) -> Scored:
    return Scored(
        one.case.id,
        one.case.question,
        (one.case.kind, *(group.value for group in one.truth.groups)),
        {name: values[one.case.id] for name, values in measures.items()},
        one.milliseconds,
        understood=understood(one.found.understanding),
        found=shown(one.found.evidence),
        wanted=_wanted(one.case),
    )


def timed(find: Finder, question: str, kb: KnowledgeBase) -> tuple[Found, float]:
    """What the system found, and the milliseconds that it took."""
    started = perf_counter()
    found = find(question, kb)
    return found, (perf_counter() - started) * 1000.0


def understood(understanding: Understanding | None) -> str:
    """A question as it was understood, in one line."""
    if understanding is None:
        return ""
    said = {
        "drugs": [f"{drug.name}→{drug.documents[0].title}" for drug in understanding.drugs],
        "other": [entity.name for entity in understanding.entities if ":" in entity.id][:3] if not understanding.drugs else [],
        "unknown": understanding.unknown,
        "groups": [group.value for group in understanding.groups],
        "sought": [group.value for group in understanding.sought],
        "relations": understanding.relations,
        "shape": [understanding.shape.value],
        "for": [population.value for population in understanding.populations],
    }
    return "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in said.items() if values)


def shown(found: Sequence[Evidence]) -> tuple[str, ...]:
    """The first pieces of evidence, each in one line."""
    return tuple(_line(evidence) for evidence in found[:SHOWN])


def _line(evidence: Evidence) -> str:
    by = "+".join(evidence.found_by)
    if evidence.passage is None:
        return f"{evidence.text} [{by}]"
    passage = evidence.passage
    heading = " › ".join((*passage.section.path, passage.section.heading or f"#{passage.section.index}"))
    return f"{passage.document.title} | {heading} | {' '.join(passage.text.split())[:80]} [{by}]"


def _wanted(case: SectionCase) -> tuple[str, ...]:
    return tuple(f"{gold.drug or gold.set_id} | {gold.heading or f'#{gold.index}'} ({gold.grade})" for gold in case.gold)
