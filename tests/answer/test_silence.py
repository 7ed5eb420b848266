"""Silence on what was asked is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.answer.quote.patients import speaks_of_patients
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.cues import Population
from medrag.retrieve.rank import retrieve
from tests.making import label


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("lead") / "labels.kb") as made:
        with made.write() as writer:
            writer.add_many(
                [
                    label(
                        "稳压宁片",
                        {
                            "【适应症】": "用于高血压。",
                            "【用法用量】": "口服，每日1片，早晨服用。",
                            "【禁忌】": "对本品过敏者禁用。",
                        },
                        key="W",
                    ),
                ]
            )
        yield made


def drafted(question: str, kb: KnowledgeBase) -> Draft:
    found = retrieve(question, kb)
    return write(found.understanding, found.evidence, kb)


def test_a_missed_dose_of_which_the_label_says_nothing_is_said_to_be_missing(kb: KnowledgeBase) -> None:
    assert "没有提到“忘了吃”" in drafted("稳压宁片忘了吃怎么办", kb).text
    assert "没有提到" not in drafted("稳压宁片怎么吃", kb).text


def test_what_a_medicine_is_for_is_said_to_be_missing_from_a_label_without_indications(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "labels.kb") as kb:
        with kb.write() as writer:
            writer.add(label("Obrivex", {"ADVERSE REACTIONS": "Nausea was reported with Obrivex."}, key="O", lang="en"))
        text = drafted("What is Obrivex?", kb).text
    assert "Nausea" in text and text.endswith("(Obrivex has no section on indications & usage.)")


def test_a_hormone_is_no_pregnancy() -> None:
    assert not speaks_of_patients("孕激素受体水平低者可先用本品。", (Population.PREGNANT,))
    assert speaks_of_patients("孕妇禁用；孕激素无效。", (Population.PREGNANT,))
