"""How sure an answer is: what the score is worked out from, its thresholds, and what is declined before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.answer.abstain import abstain
from medrag.answer.confidence import (
    FEATURES,
    Confidence,
    Features,
    Point,
    confidence,
    default_model,
    features,
    read_model,
    threshold_for,
)
from medrag.answer.outside import dose_is_foreign, is_of_class, is_outside, other_forms
from medrag.answer.quote.extract import write
from medrag.answer.quote.listing import completed
from medrag.errors import ProfileError
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Understanding, understand
from medrag.types import Claim, Question, Verdict
from tests.making import label
from tests.shelf import shelf


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path_factory.mktemp("confidence")) as made:
        yield made


def understood(question: str, kb: KnowledgeBase) -> Understanding:
    return understand(Question(text=question), kb)


def found(question: str, kb: KnowledgeBase, claims: tuple[Claim, ...] = ()) -> Features:
    result = retrieve(question, kb)
    return features(result.understanding, completed(result.understanding, result.evidence, kb), kb, claims)


def claim(verdict: Verdict) -> Claim:
    return Claim(text="x", start=0, end=1, citations=("[1]",), verdict=verdict)


MODEL = Confidence(
    weights={"zh": {"drug": 2.0}, "en": {"drug": -1.0}},
    bias={"zh": -2.0},
    threshold=0.4,
    curve=(
        Point(threshold=0.0, risk=0.2, coverage=1.0),
        Point(threshold=0.3, risk=0.1, coverage=0.9),
        Point(threshold=0.6, risk=0.12, coverage=0.7),
        Point(threshold=0.8, risk=0.02, coverage=0.5),
    ),
)


def test_the_score_is_the_logistic_of_weights_and_bias_of_the_language() -> None:
    assert confidence(Features(lang="zh", values={"drug": 1.0}), MODEL) == 0.5
    assert confidence(Features(lang="en", values={"drug": 1.0}), MODEL) == pytest.approx(0.268941, abs=1e-6)


def test_a_question_that_names_a_medicine_has_weights_of_its_own() -> None:
    model = Confidence(weights={"zh named": {"titled": 2.0}, "zh open": {"titled": -2.0}}, bias={"zh named": -2.0})
    assert confidence(Features(lang="zh", values={"drug": 1.0, "titled": 1.0}), model) == 0.5
    assert confidence(Features(lang="zh", values={"drug": 0.0, "titled": 1.0}), model) == pytest.approx(0.119203, abs=1e-6)


def test_with_nothing_to_quote_the_score_is_zero() -> None:
    assert confidence(Features(lang="zh", values={"drug": 1.0}, quoted=False), MODEL) == 0.0


def test_claims_that_are_not_carried_lower_the_score_in_proportion(kb: KnowledgeBase) -> None:
    question = "布洛芬缓释胶囊的禁忌"
    whole = confidence(found(question, kb))
    half = found(question, kb, (claim(Verdict.SUPPORTED), claim(Verdict.CONTRADICTED)))
    assert half.carried == 0.5 and confidence(half) == pytest.approx(whole / 2, abs=1e-5)
    assert found(question, kb, (claim(Verdict.PARTIAL), claim(Verdict.UNSUPPORTED))).carried == 0.25


def test_a_threshold_keeps_to_a_risk_there_and_above() -> None:
    assert MODEL.threshold_for(0.05) == 0.8
    assert MODEL.threshold_for(0.11) == 0.8  # at 0.6 the risk is higher again
    assert MODEL.threshold_for(0.12) == 0.3 and MODEL.threshold_for(1.0) == 0.0
    assert MODEL.threshold_for(0.01) == 1.0


def test_the_shipped_model_knows_every_feature_and_has_a_curve() -> None:
    model = default_model()
    for kind in ("zh named", "zh open", "en named", "en open"):
        assert set(model.weights[kind]) == set(FEATURES)
    assert 0.0 < model.threshold < 1.0 and len(model.curve) > 20
    assert threshold_for(0.03) > threshold_for(0.05) > threshold_for(0.07) > 0.0


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model.json")
    assert read_model(tmp_path / "model.json") == MODEL
    (tmp_path / "other.json").write_text('{"weights": 3}')
    with pytest.raises(ProfileError, match="weights"):
        read_model(tmp_path / "other.json")
    with pytest.raises(ProfileError, match=r"none\.json"):
        read_model(tmp_path / "none.json")


@pytest.mark.parametrize("question", ["布洛芬缓释胶囊的禁忌", "布洛芬片怎么吃", "胃溃疡吃什么药", "高血压的症状", "华法林钠片"])
def test_plain_questions_that_labels_answer_are_sure(question: str, kb: KnowledgeBase) -> None:
    assert confidence(found(question, kb)) >= default_model().threshold


@pytest.mark.parametrize(
    "question", ["阿无此药片怎么吃", "布洛芬缓释胶囊的批准文号", "布洛芬缓释胶囊的药代动力学", "明天下雨吗"]
)
def test_what_nothing_answers_is_not(question: str, kb: KnowledgeBase) -> None:
    assert confidence(found(question, kb)) < default_model().threshold


@pytest.mark.parametrize(
    ("question", "silent"),
    [("布洛芬缓释胶囊吃了能长高吗", {"unsaid", "point unsaid"}), ("布洛芬缓释胶囊治头痛吗", set()),
     ("布洛芬缓释胶囊能治高血压吗", {"unsaid", "point unsaid", "illness unquoted"}),
     ("does ibuprofen grow eyelashes", {"unsaid", "point unsaid"})],
)  # fmt: skip
def test_what_no_quoted_word_speaks_of_is_seen(question: str, silent: set[str], kb: KnowledgeBase) -> None:
    values = found(question, kb).values
    assert {name for name in ("unsaid", "point unsaid", "illness unquoted") if values[name]} == silent


def test_the_same_question_has_the_same_score(kb: KnowledgeBase) -> None:
    assert found("布洛芬和华法林能一起吃吗", kb) == found("布洛芬和华法林能一起吃吗", kb)


@pytest.mark.parametrize(
    "question",
    ["附近哪里有电影院", "BLF里左连接和内连接有什么区别", "帮我改一下这段作文", "股票今天涨了吗", "怎么注册公司", "谢谢", "which team won the match", "thanks",
     "how do i fix a leaking roof", "recommend a novel about space", "convert 3 miles to kilometres"],
)  # fmt: skip
def test_what_has_nothing_to_do_with_medicine_is_declined_in_one_friendly_sentence(question: str, kb: KnowledgeBase) -> None:
    asked = understood(question, kb)
    assert is_outside(asked) and not write(asked, retrieve(question, kb).evidence, kb).citations
    abstention = abstain(Question(text=question), asked, kb)
    assert abstention.reason == "outside-medicine" and "\n" not in abstention.text


@pytest.mark.parametrize(
    "question",
    ["布洛芬", "阿无此药片", "胳膊上起红点", "娃三天没大便", "怎么长个子快，缺钙吗", "晕船有什么办法", "zyxol 20 mg",
     "my ears ring at night", "baby won't latch, sore nipples", "what is quuxamab", "is xyzor safe"],
)  # fmt: skip
def test_a_question_with_a_word_of_medicine_is_not_outside(question: str, kb: KnowledgeBase) -> None:
    assert not is_outside(understood(question, kb))


@pytest.mark.parametrize(
    "question",
    ["他汀类药物有什么副作用", "钙通道阻滞剂的禁忌", "do ace inhibitors cause cough", "side effects of statins",
     "吃了头孢多久能喝酒", "is it a cephalosporin thing"],
)  # fmt: skip
def test_a_class_of_medicines_is_not_answered_from_one_label(question: str, kb: KnowledgeBase) -> None:
    asked = understood(question, kb)
    assert is_of_class(asked) and not is_outside(asked) and not write(asked, retrieve(question, kb).evidence, kb).citations
    assert abstain(Question(text=question), asked, kb).reason == "drug-class"


def test_a_medicine_of_a_class_is_not_its_class(kb: KnowledgeBase) -> None:
    assert not is_of_class(understood("布洛芬片是抑制剂类的药吗", kb))


def test_a_dose_is_not_given_from_a_label_in_the_other_language(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "foreign.kb") as kb:
        with kb.write() as writer:
            writer.add(label("甲硝唑片", {"【适应症】": "用于厌氧菌感染。", "【用法用量】": "口服，一次0.2克，一日3次。"}))
        asked = understood("how many metronidazole tablets per day", kb)
        assert asked.drugs and dose_is_foreign(asked) and not dose_is_foreign(understood("甲硝唑片一天几片", kb))
        assert not write(asked, retrieve("how many metronidazole tablets per day", kb).evidence, kb).citations
        assert abstain(Question(text="how many metronidazole tablets per day"), asked, kb).reason == "foreign-dose"
        assert not dose_is_foreign(understood("what is metronidazole used for", kb))


def test_a_dose_is_not_given_from_the_label_of_another_form(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "forms.kb") as kb:
        with kb.write() as writer:
            writer.add(label("头孢克肟片", {"【用法用量】": "成人一次1片。", "【不良反应】": "皮疹。"}, key="1"))
        asked = understood("头孢克肟颗粒一天几次", kb)
        assert other_forms(asked, kb) == ("头孢克肟片",)
        assert not write(asked, retrieve("头孢克肟颗粒一天几次", kb).evidence, kb).citations
        abstention = abstain(Question(text="头孢克肟颗粒一天几次"), asked, kb)
        assert abstention.reason == "other-form" and "头孢克肟颗粒" in abstention.text and "头孢克肟片" in abstention.text
        assert not other_forms(understood("头孢克肟片一天几次", kb), kb)
        assert not other_forms(understood("头孢克肟一天几次", kb), kb)
        assert not other_forms(understood("头孢克肟颗粒有什么副作用", kb), kb)


def test_what_is_there_and_not_sure_is_not_said_to_be_missing(kb: KnowledgeBase) -> None:
    asked = understood("布洛芬片怎么吃", kb)
    abstention = abstain(Question(text="布洛芬片怎么吃"), asked, kb)
    assert abstention.reason == "not-sure" and "没有【" not in abstention.text
