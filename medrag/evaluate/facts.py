"""Judging graph questions: whether exactly the right facts are found."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.evaluate.cases import FactCase
from medrag.evaluate.scoring import Finder, Found, Scored, shown, timed, understood
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.relations import inverse_of
from medrag.types import Fact

__all__ = ["score_facts"]

MAX_FACTS = 1_000  # of one entity and relation in the graph


def score_facts(cases: Sequence[FactCase], kb: KnowledgeBase, find: Finder) -> list[Scored]:
    """Each question judged by the facts found of the relation that the question was understood to ask for.

    What a user gets as the answer is the set of names at the far end of those facts. It is exactly right (`exact`) where
    every name in it stands in the graph at the end of the relations asked for, starting from the entity asked about,
    and no gold answer is missing; question files may print only some of the names that the graph has. A relation taken
    for another, or another entity's facts among them, makes it wrong. `F1` compares the set with the graph's.
    """
    scored = []
    for case in cases:
        graph = _far_ends(case, kb)
        wanted = tuple(sorted(case.answers))
        if not case.answers <= graph:
            scored.append(Scored(case.id, case.question, (), {}, absent=True, wanted=wanted))
            continue
        found, milliseconds = timed(find, case.question, kb)
        names = _names_found(found)
        values = {"exact": float(case.answers <= names <= graph), "F1": _f1(names, graph)}
        scored.append(
            Scored(
                case.id,
                case.question,
                (case.kind,),
                values,
                milliseconds,
                understood=understood(found.understanding),
                found=shown(found.evidence),
                wanted=wanted,
            )
        )
    return scored


def _far_ends(case: FactCase, kb: KnowledgeBase) -> frozenset[str]:
    """The names in the graph at the end of the relations, starting from the entity."""
    ids = [entity.id for entity in kb.entity(case.entity)]
    names: frozenset[str] = frozenset()
    for relation in case.relations:
        facts = [fact for fact in kb.facts_of(ids, [relation], limit=MAX_FACTS) if fact.subject.id in set(ids)]
        ids = [fact.object.id for fact in facts]
        names = frozenset(fold(fact.object.name) for fact in facts)
    return names


def _names_found(found: Found) -> frozenset[str]:
    """The names at the far end of the facts of the last relation that was asked for, as it was understood."""
    facts = [evidence.fact for evidence in found.evidence if evidence.fact is not None]
    understanding = found.understanding
    if understanding is None or not understanding.relations:
        return frozenset(fold(fact.object.name) for fact in facts)
    asked = understanding.relations[-1]
    return frozenset(name for fact in facts if (name := _far_end(fact, asked)))


def _far_end(fact: Fact, relation: str) -> str:
    if fact.relation == relation:
        return fold(fact.object.name)
    return fold(fact.subject.name) if fact.relation == inverse_of(relation) else ""


def _f1(found: frozenset[str], right: frozenset[str]) -> float:
    shared = len(found & right)
    return 2.0 * shared / (len(found) + len(right)) if shared else 0.0
