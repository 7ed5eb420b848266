"""Text made to keep a regular expression busy: time grows with its length, not with the square."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from medrag.ingest.canonical import clean
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import iso_date, name_lines, split_names
from medrag.ingest.readers.drug_label import names_in_title, printed_name
from medrag.ingest.readers.files import _markdown_blocks
from medrag.ingest.readers.headings import sections_of
from medrag.ingest.readers.latin_headings import latin_sections
from medrag.ingest.readers.pulse import split_entry
from medrag.ingest.readers.zh_label import split_labels
from medrag.sections import classify_heading
from medrag.sentences import sentences

CHARS = 200_000
SECONDS = 5.0  # the squares that were found took minutes at this length
READ: dict[str, Callable[[str], object]] = {
    "clean": clean,
    "heading": classify_heading,
    "sentences": sentences,
    "sections": lambda text: sections_of([text]),
    "English sections": lambda text: latin_sections([text]),
    "labels": lambda text: split_labels([text]),
    "cell": cell_text,
    "date": iso_date,
    "names": lambda text: (split_names(text), name_lines(text)),
    "title": lambda text: (names_in_title(text), printed_name(text)),
    "markdown": lambda text: _markdown_blocks([text]),
    "entry": split_entry,
}


@pytest.mark.parametrize(
    "piece", [" ", "　", "[", "【适应症】", "：", ":", ",", "1.", "- ", "| ", "[a](", "*", "A ", "适应症："]
)
@pytest.mark.parametrize("name", READ)
def test_time_grows_with_length_alone(name: str, piece: str) -> None:
    text = "药" + piece * (CHARS // len(piece)) + "x"
    began = process_time()
    READ[name](text)
    assert process_time() - began < SECONDS
