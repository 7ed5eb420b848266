"""Diseases under the names that people use."""

from __future__ import annotations

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve


@pytest.mark.parametrize(
    ("question", "symptom"), [("脑血管阻有什么症状", "偏身麻木"), ("老人心衰的症状", "气短"), ("老年人心衰的症状", "气短")]
)
def test_a_shortened_or_plain_name_leads_to_the_facts_of_the_disease(question: str, symptom: str, drugs: KnowledgeBase) -> None:
    facts = [item.fact for item in retrieve(question, drugs).evidence if item.fact is not None]
    assert [fact.object.name for fact in facts if fact.relation == "has_symptom"] == [symptom]


def test_a_word_that_is_no_disease_leads_nowhere(drugs: KnowledgeBase) -> None:
    understanding = retrieve("天气怎么样", drugs).understanding
    assert not any(mention.entities for mention in understanding.mentions)
