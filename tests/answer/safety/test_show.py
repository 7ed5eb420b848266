"""How a medication check is shown: for a terminal, as Markdown, as HTML; and the command that prints it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medrag.answer.safety.check import check_medication
from medrag.answer.show.safety import safety_html, safety_lines, safety_markdown
from medrag.cli import main
from medrag.kb.base import KnowledgeBase
from medrag.types import Patient, SafetyReport


def test_lines_say_severity_words_and_places(kb: KnowledgeBase) -> None:
    lines = safety_lines(check_medication(["华法林", "阿司匹林"], None, kb))
    assert "华法林: 处方药" in lines
    assert lines[0].startswith("[")  # what speaks against the list comes first
    assert "[避免] 相互作用: 华法林 + 阿司匹林" in lines
    assert any(
        "“1.与阿司匹林合用可增加出血的危险，应避免合用。” (华法林钠片 · 甲厂 › 【药物相互作用】)" in line for line in lines
    )


def test_lines_tell_nothing_said_from_nothing_known(kb: KnowledgeBase) -> None:
    lines = safety_lines(check_medication(["雷尼替丁", "头孢克肟", "氟尿嘧啶"], None, kb))
    assert lines[0].startswith("说明书中没有找到")
    assert any(line.startswith("! 说明书都在，未提及: 雷尼替丁 + 头孢克肟") for line in lines)
    assert any(line.startswith("! 只有一方的说明书") for line in lines)


def test_english_reports_are_in_english(kb: KnowledgeBase) -> None:
    text = "\n".join(safety_lines(check_medication(["simvastatin", "clarithromycin"], None, kb)))
    assert "[avoid] interaction: simvastatin + clarithromycin" in text or "[contraindicated] interaction" in text
    assert "simvastatin: prescription only" in text


def test_what_a_user_writes_is_inert_in_markdown_and_html(kb: KnowledgeBase) -> None:
    report = check_medication(["<b>*药*</b>", "华法林", "阿司匹林"], None, kb)
    assert "<b>" not in safety_html(report)
    assert "\\<b\\>" in safety_markdown(report)
    assert safety_html(report).count('<li class="finding avoid">') == 1


# ---------------------------------------------------------------------- the command


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """A file for a patient."""
    return tmp_path / "patient.json"


def test_the_command_prints_lines_and_json(kb: KnowledgeBase, patient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patient.write_text('{"pregnant": true}', "utf-8")
    command = ["check-drugs", "华法林", "阿司匹林", "--kb", str(kb.path), "--patient", str(patient)]
    assert main(command) == 0
    assert "[禁忌] 妊娠: 华法林" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    report = SafetyReport.model_validate(json.loads(capsys.readouterr().out))
    assert report.patient == Patient(pregnant=True)
    assert report == check_medication(["华法林", "阿司匹林"], Patient(pregnant=True), kb)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"age": 70, "height": 170}', "there is no field 'height'; the fields are age, weight, sex"),
        ('{"age": 200}', "age: input should be less than or equal to 130, saw 200"),
        ('{"trimester": 4}', "trimester: input should be less than or equal to 3, saw 4"),
        ("[1]", "wanted a JSON object"),
        ("{", "cannot be read as JSON"),
    ],
)
def test_a_patient_that_is_none_is_refused_in_one_line(
    kb: KnowledgeBase, patient: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    patient.write_text(content, "utf-8")
    assert main(["check-drugs", "华法林", "--kb", str(kb.path), "--patient", str(patient)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_missing_file_an_unknown_language_and_a_bad_dose_are_refused(
    kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["check-drugs", "华法林", "--kb", str(kb.path)]
    assert main([*base, "--patient", "nowhere.json"]) == 1
    assert "there is no such file" in capsys.readouterr().err
    assert main([*base, "--lang", "fr"]) == 2
    assert main(["check-drugs", "华法林 5mg/zzz", "--kb", str(kb.path)]) == 1
    assert "per 'zzz'" in capsys.readouterr().err


def test_own_classes_reach_medicines_that_the_table_does_not_name(
    kb: KnowledgeBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "classes.tsv"
    own.write_text("# mine\n抗凝药\tanticoagulant\t静心片/jingxin\n", "utf-8")
    assert main(["check-drugs", "静心片", "阿司匹林", "--kb", str(kb.path), "--classes", str(own)]) == 0
    assert "相互作用: 静心片 + 阿司匹林" in capsys.readouterr().out
    own.write_text("抗凝药 anticoagulant\n", "utf-8")
    assert main(["check-drugs", "静心片", "--kb", str(kb.path), "--classes", str(own)]) == 1
    assert "(line 1): wanted Chinese names TAB English names TAB members" in capsys.readouterr().err
