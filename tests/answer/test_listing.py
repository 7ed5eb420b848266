"""Questions that ask for all that a section says get all of it; ordinary ones keep their short form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.answer.quote.listing import completed, listed_groups
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve.rank import retrieve
from medrag.sections import SectionGroup
from medrag.types import Evidence
from tests.making import label

REACTIONS = "".join(f"{n}.第{n}号反应见于少数患者，多在停药后数日之内自行消失，不需要特别处理。\n" for n in range(1, 121))
TABLE = "Reaction | Mendolex | Placebo\n" + "\n".join(f"Event number {n} | {n} % | 1 %" for n in range(1, 161))
G = SectionGroup


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    made = KnowledgeBase.create(tmp_path_factory.mktemp("listing") / "labels.kb")
    with made.write() as writer:
        writer.add_many(
            [
                label(
                    "舒缓定片",
                    {
                        "【不良反应】": REACTIONS,
                        "【禁忌】": "1.对本品过敏者禁用。\n2.孕妇禁用。",
                        "【注意事项】": "1.运动员慎用。\n2.偶见视物模糊。\n3.本品性状改变时禁止使用。",
                    },
                    key="A1",
                ),
                label("舒缓定", {"【不良反应】": "恶心。"}, key="A2"),
                label(
                    "MENDOLEX",
                    {
                        "BOXED WARNING": "Mendolex may stop the heart.",
                        "ADVERSE REACTIONS": f"These were seen:\n{TABLE}",
                        "WARNINGS AND PRECAUTIONS": "Sudden blindness was seen once. Test the eyes every month.",
                        "INDICATIONS AND USAGE": "For headache.",
                    },
                    key="B1",
                    lang="en",
                ),
                label(
                    "MENDOLEX - mendolexin tablet",
                    {"ADVERSE REACTIONS": "Hiccups of the repackaged kind.", "INDICATIONS AND USAGE": "For headache."},
                    key="B2",
                    lang="en",
                ),
                label(
                    "Counterol",
                    {
                        "STOP USE": "- redness is present\n- you get nervous",
                        "DIRECTIONS": "Take one.",
                        "KEEP OUT OF REACH OF CHILDREN": "Call a poison centre.",
                    },
                    key="C1",
                    lang="en",
                ),
            ]
        )
    yield made
    made.close()


def answered(question: str, kb: KnowledgeBase) -> tuple[Draft, tuple[Evidence, ...]]:
    found = retrieve(question, kb)
    evidence = completed(found.understanding, found.evidence, kb)
    return write(found.understanding, evidence, kb), evidence


def quoted(draft: Draft) -> str:
    return "\n".join(citation.quote for citation in draft.citations)


@pytest.mark.parametrize(
    "question",
    ["舒缓定片的不良反应有哪些", "列出舒缓定片的副作用", "舒缓定片有哪些不良反应？", "请把舒缓定片的全部不良反应告诉我"],
)
def test_a_list_of_adverse_reactions_is_quoted_to_its_end(question: str, kb: KnowledgeBase) -> None:
    draft, _ = answered(question, kb)
    assert all(f"第{n}号反应" in quoted(draft) for n in range(1, 121))
    assert {citation.document.title for citation in draft.citations} == {"舒缓定片"}


def test_other_sections_that_tell_of_reactions_are_quoted_under_their_own_heading(kb: KnowledgeBase) -> None:
    draft, _ = answered("舒缓定片的不良反应有哪些", kb)
    assert "其他栏目中提到的【不良反应】" in draft.text and "舒缓定片【注意事项】\n2.偶见视物模糊。" in draft.text
    assert "运动员" not in draft.text and "性状" not in draft.text


@pytest.mark.parametrize("question", ["舒缓定片有什么副作用", "舒缓定片会引起恶心吗", "side effects of Mendolex"])
def test_an_ordinary_question_keeps_its_short_form(question: str, kb: KnowledgeBase) -> None:
    draft, evidence = answered(question, kb)
    assert len(evidence) <= 10 and len(draft.text) < 4_000


def test_every_row_of_a_table_the_boxed_warning_and_the_warnings_are_listed(kb: KnowledgeBase) -> None:
    draft, _ = answered("List the adverse reactions of Mendolex", kb)
    assert all(f"Event number {n} |" in quoted(draft) for n in range(1, 161))
    assert "stop the heart" in quoted(draft) and "blindness" in quoted(draft) and "headache" not in quoted(draft)
    assert draft.text.index("Event number 1") < draft.text.index("other sections that tell of") < draft.text.index("blindness")


def test_the_label_whose_printed_name_is_asked_for_is_listed(kb: KnowledgeBase) -> None:
    assert {c.document.key for c in answered("List the adverse reactions of MENDOLEX", kb)[0].citations} == {"B1"}
    long = answered("List the adverse reactions of MENDOLEX - mendolexin tablet", kb)[0]
    assert {c.document.key for c in long.citations} == {"B2"}


def test_without_a_section_of_its_own_it_is_said_where_the_reactions_stand(kb: KnowledgeBase) -> None:
    draft, _ = answered("list all side effects of Counterol", kb)
    assert "no section of its own" in draft.text and "redness" in quoted(draft) and "poison" not in quoted(draft)


def test_all_that_is_quoted_stands_in_the_evidence_and_scores_do_not_rise(kb: KnowledgeBase) -> None:
    draft, evidence = answered("List the adverse reactions of Mendolex", kb)
    passages = [item.passage for item in evidence if item.passage is not None]
    for citation in draft.citations:
        assert any(p.document == citation.document and p.start <= citation.start and citation.end <= p.end for p in passages)
    scores = [item.score for item in evidence]
    assert scores == sorted(scores, reverse=True) and [item.rank for item in evidence] == list(range(1, len(evidence) + 1))
    assert len({p.id for p in passages}) == len(passages)


def test_what_filters_leave_out_is_not_listed(kb: KnowledgeBase) -> None:
    only = Filters(groups=(G.ADVERSE_REACTIONS,))
    found = retrieve("List the adverse reactions of Mendolex", kb, only=only)
    evidence = completed(found.understanding, found.evidence, kb, only=only)
    assert {item.passage.section.group for item in evidence if item.passage} == {G.ADVERSE_REACTIONS}


@pytest.mark.parametrize(
    ("question", "groups"),
    [
        ("舒缓定片的禁忌有哪些", (G.CONTRAINDICATIONS,)),
        ("列举舒缓定片的禁忌和不良反应", (G.CONTRAINDICATIONS, G.ADVERSE_REACTIONS)),
        ("舒缓定片有什么禁忌", ()),
        ("what are all the warnings for Mendolex", (G.WARNINGS,)),
        ("Please list the contraindications of Mendolex", (G.CONTRAINDICATIONS,)),
        ("is that all right to take Mendolex every day for a cold that has lasted for so long, any warnings", ()),
        ("阿无此药的不良反应有哪些", ()),
    ],
)
def test_which_sections_are_wanted_whole(question: str, groups: tuple[SectionGroup, ...], kb: KnowledgeBase) -> None:
    assert listed_groups(retrieve(question, kb).understanding) == groups
