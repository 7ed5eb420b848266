"""Electronic leaflets (ePI) in FHIR Shorthand: compositions whose sections hold XHTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.encodings import read_text
from medrag.ingest.readers.drug_label import Label, iso_date, label_record, names_in_title, subject_of
from medrag.ingest.readers.fsh_rules import Instance, instances
from medrag.ingest.readers.markup import Markup, parse_html
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.types import Place, Section

__all__ = ["FshReader"]

_HEAD = re.compile(r"^Instance\s*:\s*\S+", re.M)
_SECTIONS = re.compile(r"^\s*\*\s+section\b", re.M)
_NO_IDENTITY = re.compile(r"placeholder|^(?:nan|none|null|tbd|todo|unknown|n/?a|0*)$", re.I)
_TEST_MARK = re.compile(r"^\s*test purposes only\s*[-–:]\s*", re.I)
_STRENGTH = re.compile(r"\s*[\d.,]+\s*(?:mg|g|mcg|µg|ml|mL|U|IU|units|مجم|ملغ|%)(?!\w).*$", re.I)
_UNAVAILABLE = re.compile(r"^\s*unavailable\s*$", re.I)
_DASHED_LINE = re.compile(r"\n\s*(?=[-•·–]\s)")
_NUMBERED = re.compile(r"^\s*(\d{1,2})(?:\.(?!\d)|\s|．)")

# What the sections of every European package leaflet are, in all languages, by their number.
# Source: EMA, Quality Review of Documents (QRD) template, annex III B.
_QRD = {1: "34067-9", 2: "43685-7", 3: "34068-7", 4: "34084-4", 5: "44425-7", 6: "34089-3"}
# The same for Japanese package inserts. Source: PMDA, instructions for package inserts of prescription drugs (2019).
_JPI = {
    1: "34066-1",
    2: "34070-3",
    3: "34089-3",
    4: "34067-9",
    5: "34067-9",
    6: "34068-7",
    7: "34068-7",
    8: "43685-7",
    9: "43684-0",
    10: "34073-7",
    11: "34084-4",
    13: "34088-5",
    14: "43685-7",
    15: "43685-7",
    16: "43682-4",
    17: "34092-7",
    18: "34090-1",
    20: "44425-7",
    22: "34069-5",
}


@dataclass(slots=True)
class _Part:
    """A section of a composition and the sections inside it."""

    path: str
    title: str = ""
    html: str = ""
    code: str = ""
    inside: dict[int, _Part] = field(default_factory=dict)


class FshReader:
    """Leaflets in FHIR Shorthand, in any language; each composition of a file is one document."""

    name = "fsh"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """Sure where an instance is declared and sections are assigned."""
        if not _HEAD.search(sample.text):
            return 0.0
        return 0.95 if _SECTIONS.search(sample.text) else 0.5 if sample.suffix == ".fsh" else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The compositions of the file in order; instances of other kinds are no documents."""
        found = False
        for instance in instances(read_text(path).replace("\r\n", "\n").replace("\r", "\n")):
            parts = _parts(instance)
            if not parts:
                continue
            found = True
            place = Place(file=path.name, record=f"Instance: {instance.id}, line {instance.line}")
            try:
                yield label_record(_label(instance, parts, place, f"{self.name}/{self.version}", options.lang))
            except ValueError as error:
                yield Unreadable(place, str(error))
        if not found:
            yield Unreadable(Place(file=path.name), "no instance with sections: not a leaflet")


def _parts(instance: Instance) -> dict[int, _Part]:
    """The outermost sections by index, with what is inside them."""
    top: dict[int, _Part] = {}
    for path, value in (instance.values or {}).items():
        steps = re.findall(r"section\[(\d+)\]", path)
        if not steps or not path.startswith("section"):
            continue
        level = top
        at = ""
        for step in steps:
            at += f".section[{step}]" if at else f"section[{step}]"
            part = level.setdefault(int(step), _Part(at))
            level = part.inside
        leaf = path[len(at) + 1 :]
        if leaf == "title":
            part.title = value
        elif leaf == "text.div":
            part.html = value
        elif leaf in {"code", "code.coding.code", "code.coding[0].code"}:
            part.code = part.code or value
    return top


def _label(instance: Instance, parts: dict[int, _Part], place: Place, reader: str, lang: str) -> Label:
    title = " ".join(_TEST_MARK.sub("", instance.get("title")).split()) or instance.id
    key = instance.get("identifier.value", "identifier[0].value")
    label = Label(
        text=CanonicalText(title),
        title=title,
        place=place,
        reader=reader,
        key=instance.id if _NO_IDENTITY.search(key) else key,
        revision=instance.get("version", "meta.versionId"),
        effective=iso_date(instance.get("date")),
        lang=lang or instance.get("language")[:2].lower(),
    )
    names = names_in_title(title)
    label.generics = [names.generic]
    label.brands = [names.brand or _STRENGTH.sub("", subject_of(title)).strip(" -–,®")]
    codes = _codes(parts)
    for part in parts.values():
        _write(part, (), label, codes)
    return label


def _codes(parts: dict[int, _Part]) -> dict[str, str]:
    """The section codes by path, where the headings are numbered as a leaflet template numbers them."""
    everything = [part for top in parts.values() for part in (top, *top.inside.values())]
    numbered = {part.path: int(match[1]) for part in everything if (match := _NUMBERED.match(part.title))}
    numbers = set(numbered.values())
    if any("pmda.jp" in part.code for part in everything):
        return {path: _JPI[number] for path, number in numbered.items() if number in _JPI}
    if numbers == set(_QRD):
        return {path: _QRD[number] for path, number in numbered.items()}
    return {}


def _write(part: _Part, parents: tuple[Section, ...], label: Label, codes: dict[str, str]) -> None:
    body = _text(part.html)
    if part.title.strip() or body:
        inherited = "42229-5" if parents and part.path not in codes else ""
        code = codes.get(part.path, "") or inherited
        parents = (*parents, label.text.section(part.title, body, code=code, parents=parents))
    for inner in part.inside.values():
        _write(inner, parents, label, codes)


def _text(div: str) -> str:
    """The text of a section's XHTML; leaflets often write their lists as lines that begin with a dash."""
    if not div.strip():
        return ""
    page = '<meta charset="utf-8">' + _DASHED_LINE.sub("<br/>", div)
    text = Markup().text(parse_html(page.encode("utf-8", "replace")))
    return "" if _UNAVAILABLE.match(text) else text
