"""Tests of what is no document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.ingest.readers.nothing import reason
from medrag.ingest.sample import Sample

NO_DOCUMENTS = [
    ("schema.json", json.dumps({"$schema": "http://json-schema.org/x", "properties": {}}), "JSON schema"),
    ("relations.json", '{"subject_type": "a", "predicate": "b", "object_type": "c"}\n' * 3, "schema of relations"),
    ("page.xml", '<?xml version="1.0"?>\n<spls><metadata/></spls>', "index page"),
    ("list.json", json.dumps({"results": [{"id": "x", "labeler": "y", "products": [{"code": "1"}]}]}), "metadata"),
    ("spls.json", json.dumps({"data": [{"setid": "x", "title": "y", "spl_version": 1}]}), "index page"),
    ("expected.json", json.dumps([{"spl_id": "x", "application_numbers": ["1"], "sections": []}]), "test expects"),
    ("dump.txt", "-- a dump\nINSERT INTO medicine VALUES('x');\n", "SQL"),
    ("photo.jpg", "\xff\xd8\xff", "image"),
    ("README.md", "# Data\n\n## Indications\n", "folder"),
    ("LICENSE", "Licence text", "folder"),
]


@pytest.mark.parametrize(("name", "text", "why"), NO_DOCUMENTS)
def test_what_is_no_document_is_told_with_its_reason(tmp_path: Path, name: str, text: str, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1"))
    assert why in (reason(Sample.of(path)) or "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answer.json", json.dumps({"results": [{"id": "x", "products": [], "indications_and_usage": ["a"]}]})),
        ("rows.json", json.dumps([{"drug": "a", "section": "b", "text": "c"}])),
        ("label.xml", '<document xmlns="urn:hl7-org:v3"/>'),
        ("note.txt", "Create a habit of sleep. Insert into your day a walk."),
        ("notice_of_label.txt.md", "# Zemox"),
    ],
)
def test_documents_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert reason(Sample.of(path)) is None


def test_the_real_files_that_are_no_documents_are_all_told(shared: Path) -> None:
    names = "openfda_druglabel_schema.json dailymed_index_page.xml dailymed_spl_list.json dailymed_zip_expected.json".split()
    files = [shared / "labels" / "en" / "spl" / name for name in names]
    files += [shared / "labels" / "zh" / "healthfood.sql", shared / "graphs" / "cmeie_schema.json", shared / "README.md"]
    assert all(reason(Sample.of(path)) for path in files)
    others = [path for path in (shared / "labels").rglob("*") if path.is_file() and path not in files]
    assert [path.name for path in others if reason(Sample.of(path))] == []
