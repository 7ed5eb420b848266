from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medrag.ingest.readers.node_edge import EdgeReader, NodeReader

NODES = "id\tname\tkind\nCompound::DB99999\tExamplin\tCompound\nDisease::DOID:0\tsamplitis\tDisease\n3\tShivers\tSymptom\n\tnobody\tSymptom\n"
EDGES = "source\tmetaedge\ttarget\nCompound::DB99999\tCtD\tDisease::DOID:0\nDisease::DOID:0\tDpS\t3\nDisease::DOID:0\tDpS\t4\n"


def test_nodes_are_records_about_their_entity(read: Callable[..., Any]) -> None:
    found = read(NodeReader(), "nodes.tsv", NODES)
    assert found.sure == 0.9
    assert [(r.document.key, r.about[0].id) for r in found.records] == [
        ("Compound::DB99999", "substance:DB99999"),
        ("Disease::DOID:0", "disease:DOID:0"),
        ("nodes 3", "symptom:shivers"),
    ]
    assert [fault.reason for fault in found.faults] == ["the column 'id' is empty"]


def test_edges_show_the_names_of_their_ends(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text(NODES, encoding="utf-8")
    found = read(EdgeReader(), "edges.tsv", EDGES)
    assert found.sure == 0.95
    assert found.said() == [
        (
            "substance:DB99999",
            "indication",
            "disease:DOID:0",
            "source: Compound::DB99999 (Examplin)\nmetaedge: CtD (indication)\ntarget: Disease::DOID:0 (samplitis)",
        ),
        (
            "disease:DOID:0",
            "has_symptom",
            "symptom:shivers",
            "source: Disease::DOID:0 (samplitis)\nmetaedge: DpS (symptom)\ntarget: 3 (Shivers)",
        ),
    ]
    assert [fault.reason for fault in found.faults] == ["target '4' is in no node table of the folder"]


def test_an_edge_table_is_joined_by_the_names_of_its_columns(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "drug.csv").write_text("drug_cui,name\n7,Examplin\n", encoding="utf-8")
    (tmp_path / "disorder.csv").write_text('disorder_cui,name,definition\n7,"Samplitis, Acute",short\n8,,\n', encoding="utf-8")
    found = read(EdgeReader(), "drugdisorder.csv", "drug_cui,disorder_cui\n7,7\n7,8\n")
    assert found.sure == 0.95
    assert found.facts() == [
        ("substance:examplin", "associated_with", "disease:samplitis, acute"),
        ("substance:examplin", "associated_with", "disease:8"),
    ]
    assert found.records[0].document.key == "Examplin associated with Samplitis, Acute"


def test_a_provenance_column_called_source_is_no_end(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("id,name,kind,source\nD1,Examplin,drug,own\nS1,Shivers,symptom,own\n", encoding="utf-8")
    found = read(EdgeReader(), "edges.csv", "source_id,relation,target_id,source\nD1,causes,S1,own\n")
    assert found.facts() == [("substance:examplin", "adverse_reaction", "symptom:shivers")]
    assert found.records[0].document.text == "source_id: D1 (Examplin)\nrelation: causes\ntarget_id: S1 (Shivers)\nsource: own"


def test_names_at_the_ends_make_a_table_no_edge_table(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("id,name\n1,Examplin\n", encoding="utf-8")
    assert read(EdgeReader(), "st.csv", "source,relation,target\n晨咳,症状,咳嗽\n").sure == 0.0


def test_tables_with_more_than_nodes_have_are_not_claimed(read: Callable[..., Any]) -> None:
    assert read(NodeReader(), "a.csv", "id,name,indications\n1,Examplin,for colds\n").sure == 0.0
