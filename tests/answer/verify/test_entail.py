"""An entailment model settles what the rules leave open, and nothing else; models are loaded by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.entail import EntailmentModel, load_entailment
from medrag.answer.verify.names import shipped_mentions
from medrag.types import Verdict

SOURCE = Source("[1]", "口服。成人一次1片，一日2次。孕妇禁用。可引起恶心。", 0, "布洛芬片", "用法用量", "zh")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "nausea", "is", "common", "rash", "rare", "may", "occur", "."]


class Fixed:
    """Says the same of every pair, and remembers the pairs."""

    def __init__(self, likely: float) -> None:
        self.likely = likely
        self.asked: list[tuple[str, str]] = []

    name = "double"

    def carries(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.asked += pairs
        return [self.likely for _ in pairs]


def test_the_model_settles_words_that_no_sentence_has() -> None:
    sure, doubtful = Fixed(0.9), Fixed(0.1)
    claim = "可引起恶心和味觉迟钝"
    assert Checker(shipped_mentions, entailment=sure).check(claim, [SOURCE]).verdict is Verdict.SUPPORTED
    flagged = Checker(shipped_mentions, entailment=doubtful).check(claim, [SOURCE])
    assert flagged.verdict in (Verdict.PARTIAL, Verdict.UNSUPPORTED)
    assert flagged.reasons[-1] == "核对模型认为来源不支持这句话"
    assert sure.asked == [(SOURCE.text, claim)]


@pytest.mark.parametrize(
    "claim", ["成人一次3片", "成人一次1粒", "孕妇可用", "萘普生成人一次1片", "儿童一次1片，一日2次", "每周1次"]
)
def test_the_model_never_overrules_a_number_a_name_or_a_stance(claim: str) -> None:
    model = Fixed(1.0)
    assert Checker(shipped_mentions, entailment=model).check(claim, [SOURCE]).verdict is not Verdict.SUPPORTED
    assert model.asked == []


def test_the_model_is_not_asked_where_the_rules_are_sure() -> None:
    model = Fixed(0.0)
    assert Checker(shipped_mentions, entailment=model).check("孕妇禁止使用", [SOURCE]).verdict is Verdict.SUPPORTED
    assert model.asked == []


@pytest.fixture(scope="module")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    return folder


def tiny(folder: Path, vocabulary: Path, kind: str, labels: dict[int, str]) -> Path:
    """A BERT of one layer that the test makes, saved as a model of a hub is."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        id2label=labels,
        label2id={label: index for index, label in labels.items()},
    )
    getattr(transformers, kind)(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab=str(vocabulary / "vocab.txt"), model_max_length=32).save_pretrained(folder)
    return folder


PAIRS = (("nausea is common .", "nausea may occur ."), ("rash is rare . " * 40, "rash is common ."), ("", "nausea"))


@pytest.mark.parametrize(
    ("kind", "labels", "column"),
    [
        ("BertForSequenceClassification", {0: "contradiction", 1: "neutral", 2: "entailment"}, 2),
        ("BertForSequenceClassification", {0: "LABEL_0", 1: "LABEL_1"}, 1),
        ("BertForSequenceClassification", {0: "LABEL_0"}, 0),
        ("BertForTokenClassification", {0: "supported", 1: "hallucinated"}, 1),
    ],
)
def test_a_model_is_loaded_by_folder_and_gives_a_probability_for_each_pair(
    tmp_path: Path, tokenizer_folder: Path, kind: str, labels: dict[int, str], column: int
) -> None:
    model = load_entailment(str(tiny(tmp_path / "m", tokenizer_folder, kind, labels)))
    assert isinstance(model, EntailmentModel)
    likely = model.carries(PAIRS)
    assert len(likely) == len(PAIRS)
    assert all(0 <= p <= 1 for p in likely)
    assert likely == pytest.approx([model.carries([pair])[0] for pair in PAIRS], abs=1e-5)
    assert likely[0] == pytest.approx(by_hand(model, PAIRS[0], column), abs=1e-5)


def by_hand(model: EntailmentModel, pair: tuple[str, str], column: int) -> float:
    """The probability from the model's own logits, written out."""
    import torch

    network, tokenizer, of_tokens = model._loaded
    encoded = tokenizer(*pair, return_tensors="pt")
    with torch.inference_mode():
        logits = network(**encoded).logits[0]
    if of_tokens:
        made_up = logits.softmax(-1)[:, column]
        return 1 - max(float(made_up[at]) for at, side in enumerate(encoded.sequence_ids(0)) if side == 1)
    return float(logits.sigmoid()[0] if len(logits) == 1 else logits.softmax(-1)[column])
