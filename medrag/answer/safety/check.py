"""The check itself: a list of medicines and a patient against what labels, graphs and classical rules say, worst first.

Nothing is written by a model, nothing is left out for being unlikely, and what could not be checked is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations

from medrag.answer.safety.allergies import Allergen, allergens, allergy_finding
from medrag.answer.safety.alone import boxed_finding, food_findings, said_of_food
from medrag.answer.safety.diseases import condition_terms, disease_finding
from medrag.answer.safety.doses import Dose, Written, written
from medrag.answer.safety.duplicates import duplicate
from medrag.answer.safety.graph import graph_diseases, graph_interactions
from medrag.answer.safety.herbs import herb_findings
from medrag.answer.safety.maximum import dose_finding
from medrag.answer.safety.medicines import Taken, taken
from medrag.answer.safety.organs import Degree, hepatic_degree, organ_findings, renal_degree
from medrag.answer.safety.people import age_findings, lactation_findings, pregnancy_findings
from medrag.answer.safety.sayings import saying
from medrag.answer.safety.statements import finding
from medrag.answer.safety.together import said_of_other, says_interactions
from medrag.answer.safety.wording import RANK
from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.terms.classes import DrugClass
from medrag.kb.terms.foods import Food
from medrag.types import Checked, Coverage, Finding, FindingKind, Medicine, Patient, SafetyReport

__all__ = ["MAX_MEDICINES", "check_asked", "check_medication"]

MAX_MEDICINES = 40  # of one patient; more are a pharmacy's list
_ORDER = {kind: at for at, kind in enumerate(FindingKind)}


def check_medication(
    medicines: Sequence[str],
    patient: Patient | None,
    kb: KnowledgeBase,
    *,
    lang: str | None = None,
    classes: Sequence[DrugClass] = (),
) -> SafetyReport:
    """What labels, graphs and classical rules say against these medicines for this patient, worst first.

    A medicine may carry its dose (布洛芬 800mg 每日4次); those that the patient takes already (`patient.medicines`) are checked
    with the others. `lang` is what the report's own words are in (zh, en; None: as the first medicine is written), `classes` are
    a user's own classes beside those that ship. Raises `QuestionError` for an empty list, one of more than 40, and a dose
    that cannot be one.
    """
    return _checked_list(_listed(medicines, patient), patient, kb, lang, classes)


def check_asked(
    medicines: Sequence[str], patient: Patient | None, kb: KnowledgeBase, *, lang: str, child: bool, foods: Collection[Food]
) -> SafetyReport:
    """The same for a question, where of foods and drinks only some are asked about.

    `child` is one whose age nobody has said: what labels say of any children counts.
    """
    return _checked_list(_listed(medicines, patient), patient, kb, lang, (), child=child, of=foods)


def _checked_list(
    names: Sequence[str],
    patient: Patient | None,
    kb: KnowledgeBase,
    lang: str | None,
    classes: Sequence[DrugClass],
    *,
    child: bool = False,
    of: Collection[Food] | None = None,
) -> SafetyReport:
    lang = lang or ("en" if names[0].isascii() else "zh")
    pinned = kb.pinned()
    given = [_written(name, pinned, classes) for name in names]
    list_ = [taken(one.name, pinned, classes) for one in given]
    doses = {one.name: one.dose for one in given if one.dose is not None}
    findings: list[Finding] = []
    checked: list[Checked] = []
    for one, other in combinations([t for t in list_ if t.known], 2):
        found = list(_of_pair(one, other, pinned, lang))
        findings += found
        checked.append(Checked(medicines=(one.name, other.name), coverage=_pair_coverage(one, other, found)))
    notes: list[str] = []
    conditions = _Conditions(patient, pinned, child=child, foods=of)
    for one in (t for t in list_ if t.known):
        for found_of_one, check in _of_one(one, doses.get(one.name), conditions, pinned, lang, notes):
            findings += found_of_one
            checked += check
    notes[:0] = list(_unchecked(list_, lang))
    return SafetyReport(
        medicines=tuple(_medicine(one, doses.get(one.name)) for one in list_), patient=patient, findings=_ordered(findings), checked=tuple(checked),
        unknown=tuple(one.name for one in list_ if not one.known), notes=tuple(dict.fromkeys(notes)), lang=lang, commit=pinned.commit,
    )  # fmt: skip


def _listed(medicines: Sequence[str], patient: Patient | None) -> list[str]:
    names = list(dict.fromkeys(" ".join(name.split()) for name in (*medicines, *(patient.medicines if patient else ()))))
    if not any(names):
        raise QuestionError("no medicine is named: name one or more")
    if len(names) > MAX_MEDICINES:
        raise QuestionError(f"{len(names)} medicines are named, at most {MAX_MEDICINES} can be checked at a time: name fewer")
    return names


def _written(name: str, kb: KnowledgeBase, classes: Sequence[DrugClass]) -> Written:
    """The name and the dose of a medicine; numbers that belong to a name (dextran 70) are no dose that is refused."""
    try:
        return written(name)
    except QuestionError:
        if name.strip() and taken(name, kb, classes).known:
            return Written(name, None)
        raise


# ---------------------------------------------------------------------- pairs


def _of_pair(one: Taken, other: Taken, kb: KnowledgeBase, lang: str) -> Iterator[Finding]:
    same = duplicate(one, other, kb, lang)
    if same is not None:
        yield same
    if one.keys != other.keys:
        said = [*said_of_other(one, other), *said_of_other(other, one), *graph_interactions(one, other, kb)]
        for medicine, food in ((one, other.food), (other, one.food)):
            said += said_of_food(medicine, food) if food is not None else []
        if said:
            yield finding(FindingKind.INTERACTION, (one.name, other.name), said)
    yield from herb_findings(one, other, lang)


def _pair_coverage(one: Taken, other: Taken, found: Sequence[Finding]) -> Coverage:
    if found:
        return Coverage.FOUND
    says = [any(says_interactions(label) for label in taken.labels) or taken.food is not None for taken in (one, other)]
    if all(says):
        return Coverage.NOTHING
    return Coverage.PARTLY if any(says) else Coverage.NOT_COVERED


# ---------------------------------------------------------------------- one medicine and the patient


class _Conditions:
    """What is known of the patient, looked up once for all medicines."""

    def __init__(self, patient: Patient | None, kb: KnowledgeBase, *, child: bool, foods: Collection[Food] | None) -> None:
        self.child = child
        self.foods = foods
        self.patient = patient or Patient()
        self.allergens: list[Allergen] = allergens(self.patient.allergies, kb)
        self.diagnoses = {one: condition_terms(one, kb) for one in dict.fromkeys(self.patient.diagnoses) if one.strip()}

    @property
    def organs(self) -> list[FindingKind]:
        """The organs that are said to work badly."""
        degrees = ((FindingKind.RENAL, renal_degree(self.patient)), (FindingKind.HEPATIC, hepatic_degree(self.patient)))
        return [kind for kind, degree in degrees if degree not in (None, Degree.NORMAL)]


def _of_one(
    one: Taken, dose: Dose | None, conditions: _Conditions, kb: KnowledgeBase, lang: str, notes: list[str]
) -> Iterator[tuple[list[Finding], list[Checked]]]:
    """The findings on one medicine, condition by condition, with what came of checking each."""
    patient = conditions.patient
    boxed = boxed_finding(one)
    above, note = dose_finding(one, dose, patient, lang)
    if note:
        notes.append(note)
    yield [found for found in (boxed, above) if found is not None], []
    yield list(food_findings(one, conditions.foods)), []
    for allergen in conditions.allergens:
        yield _checked(one, FindingKind.ALLERGY, allergen.said, [allergy_finding(one, allergen, lang)])
    for diagnosis, terms in conditions.diagnoses.items():
        found = [disease_finding(one, diagnosis, terms), graph_diseases(one, diagnosis, terms, kb)]
        yield _checked(one, FindingKind.DISEASE, diagnosis, found)
    if patient.age is not None or conditions.child:
        about = f"{patient.age:g}" if patient.age is not None else ""
        yield _checked(one, FindingKind.AGE, about, age_findings(one, patient.age))
    if patient.pregnant or patient.trimester is not None:
        yield _checked(one, FindingKind.PREGNANCY, "", pregnancy_findings(one, patient))
    if patient.breast_feeding:
        yield _checked(one, FindingKind.LACTATION, "", lactation_findings(one, patient))
    organs = list(organ_findings(one, patient)) if conditions.organs else []
    for kind in conditions.organs:
        yield _checked(one, kind, "", [found for found in organs if found.kind is kind])


def _checked(one: Taken, kind: FindingKind, about: str, found: Iterable[Finding | None]) -> tuple[list[Finding], list[Checked]]:
    kept = [one_found for one_found in found if one_found is not None]
    reads = any(says_interactions(label) for label in one.labels)
    coverage = Coverage.FOUND if kept else Coverage.NOTHING if reads else Coverage.NOT_COVERED
    return kept, [Checked(medicines=(one.name,), about=about, kind=kind, coverage=coverage)]


# ---------------------------------------------------------------------- the report


def _unchecked(list_: Sequence[Taken], lang: str) -> Iterator[str]:
    for one in list_:
        if not one.known and one.near:
            yield saying("unknown-near", lang, name=one.name, near="、".join(one.near) if lang == "zh" else ", ".join(one.near))
        elif not one.known:
            yield saying("unknown", lang, name=one.name)
        elif not one.covered and one.food is None:
            yield saying("no-label", lang, name=one.name)


def _medicine(one: Taken, dose: Dose | None) -> Medicine:
    return Medicine.model_construct(
        name=one.name, known=one.known, called=(*one.called, *sorted(one.names.difference(one.called))), ingredients=tuple(s.shown for s in one.substances),
        classes=tuple(c.zh[0] for c in one.classes), status=one.status, dose=dose.text if dose is not None else "",
        daily=dose.daily if dose is not None else None, unit=dose.unit if dose is not None else "", near=one.near,
        documents=tuple(label.info for label in one.labels),
    )  # fmt: skip


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Boxed warnings first, then the severest; of equals by kind, then as the medicines were named."""
    return tuple(sorted(findings, key=lambda f: (f.kind is not FindingKind.BOXED_WARNING, RANK[f.severity], _ORDER[f.kind])))
