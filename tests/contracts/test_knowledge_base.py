"""What a knowledge base promises: identity, versions, deletion, atomic commits, pinned readers, one writer."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.errors import KnowledgeBaseError, LockedError, NotFoundError, VersionError
from medrag.kb import schema, writer
from medrag.kb.base import KnowledgeBase
from medrag.kb.catalogue import CATALOGUE
from medrag.kb.embed import HashedEmbedder
from medrag.kb.filters import Filters
from medrag.kb.rows import Outcome
from medrag.sections import SectionGroup
from tests.making import fact_record, label

PROPRANOLOL = label(
    "盐酸普萘洛尔片", {"【适应症】": "用于高血压、劳力型心绞痛。", "【禁忌】": "支气管哮喘患者禁用。"}, key="H1"
)
FEBUXOSTAT = label("非布司他片", {"【适应症】": "适用于痛风患者高尿酸血症的长期治疗。"}, key="H2")
CHANGED = label("非布司他片", {"【适应症】": "适用于痛风患者高尿酸血症的长期治疗。不推荐用于无症状者。"}, key="H2")


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path / "a.kb") as made:
        yield made


def test_a_new_knowledge_base_is_empty_and_clean(kb: KnowledgeBase) -> None:
    assert (kb.commit, kb.stats().documents, kb.verify()) == (0, 0, [])
    assert kb.search_words("高血压", 5) == []
    assert kb.search_vectors("高血压", 5) == []
    assert kb.link("高血压") == []


def test_what_was_added_is_found_in_every_index(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        assert w.add(PROPRANOLOL) is Outcome.ADDED
        w.add(FEBUXOSTAT)
        w.add(fact_record("痛风", "has_symptom", "关节红肿", key="痛风"))
    (best, _), *_ = kb.search_words("痛风 高尿酸血症", 3)
    (passage,) = kb.passages([best])
    assert passage.text == "适用于痛风患者高尿酸血症的长期治疗。"
    assert passage.section.group is SectionGroup.INDICATIONS
    assert kb.document("H2").text[passage.start : passage.end] == passage.text
    assert kb.search_vectors("痛风 高尿酸血症", 1)[0][0] == best
    assert [(m.name, m.entities[0].id) for m in kb.link("普萘洛尔能治什么")] == [("普萘洛尔", "substance:普萘洛尔")]
    assert [info.key for info, _, _ in kb.documents_about(["substance:普萘洛尔"])] == ["H1"]
    (fact,) = kb.facts("关节红肿")
    assert (fact.subject.name, fact.relation, fact.sources[0].quote) == ("痛风", "has_symptom", "痛风 has_symptom 关节红肿")
    assert kb.verify() == []


def test_adding_twice_changes_nothing(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
    before = kb.stats().model_dump(exclude={"commit", "bytes"})
    with kb.write() as w:
        assert w.add(PROPRANOLOL) is Outcome.UNCHANGED
    assert kb.stats().model_dump(exclude={"commit", "bytes"}) == before


def test_a_changed_label_is_a_version_and_the_old_one_is_kept(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(FEBUXOSTAT)
    with kb.write() as w:
        assert w.add(CHANGED) is Outcome.UPDATED
    assert [v.version for v in kb.versions("H2")] == [1, 2]
    assert kb.document("H2", version=1).text == FEBUXOSTAT.document.text
    assert kb.document("H2").text == CHANGED.document.text
    assert [p.document.version for p in kb.passages([i for i, _ in kb.search_words("高尿酸血症", 9)])] == [2]
    assert kb.verify() == []


def test_a_reverted_label_is_a_third_version(kb: KnowledgeBase) -> None:
    for prepared in (FEBUXOSTAT, CHANGED, FEBUXOSTAT):
        with kb.write() as w:
            w.add(prepared)
    assert kb.document("H2").version == 3
    assert kb.document("H2").text == FEBUXOSTAT.document.text
    assert (len(kb.search_words("高尿酸血症", 9)), kb.verify()) == (1, [])


def test_several_changes_in_one_commit_end_in_the_last(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add_many([FEBUXOSTAT, CHANGED, PROPRANOLOL])
        w.delete("H1")
    assert kb.document("H2").version == 2
    assert [d.key for d in kb.documents()] == ["H2"]
    assert kb.verify() == []


def test_deleting_removes_from_every_index_and_the_facts_only_it_supported(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add_many([PROPRANOLOL, FEBUXOSTAT])
        w.add(fact_record("痛风", "has_symptom", "关节红肿", key="a"))
        w.add(fact_record("痛风", "has_symptom", "关节红肿", key="b"))
        w.add(fact_record("痛风", "has_symptom", "发热", key="c"))
    (nearest,) = kb.search_vectors("高尿酸血症", 1)
    with kb.write() as w:
        assert w.delete("H2") == 1
        w.delete("a")
        w.delete("c")
    assert kb.link("非布司他") == []
    assert kb.documents_about(["preparation:非布司他片"]) == []
    assert kb.search_words("高尿酸血症", 9) == []
    assert nearest[0] not in {i for i, _ in kb.search_vectors("高尿酸血症", 9)}
    assert [(f.object.name, len(f.sources)) for f in kb.facts("痛风")] == [("关节红肿", 1)]
    with pytest.raises(NotFoundError, match="no document 'H2'"):
        kb.document("H2", version=1)
    assert kb.verify() == []


def test_a_deleted_document_can_be_added_again(kb: KnowledgeBase) -> None:
    for _ in range(2):
        with kb.write() as w:
            assert w.add(FEBUXOSTAT) is Outcome.ADDED
        with kb.write() as w:
            w.delete("H2")
    with kb.write() as w:
        w.add(FEBUXOSTAT)
    assert (len(kb.search_words("高尿酸血症", 9)), kb.verify()) == (1, [])


def test_purging_leaves_no_trace_of_the_text_on_disk(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
        w.add(label("密药", {"【适应症】": "只有 zzsecretzz 才知道的用途。"}, key="X"))
    with kb.write() as w:
        assert w.purge("X") == 1
    assert kb.verify() == []
    kb.close()
    for path in kb.path.rglob("*"):
        assert not path.is_file() or b"zzsecretzz" not in path.read_bytes(), path


def test_two_makers_of_one_name_stay_two_and_are_known_again(kb: KnowledgeBase) -> None:
    one = label("板蓝根颗粒", {"【功能主治】": "清热解毒。"}, occurrence=0)
    two = label("板蓝根颗粒", {"【功能主治】": "清热解毒，凉血利咽。"}, occurrence=1)
    with kb.write() as w:
        assert w.add_many([one, two]) == [Outcome.ADDED, Outcome.ADDED]
    with kb.write() as w:
        assert w.add_many([one, two]) == [Outcome.UNCHANGED] * 2
    # The file was reordered, one record changed in place: text decides first, then the place.
    changed = label("板蓝根颗粒", {"【功能主治】": "清热解毒。用于咽喉肿痛。"}, occurrence=1)
    moved = label("板蓝根颗粒", {"【功能主治】": "清热解毒，凉血利咽。"}, occurrence=0)
    with kb.write() as w:
        assert w.add_many([moved, changed]) == [Outcome.UNCHANGED, Outcome.ADDED]
    keys = {d.key for d in kb.documents()}
    assert len(keys) == 3
    third = label("板蓝根颗粒", {"【功能主治】": "清热解毒。用于咽喉肿痛、口干。"}, occurrence=0)
    with kb.write() as w:
        assert w.add_many([third]) == [Outcome.UPDATED]
    assert {d.key for d in kb.documents()} == keys


def test_the_same_label_as_html_and_as_spl_is_one_document_with_the_richer_current(kb: KnowledgeBase) -> None:
    html = label("Warfarin", {"INDICATIONS": "For clots."}, key="set-1", lang="en", reader="spl-html/1", file="a.html")
    spl = label(
        "Warfarin", {"INDICATIONS": "For clots.", "DOSAGE": "5 mg daily."}, key="set-1", lang="en", reader="spl/1", file="a.xml"
    )
    for order in ([html, spl], [spl, html], [html, spl]):
        with kb.write() as w:
            w.add_many(order)
        assert kb.document("set-1").reader == "spl/1"
    assert len(kb.versions("set-1")) == 2


def test_an_older_effective_date_never_becomes_current(kb: KnowledgeBase) -> None:
    new = label("Warfarin", {"DOSAGE": "New dose."}, key="s", lang="en", effective="2024-05-01", file="b")
    old = label("Warfarin", {"DOSAGE": "Old dose."}, key="s", lang="en", effective="2019-05-01", file="a")
    with kb.write() as w:
        w.add_many([new, old])
    assert kb.document("s").effective == "2024-05-01"


def test_a_pinned_reader_sees_its_commit_whole_while_others_write(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add_many([PROPRANOLOL, FEBUXOSTAT])
    with KnowledgeBase.open(kb.path) as pinned:
        with kb.write() as w:
            w.add(CHANGED)
            w.delete("H1")
        assert (pinned.commit, kb.commit) == (1, 2)
        assert pinned.document("H2").text == FEBUXOSTAT.document.text
        assert {d.key for d in pinned.documents()} == {"H1", "H2"}
        assert pinned.verify() == []
        assert pinned.refresh()
        assert not pinned.refresh()
        assert {d.key for d in pinned.documents()} == {"H2"}


def test_generations_that_nobody_holds_are_removed(kb: KnowledgeBase) -> None:
    for prepared in (PROPRANOLOL, FEBUXOSTAT, CHANGED):
        with kb.write() as w:
            w.add(prepared)
    with KnowledgeBase.open(kb.path), kb.write() as w:
        w.delete("H1")
    assert [p.name for p in sorted((kb.path / "generations").iterdir())] == ["000003", "000004"]
    with kb.write() as w:
        w.add(PROPRANOLOL)
    assert [p.name for p in sorted((kb.path / "generations").iterdir())] == ["000005"]


def test_a_second_writer_gets_a_clear_error(kb: KnowledgeBase) -> None:
    with kb.write(), pytest.raises(LockedError, match="another writer is at work"), KnowledgeBase.open(kb.path).write():
        pass


def test_an_exception_in_the_block_leaves_everything_as_it_was(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
    with pytest.raises(RuntimeError, match="stop"), kb.write() as w:
        w.add(FEBUXOSTAT)
        w.delete("H1")
        raise RuntimeError("stop")
    assert (kb.commit, [d.key for d in kb.documents()], kb.verify()) == (1, ["H1"], [])
    with kb.write() as w:
        assert w.add(FEBUXOSTAT) is Outcome.ADDED


def test_a_full_disk_while_publishing_leaves_the_last_commit(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "fsync_tree", full)
    with pytest.raises(KnowledgeBaseError, match=r"as it was before.*No space left"), kb.write() as w:
        w.add(FEBUXOSTAT)
    monkeypatch.undo()
    assert ([d.key for d in kb.documents()], kb.verify()) == (["H1"], [])
    with kb.write() as w:
        w.add(FEBUXOSTAT)
    assert kb.verify() == []


def test_what_a_dead_writer_left_is_removed_by_the_next(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
    dead = kb.write()
    left = dead.__enter__()
    left.add(FEBUXOSTAT)
    left.delete("H1")
    left._session.release()  # as the kernel does when the process dies
    shutil.copytree(kb.path / "generations" / "000001", kb.path / "generations" / "000002.building")
    with KnowledgeBase.open(kb.path) as again:
        assert [d.key for d in again.documents()] == ["H1"]
        with again.write() as w:
            assert w.add(FEBUXOSTAT) is Outcome.ADDED
        assert again.verify() == []
        assert {d.key for d in again.documents()} == {"H1", "H2"}


def test_the_wrong_embedder_is_refused_and_reindexing_changes_it(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
    with pytest.raises(VersionError, match=r"built with embedder 'static:static-zh-en-1', not 'hashed:64'"):
        KnowledgeBase.open(kb.path, embedder=HashedEmbedder(64))
    kb.reindex(HashedEmbedder(64))
    assert (kb.stats().embedder, kb.verify()) == ("hashed:64", [])
    assert kb.search_vectors("心绞痛", 1)
    with KnowledgeBase.open(kb.path) as again:
        assert again.embedder.dimensions == 64


def test_a_catalogue_of_a_later_release_is_refused(kb: KnowledgeBase) -> None:
    kb.close()
    with sqlite3.connect(kb.path / CATALOGUE) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'format'")
    with pytest.raises(VersionError, match="has format 99, this release of medrag reads up to 1: update medrag"):
        KnowledgeBase.open(kb.path)


def test_an_older_catalogue_is_brought_to_todays_format(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    with kb.write() as w:
        w.add(PROPRANOLOL)
    kb.close()
    later = [*schema.MIGRATIONS, lambda c: c.exec_driver_sql("ALTER TABLE commits ADD COLUMN author TEXT")]
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    with KnowledgeBase.open(kb.path) as opened:
        assert [d.key for d in opened.documents()] == ["H1"]
    with sqlite3.connect(kb.path / CATALOGUE) as connection:
        assert connection.execute("SELECT value FROM settings WHERE name = 'format'").fetchone() == ("2",)
        assert connection.execute("SELECT author FROM commits").fetchall() == [(None,)]


def test_filters_hold_in_words_and_vectors(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add(label("甲药", {"【适应症】": "用于高血压。"}, key="1", source="a", tags=("open",)))
        w.add(label("乙药", {"【适应症】": "用于高血压。"}, key="2", source="b", tags=("closed", "x")))
        w.add(label("Amlodipine", {"USES": "For hypertension 高血压."}, key="3", source="b", lang="en"))
    for only, expected in (
        (Filters(), {"1", "2", "3"}),
        (Filters(sources=frozenset({"b"})), {"2", "3"}),
        (Filters(langs=frozenset({"zh"})), {"1", "2"}),
        (Filters(tags=frozenset({"open", "x"})), {"1", "2"}),
        (Filters(tags=frozenset({"closed"}), sources=frozenset({"a"})), set()),
        (Filters(kinds=frozenset({"file"})), set()),
    ):
        for search in (kb.search_words, kb.search_vectors):
            found = kb.passages([i for i, _ in search("高血压", 9, only)])
            assert {p.document.key for p in found} == expected, (only, search)


def test_opening_what_is_no_knowledge_base_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no knowledge base at"):
        KnowledgeBase.open(tmp_path / "nothing")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(KnowledgeBaseError, match="exists and is not empty"):
        KnowledgeBase.create(tmp_path / "full")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / CATALOGUE).write_bytes(b"this is no database" * 100)
    with pytest.raises(KnowledgeBaseError, match="cannot be read or written"):
        KnowledgeBase.open(tmp_path / "broken")


def test_verify_names_what_is_wrong(kb: KnowledgeBase) -> None:
    with kb.write() as w:
        w.add_many([PROPRANOLOL, FEBUXOSTAT])
    with sqlite3.connect(kb.path / CATALOGUE) as connection:
        connection.execute("UPDATE versions SET text = replace(text, '高血压', '低血压')")
        connection.execute("DELETE FROM passages WHERE start = (SELECT min(start) FROM passages)")
    problems = "\n".join(kb.verify())
    assert "H1: the text is not the one that was stored" in problems
    assert "words: 0 passages are missing and" in problems
    assert "vectors: 0 passages are missing and" in problems


def test_a_grown_and_a_rebuilt_knowledge_base_rank_alike(kb: KnowledgeBase, tmp_path: Path) -> None:
    words = "高血压 低血压 心绞痛 哮喘 头痛 发热 咳嗽 胃痛 失眠 过敏 感染 疼痛".split()
    final = [
        label(
            f"药{i}片",
            {"【适应症】": f"用于{words[i % 12]}、{words[(i * 7 + 1) % 12]}。", "【禁忌】": f"{words[(i * 5) % 12]}患者禁用。"},
            key=str(i),
        )
        for i in range(60)
    ]
    for start in range(0, 60, 12):  # grown: outdated first versions, updates, others added and deleted
        with kb.write() as w:
            w.add_many(
                [
                    label(p.document.title, {"【适应症】": f"旧文本{words[start % 12]}发热咳嗽。"}, key=p.document.key)
                    for p in final[start : start + 12]
                ]
            )
            w.add(label(f"废药{start}", {"【适应症】": "用于高血压、发热。"}, key=f"x{start}"))
    with kb.write() as w:
        w.add_many(final)
        for start in range(0, 60, 12):
            w.delete(f"x{start}")
    rebuilt = KnowledgeBase.create(tmp_path / "rebuilt.kb")
    with rebuilt.write() as w:
        w.add_many(list(reversed(final)))
    for question in ("高血压吃什么药", "哮喘患者禁用的药", "药7片", "发热 咳嗽 头痛", "胃痛"):
        assert kb.search_words(question, 10) == rebuilt.search_words(question, 10)
        assert kb.search_vectors(question, 10) == rebuilt.search_vectors(question, 10)
    assert kb.verify() == rebuilt.verify() == []
    rebuilt.close()
