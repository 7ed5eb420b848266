"""One ranking out of several, by the ranks alone: channels score in units that cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medrag.retrieve.channels import Hit, Ranking, Ref

__all__ = ["Fused", "reciprocal_rank_fusion"]


@dataclass(frozen=True, slots=True)
class Fused:
    """A hit of the fused ranking: its score in (0, 1] and the channels that found it, in their order."""

    hit: Hit
    score: float
    found_by: tuple[str, ...]


def reciprocal_rank_fusion(runs: Mapping[str, Ranking], weights: Mapping[str, float], *, c: int = 60) -> list[Fused]:
    """One ranking in which a hit scores the weighted sum of 1 / (c + rank) over the channels that found it.

    Scores are divided by the best possible sum, so they lie in (0, 1]. Ties go by passage id, facts after passages by
    their text. A channel without a weight counts 1.
    Source: Cormack, Clarke, Büttcher, SIGIR 2009.
    """
    best = sum(weights.get(channel, 1.0) for channel, run in runs.items() if run) / (c + 1)
    score: dict[Ref, float] = {}
    hits: dict[Ref, Hit] = {}
    channels: dict[Ref, list[str]] = {}
    for channel, run in runs.items():
        weight = weights.get(channel, 1.0)
        for rank, hit in enumerate(run, start=1):
            ref = hit.ref
            score[ref] = score.get(ref, 0.0) + weight / (c + rank)
            channels.setdefault(ref, []).append(channel)
            if ref not in hits or hits[ref].passage is None:
                hits[ref] = hit
    fused = [Fused(hits[ref], min(1.0, score[ref] / best), tuple(channels[ref])) for ref in score]
    return sorted(fused, key=lambda item: (-item.score, _tie(item.hit.ref)))


def _tie(ref: Ref) -> tuple[int, int, str]:
    return (0, ref, "") if isinstance(ref, int) else (1, 0, ref)
