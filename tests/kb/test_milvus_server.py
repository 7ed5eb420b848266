"""What is said where a Milvus server cannot be used: one line that names it, without a password or a stack trace."""

from __future__ import annotations

import fcntl
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medrag.errors import KnowledgeBaseError, MissingExtraError
from medrag.kb.milvus.server import Server

grpc = pytest.importorskip("grpc")
pytest.importorskip("milvus_lite")


def test_a_server_that_is_not_there_is_one_line_without_a_password() -> None:
    with pytest.raises(KnowledgeBaseError) as caught:
        Server("http://somebody:s3cret@127.0.0.1:1/hospital")
    message = str(caught.value)
    assert message.startswith("http://***@127.0.0.1:1/hospital: Milvus cannot be reached")
    assert "s3cret" not in message and "\n" not in message and "is it running" in message


def test_a_refused_password_is_one_line_without_it() -> None:
    from pymilvus.grpc_gen import milvus_pb2_grpc

    class Refusing(milvus_pb2_grpc.MilvusServiceServicer):  # type: ignore[misc]  # answers as Milvus does
        def Connect(self, request, context):  # type: ignore[no-untyped-def]
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check username and password are correct")

    running = grpc.server(ThreadPoolExecutor(1))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(Refusing(), running)
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    try:
        with pytest.raises(KnowledgeBaseError, match="is refused") as caught:
            Server(f"http://:t0ken@127.0.0.1:{port}")
    finally:
        running.stop(0).wait()
    assert "t0ken" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_client_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"medrag\[milvus\]\""):
        Server("http://127.0.0.1:1")


@pytest.mark.parametrize("address", ["labels.txt", "ftp://host:19530", "http://"])
def test_what_is_no_address_of_milvus_is_said_so(address: str) -> None:
    with pytest.raises(KnowledgeBaseError, match="Milvus"):
        Server(address)


def test_a_file_that_another_process_has_open_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "all.db").mkdir()
    with (tmp_path / "all.db" / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as milvus-lite does; another opening of the file stands for another process
        with pytest.raises(KnowledgeBaseError, match="close that one first") as caught:
            Server(str(tmp_path / "all.db"))
    assert "\n" not in str(caught.value)
    assert "Traceback" not in capfd.readouterr().err
