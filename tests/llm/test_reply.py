"""A reply's bounds, each made to happen: time, size, number and faults."""

from __future__ import annotations

import gc
import itertools
import random
import threading
from collections.abc import Callable, Iterator

import pytest

from medrag.errors import ModelError
from medrag.llm import reply as replies
from medrag.llm.load import load_model
from medrag.llm.reply import Reply
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.llm.work import Finish, Limits, Piece, Places, Stop, Worker, may_pass
from tests.llm.replying import ASKED, FAST, scripted


def test_a_reply_is_its_pieces_and_its_text() -> None:
    reply = scripted("一日3次，饭后服用。").stream(ASKED)
    assert (reply.text, reply.ended, reply.finish) == ("", False, Finish.CANCELLED)
    pieces = list(reply)
    assert pieces == ["一日3次", "，饭后服", "用。"]
    assert (reply.text, reply.ended, reply.finish, reply.error) == ("一日3次，饭后服用。", True, Finish.STOP, "")


def test_nothing_starts_before_the_first_piece_is_asked_for() -> None:
    llm = ScriptedLLM("好")
    reply = load_model(llm).stream(ASKED)
    assert llm.calls == []
    list(reply)
    assert llm.calls == [tuple(ASKED)]


def test_replies_come_in_order_and_the_last_again() -> None:
    model = scripted("一", "二")
    assert [model.complete(ASKED).text for _ in range(3)] == ["一", "二", "二"]


def test_a_function_may_write_the_reply() -> None:
    model = load_model(ScriptedLLM(lambda messages: f"{messages[-1].content}不知道"))
    assert model.complete(ASKED).text == "阿司匹林一天吃几次？不知道"


def test_a_model_that_says_nothing_in_time_is_left() -> None:
    reply = scripted(Script([], hangs=True), limits=Limits(first_s=0.05)).complete(ASKED)
    assert (reply.text, reply.finish) == ("", Finish.TIMEOUT)
    assert reply.error == "the model did not come to the first word within 0.05 seconds"


def test_a_model_that_stops_speaking_is_left_with_what_it_said() -> None:
    reply = scripted(Script(["一日3次"], hangs=True), limits=Limits(next_s=0.05)).complete(ASKED)
    assert (reply.text, reply.finish) == ("一日3次", Finish.TIMEOUT)
    assert reply.error == "the model did not come to the next word within 0.05 seconds"


def test_a_model_that_goes_on_too_long_is_left_with_what_it_said() -> None:
    endless = Script((str(number) + "，" for number in itertools.count()), between_s=0.001)
    reply = scripted(endless, limits=Limits(total_s=0.2)).complete(ASKED)
    assert reply.finish is Finish.TIMEOUT
    assert reply.text.startswith("0，1，2，")
    assert reply.error == "the model was not done after 0.2 seconds"


def test_an_endless_reply_is_cut_at_its_greatest_size() -> None:
    reply = scripted(Script(f"{number} " for number in itertools.count()), limits=Limits(characters=500)).complete(ASKED)
    assert reply.finish is Finish.TOO_LONG
    assert len(reply.text) == 500
    assert reply.error == "the reply was cut at 500 characters"


def test_ten_megabytes_in_one_piece_are_cut_too() -> None:
    reply = scripted(Script([random.Random(1).randbytes(5_000_000).hex()]), limits=Limits(characters=500)).complete(ASKED)
    assert (len(reply.text), reply.finish) == (500, Finish.TOO_LONG)


def test_endless_thoughts_are_bounded_though_nothing_is_shown() -> None:
    endless = Script(itertools.chain(["<think>"], (f"{number} " for number in itertools.count())))
    reply = scripted(endless, limits=Limits(characters=500)).complete(ASKED)
    assert (reply.text, reply.finish) == ("", Finish.TOO_LONG)
    assert "without coming to an end" in reply.error


@pytest.mark.parametrize("said", ["", "  \n", "<think>怎么办</think>", "<think>没有想完"])
def test_a_reply_without_words_is_empty(said: str) -> None:
    reply = scripted(said).complete(ASKED)
    assert (reply.text.strip(), reply.finish) == ("", Finish.EMPTY)
    assert reply.error.startswith("the model returned nothing")


def test_a_fault_in_the_middle_keeps_what_was_said_and_is_not_asked_again() -> None:
    llm = ScriptedLLM(Script(["一日"], error=ConnectionResetError("reset by peer")))
    reply = load_model(llm, limits=FAST).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("一日", Finish.FAILED, "ConnectionResetError: reset by peer")
    assert len(llm.calls) == 1


def test_a_passing_fault_before_the_first_word_is_asked_again() -> None:
    llm = ScriptedLLM([Script(error=ConnectionError("busy")), Script(error=TimeoutError()), "好"])
    reply = load_model(llm, limits=FAST).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("好", Finish.STOP, "")
    assert len(llm.calls) == 3


def test_asking_again_has_an_end() -> None:
    llm = ScriptedLLM(Script(error=ConnectionError("down")))
    reply = load_model(llm, limits=FAST).complete(ASKED)
    assert (reply.finish, reply.error, len(llm.calls)) == (Finish.FAILED, "ConnectionError: down", 3)


@pytest.mark.parametrize("error", [ValueError("bad"), ModelError("no such model"), KeyError("x")])
def test_a_lasting_fault_is_not_asked_again(error: Exception) -> None:
    llm = ScriptedLLM(Script(error=error))
    reply = load_model(llm, limits=FAST).complete(ASKED)
    assert (reply.finish, len(llm.calls)) == (Finish.FAILED, 1)


def test_what_a_status_says_of_asking_again() -> None:
    class Answered(Exception):
        def __init__(self, status_code: int) -> None:
            self.status_code = status_code

    assert [status for status in (400, 401, 404, 408, 422, 429, 500, 501, 503) if may_pass(Answered(status))] == [
        408, 429, 500, 503,
    ]  # fmt: skip
    wrapped = RuntimeError("connection error")
    wrapped.__cause__ = ConnectionRefusedError(111, "refused")
    assert may_pass(wrapped)
    assert not may_pass(RuntimeError("out of memory"))


def test_a_fault_is_told_in_one_line_of_bounded_length() -> None:
    reply = scripted(Script(error=ValueError("line\n" * 1000))).complete(ASKED)
    assert reply.error.startswith("ValueError: line line line")
    assert "\n" not in reply.error
    assert len(reply.error) < 320


def test_even_an_exit_in_the_model_ends_the_reply_and_not_the_program() -> None:
    def leave() -> Iterator[str]:
        yield "一"
        raise SystemExit(3)

    reply = scripted(Script(leave())).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("一", Finish.FAILED, "SystemExit: 3")


def counting() -> Script:
    return Script(f"{number} " for number in itertools.count())


def test_cancelling_ends_the_reply_and_frees_the_model() -> None:
    cancel = threading.Event()
    model = scripted(counting(), "好", limits=Limits(at_once=1))
    reply = model.stream(ASKED, cancel=cancel)
    first = next(reply)
    cancel.set()
    rest = list(reply)
    assert reply.finish is Finish.CANCELLED
    assert reply.text == first + "".join(rest)
    assert model.complete(ASKED).text == "好"


def test_cancelling_a_hanging_model_does_not_wait_for_it() -> None:
    cancel = threading.Event()
    cancel.set()
    reply = scripted(Script(hangs=True)).stream(ASKED, cancel=cancel)
    assert list(reply) == []
    assert reply.finish is Finish.CANCELLED


def test_leaving_or_dropping_a_reply_frees_the_model() -> None:
    model = scripted(counting(), counting(), "好", limits=Limits(at_once=1))
    with model.stream(ASKED) as reply:
        next(reply)
    assert reply.finish is Finish.CANCELLED
    for _ in model.stream(ASKED):
        break
    assert model.complete(ASKED).text == "好"


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage is collected: what ends, ends because nobody refers to it any more."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("leave", ["close", "drop", "break"])
def test_a_reply_that_is_left_ends_its_thread_at_once(leave: str) -> None:
    model = scripted(Script(["一日"], hangs=True))
    if leave == "break":
        for _ in model.stream(ASKED):
            break
    else:
        reply = model.stream(ASKED)
        next(reply)
        if leave == "close":
            reply.close()
        else:
            del reply
    speaking = [thread for thread in threading.enumerate() if thread.name == "medrag-llm"]
    for thread in speaking:
        thread.join(5)
    assert not any(thread.is_alive() for thread in speaking)


def test_only_so_many_replies_are_under_way() -> None:
    under_way, most, lock, go = 0, 0, threading.Lock(), threading.Event()

    def said() -> Iterator[str]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            if under_way == 2:
                go.set()
        go.wait(30)
        yield "好"
        with lock:
            under_way -= 1

    model = load_model(ScriptedLLM(lambda _: Script(said())), limits=Limits(at_once=2))
    threads = [threading.Thread(target=model.complete, args=(ASKED,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most, under_way) == (2, 0)


def test_waiting_for_a_place_ends() -> None:
    places = Places(1)
    assert places.take(0.0, lambda: False)
    model = scripted("好", limits=Limits(total_s=0.1, at_once=1))
    model._places = places
    reply = model.complete(ASKED)
    assert (reply.finish, reply.error) == (Finish.TIMEOUT, "all 1 places of the model were taken for 0.1 seconds")
    cancel = threading.Event()
    cancel.set()
    assert model.complete(ASKED, cancel=cancel).finish is Finish.CANCELLED
    places.give_back()
    assert model.complete(ASKED).text == "好"


def test_a_model_that_does_not_come_back_keeps_its_place() -> None:
    asleep = threading.Event()

    def deaf(_: threading.Event) -> Iterator[Piece]:
        asleep.wait(60)
        yield Piece("好")

    places = Places(1)
    assert places.take(0.0, lambda: False)
    worker = Worker(deaf, FAST, places)
    worker.start()
    worker.stop()
    assert not places.take(0.0, lambda: False)
    asleep.set()
    worker._thread.join(30)
    assert places.take(0.0, lambda: False)


def test_a_stop_calls_what_waits_for_it_once() -> None:
    stop, called = Stop(), []
    stop.then(lambda: called.append("before"))
    stop.set()
    stop.set()
    stop.then(lambda: called.append("after"))
    assert called == ["before", "after"]


def test_signs_of_life_before_the_first_word_do_not_shorten_the_wait_for_it() -> None:
    def slow(_: threading.Event) -> Iterator[Piece]:
        yield Piece("")
        threading.Event().wait(0.3)
        yield Piece("好")

    model = scripted("x", limits=Limits(first_s=30.0, next_s=0.05))
    model.speaker = Said(slow)
    assert model.complete(ASKED).text == "好"


def breathing(*words: str) -> Callable[[threading.Event], Iterator[Piece]]:
    """Says the words, then gives signs of life for ever."""

    def say(stop: threading.Event) -> Iterator[Piece]:
        yield from map(Piece, words)
        while not stop.wait(0.01):
            yield Piece("")

    return say


def test_after_the_first_word_only_words_prolong_the_wait() -> None:
    model = scripted("x", limits=Limits(next_s=0.1, total_s=5.0))
    model.speaker = Said(breathing("一日"))
    reply = model.complete(ASKED)
    assert (reply.text, reply.finish) == ("一日", Finish.TIMEOUT)
    assert reply.error == "the model did not come to the next word within 0.1 seconds"


def test_signs_of_life_prolong_the_wait_for_the_first_word_three_times() -> None:
    model = scripted("x", limits=Limits(first_s=0.1, total_s=5.0))
    model.speaker = Said(breathing())
    reply = model.complete(ASKED)
    assert (reply.text, reply.finish) == ("", Finish.TIMEOUT)
    assert reply.error == "the model did not come to the first word within 0.3 seconds"


def test_endless_pieces_without_a_word_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "SILENT_PIECES", 1_000)
    reply = scripted(Script(itertools.repeat("")), limits=Limits(total_s=5.0)).complete(ASKED)
    assert (reply.text, reply.finish) == ("", Finish.TOO_LONG)
    assert reply.error == "the model sent 1,000 pieces without a word"


def test_a_piece_of_any_length_is_looked_at_in_parts_and_no_further_than_its_bound() -> None:
    class Noting:
        done = False

        def __init__(self) -> None:
            self.sizes: list[int] = []

        def feed(self, text: str) -> str:
            self.sizes.append(len(text))
            return ""

        def close(self) -> str:
            return ""

    noting = Noting()
    reply = Reply(lambda _: iter([Piece("x" * 5_000_000)]), noting, Limits(characters=1_000), Places(1))
    assert list(reply) == []
    assert reply.finish is Finish.TOO_LONG
    assert (max(noting.sizes), sum(noting.sizes)) == (1_000, 5_000)


def test_a_reply_that_its_server_broke_off_says_so() -> None:
    reply = scripted(Script(["一日"], finish=Finish.FAILED)).complete(ASKED)
    assert (reply.text, reply.finish, reply.error) == ("一日", Finish.FAILED, "the model's server broke the reply off")


class Said:
    """A speaker that is one function."""

    def __init__(self, say: Callable[[threading.Event], Iterator[Piece]]) -> None:
        self._say = say

    def speak(self, messages: object, stop: threading.Event) -> Iterator[Piece]:
        return self._say(stop)
