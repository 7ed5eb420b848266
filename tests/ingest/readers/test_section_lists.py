from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medrag.ingest.readers.section_lists import SectionListsReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.sections import SectionGroup

LABEL: dict[str, Any] = {
    "set_id": "11111111-2222-3333-4444-555555555555",
    "title": "DEWAX- morning dew tablet",
    "generic": "morning dew",
    "brand": "DEWAX",
    "effective": "20200131",
    "sections": [
        {"code": "34068-7", "heading": "DOSAGE", "text": "", "depth": 0},
        {"code": "42229-5", "heading": "Adults", "text": "One  tablet\ndaily.", "depth": 1},
        {"code": "42229-5", "heading": "Elderly people", "text": "Half.", "depth": 3},
        {"code": "", "heading": "", "text": "Twice.", "depth": 1},
        {"code": "34070-3", "heading": "CONTRAINDICATIONS", "text": "None", "depth": 0},
    ],
}


def write(folder: Path, labels: list[object], *, suffix: str = ".jsonl") -> Path:
    path = folder / f"labels{suffix}"
    text = json.dumps(labels, indent=1) if suffix == ".json" else "\n".join(json.dumps(label) for label in labels)
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path) -> list[ReadRecord | Unreadable]:
    return list(SectionListsReader().read(path, ReadOptions()))


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_a_label_keeps_its_sections_with_codes_paths_and_exact_spans(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, [LABEL, LABEL], suffix=suffix)
    assert SectionListsReader().recognise(Sample.of(path)) == 0.95
    record = read(path)[0]
    assert isinstance(record, ReadRecord)
    document = record.document
    assert document.title == "DEWAX- morning dew tablet"
    assert (document.key, document.effective, document.lang) == (LABEL["set_id"], "2020-01-31", "en")
    assert [(s.heading, s.path, document.text[s.start : s.end]) for s in document.sections] == [
        ("DOSAGE", (), ""),
        ("Adults", ("DOSAGE",), "One tablet\ndaily."),
        ("Elderly people", ("DOSAGE", "Adults"), "Half."),
        ("", ("DOSAGE",), "Twice."),
        ("CONTRAINDICATIONS", (), "None"),
    ]
    assert [s.group for s in document.sections[:4]] == [SectionGroup.DOSAGE] * 4


def test_a_file_that_is_one_label_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    for indent in (None, 1):
        path.write_text(json.dumps({key: LABEL[key] for key in ("title", "sections")}, indent=indent), encoding="utf-8")
        assert SectionListsReader().recognise(Sample.of(path)) == 0.8
        (record,) = read(path)
        assert isinstance(record, ReadRecord)
        assert len(record.document.sections) == 5


def test_generic_and_brand_are_names(tmp_path: Path) -> None:
    (record,) = read(write(tmp_path, [LABEL]))
    assert isinstance(record, ReadRecord)
    assert [entity.id for entity in record.about] == ["substance:morning dew", "product:dewax"]
    assert [(name.kind, name.name) for name in record.names] == [("generic", "morning dew"), ("brand", "DEWAX")]


def test_headings_as_keys_are_read_too(tmp_path: Path) -> None:
    path = write(tmp_path, [{"name": "Dewax", "sections": {"Uses": "For headache.", "Warnings": "None known."}}])
    assert SectionListsReader().recognise(Sample.of(path)) == 0.8
    (record,) = read(path)
    assert isinstance(record, ReadRecord)
    assert [section.code for section in record.document.sections] == ["34067-9", "34071-1"]


def test_faults_are_reported_and_the_rest_of_the_label_is_kept(tmp_path: Path) -> None:
    broken = {**LABEL, "sections": [*LABEL["sections"][:1], "text", *LABEL["sections"][1:]]}
    found = read(write(tmp_path, [broken, {"title": "X"}, 5, {**LABEL, "title": "", "set_id": "", "generic": "", "brand": ""}]))
    faults = [record for record in found if isinstance(record, Unreadable)]
    assert [fault.place.record for fault in faults] == ["line 1 /sections/1", "line 2", "line 3", "line 4"]
    (record,) = [record for record in found if isinstance(record, ReadRecord)]
    assert len(record.document.sections) == 5


def test_a_first_label_longer_than_the_sample_is_recognised(tmp_path: Path) -> None:
    long = {**LABEL, "sections": [{"code": "34067-9", "heading": "USES", "text": "x " * 200_000, "depth": 0}]}
    assert SectionListsReader().recognise(Sample.of(write(tmp_path, [long, LABEL]))) == 0.95


@pytest.mark.parametrize(
    "label",
    [
        {"name": "Dewax", "sections": [{"name": "Uses", "text": "For headache", "parent": None}]},
        {"title": "Dewax", "sections": []},
        {"title": "Dewax", "text": "For headache"},
        {"sections": [{"heading": "Uses", "text": "For headache"}]},
    ],
)
def test_other_objects_are_not_recognised(tmp_path: Path, label: dict[str, Any]) -> None:
    assert SectionListsReader().recognise(Sample.of(write(tmp_path, [label], suffix=".json"))) == 0.0


def test_the_converted_labels_give_every_section(shared: Path) -> None:
    documents = sections = headings_only = deeper = 0
    for record in SectionListsReader().read(shared / "labels/en/spl_sections.jsonl", ReadOptions()):
        assert isinstance(record, ReadRecord)
        documents += 1
        sections += len(record.document.sections)
        headings_only += sum(section.start == section.end for section in record.document.sections)
        deeper += sum(bool(section.path) for section in record.document.sections)
    assert (documents, sections, headings_only) == (1073, 33144, 3597)
