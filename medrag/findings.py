"""The records of a medication check: the patient, the medicines as they were understood, and what labels say against them.

All are immutable. `medrag.types` has these under the same names: import them from there.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from medrag.records import Citation, DocumentInfo, Record

__all__ = [
    "Checked",
    "Coverage",
    "Finding",
    "FindingKind",
    "Medicine",
    "Patient",
    "SafetyReport",
    "Severity",
    "Sex",
    "Stated",
]


class Sex(StrEnum):
    """The sex of a patient, as labels tell them apart."""

    FEMALE = "female"
    MALE = "male"


class Patient(Record):
    """The person a question is about, as far as anybody has said; None and empty mean that nobody has.

    `age` is in years (three months: 0.25), `weight` in kg, `egfr` in mL/min/1.73 m² (a creatinine clearance in mL/min is
    put there too), `trimester` 1 to 3. `renal` and `hepatic` are how bad kidneys and liver are said to be, in the words said.
    """

    age: float | None = Field(default=None, ge=0, le=130)
    weight: float | None = Field(default=None, gt=0, le=500)
    sex: Sex | None = None
    pregnant: bool | None = None
    trimester: int | None = Field(default=None, ge=1, le=3)
    breast_feeding: bool | None = None
    egfr: float | None = Field(default=None, ge=0, le=250)
    renal: str = ""
    hepatic: str = ""
    allergies: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()


class Severity(StrEnum):
    """How strongly a label speaks against something, in its own words; the worst first."""

    CONTRAINDICATED = "contraindicated"  # 禁用, 禁忌, 不得; contraindicated, must not
    AVOID = "avoid"  # 避免, 不宜, 不推荐; avoid, not recommended
    CAUTION = "caution"  # 慎用, 权衡利弊; with caution
    MONITOR = "monitor"  # 监测, 调整剂量; monitor, adjust the dose
    NOTED = "noted"  # the label states an effect and gives no advice


class FindingKind(StrEnum):
    """What a finding is about."""

    BOXED_WARNING = "boxed_warning"
    INTERACTION = "interaction"  # one medicine and another, or a class that the other belongs to
    HERBS = "herbs"  # 十八反, 十九畏
    DUPLICATE = "duplicate"  # one ingredient in two medicines
    DOSE = "dose"  # above the label's maximum
    ALLERGY = "allergy"
    DISEASE = "disease"
    AGE = "age"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    RENAL = "renal"
    HEPATIC = "hepatic"
    FOOD = "food"  # alcohol too


class Stated(Record):
    """One place that says it: the words of one label, how severe they are, and whose label it is.

    `medicine` is one of the names that were checked, `word` the label's own word for the severity ("" where it has none),
    `via` the class, ingredient or condition that the label names, where that is not what was asked in so many words.
    """

    severity: Severity
    medicine: str
    citation: Citation
    word: str = ""
    via: str = ""


class Finding(Record):
    """Something that speaks against a list of medicines for a patient, with every label's words for it.

    `medicines` are the one or two names checked, `about` is the condition, allergen, food or limit that it concerns.
    `severity` is the worst that is stated. `conflict` is true where labels of one medicine disagree on it: one
    contraindicates what another only cautions about. `reason` says in the report's language what no label says itself:
    that two medicines hold one ingredient, that a dose is above the maximum.
    """

    kind: FindingKind
    severity: Severity
    medicines: tuple[str, ...]
    about: str = ""
    reason: str = ""
    rule: str = ""
    stated: tuple[Stated, ...] = ()
    conflict: bool = False


class Coverage(StrEnum):
    """What the knowledge base can say on a pair or on a medicine and a condition."""

    FOUND = "found"  # there are findings
    NOTHING = "nothing"  # the labels are there and were read, and say nothing on it
    PARTLY = "partly"  # the label of one of the two is missing or has no section on it; what there is says nothing
    NOT_COVERED = "not_covered"  # no label, or none with a section that would say it


class Checked(Record):
    """A pair of medicines, or a medicine and what is known of the patient, and what came of checking it."""

    medicines: tuple[str, ...]
    about: str = ""
    kind: FindingKind = FindingKind.INTERACTION
    coverage: Coverage


class Medicine(Record):
    """A medicine of the list as it was understood. `name` is what was given, `known` whether anybody knows the name.

    `status` is "prescription", "otc", "both" (it differs by product) or "" (no label says), `documents` are its labels that were read, `daily` is the dose
    given, in `unit` a day (None: no dose was given).
    """

    name: str
    known: bool
    called: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    status: str = ""
    dose: str = ""
    daily: float | None = None
    unit: str = ""
    near: tuple[str, ...] = ()
    documents: tuple[DocumentInfo, ...] = ()


class SafetyReport(Record):
    """What labels say against a list of medicines for a patient, worst first, and what could not be checked.

    `unknown` are the medicines that nobody knows, `notes` what else a reader must be told, in `lang`.
    """

    medicines: tuple[Medicine, ...]
    patient: Patient | None = None
    findings: tuple[Finding, ...] = ()
    checked: tuple[Checked, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lang: str = "zh"
    commit: int = 0
