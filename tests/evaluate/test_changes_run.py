"""The claims of a knowledge base: drawn the same in every process, parted by label, resolved where written by hand, checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medrag.cli.app import run
from medrag.errors import EvaluationError
from medrag.evaluate.changes.build import build
from medrag.evaluate.changes.cases import Expected, is_frozen
from medrag.evaluate.changes.controls import bare, untouched
from medrag.evaluate.changes.run import Outcome, check_claims, kinds_named
from medrag.evaluate.changes.written import read_written
from medrag.kb.base import KnowledgeBase
from medrag.types import Verdict, digest
from tests.making import label

CLAIMS = Path(__file__).resolve().parent.parent / "data" / "claims"
LABELS = [
    label(
        f"安定平{form}",
        {
            "【适应症】": "用于治疗失眠、焦虑和惊厥。也用于术前镇静。",
            "【用法用量】": f"口服，成人一次{dose}片，一日3次，疗程为{days}天。老年人一次半片，睡前服用。每日不超过{dose * 4}片。",
            "【禁忌】": f"1.孕妇禁用。\n2.肝功能不全者禁用。\n3.{days}岁以下儿童禁用。",
            "【注意事项】": "慎用：(1)糖尿病患者；(2)青光眼患者；(3)高血压患者。",
            "【不良反应】": f"常见头晕、乏力、嗜睡，发生率为{days}%。偶见皮疹。",
            "【药物相互作用】": "与中枢抑制药合用可增强呼吸抑制作用。",
        },
        key=f"Z{dose}{days}",
    )
    for form, dose, days in (("片", 1, 7), ("胶囊", 2, 8), ("颗粒", 3, 9), ("口服液", 4, 11), ("滴丸", 6, 13), ("散", 8, 17))
]
ENGLISH = [
    label(
        f"CALMIDE {form}",
        {
            "DOSAGE AND ADMINISTRATION": f"Adults should take {dose} mg twice daily with food. Do not exceed {dose * 3} mg in 24 hours.",
            "CONTRAINDICATIONS": "It is contraindicated in patients with glaucoma:\n- those over 65 years of age should be monitored",
            "ADVERSE REACTIONS": f"Dizziness was reported in {days}% of patients, usually within {days} days of treatment.\nEvent | Rate\nRash | 3%",
            "DRUG INTERACTIONS": "Concomitant use with warfarin may increase the risk of bleeding in patients with renal impairment.",
        },
        key=f"E{dose}{days}",
        lang="en",
    )
    for form, dose, days in (("tablets", 10, 7), ("capsules", 20, 8), ("syrup", 30, 11), ("drops", 40, 13))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("changes") / "labels.kb"
    with KnowledgeBase.create(made) as kb, kb.write() as writer:
        writer.add_many([*LABELS, *ENGLISH])
    return made


@pytest.fixture
def kb(folder: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(folder) as opened:
        yield opened


PROGRAM = """
import json, sys
from medrag.evaluate.changes.build import build
from medrag.kb.base import KnowledgeBase
with KnowledgeBase.open(sys.argv[1]) as kb:
    print(json.dumps([case.record() for lang in ("zh", "en") for case in build(kb, lang)], ensure_ascii=True))
"""


def test_the_same_claims_are_drawn_in_every_process(folder: Path) -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert len(json.loads(printed[0])) > 60


def test_another_seed_draws_other_claims(kb: KnowledgeBase) -> None:
    assert [case.claim for case in build(kb, "zh", seed=1)] != [case.claim for case in build(kb, "zh", seed=2)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_claims_of_every_expectation_point_to_their_sentence(kb: KnowledgeBase, lang: str) -> None:
    cases = build(kb, lang)
    assert {case.expected for case in cases} == set(Expected)
    assert len({case.id for case in cases}) == len(cases)
    assert len({case.claim for case in cases if case.expected is Expected.CHANGED}) > 12
    for case in cases:
        document = kb.document(case.key, source="labels")
        sentence = document.text[case.start : case.end]
        assert document.text[case.passage.start : case.passage.end] == case.passage.text
        assert sentence in case.passage.text
        if case.expected is Expected.CHANGED:
            assert case.claim not in case.passage.text and case.claim != bare(sentence)
        if case.expected is Expected.UNTOUCHED and case.kind != "led":
            assert case.claim in document.text


def test_no_label_is_in_both_parts(kb: KnowledgeBase) -> None:
    frozen, others = build(kb, "zh", frozen=True), build(kb, "zh", frozen=False)
    assert frozen and others
    assert {case.key for case in frozen}.isdisjoint(case.key for case in others)
    assert all(is_frozen(case.key) for case in frozen)
    assert {case.id for case in [*frozen, *others]} == {case.id for case in build(kb, "zh")}


def test_list_items_stand_behind_their_lead(kb: KnowledgeBase) -> None:
    passages = [p for d in kb.documents() for p in kb.passages_of(d)]
    led = {claim for passage in passages for kind, claim, _, _ in untouched(passage) if kind == "led"}
    assert "慎用：青光眼患者；" in led
    assert any(claim.startswith("It is contraindicated in patients with glaucoma: those over 65") for claim in led)
    rows = {claim for passage in passages for kind, claim, _, _ in untouched(passage) if kind == "row"}
    assert not any("\n" in claim for claim in rows)


# ---------------------------------------------------------------- written by hand


def row(**changed: str) -> dict[str, str]:
    sentence = "2.肝功能不全者禁用。"
    return {
        "id": "zh-001",
        "source": "labels",
        "key": "Z17",
        "heading": "禁忌",
        "begins": sentence[:4],
        "sha256": digest(sentence),
        "right": "肝功能差的人不能用安定平片。",
        "wrong": "肾功能差的人不能用安定平片。",
        "fault": "population",
        **changed,
    }


def written(folder: Path, *rows: dict[str, str]) -> Path:
    (folder / "zh.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), "utf-8")
    return folder


def headed(kb: KnowledgeBase) -> str:
    return next(p.section.heading for d in kb.documents() for p in kb.passages_of(d) if "肝功能不全者" in p.text)


def test_a_claim_written_by_hand_finds_its_sentence(kb: KnowledgeBase, tmp_path: Path) -> None:
    cases, absent = read_written(written(tmp_path, row(heading=headed(kb)), row(id="zh-2", key="nowhere")), kb, "zh")
    assert absent == 1
    assert [(case.kind, case.expected) for case in cases] == [("right", Expected.PARAPHRASED), ("population", Expected.CHANGED)]
    assert kb.document("Z17").text[cases[0].start : cases[0].end] == "2.肝功能不全者禁用。"


def test_claims_about_labels_that_are_not_there_are_an_error(kb: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="none of the 1 sentences"):
        read_written(written(tmp_path, row(sha256=digest("another"))), kb, "zh")
    with pytest.raises(EvaluationError, match="no such file"):
        read_written(tmp_path, kb, "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_stored_claims_name_a_sentence_and_copy_none(lang: str) -> None:
    rows = [json.loads(line) for line in (CLAIMS / f"{lang}.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) >= 150
    assert len({one["id"] for one in rows}) == len(rows)
    assert len({(one["key"], one["sha256"]) for one in rows}) == len(rows)
    kinds_named([one["fault"] for one in rows])
    for one in rows:
        assert one["right"] != one["wrong"]
        assert len(one["begins"]) <= 4 if lang == "zh" else len(one["begins"].split()) <= 4
        assert digest(one["right"]) != one["sha256"] != digest(one["wrong"])


def test_the_stored_claims_are_about_labels_that_can_be_read(shared: Path, tmp_path: Path) -> None:
    from medrag.ingest.build import build as ingest

    with KnowledgeBase.create(tmp_path / "zh.kb") as kb:
        ingest([shared / "labels" / "zh" / "medicineqa_sections.jsonl", shared / "labels" / "zh" / "pulse_kb_demo.jsonl"], kb)
        cases, absent = read_written(CLAIMS, kb, "zh")
    assert len(cases) >= 20 and absent < 174


# ---------------------------------------------------------------- the run


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> list[Outcome]:
    with KnowledgeBase.open(folder) as kb:
        return list(check_claims(kb))


def test_every_language_is_checked_and_every_claim_judged(outcomes: list[Outcome]) -> None:
    assert [outcome.lang for outcome in outcomes] == ["zh", "en"]
    for outcome in outcomes:
        assert not any(one.case.frozen for one in outcome.judged)
        assert 0 < outcome.p50 <= outcome.p95
        for expected in Expected:
            some = [one for one in outcome.judged if one.case.expected is expected]
            figure = next(f for f in outcome.figures if f.expected is expected and f.kind == "all")
            assert figure.flagged.n == len(some)
            assert figure.flagged.total == sum(one.verdict is not Verdict.SUPPORTED for one in some)


def test_a_claim_is_misjudged_where_it_is_changed_and_passes_or_true_and_flagged(outcomes: list[Outcome]) -> None:
    for one in (one for outcome in outcomes for one in outcome.judged):
        changed = one.case.expected is Expected.CHANGED
        assert one.misjudged is (changed == (one.verdict is Verdict.SUPPORTED))


def test_a_kind_that_is_unknown_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(EvaluationError, match=r"no kind 'doses'.*dose, unit"):
        kinds_named(["doses"])


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_claims_by_hand_count_whatever_fault_was_put_in(kb: KnowledgeBase, tmp_path: Path) -> None:
    rows = [row(id=f"zh-{n}", heading=headed(kb), fault=fault) for n, fault in enumerate(("population", "direction"))]
    (tmp_path / "en.jsonl").write_text("", "utf-8")
    outcomes = [o for part in (False, True) for o in check_claims(kb, written=written(tmp_path, *rows), frozen=part)]
    wrong = [one.case.kind for o in outcomes for one in o.judged if one.case.written and one.case.expected is Expected.CHANGED]
    assert sorted(wrong) == ["direction", "population"]


def test_the_command_prints_figures_and_writes_what_was_misjudged(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.jsonl"
    out = printed(capsys, "evaluate", "verifier", "--kb", folder, "--errors", errors)
    assert "caught" in out and "flagged" in out and "p95" not in out
    rows = [json.loads(line) for line in errors.read_text("utf-8").splitlines()]
    assert all({"claim", "said", "verdict", "reasons", "text"} <= set(one) for one in rows)
    figures: list[dict[str, Any]] = json.loads(
        printed(capsys, "evaluate", "verifier", "--kb", folder, "--json", "--kind", "dose")
    )
    assert {(one["claims"], one["kind"]) for outcome in figures for one in outcome["figures"]} == {("changed", "all")}
