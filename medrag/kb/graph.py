"""The surroundings of an entity as a networkx graph, for its algorithms and exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from medrag.types import Entity, Fact

if TYPE_CHECKING:
    import networkx

__all__ = ["MAX_EDGES", "surroundings"]

MAX_EDGES = 10_000  # asked of the catalogue for one hop
MAX_NODES = 5_000


def surroundings(
    facts_of: Callable[[Sequence[str]], list[Fact]], start: Sequence[Entity], *, hops: int = 1
) -> networkx.MultiDiGraph[str]:
    """The graph of all facts within so many hops of the entities.

    Nodes are entity ids with `name` and `kind`; an edge has the relation as its key and as `relation`, and the rows and
    spans that say so as `sources` (`FactSource`). No further hop is taken once there are `MAX_NODES` nodes.
    """
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for entity in start:
        _add_node(graph, entity)
    frontier = [entity.id for entity in start]
    for _ in range(hops):
        if not frontier or graph.number_of_nodes() >= MAX_NODES:
            break
        known = set(graph)
        for fact in facts_of(frontier):
            _add_node(graph, fact.subject)
            _add_node(graph, fact.object)
            graph.add_edge(fact.subject.id, fact.object.id, key=fact.relation, relation=fact.relation, sources=fact.sources)
        frontier = sorted(set(graph) - known)
    return graph


def _add_node(graph: networkx.MultiDiGraph[str], entity: Entity) -> None:
    graph.add_node(entity.id, name=entity.name, kind=entity.kind.value)
