"""What is looked at to weigh a passage of the right medicine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.features import FEATURES, LABEL_GROUPS, features_of
from medrag.retrieve.understand import understand
from medrag.types import Question


def in_groups(question: str, kb: KnowledgeBase) -> NDArray[np.float64]:
    """The columns that say of which group each passage is, and the passages' own groups as the same."""
    document = next(info for info in kb.documents() if info.title == "奥美拉唑肠溶胶囊")
    passages = kb.passages_of(document)
    rows = features_of(understand(Question(text=question), kb), passages, [0] * len(passages), (), kb)
    assert rows.shape == (len(passages), len(FEATURES))
    groups = np.array([[passage.section.group is group for group in LABEL_GROUPS] for passage in passages], np.float64)
    columns = [FEATURES.index(f"in {group.value}") for group in LABEL_GROUPS]
    return np.stack([rows[:, columns], groups])


def test_of_an_english_question_it_counts_which_section_a_passage_is_of(kb: KnowledgeBase) -> None:
    seen, own = in_groups("what is omeprazole for", kb)
    assert own.any() and np.array_equal(seen, own)


def test_of_a_chinese_question_the_section_model_alone_tells_it(kb: KnowledgeBase) -> None:
    seen, own = in_groups("奥美拉唑治什么病", kb)
    assert own.any() and not seen.any()
