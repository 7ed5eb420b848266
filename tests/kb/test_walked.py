"""The graph kept beside the indexes: what it finds is what a graph made anew from the catalogue finds, whatever was written since."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medrag.ingest.build import build
from medrag.kb import walked
from medrag.kb.base import KnowledgeBase
from medrag.kb.walk import Walk

HEAD = "source\trelation\ttarget\n"


def _graph(folder: Path, name: str, edges: list[tuple[str, str]]) -> Path:
    """A folder of a file of edges, read as one source."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.tsv"
    path.write_text(HEAD + "".join(f"{one}\tinteracts_with\t{other}\n" for one, other in edges), "utf-8")
    return path


def _ring(count: int) -> list[tuple[str, str]]:
    return [(f"thing{n}", f"thing{(n * 7 + 1) % count}") for n in range(count)]


def _kept(kb: KnowledgeBase) -> Path:
    return kb._snapshot.generation.path / "graph"


def _anew(kb: KnowledgeBase) -> Walk:
    with kb._reading() as connection:
        return Walk.of_whole(connection, kb.commit)


def _walked(kb: KnowledgeBase) -> Walk:
    with kb._reading() as connection:
        return walked.walk_in(kb._snapshot.generation.path, connection, kb.commit)


def _same(kb: KnowledgeBase) -> bool:
    one, other = _walked(kb), _anew(kb)
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "starts", "ends"))


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    build([_graph(tmp_path / "first", "ring", _ring(120))], tmp_path / "kb", source="first")
    return KnowledgeBase.open(tmp_path / "kb")


def test_it_is_made_once_and_then_read(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    (start,) = kb.entity("thing3")
    found = kb.related([start.id], 5)
    assert found and sorted(path.name for path in _kept(kb).iterdir()) == ["changes.npy", "ends.npy", "ids.npy", "starts.npy"]
    monkeypatch.setattr(Walk, "of_whole", None)
    with KnowledgeBase.open(kb.path) as again:
        assert again.related([start.id], 5) == found


def test_what_commits_change_is_made_up_for(kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walked, "ANEW_AT", 1.0)
    _walked(kb)
    new = [("thing1", "newcomer"), ("newcomer", "thing2"), ("thing0", "thing1")]  # the last one is an edge already
    build([_graph(tmp_path / "second", "more", new)], kb, source="second")
    assert len(np.load(_kept(kb) / "changes.npy")) == 3
    assert _same(kb)
    (newcomer,) = kb.entity("newcomer")
    assert {entity.name for entity, _ in kb.related([newcomer.id], 2)} == {"thing1", "thing2"}
    for document in list(kb.documents(source="second")):
        with kb.write() as writer:
            writer.delete(document.key, source=document.source)
        assert _same(kb)
    assert len(_walked(kb).ids) == 120  # who has no fact any more is not in it
    assert (_kept(kb) / "ids.npy").exists()


def test_what_is_purged_is_in_no_graph(kb: KnowledgeBase) -> None:
    _walked(kb)
    gone = next(kb.documents(source="first"))
    with kb.write() as writer:
        writer.purge(gone.key, source=gone.source)
    assert not _kept(kb).exists() and _same(kb)


def test_after_many_changes_it_is_made_anew(kb: KnowledgeBase, tmp_path: Path) -> None:
    _walked(kb)
    before = _kept(kb)
    build([_graph(tmp_path / "second", "more", [(f"new{n}", f"thing{n}") for n in range(60)])], kb, source="second")
    assert not _kept(kb).exists() and _same(kb) and _kept(kb) != before


@pytest.mark.parametrize("name", ["ids.npy", "ends.npy", "changes.npy"])
def test_one_that_is_not_whole_is_made_anew(kb: KnowledgeBase, tmp_path: Path, name: str) -> None:
    _walked(kb)
    (_kept(kb) / name).write_bytes(b"")
    assert _same(kb)
    build([_graph(tmp_path / "second", "more", [("thing1", "newcomer")])], kb, source="second")
    assert not _kept(kb).exists() and _same(kb)


def test_a_folder_that_cannot_be_written_is_no_hindrance(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError("read-only")

    monkeypatch.setattr(walked.tempfile, "mkdtemp", refuse)
    assert _same(kb) and not _kept(kb).exists()


def test_a_restricted_view_walks_its_own_graph(kb: KnowledgeBase) -> None:
    (start,) = kb.entity("thing3")
    assert kb.restricted(["nobody's"]).related([start.id], 5) == [] and not _kept(kb).exists()
