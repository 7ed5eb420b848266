"""Readers in other processes and threads while a writer publishes: no error, and never an answer from two commits."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.cache import sweep
from medrag.kb.prepared import Prepared
from medrag.kb.writer import Writer
from tests.making import fact_record, label

COMMITS = 30
DOCUMENTS = 12
READER = """
import sys
from pathlib import Path
from tests.contracts.test_readers_beside_a_writer import answers
from medrag.kb.base import KnowledgeBase
kb, seen, n = None, set(), 0
print("ready", flush=True)
while "last" not in seen:
    if n % 3 == 0:
        if kb: kb.close()
        kb = KnowledgeBase.open(sys.argv[1])
    else:
        kb.refresh()
    found = answers(kb)
    assert len(found) == 1, found
    seen |= found
    assert kb.stats().documents == 12
    n += 1
assert kb.verify() == []
print(n, len(seen))
"""


def edition(name: str) -> list[Prepared]:
    """All documents of one edition: each says which it is, in its text and in a fact."""
    labels = [
        label(f"药{i}片", {"【适应症】": f"用于高血压。\n版本 {name}。", "【禁忌】": f"哮喘。版本 {name}。"}, key=str(i))
        for i in range(DOCUMENTS)
    ]
    return [*labels, fact_record("高血压", "版本", f"第{name}版", key="f")]


def answers(kb: KnowledgeBase) -> set[str]:
    """The editions that the answers to several questions come from."""
    found = [passage.text for passage in kb.passages([i for i, _ in kb.search_words("版本", 99)])]
    found += [passage.text for passage in kb.passages([i for i, _ in kb.search_vectors("高血压 版本 哮喘", 99)])]
    editions = {part.split("。")[0] for text in found if "版本" in text for part in text.split("版本 ")[1:]}
    editions |= {kb.document("3").text.split("版本 ")[1].split("。")[0]}
    facts = [fact for mention in kb.link("高血压") for fact in kb.facts(mention.name)]
    editions |= {fact.object.name.strip("第版") for fact in facts if fact.relation == "版本"}
    return editions


def test_two_processes_read_whole_commits_while_thirty_are_published(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        with kb.write() as w:
            w.add_many(edition("0"))
        command = [sys.executable, "-c", READER, str(kb.path)]
        readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for reader in readers:
            assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
        for number in range(1, COMMITS):
            with kb.write() as w:
                w.add_many(edition(str(number)))
        with kb.write() as w:
            w.add_many(edition("last"))
        for reader in readers:
            out, errors = reader.communicate(timeout=120)
            assert reader.returncode == 0, errors
            asked, seen = map(int, out.split())
            assert asked >= seen >= 2
        assert kb.verify() == []
        with kb.write() as w:
            w.delete("f")
        assert [path.name for path in (kb.path / "generations").iterdir()] == [f"{kb.commit:06d}"]


def test_threads_that_share_one_finish_in_their_commit_while_it_is_refreshed(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        with kb.write() as w:
            w.add_many(edition("0"))
        faults: list[object] = []
        over = threading.Event()

        def ask() -> None:
            while not over.is_set():
                try:
                    found = answers(kb.pinned())
                    if len(found) != 1:
                        faults.append(found)
                except Exception as error:
                    faults.append(repr(error))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        with KnowledgeBase.open(kb.path) as other:
            for number in range(1, 8):
                with other.write() as w:
                    w.add_many(edition(str(number)))
                kb.refresh()
        over.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert answers(kb) == {"7"}


@pytest.mark.parametrize("step", ["_build_generation", "_move_number"])
def test_who_has_just_written_sweeps_nothing_that_the_next_writer_is_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    do = getattr(Writer, step)

    def swept_meanwhile(writer: Writer) -> None:
        if step == "_build_generation":
            making = kb.path / "generations" / f"{writer.commit:06d}.building"
            making.mkdir()
            sweep(kb._store, kb._snapshot)
            assert making.is_dir()
        else:
            sweep(kb._store, kb._snapshot)
        do(writer)

    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        with kb.write() as w:
            w.add_many(edition("0"))
        with KnowledgeBase.open(kb.path) as other:
            monkeypatch.setattr(Writer, step, swept_meanwhile)
            with other.write() as w:
                w.add_many(edition("1"))
        with KnowledgeBase.open(kb.path) as read:
            assert (read.commit, answers(read), read.verify()) == (2, {"1"}, [])
