"""What was found first is quoted, unless a section that is plainly asked for is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from medrag.answer.quote.best import asks_rather
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from medrag.sections import SectionGroup
from tests.making import label


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("best") / "labels.kb") as made:
        with made.write() as writer:
            writer.add_many(
                [
                    label(
                        "宁喘素片",
                        {
                            "【适应症】": "用于支气管哮喘。",
                            "【用法用量】": "口服，一次1片，一日2次。",
                            "【不良反应】": "1.嗜睡。\n2.尿液可呈红色，停药后消失。",
                            "【禁忌】": "代谢性酸中毒者禁用。",
                        },
                        key="A",
                    ),
                    label(
                        "舒畅宁片",
                        {
                            "【适应症】": "用于焦虑。",
                            "【药物相互作用】": "\n".join(
                                [
                                    *(
                                        f"{n}.与第{n}类药物合用时，二者的血药浓度都可能升高，应当监测并按需要减少用量。"
                                        for n in range(1, 9)
                                    ),
                                    "9.服药期间饮酒会加重嗜睡，应避免。",
                                ]
                            ),
                        },
                        key="C",
                    ),
                    label(
                        "Breathol tablets",
                        {"INDICATIONS AND USAGE": "For asthma.", "DOSAGE AND ADMINISTRATION": "Take one tablet with water."},
                        key="B",
                        lang="en",
                    ),
                ]
            )
        yield made


def quoted(question: str, kb: KnowledgeBase) -> str:
    found = retrieve(question, kb)
    draft: Draft = write(found.understanding, found.evidence, kb)
    return "\n".join(citation.quote for citation in draft.citations)


def test_a_question_that_names_no_section_is_answered_from_the_one_found_first(kb: KnowledgeBase) -> None:
    assert "尿液可呈红色" in quoted("吃了宁喘素片小便是红的，吓死我了", kb)


@pytest.mark.parametrize(
    "question", ["宁喘素片的贮藏", "宁喘素片药物过量怎么抢救", "宁喘素片的药物相互作用有哪些", "storage of Breathol tablets"]
)
def test_a_section_that_is_plainly_asked_for_and_missing_has_no_other_in_its_stead(question: str, kb: KnowledgeBase) -> None:
    assert quoted(question, kb) == ""  # acidosis, 酸中毒, is no poisoning either


def test_what_it_is_for_is_no_answer_to_whether_a_pregnant_woman_may_take_it(kb: KnowledgeBase) -> None:
    assert quoted("宁喘素片孕妇能吃吗", kb) == ""


def test_of_a_long_section_only_what_is_asked_about_is_quoted(kb: KnowledgeBase) -> None:
    assert quoted("舒畅宁片能喝酒吗", kb) == "9.服药期间饮酒会加重嗜睡，应避免。"
    assert "第1类" in quoted("舒畅宁片的药物相互作用有哪些", kb)


@pytest.mark.parametrize(("dosage", "rather"), [(0.6, True), (0.4, False)])
def test_only_a_section_that_is_meant_for_sure_stands_in_for_one_that_a_word_happens_to_name(
    kb: KnowledgeBase, dosage: float, rather: bool
) -> None:
    found = retrieve("宁喘素片怎么吃", kb)
    best = next(item.passage for item in found.evidence if item.passage and item.passage.section.group is SectionGroup.DOSAGE)
    asked = {SectionGroup.DOSAGE: dosage, SectionGroup.INTERACTIONS: 0.1}
    named = replace(found.understanding, groups=(SectionGroup.INTERACTIONS,), sections=asked, terms=(), hints=())
    assert asks_rather(named, best) is rather
