"""Whether a dose is above what a label allows: at a time, in a day, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from medrag.answer.safety.ceiling import Ceiling, ceiling
from medrag.answer.safety.doses import Dose
from medrag.answer.safety.limits import Limit, amounts_of, limits_of
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.organs import holds_for
from medrag.answer.safety.regimens import Regimen
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding, stated
from medrag.types import Finding, FindingKind, Patient, Severity

__all__ = ["dose_finding"]

_ADULT_AGE = 18.0
_AGE_UNSAID = 30.0  # who is of no age said is no child
_ROUNDING = 1.0001
_WHAT = {"day": 0, "once": 1, "times": 2}


def _limits(one: Taken) -> tuple[Limit, ...]:
    """The most that the labels of a medicine allow of it."""
    return one.remembered("limits", lambda: tuple(limit for label in one.labels for limit in limits_of(label)))


def _told(one: Taken) -> tuple[Regimen, ...]:
    """The doses that the labels of a medicine tell to take."""
    return one.remembered(
        "told", lambda: tuple(told for label in one.labels for told in amounts_of(label) if told.told and not told.per)
    )


def _as_rarely(one: Taken, dose: Dose, age: float) -> Dose:
    """A dose every 4 to 6 hours as often as the longer stands for, where a label says so itself: what it allows in a day it says apart."""
    few, many = dose.hours
    same = few < many and any(
        told.hours[0] <= few and told.unit == dose.unit and dose.once is not None and dose.once <= told.once * _ROUNDING
        for told in _told(one)
        if told.audience.low <= age < told.audience.high and told.hours[0]
    )
    if not same or not dose.times or dose.daily is None:
        return dose
    share = few / many
    return replace(dose, times=dose.times * share, daily=dose.daily * share)


def dose_finding(one: Taken, dose: Dose | None, patient: Patient | None, lang: str) -> tuple[Finding | None, str]:
    """That a dose is above a label's maximum, or what to tell where it could not be compared; neither where it is within."""
    if dose is None:
        return None, ""
    weight = patient.weight if patient is not None else None
    if dose.per_kg and weight is None:
        return None, saying("weight", lang, name=one.name)
    allowed = _for_patient(_limits(one), patient)
    compared = False
    age = patient.age if patient is not None and patient.age is not None else _AGE_UNSAID
    for counted in (_as_rarely(one, each, age) for each in (dose, dose.also) if each is not None):
        factor = (weight or 1.0) if counted.per_kg else 1.0
        given = {
            "day": counted.daily and counted.daily * factor,
            "once": counted.once and counted.once * factor,
            "times": counted.times,
        }
        most = _largest(limit for limit in allowed if limit.what == "times" or limit.unit == counted.unit)
        most = [_at_least_as_told(limit, age) for limit in most]
        known = [(m, value, limit) for m in most if (value := given[m.what]) is not None and (limit := _value(m, weight)) > 0]
        over = [(m, value) for m, value, limit in known if value > limit * _ROUNDING]
        # Where a single dose is above what may be taken in a whole day, nobody need say how often.
        if not over and counted.daily is None and counted.once is not None:
            once = counted.once * factor
            over = [(m, once) for m in most if m.what == "day" and 0 < _value(m, weight) < once]
        if over:
            return _above(one, dose, over, weight, lang), ""
        if not any(m.what == "day" for m, _, _ in known):
            told = _told_less(one, counted, age, factor)
            if told:
                return _above_told(one, dose, counted, told, factor, lang), ""
        compared = compared or bool(known)
    return None, "" if compared else saying("dose-unread", lang, name=one.name, dose=dose.text)


def _for_patient(limits: Iterable[Limit], patient: Patient | None) -> list[Limit]:
    """The limits that hold for the patient: of one label those for children or bad kidneys alone, where these are the patient's."""
    age = patient.age if patient is not None and patient.age is not None else _AGE_UNSAID
    by_label: dict[tuple[int, str, str, bool], list[tuple[int, Limit]]] = {}
    for limit in limits:
        rank = _rank(limit, age, patient)
        if rank is not None:
            by_label.setdefault((id(limit.label), limit.what, limit.unit, limit.per_kg), []).append((rank, limit))
    return [limit for found in by_label.values() for rank, limit in found if rank == min(rank for rank, _ in found)]


def _rank(limit: Limit, age: float, patient: Patient | None) -> int | None:
    """How closely a limit is made for the patient, 0 the closest; None where it is other people's."""
    audience = limit.audience
    if audience.special:
        return 0 if patient is not None and holds_for(limit.of, patient) else None
    if audience.low <= age < audience.high:
        return 1 if age < _ADULT_AGE and audience.named and audience.high <= _ADULT_AGE else 2
    return 3 if age < audience.low else None  # what is too much for a grown person is for a child


def _largest(found: Iterable[Limit]) -> list[Limit]:
    """The largest of each kind that each label gives: labels give several, one for each use."""
    largest: dict[tuple[int, str, bool], Limit] = {}
    for one in found:
        key = (id(one.label), one.what, one.per_kg)
        if key not in largest or one.value > largest[key].value:
            largest[key] = one
    return list(largest.values())


def _told_less(one: Taken, dose: Dose, age: float, factor: float) -> list[Ceiling]:
    """The largest doses that the labels tell of, where the given is above all of them."""
    given = dose.daily if dose.daily is not None else dose.once
    if given is None:
        return []
    times: dict[int, float] = {}
    for limit in _limits(one):
        if limit.what == "times":
            times[id(limit.label)] = max(limit.value, times.get(id(limit.label), 0.0))
    found = [made for label in one.labels if (made := ceiling(label, dose.unit, age, times.get(id(label), 1.0))) is not None]
    return found if all(made.value * _ROUNDING < given * factor for made in found) else []


def _above_told(one: Taken, dose: Dose, counted: Dose, told: list[Ceiling], factor: float, lang: str) -> Finding:
    """That a dose is above every one that the labels tell of."""
    given = (counted.daily or counted.once or 0.0) * factor
    first = max(told, key=lambda made: made.value)
    unit = _shown(counted.unit, lang)
    reason = saying("dose-told", lang, given=f"{given:g}{unit}", most=f"{first.value:g}{unit}")
    said = [stated(made.label, one.name, made.of, None, Severity.AVOID) for made in told]
    return finding(
        FindingKind.DOSE, (one.name,), said, about=dose.text, reason=reason, rule="above-directions", least=Severity.AVOID
    )


def _shown(unit: str, lang: str) -> str:
    return {"piece": "片/粒" if lang == "zh" else " tablets or capsules", "times": ""}.get(unit, " " + unit)


def _at_least_as_told(limit: Limit, age: float) -> Limit:
    """A limit of a day, no less than its label tells to take: a lower one is meant for another use, as 20 mg where it is for anxiety."""
    if limit.what != "day" or limit.per_kg or limit.audience.special:
        return limit
    told = (
        regimen.once * regimen.times
        for regimen in amounts_of(limit.label)
        if regimen.told and not regimen.per and regimen.unit == limit.unit and regimen.times and not regimen.hours[0]
        and not regimen.audience.special and regimen.audience.low <= age < regimen.audience.high
    )  # fmt: skip
    return replace(limit, value=max(limit.value, max(told, default=0.0)))


def _value(limit: Limit, weight: float | None) -> float:
    """A limit for the patient; 0 where it is by weight and nobody has said that."""
    return limit.value * (weight or 0.0) if limit.per_kg else limit.value


def _above(one: Taken, dose: Dose, over: list[tuple[Limit, float]], weight: float | None, lang: str) -> Finding:
    first, value = min(over, key=lambda one: _WHAT[one[0].what])
    unit = _shown(first.unit, lang)
    given, most = (f"{number:g}" + (unit if first.what != "times" else "") for number in (value, _value(first, weight)))
    reason = saying(f"dose-{first.what}", lang, given=given, most=most)
    said = [stated(m.label, one.name, m.of, None, Severity.AVOID) for m, _ in over]
    return finding(
        FindingKind.DOSE, (one.name,), said, about=dose.text, reason=reason, rule="above-maximum", least=Severity.AVOID
    )
