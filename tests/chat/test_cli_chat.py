"""`medrag chat`: a conversation that is piped in, as it is printed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.kb.base import KnowledgeBase
from tests.chat.pharmacy import pharmacy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cli")
    pharmacy(place).close()
    return place / "pharmacy.kb"


def chatted(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: bytes) -> str:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    assert main(["chat", "--kb", str(folder)]) == 0
    return capsys.readouterr().out


def test_a_conversation_is_followed_cited_and_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = "布洛芬混悬液怎么保存\n有什么副作用\n/evidence\n/slots\n/reset\n/slots\n有什么副作用\n"
    out = chatted(folder, capsys, monkeypatch, typed.encode())
    answers, forgotten = out.split("forgotten")
    assert "[1] 布洛芬混悬液 › 【贮藏】" in answers
    assert "= 布洛芬混悬液有什么副作用" in answers
    assert "恶心、呕吐、皮疹" in answers
    assert "label" in answers  # the evidence says what found it
    assert "medicines: 布洛芬混悬液" in answers
    assert "nothing yet" in forgotten
    assert "恶心" not in forgotten


def test_what_cannot_be_asked_does_not_end_it(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = (
        b"\n   \n/nothing\n/evidence\n"
        + b"\xff\xfe\n"
        + ("药" * 20_000).encode()
        + "\n/help\n华法林钠片的禁忌\n/quit\n布洛芬\n".encode()
    )
    out = chatted(folder, capsys, monkeypatch, typed)
    assert "there is no /nothing" in out
    assert "nothing was found yet" in out
    assert "at most 10,000 can be asked" in out
    assert "/slots" in out
    assert "孕妇禁用" in out
    assert "布洛芬混悬液 ›" not in out  # after /quit nothing is read


def test_a_question_asked_back_is_printed_and_answered(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = chatted(folder, capsys, monkeypatch, "布洛芬混悬液怎么吃\n那孩子呢\n3岁\n/slots\n".encode())
    assert "孩子多大了" in out
    assert "= 布洛芬混悬液3岁的孩子怎么吃" in out
    assert "age: 3" in out


def test_a_knowledge_base_that_is_not_there_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--kb", str(tmp_path / "none.kb")]) == 1
    assert capsys.readouterr().err.startswith("medrag: there is no knowledge base at")


MODEL = """
import sys
from medrag.cli import main
from medrag.llm import load
from medrag.llm.load import load_model
from medrag.llm.scripted import Script, ScriptedLLM
def says(messages):
    print("asked", flush=True)
    return Script(["出血", "[1]。"], hangs=True)
slow = ScriptedLLM(says)
load.load_model = lambda name, **settings: load_model(slow)
sys.exit(main(["chat", "--kb", sys.argv[1], "--llm", "http:nowhere#slow"]))
"""


def test_ctrl_c_stops_the_answer_and_not_the_program(folder: Path) -> None:
    talk = subprocess.Popen(
        [sys.executable, "-c", MODEL, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert talk.stdin is not None
    assert talk.stdout is not None
    talk.stdin.write("华法林钠片有什么不良反应\n".encode())
    talk.stdin.flush()
    while b"asked" not in talk.stdout.readline():  # it is loading
        assert talk.poll() is None
    talk.send_signal(signal.SIGINT)
    out, _ = talk.communicate(b"/slots\n/quit\n", timeout=120)
    assert talk.returncode == 0
    assert "medicines: 华法林钠片" in out.decode()


def test_slots_are_printed_without_what_nobody_said() -> None:
    from medrag.chat.slots import Person, Slots
    from medrag.cli.chat import slot_lines
    from medrag.types import Patient

    slots = Slots(drugs=("甲药", "乙药"), person=Person.CHILD, patient=Patient(age=8 / 12, pregnant=False, allergies=("丙药",)))
    assert slot_lines(slots) == ["medicines: 甲药, 乙药", "person: child", "age: 0.667", "pregnant: no", "allergies: 丙药"]
    assert slot_lines(Slots()) == ["nothing yet"]


def test_the_package_is_not_needed_for_its_models(kb: KnowledgeBase) -> None:
    check = "import sys; import medrag.chat.session, medrag.cli.chat; print(any(m.split('.')[0] in {'torch','llama_index','transformers','faiss'} for m in sys.modules))"
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
