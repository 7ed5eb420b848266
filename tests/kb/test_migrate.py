"""`medrag migrate`: the copy is the knowledge base, whatever happens in between."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb import copied, schema
from medrag.kb.base import KnowledgeBase
from medrag.kb.catalogue import CATALOGUE
from medrag.kb.embed import HashedEmbedder
from medrag.kb.migrate import migrate
from medrag.kb.prepared import EntityRef, NameOf, Prepared
from medrag.kb.terms import drug_ref
from medrag.retrieve.rank import retrieve
from medrag.types import EntityKind
from tests.making import fact_record, label

KILLS = int(os.environ.get("MEDRAG_KILLS", "4"))
LABELS = 60
PROGRAM = """
import sys
from medrag.kb import copied
from medrag.kb.migrate import migrate
copied.BATCH_ROWS = 20
print("go", flush=True)
migrate(sys.argv[1], sys.argv[2])
print("done", flush=True)
"""
QUESTIONS = ["试验药7片怎么吃", "头痛", "condition 3", "Do not take more than 9 mg", "病证3有什么症状", "孕妇禁用"]


def history(folder: Path) -> KnowledgeBase:
    """A knowledge base with all that one may hold: versions, a deleted document, one that was purged, keyless ones, facts, names."""
    kb = KnowledgeBase.create(folder, embedder=HashedEmbedder(64))
    with kb.write() as writer:
        writer.add_many([zh(n, "一日1次") for n in range(LABELS // 2)])
        writer.add_many([label("无名散", {"【功能主治】": f"用于第{n}类不适。"}, file="w.txt", occurrence=n) for n in range(3)])
        writer.add_many([fact_record(f"病证{n}", "has_symptom", f"症状{n % 7}", key=f"g{n}") for n in range(40)])
    with kb.write() as writer:
        writer.add_many([en(n) for n in range(LABELS // 2)])
        writer.add_many([zh(n, "一日2次，孕妇禁用") for n in range(0, 15)])
        writer.delete("zh-5")
        writer.purge("zh-6")
    with kb.write() as writer:
        writer.add_many([zh(n, "一日3次") for n in range(10, 20)])
        writer.delete("en-3")
    return kb


def zh(number: int, dose: str) -> Prepared:
    made = label(
        f"试验药{number}片",
        {"【适应症】": f"用于头痛和第{number % 9}类不适。", "【用法用量】": f"口服，{dose}，每次{number}毫克。"},
        key=f"zh-{number}",
        effective=f"20{10 + number % 10}-01-01",
        tags=("ward",) if number % 2 else (),
    )
    return replace(made, names=(NameOf(drug_ref(f"试验药{number}片"), f"安试{number}", "brand"),))


def en(number: int) -> Prepared:
    text = {
        "INDICATIONS": f"For condition {number % 11}.",
        "DOSAGE AND ADMINISTRATION": f"Do not take more than {number} mg in 24 hours.",
    }
    return label(f"Trialin{number} tablets", text, key=f"en-{number}", lang="en", source="english")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("from") / "a.kb"
    history(folder).close()
    return folder


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied, "BATCH_ROWS", 20)
    monkeypatch.setattr(copied, "BATCH_TEXTS", 7)


def told(kb: KnowledgeBase) -> list[object]:
    """All that a knowledge base says of itself, its history, and some questions."""
    said: list[object] = [kb.commit, kb.stats().model_copy(update={"bytes": 0, "engine": ""}), list(kb.documents())]
    said += [kb.versions(f"zh-{n}") for n in (0, 12, 25)]
    said += [kb.document("zh-12", version=2).text, kb.names("substance:头痛"), kb.facts("病证3")]
    for reader in (kb, kb.restricted(["ward"]), kb.as_of("2013")):
        said += [[(e.score, e.passage or e.fact) for e in retrieve(q, reader, k=10).evidence] for q in QUESTIONS]
    return said


def rows(kb: KnowledgeBase) -> list[list[object]]:
    """The rows of all tables but the settings."""
    with kb._reading() as connection:
        return [sorted(map(tuple, connection.execute(select(table))), key=repr) for table in copied.COPIED]


def same(made: str | Path, copy: str | Path) -> None:
    with KnowledgeBase.open(made) as before, KnowledgeBase.open(copy) as after:
        assert after.verify() == []
        assert after.commit == before.commit
        assert rows(after) == rows(before)


def test_a_copy_says_all_that_the_knowledge_base_says(made: Path, tmp_path: Path) -> None:
    done = migrate(made, tmp_path / "new" / "b.kb")
    same(made, tmp_path / "new" / "b.kb")
    with KnowledgeBase.open(made) as before, KnowledgeBase.open(tmp_path / "new" / "b.kb") as after:
        assert told(after) == told(before)
    assert (done.commit, done.newest, done.agreement) == (3, 3, 1.0)
    assert done.questions > 20
    assert done.rows["commits"] == 3
    assert done.rows["documents"] == LABELS + 3 + 40 - 1  # one was purged
    assert done.rows["versions"] == LABELS + 3 + 40 + 15 + 10 - 2  # in two versions


def test_an_entity_whose_names_are_too_long_to_be_looked_up_is_copied_too(tmp_path: Path) -> None:
    long = EntityRef(EntityKind.THING, "A name of many words " * 20, "own:1")
    with KnowledgeBase.create(tmp_path / "a.kb", embedder=HashedEmbedder(64)) as kb, kb.write() as writer:
        writer.add_many([replace(zh(1, "一日1次"), names=(NameOf(long, long.name, "alias"),))])
    migrate(tmp_path / "a.kb", tmp_path / "b.kb")
    with KnowledgeBase.open(tmp_path / "a.kb") as kb, KnowledgeBase.open(tmp_path / "b.kb") as copy:
        assert rows(copy) == rows(kb)


def test_a_copy_is_written_on_as_the_knowledge_base_would_be(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "a.kb")
    migrate(made, tmp_path / "b.kb")
    for path in (tmp_path / "a.kb", tmp_path / "b.kb"):
        with KnowledgeBase.open(path) as kb, kb.write() as writer:
            writer.add_many([zh(n, "一日4次") for n in range(50, 70)])
            writer.add_many(
                [label("无名散", {"【功能主治】": f"用于第{n}类不适，重。"}, file="w.txt", occurrence=n) for n in range(4)]
            )
            writer.delete("zh-1")
    with KnowledgeBase.open(tmp_path / "a.kb") as before, KnowledgeBase.open(tmp_path / "b.kb") as after:
        assert after.verify() == []
        assert told(after) == told(before)


def test_a_finished_copy_is_compared_again_and_one_that_was_written_since_is_none(made: Path, tmp_path: Path) -> None:
    first = migrate(made, tmp_path / "b.kb")
    assert migrate(made, tmp_path / "b.kb") == first
    with KnowledgeBase.open(tmp_path / "b.kb") as kb, kb.write() as writer:
        writer.delete("zh-1")
    with pytest.raises(KnowledgeBaseError, match="a knowledge base already, and no copy of"):
        migrate(made, tmp_path / "b.kb")


def meanwhile(doing: str, act: Callable[[], None]) -> Callable[[str, int, int], None]:
    """Progress that acts once, when the copy is at something."""
    acted = []

    def tell(now: str, _done: int, _of: int) -> None:
        if now == doing and not acted:
            acted.append(True)
            act()

    return tell


@pytest.mark.parametrize("doing", ["copying documents", "copying versions", "copying passages", "comparing"])
def test_what_is_written_meanwhile_is_not_in_the_copy(made: Path, tmp_path: Path, small_batches: None, doing: str) -> None:
    shutil.copytree(made, tmp_path / "a.kb")

    def write() -> None:
        with KnowledgeBase.open(tmp_path / "a.kb") as kb, kb.write() as writer:
            writer.add_many([zh(n, "一日9次") for n in range(0, 30, 3)])
            writer.add_many([en(n) for n in range(200, 230)])
            writer.add_many([fact_record(f"新病{n}", "has_symptom", "症状1", key=f"h{n}") for n in range(5)])
            writer.delete("zh-2")

    done = migrate(tmp_path / "a.kb", tmp_path / "b.kb", progress=meanwhile(doing, write))
    assert (done.commit, done.newest) == (3, 4)
    same(made, tmp_path / "b.kb")


def test_what_a_writer_has_not_published_is_not_in_the_copy(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "a.kb")
    with KnowledgeBase.open(tmp_path / "a.kb") as kb, kb.write() as writer:
        writer.add_many([zh(n, "一日9次") for n in range(0, 50, 3)])
        writer.add_many([fact_record(f"新病{n}", "has_symptom", "新症状", key=f"h{n}") for n in range(5)])
        writer.delete("zh-2")
        writer.purge("zh-8")
        migrate(tmp_path / "a.kb", tmp_path / "b.kb")
    same(made, tmp_path / "b.kb")


@pytest.mark.parametrize("doing", ["copying sections", "comparing"])
def test_documents_erased_meanwhile_are_not_kept_in_the_copy(
    made: Path, tmp_path: Path, small_batches: None, doing: str
) -> None:
    shutil.copytree(made, tmp_path / "a.kb")

    def purge() -> None:
        with KnowledgeBase.open(tmp_path / "a.kb") as kb, kb.write() as writer:
            writer.purge("zh-1")

    with pytest.raises(KnowledgeBaseError, match=r"erased .* run it again"):
        migrate(tmp_path / "a.kb", tmp_path / "b.kb", progress=meanwhile(doing, purge))
    assert not any(path.name.startswith("catalogue") for path in (tmp_path / "b.kb").iterdir())
    migrate(tmp_path / "a.kb", tmp_path / "b.kb")
    same(tmp_path / "a.kb", tmp_path / "b.kb")


def stop() -> None:
    raise RuntimeError("stopped by the test")


def cut(made: Path, to: Path, doing: str = "copying sections") -> None:
    """A copy that ends in the middle of something."""
    with pytest.raises(RuntimeError, match="stopped by the test"):
        migrate(made, to, progress=meanwhile(doing, stop))


@pytest.mark.parametrize("doing", ["copying commits", "copying entities", "copying names", "indexing", "comparing"])
def test_a_copy_that_was_cut_is_no_knowledge_base_and_goes_on_where_it_was(
    made: Path, tmp_path: Path, small_batches: None, doing: str
) -> None:
    cut(made, tmp_path / "b.kb", doing)
    with pytest.raises(NotFoundError):
        KnowledgeBase.open(tmp_path / "b.kb")
    with pytest.raises(KnowledgeBaseError, match="not empty"):
        KnowledgeBase.create(tmp_path / "b.kb")
    seen: list[str] = []
    migrate(made, tmp_path / "b.kb", progress=lambda now, done, _of: seen.append(f"{now} {done}"))
    same(made, tmp_path / "b.kb")
    assert "copying commits 3" not in seen or doing == "copying commits"  # what is there is not copied again


def test_a_cut_copy_goes_on_at_its_own_commit_though_the_knowledge_base_was_written_since(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "a.kb")
    cut(tmp_path / "a.kb", tmp_path / "b.kb")
    with KnowledgeBase.open(tmp_path / "a.kb") as kb, kb.write() as writer:
        writer.add_many([zh(n, "一日9次") for n in range(0, 50, 3)])
    done = migrate(tmp_path / "a.kb", tmp_path / "b.kb")
    assert (done.commit, done.newest) == (3, 4)
    same(made, tmp_path / "b.kb")


def test_a_copy_goes_on_with_the_same_knowledge_base_alone(made: Path, tmp_path: Path) -> None:
    cut(made, tmp_path / "b.kb")
    other = history(tmp_path / "other.kb")
    other.close()
    with pytest.raises(KnowledgeBaseError, match="unfinished copy of another knowledge base"):
        migrate(tmp_path / "other.kb", tmp_path / "b.kb")
    migrate(made, tmp_path / "b.kb")
    same(made, tmp_path / "b.kb")


def test_only_an_empty_place_is_copied_to(made: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / "file").write_text("mine", "utf-8")
    KnowledgeBase.create(tmp_path / "own.kb", embedder=HashedEmbedder(64)).close()
    wrong = {"full": "not empty", "file": "is a file", "own.kb": "a knowledge base already", "full/notes.txt/b": "cannot be"}
    for name, said in wrong.items():
        with pytest.raises(KnowledgeBaseError, match=said):
            migrate(made, tmp_path / name)
    with pytest.raises(KnowledgeBaseError, match="is the knowledge base itself"):
        migrate(made, made)
    with pytest.raises(NotFoundError):
        migrate(tmp_path / "none", tmp_path / "b.kb")
    assert (tmp_path / "full" / "notes.txt").read_text("utf-8") == "mine"
    (tmp_path / "empty").mkdir()
    migrate(made, tmp_path / "empty")


def test_two_at_once_do_not_copy_to_one_place(made: Path, tmp_path: Path) -> None:
    def second() -> None:
        with pytest.raises(KnowledgeBaseError, match="another writer is at work"):
            migrate(made, tmp_path / "b.kb")

    migrate(made, tmp_path / "b.kb", progress=meanwhile("copying names", second))
    same(made, tmp_path / "b.kb")


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE passages SET stop = stop - 1 WHERE start = (SELECT max(start) FROM passages)",
        "DELETE FROM about WHERE entity_id = (SELECT min(entity_id) FROM about)",
        "UPDATE versions SET text = text || ' ' WHERE id = 11",
        "UPDATE versions SET until = NULL WHERE id = 11",
    ],
)
def test_a_copy_that_differs_is_found_out_and_removed(made: Path, tmp_path: Path, harm: str) -> None:
    def damage() -> None:
        connection = sqlite3.connect(tmp_path / "b.kb" / "catalogue.copying")
        assert connection.execute(harm).rowcount > 0
        connection.commit()
        connection.close()

    with pytest.raises(KnowledgeBaseError, match="are not those that were read; the copy was removed: run it again"):
        migrate(made, tmp_path / "b.kb", progress=meanwhile("comparing", damage))
    migrate(made, tmp_path / "b.kb")
    same(made, tmp_path / "b.kb")


def test_a_copy_killed_just_before_it_has_its_name_is_whole(made: Path, tmp_path: Path) -> None:
    migrate(made, tmp_path / "b.kb")
    os.replace(tmp_path / "b.kb" / CATALOGUE, tmp_path / "b.kb" / "catalogue.copying")
    migrate(made, tmp_path / "b.kb")
    same(made, tmp_path / "b.kb")


def test_a_copy_killed_at_any_moment_is_none_and_completes_when_called_again(made: Path, tmp_path: Path) -> None:
    rng = random.Random(20261128)
    target, finished, cuts = tmp_path / "b.kb", 0, 0
    longest = 1.0
    for _ in range(KILLS):
        began = time.monotonic()
        if run_and_kill(made, target, rng.uniform(0, longest)):
            longest = min(longest, time.monotonic() - began)
        try:
            KnowledgeBase.open(target).close()
        except NotFoundError:
            cuts += 1
            continue
        finished += 1
        same(made, target)
        shutil.rmtree(target)
    migrate(made, target)
    same(made, target)
    print(f"{KILLS} kills: {cuts} cut, {finished} finished, 0 wrong")


def run_and_kill(made: Path, target: Path, after: float) -> bool:
    """Copies in another process and kills it so many seconds after it began; whether it had finished."""
    command = [sys.executable, "-c", PROGRAM, str(made), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        if child.stdout is None or child.stdout.readline() != "go\n":
            raise RuntimeError("the copying program did not start")
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        return "done" in child.stdout.read()


def test_every_setting_and_table_of_a_knowledge_base_is_copied(made: Path) -> None:
    with KnowledgeBase.open(made) as kb, kb._reading() as connection:
        assert set(connection.scalars(select(schema.settings.c.name))) == {"format", "embedder", "current"}
    assert set(copied.COPIED) == set(schema.metadata.tables.values()) - {schema.settings}


def test_the_command_says_what_was_copied(made: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "medrag", "migrate", str(made), str(tmp_path / "b.kb")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert f"commit 3 of {made}: 102 documents, 126 versions" in done.stdout
    assert "100.0% of the same first ten" in done.stdout
    again = subprocess.run([*command[:-1], str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
