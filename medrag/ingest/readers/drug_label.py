"""A drug label as a record: what the US and EU readers have in common once a file is taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.records import ReadRecord
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.kb.terms import drug_ref
from medrag.sections import group_of
from medrag.types import Document, DocumentKind, EntityKind, Place, Section

__all__ = [
    "Ingredient",
    "Label",
    "TitleNames",
    "generic_ref",
    "iso_date",
    "label_record",
    "language_of",
    "names_in_title",
    "printed_name",
    "subject_of",
    "unwritten",
]

MAX_TITLE_CHARS = 160  # a longer printed title is a paragraph about the label, not a name
MAX_PRINTED_CHARS = 2000  # of a title that are looked at: the highlights' preamble is a tenth of it
_DATE = re.compile(r"^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")
_HAN = re.compile(r"[一-鿿]")
_KANA = re.compile(r"[぀-ヿ]")
_HIGHLIGHTS = re.compile(
    r"these highlights do not include all the information.*?full\s+prescribing\s+information\s+for", re.I | re.S
)
_APPROVAL = re.compile(r"\s*initial\s+u\.?\s?s\.?\s+approval:?\s*(?:\d{4})?.*$", re.I | re.S)
_NOT_A_NAME = re.compile(
    r"^(?:drug facts?|(?:full )?prescribing information|package (?:leaflet|insert)|untitled|label)\W*$", re.I
)
_LABEL_WORDS = re.compile(
    r"(?:\bdrug facts\b|\bprescribing information\b|\bpackage (?:leaflet|insert)\b|\blabel(?:ing)?\b|说明书).*$", re.I
)
_MARKS = re.compile(r"\s*[®™©]|\s*\((?:R|TM)\)")
_PARENTHESES = re.compile(r"^(?P<brand>[^()（）]+?)\s*[(（](?P<generic>[^()（）]{3,})[)）]")
_DASHED = re.compile(r"^(?P<brand>.+?)\s*[-–—]\s+(?P<generic>\S.*)$")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An active ingredient and its moiety as a label's product data name them, each with its UNII where given.

    `product` is the brand or generic name of the product that contains it (empty: every product of the label);
    `start` and `end` are the span of the canonical text that says so.
    """

    name: str
    unii: str = ""
    moiety: str = ""
    moiety_unii: str = ""
    product: str = ""
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Label:
    """What a reader found out about one label, with its text already written to `text`."""

    text: CanonicalText
    title: str
    place: Place
    reader: str
    key: str = ""
    revision: str = ""
    effective: str = ""
    maker: str = ""
    lang: str = ""
    brands: list[str] = field(default_factory=list)
    generics: list[str] = field(default_factory=list)
    ingredients: list[Ingredient] = field(default_factory=list)


def label_record(label: Label) -> ReadRecord:
    """The record of a label: the document, its names, what it is about, and what its products contain."""
    generics = _unlike(label.generics)
    brands = [brand for brand in _unlike(label.brands) if fold(brand) not in {fold(name) for name in generics}]
    refs = [generic_ref(name) for name in generics]
    products = [EntityRef(EntityKind.PRODUCT, name) for name in brands]
    about = (*refs, *products) or (drug_ref(subject_of(label.title)),)
    names = [NameOf(ref, ref.name, "generic") for ref in refs] + [NameOf(ref, ref.name, "brand") for ref in products]
    codes = {(_substance_ref(one), one.unii): None for one in label.ingredients if one.unii}
    names += [NameOf(ref, unii, "code") for ref, unii in codes]
    document = Document(
        source="",
        key=label.key,
        revision=label.revision,
        effective=label.effective,
        title=label.title,
        maker=label.maker,
        kind=DocumentKind.LABEL,
        lang=label.lang or language_of(label.text.text()),
        place=label.place,
        reader=label.reader,
        text=label.text.text(),
        sections=tuple(label.text.sections),
    )
    return ReadRecord(
        document=document,
        names=tuple(names),
        statements=tuple(_statements(label.ingredients, [*products, *refs])),
        about=about,
        unmapped=tuple(label.text.unmapped),
    )


def _statements(ingredients: list[Ingredient], products: list[EntityRef]) -> list[Statement]:
    """What contains what, and which salt is a form of what; each once, with the first line that says so."""
    found: dict[tuple[str, str, str], Statement] = {}
    for one in ingredients:
        substance = _substance_ref(one)
        containers = [ref for ref in products if fold(ref.name) == fold(one.product)] if one.product else products
        said = [(ref, "has_ingredient", substance) for ref in containers if fold(ref.name) != fold(one.name)]
        if one.moiety and substance.kind is EntityKind.PREPARATION:
            said.append((substance, "form_of", EntityRef(EntityKind.SUBSTANCE, one.moiety, one.moiety_unii)))
        for subject, relation, thing in said:
            found.setdefault((subject.id, relation, thing.id), Statement(subject, relation, thing, one.start, one.end))
    return list(found.values())


def _substance_ref(one: Ingredient) -> EntityRef:
    if not one.moiety:
        return EntityRef(drug_ref(one.name).kind, one.name, one.unii)
    salt = fold(one.moiety) != fold(one.name)
    return EntityRef(EntityKind.PREPARATION if salt else EntityKind.SUBSTANCE, one.name, one.unii)


def _unlike(names: list[str]) -> list[str]:
    """The names without blanks around, empty ones, and ones that fold to an earlier one."""
    seen: dict[str, str] = {}
    for name in names:
        name = " ".join(name.split())
        if name:
            seen.setdefault(fold(name), name)
    return list(seen.values())


def generic_ref(name: str) -> EntityRef:
    """The entity of a generic name; one that lists several substances is a preparation."""
    if re.search(r"\s(?:and|with|/)\s|[,;/+]\s*\S", name):
        return EntityRef(EntityKind.PREPARATION, name.strip())
    return drug_ref(name)


@dataclass(frozen=True, slots=True)
class TitleNames:
    """The brand and the generic name that a printed title holds; empty where it holds none."""

    brand: str = ""
    generic: str = ""


def names_in_title(title: str) -> TitleNames:
    """The names in `BRAND (generic) form` or in DailyMed's `BRAND- generic form`."""
    plain = _MARKS.sub("", title[:MAX_PRINTED_CHARS])
    match = _PARENTHESES.match(plain) or _DASHED.match(plain)
    if match is None:
        return TitleNames()
    generic = match["generic"].strip()
    if not re.search(r"[^\W\d_]{4}", generic) or generic[0].isdigit():
        return TitleNames()  # a strength in parentheses
    return TitleNames(match["brand"].strip(), generic)


def printed_name(title: str) -> str:
    """The drug's name in a printed title: without the highlights' preamble and the year of approval.

    Empty where the title names no drug ("Drug Facts") or is a paragraph.
    """
    title = title[:MAX_PRINTED_CHARS]
    rest = _HIGHLIGHTS.split(title)[-1]
    if rest != title:  # "… for HUMIRA. / HUMIRA (adalimumab) injection": the part after the first stop or line names it best
        rest = re.split(r"\.\s*(?:\n|(?=[A-Z]))|\n", rest.strip(), maxsplit=1)[-1]
    name = " ".join(_APPROVAL.sub("", rest).split()).strip(" .,;")
    return "" if _NOT_A_NAME.match(name) or len(name) > MAX_TITLE_CHARS else name


def subject_of(title: str) -> str:
    """What a title is about: the generic name in it, else the title without what only says that it is a label."""
    title = title[:MAX_PRINTED_CHARS]
    names = names_in_title(title)
    if names.generic:
        return names.generic
    plain = re.split(r"\s+[|·]\s+|,\s+for\s", _MARKS.sub("", title))[0]
    return _LABEL_WORDS.sub("", plain).strip(" -–—:,") or title


def unwritten(code: str) -> Section:
    """A section with neither heading nor text: it is no section of the document, but lends its code to those inside it."""
    return Section.model_construct(index=-1, code=code, group=group_of(code), heading="", path=(), start=0, end=0)


def iso_date(value: str) -> str:
    """The ISO date, whole or cut to year or month, at the start of `20150528`, `201505` or `2015-05-28T…`; else empty."""
    match = _DATE.match(value.strip())
    if match is None or not "1800" <= match[1] <= "2999":
        return ""
    year, month, day = match.groups()
    if not month or not 1 <= int(month) <= 12:
        return year
    return f"{year}-{month}-{day}" if day and 1 <= int(day) <= 31 else f"{year}-{month}"


def language_of(text: str) -> str:
    """`zh` where a tenth of the letters at the beginning are Han and none are kana, `ja` with kana, else `en`."""
    letters = "".join(filter(str.isalpha, text[:4000]))
    if letters.isascii():
        return "en"
    han, kana = len(_HAN.findall(letters)), len(_KANA.findall(letters))
    if kana * 20 > len(letters):
        return "ja"
    return "zh" if han * 10 > len(letters) else "en"
