"""Tests of the openFDA reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medrag.ingest.readers.openfda import OpenFDAReader
from medrag.ingest.readers.openfda_fields import SECTION_FIELDS
from medrag.ingest.sample import Sample
from tests.ingest.readers.reading import read, sections, zipped

RECORD: dict[str, Any] = {
    "warnings": ["WARNINGS: May bleed."],
    "do_not_use": ["Do not use if you are allergic to zemoxine."],
    "set_id": "AAAAAAAA-2222-4333-8444-555555555555",
    "id": "00000000-2222-4333-8444-555555555555",
    "version": "12",
    "effective_time": "20230405",
    "indications_and_usage": ["1 INDICATIONS AND USAGE Zemox treats: • fever • pain"],
    "dosage_and_administration": ["Dosage and use of zemoxine depend on weight."],
    "dosage_and_administration_table": [
        "<table><caption>Doses</caption><tr><td>Age</td><td>Dose</td></tr><tr><td>6</td><td>5 mg</td></tr></table>"
    ],
    "purpose": ["Purpose Pain reliever"],
    "openfda": {
        "brand_name": ["Zemox"],
        "generic_name": ["ZEMOXINE"],
        "substance_name": ["ZEMOXINE SULFATE"],
        "unii": ["AAA1111111"],
        "manufacturer_name": ["Testmaker"],
    },
}


def _answer(*records: object) -> bytes:
    return json.dumps({"meta": {"results": {"total": len(records)}}, "results": records}).encode()


def test_fields_become_sections_in_the_order_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(_answer(RECORD))
    assert OpenFDAReader().recognise(Sample.of(path)) > 0.9
    (record,), faults = read(OpenFDAReader(), path)
    assert not faults
    assert sections(record)[1:] == [
        ("55105-1", "Purpose", "Pain reliever"),
        ("34067-9", "1 INDICATIONS AND USAGE", "Zemox treats:\n• fever\n• pain"),
        ("34068-7", "Dosage and administration", "Dosage and use of zemoxine depend on weight."),
        ("34068-7", "Dosage and administration (table)", "Doses\nAge | Dose\n6 | 5 mg"),
        ("34071-1", "WARNINGS", "May bleed."),
        ("50570-1", "Do not use", "Do not use if you are allergic to zemoxine."),
    ]


def test_a_record_is_identified_and_named(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(_answer(RECORD))
    (record,), _ = read(OpenFDAReader(), path)
    document = record.document
    assert (document.key, document.revision, document.effective) == ("aaaaaaaa-2222-4333-8444-555555555555", "12", "2023-04-05")
    assert (document.title, document.maker, document.place.record) == ("Zemox (ZEMOXINE)", "Testmaker", "/results/0")
    assert [(one.name, one.kind) for one in record.names] == [
        ("ZEMOXINE", "generic"),
        ("Zemox", "brand"),
        ("AAA1111111", "code"),
    ]
    statement = record.statements[0]
    assert (statement.relation, statement.object.code) == ("has_ingredient", "AAA1111111")
    assert document.text[statement.start : statement.end] == "substance_name: ZEMOXINE SULFATE"


def test_the_text_does_not_depend_on_the_order_of_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps([RECORD, dict(reversed(RECORD.items()))]))
    one, other = read(OpenFDAReader(), path)[0]
    assert one.document.text == other.document.text


def test_a_bulk_partition_is_streamed_and_a_bad_record_costs_only_itself(tmp_path: Path) -> None:
    data = _answer(RECORD, "no object", {"set_id": "x"}, RECORD)
    path = zipped(tmp_path / "drug-label-0001-of-0013.json.zip", {"drug-label-0001-of-0013.json": data})
    assert OpenFDAReader().recognise(Sample.of(path)) > 0.9
    records, faults = read(OpenFDAReader(), path)
    assert [one.document.place.record for one in records] == [f"drug-label-0001-of-0013.json!/results/{n}" for n in (0, 3)]
    assert [one.place.record[-1] for one in faults] == ["1", "2"]


def test_a_cut_answer_gives_the_records_before_the_cut_and_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(_answer(RECORD, RECORD, RECORD)[:-200])
    records, faults = read(OpenFDAReader(), path)
    assert (len(records), len(faults)) == (2, 1)
    assert faults[0].place.record == "/results/2" and "not valid JSON" in faults[0].reason


def test_a_record_without_names_is_called_by_its_product_data(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(
        _answer(RECORD | {"openfda": {}, "spl_product_data_elements": ["Zemox Night Zemox Night ZEMOXINE SULFATE"]})
    )
    assert read(OpenFDAReader(), path)[0][0].document.title == "Zemox Night"


def test_one_object_and_one_object_a_line_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD) + "\n")
    assert len(read(OpenFDAReader(), path)[0]) == 2


def test_the_schema_and_a_list_of_metadata_are_not_recognised(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    for value in (
        {"$schema": "x", "properties": {"warnings": {"type": "array"}}},
        {"results": [{"id": "x", "products": [{"code": "1"}]}]},
    ):
        path.write_text(json.dumps(value))
        assert OpenFDAReader().recognise(Sample.of(path)) == 0


def test_every_field_has_a_code_of_its_own_and_a_heading() -> None:
    assert len({code for code, _ in SECTION_FIELDS.values()}) == len(SECTION_FIELDS)
    assert all(heading for _, heading in SECTION_FIELDS.values())
