"""How an answer came about, in the plain values that `Answer.trace` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medrag.retrieve.rank import Retrieval
from medrag.types import Claim

if TYPE_CHECKING:
    from medrag.answer.reply.generate import Generated

__all__ = ["generated_trace", "milliseconds", "retrieval_trace"]


def milliseconds(start: float, end: float) -> float:
    """The time between two readings of `perf_counter`."""
    return round((end - start) * 1000.0, 3)


def retrieval_trace(found: Retrieval, times: dict[str, float], commit: int) -> dict[str, object]:
    """How the question was understood, what each channel found, and what took how long."""
    understanding = found.understanding
    return {
        "understanding": {
            "lang": understanding.lang,
            "shape": understanding.shape.value,
            "drugs": [drug.name for drug in understanding.drugs],
            "entities": [entity.id for entity in understanding.entities],
            "groups": [group.value for group in understanding.sought],
            "relations": list(understanding.relations),
            "populations": [population.value for population in understanding.populations],
            "unknown": list(understanding.unknown),
            "terms": list(understanding.terms),
        },
        "channels": dict(found.trace.found),
        "milliseconds": times,
        "commit": commit,
    }


def generated_trace(out: Generated) -> dict[str, object]:
    """What the model was shown, when its first words came, and which of its claims are not in the answer."""
    prompt, composition = out.prompt, out.composition
    return {
        "prompt": {
            "shown": [item.marker for item in prompt.shown] if prompt is not None else [],
            "left_out": [item.rank for item in prompt.left_out] if prompt is not None else [],
        },
        "first_words": round(out.first_words, 3),
        "revised": out.revised,
        "dropped": [_told(claim) for claim in (composition.dropped if composition is not None else ())],
        "withheld": [_told(claim) for claim in out.faults],
    }


def _told(claim: Claim) -> dict[str, object]:
    return {"text": claim.text, "verdict": claim.verdict.value, "reasons": list(claim.reasons)}
