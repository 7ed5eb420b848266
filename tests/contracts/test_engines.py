"""Every engine does what the folder does: the same answers to the last digit, whole commits, and nothing left or let through.

Each test runs over a folder, PostgreSQL with vectors in a cache folder, PostgreSQL with pgvector, and PostgreSQL with Milvus.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medrag import MedRAG
from medrag.cli.app import run
from medrag.errors import LockedError, NotFoundError
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.rows import Outcome
from tests.contracts.engines import ENGINES, QUESTIONS, Engine, Place, engines, found, keys, milvus, postgres, written_when_free
from tests.contracts.test_access import KB_OPERATIONS, WHOLE, drawn, outcome, plain
from tests.making import fact_record, label
from tests.postgres_server import Server
from tests.shelf import FACTS, LABELS
from tests.wards import STOCK, WARDS, hidden_from

__all__ = ["engines", "milvus", "postgres"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "楔形鹮鹳"  # stands in one label alone
DRAWS = int(os.environ.get("MEDRAG_ENGINE_DRAWS", "3"))  # of each public method
FILTERS = (
    Filters(langs=frozenset({"en"})),
    Filters(tags=frozenset({"adult", "child"})),
    Filters(sources=frozenset({"other"}), kinds=frozenset({"label"})),
    Filters(makers=frozenset({"甲厂"}), since="2022"),
    Filters(until="2021"),
    Filters(tags=frozenset({"nobody's", "a\0b"})),
)
DATED = [
    label("止血片", {"【用法用量】": f"口服，一次{n}片，用于不适。"}, key="D1", effective=f"{2018 + n}-03-01")
    for n in (1, 2, 3)
] + [label("含片", {"【用法用量】": "含服，用于不适。"}, key="D2", effective="2020-05-05")]
TAGGED = [
    label(
        "甲片",
        {"【用法用量】": "口服，用于不适。"},
        key="F1",
        tags=("adult", 'it\'s "odd" %s \\'),
        maker="甲厂",
        effective="2023-01-01",
    ),
    label("乙片", {"【用法用量】": "口服，用于不适。"}, key="F2", tags=("child",), maker="乙厂", effective="2021-06-01"),
    label("丙片", {"【用法用量】": "口服，用于不适。"}, key="F3", source="other", maker="甲厂", effective="2020-06-01"),
    label("C tablets", {"INDICATIONS AND USAGE": "Tablets for discomfort."}, key="F4", lang="en"),
]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, engines: Callable[[str], Engine]) -> Engine:
    return engines(request.param)


@pytest.fixture
def place(engine: Engine) -> Place:
    return engine.place()


@pytest.fixture
def kb(place: Place) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(place.here) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[object]], KnowledgeBase]:
    """Knowledge bases in a folder, by name, each made once of some documents."""
    made: dict[str, KnowledgeBase] = {}

    def of(name: str, documents: list[object]) -> KnowledgeBase:
        if name not in made:
            made[name] = KnowledgeBase.create(tmp_path_factory.mktemp("folder") / f"{name}.kb")
            with made[name].write() as writer:
                writer.add_many(documents)  # type: ignore[arg-type]
        return made[name]

    return of


def test_what_is_added_changed_and_deleted_is_so_in_every_index(kb: KnowledgeBase) -> None:
    first, changed = label("甲片", {"【禁忌】": "孕妇禁用。"}, key="K1"), label("甲片", {"【禁忌】": "婴儿禁用。"}, key="K1")
    with kb.write() as writer:
        assert writer.add_many([first, *FACTS]) == [Outcome.ADDED] * (1 + len(FACTS))
        assert writer.add(first) is Outcome.UNCHANGED
    with kb.write() as writer:
        assert writer.add(changed) is Outcome.UPDATED
    assert kb.verify() == []
    assert [info.version for info in kb.versions("K1")] == [1, 2]
    assert "婴儿" in kb.document("K1").text
    assert "孕妇" in kb.document("K1", version=1).text
    [(only, _)] = kb.search_vectors("婴儿禁用", 10)
    assert kb.search_words("孕妇", 10) == []
    assert [i for i, _ in kb.search_words("婴儿禁用", 10)] == [only]
    assert kb.facts("高血压")
    with kb.write() as writer:
        writer.delete("K1")
        for key in ("g1", "g2", "g3", "g5"):
            writer.delete(key)
    assert (kb.verify(), keys(kb), kb.facts("高血压"), kb.entity("高血压")) == ([], ["g4"], [], [])
    assert (kb.search_words("婴儿禁用", 10), kb.search_vectors("婴儿禁用", 10)) == ([], [])
    with pytest.raises(NotFoundError, match="K1"):
        kb.document("K1")


def test_the_first_ten_are_those_of_a_folder_whether_grown_or_rebuilt(
    kb: KnowledgeBase, folder: Callable[[str, list[object]], KnowledgeBase]
) -> None:
    reference = folder("shelf", [*LABELS, *FACTS])
    with kb.write() as writer:
        writer.add_many([*LABELS[:3], label("布洛芬片", {"【适应症】": "旧的说明。"}, key="Z2")])
        writer.add(label("华法林片", {"【适应症】": "多余的。"}, key="X1"))
    with kb.write() as writer:
        writer.add_many([*FACTS, *LABELS])
    with kb.write() as writer:
        writer.delete("X1")
    assert found(kb) == found(reference)
    assert [kb.link(q) for q in QUESTIONS] == [reference.link(q) for q in QUESTIONS]
    assert kb.facts("高血压") == reference.facts("高血压")
    kb.reindex()
    assert kb.verify() == []
    assert found(kb) == found(reference)


def test_answers_are_those_of_a_folder(place: Place, folder: Callable[[str, list[object]], KnowledgeBase]) -> None:
    with KnowledgeBase.create(place.here) as kb, kb.write() as writer:
        writer.add_many([*LABELS, *FACTS])
    reference = MedRAG(folder("shelf", [*LABELS, *FACTS]))
    medrag = MedRAG(place.elsewhere)
    for question in ("布洛芬缓释胶囊有哪些禁忌？", "高血压有什么症状？", "What is ibuprofen used for?"):
        one, other = medrag.ask(question), reference.ask(question)
        assert (one.text, one.citations) == (other.text, other.citations)
        assert one.citations
    medrag.kb.close()


def test_a_reader_stays_at_its_commit_while_another_machine_publishes(place: Place) -> None:
    with KnowledgeBase.create(place.here) as kb, kb.write() as writer:
        writer.add_many(LABELS)
    with KnowledgeBase.open(place.elsewhere) as reader, KnowledgeBase.open(place.here) as kb:
        before = found(reader), keys(reader), reader.passages([i for i, _ in reader.search_words("口服", 9)])
        for number in range(3):
            with kb.write() as writer:
                writer.add(label("新片", {"【适应症】": f"用于第{number}种不适。"}, key=f"N{number}"))
                writer.delete(LABELS[number].document.key)
                writer.add(label("鼻炎丸", {"【功能主治】": f"第{number}版。"}, key="Z5"))
            assert (found(reader), keys(reader)) == before[:2]
        assert reader.passages([i for i, _ in reader.search_words("口服", 9)]) == before[2]
        assert reader.refresh()
        assert (reader.commit, found(reader), keys(reader)) == (kb.commit, found(kb), keys(kb))
        assert reader.verify() == []
        assert not reader.refresh()


def test_filters_hold_as_in_a_folder(kb: KnowledgeBase, folder: Callable[[str, list[object]], KnowledgeBase]) -> None:
    reference = folder("tagged", [*TAGGED, *LABELS])
    with kb.write() as writer:
        writer.add_many([*TAGGED, *LABELS])
    for only in FILTERS:
        for question in ("用于不适 口服", "tablets for discomfort"):
            assert kb.search_words(question, 9, only) == reference.search_words(question, 9, only)
            assert kb.search_vectors(question, 9, only) == reference.search_vectors(question, 9, only)
    odd = kb.restricted({'it\'s "odd" %s \\', "a\0b"})
    assert keys(odd) == ["F1"]
    assert {kb.passages([i])[0].document.key for i, _ in odd.search_vectors("不适", 9)} == {"F1"}


def test_a_day_shows_what_was_in_force_as_in_a_folder(
    kb: KnowledgeBase, folder: Callable[[str, list[object]], KnowledgeBase]
) -> None:
    reference = folder("dated", [*DATED, *LABELS])
    with kb.write() as writer:
        writer.add_many([*DATED, *LABELS])
    for day in ("2018", "2019-06", "2020-04-01", "2020-12", "2026"):
        one, other = kb.as_of(day), reference.as_of(day)
        assert [(i.key, i.version) for i in one.documents()] == [(i.key, i.version) for i in other.documents()]
        for question in ("口服，一次2片，用于不适", "含服"):
            assert one.search_words(question, 9) == other.search_words(question, 9)
            assert one.search_vectors(question, 9) == other.search_vectors(question, 9)
            ids = [i for i, _ in other.search_vectors(question, 9)]
            assert one.vector_scores(question, ids) == other.vector_scores(question, ids)
        assert one.restricted({"nobody's"}).search_vectors("不适", 9) == []


def test_no_method_shows_what_the_tags_do_not_allow(
    kb: KnowledgeBase, folder: Callable[[str, list[object]], KnowledgeBase]
) -> None:
    reference = folder("wards", [one.prepared for one in STOCK])
    with kb.write() as writer:
        writer.add_many([one.prepared for one in STOCK])
    WHOLE.passages[:] = [passage for info in reference.documents() for passage in reference.passages_of(info)]
    rnd = random.Random(7)
    for name, operation in KB_OPERATIONS.items():
        for _ in range(DRAWS):
            access, draw = frozenset(tag for tag in WARDS if rnd.random() < 0.4), drawn(rnd)
            shown = plain(outcome(operation, kb.restricted(access), draw))
            asked = f"{draw.text} {draw.name} {draw.other} {draw.key}".lower()
            printed = repr(shown).lower()
            assert not [word for word in hidden_from(access) if word in printed and word not in asked], (name, access, draw)
            assert shown == plain(outcome(operation, reference.restricted(access), draw)), (name, access, draw)
    assert list(kb.restricted(frozenset()).documents()) == []


def test_purging_leaves_no_text_anywhere(engine: Engine, place: Place) -> None:
    with KnowledgeBase.create(place.here) as kb:
        with kb.write() as writer:
            writer.add(label(f"{SECRET}片", {"【禁忌】": f"{SECRET}过敏者禁用。"}, key="P1", tags=(SECRET,), maker=SECRET))
            writer.add_many([*LABELS, fact_record(SECRET, "has_symptom", "头晕", key="P2")])
        with KnowledgeBase.open(place.elsewhere) as reader:
            assert reader.search_words(SECRET, 1)
        with kb.write() as writer:
            writer.purge("P1")
            writer.purge("P2")
        with KnowledgeBase.open(place.elsewhere) as reader:
            assert reader.search_words(SECRET, 5) == []
        assert kb.verify() == []
        assert kb.search_words("布洛芬", 1)
    for folder in engine.folder.iterdir():
        for path in folder.rglob("*") if folder.is_dir() else [folder]:
            assert not path.is_file() or SECRET.encode() not in path.read_bytes() or "milvus" in engine.name, path
    if engine.server is not None:
        assert list(holding(engine.server, SECRET)) == []
    if "milvus" in engine.options():
        assert not [row for row in rows_of_milvus(engine.options()["milvus"]) if SECRET[:2] in repr(row)]


def test_a_table_of_edges_goes_in_once_and_what_changed_of_it_again(place: Place, tmp_path: Path) -> None:
    table = tmp_path / "edges.csv"
    first = ["试验片,适应症,头痛,a", "试验片,适应症,头痛,a", "试验片,禁忌,哮喘,b"]
    then = ["试验片,适应症,头痛,c", "试验片,禁忌,哮喘,b", "试验片,不良反应,恶心,d"]
    with KnowledgeBase.create(place.here) as kb:
        for rows, became in ((first, (2, 0, 1)), (first, (0, 0, 3)), (then, (1, 1, 1))):
            table.write_text("\n".join(["head,relation,tail,note", *rows]), "utf-8")
            report = build(table, kb)
            assert (report.added, report.updated, report.unchanged) == became
        stated = {
            (fact.relation, fact.object.name, fact.sources[0].quote[-1])
            for fact in kb.facts("试验片")
            if fact.relation != "form_of"
        }
        assert stated == {("indication", "头痛", "c"), ("contraindication", "哮喘", "b"), ("adverse_reaction", "恶心", "d")}
        assert kb.verify() == []


def rows_of_milvus(address: str) -> Iterator[object]:
    """Every row of every collection of passages."""
    from medrag.kb.milvus.server import Server as Milvus

    milvus = Milvus(address)
    for name in milvus.collections("medrag_"):
        if "_counts_" not in name:
            milvus.load(name)
            for rows in milvus.iterate(name, "id >= 0", ["*"]):
                yield from rows


def holding(server: Server, word: str) -> Iterator[str]:
    """Where a word stands on the server: in rows of any table, or in files other than its log of recent writes."""
    with server.connect() as connection:
        tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'kb%'").fetchall()
        for schema, table in tables:
            rows = connection.execute(f'SELECT count(*) FROM "{schema}"."{table}" AS r WHERE strpos(r::text, %s) > 0', (word,))
            if rows.fetchone()[0]:
                yield f"{schema}.{table}"
        connection.execute("CHECKPOINT")
    for path in (server.folder / "data" / "base").rglob("*"):
        if path.is_file() and word.encode() in path.read_bytes():
            yield str(path)


WRITES_AND_WAITS = """
import sys, time
from medrag.kb.base import KnowledgeBase
from tests.making import label
with KnowledgeBase.open(sys.argv[1]) as kb:
    context = kb.write()
    writer = context.__enter__()
    for n in range(20):
        writer.add(label(f"死片{n}", {"【禁忌】": "写到一半。"}, key=f"dead{n}"))
    writer.delete("Z1")
    if sys.argv[2] == "built":
        writer._build_generation()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("moment", ["rows", "built"])
def test_a_writer_killed_leaves_the_last_commit_and_the_next_one_clears_up(engine: Engine, moment: str) -> None:
    place = engine.place()
    with KnowledgeBase.create(place.here) as kb, kb.write() as writer:
        writer.add_many(LABELS)
    command = [sys.executable, "-c", WRITES_AND_WAITS, place.here, moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == b"ready\n"
        with KnowledgeBase.open(place.elsewhere) as reader:
            before = found(reader)
            with pytest.raises(LockedError, match="another writer is at work"), reader.write():
                pass
            dying.send_signal(signal.SIGKILL)
            dying.wait()
            assert (reader.commit, found(reader), "dead1" in keys(reader)) == (1, before, False)
            with written_when_free(reader) as writer:
                writer.add(label("后片", {"【禁忌】": "后来的。"}, key="after"))
            assert (reader.commit, reader.verify()) == (2, [])
            assert keys(reader) == sorted([*(one.document.key for one in LABELS), "after"])
            expected = found(reader)
    with KnowledgeBase.open(place.here) as again:  # whose folder may hold what the dead one built for commit 2
        assert found(again) == expected
        assert again.search_words("写到一半", 5) == []


def test_files_are_read_and_asked_by_address_on_the_command_line(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = engine.place()
    (tmp_path / "label.txt").write_text("【药品名称】白术糖浆\n【适应症】用于食欲不振。\n【禁忌】糖尿病患者禁用。\n", "utf-8")
    report = build(tmp_path, place.here, source="files")
    assert (report.added, report.failed) == (1, 0)
    assert run(["stats", "--kb", place.here, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == 1
    assert run(["ask", "白术糖浆有什么禁忌？", "--kb", place.here]) == 0
    assert "糖尿病患者禁用" in capsys.readouterr().out
