"""The indication test: its criteria by hand, its reader, the whole path, and the real file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.indications import FILE, agreement, ask_indications, plain, published, read_indications, score
from medrag.evaluate.saying import Way, said
from medrag.kb.base import KnowledgeBase
from tests.evaluate.drawing import NAMES, monographs, names
from tests.making import label

READ = Path(__file__).parents[1] / "data" / "indications" / "read.tsv"

COLUMNS = ("药品", "药品适应症", "医学专家标注的适应病症", "instruction")
ROWS = (
    (
        "示例洛尔片",
        "<p>用于治疗胃、十二指肠溃疡&ldquo;出血&rdquo;。</p><p>也用于血压&lt;60mmHg。</p>",
        "胃溃疡|十二指肠溃疡|头癣",
        "示例洛尔片的适应病症",
    ),
    ("样本西林胶囊", "<p>用于急、慢性荨麻疹。</p>", "急性荨麻疹|慢性荨麻疹", "样本西林胶囊的适应病症"),
)


def written(
    path: Path, rows: tuple[tuple[str, ...], ...] = ROWS, columns: tuple[str, ...] = COLUMNS, encoding: str = "utf-8"
) -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([columns, *rows])
    return path


def test_criteria_are_shares_of_the_terms_and_at_least_one(tmp_path: Path) -> None:
    drugs = read_indications(written(tmp_path / "a.csv"))
    scores = score(drugs, ["十二指肠溃疡", "没有"])
    # The first drug: one of three terms is enough for C1 only; the second: none.
    assert [one.total for one in scores.shares().values()] == [1, 0, 0] and (scores.hits, scores.terms) == (1, 5)
    scores = score(drugs, [drugs[0].text, drugs[1].text])
    # Two of three is two thirds exactly; both of two.
    assert [one.total for one in scores.shares().values()] == [2, 2, 2]
    assert [one.total for one in scores.shares(literally=True).values()] == [2, 1, 0]
    assert (scores.hits, scores.literal_hits) == (4, 2) and scores.missed == (("示例洛尔片", "头癣"),)
    assert [(drug, term) for drug, term, _ in scores.by_expansion] == [("示例洛尔片", "胃溃疡"), ("样本西林胶囊", "急性荨麻疹")]
    with pytest.raises(EvaluationError, match="2 drugs, but 1 texts"):
        score(drugs, ["x"])


def test_markup_becomes_lines_and_values_stay() -> None:
    assert plain(ROWS[0][1]) == "用于治疗胃、十二指肠溃疡“出血”。\n也用于血压<60mmHg。"
    assert plain("a<br/>b <60 and >20 c") == "a\nb <60 and >20 c"


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (ROWS, ("药品", "药品适应症", "其他", "instruction"), r"line 2\): 医学专家标注的适应病症: field required"),
        ((ROWS[0], ("", *ROWS[1][1:])), COLUMNS, r"line 3\): 药品"),
        ((ROWS[0], (*ROWS[1][:2], "|", "")), COLUMNS, r"line 3\): 医学专家标注的适应病症: no term"),
        ((ROWS[0], ROWS[0]), COLUMNS, r"line 3\): the drug and text .* a second time, first in line 2"),
        ((), COLUMNS, "no rows"),
    ],
)
def test_rows_that_cannot_be_used_are_named(
    tmp_path: Path, rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        read_indications(written(tmp_path / "a.csv", rows, columns))


def test_other_encodings_are_read(tmp_path: Path) -> None:
    assert read_indications(written(tmp_path / "a.csv", encoding="gb18030")) == read_indications(written(tmp_path / "b.csv"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base with a label of another drug."""
    path = tmp_path_factory.mktemp("others") / "labels.kb"
    with KnowledgeBase.create(path) as kb, kb.write() as writer:
        writer.add(label("别样替丁片", {"适应症": "用于治疗胃溃疡。", "用法用量": "口服。"}))
    return path


def test_the_whole_path_finds_the_terms_and_leaves_the_knowledge_base_alone(tmp_path: Path, others: Path) -> None:
    report = ask_indications(written(tmp_path / "a.csv"), others)
    assert report.asked_of == 3 and report.abstained == 0
    assert [one.total for one in report.answers.shares().values()] == [2, 2, 2]
    with KnowledgeBase.open(others) as kb:
        assert [info.title for info in kb.documents()] == ["别样替丁片"]


def test_the_command_says_that_it_is_automatic_and_what_it_compares(
    tmp_path: Path, others: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expanded = tmp_path / "expanded.jsonl"
    command = ["evaluate", "indications", str(written(tmp_path / "a.csv")), "--kb", str(others)]
    assert main([*command, "--expanded", str(expanded)]) == 0
    shown = capsys.readouterr().out
    assert "automatic" in shown and "retrieval against the published models' memory" in shown and "91.49" in shown
    rows = [json.loads(line) for line in expanded.read_text("utf-8").splitlines()]
    assert {(row["text"], row["term"], row["way"]) for row in rows} >= {
        ("answer", "胃溃疡", "list"),
        ("answer", "头癣", "missed"),
    }
    assert main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["scored"] == "automatically" and printed["answers"]["shares"]["C3"]["value"] == 1.0


def test_published_rows_have_three_figures_and_a_source() -> None:
    rows = published()
    assert len(rows) == 7 and max(row.values for row in rows) == (91.49, 82.98, 72.34)
    assert all(len(row.values) == 3 and "QiZhenGPT" in row.source for row in rows)


def test_the_labels_own_text_says_nearly_all_that_experts_took_from_it(shared: Path) -> None:
    drugs = read_indications(shared / FILE)
    own = score(drugs, [drug.text for drug in drugs])
    assert (len(drugs), own.terms, own.literal_hits) == (24, 95, 78)
    assert [one.total for one in own.shares(literally=True).values()] == [22, 21, 18]
    shares = own.shares()
    assert shares["C1"].value >= 0.99 and shares["C2"].value >= 0.97 and shares["C3"].value >= 0.95


def test_the_rule_agrees_with_the_experts_beyond_chance_and_says_where_it_does_not(shared: Path, tmp_path: Path) -> None:
    found = agreement(read_indications(written(tmp_path / "a.csv")))
    # Five terms, two texts: of ten pairs the experts have five, of which the rule misses the one that is not there.
    assert (found.both, found.only_experts, found.only_rule, found.neither) == (4, 1, (), 5)
    assert found.kappa == pytest.approx((0.9 - 0.5) / 0.5)
    real = agreement(read_indications(shared / FILE))
    assert real.kappa >= 0.9 and real.both >= 90


def test_of_three_hundred_matches_that_only_the_rule_made_at_most_six_are_wrong(shared: Path) -> None:
    rows = [line.split("\t") for line in READ.read_text("utf-8").splitlines() if not line.startswith("#")]
    texts, listed = monographs(shared), {file: names(shared, file) for file in NAMES}
    by_rule: list[str] = []
    for _, label_number, file, line, read in rows:
        found = said(texts[int(label_number)], listed[file][int(line)])
        if found is not None:
            assert found.way is not Way.LITERALLY
            by_rule.append(read)
    assert len(by_rule) >= 300
    assert by_rule.count("wrong") + by_rule.count("doubtful") <= 6
