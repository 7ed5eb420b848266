"""A column mapping: what `--map FILE.yaml` says about the columns of a table or the keys of JSON records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medrag.errors import IngestError
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import DraftFact
from medrag.ingest.readers.fields import scalar_text
from medrag.kb.prepared import EntityRef
from medrag.kb.terms import drug_ref
from medrag.types import EntityKind

__all__ = ["ColumnMap", "FactColumns", "SectionColumn", "list_of", "value_of"]

_KEYS = ("title", "title_kind", "key", "maker", "effective", "lang", "source", "sections", "names", "ignore", "facts")
_FACT_KEYS = ("subject", "subject_kind", "relation", "relation_column", "object", "object_kind", "separator")
_SHOWN = 300  # characters of the columns that are named in a message
_DRUG_KINDS = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION})


@dataclass(frozen=True, slots=True)
class SectionColumn:
    """The heading under which a column's text is printed, and the section code where the mapping gives one."""

    heading: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class FactColumns:
    """Facts that rows state: the subject's and the object's columns and kinds, and the relation or its column.

    `separator` cuts the object's cell into several; without one it is one object (a JSON list is several anyway).
    """

    subject: str
    object: str
    subject_kind: str = ""
    object_kind: str = ""
    relation: str = ""
    relation_column: str = ""
    separator: str = ""

    def facts(self, record: Mapping[str, Any], section: int) -> list[DraftFact]:
        """The facts of one record, none where a cell that they need is empty."""
        subject = scalar_text(value_of(record, self.subject)).strip()
        relation = self.relation or scalar_text(value_of(record, self.relation_column)).strip()
        objects = list_of(value_of(record, self.object), self.separator)
        if not subject or not relation:
            return []
        subject_ref = entity(subject, self.subject_kind)
        return [DraftFact(subject_ref, relation, entity(name, self.object_kind), section) for name in objects]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A checked mapping. `lang` and `source` hold for the whole file; all other values are names of columns."""

    title: str = ""
    title_kind: str = ""
    key: str = ""
    maker: str = ""
    effective: str = ""
    lang: str = ""
    source: str = ""
    sections: Mapping[str, SectionColumn] | None = None
    names: Mapping[str, str] | None = None
    ignore: tuple[str, ...] = ()
    facts: tuple[FactColumns, ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, object]) -> ColumnMap:
        """The mapping that a yaml file or options hold; `IngestError` says what of it cannot be understood."""
        unknown = sorted(map(str, set(mapping) - set(_KEYS)))
        if unknown:
            raise IngestError(f"mapping: unknown key {unknown[0]!r} (known are {', '.join(_KEYS)})")
        made = cls(
            **{key: _word(mapping, key) for key in _KEYS[:7]},
            sections={str(name): _section(name, value) for name, value in _pairs(mapping, "sections").items()},
            names={str(name): str(value) for name, value in _pairs(mapping, "names").items()},
            ignore=tuple(_words(mapping, "ignore")),
            facts=tuple(_fact(fact) for fact in _list(mapping, "facts")),
        )
        if not made.facts and not (made.title and made.sections):
            raise IngestError(
                "mapping: wanted `title` with `sections`, or `facts`; seen " + (", ".join(map(str, mapping)) or "nothing")
            )
        return made

    def columns(self) -> list[str]:
        """Every column that the mapping names."""
        single = [self.title, self.key, self.maker, self.effective]
        facts = [name for fact in self.facts for name in (fact.subject, fact.object, fact.relation_column)]
        return [name for name in (*single, *(self.sections or ()), *(self.names or ()), *facts) if name]

    def check(self, records: Iterable[Mapping[str, Any]], file: str) -> None:
        """Raises `IngestError` where a named column is in none of the records."""
        there: dict[str, None] = {}
        found: set[str] = set()
        wanted = self.columns()
        for record in records:
            there.update(dict.fromkeys(map(str, record)))
            found.update(name for name in wanted if has_column(record, name))
        missing = [name for name in wanted if name not in found]
        if missing:
            raise IngestError(
                f"{file}: the mapping names a column {missing[0]!r}; the columns there are: {' '.join(', '.join(there).split())[:_SHOWN] or 'none'}"
            )


def entity(name: str, kind: str) -> EntityRef:
    """The entity that a cell names: a drug by the rule for drugs, else of the kind that the mapping says."""
    if kind in {"drug", *_DRUG_KINDS}:
        return drug_ref(name)
    return EntityRef(EntityKind(kind) if kind else EntityKind.THING, name)


def has_column(record: Mapping[str, Any], column: str) -> bool:
    """Whether the record has the column, or the nested key that its dots name."""
    if column in record:
        return True
    head, dot, rest = column.partition(".")
    inner = record.get(head) if dot else None
    return isinstance(inner, Mapping) and has_column(inner, rest)


def value_of(record: Mapping[str, Any], column: str) -> Any:
    """The value of a column; `a.b` also means the key b of the object a. None where it is absent."""
    if not column or column in record:
        return record.get(column) if column else None
    head, dot, rest = column.partition(".")
    inner = record.get(head) if dot else None
    return value_of(inner, rest) if isinstance(inner, Mapping) else None


def list_of(value: object, separator: str) -> list[str]:
    """The values of a cell that may hold several, without blanks around and without empty ones, each once."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    texts = [cell_text(scalar_text(part)) for part in parts]
    cut = [piece for text in texts for piece in (text.split(separator) if separator else [text])]
    return list(dict.fromkeys(piece.strip() for piece in cut if piece.strip()))


def _word(mapping: Mapping[str, object], key: str) -> str:
    value = mapping.get(key, "")
    if value is None or isinstance(value, (list, dict)):
        raise IngestError(f"mapping: `{key}` wants one name, not {value!r}")
    if key == "title_kind":
        _check_kind(str(value))
    return str(value)


def _words(mapping: Mapping[str, object], key: str) -> list[str]:
    return [str(value) for value in _list(mapping, key)]


def _list(mapping: Mapping[str, object], key: str) -> list[object]:
    value = mapping.get(key) or []
    if not isinstance(value, list):
        raise IngestError(f"mapping: `{key}` wants a list, not {value!r}")
    return value


def _pairs(mapping: Mapping[str, object], key: str) -> Mapping[object, object]:
    value = mapping.get(key) or {}
    if isinstance(value, list):
        return {name: name for name in value}
    if not isinstance(value, Mapping):
        raise IngestError(f"mapping: `{key}` wants columns with what they mean, not {value!r}")
    return value


def _section(column: object, value: object) -> SectionColumn:
    if isinstance(value, Mapping):
        return SectionColumn(str(value.get("heading") or column), str(value.get("code") or ""))
    return SectionColumn(str(value or column))


def _fact(value: object) -> FactColumns:
    if not isinstance(value, Mapping) or set(value) - set(_FACT_KEYS):
        raise IngestError(f"mapping: a fact wants {', '.join(_FACT_KEYS)}, not {value!r}")
    fact = FactColumns(**{"subject": "", "object": "", **{str(key): str(text) for key, text in value.items()}})
    if not fact.subject or not fact.object or not (fact.relation or fact.relation_column):
        raise IngestError(f"mapping: a fact wants `subject`, `object` and `relation` (or `relation_column`), not {value!r}")
    _check_kind(fact.subject_kind)
    _check_kind(fact.object_kind)
    return fact


def _check_kind(kind: str) -> None:
    kinds = ["drug", *(known.value for known in EntityKind)]
    if kind and kind not in kinds:
        raise IngestError(f"mapping: {kind!r} is no kind of entity (known are {', '.join(kinds)})")
