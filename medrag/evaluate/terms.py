"""Judging how terms are normalised: the standard terms that the knowledge base ranks for what somebody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from medrag.evaluate.cases import TermCase
from medrag.evaluate.metrics import measured
from medrag.evaluate.scoring import Scored
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import EntityKind

__all__ = ["score_terms"]

K = 10


def score_terms(cases: Sequence[TermCase], kb: KnowledgeBase, kind: EntityKind = EntityKind.OPERATION) -> list[Scored]:
    """Each term judged by the standard terms of a kind that are ranked for it.

    `Success@1` and `Success@5` ask for one of the standard terms; `all` is 1 where the first terms, as many as the
    standard has, are exactly the standard.
    """
    ranked, times = {}, {}
    for case in cases:
        started = perf_counter()
        found = kb.normalise(case.question, kind=kind, k=K)
        times[case.id] = (perf_counter() - started) * 1000.0
        ranked[case.id] = [fold(term.entity.name) for term in found]
    values = measured(ranked, {case.id: dict.fromkeys(case.standard, 1) for case in cases})
    return [
        Scored(
            case.id,
            case.question,
            (case.kind,),
            {
                **{name: values[name][case.id] for name in ("Success@1", "Success@5", "RR")},
                "all": float(set(ranked[case.id][: len(case.standard)]) == case.standard),
            },
            times[case.id],
            absent=not any(kb.entity(term) for term in case.standard),
            found=tuple(ranked[case.id][:5]),
            wanted=tuple(sorted(case.standard)),
        )
        for case in cases
    ]
