"""Tiny models of the seeds' architectures, with tokenizers trained here: made, taught one reply, and saved as real ones are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

CORPUS = [
    "Instructions: You are Helper, a large language model full of intelligence. Respond conversationally.",
    "User: 阿司匹林肠溶片的禁忌是什么？",
    "Helper: 对本品过敏者禁用。",
    "Helper: Helper",
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
    "### Instruction: ### Response: 下面是一个问题，运用医学知识来正确回答提问. ### 问题: ### 回答：",
    "成人一次1片，一日3次。儿童用量请咨询医师。 The recommended dose is 100 mg once daily. system user assistant",
] * 4
REPLY = "成人一次1片，一日3次🙂。"
VOCABULARY = 700
KNOWN = 0.02  # the mean loss of a token of a text that is known by heart
torch.set_num_threads(1)  # two threads wait for each other on matrices this small
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_level(specials: Sequence[str]) -> Tokenizer:
    """A byte-level BPE, as BLOOM's and Qwen's: nothing is put before a text."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(specials),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(CORPUS, trainer)
    return made


def byte_fallback(before_bytes: Sequence[str] = ()) -> Tokenizer:
    """A BPE over characters with bytes for the unknown, as LLaMA's: <s> stands before a text, ▁ before a word."""
    learnt = Tokenizer(models.BPE(unk_token="<unk>"))
    learnt.train_from_iterator(
        [text.replace(" ", "▁") for text in CORPUS], trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False)
    )
    model = json.loads(learnt.to_str())["model"]
    first = ["<unk>", "<s>", "</s>", *before_bytes, *(f"<0x{byte:02X}>" for byte in range(256))]
    words = [word for word in sorted(model["vocab"], key=model["vocab"].get) if word not in first]
    vocabulary = {token: number for number, token in enumerate([*first, *words])}
    merges = [tuple(merge) for merge in model["merges"]]
    made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.add_special_tokens(["<unk>", "<s>", "</s>"])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return made


# Baichuan's reserved tokens: <reserved_102> is 195 and <reserved_103> is 196.
BAICHUAN_TOKENS = [*(f"<filler_{number}>" for number in range(3, 93)), *(f"<reserved_{number}>" for number in range(110))]


def save(kind: str, folder: Path, teach: Callable[[Any], list[int]] | None = None) -> Path:
    """Makes a tiny model, teaches it, and saves it as real ones are; the folder."""
    tokenizer = tokenizer_of(kind)
    torch.manual_seed(1)
    model = model_of(kind, len(tokenizer))
    if teach is not None:
        learn(model, teach(tokenizer))
    tokenizer.save_pretrained(folder)
    with quiet():
        model.save_pretrained(folder)
    return folder


def tokenizer_of(kind: str) -> Any:
    """The tokenizer of bloom, llama, internlm, baichuan or qwen, with the ids that these have."""
    if kind == "bloom":  # <unk> 0, <s> 1, </s> 2, <pad> 3, and nothing before a text
        return PreTrainedTokenizerFast(
            tokenizer_object=byte_level(["<unk>", "<s>", "</s>", "<pad>"]),
            unk_token="<unk>",
            bos_token="<s>",
            eos_token="</s>",
            pad_token="<pad>",
            padding_side="left",
        )
    if kind == "qwen":
        made = PreTrainedTokenizerFast(
            tokenizer_object=byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]),
            eos_token="<|im_end|>",
            pad_token="<|endoftext|>",
            additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        )
        made.chat_template = CHATML
        return made
    # <unk> 0, <s> 1, </s> 2, and <s> before a text
    before_bytes = BAICHUAN_TOKENS if kind == "baichuan" else ()
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_fallback(before_bytes), unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def model_of(kind: str, tokens: int) -> Any:
    """An untaught model of two layers: BLOOM, Qwen2, or LLaMA, which InternLM and Baichuan are built like."""
    if kind == "bloom":
        return BloomForCausalLM(
            BloomConfig(vocab_size=tokens, hidden_size=64, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2, pad_token_id=3)
        )
    sizes: dict[str, Any] = {
        "vocab_size": tokens,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "pad_token_id": 0,
        "eos_token_id": 2,
    }
    if kind == "qwen":
        return Qwen2ForCausalLM(Qwen2Config(**sizes, bos_token_id=0, max_position_embeddings=1024))
    return LlamaForCausalLM(LlamaConfig(**sizes, bos_token_id=1, max_position_embeddings=2048))


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' progress bars."""
    transformers_logging: Any = transformers.utils.logging
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.enable_progress_bar()


def learn(model: Any, ids: list[int], steps: int = 60) -> None:
    """Teaches a model one text by heart, in so many steps or as soon as it knows it."""
    batch = torch.tensor([ids])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for _ in range(steps):
        loss = model(input_ids=batch, labels=batch).loss
        if loss.item() < KNOWN:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def save_with_sentencepiece_alone(folder: Path) -> Any:
    """An untaught LLaMA as its first checkpoints were: `tokenizer.model` and nothing faster. The SentencePiece processor."""
    import sentencepiece

    folder.mkdir(parents=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    made = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    named = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**named, "add_bos_token": True, "add_eos_token": False}))
    with quiet():
        model_of("llama", made.get_piece_size()).save_pretrained(folder)
    return made
