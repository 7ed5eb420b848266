"""One ingredient in two medicines of a list, across brands, languages and compound medicines."""

from __future__ import annotations

from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import Citation, Finding, FindingKind, Severity, Stated

__all__ = ["duplicate"]


def duplicate(one: Taken, other: Taken, kb: KnowledgeBase, lang: str) -> Finding | None:
    """That two medicines are one, or hold one ingredient; None where they do not."""
    shared = sorted(one.keys & other.keys)
    if not shared:
        return None
    # NyQuil holds acetaminophen, no Tylenol: a brand is no name of what both hold.
    names = [[s.shown for taken in (one, other) for s in taken.substances if s.key == key] for key in shared]
    brands = {fold(one.name), fold(other.name)}
    shown = [next((name for name in of if fold(name) not in brands), of[0]) for of in names]
    what = "、".join(shown) if lang == "zh" else ", ".join(shown)
    same = one.keys == other.keys
    reason = saying("same" if same else "duplicate", lang, one=one.name, other=other.name, what=what)
    cited = [*_contains(one, shared, kb), *_contains(other, shared, kb)]
    return finding(
        FindingKind.DUPLICATE,
        (one.name, other.name),
        cited,
        about=what,
        reason=reason,
        rule="same-ingredient",
        least=Severity.AVOID,
    )


def _contains(one: Taken, shared: list[str], kb: KnowledgeBase) -> list[Stated]:
    """Where it is said that the medicine holds it: the fact's source, else the words of its label's title or composition."""
    names = {name for s in one.substances if s.key in shared for name in s.names}
    for label in one.labels:
        for name in sorted(names, key=len, reverse=True):
            for hit in label.hits(name):
                if hit.unit >= 0 and label.units[hit.unit].group.value in (
                    "composition",
                    "forms",
                    "names",
                    "indications",
                    "dosage",
                ):
                    unit = label.units[hit.unit]
                    return [_stated(one, label.citation(unit))]
    for fact in kb.facts_of(one.ids, ("has_ingredient",)) if one.ids else ():
        if fact.subject.id in one.ids and fact.sources:
            source = fact.sources[0]
            return [
                _stated(
                    one,
                    Citation(
                        marker="",
                        document=source.document,
                        fact=fact,
                        start=source.start,
                        end=source.end,
                        quote=source.quote,
                        sha256=source.sha256,
                    ),
                )
            ]
    return []


def _stated(one: Taken, citation: Citation) -> Stated:
    return Stated.model_construct(severity=Severity.NOTED, medicine=one.name, citation=citation, word="", via="")
