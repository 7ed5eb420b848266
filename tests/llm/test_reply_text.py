"""The words of a reply: halves of characters, control characters, line ends and loops."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import pytest

from medrag.llm.characters import Characters
from medrag.llm.scripted import Script
from medrag.llm.work import Finish
from tests.llm.replying import ASKED, scripted


def halved(*pieces: str) -> str:
    halves = Characters()
    return "".join(map(halves.feed, pieces))


def test_halves_of_a_character_are_put_together() -> None:
    assert halved("药\ud83d", "\ude42。") == "药🙂。"
    assert halved("\ud83d", "", "\ude42") == "🙂"
    assert halved("药", "🙂") == "药🙂"


def test_half_a_character_that_stays_half_is_marked_and_at_the_end_left_out() -> None:
    assert halved("一\ud83d", "日") == "一\ufffd日"
    assert halved("一\ude42日") == "一\ufffd日"
    assert halved("一日\ud83d") == "一日"
    assert halved("一日\ufffd") == "一日"
    assert halved("一\ufffd", "日") == "一\ufffd日"
    reply = scripted(Script(["一日3次\ud83d"], finish=Finish.LENGTH)).complete(ASKED)
    assert (reply.text, reply.finish) == ("一日3次", Finish.LENGTH)
    reply.text.encode()


def test_a_long_run_of_halves_costs_no_more_than_its_length() -> None:
    begun = time.process_time()
    run = "\ufffd" * 60_000
    assert halved(run, "a") == run + "a"
    assert len(halved(*run)) == len(run) - 8
    assert time.process_time() - begun < 3


def test_control_characters_are_left_out_but_for_tab_and_line_feed() -> None:
    assert halved("孕妇\x1b[2J\x07禁用\x00。\x7f\x9b\x85") == "孕妇[2J禁用。"
    assert halved("a\tb\nc\x0b\x0cd") == "a\tb\ncd"
    assert halved("一次\u202e5\u202c片\u2066。\u2069") == "一次5片。"
    assert halved("👩\u200d⚕️") == "👩\u200d⚕️"
    reply = scripted(Script(["\x1b[31m孕妇", "禁用\x07。\x00"])).complete(ASKED)
    assert reply.text == "[31m孕妇禁用。"


def test_every_line_ends_in_a_line_feed_wherever_it_is_cut() -> None:
    assert halved("一\r\n二\r三\n\r") == "一\n二\n三\n"
    assert halved(*"一\r\n二\r三\r\n") == "一\n二\n三\n"


@pytest.mark.parametrize(
    "endless",
    [
        lambda: itertools.repeat("孕妇禁用。"),
        lambda: itertools.repeat("ha"),
        lambda: (f"{number}. 请在医生指导下使用本品。\n" for number in itertools.count(1)),
        lambda: itertools.cycle(["本品用于缓解轻度至中度疼痛，如头痛、关节痛、偏头痛、牙痛、肌肉痛、神经痛、痛经，", "也用于普通感冒或流行性感冒引起的发热，", "详见说明书。\n\n"]),
        lambda: (part for number in itertools.count() for part in ("对阿司匹林过敏者禁用，活动性溃疡者禁用。\n", f"另见第{number * 7919 % 997}条，{'甲乙丙丁'[number % 4]}项。\n")),
    ],
)  # fmt: skip
def test_a_model_in_a_loop_is_stopped(endless: Callable[[], Iterator[str]]) -> None:
    reply = scripted(Script(endless())).complete(ASKED)
    assert reply.finish is Finish.REPEATED
    assert reply.error == "the model repeated itself and was stopped"
    assert 0 < len(reply.text) < 4_000


@pytest.mark.parametrize(
    "honest",
    [
        "| 药名 | 剂量 | 次数 |\n|------|------|------|\n| 阿司匹林 | 100 mg | 每日1次 |\n| 二甲双胍 | 500 mg | 每日3次 |\n| 氨氯地平 | 5 mg | 每日1次 |",
        "-" * 80 + "\n成人：一次1片，一日3次，饭后服。\n" + "-" * 80,
        "".join(f"{n}. {what}：成人一次1片，一日3次。[{n}]\n" for n, what in enumerate(["头痛", "发热", "关节痛", "牙痛", "痛经", "神经痛"], 1)),
        "Common: nausea, vomiting, diarrhea, constipation, nausea, vomiting. Take 1 tablet, 1 tablet, 1 tablet or as directed.",
        "".join(f"第{n}天：一次1片。" for n in range(1, 8)),
        "".join(f"| {n * 0.37:.2f} | {n * 1.91:.1f} |\n" for n in range(60)),
    ],
)  # fmt: skip
def test_what_only_looks_alike_is_no_loop(honest: str) -> None:
    reply = scripted(honest).complete(ASKED)
    assert (reply.text, reply.finish) == (honest.strip(), Finish.STOP)
