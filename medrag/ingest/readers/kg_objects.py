"""Disease objects of the QASystemOnMedicalKG kind: prose (desc, cause, prevent) and lists (symptom, check, drug …) in one object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.json_text import Bad
from medrag.ingest.kinds import entity
from medrag.ingest.readers.json_records import first_value, json_records
from medrag.ingest.readers.record import About, Origin, is_cut, one_line, scalars
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.kb.prepared import NameOf
from medrag.kb.relations import relation_of
from medrag.types import DocumentKind, EntityKind

__all__ = ["KgObjectsReader"]

# The object's fields in reading order, with the heading of the section each becomes.
_PROSE = (("desc", "疾病简介"), ("cause", "病因"), ("prevent", "预防"))
_LISTS = (
    ("symptom", "症状"),
    ("acompany", "并发症"),
    ("cure_department", "所属科室"),
    ("check", "检查"),
    ("cure_way", "治疗方法"),
    ("common_drug", "常用药物"),
    ("recommand_drug", "推荐药物"),
    ("drug_detail", "在售药品"),
    ("do_eat", "宜吃"),
    ("recommand_eat", "推荐食谱"),
    ("not_eat", "忌吃"),
)
_LINES = (
    ("easy_get", "易感人群"),
    ("get_prob", "患病比例"),
    ("get_way", "传播方式"),
    ("yibao_status", "医保"),
    ("cure_lasttime", "治疗周期"),
    ("cured_prob", "治愈率"),
    ("cost_money", "治疗费用"),
)
_ALIASES = ("alias", "别名")
_KNOWN = {name for name, _ in (*_PROSE, *_LISTS, *_LINES)} | {"_id", "name", "category", *_ALIASES}
_MIN_FIELDS = 5
_PRODUCT = re.compile(r"(.+?)[(（]([^()（）]+)[)）]")  # brand or maker before the generic name: 某某堂止咳片(止咳片)


class KgObjectsReader:
    """Reads an object as a disease page: sections of prose and lists, and the facts that the lists state."""

    name = "kg-objects"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 for objects with a name and at least five of the form's fields."""
        first = first_value(sample)
        if not isinstance(first, dict) or not isinstance(first.get("name"), str):
            return 0.0
        return 0.95 if len(_KNOWN & first.keys()) > _MIN_FIELDS else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document for each object, its `_id` the key."""
        origin = Origin(path, f"{self.name}/{self.version}", options)
        for item in json_records(path):
            if isinstance(item, Bad):
                yield origin.unreadable(item)
                continue
            name = (
                one_line(item.value["name"]) if isinstance(item.value, dict) and isinstance(item.value.get("name"), str) else ""
            )
            if name:
                yield _page(origin, item.where, item.value, name)
            else:
                yield Unreadable(origin.place(item.where), "no name")


def _page(origin: Origin, where: str, value: dict[str, Any], name: str) -> ReadRecord:
    about = About(None if is_cut(name) else entity(EntityKind.DISEASE, name))
    canonical = CanonicalText(name)
    for field, heading in _PROSE:
        body = "\n".join(scalars(value[field])) if isinstance(value.get(field), list) else value.get(field)
        if isinstance(body, str) and body.strip():
            canonical.section(heading, body)
    for field, heading in _LISTS:
        _list_section(canonical, about, field, heading, list(scalars(value.get(field) or [])))
    _profile(canonical, about, value)
    for alias in (text for field in _ALIASES for text in scalars(value.get(field) or [])):
        about.say("别名", [alias], (0, 0))
    about.unmapped.extend([*canonical.unmapped, *(field for field in value if field not in _KNOWN)])
    document = origin.document(where, canonical.text(), name, key=_key(value))
    return about.record(document.model_copy(update={"kind": DocumentKind.FILE, "sections": tuple(canonical.sections)}))


def _key(value: dict[str, Any]) -> str:
    identity = value.get("_id")
    if isinstance(identity, dict):
        identity = identity.get("$oid")
    return one_line(identity) if isinstance(identity, str) else ""


def _list_section(canonical: CanonicalText, about: About, field: str, heading: str, values: list[str]) -> None:
    if not values:
        return
    section = canonical.section(heading, "、".join(values))
    span = (section.start, section.end)
    if field != "drug_detail":
        about.add(relation_of(heading), values, span)
        return
    products = [match for value in values if (match := _PRODUCT.fullmatch(value))]
    about.add(relation_of("药物治疗"), [match[2].strip() for match in products], span)
    for match in products:
        if match[1].strip() != match[2].strip() and not is_cut(match[1].strip()):
            about.names.append(NameOf(entity(EntityKind.SUBSTANCE, match[2].strip()), match[1].strip(), "brand"))


def _profile(canonical: CanonicalText, about: About, value: dict[str, Any]) -> None:
    """One section of short lines, 易感人群：… and so on; every line is a fact."""
    said = [(heading, "、".join(scalars(value.get(field) or []))) for field, heading in _LINES]
    lines = [(heading, text) for heading, text in said if text]
    category = "、".join(scalars(value.get("category") or []))
    if category:
        canonical.section("分类", category)
    if not lines:
        return
    section = canonical.section("基本信息", "\n".join(f"{heading}：{text}" for heading, text in lines))
    at = section.start
    for heading, text in lines:
        end = at + len(heading) + 1 + len(text)
        about.say(heading, [text], (at, end))
        at = end + 1
