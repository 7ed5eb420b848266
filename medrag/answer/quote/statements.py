"""Facts of the graph as lines of an answer, each with the rows that say so."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.answer import phrases
from medrag.answer.quote.draft import Draft
from medrag.answer.rows import described
from medrag.kb.folding import fold
from medrag.kb.relations import inverse_of, label
from medrag.patterns import regex
from medrag.retrieve.channels import asked_facts_relations
from medrag.retrieve.pairs import joins
from medrag.retrieve.understand import Shape, Understanding
from medrag.types import Evidence, Fact

__all__ = ["relevant_facts", "write_facts"]

MAX_FACTS = 30  # shown on one line; more where the question asks for a list
MAX_LISTED = 60
MAX_LINES = 6
MAX_DESCRIBED = 2  # facts of a line whose rows are quoted
_HAN = regex(r"[㐀-鿿]")


def relevant_facts(understanding: Understanding, evidence: Sequence[Evidence]) -> list[Fact]:
    """The facts of the evidence that say what was asked: of the relations asked for, else those that join two things named."""
    facts = [item.fact for item in evidence if item.fact is not None]
    if understanding.relations:
        asked = asked_facts_relations(understanding)
        # That 胃炎 has the complication 腹泻 answers whether one has 腹泻 with it.
        joining = understanding.shape is Shape.YES_NO
        return [fact for fact in facts if fact.relation in asked or (joining and joins(fact, understanding))]
    if understanding.shape is Shape.WHAT_IS:
        return facts
    return [fact for fact in facts if joins(fact, understanding)]


def write_facts(draft: Draft, understanding: Understanding, facts: Sequence[Fact]) -> None:
    """Adds a line for each subject and relation; facts about what was asked that it is the object of are turned round.

    Of facts that join two things asked about the words are quoted in which the row describes them.
    """
    asked = {entity.id for entity in understanding.entities}
    lines: dict[tuple[str, str], list[tuple[Fact, bool]]] = {}
    for fact in _in_language(facts, understanding.lang):
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
        for _, fact in shown[:MAX_DESCRIBED]:
            if joins(fact, understanding):
                _describe(draft, fact)


def _describe(draft: Draft, fact: Fact) -> None:
    """Quotes what the fact's row prints of the relation beyond its name, and its description."""
    for source in fact.sources[:1]:
        draft.row(fact, source, described(fact, source.quote))


def _in_language(facts: Sequence[Fact], lang: str) -> Sequence[Fact]:
    """The facts that are told in the question's language, where some are; else all."""
    chinese = [_HAN.search(fact.subject.name + fact.object.name) is not None for fact in facts]
    own = [fact for fact, is_chinese in zip(facts, chinese, strict=True) if is_chinese == (lang == "zh")]
    return own or facts


def _heading(name: str, relation: str, inverse: bool, lang: str) -> str:
    if not inverse:
        return phrases.fact_heading(name, label(relation, lang), lang)
    turned = inverse_of(relation)
    if turned:
        return phrases.fact_heading(name, label(turned, lang), lang)
    return phrases.inverse_heading(name, label(relation, lang), lang)
