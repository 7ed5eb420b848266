"""No hostile file crashes a reader, hangs it or takes much memory: a few of each format here, `make fuzz-readers` for minutes."""

from __future__ import annotations

import io
import os
from itertools import islice
from pathlib import Path

import pytest

from medrag.errors import IngestError
from medrag.ingest import registry
from medrag.ingest.json_text import Bad, items
from medrag.ingest.readers.fsh_rules import instances
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from tests.ingest.fuzz.mutate import MOST, mutated
from tests.ingest.fuzz.run import fuzz
from tests.ingest.fuzz.seeds import SEEDS, seeds

INPUTS = int(os.environ.get("MEDRAG_FUZZ_READERS", "120"))
# Files that did harm once, by number.
FOUND = [("monographs", 157), ("name-tables", 299), ("section-lists", 90), ("columns", 19), ("docx", 120), ("code-lists", 128),
         ("openfda", 10_007), ("openfda", 10_106), ("fsh", 10_897), ("qizhen-csv", 10_683), ("columns", 10_244), ("mapped", 50_133), ("spl", 51_203)]  # fmt: skip


def test_files_made_at_random_do_no_harm() -> None:
    share = max(1, INPUTS // len(SEEDS))
    counts, harm = 0, []
    for name in ("spl", "columns", "zh-label", "docx", "pdf", "kg-objects"):
        found = fuzz(name, 1_000_000, count=share)
        counts, harm = counts + found.inputs, harm + found.harm
    print(f"{counts} inputs, {len(harm)} that did harm")
    assert harm == []


@pytest.mark.parametrize("name", SEEDS)
def test_the_files_that_hostile_ones_are_made_of_are_read(tmp_path: Path, name: str) -> None:
    found = seeds(name)
    options = ReadOptions(mapping=found.mapping)
    for file, data in found.files.items():
        (tmp_path / file).write_bytes(data)
    for file in found.files:
        if file.endswith(".gz"):
            with pytest.raises(IngestError, match="gzip"):
                registry.find(tmp_path / file, options)
        elif (name, file) != ("edges", "nodes.tsv"):  # stands beside the edges for their names
            records = list(registry.reader(found.reader).read(tmp_path / file, options))
            assert any(not isinstance(record, Unreadable) for record in records), (file, records[:3])


def test_the_same_number_makes_the_same_file_and_none_grows_past_its_bound() -> None:
    import random

    found = list(seeds("spl-html").files.values())
    for number in range(40):
        one, other = (mutated(found[0], found, random.Random(number)) for _ in range(2))
        assert one == other and len(one) <= MOST


def test_brackets_that_close_nothing_are_one_fault_and_what_follows_is_read() -> None:
    read = list(islice(items(io.StringIO('{"a": 1}\n]]}, ]\n{"b": 2}]'), ""), 9))
    assert [value for _, value in read if not isinstance(value, Bad)] == [{"a": 1}, {"b": 2}]
    assert [value.reason for _, value in read if isinstance(value, Bad)] == ["not valid JSON: ']' closes nothing"] * 2


def test_a_carriage_return_behind_a_mark_that_is_never_closed_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes('药品名称,适应症\n"甲片\r乙,用于头晕。\n乙片,用于咳嗽。\n'.encode())
    records = list(registry.reader("columns").read(tmp_path / "t.csv", ReadOptions()))
    assert [type(record) is Unreadable for record in records] == [True, False, False]


def test_marks_that_are_never_closed_do_not_have_a_file_read_again_for_each(tmp_path: Path) -> None:
    lines = ['"甲', "乙"] * 8_000  # every other line opens a cell that the next closes, in another place
    (tmp_path / "t.csv").write_text(
        "药品名称,适应症,用法用量\n" + "\n".join(lines) + "\n丙片,用于头晕。,口服。\n", encoding="utf-8"
    )
    records = list(registry.reader("columns").read(tmp_path / "t.csv", ReadOptions()))
    assert isinstance(records[-1], ReadRecord) and records[-1].document.title == "丙片"


def test_what_is_said_of_a_record_is_one_line_whatever_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"适应症\n用于",用法用量\n头晕,口服\n', encoding="utf-8")
    faults = [one for one in registry.reader("columns").read(tmp_path / "t.csv", ReadOptions()) if isinstance(one, Unreadable)]
    assert faults and all(len(fault.reason.splitlines()) == 1 for fault in faults)


def test_a_path_of_very_many_parts_takes_no_memory() -> None:
    text = (
        "Instance: a\nInstanceOf: Composition\n* "
        + "section[+]." * 30_000
        + 'title = "x"\n* section['
        + "9" * 5_000
        + '].title = "y"\n'
    )
    (instance,) = instances(text)
    assert instance.values is not None and sum(map(len, instance.values)) < 2_000


@pytest.mark.parametrize(("name", "number"), FOUND)
def test_files_that_did_harm_once_do_none(name: str, number: int, tmp_path: Path) -> None:
    from tests.ingest.fuzz.child import made, outcome

    found = seeds(name)
    file, data = made(name, number, found)
    (tmp_path / file).write_bytes(data)
    assert outcome(tmp_path / file, found, forced=number % 3 != 0).split()[0] in ("read", "refused")
