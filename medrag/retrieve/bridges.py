"""Ways of two facts between the things that a question names: what both are joined to, the most telling first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.types import Fact

__all__ = ["bridges"]

MAX_FACTS = 300  # about the things named; of a hub with more the first
MAX_BRIDGES = 5
# Of all ranks' errors together. On 34 questions over four graphs, the largest of 4.1 million facts, the thirds came in the order
# that a ten thousandth of it gave, in a third to a half of the time.
TOLERANCE = 1e-2


def bridges(mentions: Sequence[Mention], kb: KnowledgeBase) -> list[Fact]:
    """The facts that join two of the things mentioned over a third, the nearest third by personalised PageRank first.

    What everything is joined to says little about two things; PageRank divides by the number of facts, so such hubs come
    last. Empty where fewer than two things are named or nothing joins them.
    """
    things = [frozenset(entity.id for entity in mention.entities) for mention in mentions if mention.entities]
    things = [thing for at, thing in enumerate(things) if not any(thing & other for other in things[:at])]
    if len(things) < 2:
        return []
    ids = sorted({identity for thing in things for identity in thing})
    about: dict[str, list[Fact]] = {}
    for fact in kb.bare_facts_of(ids, limit=MAX_FACTS):
        ends = {fact.subject.id, fact.object.id}
        for third in ends - set(ids):
            about.setdefault(third, []).append(fact)
    thirds = {
        third: facts
        for third, facts in about.items()
        if sum(any({f.subject.id, f.object.id} & thing for f in facts) for thing in things) > 1
    }
    best = sorted(thirds) if len(thirds) < 2 else _nearest(thirds, ids, kb)
    return kb.with_sources([fact for third in best for fact in thirds[third]]) if best else []


def _nearest(thirds: Collection[str], ids: Sequence[str], kb: KnowledgeBase) -> list[str]:
    """The thirds nearest to the things, best first; those that are not among the nearest of all by their ids."""
    related = kb.related(ids, k=10 * MAX_BRIDGES, tolerance=TOLERANCE)
    near = {entity.id: place for place, (entity, _) in enumerate(related)}
    return sorted(thirds, key=lambda third: (near.get(third, len(near)), third))[:MAX_BRIDGES]
