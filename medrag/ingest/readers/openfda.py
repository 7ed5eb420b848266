"""openFDA's drug labels in JSON: an answer of its service, a bulk partition (`*.json.zip`), or a list of records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.ingest.archives import open_members
from medrag.ingest.canonical import CanonicalText, clean
from medrag.ingest.json_text import Bad
from medrag.ingest.readers.drug_label import Ingredient, Label, iso_date, label_record
from medrag.ingest.readers.markup import Markup, parse_html
from medrag.ingest.readers.openfda_fields import SECTION_FIELDS, SENTENCE_FIELDS
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.ingest.source import json_items, json_stream
from medrag.kb.folding import fold
from medrag.sections import classify_heading, group_of
from medrag.types import Place, Section

__all__ = ["OpenFDAReader"]

_SECTION_FIELD = re.compile(r'"(?:' + "|".join(SECTION_FIELDS) + r')"\s*:\s*\[\s*"')
_IDENTITY = re.compile(r'"(?:set_id|spl_set_id|spl_id|effective_time|openfda)"\s*:')
_RESULTS = re.compile(r'"results"\s*:\s*\[')
_NAME_FIELDS = ("brand_name", "generic_name", "substance_name", "manufacturer_name", "unii", "rxcui", "route", "product_type")
_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+")
_BULLET = re.compile(r"\s+(?=[•■◆▪●]\s)")
_OTC_HEADINGS = re.compile(
    r"(?:uses?|purposes?|directions|warnings?|(?:in)?active ingredients?|other information|questions\??)$", re.I
)
_MAX_HEADING_WORDS = 14


class OpenFDAReader:
    """openFDA label records: every field that is a list of strings is a section, `*_table` fields hold its tables."""

    name = "openfda"
    version = 2

    def recognise(self, sample: Sample) -> float:
        """Sure of records with an identity and section fields; of a zip, where it holds a label partition."""
        if sample.members:
            parts = [name for name in sample.members if name.lower().endswith(".json")]
            return 0.95 if parts and all("label" in name for name in parts) else 0.6 * bool(parts)
        if sample.text.lstrip()[:1] not in {"{", "["} or not _SECTION_FIELD.search(sample.text):
            return 0.0
        return 0.95 if _IDENTITY.search(sample.text) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The labels of the file, streamed: one record is in memory at a time."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The objects of the labels."""
        sample = Sample.of(path)
        if sample.head.startswith(b"PK\x03\x04"):
            with open_members(path, (".json",)) as members:
                for name, stream in members:
                    with stream:
                        yield from self._records(json_stream(stream, "results.item"), path.name, f"{name}!")
            return
        prefix = "item" if sample.text.lstrip().startswith("[") else "results.item" if _RESULTS.search(sample.text) else ""
        yield from self._records(json_items(path, prefix), path.name, "")

    def _records(self, items: Iterator[tuple[str, Any | Bad]], file: str, member: str) -> Iterator[Raw | Unreadable]:
        found = False
        for pointer, item in items:
            found = True
            place = Place(file=file, record=member + pointer)
            if isinstance(item, Bad):
                yield Unreadable(place, item.reason)
            elif not isinstance(item, dict):
                yield Unreadable(place, f"a label record is an object, not {type(item).__name__}")
            else:
                yield Raw(place, item)
        if not found:
            yield Unreadable(Place(file=file, record=member.rstrip("!")), "no label records under /results")

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The label of one object."""
        yield self._label(raw.value, raw.place, options)

    def _label(self, record: dict[str, Any], place: Place, options: ReadOptions) -> ReadRecord | Unreadable:
        names = _names(record)
        fields = _section_fields(record)
        if not fields:
            return Unreadable(place, "a record without any section field (a list of strings)")
        title = _title(names, record)
        label = Label(
            text=CanonicalText(title),
            title=title,
            place=place,
            reader=f"{self.name}/{self.version}",
            key=(_string(record, "set_id") or _string(record, "id") or next(iter(names["spl_set_id"]), "")).lower(),
            revision=_string(record, "version"),
            effective=iso_date(_string(record, "effective_time")),
            maker=", ".join(names["manufacturer_name"][:1]),
            lang=options.lang,
            brands=names["brand_name"],
            generics=names["generic_name"] or names["substance_name"],
        )
        try:
            _write_names(label, names)
            for field in fields:
                _write_field(field, record, label.text)
        except ValueError as error:
            return Unreadable(place, str(error))
        return label_record(label)


def _string(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return str(value).strip() if isinstance(value, (str, int)) else ""


def _strings(value: object) -> list[str]:
    """The strings of a list of strings; anything else is an empty list."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return []
    return [one.strip() for one in value if one.strip()]


def _names(record: dict[str, Any]) -> dict[str, list[str]]:
    """The `openfda` block's lists by name, empty where it lacks one (old labels have an empty block)."""
    block = record.get("openfda")
    found = block if isinstance(block, dict) else {}
    return {key: _strings(found.get(key)) for key in (*_NAME_FIELDS, "spl_set_id")}


def _section_fields(record: dict[str, Any]) -> list[str]:
    """The record's section fields without tables: known ones in the order of labels, then the others by name."""
    found = {key for key, value in record.items() if _strings(value) and not key.endswith("_table")}
    found |= {base for key in record if (base := key.removesuffix("_table")) != key and _strings(record[key])}
    known = [field for field in SECTION_FIELDS if field in found]
    return known + sorted(found - set(known))


def _title(names: dict[str, list[str]], record: dict[str, Any]) -> str:
    brand, generic = (next(iter(names[key]), "") for key in ("brand_name", "generic_name"))
    if brand and generic and fold(brand) != fold(generic):
        return f"{brand} ({generic})"
    return brand or generic or next(iter(names["substance_name"]), "") or _name_in_elements(record) or "Untitled label"


def _name_in_elements(record: dict[str, Any]) -> str:
    """The product's name where openFDA found none: its data elements read `Brand Generic INGREDIENT …` in one string.

    Most names come twice there (a generic's brand is its generic name), so the words before the first repetition are one.
    """
    words = " ".join(_strings(record.get("spl_product_data_elements"))[:1]).split()[:40]
    again = next((at for at in range(1, len(words)) if words[at].casefold() == words[0].casefold()), 0)
    return " ".join(words[: again if 0 < again <= 8 else 3])


def _write_names(label: Label, names: dict[str, list[str]]) -> None:
    """Writes the names as lines `field: value; value`, and notes the substances with the span of their line."""
    lines = [clean(f"{key}: {'; '.join(names[key])}").replace("\n", " ") for key in _NAME_FIELDS if names[key]]
    if not lines:
        return
    section = label.text.section("openfda", "\n".join(lines), code="medrag:names")
    start = section.start
    for line in lines:
        if line.startswith("substance_name:"):
            # The lists of names and of UNIIs are sorted apart from each other: only a single pair is sure.
            unii = names["unii"][0] if len(names["unii"]) == len(names["substance_name"]) == 1 else ""
            label.ingredients += [
                Ingredient(name, unii, start=start, end=start + len(line)) for name in names["substance_name"]
            ]
        start += len(line) + 1


def _write_field(field: str, record: dict[str, Any], text: CanonicalText) -> None:
    code, standard = SECTION_FIELDS.get(field, ("", field.replace("_", " ").capitalize()))
    parents: tuple[Section, ...] = ()
    for value in _strings(record.get(field)):
        heading, body = (standard, value) if field in SENTENCE_FIELDS else _split_heading(value, code, standard)
        section = text.section(heading, _BULLET.sub("\n", body), code=code)
        parents = parents or (section,)
    for table in _strings(record.get(f"{field}_table")):
        body = Markup().text(parse_html(f'<meta charset="utf-8">{table}'.encode("utf-8", "replace")))
        if body:
            text.section(f"{standard} (table)", body, code=code, parents=parents)


def _split_heading(value: str, code: str, standard: str) -> tuple[str, str]:
    """The heading that a field's text repeats at its beginning, and the rest; the standard heading where it repeats none.

    `1 INDICATIONS AND USAGE Drug is …` has it numbered and in capitals, over-the-counter labels have `Uses temporarily …`.
    A heading in small letters that runs on (`Overdosage with …`) is a sentence and stays.
    """
    number = _NUMBER.match(value)
    start = number.end() if number else 0
    ends = [start + match.end() for match in re.finditer(r"\S+", value[start : start + 200])][:_MAX_HEADING_WORDS]
    # One in capitals ends where they do: `WARNING: BLEEDING RISK Warfarin can cause …`.
    for end in sorted(ends, key=lambda end: (not value[start:end].isupper(), -end)):
        printed = value[start:end].rstrip(":")
        known = classify_heading(printed)
        if known is None or (known.code != code and known.group is not group_of(code)):
            continue
        rest = value[end:].lstrip(" :")
        capitals = printed.upper() == printed
        runs_on = rest[:1].islower() and not value[:end].endswith(":")
        if number or capitals or not runs_on or _OTC_HEADINGS.match(printed):
            return value[:end].rstrip(" :"), rest
    return standard, value
