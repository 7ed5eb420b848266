"""Tests of the SPL reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.ingest.readers.spl import SplReader
from medrag.ingest.sample import Sample
from medrag.sections import SectionGroup
from medrag.types import EntityKind
from tests.ingest.readers.reading import read, sections, zip_bytes, zipped
from tests.ingest.readers.spl_xml import SET_ID, spl

# Section elements as the data's README counts them; in half of the files one has neither heading nor text (indexing, images).
SPL_FILES = {
    "laslabs_spl_doc_1": 21,
    "laslabs_spl_doc_2": 64,
    "openfda_cough": 19,
    "openfda_humira": 73,
    "openfda_lipitor-orig": 110,
    "openfda_lipitor-repack": 93,
    "openfda_multi_upc": 105,
    "openfda_no-title": 44,
}


def test_a_label_is_read_with_what_identifies_it(tmp_path: Path) -> None:
    path = tmp_path / "label.xml"
    path.write_bytes(spl())
    (record,), faults = read(SplReader(), path)
    document = record.document
    assert not faults
    assert (document.key, document.revision, document.effective) == (SET_ID, "7", "2024-01-31")
    assert (document.title, document.maker, document.lang) == ("ZEMOX (zemoxine) tablets", "Testmaker, Inc.", "en")
    assert document.place.record == "/document"


def test_sections_hold_paragraphs_items_rows_and_footnotes_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "label.xml"
    path.write_bytes(spl())
    (record,), _ = read(SplReader(), path)
    product, dosage, kidneys = sections(record)
    assert (
        product[2]
        == "Zemox (zemoxine), tablet\nActive ingredient: ZEMOXINE SULFATE (ZEMOXINE), 10 mg\nInactive ingredients: LACTOSE"
    )
    assert dosage == ("34068-7", "2 DOSAGE AND ADMINISTRATION", "Take one tablet daily.\n- with water\n- b) never chewed")
    assert kidneys[2] == "Table 1\nClearance | Dose\nbelow 30* | 5 mg\nAt most 2 x 10⁶ units/m2.\nAsk*.\n* mL/min"
    inner = record.document.sections[2]
    assert (inner.path, inner.group) == (("2 DOSAGE AND ADMINISTRATION",), SectionGroup.DOSAGE)


def test_active_ingredients_are_statements_with_their_line_and_code(tmp_path: Path) -> None:
    path = tmp_path / "label.xml"
    path.write_bytes(spl())
    (record,), _ = read(SplReader(), path)
    text = record.document.text
    said = [(one.subject.name, one.relation, one.object.id) for one in record.statements]
    assert said == [
        ("Zemox", "has_ingredient", "preparation:AAA1111111"),
        ("ZEMOXINE SULFATE", "form_of", "substance:BBB2222222"),
    ]
    assert all(text[one.start : one.end].startswith("Active ingredient: ZEMOXINE SULFATE") for one in record.statements)
    assert {(one.kind, one.name) for one in record.about} == {(EntityKind.SUBSTANCE, "zemoxine"), (EntityKind.PRODUCT, "Zemox")}


@pytest.mark.parametrize("title", ["<title/>", "", "<title>Drug Facts</title>"])
def test_a_label_without_a_telling_title_is_called_by_its_products(tmp_path: Path, title: str) -> None:
    path = tmp_path / "label.xml"
    path.write_bytes(spl(title=title))
    (record,), _ = read(SplReader(), path)
    assert record.document.title == "Zemox (zemoxine)"


def test_the_preamble_of_the_highlights_is_no_part_of_the_title(tmp_path: Path) -> None:
    path = tmp_path / "label.xml"
    long = "These highlights do not include all the information needed to use ZEMOX safely. See full prescribing information for ZEMOX."
    path.write_bytes(
        spl(
            title=f"<title>{long}<br/>ZEMOX<sup>®</sup> (zemoxine) tablets, for oral use<br/>Initial U.S. Approval: 1999</title>"
        )
    )
    (record,), _ = read(SplReader(), path)
    assert record.document.title == "ZEMOX® (zemoxine) tablets, for oral use"


def test_the_names_of_swabs_in_a_kit_are_not_the_label_s_names(tmp_path: Path) -> None:
    part = "<part><partProduct><name>Swab</name><formCode displayName='SWAB'/></partProduct></part>"
    path = tmp_path / "label.xml"
    path.write_bytes(spl().replace(b"<name>Zemox</name>", f"<name>Zemox</name>{part}".encode()))
    (record,), _ = read(SplReader(), path)
    assert "Swab" not in {one.name for one in record.names}
    assert "Swab, swab" in record.document.text


def test_an_unwritten_section_lends_its_code_to_the_sections_in_it(tmp_path: Path) -> None:
    inner = "<component><section><code code='42229-5'/><title>Bleeding</title><text>May occur.</text></section></component>"
    path = tmp_path / "label.xml"
    path.write_bytes(spl(body=f"<component><section><code code='34071-1'/>{inner}</section></component>"))
    (record,), _ = read(SplReader(), path)
    last = record.document.sections[-1]
    assert (last.heading, last.group, last.path) == ("Bleeding", SectionGroup.WARNINGS, ())


def test_a_release_of_zips_is_read_and_a_broken_label_costs_only_itself(tmp_path: Path) -> None:
    inner = {
        f"prescription/{n}.zip": zip_bytes({f"{n}.xml": spl() if n != 1 else spl()[:900], "photo.jpg": b"x"}) for n in range(3)
    }
    inner["prescription/9.zip"] = b"PK\x03\x04 cut off"
    path = zipped(tmp_path / "dm_spl_release.zip", inner)
    assert SplReader().recognise(Sample.of(path)) > 0.5
    records, faults = read(SplReader(), path)
    assert [one.document.place.record for one in records] == ["prescription/0.zip!0.xml", "prescription/2.zip!2.xml"]
    assert "line " in faults[0].reason and faults[0].place.record == "prescription/1.zip!1.xml"
    assert "not a readable zip archive" in faults[1].reason


def test_another_kind_of_xml_is_not_recognised(tmp_path: Path) -> None:
    path = tmp_path / "index.xml"
    path.write_text("<spls><metadata/><spl><setid>x</setid></spl></spls>")
    assert SplReader().recognise(Sample.of(path)) == 0


def test_an_spl_file_is_recognised_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "label.txt"
    path.write_bytes(spl())
    assert SplReader().recognise(Sample.of(path)) == 1


def test_the_real_labels_have_as_many_sections_as_elements_with_text(shared: Path) -> None:
    for name, elements in SPL_FILES.items():
        path = shared / "labels" / "en" / "spl" / f"{name}.xml"
        assert SplReader().recognise(Sample.of(path)) == 1
        (record,), faults = read(SplReader(), path)
        assert not faults
        assert elements - 1 <= len(record.document.sections) <= elements, name
        assert record.document.key and record.document.effective and record.document.maker
