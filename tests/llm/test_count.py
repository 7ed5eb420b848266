"""The estimate of tokens, against tokenizers: GPT-4's, which LlamaIndex brings, and one trained here on the starter's labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from medrag.llm.count import PER_MESSAGE, PER_PROMPT, estimated, messages_counter
from medrag.llm.messages import Message, Role

ODD = ["℃μⅡ㎎≥±½", "🙂👩‍⚕️", "Ⓡ™", "ภาษาไทย", "한국어 العربية", "\n\n\n\t\t", "aaaa", "0.25g×3次/日", "𠀀𠮷", ""]


def pieces(starter: Path, size: int = 400) -> list[str]:
    texts = [file.read_text(encoding="utf-8") for file in sorted((starter / "labels").rglob("*")) if file.is_file()]
    return [text[start : start + size] for text in texts for start in range(0, len(text), size)]


def trained(texts: list[str]) -> Callable[[str], int]:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=8_000, initial_alphabet=alphabet, show_progress=False))
    return lambda text: len(made.encode(text).ids)


def gpt4(text: str) -> int:
    from llama_index.core.utils import get_tokenizer

    return len(get_tokenizer()(text))


def test_the_estimate_is_not_below_gpt4s_tokens(starter: Path) -> None:
    texts = [*pieces(starter), *ODD]
    assert len(texts) > 100
    assert [text for text in texts if estimated(text) < gpt4(text)] == []


def test_the_estimate_is_not_below_a_tokenizer_trained_on_other_labels(starter: Path) -> None:
    texts = pieces(starter)
    count = trained(texts[::2])
    assert [text for text in texts[1::2] if estimated(text) < count(text)] == []


def test_the_estimate_is_no_more_than_three_times_gpt4s_tokens(starter: Path) -> None:
    assert [text for text in pieces(starter) if estimated(text) > 3 * gpt4(text) + 10] == []


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("阿司匹林", 8), ("aspirin", 3), ("一日3次。", 8), ("℃", 3)])
def test_the_arithmetic(text: str, tokens: int) -> None:
    assert estimated(text) == tokens


def test_messages_are_counted_with_what_stands_around_them() -> None:
    count = messages_counter(len)
    messages = [Message(Role.SYSTEM, "abc"), Message(Role.USER, "de")]
    assert count(messages) == PER_PROMPT + 2 * PER_MESSAGE + 5
