"""Which of several medicines a question is asked about."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import group_cues
from medrag.retrieve.english_forms import Form, fits_form, forms_beside, forms_meant, forms_usual
from medrag.retrieve.roles import asked_about
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import understand
from medrag.sections import SectionGroup
from medrag.types import Question


def _named(text: str, *names: str) -> list[Drug]:
    return [cast(Drug, SimpleNamespace(name=name, start=text.index(name), end=text.index(name) + len(name))) for name in names]


@pytest.mark.parametrize(
    ("text", "names", "asked"),
    [
        ("aspirin allergy, doc gave zentor", ("aspirin", "zentor"), ["zentor"]),
        ("allergic to zentor, is brulox ok", ("zentor", "brulox"), ["brulox"]),
        ("hives with zentor years ago - brulox?", ("zentor", "brulox"), ["brulox"]),
        ("青霉素过敏能用安神平吗", ("青霉素", "安神平"), ["安神平"]),
        ("can i take zentor with brulox", ("zentor", "brulox"), ["zentor", "brulox"]),
        ("zentor allergy", ("zentor",), ["zentor"]),
    ],
)
def test_who_is_allergic_to_one_medicine_asks_about_the_other(text: str, names: tuple[str, ...], asked: list[str]) -> None:
    assert [drug.name for drug in asked_about(text, _named(text, *names))] == asked


@pytest.mark.parametrize("text", ["is there \0\0\0 in \0\0", "does \0\0 have any \0\0 in it", "\0\0里有没有\0\0\0"])
def test_a_medicine_in_another_asks_for_what_it_is_made_of(text: str) -> None:
    assert SectionGroup.COMPOSITION in {cue.group for cue in group_cues(text)}


def test_who_says_no_form_takes_tablets_and_i_am_is_no_injection() -> None:
    assert forms_usual("can i drink on zentor") == {Form.SOLID}
    assert Form.INJECTION in forms_usual("how fast can you push zentor iv")
    assert forms_beside("im on zentor", 6, 12) == frozenset()
    assert not fits_form(forms_usual("what is zentor"), "ZENTOR- zentoril injection, solution")


def test_a_shot_of_something_else_does_not_hide_the_tablets() -> None:
    asked = "my dose of zentor is high, may i have the zoster shot"
    assert fits_form(forms_meant(asked, 11, 17), "ZENTOR- zentoril tablet")
    assert not fits_form(forms_meant(asked, 11, 17), "ZENTOR- zentoril cream")
    assert not fits_form(forms_meant("zentor cream dose", 0, 6), "ZENTOR- zentoril tablet")


def test_a_childrens_label_is_read_where_the_name_or_the_patient_asks_for_it(tmp_path: Path) -> None:
    section = {"code": "34068-7", "heading": "DIRECTIONS", "depth": 0, "text": "Take one with water."}
    titles = ("ZENTOR- zentoril tablet", "JUNIOR ZENTOR- zentoril tablet")
    rows = [{"set_id": f"set-{n}", "title": title, "maker": "Maker", "sections": [section]} for n, title in enumerate(titles)]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    build([tmp_path / "labels.jsonl"], tmp_path / "labels.kb")
    with KnowledgeBase.open(tmp_path / "labels.kb") as kb:

        def read(text: str) -> set[str]:
            return {info.title for drug in understand(Question(text=text), kb).drugs for info in drug.documents}

        assert read("zentoril dose") == {titles[0]}
        assert titles[1] in read("junior zentoril on an empty stomach")
        assert titles[1] in read("zentoril dose for my toddler")
