"""Kinds of questions, and the weights that a ranker keeps for each."""

from __future__ import annotations

import numpy as np
import pytest

from medrag.evaluate.fit import Choice, fit_ranker
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.features import FEATURES, Ranker
from medrag.retrieve.kinds import kind_of
from medrag.retrieve.understand import understand
from medrag.types import Question


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("布洛芬片怎么吃", "zh"),
        ("头疼得厉害", "zh open"),
        ("what is ibuprofen used for", "en"),
        ("In which patients should the dose of ibuprofen be reduced because of renal impairment?", "en literal"),
        ("Which adverse reactions were more frequent with ibuprofen than with placebo in the trials?", "en literal"),
        ("What should I do when my dad took ibuprofen twice by mistake this morning?", "en"),
        ("my doctor said ibuprofen is bad for the kidneys of people who drink", "en"),
        ("what helps against a headache", "en open"),
    ],
)
def test_a_question_is_of_a_kind(kb: KnowledgeBase, question: str, kind: str) -> None:
    assert kind_of(understand(Question(text=question), kb)) == kind


def test_a_ranker_without_weights_for_a_kind_takes_those_of_its_language() -> None:
    ranker = Ranker(weights={"zh": {"words": 1.0}, "en": {"words": 2.0}, "en open": {"words": 3.0}})
    rows = np.zeros((1, len(FEATURES)))
    rows[0, FEATURES.index("words")] = 1.0
    assert [ranker.scores(rows, kind)[0] for kind in ("en literal", "en open", "zh open", "fr")] == [2.0, 3.0, 1.0, 1.0]
    assert Ranker().scores(rows, "en").tolist() == [0.0]


def test_weights_of_a_new_kind_start_from_those_of_its_language() -> None:
    rows = np.zeros((2, len(FEATURES)))
    rows[0, FEATURES.index("panel")] = 1.0
    choice = Choice("en literal", rows, np.array([False, True]))
    fitted = fit_ranker([choice], Ranker(weights={"en": {"words": 2.0}}))
    assert fitted.weights["en literal"]["words"] == 2.0 and fitted.weights["en literal"]["panel"] < 0
    assert fitted.weights["en"] == {"words": 2.0}
