"""Which words of a question stand where, and what that tells among the passages of one label."""

from __future__ import annotations

import numpy as np
import pytest

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.bodies import Bodies
from medrag.retrieve.overlap import (
    asks_for_number,
    covered,
    has_number,
    local_weights,
    phrases,
    sections_of,
    together_by_section,
)


def test_a_word_that_stands_everywhere_tells_less_than_one_that_stands_once() -> None:
    _, there = Bodies(["kidney tablets", "liver tablets"]).counted(["kidney", "tablet", "heart"])
    assert there.tolist() == [[True, True, False], [False, True, False]]
    weights = local_weights(there, np.array([1.0, 1.0, 1.0]))
    assert weights == pytest.approx([np.log(3), np.log(2), 0.0])  # log(1 + 2/1), log(1 + 2/2), in no text
    assert covered(there, weights) == pytest.approx([1.0, np.log(2) / (np.log(3) + np.log(2))])


def test_without_words_or_texts_nothing_is_covered() -> None:
    assert covered(Bodies(["a"]).counted([])[1], np.zeros(0)).tolist() == [0.0]
    assert Bodies([]).counted(["x"])[1].shape == (0, 1)
    assert local_weights(Bodies([]).counted(["x"])[1], np.ones(1)).tolist() == [0.0]


def test_passages_of_a_section_share_their_words(kb: KnowledgeBase) -> None:
    document = next(info for info in kb.documents() if info.title == "奥美拉唑肠溶胶囊")
    passages = kb.passages_of(document)
    there = np.eye(len(passages), dtype=np.bool_)
    whole = together_by_section(there, sections_of(passages))
    for at, passage in enumerate(passages):
        same = [other.section.index == passage.section.index for other in passages]
        assert whole[at].tolist() == same


def test_a_phrase_is_two_telling_words_side_by_side() -> None:
    bodies = Bodies(["use in nursing mothers is not advised", "mothers who are nursing", ""])
    assert phrases(bodies, "what about nursing mothers and milk").tolist() == [1.0, 0.0, 0.0]
    assert phrases(bodies, "what is it for").tolist() == [0.0, 0.0, 0.0]  # stop words make no pair


@pytest.mark.parametrize("question", ["how many mg a day", "what is the half-life", "一天吃几次", "多少钱一盒", "用量"])
def test_some_questions_want_a_number(question: str) -> None:
    assert asks_for_number(question)
    assert has_number("take 2 tablets") and not has_number("take two tablets")


def test_other_questions_want_none() -> None:
    assert not asks_for_number("is it safe with milk")
