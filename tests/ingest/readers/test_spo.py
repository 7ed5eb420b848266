from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from medrag.ingest.readers.spo import SpoReader

TEXT = "晨咳@多见于儿童。晨咳可有咳嗽。检查可见肺纹理增粗；也有发热。"


def spo(subject: str, predicate: str, object_: str, types: tuple[str, str] = ("疾病", "症状")) -> dict[str, object]:
    return {
        "subject": subject,
        "predicate": predicate,
        "object": {"@value": object_},
        "subject_type": types[0],
        "object_type": {"@value": types[1]},
    }


RECORD = {
    "text": TEXT,
    "spo_list": [
        spo("晨咳", "临床表现", "咳嗽"),
        spo("晨咳", "临床表现", "发热"),
        spo("晨咳", "同义词", "早咳", ("疾病", "疾病")),
        spo("晨咳", "多发群体", "儿童", ("疾病", "流行病学")),
        spo("晨咳", "就诊科室", "儿科", ("疾病", "其他")),
    ],
}
WANT = [
    ("disease:晨咳", "has_symptom", "symptom:咳嗽", "晨咳可有咳嗽。"),
    ("disease:晨咳", "has_symptom", "symptom:发热", "检查可见肺纹理增粗；也有发热。"),
    ("disease:晨咳", "susceptible_group", "thing:儿童", "晨咳@多见于儿童。"),
    ("disease:晨咳", "department", "department:儿科", "晨咳@多见于儿童。"),
]


@pytest.mark.parametrize("lines", [True, False])
def test_a_triple_is_quoted_by_the_first_sentence_it_stands_in(read: Callable[..., Any], lines: bool) -> None:
    line = json.dumps(RECORD, ensure_ascii=False)
    found = read(SpoReader(), "a.json", f"{line}\n{line}\n" if lines else json.dumps([RECORD, RECORD], indent=1))
    assert found.sure == 0.95
    assert found.said() == WANT * 2
    assert found.names() == [("disease:晨咳", "早咳", "alias")] * 2
    document = found.records[0].document
    assert (document.text, document.title, document.key) == (TEXT, "晨咳", "")
    assert found.faults == []


@pytest.mark.parametrize(
    "text", ['["晨咳", "症状", "咳嗽"]\n["晨咳", "检查", "血常规"]\n', '[["晨咳","症状","咳嗽"],["晨咳","检查","血常规"]]']
)
def test_bare_triples_are_records_by_themselves(read: Callable[..., Any], text: str) -> None:
    found = read(SpoReader(), "a.json", text)
    assert found.sure == 0.8
    assert found.facts() == [("disease:晨咳", "has_symptom", "symptom:咳嗽"), ("disease:晨咳", "check", "check:血常规")]
    assert [record.document.key for record in found.records] == ["晨咳 症状 咳嗽", "晨咳 检查 血常规"]


def test_a_broken_line_costs_only_itself(read: Callable[..., Any]) -> None:
    good = '{"text": "晨咳可有咳嗽。", "triples": [["晨咳", "症状", "咳嗽"], ["晨咳"]]}\n'
    found = read(SpoReader(), "a.jsonl", good + '{"text": "晨\n' + "{}\n" + good)
    assert len(found.records) == 2
    assert found.records[0].unmapped == ("(no triple)",)
    assert [fault.place.record for fault in found.faults] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    "text",
    [
        '{"subject_type": "疾病", "predicate": "预防", "object_type": "其他"}\n' * 2,
        '{"drug": "a", "section": "b", "text": "c"}\n',
        "[1, 2]",
        "{}",
    ],
)
def test_schemas_and_labels_are_not_claimed(read: Callable[..., Any], text: str) -> None:
    assert read(SpoReader(), "a.json", text).sure == 0.0
