"""Folding, finding names in text, and what a drug's printed name says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medrag.kb.folding import fold, fold_with_map
from medrag.kb.names import NameIndex, NameWriter
from medrag.kb.terms import drug_lineage


def index_of(folder: Path, *batches: list[str]) -> NameIndex:
    for names in batches:
        writer = NameWriter(folder)
        writer.add(fold(name) for name in names)
        writer.publish()
    return NameIndex(folder)


@given(st.text(max_size=60))
def test_a_folded_span_maps_back_inside_the_text(text: str) -> None:
    folded = fold_with_map(text)
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "part", "original"),
    [
        ("每次１００㎎口服", "100mg", "１００㎎"),
        ("𠮷片 ﬁber", "fiber", "ﬁber"),
        ("cafe\u0301 x", "café", "cafe\u0301"),
        ("STRASSE ß", "ss", "SS"),
    ],
)
def test_what_is_found_folded_is_quoted_as_printed(text: str, part: str, original: str) -> None:
    folded = fold_with_map(text)
    at = folded.text.index(part)
    start, end = folded.span(at, at + len(part))
    assert text[start:end] == original


@given(st.text(alphabet="a1 维Ｃ\t\u3000ß\u0301é", max_size=12))
def test_folding_with_a_map_compares_as_folding_without(text: str) -> None:
    assert fold_with_map(text).text.strip() == fold(text)


def test_blanks_within_a_name_do_not_hide_it(tmp_path: Path) -> None:
    index = index_of(tmp_path / "n", ["维生素 C片", "folic acid"])
    for text, quoted in (("吃维生素 C 片 可以吗", "维生素 C 片"), ("维生素C片", "维生素C片"), ("Folic  acid", "Folic  acid")):
        ((start, end, _),) = index.find(text)
        assert text[start:end] == quoted
    assert index.find("维生素\nC片") == []  # another line is another text


def test_names_are_found_with_offsets_in_the_text_as_it_is(tmp_path: Path) -> None:
    index = index_of(tmp_path / "n", ["阿司匹林", "阿司匹林肠溶片", "aspirin", "维生素 B12"])
    text = "ＡＳＰＩＲＩＮ和阿司匹林肠溶片、维生素B12"
    assert [(text[s:e], name) for s, e, name in index.find(text)] == [
        ("ＡＳＰＩＲＩＮ", "aspirin"),
        ("阿司匹林肠溶片", "阿司匹林肠溶片"),
        ("阿司匹林", "阿司匹林"),
        ("维生素B12", "维生素b12"),
    ]


def test_a_latin_name_is_no_piece_of_a_longer_word(tmp_path: Path) -> None:
    index = index_of(tmp_path / "n", ["art", "ace"])
    assert index.find("heart face") == []
    assert [name for *_, name in index.find("用art治疗 ace.")] == ["art", "ace"]


def test_additions_are_found_beside_the_base_and_survive_compaction(tmp_path: Path) -> None:
    base = [f"药名{i}号" for i in range(100)]
    index = index_of(tmp_path / "n", base, ["新药名"], ["又一药"], [f"批量{i}" for i in range(90)])
    for name in (*base, "新药名", "又一药", "批量89"):
        assert index.knows(name), name
    assert not index.knows("批量")


@pytest.mark.parametrize(
    ("name", "lineage"),
    [
        ("盐酸普萘洛尔片", ["盐酸普萘洛尔片", "盐酸普萘洛尔", "普萘洛尔"]),
        ("华法林钠片", ["华法林钠片", "华法林钠", "华法林"]),
        ("碳酸锂片", ["碳酸锂片", "碳酸锂"]),
        ("氯化钠注射液", ["氯化钠注射液", "氯化钠"]),
        ("阿司匹林赖氨酸盐", ["阿司匹林赖氨酸盐"]),
        ("注射用阿奇霉素", ["注射用阿奇霉素", "阿奇霉素"]),
        (
            "Metformin Hydrochloride Extended-Release Tablets",
            ["Metformin Hydrochloride Extended-Release Tablets", "metformin hydrochloride", "metformin"],
        ),
        ("lithium carbonate", ["lithium carbonate"]),
        ("Potassium Chloride", ["Potassium Chloride"]),
    ],
)
def test_a_name_says_its_form_its_salt_and_its_substance(name: str, lineage: list[str]) -> None:
    assert [ref.name for ref in drug_lineage(name)] == lineage


def test_a_salt_and_its_base_are_never_one_entity() -> None:
    ids = {drug_lineage(name)[0].id for name in ("阿司匹林", "阿司匹林赖氨酸盐", "盐酸普萘洛尔", "普萘洛尔")}
    assert len(ids) == 4


def test_prose_in_place_of_a_name_is_left_whole() -> None:
    assert [ref.name for ref in drug_lineage("TABLET " * 50_000)] == [("TABLET " * 50_000).strip()]
