"""A clock that goes backwards, or was years ahead for a while: orders go by number, and nothing is lost or kept for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from medrag.answer.audit import log
from medrag.answer.audit.log import AuditLog
from medrag.chat import store
from medrag.chat.exchange import Exchange
from medrag.chat.slots import Memory, Slots
from medrag.chat.store import SECONDS_A_DAY, SessionStore
from medrag.errors import SessionNotFoundError
from medrag.kb import schema as t
from medrag.kb import writer
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import Prepared
from medrag.types import Answer
from tests.making import label


class Clock:
    """A clock that somebody sets; `now` and `time` are those of `datetime.datetime` and of `time`."""

    def __init__(self, year: int) -> None:
        self.at = datetime(year, 6, 1, tzinfo=UTC)

    def set(self, year: int) -> None:
        self.at = datetime(year, 6, 1, tzinfo=UTC)

    def now(self, zone: object = None) -> datetime:
        self.at -= timedelta(seconds=1)  # backwards all the time, too
        return self.at

    def time(self) -> float:
        return self.now().timestamp()

    @staticmethod
    def monotonic() -> float:
        return 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock(2030)
    monkeypatch.setattr(writer, "datetime", made)
    monkeypatch.setattr(log, "datetime", made)
    monkeypatch.setattr(store, "time", made)
    yield made


def edition(number: int, effective: str) -> Prepared:
    return label("甲片", {"【适应症】": f"用于痛风。第{number}版。"}, key="K", effective=effective)


def test_commits_and_versions_go_by_their_numbers(tmp_path: Path, clock: Clock) -> None:
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        for number, year in enumerate((2030, 2010, 2040, 1971), start=1):
            clock.set(year)
            with kb.write() as w:
                w.add(edition(number, f"20{20 + number}-01-01"))
        with kb._reading() as connection:
            times = list(connection.scalars(select(t.commits.c.at).order_by(t.commits.c.number)))
        assert times != sorted(times), "the clock went forward, so nothing was shown"
        assert (kb.commit, [document.version for document in kb.versions("K")]) == (4, [1, 2, 3, 4])
        assert "第4版" in kb.document("K").text
        assert "第2版" in kb.as_of("2022-05-01").document("K").text
        assert kb.verify() == []
    with KnowledgeBase.open(tmp_path / "a.kb") as again:
        assert (again.commit, again.verify(deep=True)) == (4, [])
        with again.write() as w:
            w.delete("K")
        assert (again.commit, list(again.documents()), again.verify()) == (5, [], [])


def test_the_audit_chain_goes_by_its_numbers(tmp_path: Path, clock: Clock) -> None:
    with AuditLog(tmp_path / "log.sqlite") as kept:
        for year in (2030, 2010, 2040, 1971):
            clock.set(year)
            kept.append({"year": year})
        assert [one.payload["year"] for one in kept.records() if one.payload] == [2030, 2010, 2040, 1971]
        assert kept.verify() == []
        clock.set(2031)
        assert kept.expire(days=30 * 365) == 1  # by its own time, 1971
        assert kept.verify() == []


def say(kept: SessionStore, session: str) -> None:
    exchange = Exchange(text="问", standalone="问", by="as-is", slots=Slots(), answer=Answer(question="问", text="答"))
    kept.append(session, exchange, Memory(standalone="问"))


def test_sessions_are_there_whatever_the_clock_does_and_expire_when_it_is_right_again(tmp_path: Path, clock: Clock) -> None:
    with SessionStore(tmp_path / "sessions.sqlite", days=7) as kept:
        say(kept, "before")
        clock.set(2029)  # set back: nothing said so far is older for it
        say(kept, "after")
        assert set(kept.ids()) == {"before", "after"}
        assert kept.expire() == 0
        assert kept.load("before").standalone == "问"
        clock.at += timedelta(days=8)
        assert kept.expire() == 2


def test_what_was_said_while_the_clock_was_years_ahead_is_not_kept_for_years(tmp_path: Path, clock: Clock) -> None:
    with SessionStore(tmp_path / "sessions.sqlite", days=7) as kept:
        clock.set(2099)
        say(kept, "ahead")
        clock.set(2030)
        assert kept.expire() == 0
        clock.at += timedelta(seconds=8 * SECONDS_A_DAY)
        assert kept.expire() == 1
        with pytest.raises(SessionNotFoundError):
            kept.load("ahead")
