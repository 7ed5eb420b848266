"""Reports of runs: one page without any outside request, Markdown beside it, and every evaluation by one command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from medrag.answer.engine import MedRAG
from medrag.cli import main
from medrag.cli.evaluate import evaluate_app
from medrag.cli.evaluate_judge import judge_app
from medrag.evaluate.report.page import write_report
from medrag.evaluate.report.svg import Curve, Dot, curves, dots
from medrag.evaluate.runs.folder import writing
from medrag.evaluate.runs.manifest import manifest_of
from medrag.evaluate.runs.records import Asked
from medrag.evaluate.runs.run import run
from medrag.evaluate.runs.tasks import run_tasks
from medrag.kb.base import KnowledgeBase
from tests.evaluate.running import asked, done, manifest, own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the knowledge base `shelf.kb` and questions."""
    return asked(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def kb(folder: Path) -> Iterator[KnowledgeBase]:
    """The knowledge base, opened."""
    with KnowledgeBase.open(folder / "shelf.kb") as opened:
        yield opened


class Tags(HTMLParser):
    """The tags of a page and what they point to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps the tag, and links to anywhere else."""
        self.tags.append(tag)
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_report_is_one_page_with_plots_and_every_question(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    for name, k in (("one", 10), ("two", 3)):
        done(folder, kb, tmp_path / name, k=k)
    page, markdown = write_report([tmp_path / "one", tmp_path / "two"], tmp_path / "report.html")
    text = page.read_text("utf-8")
    tags = Tags()
    tags.feed(text)
    assert not tags.outside and "script" not in tags.tags and tags.tags.count("svg") >= 5
    assert text.count("鼻炎丸治什么") == 2 and "鼻塞、流涕" in text and "two against one" in text
    assert "| own-zh | all | Success@1 | 4 | 0.750 |" in markdown.read_text("utf-8")


def test_what_a_record_says_is_no_markup(folder: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    with writing(tmp_path / "run", manifest(folder, kb)) as opened:
        opened.add(Asked(task="own-zh", id="<b>", question="<script>alert(1)</script>", text="<img src=x>", values={"RR": 0.5}))
    page, _ = write_report([tmp_path / "run"], tmp_path / "report.html")
    text = page.read_text("utf-8")
    assert "<script" not in text and "<img" not in text and "&lt;script&gt;" in text


def test_plots_are_well_formed_and_hold_every_point() -> None:
    drawn = curves([Curve("a <b>", [(0.0, 0.0), (1.0, 0.5)], marked=True)], x="x", y="y", diagonal=True)
    root = ElementTree.fromstring(drawn)
    assert len(root.findall(".//{*}circle")) == 2 and "a <b>" in "".join(root.itertext())
    assert ElementTree.fromstring(dots([Dot("m", 1.0, 1.0, 1.0)], x="Elo")).findall(".//{*}circle")
    marks = [text.text for text in ElementTree.fromstring(dots([Dot("m", 0.8, 0.677, 0.913)], x="share")).findall(".//{*}text")]
    assert marks == ["0.7", "0.8", "0.9", "m", "share"]  # round numbers
    assert curves([Curve("a", [])], x="x", y="y") == dots([], x="x") == ""


def test_the_commands_run_compare_and_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kb = str(folder / "shelf.kb")
    for name, k in (("one", "10"), ("two", "1")):
        assert main(["evaluate", "run", str(folder), "--kb", kb, "--out", str(tmp_path / name), "--k", k]) == 0
    out = capsys.readouterr().out
    assert "own-zh: 4 of 5 questions count (left out: 1 whose answer is not there)" in out and "6 questions asked now" in out
    assert main(["evaluate", "compare", str(tmp_path / "one"), str(tmp_path / "two")]) == 0
    assert "differ in: settings.k: 10 and 1" in capsys.readouterr().out
    page = tmp_path / "out.html"
    assert main(["evaluate", "report", str(tmp_path / "one"), str(tmp_path / "two"), "--out", str(page)]) == 0
    assert page.is_file() and page.with_suffix(".md").is_file()
    assert main(["evaluate", "report", str(tmp_path / "one"), "--out", str(tmp_path / "out.md")]) == 1
    assert main(["evaluate", "compare", str(tmp_path / "one"), str(tmp_path)]) == 1


def test_runs_of_other_questions_are_reported_side_by_side_and_not_compared(
    folder: Path, kb: KnowledgeBase, tmp_path: Path
) -> None:
    done(folder, kb, tmp_path / "one")
    tasks = run_tasks(own(tmp_path, "question,answer\n止咳丸一次几丸,6丸\n"))
    run(tasks, MedRAG(kb), tmp_path / "other", manifest_of(kb, {"mine": tasks[0][1]}, {}))
    page, markdown = write_report([tmp_path / "one", tmp_path / "other"], tmp_path / "report.html")
    text = markdown.read_text("utf-8")
    assert "## one: own-zh" in text and "## other: mine" in text and "against" not in text
    assert page.read_text("utf-8").count("<caption><b>Table") == text.count("\n## ")


def test_every_evaluation_whose_data_are_there_is_run_by_one_command(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "eval" / "qizhen").mkdir(parents=True)
    text = "药品,药品适应症,医学专家标注的适应病症,instruction\n甲药片,用于胃、十二指肠溃疡。,胃溃疡|十二指肠溃疡,甲药片的适应病症\n"
    (tmp_path / "eval" / "qizhen" / "indications.csv").write_text(text, "utf-8")
    out, kb_path = tmp_path / "out", str(folder / "shelf.kb")
    assert main(["evaluate", "all", str(tmp_path), "--kb", kb_path, "--out", str(out)]) == 0
    assert {path.stem for path in out.glob("*.txt")} == {"run", "indications"}
    assert "C1" in (out / "run.txt").read_text("utf-8") and (out / "report.html").is_file()
    (tmp_path / "other" / "eval" / "exams").mkdir(parents=True)
    (tmp_path / "other" / "eval" / "exams" / "medqa_us.jsonl").write_text("[]\n", "utf-8")
    assert main(["evaluate", "all", str(tmp_path / "other"), "--kb", kb_path, "--out", str(out)]) == 1
    assert "exams did not end well: medrag: " in capsys.readouterr().err
    assert main(["evaluate", "all", str(out), "--kb", kb_path, "--out", str(out)]) == 1
    assert "wanted a folder with eval/user" in capsys.readouterr().err


def test_the_page_on_evaluation_names_every_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
    named = {command.name or "" for app in (evaluate_app(), judge_app()) for command in app.registered_commands}
    assert [name for name in sorted(named) if not re.search(rf"(evaluate|judge) {name}\b", page)] == [] and len(named) > 15
