"""What a turn that names no medicine, or only denies or replaces one, comes to by what it lacks."""

from __future__ import annotations

import pytest

from medrag.chat.follow import Followed, follow
from medrag.chat.reading import Reader
from medrag.chat.slots import Memory


def followed(reader: Reader, *turns: str) -> Followed:
    """The last of the turns, followed."""
    memory = Memory()
    for turn in turns:
        found = follow(turn, memory, reader)
        memory = found.memory
    return found


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        # told in whatever words, of the medicine talked about
        (("布洛芬混悬液怎么吃", "夏天放车里没事吧"), "布洛芬混悬液夏天放车里没事吧"),
        (("布洛芬混悬液怎么吃", "吃完胃疼"), "吃布洛芬混悬液会胃疼吗"),
        (("What is ibuprofen used for?", "hasn't helped after a week"), "hasn't helped after a week with ibuprofen"),
        (
            ("What is ibuprofen used for?", "now I can't get up in the morning"),
            "I can't get up in the morning. Can ibuprofen cause this?",
        ),
        (("What is ibuprofen used for?", "bad dreams, could that be why"), "bad dreams. Can ibuprofen cause this?"),
        (
            ("What is ibuprofen used for?", "he can't sleep since taking it"),
            "he can't sleep since taking ibuprofen. Can it cause this?",
        ),
        (("What is ibuprofen used for?", "will my hair fall out"), "will my hair fall out? Can ibuprofen cause this?"),
        (("What is ibuprofen used for?", "my doctor said to wait"), "my doctor said to wait with ibuprofen"),
        # what is no effect of a medicine, however it is told
        (("What is ibuprofen used for?", "will my insurance cover it"), "will my insurance cover ibuprofen"),
        (("What is ibuprofen used for?", "I am going on holiday"), "I am going on holiday with ibuprofen"),
        # whom somebody meets, or what he counts, is not who he is, nor another medicine
        (("I work with pregnant women.", "Can I take ibuprofen?"), "Can I take ibuprofen?"),
        (("My creatinine is 0.8.", "Can I take ibuprofen?"), "Can I take ibuprofen?"),
        (("我爸就一个肾结石", "他能吃布洛芬混悬液吗"), "他能吃布洛芬混悬液吗"),
        (("Can I take ibuprofen?", "Can I take two tablets at the same time?"), "Can I take two tablets at the same time?"),
        (("My grandma is on dialysis. Can she take ibuprofen?", "Can I take ibuprofen?"), "Can I take ibuprofen?"),
        # what decides whether somebody may take it
        (("布洛芬混悬液有什么副作用", "老人家84了肾也不好"), "老人家84岁了肾也不好，能吃布洛芬混悬液吗"),
        (("布洛芬混悬液怎么吃", "做过支架手术的"), "做过支架手术的，能吃布洛芬混悬液吗"),
        (("布洛芬混悬液怎么吃", "对花粉过敏"), "对花粉过敏，能吃布洛芬混悬液吗"),
        (("布洛芬混悬液怎么吃", "哺乳期"), "布洛芬混悬液哺乳期能用吗"),
        (("What is ibuprofen used for?", "kidneys aren't great"), "kidneys aren't great. can I take ibuprofen?"),
        (("How do I take ibuprofen?", "allergic to peanuts"), "can I take ibuprofen, with an allergy to peanuts?"),
        (("Can I take ibuprofen?", "aspirin allergy"), "Can I take ibuprofen with aspirin allergy?"),
        # for whom the last question carries on
        (("布洛芬混悬液怎么吃", "不是我吃，是我爸"), "我爸，布洛芬混悬液怎么吃"),
        (("布洛芬混悬液怎么吃", "患者是我奶奶，今年85"), "患者是我奶奶，今年85岁，布洛芬混悬液怎么吃"),
        (("How do I take ibuprofen?", "he is in his eighties"), "he is 85 years old. How do I take ibuprofen?"),
        # whether it is the medicine that does it
        (("布洛芬混悬液怎么吃", "出疹子了怎么回事"), "吃布洛芬混悬液会出疹子吗"),
        # said again, and what else there is
        (("布洛芬混悬液怎么吃", "没看懂"), "布洛芬混悬液怎么吃"),
        (("How do I take ibuprofen?", "are you sure?"), "How do I take ibuprofen?"),
        (("How do I take ibuprofen?", "anything else?"), "what are the warnings for ibuprofen?"),
        # what nobody asks of a medicine
        (("布洛芬混悬液怎么吃", "北京明天会下雨吗"), "北京明天会下雨吗"),
        (("How do I take ibuprofen?", "what day is it"), "what day is it"),
        (("How do I take ibuprofen?", "write me a poem"), "write me a poem"),
        (("How do I take ibuprofen?", "what is diabetes"), "what is diabetes"),
    ],
)
def test_a_turn_without_a_medicine_is_of_the_one_talked_about(reader: Reader, turns: tuple[str, ...], standalone: str) -> None:
    assert followed(reader, *turns).standalone == standalone


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        # another that is taken beside it, known here or not
        (("How do I take ibuprofen?", "can she have warfarin too?"), "Can ibuprofen be taken with warfarin?"),
        (("How do I take ibuprofen?", "and warfarin with it?"), "Can ibuprofen be taken with warfarin?"),
        (("How do I take ibuprofen?", "i take rifampin"), "Can ibuprofen be taken with rifampin?"),
        (("How do I take ibuprofen?", "my wife's on the pill"), "Can ibuprofen be taken with birth control pills?"),
        (
            ("How do I take ibuprofen?", "my other meds are warfarin and digoxin"),
            "Can ibuprofen be taken with warfarin and digoxin?",
        ),
        (("布洛芬混悬液怎么吃", "能同时吃泰诺吗"), "布洛芬混悬液能同时吃泰诺吗"),
        # the one that is taken stays, the one asked about makes way
        (("Can I take ibuprofen?", "I'm on warfarin", "digoxin instead?"), "Can digoxin be taken with warfarin?"),
        (
            ("Can warfarin and ibuprofen be taken together?", "what if it's digoxin instead of the ibuprofen"),
            "Can warfarin and digoxin be taken together?",
        ),
        # held against it, not in its place
        (("Can I take ibuprofen?", "is it the same as warfarin"), "is ibuprofen the same as warfarin"),
        (("布洛芬混悬液怎么吃", "能代替华法林吗"), "布洛芬混悬液能代替华法林吗"),
        # what is denied is not asked about
        (("Can I take ibuprofen?", "not warfarin though"), "Can I take ibuprofen?"),
        (("布洛芬混悬液怎么吃", "没有，我没吃过华法林"), "布洛芬混悬液怎么吃"),
        # no medicine where it stands
        (("What is ibuprofen used for?", "calcium got too high"), "calcium got too high with ibuprofen"),
        (("What is ibuprofen used for?", "my little one is 5"), "my child is 5. can I take ibuprofen?"),
    ],
)
def test_another_medicine_joins_replaces_or_is_left_out(reader: Reader, turns: tuple[str, ...], standalone: str) -> None:
    assert followed(reader, *turns).standalone == standalone


def test_the_first_of_two_that_are_taken_together_is_asked_about_without_asking_back(reader: Reader) -> None:
    found = followed(reader, "ibuprofen with warfarin alright?", "what's the dose")
    assert (found.standalone, found.asking) == ("what's the dose of ibuprofen", None)


def test_a_name_in_parentheses_is_no_second_medicine(reader: Reader) -> None:
    found = followed(reader, "warfarin with ibuprofen dose", "can I take it with food")
    assert found.asking is None


def test_what_spaces_two_out_is_asked_of_both(reader: Reader) -> None:
    found = followed(reader, "Can ibuprofen and warfarin be taken together?", "how far apart")
    assert (found.standalone, found.asking) == ("how far apart, ibuprofen and warfarin", None)
