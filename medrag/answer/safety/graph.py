"""What graphs that were given to the knowledge base say: rows that join two medicines, or a medicine and a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import finding
from medrag.answer.safety.wording import cues, worst
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import Citation, DocumentKind, Fact, FactSource, Finding, FindingKind, Severity, Stated

__all__ = ["graph_diseases", "graph_interactions"]

_TOGETHER = {"interacts_with": Severity.NOTED, "not_combined_with": Severity.CONTRAINDICATED}
_RULES_OUT = {"contraindication": Severity.CONTRAINDICATED, "caution": Severity.CAUTION}
MAX_FACTS = 1_000


def graph_interactions(one: Taken, other: Taken, kb: KnowledgeBase) -> list[Stated]:
    """The rows of graphs that say what two medicines do together; labels are read themselves."""
    rows = one.remembered("graph together", lambda: _rows(one, kb, _TOGETHER))
    return [row.said for row in rows if not row.ids.isdisjoint(other.ids) or not row.names.isdisjoint(other.terms)]


def graph_diseases(one: Taken, diagnosis: str, terms: Mapping[str, str], kb: KnowledgeBase) -> Finding | None:
    """What rows of graphs say of a medicine for patients with a condition."""
    rows = one.remembered("graph conditions", lambda: _rows(one, kb, _RULES_OUT))
    said = [row.said for row in rows if not row.names.isdisjoint(terms)]
    return finding(FindingKind.DISEASE, (one.name,), said, about=diagnosis) if said else None


@dataclass(frozen=True, slots=True)
class _Row:
    """What a graph says of a medicine: the ids and folded names at the other end, and the row word for word."""

    ids: frozenset[str]
    names: frozenset[str]
    said: Stated


def _rows(one: Taken, kb: KnowledgeBase, relations: Mapping[str, Severity]) -> tuple[_Row, ...]:
    facts = kb.facts_of(one.ids, tuple(relations), limit=MAX_FACTS) if one.ids else []
    return tuple(
        _Row(
            frozenset(e.id for e in ends),
            frozenset(fold(e.name) for e in ends),
            _stated(fact, source, one.name, relations[fact.relation]),
        )
        for fact in facts
        if (ends := [e for e in (fact.subject, fact.object) if e.id not in one.ids])
        for source in [source for source in fact.sources if source.document.kind is DocumentKind.RECORD][:1]
    )


def _stated(fact: Fact, source: FactSource, medicine: str, severity: Severity) -> Stated:
    citation = Citation.model_construct(
        marker="", document=source.document, section=None, fact=fact, start=source.start, end=source.end,
        quote=source.quote, sha256=source.sha256,
    )  # fmt: skip
    # 慎合用 says more than that two medicines interact.
    cue = worst(cues(fold(source.quote), source.document.lang or "zh")) if severity is Severity.NOTED else None
    severity, word = (severity, "") if cue is None else (cue.severity, cue.word)
    return Stated.model_construct(severity=severity, medicine=medicine, citation=citation, word=word, via="")
