"""The soak of `make soak-serve`, for some seconds: no error and no mixed answer while another process writes."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.soak_serve import MARKED, Seen, soak
from tests.server.serving import IBUPROFEN


def test_no_answer_is_mixed_and_none_fails_while_another_process_writes(shelf_folder: Path) -> None:
    seen = soak(shelf_folder, seconds=4, clients=3, workers=1, asked=[IBUPROFEN, "华法林钠片的药物相互作用？"])
    assert seen.errors == {} and seen.mixed() == []
    assert seen.marked and seen.streams and seen.answers > len(seen.marked)
    assert any(said for _, said, _ in seen.marked), MARKED


def test_a_mixed_answer_would_be_found() -> None:
    seen = Seen(numbers={7: 3, 8: None})
    seen.marked = [(7, frozenset({3}), ""), (8, frozenset(), "not-found")]
    assert seen.mixed() == []
    seen.marked = [(7, frozenset({3, 2}), ""), (7, frozenset({2}), ""), (7, frozenset(), ""), (8, frozenset({3}), "")]
    assert len(seen.mixed()) == 4
