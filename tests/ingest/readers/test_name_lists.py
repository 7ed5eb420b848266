from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medrag.ingest.readers.name_lists import NameListReader


def test_a_list_is_read_in_records_of_a_thousand_lines(read: Callable[..., Any]) -> None:
    names = [f"病{number}" for number in range(2100)]
    found = read(NameListReader(), "kg_disease.txt", "\n".join(names))
    assert found.sure == 0.8
    assert [(r.document.key, r.document.place.record) for r in found.records] == [
        ("kg_disease lines 1-1000", "lines 1-1000"),
        ("kg_disease lines 1001-2000", "lines 1001-2000"),
        ("kg_disease lines 2001-2100", "lines 2001-2100"),
    ]
    assert sum(r.document.text.count("\n") + 1 for r in found.records) == 2100
    assert found.names()[0] == ("disease:病0", "病0", "name")
    assert len(found.names()) == 2100


def test_counts_behind_a_tab_and_blank_lines_are_no_names(read: Callable[..., Any]) -> None:
    found = read(NameListReader(), "words.txt", "\ufeff发热\t120\n\n咳嗽\t7\n长期的...\t1\n")
    assert found.sure == 0.8
    assert found.names() == [("thing:发热", "发热", "name"), ("thing:咳嗽", "咳嗽", "name")]
    assert found.records[0].document.text == "发热\t120\n咳嗽\t7\n长期的...\t1"


@pytest.mark.parametrize(
    "text",
    [
        "晨露片\n【适应症】咳嗽\n【用法用量】口服\n",
        "适应症：咳嗽\n用法用量：口服\n贮藏：密封\n",
        "This is a sentence. It goes on.\nAnd so does this one.\nThe end.\n",
        "{'药名': '晨露'}\n" * 5,
        "晨露片\n晨露片\n晨露片\n",
        "晨露\n",
    ],
)
def test_labels_and_prose_are_not_claimed(read: Callable[..., Any], text: str) -> None:
    assert read(NameListReader(), "kg_drug.txt", text).sure == 0.0
