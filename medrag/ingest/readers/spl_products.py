"""The product data of an SPL label: brand and generic names, forms and ingredients, and the lines that say so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from medrag.ingest.canonical import CanonicalText, clean
from medrag.ingest.readers.drug_label import Ingredient
from medrag.ingest.readers.markup import plain

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["PRODUCT_DATA", "Product", "Products", "products_of"]

HL7 = "{urn:hl7-org:v3}"
PRODUCT_DATA = "48780-1"  # SPL product data elements section: no text of its own, only elements
_PARTS = (f"{HL7}partProduct", f"{HL7}partMedicine")
_WHOLES = (f"{HL7}manufacturedProduct", f"{HL7}manufacturedMedicine")
_ACTIVE = frozenset({"ACTIB", "ACTIM", "ACTIR"})  # by basis of strength: base, moiety, reference drug


@dataclass(slots=True)
class Product:
    """One product of a label (a strength, a part of a kit)."""

    brand: str
    generic: str
    form: str
    active: list[tuple[Ingredient, str]] = field(default_factory=list)  # with its strength
    inactive: list[str] = field(default_factory=list)
    part: bool = False

    @property
    def named(self) -> bool:
        """Whether its names are the label's: those of the swabs and sugar pills of a kit are not."""
        return bool(self.active) or not self.part

    @property
    def line(self) -> str:
        """The product in one line: `Brand (generic), form`."""
        name = (
            f"{self.brand} ({self.generic})"
            if self.generic and self.generic.casefold() != self.brand.casefold()
            else self.brand
        )
        return f"{name or self.generic}, {self.form}" if self.form else name or self.generic


@dataclass(slots=True)
class Products:
    """All products of a label, in document order."""

    products: list[Product]
    _written: bool = False

    @property
    def brands(self) -> list[str]:
        """The brand names."""
        return [product.brand for product in self.products if product.brand and product.named]

    @property
    def generics(self) -> list[str]:
        """The generic names."""
        return [product.generic for product in self.products if product.generic and product.named]

    @property
    def title(self) -> str:
        """A name for a label without one: the first brand with its generic name; empty without products."""
        first = next((product for product in self.products if product.brand or product.generic), None)
        return "" if first is None else Product(first.brand, first.generic, "").line

    def write(self, text: CanonicalText, heading: str) -> list[Ingredient]:
        """Writes the product data as a section, once, and returns the active ingredients with the spans of their lines."""
        lines = self._lines()
        if self._written or not lines:
            return []
        self._written = True
        section = text.section(heading, "\n".join(line for line, _ in lines), code=PRODUCT_DATA)
        found: list[Ingredient] = []
        start = section.start
        for line, said in lines:
            found += [replace(one, start=start, end=start + len(line)) for one in said]
            start += len(line) + 1
        return found

    def _lines(self) -> list[tuple[str, list[Ingredient]]]:
        """The lines with the ingredients that each names; strengths of one product stand together, without repetition."""
        blocks: dict[str, dict[str, list[Ingredient]]] = {}
        for product in self.products:
            block = blocks.setdefault(clean(product.line), {})
            for one, strength in product.active:
                line = clean(f"Active ingredient: {_described(one)}{', ' if strength else ''}{strength}")
                block.setdefault(line, [replace(one, product=product.brand or product.generic)])
            if product.inactive:
                block.setdefault(clean("Inactive ingredients: " + "; ".join(product.inactive)), [])
        return [pair for name, block in blocks.items() if name for pair in ((name, []), *block.items())]


def _described(one: Ingredient) -> str:
    return f"{one.name} ({one.moiety})" if one.moiety and one.moiety.casefold() != one.name.casefold() else one.name


def products_of(root: _Element) -> Products:
    """The products of a label, parts of kits included."""
    found: list[Product] = []
    for element in root.iter(*_WHOLES, *_PARTS):
        name = element.find(f"{HL7}name")
        if name is not None or element.find(f"{HL7}formCode") is not None:  # the outer of two nested ones has neither
            found.append(_product(element))
    return Products(found)


def _product(element: _Element) -> Product:
    form = element.find(f"{HL7}formCode")
    product = Product(
        brand=_name(element.find(f"{HL7}name")),
        generic=plain(element.find(f"*/{HL7}genericMedicine/{HL7}name")),
        form="" if form is None else form.get("displayName", "").lower(),
        part=element.tag in _PARTS,
    )
    for ingredient in element.findall(f"{HL7}ingredient"):
        substance = ingredient.find(f"{HL7}ingredientSubstance")
        if ingredient.get("classCode", "") in _ACTIVE:
            product.active.append((_ingredient(substance), _strength(ingredient)))
        elif ingredient.get("classCode") == "IACT" and (name := _substance_name(substance)):
            product.inactive.append(name)
    for old in element.findall(f"{HL7}activeIngredient"):  # the form before 2007
        product.active.append((_ingredient(old.find(f"{HL7}activeIngredientSubstance")), _strength(old)))
    for old in element.findall(f"{HL7}inactiveIngredient"):
        product.inactive.append(_substance_name(old.find(f"{HL7}inactiveIngredientSubstance")))
    product.active = [(one, strength) for one, strength in product.active if one.name]
    return product


def _name(name: _Element | None) -> str:
    """A product's name; its suffix (`<name>BRAND<suffix>Night</suffix></name>`) is a word of its own."""
    return "" if name is None else " ".join(" ".join(str(piece) for piece in name.itertext()).split())


def _substance_name(substance: _Element | None) -> str:
    return "" if substance is None else plain(substance.find(f"{HL7}name"))


def _ingredient(substance: _Element | None) -> Ingredient:
    if substance is None:
        return Ingredient("")
    moiety = substance.find(f"{HL7}activeMoiety/{HL7}activeMoiety")
    return Ingredient(
        name=_substance_name(substance),
        unii=_unii(substance),
        moiety=_substance_name(moiety),
        moiety_unii="" if moiety is None else _unii(moiety),
    )


def _unii(element: _Element) -> str:
    code = element.find(f"{HL7}code")
    return "" if code is None else code.get("code", "").strip()


def _strength(ingredient: _Element) -> str:
    """The strength as it is printed: `10 mg`, `6.25 mg in 5 mL`; empty where none is given."""
    top = ingredient.find(f"{HL7}quantity/{HL7}numerator")
    below = ingredient.find(f"{HL7}quantity/{HL7}denominator")
    if top is None or not top.get("value"):
        return ""
    amount = _amount(top)
    per = "" if below is None else _amount(below)
    return amount if per in {"", "1"} else f"{amount} in {per}"


def _amount(element: _Element) -> str:
    unit = element.get("unit", "")
    return f"{element.get('value', '')} {unit}".strip() if unit not in {"", "1"} else element.get("value", "")
