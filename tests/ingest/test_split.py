"""Passages: what they may be cut at, and what never."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.split import MAX_CHARS, MIN_CHARS, split
from medrag.types import Document, DocumentKind

DOSE = re.compile(r"\d+(?:\.\d+)?\s?(?:mg|g|ml|毫克|片|次|%)(?![A-Za-z])")
PIECES = st.sampled_from(
    [
        *"0.2 5 1,000 mg g ml 毫克 片 % . 。 ； ; ， , 、 ： ( （ ① 1. （1） e.g. i.v. to and ~ - / 5mg 2.5mg/kg".split(),
        " ",
        "\n",
        " | ",
        "\n- ",
        "口服",
        "Take",
        "daily. ",
        "x" * 90,
        "服用" * 90,
        "word " * 60,
        "7" * 40,
        "́",
    ]
)
BODIES = st.lists(st.lists(PIECES, max_size=60).map("".join), min_size=1, max_size=3)


def document(*bodies: str, kind: DocumentKind = DocumentKind.LABEL) -> Document:
    canonical = CanonicalText("Examplin tablets")
    for body in bodies:
        canonical.section("Dosage", body)
    return Document(source="s", key="k", title="Examplin", kind=kind, text=canonical.text(), sections=tuple(canonical.sections))


def passages(*bodies: str) -> list[str]:
    made = document(*bodies)
    return [made.text[span.start : span.end] for span in split(made)]


@given(BODIES)
def test_passages_are_ordered_lie_in_their_section_and_cover_it(bodies: list[str]) -> None:
    made = document(*bodies)
    spans = split(made)
    for section in made.sections:
        at = section.start
        for span in (span for span in spans if span.section == section.index):
            assert section.start <= span.start < span.end <= section.end
            assert not made.text[at : span.start].strip()
            at = span.end
        assert not made.text[at : section.end].strip()
    assert all(before.end <= after.start for before, after in pairwise(spans))


@given(BODIES)
def test_no_number_is_parted_from_its_unit(bodies: list[str]) -> None:
    made = document(*bodies)
    edges = {edge for span in split(made) for edge in (span.start, span.end)}
    for section in made.sections:
        for dose in DOSE.finditer(made.text, section.start, section.end):
            assert not edges & set(range(dose.start() + 1, dose.end())), dose.group()


def test_short_sentences_are_merged_and_a_tiny_rest_joins_the_passage_before() -> None:
    found = passages(" ".join(f"Sentence number {number:03d} of the section says little." for number in range(30)) + " End.")
    assert all(MIN_CHARS <= len(text) <= MAX_CHARS + MIN_CHARS for text in found)
    assert len(found) > 2
    assert all(text.endswith((".", "little.")) for text in found)


def test_sections_are_never_joined_however_short() -> None:
    assert passages("One.", "Two.") == ["One.", "Two."]


def test_a_long_sentence_is_cut_at_clauses_then_commas_then_blanks() -> None:
    clause = "本品可引起多种不良反应包括皮疹" * 30
    assert [text[-1] for text in passages(f"{clause}；{clause}；{clause}。")] == ["；", "；", "。"]
    assert [text[-1] for text in passages(f"{clause}，{clause}，{clause}。")] == ["，", "，", "。"]
    assert all(len(text) <= MAX_CHARS for text in passages("word " * 900))


def test_a_sentence_without_a_place_to_cut_is_cut_beside_its_numbers() -> None:
    for lead in range(780, 801):
        first, *_ = passages("服" * lead + "2.5毫克" + "用" * 400)
        assert first.endswith(("服", "毫克", "用")), first[-8:]


def test_a_table_row_is_kept_whole_and_a_header_stays_with_its_first_row() -> None:
    rows = [f"Reaction {number} | {number} % | {'seen in trials ' * 8}".strip() for number in range(20)]
    intro = "The table shows what was seen in the trials of this medicine. " * 6
    found = passages("\n".join([intro.strip(), "Reaction | Share | Note", *rows]))
    assert not any(text.endswith("Note") for text in found)
    assert all(line in rows for text in found[1:] for line in text.split("\n") if not line.startswith(("The", "Reaction |")))
    long_row = "a | " + "b, c. " * 300 + "d"
    assert long_row in passages(f"{intro}\n{long_row}\n{intro}")


def test_a_line_that_leads_in_a_list_goes_with_the_list() -> None:
    prose = "Some words about the medicine and how it is taken. " * 8
    found = passages(
        "\n".join([prose.strip(), "The most common reactions are:", *(f"- reaction number {n} of the list" for n in range(20))])
    )
    assert found[1].startswith("The most common reactions are:\n- reaction number 0")


def test_a_record_has_no_passages() -> None:
    assert split(document("a row", kind=DocumentKind.RECORD)) == ()


def test_real_labels_give_passages_of_a_length_worth_quoting(shared: Path) -> None:
    lengths: list[int] = []
    with (shared / "labels/en/spl_sections.jsonl").open(encoding="utf-8") as lines:
        for _, line in zip(range(200), lines, strict=False):
            made = document(*(section["text"] for section in json.loads(line)["sections"]))
            lengths += [span.end - span.start for span in split(made)]
    assert MIN_CHARS <= median(lengths) <= MAX_CHARS
