"""From a question to ranked evidence: all channels asked, fused, put in order by what was asked, and cut to k."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve import channels
from medrag.retrieve.channels import NO_FILTERS, Pool, Ranking, asked_facts_relations
from medrag.retrieve.fuse import Fused, reciprocal_rank_fusion
from medrag.retrieve.label import label
from medrag.retrieve.pairs import joins
from medrag.retrieve.understand import Shape, Understanding, understand
from medrag.retrieve.words import term_hits
from medrag.sections import SectionGroup
from medrag.types import Evidence, Passage, Question

__all__ = ["CHANNEL_WEIGHTS", "Retrieval", "Trace", "retrieve"]

# A key look-up that hit is nearly always right; hashed vectors are the weakest of the four.
CHANNEL_WEIGHTS: Mapping[str, float] = {"label": 2.0, "words": 1.0, "vectors": 0.5, "graph": 1.0}
CANDIDATES = 2  # per channel, times k
MIN_CANDIDATES = 20
MAX_CANDIDATES = 100
LAST_TIER = 4
JOINING_PLACE = 2  # of facts that join the drugs asked about, behind the first passages of their labels


@dataclass(frozen=True, slots=True)
class Trace:
    """How the evidence was found: what each channel found, and the milliseconds that each step took."""

    found: dict[str, int] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The evidence for a question, best first, with how the question was understood and how the evidence was found."""

    understanding: Understanding
    evidence: tuple[Evidence, ...]
    trace: Trace


def retrieve(
    question: Question | str, kb: KnowledgeBase, *, k: int = 10, only: Filters = NO_FILTERS, neighbours: bool = False
) -> Retrieval:
    """The k best pieces of evidence for a question.

    The section asked for of the drug asked about comes first; a document of a drug that was not asked about never
    stands before one that was. Scores never rise with the rank. With `neighbours` each passage that was found brings
    the ones before and after it in its section, as far as k goes. Raises `QuestionError` for what cannot be asked.
    """
    trace = Trace()
    asked = Question(text=question) if isinstance(question, str) else question
    started = perf_counter()
    understanding = understand(asked, kb)
    _note(trace, "understand", started)
    runs = _runs(understanding, kb, min(max(CANDIDATES * k, MIN_CANDIDATES), MAX_CANDIDATES), only, trace)
    started = perf_counter()
    fused = _with_passages(reciprocal_rank_fusion(runs, CHANNEL_WEIGHTS), kb, k)
    ordered = _in_order(fused, understanding, runs["label"])[: max(k, 0)]
    if neighbours:
        ordered = _expanded(ordered, kb, k)
    evidence = _evidence(ordered)
    _note(trace, "rank", started)
    return Retrieval(understanding, evidence, trace)


def _note(trace: Trace, step: str, started: float) -> None:
    trace.milliseconds[step] = round((perf_counter() - started) * 1000.0, 3)


def _runs(understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters, trace: Trace) -> dict[str, Ranking]:
    found: dict[str, Ranking] = {}

    def ask(name: str, channel: Callable[[], Ranking]) -> Ranking:
        started = perf_counter()
        found[name] = channel()
        trace.found[name] = len(found[name])
        _note(trace, name, started)
        return found[name]

    pool = Pool(ask("words", lambda: channels.words(understanding, kb, k, only)), kb)
    ask("label", lambda: label(understanding, kb, k, only, pool))
    ask("vectors", lambda: channels.vectors(understanding, kb, k, only))
    ask("graph", lambda: channels.graph(understanding, kb, k, only))
    return {name: found[name] for name in CHANNEL_WEIGHTS}


def _with_passages(fused: Sequence[Fused], kb: KnowledgeBase, k: int) -> list[tuple[Fused, Passage | None]]:
    """The fused hits that still exist, with their passages: all that a channel brought along, and the best of the rest."""
    brought = sum(item.hit.passage is not None for item in fused)
    wanted = 0 if brought >= k else max(2 * k, MIN_CANDIDATES)  # what a label brought stands before what only shares words
    missing = [item.hit.ref for item in fused if isinstance(item.hit.ref, int) and item.hit.passage is None][:wanted]
    loaded = {passage.id: passage for passage in kb.passages(missing)} if missing else {}
    found: list[tuple[Fused, Passage | None]] = []
    for item in fused:
        passage = item.hit.passage or (loaded.get(item.hit.ref) if isinstance(item.hit.ref, int) else None)
        if passage is not None or item.hit.fact is not None:
            found.append((item, passage))
    return found


@dataclass(frozen=True, slots=True)
class _Ordered:
    tier: int
    score: float
    found_by: tuple[str, ...]
    fused: Fused | None
    passage: Passage | None


def _in_order(found: Sequence[tuple[Fused, Passage | None]], understanding: Understanding, by_label: Ranking) -> list[_Ordered]:
    places = {hit.ref: place for place, hit in enumerate(by_label)}
    about = {(document.source, document.key) for drug in understanding.drugs for document in drug.documents}
    ordered = []
    for order, (item, passage) in enumerate(found):
        tier = _tier(item, passage, understanding, about)
        joining = passage is None and tier == 0 and bool(understanding.drugs)
        place = JOINING_PLACE if joining else places.get(item.hit.ref, len(places)) if tier == 0 else 0
        ordered.append(((tier, place, order), _Ordered(tier, item.score, item.found_by, item, passage)))
    ordered.sort(key=lambda pair: pair[0])
    return [item for _, item in ordered]


def _tier(item: Fused, passage: Passage | None, understanding: Understanding, about: set[tuple[str, str]]) -> int:
    """0: answers what was asked of what was asked about; 1, 2: is about it; 3: of the right kind; 4: shares words with it."""
    if passage is None:
        fact = item.hit.fact
        if fact is not None and understanding.drugs:
            return 0 if joins(fact, understanding) else 2
        return 0 if fact is not None and fact.relation in asked_facts_relations(understanding) else 2
    sought = understanding.sought
    if (passage.document.source, passage.document.key) in about:
        return (
            0
            if "label" in item.found_by or (passage.section.group in sought and passage.section.group is not SectionGroup.OTHER)
            else 1
        )
    if understanding.shape in {Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS}:
        named = [mention.name.lower() for mention in understanding.mentions if mention.entities]
        fits = passage.section.group in sought and bool(term_hits(passage.text, [*named, *understanding.terms]))
        return 0 if fits and (not named or term_hits(passage.text, named)) else 3 if fits else LAST_TIER
    return 3 if passage.section.group in sought and not about else LAST_TIER


def _expanded(ordered: Sequence[_Ordered], kb: KnowledgeBase, k: int) -> list[_Ordered]:
    """Each passage followed by its neighbours that were not found themselves, to k in all."""
    seen = {item.passage.id for item in ordered if item.passage is not None}
    expanded: list[_Ordered] = []
    for item in ordered:
        expanded.append(item)
        for passage in kb.neighbours(item.passage) if item.passage is not None else ():
            if passage is not None and passage.id not in seen:
                seen.add(passage.id)
                expanded.append(_Ordered(item.tier, item.score, ("neighbour",), None, passage))
    return expanded[:k]


def _evidence(ordered: Sequence[_Ordered]) -> tuple[Evidence, ...]:
    evidence: list[Evidence] = []
    ceiling = 1.0
    for rank, item in enumerate(ordered, start=1):
        # The tier decides first and the fused score within it; both in one number, so that scores never rise.
        ceiling = min(ceiling, (LAST_TIER - item.tier + item.score) / (LAST_TIER + 1))
        fact = item.fused.hit.fact if item.fused is not None and item.passage is None else None
        evidence.append(
            Evidence.model_construct(
                rank=rank, score=round(ceiling, 6), found_by=item.found_by, passage=item.passage, fact=fact
            )
        )
    return tuple(evidence)
