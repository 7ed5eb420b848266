"""Citations drawn over all labels: each stands where it says, also where words repeat and characters are unusual."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from medrag.cli.app import run
from medrag.errors import EvaluationError
from medrag.evaluate.pointers import check_pointers, draw_citations
from medrag.kb.base import KnowledgeBase
from tests.making import label

BOILERPLATE = "对本品过敏者禁用。\n"
LABELS = [
    label("甲片", {"【禁忌】": BOILERPLATE * 3, "【注意事项】": BOILERPLATE}, key="P1"),
    label("乙片", {"【成份】": "含𠮷草提取物１０ｍｇ。", "【贮藏】": "密封。"}, key="P2"),
    label("Third", {"WARNINGS": "Do not use with e\u0301clair. Stop use at once."}, key="P3", lang="en"),
]


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path / "labels.kb") as made:
        with made.write() as writer:
            writer.add_many(LABELS)
        yield made


def test_all_citations_stand_where_they_say(kb: KnowledgeBase) -> None:
    checked = check_pointers(kb, n=50)
    assert (checked.citations, checked.labels, checked.wrong) == (50, 3, ())
    assert checked.kinds["repeated in their label"] > 0
    assert checked.kinds["with astral characters"] > 0
    assert checked.kinds["with full-width characters"] > 0
    assert checked == check_pointers(kb, n=50)


def test_fewer_citations_than_labels_are_drawn_of_so_many_labels(kb: KnowledgeBase) -> None:
    assert check_pointers(kb, n=2).citations == 2


def test_a_passage_that_is_not_where_it_says_is_found_out(kb: KnowledgeBase) -> None:
    document = kb.document("P1")
    moved = [replace(p, start=p.start + 1, end=p.end + 1) for p in kb.passages_of(document)]
    citations = list(draw_citations(document, moved, 5, Random(1)))
    assert all(document.text[one.start : one.end] != one.quote for one in citations)


def test_citations_are_checked_from_the_files_alone(tmp_path: Path) -> None:
    file = tmp_path / "drugs.jsonl"
    rows = [{"docs": ["甲片 禁忌\n对本品过敏者禁用。", "甲片 贮藏\n密封，置阴凉处。"]}]
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), "utf-8")
    from medrag.ingest.build import build

    with KnowledgeBase.create(tmp_path / "files.kb") as made:
        build([file], made)
        checked = check_pointers(made, n=10, sources=[tmp_path / "drugs.jsonl"])
        assert (checked.in_files, checked.wrong_in_files) == (10, ())
        file.write_text(file.read_text("utf-8").replace("对本品", "对本药品"), "utf-8")
        assert check_pointers(made, n=10, sources=[file]).wrong_in_files


def test_without_a_label_there_is_nothing_to_cite(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "empty.kb") as made, pytest.raises(EvaluationError, match="no label"):
        check_pointers(made, n=5)


def test_the_command_says_how_many_stand(capsys: pytest.CaptureFixture[str], kb: KnowledgeBase) -> None:
    assert run(["evaluate", "pointers", "--kb", str(kb.path), "--n", "20"]) == 0
    assert "20 citations of 3 labels: all stand where they say" in capsys.readouterr().out
    assert run(["evaluate", "pointers", "--kb", str(kb.path), "--n", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["wrong"] == []
