"""Replies of judges and of models that choose letters: what they say is read, what they do not say is not."""

from __future__ import annotations

import pytest

from medrag.evaluate.judgement import MarkError, Outcome, parse_criteria, parse_pairwise
from medrag.evaluate.letters import letters_of


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("8 7", Outcome.A),
        ("7.5 8\nThe second answer is more detailed: 9 of 10.", Outcome.B),
        ("6, 6", Outcome.TIE),
        ("8,7", Outcome.A),
        ("\n 10 0", Outcome.A),
        ("8", Outcome.UNPARSABLE),
        ("8 7 6", Outcome.UNPARSABLE),
        ("8/10 7/10", Outcome.UNPARSABLE),
        ("Assistant 1: 9 Assistant 2: 1", Outcome.UNPARSABLE),
        ("The marks are below.\n8 7", Outcome.UNPARSABLE),
        ("nan 7", Outcome.UNPARSABLE),
        ("1e1 7", Outcome.UNPARSABLE),
        ("-8 7", Outcome.UNPARSABLE),
        ("88 7", Outcome.UNPARSABLE),
        ("1_0 7", Outcome.UNPARSABLE),
        ("", Outcome.UNPARSABLE),
    ],
)
def test_only_two_numbers_in_the_first_line_are_a_judgement(reply: str, outcome: Outcome) -> None:
    found = parse_pairwise(reply)
    assert found.outcome is outcome and (found.a is None) is (outcome is Outcome.UNPARSABLE)


def test_marks_are_read_by_criterion_in_any_order() -> None:
    reply = "Here is my evaluation.\nAccuracy: 4\n proactivity: 5 \nHelpfulness：3.5\nLinguistic  Quality: 5\n"
    assert parse_criteria(reply) == {"Proactivity": 5.0, "Accuracy": 4.0, "Helpfulness": 3.5, "Linguistic Quality": 5.0}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("Proactivity: 5\nAccuracy: 4\nHelpfulness: 5", "no mark for Linguistic Quality"),
        ("Proactivity: 6\nAccuracy: 4\nHelpfulness: 5\nLinguistic Quality: 5", "6 is not between 1 and 5"),
        ("Proactivity: 5\nProactivity: 4\nAccuracy: 4\nHelpfulness: 5\nLinguistic Quality: 5", "marked twice"),
        ("Proactivity: 5/5\nAccuracy: 4\nHelpfulness: 5\nLinguistic Quality: 5", "no mark for Proactivity"),
        ("Proactivity: 5, Accuracy: 4, Helpfulness: 5, Linguistic Quality: 5", "no mark for"),
        ("Overall Accuracy: 5\nProactivity: 5\nHelpfulness: 5\nLinguistic Quality: 5", "no mark for Accuracy"),
        ("", "no mark for"),
    ],
)
def test_marks_that_are_not_all_given_as_asked_are_no_marks(lines: str, message: str) -> None:
    with pytest.raises(MarkError, match=message):
        parse_criteria(lines)


@pytest.mark.parametrize(
    ("reply", "letters"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(B)", "B"),
        ("**B**", "B"),
        ("答：A", "A"),
        ("ABCDE", "ABCDE"),
        ("答案：B", "B"),
        ("正确答案为：C", "C"),
        ("本题正确答案是 D，因为A错误。", "D"),
        ("答案为 (B) 甘露醇", "B"),
        ("A. 甘露醇", "A"),
        ("B：甘露醇是渗透性利尿剂", "B"),
        ("C\n\n解析：本题考查药理。", "C"),
        ("不选A，应选B", "B"),
        ("排除A，选B", "B"),
        ("A选项错误，B选项正确。", "B"),
        ("正确的是B", "B"),
        ("应选择：C。", "C"),
        ("故本题选D。", "D"),
        ("综上所述，答案选E", "E"),
        ("首先看答案A……最终答案是C。", "C"),
        ("答案A不正确，正确答案是B", "B"),
        ("答案是AC", "AC"),
        ("答案：D、A、C", "ACD"),
        ("The answer is A.", "A"),
        ("The answer is (C) because B is wrong", "C"),
        ("Answer: D", "D"),
        ("The correct answer is A and C", "AC"),
        ("Option B is correct.", "B"),
        ("Choice A is wrong. Choice C is the best answer.", "C"),
        ("I would choose option D.", "D"),
        ("The best option is B because A is unsafe", "B"),
        ("Therefore, the answer is E: hyperkalemia", "E"),
        ("The final answer is \\boxed{\\text{C}}", "C"),
    ],
)
def test_a_reply_that_chooses_is_read(reply: str, letters: str) -> None:
    assert letters_of(reply, "ABCDE") == letters


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "以上都不对",
        "Vitamin A is fat soluble.",
        "A patient with fever should rest.",
        "A beta-blocker",
        "The answer is A patient-centred approach",
        "Answer: A 55-year-old man",
        "The answer is B12 deficiency",
        "The answer is not A, it is B.",
        "Is the answer A or B?",
        "DNA",
        "A. x\nB. y\nC. z",
        "A错，B错，C错，D对",
        "答案不是A，而是C",
        "选项A和选项B都有道理",
        "选A还是选B？",
        "答案可能是A或B",
        "答案是ACE抑制剂",
        "答案是B细胞",
        "维生素B12缺乏",
        "ACE抑制剂可降低血压",
        "答案：F",
        "答案是A。答案是B。",
    ],
)
def test_a_reply_that_does_not_choose_is_not_read_as_one(reply: str) -> None:
    assert letters_of(reply, "ABCDE") is None
