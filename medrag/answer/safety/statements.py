"""What labels state, gathered: from the words of one label to findings with every label's words and what they disagree on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medrag.answer.safety.label import Label
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import RANK, Cue
from medrag.sections import SectionGroup
from medrag.types import Finding, FindingKind, Severity, Stated

__all__ = ["MAX_STATED", "finding", "stated", "strongest"]

MAX_STATED = 6  # places cited in one finding
MAX_OF_LABEL = 2  # of one label
_MILD = frozenset({Severity.CAUTION, Severity.MONITOR})


def stated(
    label: Label, medicine: str, unit: Unit, cue: Cue | None, otherwise: Severity, *, via: str = "", until: Unit | None = None
) -> Stated:
    """A place that says it: as severe as the label's own word, else as the section makes it."""
    severity = cue.severity if cue is not None else otherwise
    if severity is Severity.AVOID and label.lang == "en" and unit.group is SectionGroup.CONTRAINDICATIONS:
        severity = Severity.CONTRAINDICATED  # what should not be used is so under the heading Contraindications
    return Stated.model_construct(
        severity=severity,
        medicine=medicine,
        citation=label.citation(unit, until),
        word=cue.word if cue is not None else "",
        via=via,
    )


def strongest(found: Iterable[Stated], most: int = MAX_OF_LABEL) -> list[Stated]:
    """The severest statements of one label, each place once, in text order."""
    places: dict[tuple[int, int], Stated] = {}
    for one in found:
        place = (one.citation.start, one.citation.end)
        if place not in places or _is_better(one, places[place]):
            places[place] = one
    best = sorted(places.values(), key=lambda one: (RANK[one.severity], bool(one.via), one.citation.start))[:most]
    return sorted(best, key=lambda one: (RANK[one.severity], one.citation.start))


def _is_better(one: Stated, other: Stated) -> bool:
    """Whether a statement is severer than another of the same words, or as severe and of the thing itself."""
    return (RANK[one.severity], bool(one.via)) < (RANK[other.severity], bool(other.via))


def finding(
    kind: FindingKind,
    medicines: Sequence[str],
    said: Sequence[Stated],
    *,
    about: str = "",
    reason: str = "",
    rule: str = "",
    least: Severity = Severity.NOTED,
) -> Finding:
    """A finding from what labels state, the severest first; `least` is how severe it is where no label says."""
    ordered = _once(sorted(said, key=lambda one: (RANK[one.severity], bool(one.via))))
    severity = min((ordered[0].severity, least), key=RANK.__getitem__) if ordered else least
    return Finding.model_construct(
        kind=kind, severity=severity, medicines=tuple(medicines), about=about, reason=reason, rule=rule,
        stated=_both_sides(ordered, medicines), conflict=_conflict(ordered),
    )  # fmt: skip


def _once(said: Iterable[Stated]) -> list[Stated]:
    """The statements without what other labels of the same medicine say in the very same words."""
    found: dict[tuple[str, str], Stated] = {}
    for one in said:
        found.setdefault((one.medicine, one.citation.sha256), one)
    return list(found.values())


def _both_sides(ordered: Sequence[Stated], medicines: Sequence[str]) -> tuple[Stated, ...]:
    """The first statements, with one at least of each medicine's labels, and of each severity that they disagree in."""
    must: dict[tuple[str, Severity], Stated] = {}
    for one in ordered:
        must.setdefault((one.medicine, one.severity), one)
    first = {name: next((one for one in ordered if one.medicine == name), None) for name in medicines}
    kept = [one for one in first.values() if one is not None]
    for one in (*must.values(), *ordered):
        if len(kept) >= MAX_STATED:
            break
        if not any(one is other for other in kept):
            kept.append(one)
    return tuple(one for one in ordered if any(one is other for other in kept))


def _conflict(said: Sequence[Stated]) -> bool:
    """Whether one label of a medicine forbids what another label of it only cautions about."""
    by_label: dict[tuple[str, str, str], Severity] = {}
    for one in said:
        key = (one.medicine, one.citation.document.source, one.citation.document.key)
        if key not in by_label or RANK[one.severity] < RANK[by_label[key]]:
            by_label[key] = one.severity
    for medicine in {key[0] for key in by_label}:
        severities = {severity for key, severity in by_label.items() if key[0] == medicine}
        if Severity.CONTRAINDICATED in severities and severities & _MILD:
            return True
    return False
