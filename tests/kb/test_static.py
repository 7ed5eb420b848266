"""The static embedder: the arithmetic by hand, the same vectors as sentence-transformers, and nothing heavy imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medrag.errors import KnowledgeBaseError
from medrag.kb.embed import embedder_from_name
from medrag.kb.static import SHIPPED, StaticEmbedder

TEXTS = [
    "布洛芬缓释胶囊一天吃几次？",
    "布洛芬缓释胶囊 用法用量\n口服。一次1粒，一日2次。",
    "What are the side effects of metformin?",
    "METFORMIN ADVERSE REACTIONS\nDiarrhea, nausea, vomiting, flatulence.",
    "阿司匹林 and warfarin 300 mg 相互作用",
]


def make_static(folder: Path, tokens: dict[str, list[float]], dtype: str = "F16") -> Path:
    """A static embedder with these tokens, written without any library but tokenizers."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    inner = folder / "0_StaticEmbedding"
    inner.mkdir(parents=True)
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0} | {token: i for i, token in enumerate(tokens, 1)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(inner / "tokenizer.json"))
    rows = np.array([[0.0, 0.0], *tokens.values()], dtype=np.float16 if dtype == "F16" else np.float32)
    header = {"embedding.weight": {"dtype": dtype, "shape": list(rows.shape), "data_offsets": [0, rows.nbytes]}}
    encoded = json.dumps(header).encode()
    (inner / "model.safetensors").write_bytes(len(encoded).to_bytes(8, "little") + encoded + rows.tobytes())
    return folder


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_a_text_is_the_mean_of_its_tokens_at_length_1(tmp_path: Path, dtype: str) -> None:
    embedder = StaticEmbedder(make_static(tmp_path / "m", {"a": [3.0, 0.0], "b": [0.0, 2.0]}, dtype))
    vectors = embedder.encode_passages(["a", "a b b", "nothing known", "", "b \ud800"])
    assert vectors == pytest.approx(np.array([[1, 0], [0.6, 0.8], [0, 0], [0, 0], [0, 1]]))
    assert (vectors.dtype, embedder.dimensions) == (np.float32, 2)


def test_words_that_are_cut_once_give_the_tokens_of_the_whole_text() -> None:
    embedder = StaticEmbedder()
    words = "Take 2tablets(10mg/5mL), b.i.d.; CYP3A4-INHIBITORS x1y2 ﬁne ５mg布洛芬缓释胶囊。300mg/日 naïve µg"
    texts = [words, words.lower(), words.replace(" ", "\t\n"), f"{words} " * 30, "x" * 3_000, ""]
    for _ in range(2):  # from nothing, and from what is remembered
        for text in texts:
            known = embedder._tokenizer.encode(text, add_special_tokens=False).ids
            assert np.frombuffer(embedder._ids([text])[0], np.int32).tolist() == known
    together = embedder._ids(texts)
    assert together == [embedder._ids([text])[0] for text in texts]


def test_a_folder_of_ones_own_is_named_and_found_again(tmp_path: Path) -> None:
    folder = make_static(tmp_path / "m", {"a": [1.0, 0.0]})
    for name in (str(folder), f"static:{folder}"):
        embedder = embedder_from_name(name)
        assert (embedder.name, embedder.dimensions) == (f"static:{folder}", 2)


def test_a_file_that_holds_no_vectors_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = make_static(tmp_path / "m", {"a": [1.0, 0.0]}) / "0_StaticEmbedding" / "model.safetensors"
    for content in (b"", b"\xff" * 100, (2).to_bytes(8, "little") + b"{}"):
        path.write_bytes(content)
        with pytest.raises(KnowledgeBaseError, match="does not hold the vectors of a static embedder"):
            StaticEmbedder(tmp_path / "m").encode_queries(["a"])


def test_sentence_transformers_gives_the_same_vectors() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    model = sentence_transformers.SentenceTransformer(str(SHIPPED), device="cpu")
    assert StaticEmbedder().encode_passages(TEXTS) == pytest.approx(model.encode(TEXTS), abs=2e-3)


def test_encoding_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from medrag.kb.embed import embedder_from_name\n"
        "assert embedder_from_name('static').encode_queries(['头痛 headache']).any()\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'safetensors'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_what_is_shipped_is_small_and_knows_both_languages() -> None:
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 16_000_000
    question, right, other, asked_en, right_en = range(5)
    texts = ["吃了头疼", "不良反应 头痛", "贮藏 密封", "How should I store it?", "Storage: keep refrigerated"]
    vectors = StaticEmbedder().encode_passages(texts)
    cosines = vectors @ vectors.T
    assert cosines[question, right] > cosines[question, other] + 0.2
    assert cosines[asked_en, right_en] > cosines[asked_en, right]


def test_everyday_names_and_both_languages_lie_near_each_other() -> None:
    embedder = StaticEmbedder()
    near = embedder.encode_queries(["拉肚子", "腹泻", "diarrhea", "高血压"])
    assert min(near[0] @ near[1], near[1] @ near[2]) > near[0] @ near[3] + 0.3


def test_a_character_that_is_no_token_adds_nothing() -> None:
    vectors = StaticEmbedder().encode_queries(["头痛", "头痛 \U00020000", "\U00020000"])
    assert vectors[0] == pytest.approx(vectors[1])
    assert not vectors[2].any()
