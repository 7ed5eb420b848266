"""The README's Python block runs, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medrag.ingest.registry import reader_names

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kb").symlink_to(ROOT / "kb")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 1
    names: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), names)
    names["kb"].close()  # type: ignore[attr-defined]  # the block ends with its program
    assert "抑制血小板聚集" in capsys.readouterr().out


def test_the_table_of_formats_names_every_reader() -> None:
    table = README[README.index("## What it reads") : README.index("## What it does with bad input")]
    assert sorted(set(re.findall(r"`([a-z_-]+)`", table)) & set(reader_names())) == sorted(reader_names())


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", README))))
def test_every_make_target_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
