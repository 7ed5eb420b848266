"""Fetching: whole, resumed, changed meanwhile, cut off."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from medrag.errors import IngestError
from medrag.ingest.fetch import fetch

DATA = bytes(range(256)) * 40


class Shelf(BaseHTTPRequestHandler):
    """Serves DATA with ranges; `cut` bytes at most an answer, `etag` the file's version."""

    etag = '"one"'
    cut = 0
    ranges: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        if self.path == "/missing.zip":
            self.send_error(404)
            return
        asked = self.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(asked[6:-1]) if asked and self.headers.get("If-Range") == self.etag else 0
        if start >= len(DATA):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(DATA)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("ETag", self.etag)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        self.wfile.write(DATA[start : start + self.cut] if self.cut else DATA[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    Shelf.etag, Shelf.cut, Shelf.ranges = '"one"', 0, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_local_path_is_returned_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(b"x")
    assert fetch(str(file), tmp_path / "downloads") == file


def test_a_file_is_fetched_once(shelf: str, tmp_path: Path) -> None:
    first = fetch(f"{shelf}/labels%20a.zip?x=1", tmp_path)
    assert first == tmp_path / "labels a.zip"
    assert first.read_bytes() == DATA
    assert fetch(f"{shelf}/labels%20a.zip?x=1", tmp_path) == first
    assert Shelf.ranges == [""]
    assert [path.name for path in tmp_path.iterdir()] == ["labels a.zip"]


def test_progress_is_told_in_bytes_of_the_whole(shelf: str, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    fetch(f"{shelf}/labels.zip", tmp_path, progress=lambda name, done, of: told.append((name, done, of)))
    assert told == [("labels.zip", len(DATA), len(DATA))]


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(shelf: str, tmp_path: Path) -> None:
    Shelf.cut = 3000
    with pytest.raises(IngestError, match=r"ended after 6,000 of 10,240 bytes; run it again"):
        fetch(f"{shelf}/labels.zip", tmp_path, attempts=2)
    assert not (tmp_path / "labels.zip").exists()
    Shelf.cut = 0
    assert fetch(f"{shelf}/labels.zip", tmp_path).read_bytes() == DATA
    assert Shelf.ranges == ["", "bytes=3000-", "bytes=6000-"]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(shelf: str, tmp_path: Path) -> None:
    (tmp_path / "labels.zip.part").write_bytes(b"old" * 100)
    (tmp_path / "labels.zip.part.version").write_text('"zero"')
    assert fetch(f"{shelf}/labels.zip", tmp_path).read_bytes() == DATA


def test_a_part_of_unknown_version_is_not_trusted(shelf: str, tmp_path: Path) -> None:
    (tmp_path / "labels.zip.part").write_bytes(b"old" * 100)
    assert fetch(f"{shelf}/labels.zip", tmp_path).read_bytes() == DATA
    assert Shelf.ranges == [""]


@pytest.mark.parametrize("extra", [b"", b"longer"])
def test_a_part_that_is_whole_or_too_long_ends_well(shelf: str, tmp_path: Path, extra: bytes) -> None:
    (tmp_path / "labels.zip.part").write_bytes(DATA + extra)
    (tmp_path / "labels.zip.part.version").write_text('"one"')
    assert fetch(f"{shelf}/labels.zip", tmp_path).read_bytes() == DATA


def test_what_cannot_be_had_is_one_clear_error(shelf: str, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="answered 404"):
        fetch(f"{shelf}/missing.zip", tmp_path)
    with pytest.raises(IngestError, match="names no file"):
        fetch(f"{shelf}/", tmp_path)
    with pytest.raises(IngestError, match="no such file"):
        fetch("nothing/here.zip", tmp_path)
