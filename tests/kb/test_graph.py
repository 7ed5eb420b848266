"""The surroundings of an entity as a networkx graph."""

from __future__ import annotations

from pathlib import Path

import networkx

from medrag.kb.base import KnowledgeBase
from tests.making import fact_record


def test_hops_widen_the_graph_and_edges_keep_their_sources(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "a.kb") as kb:
        with kb.write() as writer:
            writer.add(fact_record("痛风", "has_symptom", "关节红肿", key="1"))
            writer.add(fact_record("痛风", "has_symptom", "关节红肿", key="2"))
            writer.add(fact_record("类风湿关节炎", "has_symptom", "关节红肿", key="3"))
            writer.add(fact_record("类风湿关节炎", "has_symptom", "晨僵", key="4"))
        assert set(kb.graph("痛风")) == {"disease:痛风", "symptom:关节红肿"}
        assert set(kb.graph("痛风", hops=2)) == {"disease:痛风", "symptom:关节红肿", "disease:类风湿关节炎"}
        graph = kb.graph("痛风", hops=3)
        assert graph.nodes["symptom:晨僵"] == {"name": "晨僵", "kind": "symptom"}
        assert networkx.shortest_path_length(graph.to_undirected(), "disease:痛风", "symptom:晨僵") == 3
        edge = graph.edges["disease:痛风", "symptom:关节红肿", "has_symptom"]
        assert [source.document.key for source in edge["sources"]] == ["1", "2"]
        assert len(kb.graph("没有这个词")) == 0
