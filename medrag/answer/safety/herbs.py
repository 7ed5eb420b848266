"""十八反 and 十九畏: herbs that classical Chinese pharmacy does not put together, in two medicines or as two of a list."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from medrag.answer.safety.label import Label, longest
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding
from medrag.answer.safety.units import Unit
from medrag.kb.folding import fold
from medrag.kb.names import NameFinder
from medrag.kb.terms import name_variants
from medrag.kb.terms.herbs import herb_names, herb_rules
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Severity, Stated

__all__ = ["herb_findings", "herbs_of"]


@cache
def _finder() -> NameFinder:
    return NameFinder(sorted(herb_names()))


def herbs_of(one: Taken) -> dict[str, tuple[Label, Unit] | None]:
    """The herbs of the rules that a medicine is or contains, each with the words of its label that say so."""
    found: dict[str, tuple[Label, Unit] | None] = {}
    for name in (*one.called, *name_variants(fold(one.name))):
        if name in herb_names():
            found[name] = None
    for substance in one.substances:
        found.update((name, None) for name in substance.names if name in herb_names())
    for label in one.labels:
        if label.lang != "zh":
            continue
        for unit in label.units:
            if unit.group is SectionGroup.COMPOSITION:
                for start, end in longest(_finder().spans(unit.folded)):
                    found.setdefault(unit.folded[start:end], (label, unit))
    return found


def herb_findings(one: Taken, other: Taken, lang: str) -> Iterator[Finding]:
    """Each pair of herbs, one in each medicine, that a rule keeps apart."""
    ours = one.remembered("herbs", lambda: herbs_of(one))
    theirs = other.remembered("herbs", lambda: herbs_of(other))
    if not ours or not theirs:
        return
    for rule in herb_rules():
        for mine, yours in ((rule.one, rule.other), (rule.other, rule.one)):
            for herb in sorted(ours.keys() & mine):
                for against in sorted(theirs.keys() & yours):
                    if herb in theirs and against in ours:
                        continue  # both hold both, as a classical recipe may
                    own = (herb, against) == (fold(one.name), fold(other.name))
                    reason = saying(
                        "herbs-own" if own else "herbs",
                        lang,
                        rule=rule.name,
                        one=one.name,
                        herb=herb,
                        other=other.name,
                        against=against,
                    )
                    said = [*_cited(one, ours[herb]), *_cited(other, theirs[against])]
                    yield finding(
                        FindingKind.HERBS,
                        (one.name, other.name),
                        said,
                        about=f"{herb} × {against}",
                        reason=reason,
                        rule=rule.name,
                        least=Severity.AVOID,
                    )


def _cited(one: Taken, place: tuple[Label, Unit] | None) -> list[Stated]:
    if place is None:
        return []
    label, unit = place
    return [Stated.model_construct(severity=Severity.NOTED, medicine=one.name, citation=label.citation(unit), word="", via="")]
