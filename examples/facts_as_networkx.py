"""The facts around a drug as a networkx graph, every edge with the row that says so."""

from pathlib import Path
from tempfile import TemporaryDirectory

import networkx

from medrag import KnowledgeBase, build

GRAPH = Path(__file__).resolve().parent.parent / "kb" / "graph"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "graph.kb") as kb:
    build(GRAPH, kb)
    graph = networkx.MultiDiGraph()
    for fact in kb.facts("华法林"):
        quote = "; ".join(fact.sources[0].quote.split("\n")) if fact.sources else ""
        graph.add_edge(fact.subject.name, fact.object.name, relation=fact.relation, quote=quote)
    print(f"{graph.number_of_nodes()} nodes, {graph.number_of_edges()} edges")
    for subject, object, edge in sorted(graph.edges(data=True), key=lambda edge: edge[:2])[:5]:
        print(f"{subject} -{edge['relation']}-> {object}   ({edge['quote']})")
