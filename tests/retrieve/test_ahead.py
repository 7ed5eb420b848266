"""What a second thread does ahead is what this one would have done, and it is at nothing when the block is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, current_thread, main_thread

import pytest

from medrag.answer.engine import MedRAG
from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve import ahead as module
from medrag.retrieve import rank
from medrag.retrieve.ahead import Once, ahead, none_spared
from medrag.retrieve.rank import retrieve
from medrag.retrieve.reading import found_by_vectors
from tests.shelf import shelf

QUESTIONS = ["布洛芬的禁忌", "儿童能吃布洛芬吗", "can I take ibuprofen with aspirin", "没有的药", "头痛吃什么药"]
WAIT = 60.0  # seconds, which no test takes: a failure ends it


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path / "shelf.kb") as made:
        yield made


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[module._Helper]:
    """A helper of this test's own, on a machine that has a processor to spare."""
    made = module._Helper()
    made.spared = True
    monkeypatch.setattr(module, "_helper", lambda _: made)
    monkeypatch.setattr(rank, "AHEAD_FROM", 0)
    yield made
    made.pool.shutdown()


def test_what_is_worked_out_once_is_not_worked_out_again() -> None:
    once = Once[int]()
    assert once.get(lambda: 1) == 1
    assert once.get(lambda: 2) == 1


def test_what_failed_is_tried_again_by_the_next() -> None:
    once = Once[int]()
    with pytest.raises(ZeroDivisionError):
        once.get(lambda: 1 // 0)
    assert once.get(lambda: 2) == 2


def test_who_asks_second_waits_for_the_first() -> None:
    once, begun, go_on = Once[int](), Event(), Event()

    def slowly() -> int:
        begun.set()
        assert go_on.wait(WAIT)
        return 1

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once.get, slowly)
        assert begun.wait(WAIT)
        second = pool.submit(once.get, lambda: 2)
        go_on.set()
        assert (first.result(), second.result()) == (1, 1)


def test_work_is_done_in_another_thread_and_over_when_the_block_is_left(helper: module._Helper) -> None:
    done: list[object] = []
    begun = Event()

    def work() -> None:
        begun.set()
        done.append(current_thread())

    with ahead(work):
        assert begun.wait(WAIT)
    assert len(done) == 1 and done[0] is not main_thread()
    assert helper.asking == 0


def test_work_that_was_not_begun_when_the_block_is_left_is_given_up(helper: module._Helper) -> None:
    busy = Event()
    helper.pool.submit(busy.wait, WAIT)
    with ahead(lambda: pytest.fail("begun")):
        pass
    busy.set()


def test_beside_another_question_nothing_is_done_ahead(helper: module._Helper) -> None:
    with ahead(lambda: None), ahead(lambda: pytest.fail("done ahead")):
        assert helper.asking == 2
    assert helper.asking == 0


def test_where_no_processor_is_spared_nothing_is_done_ahead(helper: module._Helper) -> None:
    none_spared()
    with ahead(lambda: pytest.fail("done ahead")):
        assert helper.asking == 1


def test_an_error_ahead_is_raised_by_who_needs_what_was_not_found(helper: module._Helper) -> None:
    once = Once[int]()
    with ahead(lambda: once.get(lambda: 1 // 0)):
        pass
    with pytest.raises(ZeroDivisionError):
        once.get(lambda: 1 // 0)


def test_an_error_in_the_block_leaves_nothing_behind(helper: module._Helper) -> None:
    with pytest.raises(ValueError, match="given up"), ahead(lambda: None):
        raise ValueError("given up")
    assert helper.asking == 0


@pytest.mark.parametrize("only", [Filters(), Filters(langs=frozenset({"en"}))], ids=["all", "English"])
def test_evidence_is_the_same_with_and_without_a_second_thread(
    kb: KnowledgeBase, helper: module._Helper, only: Filters
) -> None:
    found = {}
    for helper.spared in (True, False):
        with KnowledgeBase.open(kb.path) as opened:  # which remembers nothing of what the other found
            found[helper.spared] = [retrieve(question, opened, only=only).evidence for question in QUESTIONS]
    assert found[True] == found[False]
    assert any(found[True])


def test_few_vectors_are_not_searched_ahead(kb: KnowledgeBase, helper: module._Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    def noted(work: Callable[[], object]) -> AbstractContextManager[None]:
        begun.append(work)
        return ahead(work)

    monkeypatch.setattr(rank, "ahead", noted)
    retrieve(QUESTIONS[0], kb)
    assert len(begun) == 1
    monkeypatch.setattr(rank, "AHEAD_FROM", kb.stats().passages + 1)
    retrieve(QUESTIONS[1], kb)
    assert len(begun) == 1


def test_questions_of_many_threads_are_answered_as_those_of_one(kb: KnowledgeBase, helper: module._Helper) -> None:
    medrag = MedRAG(kb)
    alone = [medrag.search(question) for question in QUESTIONS]
    with MedRAG(kb.path).kb as other, ThreadPoolExecutor(4) as pool:
        crowd = MedRAG(other)
        assert list(pool.map(crowd.search, QUESTIONS * 4)) == alone * 4
    assert helper.asking == 0


@pytest.mark.parametrize("text", ["布洛芬的禁忌", "ibuprofen tablets warnings", "没有的词"])
def test_a_shorter_list_of_what_is_near_is_the_beginning_of_a_longer_one(text: str, kb: KnowledgeBase) -> None:
    for k in (2, 30, 3, 1, 30):
        assert found_by_vectors(text, k, kb) == kb.search_vectors(text, k)
    only = Filters(langs=frozenset({"en"}))
    assert found_by_vectors(text, 5, kb, only) == kb.search_vectors(text, 5, only)


def test_a_question_that_cannot_be_asked_is_refused_before_anything_is_searched(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KnowledgeBase, "search_vectors", lambda *_: pytest.fail("searched"))
    with pytest.raises(QuestionError):
        retrieve("  ", kb)
