"""Fitting a profile: the arithmetic on cases made by hand, and the whole on a small knowledge base."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medrag.cli import main
from medrag.errors import EvaluationError, ProfileError
from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.fit import AskedSections, Choice, fit_ranker, fit_sections
from medrag.evaluate.tune import read_asked, tune
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.features import FEATURES
from medrag.retrieve.profile import Profile, default_profile, read_profile
from medrag.retrieve.rank import retrieve
from medrag.sections import SectionGroup
from tests.shelf import shelf

G = SectionGroup
ASKED = [AskedSections(("word keep",), {G.STORAGE: 1.0})] * 6 + [AskedSections(("word dose",), {G.DOSAGE: 1.0})] * 6


def choice(right: int, feature: str) -> Choice:
    """Two candidates of which one has the feature; the one at `right` is right."""
    rows = np.zeros((2, len(FEATURES)))
    rows[0, FEATURES.index(feature)] = 1.0
    return Choice("en", rows, np.arange(2) == right)


def test_a_section_is_likelier_with_the_words_that_ask_for_it() -> None:
    model = fit_sections(ASKED)
    assert model.probabilities(("word keep",))[G.STORAGE] > 0.4 > model.probabilities(("word dose",))[G.STORAGE]
    assert sum(model.probabilities(("word keep",)).values()) == pytest.approx(1.0)
    assert fit_sections(ASKED) == model


def test_questions_of_ones_own_change_a_model_and_do_not_replace_it() -> None:
    base = fit_sections(ASKED)
    changed = fit_sections([AskedSections(("word drawer",), {G.STORAGE: 1.0})] * 4, base)
    assert changed.probabilities(("word drawer",))[G.STORAGE] > base.probabilities(("word drawer",))[G.STORAGE]
    assert changed.probabilities(("word dose",))[G.DOSAGE] == pytest.approx(
        base.probabilities(("word dose",))[G.DOSAGE], abs=0.1
    )


def test_a_feature_of_right_candidates_gets_a_positive_weight_and_of_wrong_ones_a_negative() -> None:
    weights = fit_ranker([choice(0, "words")] * 8 + [choice(1, "panel")] * 8).weights["en"]
    assert weights["words"] > 0.5 and weights["panel"] < -0.5 and weights["hints"] == 0.0
    ranker = fit_ranker([choice(0, "words")] * 8)
    assert np.argmax(ranker.scores(choice(0, "words").rows, "en")) == 0


def test_a_fold_has_questions_that_teach_nothing_without_fault() -> None:
    assert fit_ranker([Choice("zh", np.ones((2, len(FEATURES))), np.array([True, True]))]).weights["zh"]["words"] == 0.0


CASES = [
    SectionCase(f"q{at}", question, "short", (Gold(drug=drug, heading=heading),))
    for at, (question, drug, heading) in enumerate(
        [
            ("布洛芬缓释胶囊放抽屉里行不行", "布洛芬缓释胶囊", "【贮藏】"),
            ("布洛芬缓释胶囊放阳台行不行", "布洛芬缓释胶囊", "【贮藏】"),
            ("布洛芬缓释胶囊放车里行不行", "布洛芬缓释胶囊", "【贮藏】"),
            ("布洛芬缓释胶囊放厨房行不行", "布洛芬缓释胶囊", "【贮藏】"),
            ("布洛芬缓释胶囊一天几粒", "布洛芬缓释胶囊", "【用法用量】"),
            ("布洛芬片一次几片", "布洛芬片", "【用法用量】"),
            ("止咳丸一次几丸", "止咳丸", "【用法用量】"),
            ("鼻炎丸一次多少", "鼻炎丸", "【用法用量】"),
            ("碳酸钙片吃了打嗝", "碳酸钙片", "【不良反应】"),
            ("华法林钠片和布洛芬片一起吃", "华法林钠片", "【药物相互作用】"),
            ("华法林钠片治什么", "华法林钠片", "【适应症】"),
        ]
    )
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return shelf(tmp_path_factory.mktemp("tuned"))


def test_tuning_learns_a_users_own_way_to_ask_and_is_deterministic(kb: KnowledgeBase) -> None:
    profile = tune(CASES, kb, name="ours")
    assert profile == tune(CASES, kb, name="ours") and profile.name == "ours"
    first = retrieve("鼻炎丸放抽屉里行不行", kb, profile=profile)
    assert (
        first.understanding.sections[G.STORAGE]
        > retrieve("鼻炎丸一次多少", kb, profile=profile).understanding.sections[G.STORAGE]
    )
    evidence = retrieve("布洛芬缓释胶囊放书架行不行", kb, profile=profile).evidence
    assert evidence[0].passage is not None and evidence[0].passage.section.group is G.STORAGE


def test_too_few_questions_are_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(EvaluationError, match=r"at least 10 questions.* found 3 of 4"):
        tune([*CASES[:3], SectionCase("x", "没有这个药", "short", (Gold(drug="无此药", heading="禁忌"),))], kb)


def test_the_shipped_profile_is_fitted_and_reads_back(tmp_path: Path) -> None:
    profile = default_profile()
    assert {"zh", "en", "zh open", "en open"} <= set(profile.ranker.weights) and profile.sections.weights
    path = tmp_path / "p.json"
    path.write_text(profile.model_dump_json(exclude_defaults=True), "utf-8")
    assert read_profile(path) == profile


def test_a_profile_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"weight": 3}', "utf-8")
    with pytest.raises(ProfileError, match=r"p\.json: weight: .*medrag tune"):
        read_profile(path)
    with pytest.raises(ProfileError, match="No such file"):
        read_profile(tmp_path / "none.json")


def test_section_questions_are_read_and_a_bad_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "asked.tsv"
    path.write_text("{X}能放冰箱吗\tstorage|warnings\t冷藏\nis {X} ok with {Y}\tinteractions\n", "utf-8")
    first, second = read_asked(path)
    assert first.groups == pytest.approx({G.STORAGE: 2 / 3, G.WARNINGS: 1 / 3}) and "lang=zh" in first.features
    assert "drugs=2" in second.features
    path.write_text("how to keep {X}\tfridge\n", "utf-8")
    with pytest.raises(EvaluationError, match=r"asked\.tsv \(line 1\).*storage.*fridge"):
        read_asked(path)


def test_the_command_writes_a_profile_that_search_takes(
    kb: KnowledgeBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {
            "id": c.id,
            "question": c.question,
            "kind": c.kind,
            "gold": [{"drug": g.drug, "section": g.heading, "grade": 2} for g in c.gold],
        }
        for c in CASES
    ]
    questions = tmp_path / "ours.jsonl"
    questions.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    out = tmp_path / "ours.json"
    assert main(["tune", str(questions), "--kb", str(kb.path), "--out", str(out)]) == 0
    assert "fitted to 11 questions" in capsys.readouterr().out
    assert read_profile(out).name == "ours" and isinstance(read_profile(out), Profile)
