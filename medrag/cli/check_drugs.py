"""`medrag check-drugs`: what labels say against taking some medicines together, and against each for a patient."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, open_kb, write_json, write_lines
from medrag.errors import RecordError

if TYPE_CHECKING:
    from medrag.types import Patient

__all__ = ["check_drugs"]


def check_drugs(
    medicines: Annotated[
        list[str],
        typer.Argument(
            metavar="MEDICINE...", help="Medicines by any name, each with its dose if you like.", show_default=False
        ),
    ],
    kb: Kb,
    patient: Annotated[
        Path | None,
        typer.Option(metavar="PATIENT.json", help="The patient: age, sex, pregnant, trimester, breast_feeding, egfr, …"),
    ] = None,
    classes: Annotated[
        Path | None, typer.Option(metavar="FILE.tsv", help="Your own classes: Chinese names TAB English names TAB members.")
    ] = None,
    lang: Annotated[str | None, typer.Option(metavar="zh|en", help="The language of the report's own words.")] = None,
    json: AsJson = False,
) -> None:
    """Check medicines against one another and against a patient.

    Each finding is as severe as the label words it and quotes it. A medicine may carry its dose: "布洛芬 800mg 每日4次". What could
    not be checked, an unknown name or a medicine without a label, is said.
    """
    from medrag.answer.safety.check import check_medication
    from medrag.answer.show.safety import safety_lines
    from medrag.kb.terms.membership import read_classes

    if lang not in (None, "zh", "en"):
        raise typer.BadParameter(f"--lang {lang}: wanted zh or en")
    person = _patient(patient) if patient is not None else None
    own = read_classes(classes) if classes is not None else ()
    with open_kb(kb) as base:
        report = check_medication(medicines, person, base, lang=lang, classes=own)
    if json:
        write_json(report.model_dump(mode="json"))
    else:
        write_lines(safety_lines(report))


def _patient(path: Path) -> Patient:
    """The patient of a JSON file. Raises `RecordError` for what is no patient: another field, an impossible age."""
    from pydantic import ValidationError

    from medrag.types import Patient

    try:
        value: Any = json_text.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise RecordError(
            f'{path}: there is no such file: write the patient as JSON, as in {{"age": 70, "egfr": 25}}'
        ) from None
    except (OSError, UnicodeDecodeError, json_text.JSONDecodeError) as error:
        raise RecordError(f"{path}: the patient cannot be read as JSON ({error})") from None
    if not isinstance(value, dict):
        raise RecordError(f"{path}: wanted a JSON object with the patient's fields, saw {type(value).__name__}")
    try:
        return Patient.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        known = ", ".join(Patient.model_fields)
        said = (
            f"there is no field {field!r}; the fields are {known}"
            if first["type"] == "extra_forbidden"
            else f"{field}: {first['msg'].lower()}, saw {first['input']!r}"
        )
        raise RecordError(f"{path}: {said}") from None
