"""The README is true: its Python runs and type-checks, its outputs are what is printed, and what it names is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from medrag import build
from medrag.cli import main
from medrag.cli.app import COMMANDS
from medrag.ingest.registry import reader_names

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BUILDS = "from medrag import KnowledgeBase, MedRAG, build"  # what the first block of Python holds
SKIPPED = "…"  # alone on a line: lines left out; at the end of a line: the rest of it


def block(kind: str, holding: str = "") -> str:
    """The text of the README's only block of that kind that holds some words."""
    (found,) = (text for text in re.findall(rf"^```{kind}\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if holding in text)
    return str(found)


def without_times(text: str) -> list[str]:
    return re.sub(r"\d+ ms|\d+\.\d s\b", "# ms", text).splitlines()


def first_difference(excerpt: str, whole: str) -> str:
    """The first line of the excerpt that is not the next of the whole text, apart from times and what … stands for."""
    rest = without_times(whole)
    for line in without_times(excerpt):
        if line == SKIPPED:
            continue
        begins = line.removesuffix(SKIPPED).rstrip() if line.endswith(SKIPPED) else None
        at = next((n for n, found in enumerate(rest) if found == line or (begins and found.startswith(begins))), None)
        if at is None:
            return line
        rest = rest[at + 1 :]
    return ""


@pytest.fixture
def beside_kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with the starter knowledge base's sources in it."""
    (tmp_path / "kb").symlink_to(ROOT / "kb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_block_runs_twice(beside_kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        names: dict[str, object] = {}
        exec(compile(block("python", BUILDS), "README.md", "exec"), names)
        names["kb"].close()  # type: ignore[attr-defined]  # the block ends with its program
        assert "抑制血小板聚集" in capsys.readouterr().out


def test_the_python_block_is_ten_lines_that_pass_a_strict_type_check() -> None:
    lines = [line for line in block("python", BUILDS).splitlines() if line]
    assert len(lines) == 10
    command = [sys.executable, "-m", "mypy", "--strict", "-c", block("python", BUILDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_output_of_the_demo_is_what_the_demo_prints(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "utf8", ROOT / "examples" / "demo.py", tmp_path / "demo.kb"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert first_difference(block("text", "司美格鲁肽"), done.stdout) == ""


def test_the_output_of_the_checked_claims_is_what_the_example_prints() -> None:
    command = [sys.executable, "-X", "utf8", ROOT / "examples" / "checked_claims.py"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert [line.rstrip() for line in done.stdout.splitlines()] == block("text", "它能治疗哮喘").splitlines()


def test_the_block_with_a_model_passes_a_strict_type_check_and_streams(
    beside_kb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    streams = block("python", "medrag.stream")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "-c", streams], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    build("kb/labels", "labels.kb")
    llm = "ScriptedLLM('对阿司匹林过敏者禁用[1]。')"
    exec(
        compile(
            "from medrag.llm.scripted import ScriptedLLM\n" + re.sub(r'llm="[^"]+"', f"llm={llm}", streams), "README.md", "exec"
        ),
        {},
    )
    assert capsys.readouterr().out.strip() == "对阿司匹林过敏者禁用[1]。"


def test_the_commands_print_what_is_shown(beside_kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.split(r"^\$ medrag (.*)\n", block("console"), flags=re.MULTILINE)[1:]
    assert len(shown) >= 2 * 5
    for command, output in zip(shown[::2], shown[1::2], strict=True):
        assert main(shlex.split(command)) == 0
        assert first_difference(output.rstrip("\n"), capsys.readouterr().out) == "", command


def test_a_difference_is_found() -> None:
    assert first_difference("a\n…\nc d…\n3 ms", "a\nb\nc d e\n14 ms\nmore") == ""
    assert first_difference("a\nc", "a\nb") == "c"
    assert first_difference("b\na", "a\nb") == "a"


def test_the_table_of_formats_names_every_reader() -> None:
    table = README[README.index("## What it reads") : README.index("## What it does with bad input")]
    assert sorted(set(re.findall(r"`([a-z_-]+)`", table)) & set(reader_names())) == sorted(reader_names())


DOCS = README + "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^    )make ([a-z-]+)", DOCS, re.MULTILINE))))
def test_every_make_target_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_list_of_commands_names_them_all() -> None:
    listed = README[README.index("    medrag ingest PATH") : README.index("Exit codes:")]
    assert [name for name in COMMANDS if not re.search(rf"(medrag|[`|]) {name}\b|`medrag {name}\b", listed)] == []


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "examples").glob("*.py")))
def test_every_example_is_named(name: str) -> None:
    assert f"`{name}`" in README[README.index("## Examples") :]
