"""What is answered is kept in an audit log, under the name of who asked; what cannot be kept is not given."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.answer.audit.level import AuditLevel
from medrag.answer.audit.log import AuditLog
from medrag.cli import main
from medrag.errors import RecordError
from medrag.server.keys import KeyRing, Role
from medrag.server.settings import ServerSettings
from tests.server.serving import IBUPROFEN, assistant_over, serving


def test_each_answer_is_kept_under_the_name_of_its_key(shelf_folder: Path, tmp_path: Path) -> None:
    ring, kept = KeyRing(tmp_path / "keys.json"), tmp_path / "audit.sqlite"
    tokens = {name: ring.add(name, [Role.ASK])[1] for name in ("ward", "pharmacy")}
    with serving(assistant_over(shelf_folder), settings=ServerSettings(keys=ring.path, audit=kept)) as running:
        for name in ("ward", "pharmacy", "ward"):  # the third is the first again: it is kept again
            running.client.headers["Authorization"] = f"Bearer {tokens[name]}"
            running.ask()
        body = {"model": "medrag", "messages": [{"role": "user", "content": IBUPROFEN}], "stream": True}
        assert "[DONE]" in running.client.post("/v1/chat/completions", json=body).text
    with AuditLog.reading(kept) as log:
        assert [one.payload["person"] for one in log.records() if one.payload] == ["ward", "pharmacy", "ward", "ward"]
        assert log.verify() == []
    assert IBUPROFEN.encode() not in kept.read_bytes()


def test_the_full_level_keeps_the_words(shelf_folder: Path, tmp_path: Path) -> None:
    settings = ServerSettings(audit=tmp_path / "audit.sqlite", audit_level=AuditLevel.FULL)
    with serving(assistant_over(shelf_folder), settings=settings) as running:
        running.ask()
    with AuditLog.reading(tmp_path / "audit.sqlite") as log:
        assert IBUPROFEN in str(next(log.records()).payload)


@pytest.mark.parametrize(("why", "status"), [("database or disk is full", 507), ("attempt to write a readonly database", 503)])
def test_an_answer_that_cannot_be_kept_is_not_given(
    shelf_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str, status: int
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise RecordError(f"{tmp_path}: nothing was written: {why}")

    with serving(assistant_over(shelf_folder), settings=ServerSettings(audit=tmp_path / "audit.sqlite")) as running:
        monkeypatch.setattr(AuditLog, "append", fails)
        for stream in (False, True):
            told = running.client.post("/v1/ask", json={"question": IBUPROFEN, "stream": stream})
            assert told.status_code == (200 if stream else status)  # the evidence was sent before
            assert "is not given" in told.text and str(tmp_path) not in told.text and '"answer":' not in told.text


def test_a_log_that_is_none_is_refused_before_anything_is_served(
    shelf_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.log").write_bytes(b"no database at all, " * 100)
    assert main(["serve", "--kb", str(shelf_folder), "--audit", str(tmp_path / "no.log")]) == 1
    said = capsys.readouterr().err.strip()
    assert "no.log" in said and "\n" not in said
