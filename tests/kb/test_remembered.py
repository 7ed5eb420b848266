"""Expensive embedders are not asked twice for a text, and give the same vectors with the memory and without."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medrag.kb.base import KnowledgeBase
from medrag.kb.embed import HashedEmbedder
from medrag.kb.prepared import Prepared, Span
from medrag.kb.remembered import FILE, from_codes, remembered, to_codes
from medrag.sections import SectionGroup
from medrag.types import Document, Place, Section


class Slow:
    """Hashed vectors from an embedder that counts what it is asked; `turned` is another model of the same name."""

    name = "slow:1"
    dimensions = 32

    def __init__(self, turned: bool = False) -> None:
        self.asked: list[str] = []
        self._turned = turned
        self._hashed = HashedEmbedder(32)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += [text for text in texts if not text.startswith("medrag: ")]
        vectors = self._hashed.encode_passages(texts)
        return np.roll(vectors, 1, axis=1) if self._turned else vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._hashed.encode_passages(texts)


def label(key: str, *bodies: str) -> Prepared:
    text, sections = f"{key}\n", []
    for number, body in enumerate(bodies):
        sections.append(
            Section(index=number, code="x", group=SectionGroup.OTHER, heading="", start=len(text), end=len(text) + len(body))
        )
        text += body + "\n"
    document = Document(
        source="s", key=key, title="Labels", text=text, sections=tuple(sections), place=Place(file="f", record=key)
    )
    return Prepared(document, tuple(Span(s.index, s.start, s.end) for s in sections))


def test_codes_stand_for_the_same_vector_in_every_index() -> None:
    every = np.arange(-128, 128).astype(np.int8)
    assert (to_codes(from_codes(every)) == every).all()
    vectors = HashedEmbedder(64).encode_passages(["take one tablet", "孕妇禁用"])
    assert (to_codes(from_codes(to_codes(vectors))) == to_codes(vectors)).all()


def test_boilerplate_the_next_version_and_a_reindex_ask_for_new_texts_only(tmp_path: Path) -> None:
    slow = Slow()
    with KnowledgeBase.create(tmp_path / "kb", embedder=slow) as kb:
        with kb.write() as writer:
            writer.add_many([label("a", "Keep dry.", "Take one."), label("b", "Keep dry.", "Take two.")])
        assert sorted(text.partition("\n")[2] for text in slow.asked) == ["Keep dry.", "Take one.", "Take two."]
        slow.asked.clear()
        with kb.write() as writer:
            writer.add(label("a", "Keep dry.", "Take three."))
        assert [text.partition("\n")[2] for text in slow.asked] == ["Take three."]
        slow.asked.clear()
        before = kb._snapshot.vectors
        ids = np.array(sorted(before.ids()), np.int64)
        scores = before.scores(slow.encode_queries(["take dry"])[0], ids)
        kb.reindex()
        assert (slow.asked, kb.verify()) == ([], [])
        assert (kb._snapshot.vectors.scores(slow.encode_queries(["take dry"])[0], ids) == scores).all()


def test_what_was_purged_is_remembered_no_longer(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb", embedder=Slow()) as kb:
        with kb.write() as writer:
            writer.add_many([label("a", "Keep dry."), label("b", "Of Mrs Secret.")])
        with kb.write() as writer:
            writer.purge("b")
        with sqlite3.connect(tmp_path / "kb" / FILE) as held:
            assert held.execute("SELECT count(*) FROM vectors").fetchone() == (1,)
        kb.reindex(HashedEmbedder(32))
    assert not (tmp_path / "kb" / FILE).exists()


def test_another_model_of_the_same_name_is_asked_again(tmp_path: Path) -> None:
    for turned, asked in ((False, 2), (False, 0), (True, 2)):
        slow = Slow(turned)
        with remembered(slow, tmp_path, anew=False) as embedder:
            vectors = embedder.encode_passages(["one", "two"])
        assert len(slow.asked) == asked
        assert (vectors == from_codes(to_codes(slow.encode_passages(["one", "two"])))).all()


@pytest.mark.parametrize("damage", [b"no database at all" * 99, b""], ids=["garbage", "empty"])
def test_a_damaged_memory_is_made_again(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    slow = Slow()
    for anew in (False, True, False):
        with remembered(slow, tmp_path, anew=anew) as embedder:
            assert embedder.encode_passages(["one", "one"]).shape == (2, 32)
    assert slow.asked == ["one"]


def test_a_folder_that_cannot_be_written_costs_the_memory_only(tmp_path: Path) -> None:
    slow = Slow()
    with remembered(slow, tmp_path / "missing", anew=False) as embedder:
        assert embedder.encode_passages(["one"]).shape == (1, 32)
    assert slow.asked == ["one"]
