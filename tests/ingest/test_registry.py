"""The registry: names, other packages' readers, recognising, and which files are read at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from medrag.errors import IngestError, UnknownFormatError
from medrag.ingest import registry
from medrag.ingest.records import Reader, ReadOptions, ReadRecord, Unreadable
from medrag.ingest.registry import NotDocument, find, reader, reader_names, sources
from medrag.ingest.sample import Sample

OPTIONS = ReadOptions()


class Leaflets:
    """A reader as another package would bring it: files that begin with %LEAFLET."""

    name = "leaflets"
    version = 1

    def recognise(self, sample: Sample) -> float:
        return 1.0 if sample.head.startswith(b"%LEAFLET") else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        yield from ()


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    entries = [
        EntryPoint("leaflets", f"{__name__}:Leaflets", registry.GROUP),
        EntryPoint("broken", "medrag_plugin_that_is_not_there:Reader", registry.GROUP),
        EntryPoint("spl", f"{__name__}:Leaflets", registry.GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == "medrag.readers" else [])
    registry.clear()
    yield
    monkeypatch.undo()
    registry.clear()


@pytest.mark.parametrize("name", reader_names())
def test_every_reader_loads_and_has_the_name_it_is_asked_for_by(name: str) -> None:
    found: Reader = reader(name)
    assert found.name == name
    assert found.version >= 1


def test_an_unknown_name_lists_the_names_there_are() -> None:
    with pytest.raises(UnknownFormatError, match=r"no reader 'spll'; there are: spl, .*columns"):
        reader("spll")


def test_a_reader_of_another_package_is_found_by_name(plug_in: None) -> None:
    assert isinstance(reader("leaflets"), Leaflets)
    assert not isinstance(reader("spl"), Leaflets), "ours cannot be replaced"
    with pytest.raises(IngestError, match=r"'broken' \(medrag_plugin_that_is_not_there:Reader\) cannot be loaded"):
        reader("broken")


def test_a_reader_of_another_package_recognises_its_files_and_a_broken_one_is_passed_over(
    plug_in: None, tmp_path: Path
) -> None:
    file = tmp_path / "a.leaflet"
    file.write_bytes(b"%LEAFLET 1\n")
    assert isinstance(find(file, OPTIONS), Leaflets)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "示例片\n【适应症】用于示例。\n【用法用量】口服，一次1片。\n【禁忌】过敏者禁用。\n", "zh-label"),
        ("a.jsonl", '{"docs": ["示例片 适应症\\n用于示例。", "示例片 禁忌症\\n过敏者。"]}\n', "pulse-docs"),
        ("a.json", '[{"drug": "examplin", "section": "Indications", "text": "For examples."}]', "section-rows"),
        ("a.json", '{"中心词": "示例病", "class": "疾病", "相关症状": ["头痛"]}\n', "zhongxinci"),
        ("a.csv", "head,relation,tail\nexamplin,treats,samplitis\n", "triples"),
        ("a.md", "# Examplin\n\n## Indications\n\nFor examples.\n", "markdown"),
    ],
)
def test_a_file_is_recognised_by_what_is_in_it(tmp_path: Path, name: str, text: str, expected: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    found = find(file, OPTIONS)
    assert not isinstance(found, NotDocument)
    assert found.name == expected


def test_a_mapping_asks_for_the_column_reader(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("one,two\n1,2\n")
    found = find(file, ReadOptions(mapping={"title": "one", "sections": {"two": "Indications"}}))
    assert not isinstance(found, NotDocument)
    assert found.name == "columns"


def test_a_file_that_nobody_recognises_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(bytes(range(1, 256)) * 8 + b"\0" * 400)
    with pytest.raises(
        UnknownFormatError, match=r"a\.bin: no reader recognises it \(binary data\); tried: spl, .*--map FILE\.yaml"
    ):
        find(file, OPTIONS)


def test_a_missing_or_empty_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        find(tmp_path / "none.txt", OPTIONS)
    (tmp_path / "empty.txt").write_bytes(b" \n")
    with pytest.raises(IngestError, match=r"empty\.txt: the file is empty"):
        find(tmp_path / "empty.txt", OPTIONS)


def test_sources_are_sorted_and_leave_out_what_is_hidden_and_knowledge_bases(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".hidden/x.txt", "b/.x", "x.kb/catalogue.sqlite", "x.kb/generations/1/words"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [str(path.relative_to(tmp_path)) for path in sources([tmp_path])] == ["a.txt", "b/1.txt", "b/2.txt"]
    assert list(sources([tmp_path / "b" / ".x"])) == [tmp_path / "b" / ".x"], "what is named is read"


def test_a_file_is_read_once_and_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.txt").write_text("x")
    os.symlink(tmp_path, tmp_path / "a" / "up")
    os.symlink("loop", tmp_path / "loop")
    os.symlink("nothing", tmp_path / "dangling")
    assert list(sources([tmp_path, tmp_path / "a" / "1.txt", str(tmp_path)])) == [tmp_path / "a" / "1.txt"]
    assert list(sources([tmp_path / "loop", tmp_path / "none"])) == [tmp_path / "loop", tmp_path / "none"]
