from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest

from medrag.ingest.depth import DepthGuard
from medrag.ingest.source import Bad, json_items


def test_deeply_nested_json_is_one_fault_and_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('["first", ' + "[" * 1_000_000)
    first, (where, fault) = list(json_items(path))
    assert first == ("/0", "first")
    assert isinstance(fault, Bad)
    assert (where, fault.reason) == ("/1", "not valid JSON from here on: nested deeper than 64 levels")


def test_brackets_in_strings_are_text_wherever_the_stream_is_cut() -> None:
    data = json.dumps(['[{"\\' * 40, "\\\\", '"[', {"a": ["]" * 70, "[" * 5000 + '"' * 5]}] * 30).encode()
    chance = random.Random(7)
    for _ in range(40):
        guard = DepthGuard(io.BytesIO(data), 3)
        read = b""
        while piece := guard.read(chance.randint(1, 5000)):
            read += piece
        assert read == data


@pytest.mark.parametrize(("levels", "fits"), [(3, True), (4, False)])
def test_the_limit_counts_levels(levels: int, fits: bool) -> None:
    guard = DepthGuard(io.BytesIO(b'["x",' * levels), 3)
    if fits:
        assert guard.read() == b'["x",' * levels
    else:
        assert guard.read() == b'["x",' * (levels - 1)
        with pytest.raises(ValueError, match="nested deeper than 3 levels"):
            guard.read()
