"""A graph of the size and shape of PrimeKG: kinds, relations and their shares as there, and few things in most of the edges.

Source of the shares: Chandak, Huang, Zitnik, *Building a knowledge graph to enable precision medicine*, Scientific Data 2023.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.generator import made_word

__all__ = ["EDGES", "NODES", "write_graph"]

NODES, EDGES = 130_000, 4_000_000
SKEW = 0.75  # exponent of how often a node stands in edges; the anatomy with most stands in some 20,000

# How many of 10,000 nodes are of each kind.
_KINDS = {
    "gene": 2140, "biological process": 2210, "disease": 1320, "phenotype": 1180, "anatomy": 1085, "molecular function": 865,
    "drug": 615, "cellular component": 325, "pathway": 195, "exposure": 65,
}  # fmt: skip
# Relation, kinds of its ends, and how many of 10,000 edges are such.
_RELATIONS = (
    ("expression_present", "anatomy", "gene", 3750), ("drug_drug", "drug", "drug", 3300), ("protein_protein", "gene", "gene", 790),
    ("disease_phenotype_positive", "disease", "phenotype", 370), ("bioprocess_protein", "biological process", "gene", 355),
    ("cellcomp_protein", "cellular component", "gene", 205), ("disease_protein", "disease", "gene", 200),
    ("molfunc_protein", "molecular function", "gene", 170), ("drug_effect", "drug", "phenotype", 160),
    ("bioprocess_bioprocess", "biological process", "biological process", 130), ("pathway_protein", "pathway", "gene", 105),
    ("contraindication", "drug", "disease", 130), ("disease_disease", "disease", "disease", 80), ("drug_protein", "drug", "gene", 65),
    ("expression_absent", "anatomy", "gene", 50), ("indication", "drug", "disease", 60),
    ("anatomy_anatomy", "anatomy", "anatomy", 35), ("exposure_disease", "exposure", "disease", 25), ("off-label use", "drug", "disease", 20),
)  # fmt: skip
_WAYS = (
    "acute chronic recurrent viral bacterial allergic hereditary idiopathic postoperative neonatal juvenile severe mild".split()
)
_ORGANS = "liver kidney lung stomach colon heart brain spine pancreas bladder prostate uterus breast thyroid skin bone joint eye".split()
_TROUBLES = (
    "abscess carcinoma cyst fibrosis infection necrosis stenosis ulcer hemorrhage insufficiency atrophy thrombosis".split()
)
_SIGNS = "pain swelling numbness itching spasm weakness tenderness burning stiffness discomfort fever bleeding".split()
_FUNCTIONS = "binding transport activation regulation repair assembly folding signalling synthesis degradation".split()


def write_graph(
    folder: Path, drugs: Sequence[str], *, nodes: int = NODES, edges: int = EDGES, seed: int = 5
) -> tuple[Path, Path]:
    """Writes `nodes.tsv` and `edges.tsv`, of so many nodes, among them the drugs named, and about so many different edges."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    names = {kind: _names(kind, nodes * share // 10_000, drugs, rng) for kind, share in _KINDS.items()}
    node_path, edge_path = folder / "nodes.tsv", folder / "edges.tsv"
    with node_path.open("w", encoding="utf-8") as file:
        file.write("id\tname\tkind\n")
        for kind, listed in names.items():
            file.writelines(f"{_id(kind, at)}\t{name}\t{kind}\n" for at, name in enumerate(listed))
    drawn = np.random.default_rng(seed)
    with edge_path.open("w", encoding="utf-8") as file:
        file.write("source\trelation\ttarget\n")
        for relation, head, tail, share in _RELATIONS:
            for one, other in _pairs(len(names[head]), len(names[tail]), edges * share // 10_000, drawn, same=head == tail):
                file.write(f"{_id(head, one)}\t{relation}\t{_id(tail, other)}\n")
    return node_path, edge_path


def _id(kind: str, at: int) -> str:
    return f"{kind.title().replace(' ', '')}::{at:06}"


def _names(kind: str, count: int, drugs: Sequence[str], rng: random.Random) -> list[str]:
    """So many different names of a kind."""
    found = dict.fromkeys(drugs[: count // 2]) if kind == "drug" else {}
    made = _made(kind, rng)
    while len(found) < count:
        found[next(made)] = None
    return list(found)


def _made(kind: str, rng: random.Random) -> Iterator[str]:
    if kind == "disease":
        yield from (" ".join(x) for x in product(_WAYS, _ORGANS, _TROUBLES))
    if kind == "phenotype":
        yield from (" ".join(x) for x in product(_WAYS, _ORGANS, _SIGNS))
    while True:
        word = made_word(rng)
        if kind == "gene":
            yield f"{word[:3].upper()}{rng.randint(1, 999)}{rng.choice('ABCDLR')}{rng.randint(1, 9)}"
        elif kind == "drug":
            yield word
        else:
            yield f"{word} {rng.choice(_FUNCTIONS)}" if "o" in kind else f"{word} {kind}"


def _pairs(heads: int, tails: int, count: int, rng: np.random.Generator, *, same: bool) -> Iterator[tuple[int, int]]:
    """So many different pairs of places, the first of each kind far more often than the last; fewer where there are not so many."""
    known = np.empty(0, np.int64)
    wanted = min(count, heads * tails // 4)
    while len(known) < wanted:
        missing = wanted - len(known)  # never more than that: taken from many, the rare ones would be as frequent as the others
        one, other = _drawn(heads, missing, rng), _drawn(tails, missing, rng)
        if same:
            one, other = np.minimum(one, other)[one != other], np.maximum(one, other)[one != other]
        known = np.union1d(known, one * tails + other)
    yield from zip((known // tails).tolist(), (known % tails).tolist(), strict=True)


def _drawn(count: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    weights = np.cumsum(np.arange(1, count + 1) ** -SKEW)
    return np.searchsorted(weights, rng.random(size) * weights[-1]).astype(np.int64)
