from __future__ import annotations

from pathlib import Path

from medrag.ingest.readers.qizhen import QizhenReader
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample

TABLE = (
    "药品,药品适应症,医学专家标注的适应病症,instruction\r\n"
    '晨露片,"<p>1、用于头晕&nbsp;及&lt;轻度&gt;\n耳鸣。</p><p>2、用于<b>失眠</b>。</p>",绝密术语,晨露片的适应病症\r\n'
    "暮云片,用于咳嗽。,咳嗽,暮云片的适应病症\r\n"
    "夕照片,,无,夕照片的适应病症\r\n"
)


def test_only_the_drug_and_its_indication_text_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(TABLE.encode())
    assert QizhenReader().recognise(Sample.of(path)) == 0.95
    first, second, fault = QizhenReader().read(path, ReadOptions())
    assert isinstance(first, ReadRecord)
    (section,) = first.document.sections
    assert first.document.text == "晨露片\n适应症\n1、用于头晕 及<轻度> 耳鸣。\n2、用于失眠。\n"
    assert (section.code, section.heading) == ("34067-9", "适应症")
    assert first.document.text[section.start : section.end].endswith("2、用于失眠。")
    assert isinstance(second, ReadRecord)
    assert "绝密" not in first.document.text
    assert isinstance(fault, Unreadable)
    assert (str(fault.place), fault.reason) == ("q.csv (line 5)", "the column 药品适应症 is empty")


def test_a_table_without_both_columns_is_not_recognised(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("药品,规格\n晨露片,5mg\n", encoding="utf-8")
    assert QizhenReader().recognise(Sample.of(path)) == 0.0


def test_every_drug_of_the_evaluation_table_is_read(shared: Path) -> None:
    found = list(QizhenReader().read(shared / "eval/qizhen/indications.csv", ReadOptions()))
    assert len(found) == 24
    assert all(isinstance(record, ReadRecord) for record in found)
