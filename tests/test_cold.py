"""What a whole `medrag ask` loads: only what its answer needs, whatever else is installed. Nothing here looks at a clock."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from medrag.cli import main
from medrag.cli.app import COMMANDS, run
from tests.shelf import shelf

ROOT = Path(__file__).resolve().parent.parent
# Libraries, and rooms of our own, that an answer in the evidence's own words has no use for.
NOT_NEEDED = (
    "fastapi", "jieba", "llama_index", "lxml", "networkx", "numpy.ma", "opencc", "openai", "pandas", "pymilvus", "pypinyin", "psycopg",
    "ray", "rich", "scipy", "sentence_transformers", "sqlalchemy.dialects.postgresql", "torch", "transformers", "uvicorn",
    "medrag.answer.prompt.build", "medrag.answer.reply.generate", "medrag.answer.verify.claim", "medrag.chat",
    "medrag.answer.show.cards", "medrag.answer.show.html", "medrag.cli.evaluate", "medrag.cli.serve", "medrag.evaluate", "medrag.ingest", "medrag.kb.several", "medrag.llm",
    "medrag.server",
)  # fmt: skip
PROGRAM = """
import sys
from medrag.cli import main
code = main()
print("loaded:", *(name for name in {names!r} if name in sys.modules))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base that is closed again."""
    with shelf(tmp_path_factory.mktemp("cold")) as kb:
        return kb.path


def asked(question: str, folder: Path, names: tuple[str, ...] = NOT_NEEDED) -> tuple[str, list[str]]:
    """What a fresh process prints for a question, and which of the modules it had loaded at its end."""
    command = [sys.executable, "-c", PROGRAM.format(names=names), "ask", question, "--kb", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed, _, loaded = done.stdout.rpartition("loaded:")
    return printed, loaded.split()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("布洛芬缓释胶囊的禁忌是什么？", "活动性消化道溃疡患者禁用"),
        ("布洛分缓释胶囊的贮藏方法", "密封保存"),  # misspelt: found by its sound, without the library of sounds
        ("What are the indications of ibuprofen tablets?", "mild to moderate pain"),
        ("司美格鲁肽的用法用量是什么？", "司美格鲁肽"),
    ],
)
def test_a_question_loads_only_what_its_answer_needs(question: str, said: str, folder: Path) -> None:
    printed, loaded = asked(question, folder)
    assert said in printed
    assert loaded == []


def test_the_check_sees_what_is_loaded(folder: Path) -> None:
    assert asked("布洛芬缓释胶囊的禁忌是什么？", folder, ("numpy", "medrag.answer.engine", "colorsys"))[1] == [
        "numpy",
        "medrag.answer.engine",
    ]


@pytest.mark.parametrize(("arguments", "searched"), [(["ask", "布洛芬缓释胶囊的禁忌是什么？"], False), (["stats"], True)])
def test_garbage_is_searched_for_by_commands_that_make_some(arguments: list[str], searched: bool, folder: Path) -> None:
    program = "import gc; from medrag.cli import main; main(); print('searched:', gc.isenabled(), gc.get_freeze_count() > 0)"
    command = [sys.executable, "-c", program, *arguments, "--kb", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"searched: {searched} True"


def test_a_program_that_calls_a_command_keeps_its_own_search_for_garbage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = gc.get_freeze_count()
    assert main(["ask", "布洛芬缓释胶囊的禁忌是什么？", "--kb", str(folder)]) == 0
    assert gc.isenabled() and gc.get_freeze_count() == frozen
    assert "活动性消化道溃疡患者禁用" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_found_by_its_name(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert f"medrag {command}" in capsys.readouterr().out
