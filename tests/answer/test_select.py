"""Which sentences are chosen, and what comes with them."""

from __future__ import annotations

from medrag.answer.quote.select import Unit, choose, fitting, matching, units_of
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, Passage, Section

DOCUMENT = DocumentInfo(source="s", key="k", title="t")


def units(text: str) -> list[Unit]:
    section = Section(index=0, code="x", group=SectionGroup.WARNINGS, heading="h", start=0, end=len(text))
    return units_of([Passage(1, DOCUMENT, section, 0, len(text), text)])


def texts(chosen: list[Unit]) -> list[str]:
    return [unit.text for unit in chosen]


def test_bullets_without_words_are_no_units() -> None:
    assert texts(units("•\nTake one tablet\n*\nDo not chew")) == ["Take one tablet", "Do not chew"]


def test_an_item_brings_its_lead_in() -> None:
    found = matching(units("Aloria is contraindicated in:\n- asthma\n- liver failure\nSee a doctor."), ["liver"], 3)
    assert texts(found) == ["Aloria is contraindicated in:", "- liver failure"]


def test_a_sentence_that_its_items_end_is_their_lead_in() -> None:
    found = matching(units("It helps.\nDo not use\n- with a fever\n- after alcoholic drinks\nKeep it dry."), ["alcohol"], 3)
    assert texts(found) == ["Do not use", "- after alcoholic drinks"]


def test_a_lead_in_brings_its_items() -> None:
    found = matching(units("Drugs that raise the level:\n- one\n- two\nNothing else is known."), ["level"], 3)
    assert texts(found) == ["Drugs that raise the level:", "- one", "- two"]


def test_a_row_brings_the_header_of_its_table_and_what_leads_it_in() -> None:
    found = matching(units("每次用量：\n年龄 | 用量\n1～3岁 | 4ml\n4～6岁 | 5ml"), ["4～6岁"], 1)
    assert texts(found) == ["每次用量：", "年龄 | 用量", "4～6岁 | 5ml"]


def test_a_header_brings_the_rows_of_its_table() -> None:
    assert len(matching(units("Age | Dose in children\n1 to 3 years | 4 ml\n4 to 6 years | 5 ml"), ["children"], 1)) == 3


def test_a_sentence_that_points_back_brings_the_one_before() -> None:
    found = matching(units("Fainting was reported. These events were seen at the first dose. Nothing else."), ["first"], 1)
    assert texts(found) == ["Fainting was reported.", "These events were seen at the first dose."]


def test_a_heading_is_no_statement() -> None:
    assert matching(units("Mechanism of Action\nIt is not known."), ["mechanism"], 3) == []
    assert fitting(units("Mechanism of Action\nIt is not known."), [True, False], 3) == []


def test_everything_is_taken_where_it_fits_and_else_whole_units_with_what_was_asked() -> None:
    made = units("First sentence here. Second sentence on milk. Third sentence here.")
    assert choose(made, ["milk"], 1000).left_out == 0
    chosen = choose(made, ["milk"], 30)
    assert [unit.text for unit in chosen.units] == ["Second sentence on milk."]
    assert chosen.left_out == 2
    assert [unit.text for unit in choose(made, [], 25).units] == ["First sentence here."]
