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


def test_an_item_behind_a_bullet_on_its_own_line_brings_its_lead_in() -> None:
    found = matching(
        units("Liver damage may occur if you take\n•\nmore than eight tablets\n•\n3 or more drinks"), ["drinks"], 3
    )
    assert texts(found) == ["Liver damage may occur if you take", "3 or more drinks"]


def test_a_row_brings_the_header_over_the_names_of_groups() -> None:
    found = matching(units("Event | Drug | Placebo\nSkin\nRash | 3 | 1\nOther\nHair loss | 6 | 1\nThat was all."), ["hair"], 3)
    assert texts(found) == ["Event | Drug | Placebo", "Hair loss | 6 | 1"]


def test_a_row_whose_last_cell_goes_on_brings_the_rest() -> None:
    found = matching(units("Age | Dose\nunder 6 years | do not use unless\ndirected by a doctor"), ["under"], 1)
    assert texts(found)[-2:] == ["under 6 years | do not use unless", "directed by a doctor"]


def test_a_row_whose_header_is_elsewhere_gives_way_to_a_sentence() -> None:
    text = "Rash | 3 | 1\nHair loss | 6 | 1\nTransient hair loss was seen."
    section = Section(index=0, code="x", group=SectionGroup.WARNINGS, heading="h", start=0, end=900)
    found = matching(units_of([Passage(1, DOCUMENT, section, 300, 300 + len(text), text)]), ["hair"], 3)
    assert texts(found) == ["Transient hair loss was seen."]


def test_a_heading_is_not_quoted_without_what_it_heads() -> None:
    made = units(
        "It may bleed.\n5.1 Bleeding after Sudden Withdrawal of the Tablets in Adults\nBleeding is serious and may be fatal."
    )
    assert [unit.text for unit in choose(made, [], 90).units] == ["It may bleed."]


def test_a_line_of_the_contraindications_brings_what_forbids() -> None:
    text = "Do not give it in the following conditions:\nLiver disease. It may worsen.\nPregnancy. It may harm the child."
    section = Section(index=0, code="x", group=SectionGroup.CONTRAINDICATIONS, heading="h", start=0, end=len(text))
    found = matching(units_of([Passage(1, DOCUMENT, section, 0, len(text), text)]), ["pregnancy"], 1)
    assert texts(found) == ["Do not give it in the following conditions:", "Pregnancy."]


def test_a_table_that_does_not_fit_is_left_out_with_its_header() -> None:
    made = units("It is taken up quickly.\nTime | Level\n1 hour | 3\n2 hours | 5\n3 hours | 4\nIt leaves slowly.")
    assert [unit.text for unit in choose(made, [], 48).units] == ["It is taken up quickly."]
    assert [unit.text for unit in choose(units("Time | Level\n1 hour | 3"), [], 5).units] == ["Time | Level", "1 hour | 3"]
