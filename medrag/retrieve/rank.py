"""From a question to ranked evidence: all channels asked, fused, put in order by what was asked, and cut to k."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.memory import holding, is_local, passages_in
from medrag.retrieve import channels
from medrag.retrieve.ahead import ahead
from medrag.retrieve.channels import NO_FILTERS, Pool, Ranking
from medrag.retrieve.conditions import conditions
from medrag.retrieve.fuse import Fused, reciprocal_rank_fusion
from medrag.retrieve.label import label
from medrag.retrieve.mixtures import SEARCHED
from medrag.retrieve.order import Ordered, as_evidence, expanded, in_order, reranked
from medrag.retrieve.profile import CHANNELS, Profile, default_profile
from medrag.retrieve.reading import found_by_vectors, found_by_words, passages_of_ids
from medrag.retrieve.rerank import Reranker
from medrag.retrieve.understand import Understanding, is_chinese, plain, understand
from medrag.types import Evidence, Passage, Question

__all__ = ["Retrieval", "Trace", "ask_channels", "ordered", "retrieve"]

CANDIDATES = 2  # per channel, times k
MIN_CANDIDATES = 20
MAX_CANDIDATES = 100
# Where hundreds of labels say a passage word for word, it fills a channel's list: then so many times as many are asked for, and
# of what a channel scores exactly alike so many kept. Of 60 questions to 300,000 passages of a registry 41 had no ten otherwise.
WIDER = (10, 40)
COPIES = 2
# Passages from which the vectors are searched ahead. Two threads get in each other's way: of 12,853 passages nothing is won, of
# 97,281 a twentieth to a tenth of a question's time, of 1.1 million a tenth; the processors have up to a sixth more to do.
AHEAD_FROM = 50_000
READ = 3  # times as many passages are then read, for other makers word the same in their own way


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
    question: Question | str,
    kb: KnowledgeBase,
    *,
    k: int = 10,
    only: Filters = NO_FILTERS,
    neighbours: bool = False,
    profile: Profile | None = None,
    reranker: Reranker | None = None,
) -> Retrieval:
    """The k best pieces of evidence for a question.

    The section asked for of the drug asked about comes first; a document of a drug that was not asked about never
    stands before one that was. Scores never rise with the rank. What several labels say alike is one piece of evidence,
    with the others named in `also`. With `neighbours` each passage that was found brings the ones before and after it in
    its section, as far as k goes. `profile` says how evidence is weighed (default: the package's own), a `reranker` orders
    the best passages anew. Raises `QuestionError` for what cannot be asked.
    """
    asked = Question(text=question) if isinstance(question, str) else question
    with holding(kb):
        return _retrieved(asked, kb, k, only, profile or default_profile(), reranker, neighbours=neighbours)


def _retrieved(
    asked: Question, kb: KnowledgeBase, k: int, only: Filters, profile: Profile, reranker: Reranker | None, *, neighbours: bool
) -> Retrieval:
    trace, text, many = Trace(), plain(asked.text), _candidates(k)
    with ahead(lambda: found_by_vectors(text, many, kb, only)) if _looks_ahead(kb, profile) else nullcontext():
        started = perf_counter()
        _search_words(text, kb, many, only, profile)
        _note(trace, "words", started)
        started = perf_counter()
        understanding = understand(asked, kb, profile.sections)
        _note(trace, "understand", started)
        runs = ask_channels(understanding, kb, k, only, profile, trace)
    started = perf_counter()
    found = ordered(runs, understanding, kb, k, profile.weights)
    evidence = as_evidence(found, understanding, k)
    before: Mapping[str, Ranking] = {}
    for times in WIDER:
        if len(evidence) >= k or not any(piece.also for piece in evidence):
            break
        wider = _wider(runs, times, understanding, kb, k, only)
        if wider == before:
            break
        found, before = ordered(wider, understanding, kb, READ * k, profile.weights), wider
        evidence = as_evidence(found, understanding, k)
    if reranker is not None:
        found = reranked(found, understanding, reranker)
    if neighbours:
        found = expanded(found[: max(k, 0)], kb, k)
    if reranker is not None or neighbours:
        evidence = as_evidence(found, understanding, k)
    _note(trace, "rank", started)
    return Retrieval(understanding, evidence, trace)


def _looks_ahead(kb: KnowledgeBase, profile: Profile) -> bool:
    """Whether vectors are searched beside the rest; not on a server, whose connections are few, nor where they are found at once."""
    return profile.asks("vectors") and is_local(kb) and passages_in(kb) >= AHEAD_FROM


def _search_words(text: str, kb: KnowledgeBase, many: int, only: Filters, profile: Profile) -> None:
    """Finds what the channel of words will be asked for, or understanding an English question, which looks for titles by it.

    It is first of all, because native code does most of it, beside which the vectors are searched.
    """
    if not is_chinese(text):
        found_by_words(text, max(many, SEARCHED), kb)
    elif profile.asks("words"):
        found_by_words(text, many, kb, only)


def _note(trace: Trace, step: str, started: float) -> None:
    trace.milliseconds[step] = round(trace.milliseconds.get(step, 0.0) + (perf_counter() - started) * 1000.0, 3)


def _wider(
    runs: Mapping[str, Ranking], times: int, understanding: Understanding, kb: KnowledgeBase, k: int, only: Filters
) -> dict[str, Ranking]:
    """The runs with more of what the channels of words and vectors found, where their lists were full, and less of it twice."""
    many = _candidates(k)
    found = dict(runs)
    for name, channel in (("words", channels.words), ("vectors", channels.vectors)):
        if len(runs.get(name, ())) >= many:
            found[name] = _thinned_to(
                READ * many, partial(channel, understanding, kb, only=only), WIDER[0] * many, times * many
            )
    return found


def _thinned_to(wanted: int, channel: Callable[[int], Ranking], first: int, most: int) -> Ranking:
    """The first so many of what a channel finds with few that score alike, of as few as hold them: a longer list begins the same."""
    while True:
        kept = _thinned(channel(first))[:wanted]
        if len(kept) == wanted or first == most:
            return kept
        first = min(2 * first, most)


def _thinned(ranking: Ranking) -> Ranking:
    """The ranking with few of those hits that have the same score: to the channel they are the same."""
    seen: Counter[float] = Counter()
    kept = []
    for hit in ranking:
        seen[hit.score] += 1
        if seen[hit.score] <= COPIES:
            kept.append(hit)
    return kept


def _candidates(k: int) -> int:
    """How many a channel is asked for."""
    return min(max(CANDIDATES * k, MIN_CANDIDATES), MAX_CANDIDATES)


def ask_channels(
    understanding: Understanding,
    kb: KnowledgeBase,
    k: int,
    only: Filters,
    profile: Profile,
    trace: Trace,
) -> dict[str, Ranking]:
    """What each channel that the profile asks finds, in their order."""
    many = _candidates(k)
    found: dict[str, Ranking] = {}

    def ask(name: str, channel: Callable[[], Ranking]) -> Ranking:
        if not profile.asks(name):
            return []
        started = perf_counter()
        found[name] = channel()
        trace.found[name] = len(found[name])
        _note(trace, name, started)
        return found[name]

    pool = Pool(ask("words", lambda: channels.words(understanding, kb, many, only)), kb)
    if understanding.drugs or understanding.unknown:
        ask("label", lambda: label(understanding, kb, many, only, pool, profile))
    else:
        ask("label", lambda: conditions(understanding, kb, many, only, profile))
    ask("vectors", lambda: channels.vectors(understanding, kb, many, only))
    ask("graph", lambda: channels.graph(understanding, kb, many, only))
    return {name: found[name] for name in CHANNELS if name in found}


def ordered(
    runs: Mapping[str, Ranking], understanding: Understanding, kb: KnowledgeBase, k: int, weights: Mapping[str, float]
) -> list[Ordered]:
    """What the channels found, fused by the weights and in the order of what was asked."""
    fused = _with_passages(reciprocal_rank_fusion(runs, weights), kb, k)
    return in_order(fused, understanding, runs.get("label", []))


def _with_passages(fused: Sequence[Fused], kb: KnowledgeBase, k: int) -> list[tuple[Fused, Passage | None]]:
    """The fused hits that still exist, with their passages: all that a channel brought along, and the best of the rest."""
    brought = sum(item.hit.passage is not None for item in fused)
    wanted = 0 if brought >= k else max(2 * k, MIN_CANDIDATES)  # what a label brought stands before what only shares words
    missing = [item.hit.ref for item in fused if isinstance(item.hit.ref, int) and item.hit.passage is None][:wanted]
    loaded = {passage.id: passage for passage in passages_of_ids(missing, kb)} if missing else {}
    found: list[tuple[Fused, Passage | None]] = []
    for item in fused:
        passage = item.hit.passage or (loaded.get(item.hit.ref) if isinstance(item.hit.ref, int) else None)
        if passage is not None or item.hit.fact is not None:
            found.append((item, passage))
    return found
