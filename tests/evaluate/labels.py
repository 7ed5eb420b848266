"""American labels that the project wrote itself, in the shape of lists of sections, for tests of the rule of what is right."""

from __future__ import annotations

import json
from pathlib import Path

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase

__all__ = ["HEPATIC", "american"]

HEPATIC = "Rare cases of a strange yellow colour of the skin were seen in people who took the tablets for many weeks."
REPEATED = "Tell patients to keep a list of all that they take and to show it to everybody who treats them at any time."


def _section(code: str, heading: str, text: str = "", depth: int = 0) -> dict[str, object]:
    return {"code": code, "heading": heading, "text": text, "depth": depth}


LABELS = [
    {
        "set_id": "one",
        "title": "EXAMPLEX - examplolol maleate tablet",
        "sections": [
            _section("34067-9", "1 INDICATIONS AND USAGE", "For high blood pressure."),
            _section("34068-7", "2 DOSAGE AND ADMINISTRATION"),
            _section("42229-5", "2.1 Adults", "One tablet a day.", 1),
            _section("42229-5", "2.2 Renal impairment", "Half a tablet a day.", 1),
            _section("43685-7", "5 WARNINGS AND PRECAUTIONS", "Use with care."),
            _section("42229-5", "5.1 Hepatic Failure", HEPATIC, 1),
            _section("42229-5", "", REPEATED),
        ],
    },
    {
        "set_id": "two",
        "title": "EXAMPLOLOL - examplolol tablet, film coated",
        "sections": [
            _section("34067-9", "INDICATIONS", "For hypertension."),
            _section("34068-7", "DOSAGE", "One tablet daily."),
            _section("34071-1", "WARNINGS", f"Do not stop at once. {HEPATIC} Ask before surgery."),
            _section("42229-5", "Hepatic failure:", "It was seen now and then."),
            _section("42229-5", "Other information", REPEATED),
        ],
    },
    {
        "set_id": "three",
        "title": "BOTHEX - examplolol and samplazide tablet",
        "sections": [_section("34067-9", "INDICATIONS", "For high blood pressure.")],
    },
]


def american(folder: Path) -> KnowledgeBase:
    """The knowledge base of these labels, made anew in a folder."""
    file = folder / "spl.jsonl"
    file.write_text("".join(json.dumps({"generic": "", "brand": "", **label}) + "\n" for label in LABELS), encoding="utf-8")
    report = build(file, folder / "american.kb")
    assert (report.added, report.failed) == (3, 0)
    return KnowledgeBase.open(folder / "american.kb")
