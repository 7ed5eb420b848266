"""The examples run and show what they are there to show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHOWS = {
    "agent_tools.py": ["ask, search, check_interaction, document, entity", "对阿司匹林", "avoid interaction"],
    "checked_claims.py": ["supported     对阿司匹林", "contradicted", "[99]"],
    "demo.py": ["documents", "禁忌", "[", "司美格鲁肽"],
    "facts_as_networkx.py": ["nodes", "华法林"],
    "langchain_retriever.py": ["阿司匹林肠溶片 › 禁忌 ("],
    "llamaindex_parts.py": [
        "阿司匹林肠溶片 › 禁忌 (",
        "[1] 1.对阿司匹林",
        "布洛芬混悬液【不良反应】",
        "substance:华法林 ",
        "drug_labels → ",
    ],
    "own_spreadsheet.py": ["2 labels", "5 ml three times a day"],
    "search_only.py": ["1. ", "›"],
    "ten_lines.py": ["抑制血小板聚集", "适应症"],
    "two_knowledge_bases.py": ["应避免", "from own, starter"],
}


def test_every_example_is_run() -> None:
    assert sorted(path.name for path in (ROOT / "examples").glob("*.py")) == sorted(SHOWS)


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_the_example_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", ROOT / "examples" / name, tmp_path / "demo.kb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in SHOWS[name]:
        assert words in done.stdout
