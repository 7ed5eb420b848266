"""Which label of a drug answers, and in which order its sections come."""

from __future__ import annotations

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.retrieve.understand import Shape
from medrag.sections import SectionGroup as G


def places(question: str, kb: KnowledgeBase) -> list[tuple[str, str]]:
    found = retrieve(question, kb).evidence
    return [(i.passage.document.key, i.passage.section.heading) for i in found if i.passage is not None]


def test_a_childs_dose_comes_from_the_label_that_is_for_children(drugs: KnowledgeBase) -> None:
    assert places("3岁孩子退热灵素吃多少", drugs)[0] == ("A1", "【用法用量】")


def test_the_dose_of_another_form_is_no_answer(drugs: KnowledgeBase) -> None:
    keys = [key for key, heading in places("退热灵素缓释片怎么吃", drugs) if heading == "【用法用量】"]
    assert keys[0] == "A2"
    label = [i for i in retrieve("退热灵素缓释片怎么吃", drugs).evidence if "label" in i.found_by and i.passage is not None]
    assert {item.passage.document.key for item in label if item.passage is not None} == {"A2"}


def test_what_does_not_depend_on_the_form_is_found_in_the_label_of_the_substance(drugs: KnowledgeBase) -> None:
    assert places("盐酸安神平片的不良反应", drugs)[0] == ("B2", "【不良反应】")


def test_a_name_that_only_a_word_list_has_is_a_drug_by_its_form(drugs: KnowledgeBase) -> None:
    assert places("失眠吃安神平咀嚼片有什么不良反应", drugs)[0] == ("B2", "【不良反应】")


def test_a_patent_medicine_in_another_form_is_another_medicine(drugs: KnowledgeBase) -> None:
    understanding = retrieve("清化露口服液怎么吃", drugs).understanding
    assert not understanding.drugs and understanding.unknown == ("清化露口服液",)


def test_nursing_is_told_from_pregnancy(drugs: KnowledgeBase) -> None:
    assert places("is nursalol safe while breastfeeding", drugs)[0] == ("E1", "Nursing Mothers")
    assert places("nursalol in pregnancy", drugs)[0] == ("E1", "Pregnancy")


def test_a_label_whose_title_is_typed_out_comes_first_and_is_one_drug(drugs: KnowledgeBase) -> None:
    found = retrieve("what is NURSALOL- nursalol tablet used for", drugs)
    assert len(found.understanding.drugs) == 1 and not found.understanding.unknown
    assert found.evidence[0].passage is not None and found.evidence[0].passage.document.key == "E2"
    assert retrieve("NURSALOL- nursalol tablet", drugs).understanding.shape is Shape.WHAT_IS


def test_passages_of_any_maker_that_name_both_drugs_come_first(drugs: KnowledgeBase) -> None:
    assert places("can I take nursalol and thinnerin together", drugs)[0] == ("E4", "DRUG INTERACTIONS")


def test_facts_that_join_two_drugs_are_evidence_beside_their_labels(drugs: KnowledgeBase) -> None:
    for question in ("抗凝血素片和退热灵素缓释片能一起吃吗", "吃抗凝血素能喝酒吗", "抗凝血素和葡萄柚能一起吃吗"):
        facts = [item.fact for item in retrieve(question, drugs).evidence if item.fact is not None]
        assert [fact.subject.name for fact in facts] == ["抗凝血素"], question


def test_a_food_is_no_second_drug(drugs: KnowledgeBase) -> None:
    understanding = retrieve("can I take nursalol with alcohol", drugs).understanding
    assert [drug.name for drug in understanding.drugs] == ["nursalol"]
    assert understanding.groups == (G.INTERACTIONS,)


def test_safe_asks_for_what_it_is_said_of(drugs: KnowledgeBase) -> None:
    assert retrieve("is it safe to drink alcohol with nursalol", drugs).understanding.groups == (G.INTERACTIONS,)
    assert retrieve("is nursalol safe", drugs).understanding.groups == (G.WARNINGS,)
