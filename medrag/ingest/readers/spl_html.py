"""Drug labels as DailyMed's web pages print them: HTML whose sections carry `data-sectionCode`; one page or a zip of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medrag.ingest.archives import zip_members
from medrag.ingest.canonical import CanonicalText, clean
from medrag.ingest.encodings import MAX_TEXT_BYTES
from medrag.ingest.json_text import Bad
from medrag.ingest.readers.drug_label import Ingredient, Label, iso_date, label_record, unwritten
from medrag.ingest.readers.markup import Markup, parse_html, plain
from medrag.ingest.readers.spl_products import PRODUCT_DATA, Product, Products
from medrag.ingest.records import Raw, ReadOptions, ReadRecord, Unreadable, from_raw
from medrag.ingest.sample import Sample
from medrag.types import Place, Section

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["SplHtmlReader"]

_NEXT_PAGE = re.compile(rb"(?<=</html>)\s*(?=<(?:\?xml|!doctype|html)\b)", re.I)
_CODE = "data-sectioncode"  # as an HTML parser spells it
_MARK = re.compile(r"<\w+\s[^<>]*\bdata-sectionCode\s*=", re.I)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BOXED_WARNING = "34066-1"
_SET_ID = re.compile(r"\bSet\s*id:\s*([0-9A-Za-z-]{8,40})", re.I)
_VERSION = re.compile(r"\bVersion:\s*(\d+)")
_EFFECTIVE = re.compile(r"\bEffective\s+Time:\s*(\d{4,8})", re.I)
_SET_ID_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class SplHtmlReader:
    """Labels in HTML: every element with a section code is a section, nested as the elements are.

    Two parts that the pages print outside these elements are kept too: the boxed warning, as a section of its own,
    and the tables of ingredients, in the section of product data, which the pages leave empty.
    """

    name = "spl-html"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """Sure where an element carries a section code; of a zip, where it holds pages (the first is looked at)."""
        if sample.members:
            return 0.95 if self._first_page_is_label(sample) else 0.0
        return 0.95 if _MARK.search(sample.text) else 0.0

    def _first_page_is_label(self, sample: Sample) -> bool:
        if not any(name.lower().endswith((".html", ".htm")) for name in sample.members):
            return False
        first = next((data for _, data in zip_members(sample.path, sample.path.name, (".html", ".htm"))), b"")
        return not isinstance(first, Bad) and _MARK.search(first.decode("latin_1")) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The labels of the file, members of a zip in its order."""
        return from_raw(self, path, options)

    def raw(self, path: Path, options: ReadOptions) -> Iterator[Raw | Unreadable]:
        """The pages."""
        with path.open("rb") as raw:
            zipped = raw.read(4) == b"PK\x03\x04"
        if not zipped and path.stat().st_size > MAX_TEXT_BYTES:
            yield Unreadable(Place(file=path.name), f"larger than {MAX_TEXT_BYTES:,} bytes: no single label is")
        elif not zipped:
            yield from _pages(path.read_bytes(), Place(file=path.name))
        else:
            for name, data in zip_members(path, path.name, (".html", ".htm")):
                place = Place(file=path.name, record=name)
                if isinstance(data, Bad):
                    yield Unreadable(place, data.reason)
                else:
                    yield from _pages(data, place)

    def made(self, raw: Raw, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """The label of one page."""
        yield self._label(raw.value, raw.place, options)

    def _label(self, data: bytes, place: Place, options: ReadOptions) -> ReadRecord | Unreadable:
        try:
            page = _Page(parse_html(data), place)
            if not page.sections:
                return Unreadable(place, "no element with data-sectionCode: not a label page")
            return label_record(page.label(f"{self.name}/{self.version}", options.lang or page.lang))
        except ValueError as error:
            return Unreadable(place, str(error))


def _pages(data: bytes, place: Place) -> Iterator[Raw]:
    # Pages saved one behind another in one file exist, mostly the same page twice; a parser sees the first only.
    pages = list(dict.fromkeys(page.strip() for page in _NEXT_PAGE.split(data)))
    for number, page in enumerate(pages, start=1):
        record = f"{place.record} page {number}".strip() if len(pages) > 1 else place.record
        yield Raw(Place(file=place.file, record=record), page)


class _Page:
    """One page and where its parts are."""

    def __init__(self, root: _Element, place: Place) -> None:
        self._place = place
        self._root = root
        self.sections = _sections(root)
        self.lang = (root.get("lang") or "")[:2].lower()

    def label(self, reader: str, lang: str) -> Label:
        """The label, its text written."""
        names = _names(self._root)
        text = CanonicalText(names.title)
        details = " ".join(plain(found) for found in _by_class(self._root, "DocumentMetadata"))
        in_name = _SET_ID_NAME.search(self._place.record or self._place.file)
        ingredients = self._write(text, names.products)
        return Label(
            text=text,
            title=names.title,
            place=self._place,
            reader=reader,
            key=(_first(_SET_ID, details) or (in_name[0] if in_name else "")).lower(),
            revision=_first(_VERSION, details),
            effective=iso_date(_first(_EFFECTIVE, details)),
            maker=names.maker,
            lang=lang,
            brands=names.products.brands,
            generics=names.products.generics,
            ingredients=ingredients,
        )

    def _write(self, text: CanonicalText, products: Products) -> list[Ingredient]:
        inner = set(self.sections)
        written: dict[_Element, Section] = {}
        ingredients: list[Ingredient] = []
        for element in self.sections:
            code = element.get(_CODE, "").strip() or (_BOXED_WARNING if _is_boxed(element) else "")
            heading = _heading(element, inner)
            parents = tuple(written[outer] for outer in reversed(list(element.iterancestors())) if outer in written)
            body = Markup(lambda child, heading=heading: child is heading or child in inner).text(element)  # type: ignore[misc] # a default binds the loop's value; mypy cannot type it
            title = plain(heading)
            if code == PRODUCT_DATA and not body:
                ingredients += products.write(text, title)
            elif title or body:
                written[element] = text.section(title, body, code=code, parents=parents)
            else:
                written[element] = unwritten(code)
        return ingredients


def _sections(root: _Element) -> list[_Element]:
    """The elements with a section code, and boxed warnings that stand outside them and outside the highlights."""
    found = [element for element in root.iter() if element.get(_CODE) is not None or _is_boxed(element)]
    return found if any(element.get(_CODE) is not None for element in found) else []


def _is_boxed(element: _Element) -> bool:
    if element.tag != "div" or not _has_class(element, "Warning") or element.get(_CODE) is not None:
        return False
    return not any(_has_class(outer, "Highlights") or outer.get(_CODE) is not None for outer in element.iterancestors())


def _has_class(element: _Element, name: str) -> bool:
    return name in (element.get("class") or "").split()


def _by_class(root: _Element, name: str) -> list[_Element]:
    return [element for element in root.iter() if _has_class(element, name)]


def _heading(section: _Element, inner: set[_Element]) -> _Element | None:
    """The first h1–h6 inside the section but outside the sections in it."""
    for element in section.iter(*_HEADINGS):
        around = next((outer for outer in element.iterancestors() if outer in inner), None)
        if around is section:
            return element
    return None


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


class _Names:
    """What the top of a page says: the printed title, the maker, and the products with their ingredients."""

    def __init__(self, title: str, maker: str, products: Products) -> None:
        self.title = title
        self.maker = maker
        self.products = products


def _names(root: _Element) -> _Names:
    tops = [element for element in _by_class(root, "DocumentTitle") if element.tag == "p"]
    bold = [element for top in tops for element in top.iter("strong", "b")]
    products = [product for element in bold if (product := _product(element)).brand or product.generic]
    title = clean(plain(bold[0])) if bold else plain(next(root.iter("title"), None)) or plain(next(root.iter("h1"), None))
    maker = clean(" ".join(Markup(lambda child: child in bold).text(top) for top in tops[:1])).replace("\n", " ")
    _add_ingredients(root, products)
    return _Names(title or "Untitled label", maker, Products(products))


def _product(bold: _Element) -> Product:
    """The product in `BRAND- generic name<nbsp>form`: the no-break space is what parts the name from the form."""
    raw = "".join(str(piece) for piece in bold.itertext())
    brand, dash, rest = (part.strip(" \n\t\r") for part in _split_at_dash(raw))
    generic, _, form = rest.strip().partition("\xa0")
    return Product(
        brand=" ".join(brand.split()), generic=" ".join(generic.split()), form=" ".join(form.split()) if dash else ""
    )


def _split_at_dash(raw: str) -> tuple[str, str, str]:
    match = re.search(r"[-–]\s", raw)
    return (raw[: match.start()], "-", raw[match.end() :]) if match else (raw, "", "")


def _add_ingredients(root: _Element, products: list[Product]) -> None:
    """Adds what the tables of ingredients say to the products, in order (a page prints one group of tables a product)."""
    number = -1
    for table in root.iter("table"):
        if _has_class(table, "contentTablePetite"):
            number += 1
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
        kind = plain(rows[0]).casefold() if rows else ""
        product = products[min(max(number, 0), len(products) - 1)] if products else None
        if product is None or not kind.startswith(("active ingredient", "inactive ingredient")):
            continue
        for row in rows[1:]:
            cells = row.findall("td")
            if len(cells) >= 2 and cells[0].find("strong") is not None:
                _add_row(product, cells, active=kind.startswith("active"))


def _add_row(product: Product, cells: list[_Element], *, active: bool) -> None:
    name = plain(cells[0].find("strong"))
    if not active:
        product.inactive.append(name)
        return
    said = plain(cells[0])
    unii = re.search(r"\(\s*UNII:\s*([0-9A-Z]{10})\s*\)", said)
    moiety = re.search(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$", said[len(name) :])
    base, _, code = (moiety[1] if moiety else "").partition(" - UNII:")
    one = Ingredient(name, unii[1] if unii else "", "" if base.startswith("UNII:") else base.strip(), code.strip())
    product.active.append((one, plain(cells[-1])))
