"""Structured Product Labeling, the XML of DailyMed's drug labels: one file, one label's zip, or a release zip of zips."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medrag.errors import IngestError
from medrag.ingest.archives import zip_members
from medrag.ingest.canonical import CanonicalText
from medrag.ingest.encodings import MAX_TEXT_BYTES
from medrag.ingest.json_text import Bad
from medrag.ingest.readers.drug_label import Label, iso_date, label_record, printed_name, unwritten
from medrag.ingest.readers.markup import Markup, parse_xml, plain, tag_of
from medrag.ingest.readers.spl_products import PRODUCT_DATA, Products, products_of
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.types import Place, Section

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["SplReader"]

HL7 = "{urn:hl7-org:v3}"
_ROOT = re.compile(r"<(?:\w+:)?document\b[^>]*\burn:hl7-org:v3\b")
_RELEASE = re.compile(
    r"^(?:prescription|otc|homeopathic|animal|other|vaccine|remainder)/|^\d{8}_[0-9a-f-]{36}\.zip$|dm_spl_", re.I
)
_MAX_ZIP_DEPTH = 3  # a release holds one zip a label; a release of releases one more


class SplReader:
    """Labels in HL7's SPL: sections with their LOINC codes, names, product data and active ingredients."""

    name = "spl"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """Sure of a `document` root in HL7's namespace; of a zip, that its members look like labels."""
        if _ROOT.search(sample.text[:20_000]):
            return 1.0
        members = [name for name in sample.members if not name.startswith("__MACOSX")]
        if any(name.startswith(("word/", "xl/", "ppt/")) for name in members):
            return 0.0
        if any(_RELEASE.search(name) for name in members):
            return 0.9
        return 0.8 if any(name.lower().endswith((".xml", ".zip")) for name in members) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The labels of the file in file order; a member of a zip that cannot be read costs itself only."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The XML of each label."""
        with path.open("rb") as raw:
            zipped = raw.read(4) == b"PK\x03\x04"
        if zipped:
            yield from self._archive(path, Place(file=path.name), 1)
        elif path.stat().st_size > MAX_TEXT_BYTES:
            yield Unreadable(Place(file=path.name), f"larger than {MAX_TEXT_BYTES:,} bytes: no single label is")
        else:
            yield Raw(Place(file=path.name, record="/document"), path.read_bytes())

    def _archive(self, zipped: Path | io.BytesIO, at: Place, depth: int) -> Iterator[Raw | Unreadable]:
        found = False
        for name, data in zip_members(zipped, at.record or at.file, (".xml", ".zip")):
            found = True
            place = Place(file=at.file, record=f"{at.record}!{name}" if at.record else name)
            if isinstance(data, Bad):
                yield Unreadable(place, data.reason)
            elif name.lower().endswith(".xml"):
                yield Raw(place, data)
            elif depth >= _MAX_ZIP_DEPTH:
                yield Unreadable(place, f"zips nested deeper than {_MAX_ZIP_DEPTH} levels")
            else:
                yield from self._inner(data, place, depth)
        if not found:
            yield Unreadable(at, "no label (.xml) in the archive")

    def _inner(self, data: bytes, place: Place, depth: int) -> Iterator[Raw | Unreadable]:
        try:
            yield from self._archive(io.BytesIO(data), place, depth + 1)
        except IngestError as error:
            yield Unreadable(place, str(error))

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The label of one XML."""
        yield self._label(raw.value, raw.place, options)

    def _label(self, data: bytes, place: Place, options: ReadOptions) -> ReadRecord | Unreadable:
        try:
            root = parse_xml(data)
            if root.tag != f"{HL7}document":
                return Unreadable(place, f"not a label: the root element is <{tag_of(root)}>, not HL7's <document>")
            return label_record(_read_label(root, place, f"{self.name}/{self.version}", options.lang))
        except ValueError as error:
            return Unreadable(place, str(error))


def _read_label(root: _Element, place: Place, reader: str, lang: str) -> Label:
    products = products_of(root)
    title = _title(root, products)
    label = Label(
        text=CanonicalText(title),
        title=title,
        place=place,
        reader=reader,
        key=_attribute(root, "setId", "root").lower() or _attribute(root, "id", "root").lower(),
        revision=_attribute(root, "versionNumber", "value"),
        effective=iso_date(_attribute(root, "effectiveTime", "value")),
        maker=plain(root.find(f"{HL7}author/{HL7}assignedEntity/{HL7}representedOrganization/{HL7}name")),
        lang=lang or _attribute(root, "languageCode", "code")[:2].lower(),
        brands=products.brands,
        generics=products.generics,
    )
    body = root.find(f"{HL7}component/{HL7}structuredBody")
    for section in _sections(body):
        _write(section, (), label, products)
    return label


def _attribute(root: _Element, child: str, name: str) -> str:
    found = root.find(HL7 + child)
    return "" if found is None else found.get(name, "").strip()


def _title(root: _Element, products: Products) -> str:
    """The printed title where it names the drug, else brand and generic name from the product data."""
    title = root.find(f"{HL7}title")
    printed = printed_name(Markup().text(title)) if title is not None else ""
    known = [name.casefold() for name in (*products.brands, *products.generics)]
    if printed and (not known or any(name in printed.casefold() for name in known)):
        return printed
    return products.title or printed or "Untitled label"


def _sections(parent: _Element | None) -> list[_Element]:
    return [] if parent is None else parent.findall(f"{HL7}component/{HL7}section")


def _write(section: _Element, parents: tuple[Section, ...], label: Label, products: Products) -> None:
    """Writes a section and those inside it; of the excerpt (the highlights' summary of it) nothing is taken."""
    heading = plain(section.find(f"{HL7}title"))
    code = _attribute(section, "code", "code")
    bodies = [Markup().text(text) for text in section.findall(f"{HL7}text")]
    body = "\n".join(text for text in bodies if text)
    # Before 2007 the section of product data had no code.
    described = code == PRODUCT_DATA or (not heading and section.find(f"{HL7}subject") is not None)
    if described and not body:
        label.ingredients += products.write(label.text, heading)
    elif heading or body:
        parents = (*parents, label.text.section(heading, body, code=code, parents=parents))
    else:
        parents = (*parents, unwritten(code))
    for child in _sections(section):
        _write(child, parents, label, products)
