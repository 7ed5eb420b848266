"""Tests of the PDF reader, on small files drawn here."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.ingest.readers.pdf import PdfReader
from medrag.ingest.sample import Sample
from medrag.types import DocumentKind
from tests.ingest.readers.reading import read, sections

Drawn = tuple[float, float, str] | tuple[float, float, str, int]
WIDE = 300.0  # where lines end in these files


def pdf(path: Path, *pages: list[Drawn]) -> Path:
    """A PDF whose pages show these texts at x, y (from below) in Helvetica of size 10 or the one given."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        shown = "".join(f"BT /F1 {one[3] if len(one) > 3 else 10} Tf {one[0]} {one[1]} Td ({one[2]}) Tj ET\n" for one in page)
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}endstream")
        stream = len(objects)
        resources = "<< /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources} /Contents {stream} 0 R >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    data = "%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    path.write_bytes(data.encode("latin-1"))
    return path


def lines(texts: list[str], *, x: float = 50, top: float = 700) -> list[Drawn]:
    """One drawn line for each text, from the top down."""
    return [(x, top - 12 * at, text) for at, text in enumerate(texts)]


LABEL = [
    "ZEMOX tablets",
    "FULL PRESCRIBING INFORMATION: CONTENTS",
    "1 INDICATIONS AND USAGE",
    "4 CONTRAINDICATIONS",
    "FULL PRESCRIBING INFORMATION",
    "WARNING: BLEEDING",
    "May bleed.",
    "1 INDICATIONS AND USAGE",
    "Zemox is for fever in adults who were told so by a doc-",
    "tor. A short line.",
    "2 mg is a dose and no chapter.",
    "4 CONTRAINDICATIONS",
    "4.1 Allergy",
    "Do not use after a reaction to zemoxine.",
]


def test_numbered_and_known_headings_are_sections_and_the_contents_are_not(tmp_path: Path) -> None:
    path = pdf(tmp_path / "zemox.pdf", lines(LABEL))
    assert PdfReader().recognise(Sample.of(path)) > 0.9
    (record,), faults = read(PdfReader(), path)
    assert not faults
    found = [(code, heading) for code, heading, _ in sections(record) if heading]
    assert found[1:] == [
        ("medrag:other", "FULL PRESCRIBING INFORMATION"),
        ("34066-1", "WARNING: BLEEDING"),
        ("34067-9", "1 INDICATIONS AND USAGE"),
        ("34070-3", "4 CONTRAINDICATIONS"),
        ("medrag:other", "4.1 Allergy"),
    ]
    assert record.document.kind is DocumentKind.LABEL
    assert record.document.place.record == "pages 1-1"
    assert "told so by a doctor. A short line.\n2 mg is a dose" in record.document.text


def test_columns_that_are_drawn_row_by_row_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"left column number {n} is long enough here" for n in range(10)]
    right = [f"right column number {n} is long enough here" for n in range(10)]
    drawn = [pair for at in range(10) for pair in ((50.0, 700.0 - 12 * at, left[at]), (330.0, 700.0 - 12 * at, right[at]))]
    (record,), _ = read(
        PdfReader(),
        pdf(tmp_path / "two.pdf", [(50.0, 730.0, "A title that runs across the whole page and its gutter " * 2), *drawn]),
    )
    text = " ".join(record.document.text.split())
    assert text.index("left column number 9") < text.index("right column number 0")


def test_cells_of_a_row_are_parted_and_raised_digits_go_back_to_their_place(tmp_path: Path) -> None:
    drawn: list[Drawn] = [(50, 700, "Fever"), (200, 700, "14%"), (300, 700, "5%"), (50, 670, "Per 1.73 m"), (108, 670, "stop.")]
    drawn += [(50, 640, "At most 10"), (107, 640, "units of it at once."), (97, 674, "2", 6), (99, 644, "6", 6)]
    (record,), _ = read(PdfReader(), pdf(tmp_path / "cells.pdf", drawn))
    text = record.document.text
    assert "Fever | 14% | 5%" in text
    assert "1.73 m2 stop." in text
    assert "10⁶ units" in text  # and never 106 units


def test_running_heads_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    pages = [
        [(50.0, 760.0, "Zemox label 2024"), *lines([f"Text of page {n} stands here."]), (50.0, 20.0, f"Page {n} of 4")]
        for n in range(1, 5)
    ]
    (record,), _ = read(PdfReader(), pdf(tmp_path / "heads.pdf", *pages))
    assert "Zemox label 2024" not in record.document.text and "of 4" not in record.document.text
    assert record.document.text.count("stands here") == 4


def test_a_pdf_of_images_says_that_it_needs_ocr(tmp_path: Path) -> None:
    records, faults = read(PdfReader(), pdf(tmp_path / "scan.pdf", []))
    assert not records and "OCR" in faults[0].reason


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog", b"%PDF-" + b"\xff" * 5000])
def test_a_broken_pdf_is_one_fault(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(data)
    records, faults = read(PdfReader(), path)
    assert (len(records), len(faults)) == (0, 1) and "not a readable PDF" in faults[0].reason


def test_the_real_labels_have_their_chapters(shared: Path) -> None:
    wanted = {"fda_ibuprofen_label_2024.pdf": 12, "fda_metformin_extended_release_2025.pdf": 40}
    for name, least in wanted.items():
        (record,), faults = read(PdfReader(), shared / "labels" / "en" / "pdf" / name)
        assert not faults and record.document.kind is DocumentKind.LABEL
        assert len(record.document.sections) >= least
        assert {"34067-9", "34068-7"} <= {one.code for one in record.document.sections}
