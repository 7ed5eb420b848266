"""The queue by itself: order, ends, limits, who sees what, and how processes show each other how far they are."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medrag.errors import KnowledgeBaseError
from medrag.server import jobs as module
from medrag.server.board import Posted
from medrag.server.errors import ApiError
from medrag.server.job import Job, JobState
from medrag.server.jobs import Jobs, Tell
from medrag.server.keys import Caller, Role

ANN, BEN = (Caller(name, frozenset(Role), id=name) for name in ("ann", "ben"))


@pytest.fixture
def queue() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def ended(queue: Jobs, job: Job, who: Caller = ANN) -> Job:
    return asyncio.run(queue.ended(job.id, who, within=20.0))


def put(queue: Jobs, tmp_path: Path, work: Any = lambda tell: {}, who: Caller = ANN, **more: Any) -> Job:
    return queue.submit(tmp_path, "upload", who=who, model="m", work=work, **more)


def test_jobs_of_one_knowledge_base_run_one_after_another(queue: Jobs, tmp_path: Path) -> None:
    at_work, most, order = 0, 0, []
    lock = threading.Lock()

    def work(number: int) -> dict[str, Any]:
        nonlocal at_work, most
        with lock:
            at_work, most = at_work + 1, max(most, at_work + 1)
        order.append(number)
        with lock:
            at_work -= 1
        return {"added": number}

    made = [put(queue, tmp_path, lambda tell, n=n: work(n)) for n in range(10)]
    assert [ended(queue, job).added for job in made] == list(range(10))
    assert (most, order) == (1, list(range(10)))


def test_a_job_that_fails_says_why_and_the_next_goes_on(queue: Jobs, tmp_path: Path) -> None:
    def full(_: Tell) -> dict[str, Any]:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise KnowledgeBaseError("/secret/place: could not be written, and is as it was before") from error

    def odd(_: Tell) -> dict[str, Any]:
        raise ZeroDivisionError("a patient's words")

    made = [put(queue, tmp_path, work) for work in (full, odd, lambda tell: {"added": 1})]
    first, second, third = (ended(queue, job) for job in made)
    assert first.error is not None and second.error is not None
    assert (first.error.code, second.error.code, third.added) == ("disk_full", "internal_error", 1)
    assert "secret" not in first.error.message
    assert "patient" not in second.error.message


def test_what_was_sent_is_discarded_whatever_comes(queue: Jobs, tmp_path: Path) -> None:
    gone: list[str] = []
    fine = put(queue, tmp_path, discard=lambda: gone.append("fine"))
    bad = put(queue, tmp_path, lambda tell: 1 / 0, discard=lambda: gone.append("bad"))
    assert (ended(queue, fine).state, ended(queue, bad).state) == (JobState.DONE, JobState.FAILED)
    queue.close()
    assert gone == ["fine", "bad"]


def test_a_job_is_its_owners_alone(queue: Jobs, tmp_path: Path) -> None:
    job = put(queue, tmp_path)
    with pytest.raises(ApiError) as refused:
        queue.get(job.id, BEN)
    assert refused.value.status == 404
    assert queue.of(BEN) == ()
    assert [one.id for one in queue.of(ANN)] == [job.id]


def test_too_many_jobs_are_refused_and_the_others_end(queue: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OF_ONE", 2)
    go = threading.Event()
    made = [put(queue, tmp_path, lambda tell: {"added": int(go.wait(20))}) for _ in range(2)]
    with pytest.raises(ApiError) as refused:
        put(queue, tmp_path)
    other = put(queue, tmp_path, who=BEN)
    go.set()
    assert refused.value.status == 429
    assert [ended(queue, job).added for job in made] == [1, 1]
    assert ended(queue, other, BEN).state is JobState.DONE


def test_old_jobs_are_forgotten(queue: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    made = [ended(queue, put(queue, tmp_path)) for _ in range(5)]
    assert {job.id for job in queue.of(ANN)} <= {job.id for job in made[-3:]}


def test_jobs_that_wait_end_when_the_server_stops_and_the_one_at_work_goes_on(tmp_path: Path) -> None:
    queue, began, go, gone = Jobs(), threading.Event(), threading.Event(), []

    def work(_: Tell) -> dict[str, Any]:
        began.set()
        go.wait(20)
        return {"added": 1}

    running, waiting = put(queue, tmp_path, work), put(queue, tmp_path, discard=lambda: gone.append(1))
    assert began.wait(20)
    queue.close()
    stopped = queue.get(waiting.id, ANN)
    assert stopped.error is not None and stopped.error.code == "stopping"
    assert gone == [1]
    go.set()
    assert ended(queue, running).added == 1
    with pytest.raises(ApiError):
        put(queue, tmp_path)


def test_progress_is_followed_to_the_end(queue: Jobs, tmp_path: Path) -> None:
    go = threading.Event()

    def work(tell: Tell) -> dict[str, Any]:
        tell("reading", 1, 3)
        go.wait(20)
        return {"added": 3}

    async def follow(job: Job) -> list[Job | None]:
        seen = []
        async for one in queue.followed(job.id, ANN):
            seen.append(one)
            if one is not None and one.doing == "reading":
                go.set()
        return seen

    seen = [one for one in asyncio.run(follow(put(queue, tmp_path, work))) if one is not None]
    assert ("reading", 1, 3) in {(one.doing, one.done, one.of) for one in seen}
    assert (seen[-1].state, seen[-1].added) == (JobState.DONE, 3)


def test_another_process_sees_the_job_as_far_as_its_owner_may(tmp_path: Path) -> None:
    one, other = Jobs(tmp_path / "jobs"), Jobs(tmp_path / "jobs")
    job = ended(one, put(one, tmp_path, lambda tell: {"added": 2}))
    assert other.get(job.id, ANN) == job
    assert other.of(ANN) == (job,)
    assert other.of(BEN) == ()
    for number in ("../jobs", ".." + job.id[2:], "x" * 16):
        with pytest.raises(ApiError):
            other.get(number, ANN)
    with pytest.raises(ApiError):
        other.get(job.id, BEN)
    for queue in (one, other):
        queue.close()


def test_a_job_whose_process_ended_has_failed_for_the_others(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    job = Job(id="x" * 16, kind="upload", model="m", state=JobState.RUNNING, doing="reading", created="2020-01-01")
    posted = Posted(owner=ANN.id, job=job, process=os.getpid())
    folder = tmp_path / "jobs"
    folder.mkdir()
    queue = Jobs(folder)
    (folder / job.id).write_text(posted.model_dump_json(), "utf-8")
    assert queue.get(job.id, ANN) == job  # its process is at it
    (folder / job.id).write_text(posted.model_copy(update={"process": gone.pid}).model_dump_json(), "utf-8")
    found = queue.get(job.id, ANN)
    assert (found.state, found.doing) == (JobState.FAILED, "") and found.error is not None
    assert "send it again" in found.error.message
    assert queue.of(ANN) == (found,)
    done = posted.model_copy(update={"process": gone.pid, "job": job.model_copy(update={"state": JobState.DONE})})
    (folder / job.id).write_text(done.model_dump_json(), "utf-8")
    assert queue.get(job.id, ANN).state is JobState.DONE  # it ended before its process did
    queue.close()


def test_a_job_that_is_not_remembered_is_not_there_and_what_it_published_is_pointed_to(queue: Jobs) -> None:
    with pytest.raises(ApiError, match="/v1/documents") as raised:
        queue.get("x" * 16, ANN)
    assert raised.value.status == 404


def test_a_folder_that_cannot_be_written_costs_the_news_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    queue = Jobs(tmp_path / "file" / "jobs")
    assert ended(queue, put(queue, tmp_path)).state is JobState.DONE
    assert len(queue.of(ANN)) == 1
    queue.close()
