"""Ways of two facts between the things that a question names: what both are joined to, the most telling first."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.types import Fact

__all__ = ["bridges"]

MAX_FACTS = 300  # about the things named; of a hub with more the first
MAX_BRIDGES = 5


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
    for fact in kb.facts_of(ids, limit=MAX_FACTS):
        ends = {fact.subject.id, fact.object.id}
        for third in ends - set(ids):
            about.setdefault(third, []).append(fact)
    thirds = {
        third: facts
        for third, facts in about.items()
        if sum(any({f.subject.id, f.object.id} & thing for f in facts) for thing in things) > 1
    }
    if not thirds:
        return []
    near = {entity.id: place for place, (entity, _) in enumerate(kb.related(ids, k=10 * MAX_BRIDGES))}
    best = sorted(thirds, key=lambda third: (near.get(third, len(near)), third))[:MAX_BRIDGES]
    return [fact for third in best for fact in thirds[third]]
