"""Embedders: one contract over all, and the hashed one's arithmetic."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medrag.errors import KnowledgeBaseError
from medrag.kb.embed import Embedder, HashedEmbedder, SentenceTransformerEmbedder, embedder_from_name

TEXTS = ["用于高血压的治疗", "for the treatment of hypertension", "高血压", ""]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of two layers made here, saved as the real ones are."""
    transformers = pytest.importorskip("transformers")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    from sentence_transformers import SentenceTransformer

    folder = tmp_path_factory.mktemp("model")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"用于高血压的治疗", *"abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)), "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = transformers.BertConfig(
        vocab_size=len(set(vocabulary)), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder / "bert")
    word = modules.Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[word, modules.Pooling(16)], prompts={"query": "q: ", "passage": "p: "}, device="cpu")
    model.save(str(folder / "st"))
    return folder / "st"


@pytest.fixture(params=["hashed", "sentence-transformers"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "hashed":
        return HashedEmbedder(64)
    return SentenceTransformerEmbedder(str(request.getfixturevalue("tiny_model")), device="cpu")


def test_rows_are_unit_vectors_of_the_stated_width(embedder: Embedder) -> None:
    for vectors in (embedder.encode_passages(TEXTS), embedder.encode_queries(TEXTS)):
        assert (vectors.shape, vectors.dtype) == ((len(TEXTS), embedder.dimensions), np.float32)
        assert np.linalg.norm(vectors[:3], axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    assert embedder.encode_passages(TEXTS)[2] == pytest.approx(embedder.encode_passages([TEXTS[2]])[0], abs=1e-5)


def test_a_name_makes_the_same_embedder_again(embedder: Embedder) -> None:
    again = embedder_from_name(embedder.name)
    assert (again.name, again.dimensions) == (embedder.name, embedder.dimensions)
    assert again.encode_queries(TEXTS[:1]) == pytest.approx(embedder.encode_queries(TEXTS[:1]), abs=1e-5)


@pytest.mark.parametrize("name", ["hashed:x", "hashed:0", "hashed:-3", "hashed:9999999999", "st:", "no such model", ""])
def test_a_mistyped_name_is_an_error_that_lists_the_choices(name: str) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"there is no embedder .*: it may be `static`"):
        embedder_from_name(name)


def test_prompts_of_the_model_are_used(tiny_model: Path) -> None:
    embedder = SentenceTransformerEmbedder(str(tiny_model), device="cpu")
    assert not np.allclose(embedder.encode_queries(TEXTS[:1]), embedder.encode_passages(TEXTS[:1]))


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("bge-small-zh-v1.5", "为这个句子"),
        ("multilingual-e5-small", "query: "),
        ("Qwen3-Embedding-0.6B", "Instruct: "),
        ("m3e-base", ""),
    ],
)
def test_a_model_that_ships_no_prompts_gets_those_of_its_family(
    tiny_model: Path, tmp_path: Path, name: str, query: str
) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    model = sentence_transformers.SentenceTransformer(str(tiny_model), device="cpu")
    bare = sentence_transformers.SentenceTransformer(modules=list(model.children()), device="cpu")
    bare.save(str(tmp_path / name))
    embedder = SentenceTransformerEmbedder(str(tmp_path / name), device="cpu")
    assert embedder.encode_passages(TEXTS[1:2]).shape == (1, 16)
    assert embedder._prompts[0].startswith(query) and bool(embedder._prompts[0]) == bool(query)


def test_hashing_weighs_by_one_plus_ln_tf() -> None:
    one, two = HashedEmbedder(1 << 20).encode_tokens([["头痛"], ["头痛", "头痛", "发热"]])
    assert sorted(abs(one[one != 0])) == pytest.approx([1.0])
    norm = math.hypot(1 + math.log(2), 1)
    assert sorted(abs(two[two != 0])) == pytest.approx([1 / norm, (1 + math.log(2)) / norm])


def test_hashing_is_the_same_in_every_process() -> None:
    code = "from medrag.kb.embed import HashedEmbedder; print(HashedEmbedder(32).encode_passages(['高血压 aspirin']).tolist())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_texts_hashed_together_get_the_vectors_that_they_get_alone() -> None:
    embedder = HashedEmbedder(64)
    texts = [f"对乙酰氨基酚片 {number} mg twice daily daily" * (number % 5) for number in range(200)]
    together = embedder.encode_passages(texts)
    assert np.array_equal(together, np.concatenate([embedder.encode_passages([text]) for text in texts]))
