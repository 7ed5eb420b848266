"""What two things have in common in the graph."""

from __future__ import annotations

from pathlib import Path

from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve
from tests.making import fact_record

FACTS = [
    ("甲热病", "发痒"), ("乙寒病", "发痒"), ("甲热病", "乏力"), ("乙寒病", "乏力"), ("丙湿病", "乏力"),
    ("丁燥病", "乏力"), ("戊风病", "乏力"), ("甲热病", "口渴"), ("乙寒病", "怕冷"),
]  # fmt: skip


def test_two_diseases_are_joined_by_what_is_most_telling(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "g.kb") as kb:
        with kb.write() as writer:
            writer.add_many([fact_record(d, "has_symptom", s, key=f"{d}{s}") for d, s in FACTS])
        near = [entity.name for entity, _ in kb.related([e.id for name in ("甲热病", "乙寒病") for e in kb.entity(name)])]
        assert near[:2] == ["乏力", "发痒"] or near[:2] == ["发痒", "乏力"]
        found = [item.fact for item in retrieve("甲热病与乙寒病", kb).evidence if item.fact is not None]
        assert {(f.subject.name, f.object.name) for f in found} == {
            (disease, symptom) for disease in ("甲热病", "乙寒病") for symptom in ("发痒", "乏力")
        }
        assert retrieve("甲热病", kb).evidence[0].fact is not None  # alone, all that is said of it
