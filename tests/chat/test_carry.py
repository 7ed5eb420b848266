"""Turns that ask nothing of their own, in words that no rule knows: the last question carries on."""

from __future__ import annotations

import pytest

from medrag.chat.follow import follow
from medrag.chat.reading import Reader
from medrag.chat.slots import Memory


def stands_for(reader: Reader, *turns: str) -> str:
    """What the last of the turns is put to retrieval as."""
    memory = Memory()
    for turn in turns:
        followed = follow(turn, memory, reader)
        memory = followed.memory
    return followed.standalone


@pytest.mark.parametrize(
    "turn",
    ["华法林在这方面怎么样", "我家里只有华法林，也问一下", "顺便看看华法林", "我其实吃的是华法林", "华法林是不是也一样？"],
)
def test_a_turn_that_only_names_another_medicine_asks_the_same_of_it(reader: Reader, turn: str) -> None:
    assert stands_for(reader, "布洛芬混悬液有什么副作用", turn) == "华法林有什么副作用"


@pytest.mark.parametrize("turn", ["warfarin, same thing", "how does warfarin compare on that", "I actually take warfarin"])
def test_the_same_in_english(reader: Reader, turn: str) -> None:
    assert stands_for(reader, "ibuprofen side effects", turn) == "warfarin side effects"


def test_a_medicine_that_is_taken_too_is_asked_of_together(reader: Reader) -> None:
    assert stands_for(reader, "布洛芬混悬液怎么吃", "华法林也在吃，行吗") == "布洛芬混悬液和华法林能一起吃吗？"
    together = "Can ibuprofen be taken with warfarin?"
    assert stands_for(reader, "How do I take ibuprofen?", "I already take warfarin daily") == together


def test_a_person_told_of_in_a_sentence_is_whom_the_last_question_is_for(reader: Reader) -> None:
    asked = stands_for(reader, "How do I take ibuprofen?", "It's for my 6-year-old")
    assert asked == "How do I take ibuprofen for my 6-year-old?"


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("布洛芬混悬液有什么副作用", "华法林怎么保存"), "华法林怎么保存"),  # it asks something itself
        (("我吃华法林一年了", "能吃布洛芬混悬液吗"), "能吃布洛芬混悬液吗"),  # what was told is no question
    ],
)
def test_a_turn_that_asks_something_itself_is_left_alone(reader: Reader, turns: tuple[str, ...], standalone: str) -> None:
    assert standalone in stands_for(reader, *turns)


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("I'm pregnant.", "Any risk with ibuprofen?"), "I'm pregnant. Any risk with ibuprofen?"),
        (("My dad turned 79 last month.", "Thoughts on ibuprofen?"), "Thoughts on ibuprofen for a 79-year-old?"),
        (("I breastfeed my daughter.", "Is ibuprofen safe?"), "Is ibuprofen safe while breastfeeding?"),
        (("I'm pregnant.", "What is ibuprofen?"), "What is ibuprofen?"),
        (("I'm pregnant.", "How do I store ibuprofen?"), "How do I store ibuprofen?"),
    ],
)
def test_a_person_told_of_counts_where_nothing_in_particular_is_asked(
    reader: Reader, turns: tuple[str, ...], standalone: str
) -> None:
    assert stands_for(reader, *turns) == standalone


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        # the same of another, in words that say no more than that
        (("布洛芬混悬液有什么副作用", "华法林也有这个说法？"), "华法林有什么副作用"),
        (("ibuprofen side effects", "would warfarin be the same for her?"), "warfarin side effects"),
        # somebody told of, who takes it the same way
        (("布洛芬混悬液怎么吃", "我婆婆八十二了，也这么吃？"), "我婆婆八十二岁了，布洛芬混悬液怎么吃"),
        (("How much ibuprofen can I take?", "my mum is 80 though"), "my mum is 80. How much ibuprofen can I take?"),
        (("What is ibuprofen used for?", "ok for a five year old?"), "can a 5 year old take ibuprofen?"),
        # another that is taken, too
        (("How do I take ibuprofen?", "they added warfarin"), "Can ibuprofen be taken with warfarin?"),
        (("How do I take ibuprofen?", "he's on warfarin, would that matter"), "Can ibuprofen be taken with warfarin?"),
        (("布洛芬混悬液怎么吃", "再加一片华法林行吗"), "布洛芬混悬液和华法林能一起吃吗？"),
        (
            ("I take warfarin every day", "got a headache, thinking of ibuprofen"),
            "got a headache, thinking of ibuprofen. Can warfarin and ibuprofen be taken together?",
        ),
        # an illness alone, a circumstance, how long of the same, what else
        (("布洛芬混悬液怎么吃", "要是有高血压呢"), "有高血压能吃布洛芬混悬液吗"),
        (("What is ibuprofen used for?", "effects on fertility"), "effects on fertility with ibuprofen"),
        (("华法林手术前要停吗", "停几天"), "华法林手术前要停吗，停几天"),
        (("华法林手术前要停吗", "一天几次"), "华法林一天几次"),
        (("布洛芬混悬液会恶心吗", "除了这个还会怎么样"), "布洛芬混悬液还会怎么样"),
        (("布洛芬混悬液怎么吃", "华法林影响它的效果吗"), "华法林影响布洛芬混悬液的效果吗"),
        (("What does ibuprofen treat?", "can you mix that with warfarin"), "can you mix ibuprofen with warfarin"),
        # what is taken back while writing
        (("ibuprofen for fever? I mean warfarin... no, aspirin",), "aspirin for fever"),
        (("布洛芬混悬液，不对，华法林怎么吃",), "布洛芬混悬液，不对，华法林怎么吃"),
        (("想问布洛芬混悬液，不对，是华法林",), "想问华法林"),
        # what somebody does since is told, not passed over
        (
            ("What does ibuprofen treat?", "my son has nightmares since he started"),
            "my son has nightmares since he started ibuprofen",
        ),
        # whoever was told of is who it may harm, in whatever words that is asked
        (("我怀孕三个月了", "布洛芬混悬液会不会有害"), "我怀孕三个月了，布洛芬混悬液会不会有害"),
        (("I breastfeed my son", "should I avoid ibuprofen"), "should I avoid ibuprofen while breastfeeding"),
        (("I'm breastfeeding", "can ibuprofen hurt the baby"), "I'm breastfeeding. can ibuprofen hurt the baby"),
        (("What is ibuprofen used for?", "and in geriatric patients?"), "can ibuprofen be used in geriatric patients?"),
        # what it is taken with makes way, and what is eaten with it does not
        (("is warfarin ok with nitrates", "what about ibuprofen"), "is warfarin ok with ibuprofen"),
        (("can I take warfarin with alcohol", "what about ibuprofen"), "can I take ibuprofen with alcohol"),
        (("布洛芬混悬液怎么吃", "还要加华法林，隔多久"), "布洛芬混悬液和华法林隔多久吃？"),
        (
            ("How do I take ibuprofen?", "can I take my thyroid pill at the same time"),
            "can ibuprofen be taken with my thyroid pill?",
        ),
        (("What is ibuprofen used for?", "suitable for seniors?"), "is ibuprofen suitable for seniors?"),
        (
            ("What is ibuprofen used for?", "anything else I should look out for"),
            "anything else I should look out for with ibuprofen",
        ),
        # patients in general belong to the question that asked of them
        (("孕妇能吃布洛芬混悬液吗", "华法林怎么吃"), "华法林怎么吃"),
    ],
)
def test_what_a_turn_leaves_out_is_told_by_what_it_has(reader: Reader, turns: tuple[str, ...], standalone: str) -> None:
    assert stands_for(reader, *turns) == standalone


@pytest.mark.parametrize(
    "turn", ["没在吃华法林", "我没吃华法林", "我没有胃溃疡", "I'm not taking warfarin", "I don't take warfarin"]
)
def test_what_somebody_does_not_take_or_have_is_not_asked_about(reader: Reader, turn: str) -> None:
    memory = follow("How do I take ibuprofen?" if turn.isascii() else "布洛芬混悬液怎么吃", Memory(), reader).memory
    followed = follow(turn, memory, reader)
    denied = next(name for name in ("warfarin", "华法林", "胃溃疡") if name in turn)
    asked = followed.standalone.replace(turn, "")
    assert denied not in asked
    patient = followed.memory.slots.patient
    assert denied not in (*patient.medicines, *patient.diagnoses)
