"""The medicines of a list as a check needs them: what each is called, what it is made of, its classes, and its labels as read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from medrag.answer.safety.label import Label, known_names
from medrag.answer.safety.made_of import (
    composition,
    holding,
    is_substance,
    kinds_said,
    of_title,
    parts_of,
)
from medrag.answer.safety.which_labels import MAX_LABELS, documents_of, joined, titled, unjoined, whole
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.linking import substances_of
from medrag.kb.memory import Memory, memory_of
from medrag.kb.terms import name_variants
from medrag.kb.terms.classes import DrugClass, class_named, classes_of
from medrag.kb.terms.compounds import ingredients_of
from medrag.kb.terms.foods import Food, food_named
from medrag.kb.terms.herbs import herb_names
from medrag.kb.terms.membership import class_spellings, memberships
from medrag.kb.terms.shipped import rows_of
from medrag.retrieve.subjects import DRUG_KINDS
from medrag.types import DocumentInfo, Entity, EntityKind

__all__ = ["Substance", "Taken", "label_of", "taken"]

T = TypeVar("T")
LABELS_KEPT, MEDICINES_KEPT = 600, 2_000
MIN_ASCII = 3  # letters of a name that may stand in prose
MIN_BRAND = 4  # letters of a brand that is no word beside
MAX_NEAR = 3


@dataclass(frozen=True, slots=True)
class Substance:
    """One thing that a medicine is made of: what tells it from others, its folded names, and its classes."""

    key: str
    shown: str
    names: frozenset[str]
    classes: tuple[DrugClass, ...]


@dataclass(frozen=True)
class Taken:
    """A medicine of the list. `terms` are the names by which labels may speak of it: what a name stands for, by the name.

    The value is "" for the medicine itself, else the ingredient or class that the name is of.
    """

    name: str
    known: bool
    called: tuple[str, ...]
    ids: tuple[str, ...]
    substances: tuple[Substance, ...]
    labels: tuple[Label, ...]
    food: Food | None = None
    near: tuple[str, ...] = ()
    _remembered: dict[str, object] = field(default_factory=dict, compare=False)

    def remembered(self, key: str, make: Callable[[], T]) -> T:
        """What `make` works out of the medicine, once."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]  # type: ignore[return-value]  # stored under its own key

    @cached_property
    def names(self) -> frozenset[str]:
        """Its own folded names and those of what it is made of."""
        return frozenset(self.called).union(*(one.names for one in self.substances))

    @cached_property
    def classes(self) -> tuple[DrugClass, ...]:
        """The classes that one of its substances belongs to, nearest first."""
        found = {one.zh[0]: one for substance in self.substances for one in substance.classes}
        return tuple(found.values())

    @cached_property
    def class_names(self) -> dict[str, DrugClass]:
        """The classes by every folded spelling of theirs."""
        return {spelling: one for one in reversed(self.classes) for spelling in class_spellings(one)}

    @cached_property
    def terms(self) -> dict[str, str]:
        """Every folded name under which a label may speak of it, with the ingredient or class that it is of."""
        found = {spelling: one.zh[0] for spelling, one in self.class_names.items()}
        if self.food is not None:
            found.update(dict.fromkeys(map(fold, (*self.food.zh, *self.food.en)), ""))
        for one in self.substances:
            found.update(dict.fromkeys(one.names, one.shown if len(self.substances) > 1 else ""))
        found.update(dict.fromkeys(self.called, ""))
        return {name: via for name, via in found.items() if _is_searchable(name)}

    @cached_property
    def unlisted(self) -> tuple[str, ...]:
        """Its names that no table knows, so that reading a label did not look for them."""
        return tuple(name for name in self.terms if name not in known_names())

    @cached_property
    def keys(self) -> frozenset[str]:
        """What tells its substances from others."""
        return frozenset(one.key for one in self.substances)

    @cached_property
    def status(self) -> str:
        """Whether it is sold on prescription only or without, as its labels say; `both` where that differs by product."""
        said = {label.status for label in self.labels if label.status}
        return "both" if len(said) > 1 else next(iter(said), "")

    @property
    def covered(self) -> bool:
        """Whether the knowledge base has a label of it."""
        return bool(self.labels)


def label_of(info: DocumentInfo, kb: KnowledgeBase) -> Label:
    """The label of a current document, read once per commit."""
    key = (info.source, info.key, info.version)
    return _labels(kb).kept(key, lambda: Label(kb.document(info.key, source=info.source)))


def _labels(kb: KnowledgeBase) -> Memory:
    return memory_of(kb, "labels", LABELS_KEPT)


def taken(name: str, kb: KnowledgeBase, classes: Sequence[DrugClass] = ()) -> Taken:
    """The medicine that a name means; `known` is false where nobody knows the name, and then `near` are names like it."""
    return memory_of(kb, "medicines", MEDICINES_KEPT).kept((name, tuple(classes)), lambda: _meant(name, kb, classes))


def _meant(name: str, kb: KnowledgeBase, classes: Sequence[DrugClass]) -> Taken:
    text = fold(name)
    mentions = whole(text, kb)
    class_ = class_named(text)
    if class_ is None and not mentions and not rows_of(text) and (class_ := _class_of(text)) is not None:
        text = fold(class_.zh[0])
    entities = _entities(mentions)
    food = food_named(text)
    herb = text in herb_names()
    shipped = (
        rows_of(text) or rows_of(name_variants(text)[-1]) or ingredients_of(text) or joined(text, mentions) or classes_of(text)
    )
    by_title = [] if entities or shipped or food or class_ or herb else list(titled(text, kb))
    if by_title:
        labels = tuple(label_of(info, kb) for info in by_title[:MAX_LABELS])
        return Taken(name, True, (text,), (), tuple(_substances(text, (text,), (), labels, kb, classes)), labels)
    if not entities and not shipped and food is None and class_ is None and not herb:
        near = tuple(_near(name, kb))
        same = unjoined(text, near)
        if not same or fold(same) == text:
            return Taken(name, False, (), (), (), (), near=near)
        return replace(_meant(same, kb, classes), name=name)
    infos = documents_of(text, mentions, entities, kb) if food is None or food.remedy else []  # alcohol is drunk, no hand rub
    labels = tuple(label_of(info, kb) for info in infos)
    called = tuple(dict.fromkeys(_called(text, mentions, entities, kb)))
    substances = tuple(_substances(text, called, entities, labels, kb, classes, joined(text, mentions)))
    return Taken(name, True, called, tuple(e.id for e in entities), substances, labels, food)


def _class_of(text: str) -> DrugClass | None:
    """The class that the stem of its members means: 头孢, 他汀, 沙坦."""
    return next((one for end in ("类", "类药", "类抗生素", "药") if (one := class_named(text + end)) is not None), None)


def _entities(mentions: Iterable[Mention]) -> tuple[Entity, ...]:
    found = {e.id: e for mention in mentions for e in mention.entities if e.kind in DRUG_KINDS}
    return tuple(found.values())


def _near(name: str, kb: KnowledgeBase) -> Iterator[str]:
    for one in kb.normalise(name, kind="drug", k=MAX_NEAR):
        yield one.entity.name


def _called(text: str, mentions: Sequence[Mention], entities: Sequence[Entity], kb: KnowledgeBase) -> Iterator[str]:
    """The folded names of the medicine as a whole."""
    yield text
    yield from name_variants(text)
    if len(mentions) > 1:
        return
    for mention in mentions:
        yield mention.name
    for entity in entities:
        yield fold(entity.name)
        yield from (fold(name) for name, kind in kb.names(entity.id) if kind != "code" and _is_name(name))


def _is_searchable(name: str) -> bool:
    """Whether a name can be looked for in prose: not 40, nor a letter or two."""
    return len(name) >= (MIN_ASCII if name.isascii() else 2) and any(character.isalpha() for character in name)


def _is_name(name: str) -> bool:
    folded = fold(name)
    return len(folded) >= 2 and class_named(folded) is None and food_named(folded) is None and not folded.isdigit()


def _substances(
    text: str,
    called: Sequence[str],
    entities: Sequence[Entity],
    labels: Sequence[Label],
    kb: KnowledgeBase,
    classes: Sequence[DrugClass],
    parts: Sequence[str] = (),
) -> Iterator[Substance]:
    """What the medicine is made of: what facts, its names and its label's section on composition say, each once."""
    held = next((held for name in called if (held := ingredients_of(name))), ())
    names = list(parts or held) or [*_of_facts(entities, kb)] + [part for name in called for part in parts_of(name)]
    if len({min(substances_of(name)) for name in names}) < 2 and labels and labels[0].lang == "zh" and not held:
        names += composition(labels[0])
    if labels and not any(is_substance(one) for one in (text, *names)):
        names = (holding(labels[0]) if labels[0].lang == "zh" else of_title(labels[0])) or names
    kinds = list(kinds_said(labels[0])) if labels and labels[0].lang == "zh" else []
    names = [name for name in names if _is_searchable(fold(name))] or [_base(text, entities)]
    found: dict[str, Substance] = {}
    for name in names:
        key = next((one for one in sorted(substances_of(name)) if _is_searchable(one)), fold(name))
        if key not in found and not (len(names) > 1 and parts_of(name)):
            own = tuple(dict.fromkeys(_names_of(name, kb)))  # in their order, on which that of its classes hangs
            printed = name_variants(text) if len(names) == 1 else []
            of = memberships((*own, *printed, *kinds, *_classes_said(name, kb)), classes)
            found[key] = Substance(key, name, frozenset(own), of)
    yield from found.values()


def _base(text: str, entities: Sequence[Entity]) -> str:
    """What a medicine of one substance is called without form and salt, where the tables or the knowledge base know it."""
    variants = [variant for variant in name_variants(text) if _is_searchable(variant)] or [text]
    known = [variant for variant in variants if rows_of(variant)] or [fold(e.name) for e in entities]
    return known[-1] if known else variants[-1]


def _of_facts(entities: Sequence[Entity], kb: KnowledgeBase) -> Iterator[str]:
    """The ingredients that the graph states of the entities, and what they are forms of."""
    ids = {entity.id for entity in entities}
    facts = kb.facts_of(sorted(ids), ("form_of", "has_ingredient")) if ids else []
    said = [fact for fact in facts if fact.subject.id in ids and fact.object.id not in ids]
    contained = [fact.object.name for fact in said if fact.relation == "has_ingredient"]
    yield from dict.fromkeys(contained or [fact.object.name for fact in said if fact.object.kind is EntityKind.SUBSTANCE])


def _names_of(name: str, kb: KnowledgeBase) -> Iterator[str]:
    """The folded names of a substance: as it is called, in the shipped table, and in the knowledge base."""
    variants = name_variants(name)
    yield from variants
    for row in next((rows for variant in variants if (rows := rows_of(variant))), ()):
        yield from (one for one in row.names if _is_name(one))
        yield from (brand for brand in row.brands if len(rows_of(brand)) == 1 and len(brand) >= MIN_BRAND)  # with Antabuse
    for entity in kb.entity(variants[-1]):
        if entity.kind in (EntityKind.SUBSTANCE, EntityKind.PREPARATION):
            yield from (fold(other) for other, kind in kb.names(entity.id) if kind != "code" and _is_name(other))


def _classes_said(name: str, kb: KnowledgeBase) -> Iterator[str]:
    """The names of classes to which graphs say that a substance belongs."""
    ids = [entity.id for entity in kb.entity(name_variants(name)[-1]) if entity.kind in DRUG_KINDS]
    for fact in kb.facts_of(ids, ("belongs_to_class",)) if ids else ():
        if fact.subject.id in ids and class_named(fact.object.name) is not None:
            yield fold(fact.object.name)
