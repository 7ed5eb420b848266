"""Objects with a list of sections, one a line or in a JSON list: converted SPL labels and their like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import iso_date
from medrag.ingest.readers.drug_label import Label, label_record
from medrag.ingest.readers.fields import records, scalar_text
from medrag.ingest.readers.json_records import first_value
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.types import Place, Section

__all__ = ["SectionListsReader"]

_TITLE = ("title", "name", "drug", "药品名称", "药名", "通用名称", "generic", "brand")
_HEADING = ("heading", "title", "栏目")
_TEXT = ("text", "content", "body", "内容", "正文")
_MAKER = ("maker", "manufacturer", "labeler", "生产企业")
_EFFECTIVE = ("effective", "effective_time", "effective_date", "修订日期")


class SectionListsReader:
    """Labels whose sections come with code, heading, text and depth (parents before children)."""

    name = "section-lists"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 for objects with a set id, a title and sections, 0.8 without a set id, else 0."""
        record = _first(sample)
        sections = record.get("sections")
        if "sections" not in record or not _text(record, _TITLE):
            return 0.0
        if isinstance(sections, list) and not any(_is_section(section) for section in sections):
            return 0.0
        if sections is None and sample.whole:
            return 0.0
        if isinstance(sections, dict):
            return 0.8 if sections and all(isinstance(text, str) for text in sections.values()) else 0.0
        return 0.95 if record.get("set_id") else 0.8

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document an object; a section that is no object is reported, and the rest of its label is kept."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The objects with sections and a name."""
        for where, record in records(path):
            place = Place(file=path.name, record=where)
            if isinstance(record, Bad):
                yield Unreadable(place, record.reason)
            elif not isinstance(record, dict) or not isinstance(record.get("sections"), (list, dict)):
                yield Unreadable(place, "not an object with a list of `sections`")
            elif not _text(record, _TITLE) and not _text(record, ("set_id",)):
                yield Unreadable(place, "neither a title nor a set id")
            else:
                yield Raw(place, record)

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The label of one object."""
        record, place = raw.value, raw.place
        title = _text(record, _TITLE) or _text(record, ("set_id",))
        canonical = CanonicalText(title)
        open_sections: list[tuple[int, Section]] = []
        for at, section in enumerate(_section_list(record["sections"])):
            if not _is_section(section):
                yield Unreadable(
                    Place(file=place.file, record=f"{place.record} /sections/{at}"), "a section without heading and text"
                )
                continue
            depth = section.get("depth")
            depth = depth if isinstance(depth, int) else 0
            while open_sections and open_sections[-1][0] >= depth:
                open_sections.pop()
            parents = tuple(parent for _, parent in open_sections)
            body = cell_text(_text(section, _TEXT))
            made = canonical.section(_text(section, _HEADING), body, code=_text(section, ("code",)), parents=parents)
            open_sections.append((depth, made))
        maker = _text(record, _MAKER)
        label = Label(
            text=canonical,
            title=title,
            place=place,
            reader=f"{self.name}/{self.version}",
            key=_text(record, ("set_id",)) or (f"{title} · {maker}" if maker else ""),
            revision=_text(record, ("version", "revision")),
            effective=iso_date(_text(record, _EFFECTIVE)),
            maker=maker,
            lang=options.lang,
            brands=[_text(record, ("brand",))],
            generics=[_text(record, ("generic",))],
        )
        yield label_record(label)


def _first(sample: Sample) -> Mapping[str, Any]:
    """The first object of the file, as far as the sample shows it: a label may be longer than the sample."""
    first = first_value(sample)
    return first if isinstance(first, dict) else {}


def _section_list(sections: list[Any] | dict[str, Any]) -> list[Any]:
    if isinstance(sections, dict):
        return [{"heading": heading, "text": text} for heading, text in sections.items()]
    return sections


def _is_section(section: object) -> bool:
    return (
        isinstance(section, dict)
        and bool(_text(section, _HEADING) or _text(section, _TEXT))
        and bool({"heading", "title", "code", "栏目"} & set(section))
    )


def _text(record: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := scalar_text(record.get(key)).strip())), "")
