"""Marks are taken out of a reply wherever the pieces are cut."""

from __future__ import annotations

import itertools
import time

import pytest

from medrag.llm.clean import ReplyCleaner
from medrag.llm.presets import preset_named


def shown(cleaner: ReplyCleaner, *pieces: str) -> str:
    out = []
    for piece in pieces:
        out.append(cleaner.feed(piece))
        if cleaner.done:
            break
    return "".join([*out, cleaner.close()])


def in_every_cut(preset: str, said: str) -> set[str]:
    """What is shown when the reply comes whole, character by character, and cut at every one and every two places."""
    cuts = [(), tuple(range(1, len(said))), *((at,) for at in range(1, len(said)))]
    cuts += list(itertools.combinations(range(1, len(said)), 2))
    results = set()
    for cut in cuts:
        places = [0, *cut, len(said)]
        pieces = [said[start:end] for start, end in itertools.pairwise(places)]
        results.add(shown(preset_named(preset).cleaner(), *pieces))
    return results


@pytest.mark.parametrize(
    ("preset", "said", "wanted"),
    [
        ("pulse-7b", "Helper: 一日3次。", "一日3次。"),
        ("pulse-7b", ": 一日3次。</s>User", "一日3次。"),
        ("pulse-20b", "<s> Helper: 一日3次。", "一日3次。"),
        ("pulse-7b", "Helper: Helper T细胞", "Helper T细胞"),
        ("pulse-7b", "Helper T细胞: 见", "Helper T细胞: 见"),
        ("qizhen-cama-13b", " 一次\n\n### Instruction:\n问", "一次"),
        ("qizhen-llama-7b", "### Response: 一次 #", "一次 #"),
        ("bentsao-llama", "<s>禁用。### 问题", "禁用。"),
        ("bentsao-bloom", "禁用 ### 慎用", "禁用 ### 慎用"),
        ("bentsao-literature", "好。<user>: 还", "好。"),
        ("disc-medllm", "一次。<reserved_102>问", "一次。"),
        ("qizhen-chatglm-6b", "答：一次[Round 1]", "一次"),
        ("chat", "<think>嗯</think>\n\n一次", "一次"),
        ("chat", "a<think>b</think>c <b", "ac <b"),
        ("chat", "<think>没完", ""),
        ("chat", "<thing> x ", "<thing> x"),
        ("chat", "a \n b\n\n", "a \n b"),
    ],
)
def test_a_presets_marks_wherever_the_pieces_are_cut(preset: str, said: str, wanted: str) -> None:
    assert in_every_cut(preset, said) == {wanted}


def test_nothing_is_held_back_longer_than_it_may_be_a_mark() -> None:
    cleaner = ReplyCleaner(stop=["### Instruction:"])
    assert cleaner.feed("一次 ##") == "一次"
    assert cleaner.feed("# 见") == " ### 见"
    assert cleaner.feed(" ") == ""
    assert cleaner.feed("下") == " 下"


def test_after_a_stop_nothing_is_shown() -> None:
    cleaner = ReplyCleaner(stop=["</s>"])
    assert cleaner.feed("好</s>不好") == "好"
    assert cleaner.done
    assert (cleaner.feed("再"), cleaner.close()) == ("", "")


def test_the_longest_mark_at_a_place_counts() -> None:
    cleaner = ReplyCleaner(stop=["##"], thoughts=[("###", "===")])
    assert shown(cleaner, "a###b===c") == "ac"


def test_endless_blanks_cost_no_more_than_their_length() -> None:
    cleaner = ReplyCleaner(thoughts=[("<think>", "</think>")])
    begun = time.process_time()
    assert cleaner.feed("a") == "a"
    assert {cleaner.feed(" " * 20) for _ in range(30_000)} == {""}
    assert cleaner.feed("b") == " " * 600_000 + "b"
    assert time.process_time() - begun < 2
