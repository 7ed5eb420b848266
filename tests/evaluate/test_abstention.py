"""How refusals are measured, and how the score behind them is fitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.answer.confidence import Confidence, Features, confidence
from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.abstention import Question, asked, auroc, report
from medrag.evaluate.abstention_fit import fit_confidence
from medrag.kb.base import KnowledgeBase
from tests.making import label

MODEL = Confidence(weights={"zh": {"drug": 4.0}, "en": {"drug": 4.0}}, bias={"zh": -2.0, "en": -2.0}, threshold=0.5)


def question(name: str, *, answerable: bool, supported: bool, drug: float, quoted: bool = True, lang: str = "zh") -> Question:
    found = Features(lang=lang, values={"drug": drug}, quoted=quoted)
    return Question(name, name, "own" if answerable else "absent-drug", answerable, supported, found, ())


QUESTIONS = [
    question("a", answerable=True, supported=True, drug=1.0),
    question("b", answerable=True, supported=False, drug=1.0),
    question("c", answerable=True, supported=True, drug=0.0),  # scored 0.12: refused
    question("d", answerable=True, supported=True, drug=1.0, quoted=False),  # nothing to quote: refused
    question("e", answerable=False, supported=False, drug=1.0),
    question("f", answerable=False, supported=False, drug=0.0),
    question("g", answerable=False, supported=False, drug=0.0, quoted=False),
]


def test_the_area_is_the_share_of_pairs_in_order_with_ties_as_half() -> None:
    assert auroc([0.9, 0.4], [0.4, 0.1]) == (1 + 1 + 0.5 + 1) / 4
    assert auroc([1.0], [0.0]) == 1.0 and auroc([0.5], [0.5]) == 0.5


def test_figures_are_counts_over_the_questions_of_each_kind() -> None:
    lines = {(line.measure, line.group): line.estimate for line in report(QUESTIONS, MODEL).lines}
    assert (lines["refused", "all"].total, lines["refused", "all"].n) == (2, 3)
    assert (lines["false refusals", "all"].total, lines["false refusals", "all"].n) == (2, 4)
    assert (lines["unsupported answers", "all"].total, lines["unsupported answers", "all"].n) == (2, 3)  # b and e
    high = confidence(QUESTIONS[0].features, MODEL)
    low = confidence(QUESTIONS[2].features, MODEL)
    assert lines["AUROC", "all"].value == auroc([high, high, low, 0.0], [high, low, 0.0])
    assert lines["refused", "absent-drug"].n == 3 and ("refused", "en") not in lines


def test_a_coverage_that_cannot_be_had_is_shown_as_what_can() -> None:
    points = report(QUESTIONS, MODEL).points
    assert points[0].wanted == 1.0 and points[0].coverage == 0.75  # d has nothing to quote
    half = next(point for point in points if point.wanted == 0.5)
    assert (half.coverage, half.risk, half.refused) == (0.5, pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_another_threshold_refuses_more() -> None:
    lines = {(line.measure, line.group): line.estimate for line in report(QUESTIONS, MODEL, threshold=0.99).lines}
    assert lines["refused", "all"].value == lines["false refusals", "all"].value == 1.0


def made(count: int) -> list[Question]:
    """Questions that are supported where the section fits and a medicine is named, and not where it is absent."""
    return [
        question(f"{lang}{n}", answerable=n % 3 > 0, supported=n % 3 > 0, drug=float(n % 3 > 0 or n % 7 == 0), lang=lang)
        for n in range(count)
        for lang in ("zh", "en")
    ]


def test_the_fitted_model_tells_the_kinds_apart_and_has_a_falling_risk() -> None:
    model = fit_confidence(made(60), threshold=0.4, name="mine")
    assert model.name == "mine" and model.threshold == 0.4
    sure = confidence(Features(lang="zh", values={"drug": 1.0}), model)
    assert sure > 0.6 > 0.2 > confidence(Features(lang="zh", values={"drug": 0.0}), model)
    assert model.curve[0].coverage == 1.0 and model.curve[0].risk == pytest.approx(1 / 3, abs=1e-3)
    assert model.curve[-1].risk < model.curve[0].risk


def test_the_same_questions_give_the_same_model() -> None:
    assert fit_confidence(made(40), threshold=0.3) == fit_confidence(made(40), threshold=0.3)


def test_too_few_questions_are_an_error() -> None:
    with pytest.raises(EvaluationError, match="wanted 20 questions"):
        fit_confidence(made(5), threshold=0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("abstention")
    with KnowledgeBase.create(root / "labels.kb") as kb, kb.write() as writer:
        writer.add(
            label("舒缓定片", {"【不良反应】": "恶心。", "【禁忌】": "孕妇禁用。", "【用法用量】": "一日一次，一次1片。"})
        )
    gold = [{"drug": "舒缓定片", "section": "不良反应", "grade": 2}]
    rows = [
        {"id": "q1", "question": "舒缓定片有什么不良反应", "kind": "short", "gold": gold},
        {"id": "q2", "question": "舒缓定片的禁忌是什么", "kind": "short", "gold": gold},  # gold that is not what is asked
        {"id": "q3", "question": "舒缓定片的副作用", "kind": "short", "gold": gold, "part": "frozen"},
        {"id": "q4", "question": "别的药的副作用", "kind": "short", "gold": [{"drug": "别的药", "section": "不良反应"}]},
    ]
    absent = [
        {"id": "a1", "question": "阿无此药片的禁忌", "kind": "absent-drug"},
        {"id": "a2", "question": "舒缓定片的贮藏", "kind": "absent-section"},
        {"id": "a3", "question": "今天天气好吗", "kind": "outside", "part": "frozen"},
    ]
    questions = root / "questions"
    questions.mkdir()
    for name, some in (("zh.jsonl", rows), ("absent_zh.jsonl", absent)):
        (questions / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), "utf-8")
    yield root


def test_questions_of_both_kinds_are_asked_without_the_frozen_ones(folder: Path) -> None:
    found = {q.id: q for q in asked([folder / "questions"], kb=folder / "labels.kb")}
    assert set(found) == {"q1", "q2", "a1", "a2"}  # of q4 the gold is not there
    assert found["q1"].supported and not found["q2"].supported and found["q2"].features.quoted
    assert not found["a1"].features.quoted and not found["a2"].features.quoted and found["a2"].group == "absent-section"


def test_the_frozen_part_is_asked_only_when_it_is_asked_for(folder: Path) -> None:
    assert {q.id for q in asked([folder / "questions"], kb=folder / "labels.kb", frozen=True)} == {"q3", "a3"}


def test_questions_of_one_kind_alone_are_an_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "absent_zh.jsonl").write_text('{"id": "a", "question": "阿无此药片的禁忌"}\n', "utf-8")
    with pytest.raises(EvaluationError, match="that labels answer"):
        asked([tmp_path], kb=folder / "labels.kb")
    (tmp_path / "absent_zh.jsonl").write_text('{"id": "a", "question": "阿", "kind": "unheard-of"}\n', "utf-8")
    with pytest.raises(EvaluationError, match=r"absent_zh\.jsonl.*line 1"):
        asked([tmp_path], kb=folder / "labels.kb")


def test_the_command_prints_figures_and_writes_what_went_wrong(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "abstention", str(folder / "questions"), "--kb", str(folder / "labels.kb")]
    assert main([*arguments, "--errors", str(tmp_path / "wrong.jsonl")]) == 0
    printed = capsys.readouterr().out
    assert "AUROC" in printed and "1.000 (2/2)" in printed and "2 answerable questions, 2 that nothing answers" in printed
    wrong = [json.loads(line) for line in (tmp_path / "wrong.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["fault"]) for row in wrong] == [("q2", "unsupported")]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"][0]["measure"] == "refused"


def test_a_fit_to_too_few_questions_ends_with_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "abstention", str(folder / "questions"), "--kb", str(folder / "labels.kb")]
    assert main([*arguments, "--fit", str(tmp_path / "model.json")]) != 0
    assert "wanted 20 questions" in capsys.readouterr().err and not (tmp_path / "model.json").exists()
