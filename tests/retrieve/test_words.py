"""The words of a question: what is searched for, and whether a text speaks of it."""

from __future__ import annotations

import pytest

from medrag.retrieve.words import speaks_of, subject_words, term_hits


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("Median incidence per week", "med", False),
        ("Take with meals", "meal", True),
        ("Cholestatic hepatitis", "hepatiti", True),
        ("Prehepatitis", "hepatiti", False),
        ("the format of a form", "form", True),
        ("用于缺铁性贫血", "贫血", True),
    ],
)
def test_a_term_counts_where_a_word_begins_with_it_and_a_short_one_as_a_whole_word(text: str, term: str, found: bool) -> None:
    assert term_hits(text, [term]) == found


def test_a_text_speaks_of_a_question_by_most_of_its_words_or_by_one_that_labels_use_for_them() -> None:
    assert speaks_of("avoid grapefruit", (), ("grapefruit",))
    assert speaks_of("用于贫血", ("贫血",), ())
    assert not speaks_of("kidney", ("kidney", "stone"), ())
    assert not speaks_of("nothing of the kind", ("kidney",), ("renal",))
    assert not speaks_of("anything", (), ())


def test_what_is_left_of_a_question_is_kept_in_whole_words() -> None:
    assert subject_words("能和维生素c一起吃吗", []) == ("维生素c",)
    assert subject_words("can i take it with potassium supplements", []) == ("potassium", "supplements")
    assert subject_words("布洛芬能吃吗", [(0, 3)]) == ()
