"""A knowledge base as of a day: the exact words that were in force, for every document and date."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from medrag.answer.audit.log import AuditLog
from medrag.answer.audit.replay import Outcome, replay
from medrag.answer.engine import MedRAG
from medrag.cli.app import run
from medrag.errors import KnowledgeBaseError, NotFoundError, QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.several import SeveralKnowledgeBases
from medrag.kb.snapshot import KEPT, Snapshot
from medrag.sections import SectionGroup
from tests.making import fact_record, label

DRUGS = {"安平片": "A1", "宁康胶囊": "B2", "舒泰颗粒": "C3"}
DATES = ("2021-03-01", "2022-07-15", "2024")
DOSES = ("一次1片，一日1次", "一次2片，一日2次", "一次3片，一日3次")


def version(title: str, at: int) -> dict[str, str]:
    words = {"【用法用量】": f"口服。{title}{DOSES[at]}。", "【适应症】": f"用于{'头痛' if at < 2 else '偏头痛'}。"}
    return {**words, "【禁忌】": "孕妇禁用。"} if at else words


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """Three labels of three versions each, a label without a date, and a fact."""
    kb = KnowledgeBase.create(tmp_path / "dated.kb")
    for at, date in enumerate(DATES):
        with kb.write() as writer:
            for title, key in DRUGS.items():
                writer.add(label(title, version(title, at), key=key, effective=date))
            if not at:
                writer.add(label("无期丸", {"【适应症】": "用于咳嗽。"}, key="D4"))
                writer.add(fact_record("感冒", "has_symptom", "咳嗽", key="1"))
    with kb:
        yield kb


@pytest.mark.parametrize(
    ("day", "at"),
    [("2021-03-01", 0), ("2021", 0), ("2022-07-14", 0), ("2022-07-15", 1), ("2023-12-31", 1), ("2024", 2), ("2026-01-01", 2)],
)
def test_an_answer_as_of_a_day_quotes_what_was_in_force(kb: KnowledgeBase, day: str, at: int) -> None:
    then = kb.as_of(day)
    for title, key in DRUGS.items():
        document = then.document(key)
        assert (document.version, document.effective) == (at + 1, DATES[at])
        answer = MedRAG(then).ask(f"{title}的用法用量是什么？")
        assert DOSES[at] in answer.text
        for citation in answer.citations:
            assert document.text[citation.start : citation.end] == citation.quote
        for channel in (then.search_words(DOSES[at], 30), then.search_vectors(f"{title} {DOSES[at]}", 30)):
            found = then.passages([i for i, _ in channel])
            assert len(found) == len(channel)
            assert {p.document.version for p in found if p.document.key == key} == {at + 1}


def test_facts_are_those_of_the_day(kb: KnowledgeBase) -> None:
    def treated(day: str) -> set[str]:
        return {f.object.name for f in kb.as_of(day).facts("安平片") if f.relation == "indication"}

    assert treated("2022") != treated("2025")
    assert [f.object.name for f in kb.as_of("2021").facts("感冒")] == ["咳嗽"]


def test_before_its_first_version_a_document_was_not_there(kb: KnowledgeBase) -> None:
    before = kb.as_of("2020-12-31")
    assert {info.key for info in before.documents(kinds=("label",))} == {"D4"}
    with pytest.raises(NotFoundError, match="A1"):
        before.document("A1")
    assert MedRAG(before).ask("安平片的用法用量").abstained
    assert not MedRAG(before).ask("无期丸治什么").abstained


def test_a_day_on_which_all_is_as_now_is_the_knowledge_base_itself(kb: KnowledgeBase) -> None:
    assert kb.as_of("2024-12-31").search_words("一次3片", 3) == kb.search_words("一次3片", 3)
    assert not (kb.path / "dated").exists()


def test_versions_ingested_out_of_order_are_told_apart_by_their_dates(kb: KnowledgeBase) -> None:
    with kb.write() as writer:
        writer.add(label("安平片", version("安平片", 0), key="A1", effective="2020-01-01"))
    assert kb.document("A1").effective == "2024"  # an older label takes over from no newer one
    assert kb.as_of("2025").document("A1").effective == "2024"
    assert kb.as_of("2020-06").document("A1").version == 4


def test_days_indexes_are_kept_until_the_next_commit(kb: KnowledgeBase) -> None:
    kb.as_of("2021")
    assert len(list((kb.path / "dated").iterdir())) == 1
    with KnowledgeBase.open(kb.path) as other:
        assert other.as_of("2021-06").document("A1").version == 1
    del other
    gc.collect()  # who reads a generation holds it
    assert len(list((kb.path / "dated").iterdir())) == 1
    with kb.write() as writer:
        writer.delete("B2")
    kb.refresh()
    with kb.write() as writer:
        writer.add(label("新药片", {"【适应症】": "用于发热。"}, key="E5"))
    assert list((kb.path / "dated").iterdir()) == []


def test_of_many_days_the_last_ones_are_kept_open_and_the_others_are_made_again(kb: KnowledgeBase) -> None:
    def open_days() -> int:
        gc.collect()
        return len({id(one) for one in gc.get_objects() if type(one) is Snapshot and one.commit == kb.commit}) - 1

    days = [f"2021-{month:02}-{day:02}" for month in range(4, 12) for day in range(1, 11)]
    for day in days:
        assert kb.as_of(day).document("A1").version == 1
    assert 0 < open_days() <= KEPT
    first = kb.as_of(days[0])
    for day in days[1:]:
        kb.as_of(day)
    assert first.document("A1").version == 1  # whoever has one goes on reading it
    assert [p.document.version for p in first.passages([i for i, _ in first.search_words("安平片", 1)])] == [1]


def test_access_holds_as_of_a_day_too(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "tags.kb") as kb:
        for at, date in enumerate(DATES):
            with kb.write() as writer:
                writer.add(label("安平片", version("安平片", at), key="A1", effective=date, tags=("ward",)))
                writer.add(label("宁康胶囊", version("宁康胶囊", at), key="B2", effective=date, tags=("icu",)))
        for view in (kb.as_of("2022-08").restricted({"ward"}), kb.restricted({"ward"}).as_of("2022-08")):
            assert view.document("A1").version == 2
            assert DOSES[1] in MedRAG(view).ask("安平片的用法用量").text
            assert MedRAG(view).ask("宁康胶囊的用法用量").abstained
            assert [p.document.key for p in view.passages([i for i, _ in view.search_words("孕妇禁用", 9)])] == ["A1"]


def test_a_day_is_read_only_and_must_be_a_date(kb: KnowledgeBase) -> None:
    with pytest.raises(QuestionError, match="last May"):
        kb.as_of("last May")
    with pytest.raises(KnowledgeBaseError, match="cannot be written"), kb.as_of("2021").write():
        pass


def test_the_command_asks_as_of_a_day(kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "安平片的用法用量是什么？", "--kb", str(kb.path), "--as-of", "2022-12-31"]) == 0
    assert DOSES[1] in capsys.readouterr().out


SOME_DATES = ("", "2019", "2020-02-03", "2020-02", "2021-12-31", "2022-01-01", "2022", "spring", "2023-06-30")
SOME_DAYS = ("2018", "2019-01-01", "2020-02-02", "2020-02-03", "2021", "2022-01-01", "2022-06", "2024-01-01")


def in_force(history: list[tuple[int, str, str]], day: str) -> str | None:
    """The text in force, by brute force: of the versions of that day or earlier the latest, the last ingested of equals."""
    last = day + {4: "-99-99", 7: "-99"}.get(len(day), "")
    known = [(date if date[:1] in ("1", "2") else "", number, body) for number, date, body in history]
    return max((one for one in known if one[0] <= last), default=(None, None, None))[2]


@pytest.mark.parametrize("seed", range(2))
def test_of_any_history_a_day_shows_what_brute_force_finds(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    titles = [f"{name}片" for name in ("安平", "宁康", "舒泰", "和胃", "清肺")]
    history: dict[str, list[tuple[int, str, str]]] = {title: [] for title in titles}
    with KnowledgeBase.create(tmp_path / "any.kb") as kb:
        for commit in range(4):
            with kb.write() as writer:
                for title in random.sample(titles, 3):
                    date, body = random.choice(SOME_DATES), f"第{commit}版用于症状{random.randrange(99)}。"
                    writer.add(label(title, {"【适应症】": body}, key=title, effective=date))
                    history[title].append((len(history[title]) + 1, date, body))
        gone = random.choice([title for title in titles if history[title]])
        with kb.write() as writer:
            writer.delete(gone)
        history[gone] = []
        for day in SOME_DAYS:
            then = kb.as_of(day)
            for title in titles:
                wanted = in_force(history[title], day)
                if wanted is None:
                    with pytest.raises(NotFoundError):
                        then.document(title)
                    continue
                assert wanted in then.document(title).text
                (passage,) = then.passages_of(then.document(title).info(), {SectionGroup.INDICATIONS})
                assert passage.text.endswith(wanted)
                assert passage.id in {i for i, _ in then.search_words(f"{title}适应症", 50)}
            shown = {title for title in titles if in_force(history[title], day)}
            found = then.passages([i for i, _ in then.search_words("第版用于症状", 50)])
            assert {p.document.key for p in found} == shown == {info.key for info in then.documents()}


def test_a_day_of_a_day_is_refused(kb: KnowledgeBase) -> None:
    for then in (kb.as_of("2021"), kb.restricted({"ward"}).as_of("2021")):
        with pytest.raises(KnowledgeBaseError, match="a day already"):
            then.as_of("2022-08")


@pytest.mark.parametrize("date", ["", "²²²²", "2021-13-x", "yesterday"])
def test_what_is_no_date_is_said_so(kb: KnowledgeBase, date: str) -> None:
    with pytest.raises(QuestionError, match="no date"):
        kb.as_of(date)


def test_days_indexes_that_are_not_whole_are_made_anew_and_a_failure_leaves_nothing(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb.as_of("2021")
    (home,) = (kb.path / "dated").iterdir()
    for manifest in home.rglob("manifest.json"):
        manifest.write_bytes(b"")
    with KnowledgeBase.open(kb.path) as other:
        assert other.as_of("2021").search_words(DOSES[0], 3)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("medrag.kb.dated.derive_exchanged", full)
    with pytest.raises(KnowledgeBaseError, match="No space left"):
        kb.as_of("2022-08")
    assert list((kb.path / "dated").iterdir()) == [home]


def test_where_nobody_may_write_a_days_indexes_go_when_nobody_reads_them(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kb.path / "dated").write_bytes(b"")  # stands for a folder that cannot be made
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with KnowledgeBase.open(kb.path) as other:
        then = other.as_of("2021")
        assert DOSES[0] in MedRAG(then).ask("安平片的用法用量").text
        assert len(list(tmp_path.glob("medrag-dated-*"))) == 1
        del then
    del other
    gc.collect()
    assert list(tmp_path.glob("medrag-dated-*")) == []


def test_several_knowledge_bases_show_one_day(kb: KnowledgeBase, tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "second.kb") as second:
        for at, date in enumerate(DATES):
            with second.write() as writer:
                writer.add(label("清肺丸", version("清肺丸", at), key="Q9", effective=date))
        then = SeveralKnowledgeBases([kb, second]).as_of("2022-08")
        assert then.day == "2022-08"
        for title in ("安平片", "清肺丸"):
            answer = MedRAG(then).ask(f"{title}的用法用量")
            assert DOSES[1] in answer.text and DOSES[2] not in answer.text


def test_an_answer_as_of_a_day_is_made_again_as_of_that_day(kb: KnowledgeBase, tmp_path: Path) -> None:
    with AuditLog(tmp_path / "log.sqlite", level="full") as log:
        MedRAG(kb.as_of("2022-08"), audit=log).ask("安平片的用法用量")
        MedRAG(kb, audit=log).ask("安平片的用法用量")
        done = [replay(record, MedRAG(kb)) for record in log.records()]
        assert [(one.retrieval, one.reply, one.notes) for one in done] == [(Outcome.SAME, Outcome.SAME, [])] * 2
        (_, now) = log.records()
        assert "as_of was '' and is '2021'" in replay(now, MedRAG(kb.as_of("2021"))).notes[0]
