"""What hundreds of repackagers print word for word is one piece of evidence, and leaves room for what others say."""

from __future__ import annotations

import json
from pathlib import Path

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve

COPIES = 150
OTHERS = "soothes spasms|calms the stomach|relaxes the diaphragm|numbs the throat|warms the chest|eases reflux|lowers acid|stills nausea|thins mucus|rests the voice|cools the gullet|settles gas".split("|")  # fmt: skip


def _label(number: int, title: str, text: str) -> str:
    section = {"code": "34067-9", "heading": "INDICATIONS", "depth": 0, "text": text}
    return json.dumps({"set_id": f"set-{number}", "title": title, "maker": f"Maker {number}", "sections": [section]})


def test_copies_of_one_passage_do_not_fill_the_first_ten(tmp_path: Path) -> None:
    copies = [_label(n, "Flumoxal capsules", "For persistent hiccups of adults after surgery.") for n in range(COPIES)]
    others = [
        _label(
            1_000 + n, f"Brand{n}ol syrup", f"This syrup {words} and was tried in children with hiccups once, in {1_990 + n}."
        )
        for n, words in enumerate(OTHERS)
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join([*copies, *others]) + "\n", "utf-8")
    build([path], tmp_path / "labels.kb")
    with KnowledgeBase.open(tmp_path / "labels.kb") as kb:
        found = [e for e in retrieve("persistent hiccups of adults after surgery", kb).evidence if e.passage is not None]
    assert len(found) == 10
    assert len({e.passage.text for e in found if e.passage is not None}) == 10
    assert found[0].passage is not None
    assert found[0].passage.document.title == "Flumoxal capsules"
    assert found[0].also
