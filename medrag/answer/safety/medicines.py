"""The medicines of a list as a check needs them: what each is called, what it is made of, its classes, and its labels as read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from medrag.answer.safety.label import Label, known_names
from medrag.answer.safety.made_of import (
    FORMS,
    composition,
    generic_of,
    holding,
    is_substance,
    kinds_said,
    of_title,
    parts_of,
    without_form,
)
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.linking import substances_of
from medrag.kb.memory import Memory, memory_of
from medrag.kb.terms import name_variants
from medrag.kb.terms.classes import DrugClass, class_named
from medrag.kb.terms.foods import Food, food_named
from medrag.kb.terms.herbs import herb_names
from medrag.kb.terms.membership import class_spellings, memberships
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.subjects import DRUG_KINDS, drugs_of
from medrag.types import DocumentInfo, DocumentKind, Entity, EntityKind

__all__ = ["Substance", "Taken", "label_of", "taken"]

T = TypeVar("T")
MAX_LABELS = 8  # of one medicine; a common substance has hundreds, which say the same
MAX_LABELS_LANG = 5  # of one language, where there are labels in another too
LABELS_KEPT, MEDICINES_KEPT = 600, 2_000
MIN_ASCII = 3  # letters of a name that may stand in prose
MAX_NEAR = 3
MIN_TITLED = 5  # letters of a name that is looked for in titles
_ENDING_FORM = regex(r"(?:\s+(?:tablets?|capsules?|cream|ointment|gel|lotion|drops?|spray|liquid|syrup|caplets?|gelcaps?))+$")
_BOTH_KINDS = frozenset(
    {"exact", "traditional", "shipped", "short"}
)  # how a name may be found; what was misspelt is only proposed


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
    mentions = _whole(text, kb)
    entities = _entities(mentions)
    food = food_named(text)
    class_ = class_named(text)
    herb = text in herb_names()
    shipped = rows_of(text) or rows_of(name_variants(text)[-1])
    titled = [] if entities or shipped or food or class_ or herb else list(_titled(text, kb))
    if titled:
        labels = tuple(label_of(info, kb) for info in titled[:MAX_LABELS])
        return Taken(name, True, (text,), (), tuple(_substances(text, (text,), (), labels, kb, classes)), labels)
    if not entities and not shipped and food is None and class_ is None and not herb:
        return Taken(name, False, (), (), (), (), near=tuple(_near(name, kb)))
    infos = _documents(text, mentions, entities, kb)
    labels = tuple(label_of(info, kb) for info in infos)
    called = tuple(dict.fromkeys(_called(text, mentions, entities, kb)))
    substances = tuple(_substances(text, called, entities, labels, kb, classes))
    return Taken(name, True, called, tuple(e.id for e in entities), substances, labels, food)


def _whole(text: str, kb: KnowledgeBase) -> list[Mention]:
    """The names of medicines that make up the whole text, forms and joining words aside; none where a part is left over.

    甘草 in an unknown 复方甘草清肺片 is not what is taken.
    """
    found = [m for m in kb.link(text) if m.via in _BOTH_KINDS and any(e.kind in DRUG_KINDS for e in m.entities)]
    rest = text
    for mention in sorted(found, key=lambda m: -m.start):
        rest = rest[: mention.start] + " " + rest[mention.end :]
    left = FORMS.sub(" ", rest).strip()
    variants = name_variants(text)
    if not left or any(m.name in variants or text[m.start : m.end] in variants for m in found):
        return found
    salted = " ".join(part for part in left.split() if name_variants(f"x {part}")[-1] != "x")
    return found if not salted else []


def _titled(text: str, kb: KnowledgeBase) -> Iterator[DocumentInfo]:
    """The labels whose titles begin with a name that nobody knows, where they are all of one product: Wal-Sleep Z.

    A shop's name begins the titles of many products, and names none of them.
    """
    words = _words(_ENDING_FORM.sub("", text))
    longest_word = max(words.split(), key=len, default="")
    if len(words.replace(" ", "")) < MIN_TITLED or words != words.encode("ascii", "ignore").decode():
        return
    infos = [
        d
        for d in kb.documents(called=longest_word)
        if d.kind is DocumentKind.LABEL and _words(d.title + " ").startswith(words + " ")
    ]
    made = {_words(generic_of(d.title)) for d in infos}
    if len(made) == 1 and made != {""}:
        yield from infos


def _words(text: str) -> str:
    """A name's letters and digits: children's is childrens."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(text).replace("'", "").replace("’", ""))) + (
        " " if text.endswith(" ") else ""
    )


def _entities(mentions: Iterable[Mention]) -> tuple[Entity, ...]:
    found = {e.id: e for mention in mentions for e in mention.entities if e.kind in DRUG_KINDS}
    return tuple(found.values())


def _near(name: str, kb: KnowledgeBase) -> Iterator[str]:
    for one in kb.normalise(name, kind="drug", k=MAX_NEAR):
        yield one.entity.name


def _documents(text: str, mentions: Sequence[Mention], entities: Sequence[Entity], kb: KnowledgeBase) -> list[DocumentInfo]:
    """The labels of the medicine, best first: of its own language first, and some of the other."""
    found = {(d.source, d.key): d for d in _labelled(text, mentions, kb)}
    if not found:
        about = kb.documents_about([entity.id for entity in entities])
        found = {(d.source, d.key): d for d, _, _ in about if d.kind is DocumentKind.LABEL}
    for name in _elsewhere(text):  # labels of aspirin are labels of 阿司匹林
        linked = [m for m in kb.link(name) if m.start == 0 and m.end == len(name)]
        found.update({(d.source, d.key): d for d in _labelled(name, linked, kb) if (d.source, d.key) not in found})
    infos = [d for d in found.values() if d.lang in ("zh", "en")]
    mixed = _is_mixed(text) or bool(parts_of(text))
    infos = [d for d in infos if mixed or not _is_mixed(without_form(fold(d.title)))] or infos
    infos = _each_first(infos)
    first = infos[0].lang if infos else ""
    own, other = [d for d in infos if d.lang == first], [d for d in infos if d.lang != first]
    kept = own[: MAX_LABELS_LANG if other else MAX_LABELS]
    return [*kept, *other[: MAX_LABELS - len(kept)]]


def _each_first(infos: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """The labels with those first whose title none before has: of twelve, five that say the same would leave no room."""
    first: dict[str, DocumentInfo] = {}
    again = [info for info in infos if first.setdefault(fold(info.title), info) is not info]
    return [*first.values(), *again]


def _labelled(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> Iterator[DocumentInfo]:
    for drug in drugs_of(text, mentions, kb):
        yield from (d for d in drug.documents if d.kind is DocumentKind.LABEL)


def _elsewhere(text: str) -> Iterator[str]:
    """The first name in the other language that the shipped table has for a medicine."""
    rows = next((rows for variant in name_variants(text) if (rows := rows_of(variant))), ())
    if len(rows) == 1:
        yield from [name for name in rows[0].names if name.isascii() != text.isascii()][:1]


def _is_mixed(folded: str) -> bool:
    return re.search(r"\band\b|[/+;,]|复方", folded) is not None


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
) -> Iterator[Substance]:
    """What the medicine is made of: what facts, its names and its label's section on composition say, each once."""
    names = [*_of_facts(entities, kb)] + [part for name in called for part in parts_of(name)]
    if len({min(substances_of(name)) for name in names}) < 2 and labels and labels[0].lang == "zh":
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
    for entity in kb.entity(variants[-1]):
        if entity.kind in (EntityKind.SUBSTANCE, EntityKind.PREPARATION):
            yield from (fold(other) for other, kind in kb.names(entity.id) if kind != "code" and _is_name(other))


def _classes_said(name: str, kb: KnowledgeBase) -> Iterator[str]:
    """The names of classes to which graphs say that a substance belongs."""
    ids = [entity.id for entity in kb.entity(name_variants(name)[-1]) if entity.kind in DRUG_KINDS]
    for fact in kb.facts_of(ids, ("belongs_to_class",)) if ids else ():
        if fact.subject.id in ids and class_named(fact.object.name) is not None:
            yield fold(fact.object.name)
