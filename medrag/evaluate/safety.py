"""How much of what a reader found in labels the medication check finds, and how often it speaks where a reader found nothing.

A list holds pairs of medicines, and medicines with a patient; of each it says how severe a reader of the labels found it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from pydantic import Field, ValidationError

from medrag.answer.safety.check import check_medication
from medrag.errors import EvaluationError, MedRAGError
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape, fault, json_rows
from medrag.kb.base import KnowledgeBase
from medrag.types import Finding, FindingKind, Patient, SafetyReport, Severity, Stated

__all__ = ["Case", "Checked", "Line", "Report", "evaluate_safety", "read_cases"]

NONE, SOME = "none", "some"
_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}
_PAIRS = frozenset({FindingKind.INTERACTION, FindingKind.DUPLICATE, FindingKind.HERBS})
# Whoever takes it: these are found without being asked for.
_ALWAYS = frozenset({FindingKind.BOXED_WARNING, FindingKind.FOOD})
ALL = "all"
FROZEN = "frozen"  # the part of a list that rules are never mended with


class _Row(Shape):
    id: str = ""
    medicines: tuple[str, ...] = Field(min_length=1)
    patient: Patient | None = None
    kind: str = ""
    expected: str
    label: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A row of a list: what is checked, and how severe a reader found it (`none`, `some`, or a severity).

    `kind` is the kind of finding that is looked for ("": any that the row can be about), `label` the key or the title of the
    document whose words count ("": any).
    """

    id: str
    medicines: tuple[str, ...]
    patient: Patient | None
    kind: str
    expected: str
    label: str

    @property
    def positive(self) -> bool:
        """Whether a reader found something."""
        return self.expected != NONE


@dataclass(frozen=True, slots=True)
class Checked:
    """A row with what the check found: the severity ("" for nothing) and the words that it cites first."""

    case: Case
    severity: str
    quote: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether something was found exactly where a reader found something."""
        return bool(self.severity) is self.case.positive


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one kind of row; `severity` is the share of found rows of known severity that are as severe as expected."""

    kind: str
    sensitivity: Estimate | None
    specificity: Estimate | None
    severity: Estimate | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a list, all rows first, and each row with what was found."""

    lines: tuple[Line, ...]
    checked: tuple[Checked, ...]


def read_cases(path: Path, *, frozen: bool = False) -> list[Case]:
    """The rows of a list or of a folder's lists: one JSON object a line, or CSV with a header, medicines joined by | and the patient as JSON.

    With `frozen` those alone whose `part` is frozen, else the others. Raises `EvaluationError` for a row that is none, with
    its place, and where there is no row.
    """
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in {".jsonl", ".csv"}) if path.is_dir() else [path]
    rows = [(file, *one) for file in files for one in (_csv_rows(file) if file.suffix.lower() == ".csv" else _json_rows(file))]
    wanted = [(file, where, row) for file, where, row in rows if (row.part == FROZEN) is frozen]
    if not wanted:
        which = "frozen rows" if frozen else "rows that are not frozen" if rows else "rows"
        raise EvaluationError(f"{path}: the list has no {which}: wanted rows of medicines, patient, expected")
    return [_case(file, where, row, number) for number, (file, where, row) in enumerate(wanted, 1)]


def _json_rows(path: Path) -> Iterator[tuple[str, _Row]]:
    try:
        yield from json_rows(path, _Row)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None


def _csv_rows(path: Path) -> Iterator[tuple[str, _Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, cells in enumerate(csv.DictReader(file), 2):
                value: dict[str, object] = {key: cell for key, cell in cells.items() if key and cell}
                value["medicines"] = tuple(one.strip() for one in str(value.get("medicines", "")).split("|") if one.strip())
                if "patient" in value:
                    value["patient"] = json.loads(str(value["patient"]))
                yield f"line {number}", _Row.model_validate(value)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise fault(path, f"line {number}", f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise EvaluationError(f"{path}: {error}") from None


def _case(path: Path, where: str, row: _Row, number: int) -> Case:
    if row.expected not in (NONE, SOME, *_RANK):
        raise fault(path, where, f"expected is {row.expected!r}: wanted {NONE}, {SOME}, or one of {', '.join(_RANK)}")
    if row.kind and row.kind not in set(FindingKind):
        raise fault(path, where, f"kind is {row.kind!r}: wanted one of {', '.join(FindingKind)}")
    return Case(row.id or str(number), row.medicines, row.patient, row.kind, row.expected, row.label)


def evaluate_safety(path: Path, kb: KnowledgeBase, *, frozen: bool = False) -> Report:
    """The figures of the medication check on a list or a folder of lists, of all rows and of each kind; see `read_cases`."""
    checked = []
    for case in read_cases(path, frozen=frozen):
        start = perf_counter()
        try:
            report = check_medication(case.medicines, case.patient, kb)
        except MedRAGError as error:
            raise EvaluationError(f"{path} ({case.id}): {error}") from None
        seconds = perf_counter() - start
        checked.append(_checked(case, report, _text_of(case, report, kb), seconds))
    kinds = sorted({_kind_of(one.case) for one in checked})
    lines = [_line(ALL, checked), *(_line(kind, [one for one in checked if _kind_of(one.case) == kind]) for kind in kinds)]
    return Report(tuple(lines), tuple(checked))


def _kind_of(case: Case) -> str:
    return case.kind or ("pair" if len(case.medicines) > 1 else "patient")


def _checked(case: Case, report: SafetyReport, text: str, seconds: float) -> Checked:
    found = [(finding, quote) for finding in report.findings if (quote := _quote(case, finding, text)) is not None]
    best = min(found, key=lambda one: _RANK[_severity(case, one[0], text)], default=None)
    if best is None:
        return Checked(case, "", "", seconds)
    return Checked(case, _severity(case, best[0], text), best[1], seconds)


def _quote(case: Case, finding: Finding, text: str) -> str | None:
    """The first words that a finding cites for a row; None where it is not what the row is about."""
    if case.kind:
        if finding.kind.value != case.kind:
            return None
    elif finding.kind in _ALWAYS or (finding.kind in _PAIRS) is not (len(case.medicines) > 1):
        return None
    said = [one for one in finding.stated if _counts(case, one, text)]
    if case.label and finding.stated and not said:
        return None
    return said[0].citation.quote if said else finding.reason


def _text_of(case: Case, report: SafetyReport, kb: KnowledgeBase) -> str:
    """The text of the labels whose words count for a row; of labels that say the same in the same words only one is cited."""
    infos = [d for m in report.medicines for d in m.documents if case.label and case.label in (d.key, d.title)]
    return "\n".join(kb.document(info.key, source=info.source).text for info in infos)


def _counts(case: Case, one: Stated, text: str) -> bool:
    document = one.citation.document
    return not case.label or case.label in (document.key, document.title) or one.citation.quote in text


def _severity(case: Case, finding: Finding, text: str) -> str:
    """How severe a finding is by the words that count for a row."""
    said = [one.severity.value for one in finding.stated if _counts(case, one, text)]
    if not case.label or finding.rule or not said:
        return finding.severity.value
    return min(said, key=_RANK.__getitem__)


def _line(kind: str, checked: Sequence[Checked]) -> Line:
    positive = [one for one in checked if one.case.positive]
    negative = [one for one in checked if not one.case.positive]
    graded = [one for one in positive if one.severity and one.case.expected != SOME]
    return Line(
        kind,
        estimate([float(one.right) for one in positive]) if positive else None,
        estimate([float(one.right) for one in negative]) if negative else None,
        estimate([float(one.severity == one.case.expected) for one in graded]) if graded else None,
    )
