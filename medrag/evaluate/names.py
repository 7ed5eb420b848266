"""Judging names: whether a label is found by its name as people write it, and whether look-alike names are kept apart.

Both are made from the labels of a knowledge base and the package's table, not read from a question file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter

from medrag.evaluate.cases import NameCase, PairCase
from medrag.evaluate.matching import Pool
from medrag.evaluate.scoring import Finder, Scored, shown, timed, understood
from medrag.evaluate.variants import variants
from medrag.kb.base import KnowledgeBase
from medrag.kb.terms.lookalikes import lookalikes

__all__ = ["name_cases", "pair_cases", "score_names", "score_pairs"]

SEED = 42
PER_KIND = 250  # variants that are asked, drawn from all that can be made


def name_cases(kb: KnowledgeBase, *, seed: int = SEED, per_kind: int = PER_KIND) -> list[NameCase]:
    """Up to so many variants of each kind, drawn by the seed from those of all labels, in the order they are made."""
    made = variants(kb, seed=seed)
    numbers: dict[str, list[int]] = {}
    for number, variant in enumerate(made):
        numbers.setdefault(variant.kind, []).append(number)
    drawn = {n for kind, all_ in numbers.items() for n in Random(f"{seed}:{kind}").sample(all_, min(per_kind, len(all_)))}
    return [
        NameCase(f"{variant.kind}: {variant.text}", variant.question, variant.kind, variant.text, variant.right)
        for number, variant in enumerate(made)
        if number in drawn
    ]


def score_names(cases: Sequence[NameCase], kb: KnowledgeBase, find: Finder, pool: Pool) -> list[Scored]:
    """Each variant judged by `drug@1`: the first piece of evidence is of a label that the name may mean.

    These are the labels it was made from, and those that print it as their drug's name, in whatever language.
    """
    scored = []
    for case in cases:
        found, milliseconds = timed(find, case.question, kb)
        right = any(pool.document(evidence) in case.documents | pool.named(case.name) for evidence in found.evidence[:1])
        scored.append(
            Scored(
                case.id,
                case.question,
                (case.kind,),
                {"drug@1": float(right)},
                milliseconds,
                understood=understood(found.understanding),
                found=shown(found.evidence),
                wanted=tuple(sorted(key for _, key in case.documents))[:5],
            )
        )
    return scored


def pair_cases(kb: KnowledgeBase) -> list[PairCase]:
    """The pairs of the package's look-alike table, each once."""
    pairs = sorted({(min(one, other), max(one, other)) for one, others in lookalikes().items() for other in others})
    return [PairCase(f"{one} / {other}", one, "pair", other) for one, other in pairs]


def score_pairs(cases: Sequence[PairCase], kb: KnowledgeBase) -> list[Scored]:
    """Each pair judged by `apart`: neither name links to what the other names, misspelt or not, nor is normalised to it.

    Pairs of which the knowledge base knows neither name say nothing and count as absent.
    """
    scored = []
    for case in cases:
        started = perf_counter()
        taken = tuple(_taken(case.question, case.other, kb)) + tuple(_taken(case.other, case.question, kb))
        milliseconds = (perf_counter() - started) * 1000.0
        absent = not kb.entity(case.question) and not kb.entity(case.other)
        values = {"apart": float(not taken)}
        scored.append(Scored(case.id, case.question, (), values, milliseconds, absent, found=taken, wanted=("two medicines",)))
    return scored


def _taken(name: str, other: str, kb: KnowledgeBase) -> Iterator[str]:
    """Where a name as a whole is taken for what the other name means, each said in a line."""
    rivals = {entity.id for entity in kb.entity(other)}
    linked = kb.link(name)
    for mention in (*linked, *kb.link_near(name, [(mention.start, mention.end) for mention in linked])):
        if mention.end - mention.start == len(name) and rivals & {entity.id for entity in mention.entities}:
            yield f"{name} links to {other} as {mention.name}"
    for term in kb.normalise(name, kind="drug", k=1):
        if term.entity.id in rivals:
            yield f"{name} is normalised to {term.entity.name} ({term.score:.2f}, {term.via}: {term.name})"
