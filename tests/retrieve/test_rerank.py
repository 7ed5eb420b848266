"""The cross-encoder reranker, on a model of two layers that is made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medrag.errors import MedRAGError
from medrag.retrieve.rerank import CrossEncoderReranker

TEXTS = ["abc def", "abc", "xyz abc def ghi"]


def make_model(folder: Path, outputs: int) -> Path:
    transformers = pytest.importorskip("transformers")
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
    ]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=outputs,
    )
    transformers.set_seed(1)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_every_text_gets_a_score_between_0_and_1_whatever_stands_beside_it(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(str(make_model(tmp_path / "one", 1)), device="cpu")
    scores = reranker.score("abc?", TEXTS)
    assert (scores.shape, scores.dtype) == ((3,), np.float32)
    assert ((scores > 0) & (scores < 1)).all() and len(set(scores.tolist())) == 3
    assert reranker.score("abc?", TEXTS[1:2])[0] == pytest.approx(scores[1], abs=1e-5)


def test_no_texts_get_no_scores_and_load_no_model() -> None:
    assert CrossEncoderReranker("no such model").score("abc?", []).shape == (0,)


def test_a_classifier_of_several_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MedRAGError, match="one output, and this model has 3"):
        CrossEncoderReranker(str(make_model(tmp_path / "three", 3)), device="cpu").score("abc?", TEXTS)
