"""Facts of the graph as lines of an answer, each with the rows that say so."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.answer import phrases
from medrag.answer.draft import Draft
from medrag.kb.folding import fold
from medrag.kb.relations import inverse_of, label
from medrag.retrieve.channels import asked_facts_relations
from medrag.retrieve.understand import Shape, Understanding
from medrag.types import Evidence, Fact

__all__ = ["relevant_facts", "write_facts"]

MAX_FACTS = 30  # shown on one line; more where the question asks for a list
MAX_LISTED = 60
MAX_LINES = 6


def relevant_facts(understanding: Understanding, evidence: Sequence[Evidence]) -> list[Fact]:
    """The facts of the evidence that say what was asked: of the relations asked for, else those that join two things named."""
    facts = [item.fact for item in evidence if item.fact is not None]
    if understanding.relations:
        asked = asked_facts_relations(understanding)
        return [fact for fact in facts if fact.relation in asked]
    if understanding.shape is Shape.WHAT_IS:
        return facts
    named = [{entity.id for entity in mention.entities} for mention in understanding.mentions]
    return [fact for fact in facts if any(_joins(fact, one, two) for one in named for two in named if one is not two)]


def _joins(fact: Fact, one: set[str], two: set[str]) -> bool:
    return fact.subject.id in one and fact.object.id in two


def write_facts(draft: Draft, understanding: Understanding, facts: Sequence[Fact]) -> None:
    """Adds a line for each subject and relation; facts about what was asked that it is the object of are turned round."""
    asked = {entity.id for entity in understanding.entities}
    lines: dict[tuple[str, str], list[tuple[Fact, bool]]] = {}
    for fact in facts:
        inverse = fact.subject.id not in asked and fact.object.id in asked
        # By name, not id: one source calls 高血压 a disease, another a symptom, and a reader sees one thing.
        head = fact.object if inverse else fact.subject
        lines.setdefault((fold(head.name), _heading(head.name, fact.relation, inverse, understanding.lang)), []).append(
            (fact, inverse)
        )
    limit = MAX_LISTED if understanding.shape is Shape.LIST else MAX_FACTS
    lang = understanding.lang
    for (_, heading), own in list(lines.items())[:MAX_LINES]:
        ends = {
            fold((other := fact.subject if inverse else fact.object).name): (other.name, fact)
            for fact, inverse in reversed(own)
        }
        shown = list(reversed(ends.values()))
        draft.facts(heading, shown[:limit], separator="、" if lang == "zh" else ", ")
        if len(shown) > limit:
            draft.line(phrases.more_facts(len(shown) - limit, lang))


def _heading(name: str, relation: str, inverse: bool, lang: str) -> str:
    if not inverse:
        return phrases.fact_heading(name, label(relation, lang), lang)
    turned = inverse_of(relation)
    if turned:
        return phrases.fact_heading(name, label(turned, lang), lang)
    return phrases.inverse_heading(name, label(relation, lang), lang)
