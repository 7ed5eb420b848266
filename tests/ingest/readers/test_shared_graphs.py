"""The graph and names files beside the project: how many records each has, and that every span is true."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from medrag.ingest.readers.code_lists import CodeListReader
from medrag.ingest.readers.disease_table import DiseaseTableReader
from medrag.ingest.readers.kg_objects import KgObjectsReader
from medrag.ingest.readers.name_lists import NameListReader
from medrag.ingest.readers.names import NameGroupsReader, NameTableReader
from medrag.ingest.readers.node_edge import EdgeReader, NodeReader
from medrag.ingest.readers.spo import SpoReader
from medrag.ingest.readers.triples import TriplesReader
from medrag.ingest.readers.zhongxinci import ZhongxinciReader
from medrag.ingest.records import Reader, ReadOptions, ReadRecord
from medrag.kb.relations import relation_of

FILES: list[tuple[Reader, str, int]] = [
    (DiseaseTableReader(), "graphs/disease.csv", 8650),
    (ZhongxinciReader(), "graphs/cmekg_drugs.xlsx", 1538),
    (ZhongxinciReader(), "graphs/cmekg_zhongxinci.jsonl", 4360),
    (KgObjectsReader(), "graphs/medical_sample.jsonl", 10),
    (SpoReader(), "graphs/cmeie.json", 1692),
    (NodeReader(), "graphs/hetionet_nodes.tsv", 8608),
    (EdgeReader(), "graphs/hetionet_edges.tsv", 11776),
    (TriplesReader(), "graphs/drugbank_sider_slim.tsv", 40906),
    (NodeReader(), "graphs/small_csv/drug.csv", 5511),
    (NodeReader(), "graphs/small_csv/disorder.csv", 2119),
    (EdgeReader(), "graphs/small_csv/drugdisorder.csv", 8119),
    (NameTableReader(), "names/drug_brand_generic.csv", 16428),
    (NameTableReader(), "names/drug_products_gbk.csv", 5000),
    (NameTableReader(), "names/china_pharmacopoeia_zh_ko_en.json", 5581),
    (NameGroupsReader(), "names/disease_synonym_groups.json", 617),
    (CodeListReader(), "names/icd9cm3_tree.json", 18360),
    (CodeListReader(), "names/icd10_clinical_2.0.xlsx", 35862),  # 35,863 rows of which one, not two, is a header
]
LISTS = {
    "disease_aliases": 7264,
    "medicine_names": 65570,
    "thuocl_medical": 18749,
    "kg_disease": 8807,
    "kg_drug": 3828,
    "kg_symptom": 5998,
    "kg_check": 3353,
}


@pytest.mark.parametrize(("reader", "name", "records"), FILES, ids=[name for _, name, _ in FILES])
def test_every_record_is_read_and_every_span_names_its_object(shared: Path, reader: Reader, name: str, records: int) -> None:
    from medrag.ingest.sample import Sample

    assert reader.recognise(Sample.of(shared / name)) >= 0.5
    found = list(reader.read(shared / name, ReadOptions()))
    assert len(found) == records
    for record in found:
        assert isinstance(record, ReadRecord)
        text = record.document.text
        assert text.strip()
        for statement in record.statements:
            quote = text[statement.start : statement.end]
            assert quote
            quote = quote.replace("\\\\", "\\")  # JSON as printed
            assert statement.object.name in quote or statement.subject.name in quote or statement.relation == "is_a"


@pytest.mark.parametrize(("name", "lines"), LISTS.items())
def test_every_line_of_a_name_list_is_kept(shared: Path, name: str, lines: int) -> None:
    found = list(NameListReader().read(shared / f"names/{name}.txt", ReadOptions()))
    assert sum(record.document.text.count("\n") + 1 for record in found if isinstance(record, ReadRecord)) == lines


def test_every_answer_of_the_graph_questions_is_a_fact(shared: Path) -> None:
    facts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in DiseaseTableReader().read(shared / "graphs/disease.csv", ReadOptions()):
        for statement in record.statements if isinstance(record, ReadRecord) else ():
            facts[statement.subject.name, statement.relation].add(statement.object.name)
    for line in (shared / "eval/kgqa_zh/dev.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        reached = {row["entity"]}
        for printed in row["relation"].split("→"):
            reached = {value for name in reached for value in facts[name, relation_of(printed).name]}
        assert set(row["answers"]) <= reached, row["id"]
