"""The facts around a drug as a networkx graph, every edge with the rows that say so."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, build

GRAPH = Path(__file__).resolve().parent.parent / "kb" / "graph"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "graph.kb") as kb:
    build(GRAPH, kb)
    graph = kb.graph("华法林", hops=1)
    print(f"{graph.number_of_nodes()} nodes, {graph.number_of_edges()} edges")
    for subject, object, edge in sorted(graph.edges(data=True), key=lambda edge: edge[:2])[:5]:
        names = graph.nodes[subject]["name"], graph.nodes[object]["name"]
        print(f"{names[0]} -{edge['relation']}-> {names[1]}   ({edge['sources'][0].quote[:60]!r})")
