from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medrag.ingest.readers.triples import TriplesReader

PRIMEKG = "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n"


@pytest.mark.parametrize(
    "header", ["head,relation,tail", "头实体,关系,尾实体", "subject,predicate,object", "entity1,rel,entity2"]
)
def test_usual_column_names_are_recognised(read: Callable[..., Any], header: str) -> None:
    found = read(TriplesReader(), "a.csv", f"{header},说明\n晨咳,症状,咳嗽,常见\n晨咳,别名,早咳,\n晨咳,,发热,\n")
    assert found.sure == 0.9
    head, relation, tail = header.split(",")
    assert found.said() == [
        ("disease:晨咳", "has_symptom", "symptom:咳嗽", f"{head}: 晨咳\n{relation}: 症状\n{tail}: 咳嗽\n说明: 常见")
    ]
    assert found.names() == [("thing:晨咳", "早咳", "alias")]  # the row does not say what 晨咳 is
    assert [(r.document.key, r.document.title) for r in found.records] == [("晨咳 症状 咳嗽",) * 2, ("晨咳 别名 早咳",) * 2]
    assert [fault.reason for fault in found.faults] == [f"the column {relation!r} is empty"]


def test_a_table_without_a_header_keeps_its_first_row(read: Callable[..., Any]) -> None:
    found = read(TriplesReader(), "a.txt", "晨咳\t症状\t咳嗽\n晨咳\t检查\t血常规\n晨咳\t并发症\t肺炎\n")
    assert found.sure == 0.55
    assert [(r.document.place.record, r.document.key) for r in found.records] == [
        ("line 1", "晨咳 症状 咳嗽"),
        ("line 2", "晨咳 检查 血常规"),
        ("line 3", "晨咳 并发症 肺炎"),
    ]


def test_primekg_rows_have_codes_and_its_mirrored_rows_say_the_same_fact(read: Callable[..., Any]) -> None:
    drug, disease, sign = (
        "1,DB99999,drug,Examplin,DrugBank",
        "5,8019,disease,samplitis,MONDO",
        "9,1250,effect/phenotype,Shivers,HPO",
    )
    rows = [
        f"contraindication,contraindication,{drug},{disease}",
        f"contraindication,contraindication,{disease},{drug}",
        f"disease_phenotype_positive,phenotype present,{disease},{sign}",
        f"never_heard,never heard,{drug},{disease}",
    ]
    found = read(TriplesReader(), "kg.csv", PRIMEKG + "\n".join(rows) + "\n")
    assert found.facts() == [
        ("substance:DB99999", "contraindication", "disease:MONDO:0008019"),
        ("substance:DB99999", "contraindication", "disease:MONDO:0008019"),
        ("disease:MONDO:0008019", "has_symptom", "symptom:HP:0001250"),
        ("substance:DB99999", "never_heard", "disease:MONDO:0008019"),
    ]
    assert [r.document.key for r in found.records][:2] == [
        "DB99999 contraindication MONDO:0008019",
        "MONDO:0008019 contraindication DB99999",
    ]
    assert found.records[3].unmapped == ("never_heard",)


def test_a_join_of_two_databases_keeps_one_record_for_each_method(read: Callable[..., Any]) -> None:
    header = "drugbank_id\tdrugbank_name\trelation\tumls_cui\tmeddra_name\tmethod\n"
    rows = "DB99999\tExamplin\tindication\tC9999999\tsamplitis\tA\nDB99999\tExamplin\tindication\tC9999999\tsamplitis\tB\n"
    found = read(TriplesReader(), "a.tsv", header + rows + "DB99999\tExamplin\tside_effect\tC9999998\tShivers\t\n")
    assert found.facts()[1:] == [
        ("substance:DB99999", "indication", "disease:C9999999"),
        ("substance:DB99999", "adverse_reaction", "symptom:C9999998"),
    ]
    assert len({record.document.key for record in found.records}) == 3


def test_cut_names_make_no_fact_and_are_counted(read: Callable[..., Any]) -> None:
    found = read(TriplesReader(), "a.csv", "head,relation,tail\n晨咳,症状,很长的...\n")
    assert found.facts() == []
    assert found.records[0].unmapped == ("has_symptom (cut values)",)


@pytest.mark.parametrize(
    "text", ["药品,适应症,规格\n晨露片,咳嗽,1g\n", "drug,section,text\na,b,c\n", "a,b,c\n1,2,3\n1,2,3\n1,2,3\n"]
)
def test_other_tables_are_not_claimed(read: Callable[..., Any], text: str) -> None:
    assert read(TriplesReader(), "a.csv", text).sure == 0.0
