"""Files that are no documents, and why: schemas, index pages, lists of metadata, test expectations, dumps, images."""

from __future__ import annotations

import re
from typing import Any

from medrag.ingest.sample import Sample

__all__ = ["reason"]

_ABOUT_THE_FOLDER = re.compile(
    r"^(?:readme|licen[cs]e|copying|notice|changelog|contributing|authors|citation)(?:[._-](?:zh|en|cn|zh[_-]cn|mit|apache))?(?:\.\w+)?$",
    re.I,
)
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".svg", ".ico"})
_SQL = re.compile(
    r"\s*(?:(?:--[^\n]*|/\*.*?\*/;?)\s*)*(?:create\s+(?:table|database)|insert\s+into|drop\s+table|set\s+names|use\s+`)",
    re.I | re.S,
)
_INDEX_ROOTS = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(spls|drugnames|drugclasses|ndcs|uniis|rxcuis|applicationnumbers|sitemapindex|urlset)\b",
    re.S,
)
_SCHEMA_ROW = {"subject_type", "predicate", "object_type"}
_LABEL_TEXT = re.compile(
    r'"(?:indications_and_usage|dosage_and_administration|warnings|purpose|description|spl_unclassified_section|text|content)"\s*:'
)


def reason(sample: Sample) -> str | None:
    """Why the file is no document, in words for a report; None where nothing speaks against it."""
    return _by_name(sample) or _by_content(sample) or (_by_json(sample) if sample.text.lstrip()[:1] in {"{", "["} else None)


def _by_name(sample: Sample) -> str | None:
    if _ABOUT_THE_FOLDER.match(sample.path.name) and sample.suffix in {"", ".md", ".txt", ".rst", ".html"}:
        return "says something about the folder, not about a drug"
    return None


def _by_content(sample: Sample) -> str | None:
    kind = next((name for magic, name in _MAGIC if sample.head.startswith(magic)), "")
    if sample.suffix in _IMAGE_SUFFIXES or (kind and kind != "BMP"):
        return f"an image ({kind or sample.suffix[1:].upper()}): reading images needs OCR, which is not done here"
    if sample.suffix == ".sql" or _SQL.match(sample.text[:20_000]):
        return "an SQL dump: load it into its database and export the tables as csv"
    index = _INDEX_ROOTS.match(sample.text[:20_000])
    return f"an index page of a web service (<{index[1]}>): it lists labels and holds none" if index else None


def _by_json(sample: Sample) -> str | None:
    whole = sample.json_object
    if "$schema" in whole and not whole.keys() & {"results", "data", "sections"}:
        return "a JSON schema"
    row = sample.json_line if isinstance(sample.json_line, dict) else sample.json_first
    if isinstance(row, dict) and set(row) == _SCHEMA_ROW:
        return "a schema of relations: kinds of entities, no entities"
    if isinstance(row, dict) and {"spl_id", "application_numbers"} <= set(row):
        return "metadata that a test expects of a label, not the label"
    return _listing(sample, whole)


def _listing(sample: Sample, whole: dict[str, Any]) -> str | None:
    """Why an object with a list in it is a service's list of labels; None where the list holds texts."""
    for key in ("results", "data"):
        if key not in whole and not re.match(rf'\s*\{{\s*"{key}"\s*:\s*\[', sample.text):
            continue
        items = whole.get(key)
        first = items[0] if isinstance(items, list) and items else None
        keys = set(first) if isinstance(first, dict) else set(re.findall(r'"(\w+)"\s*:', sample.text[:20_000]))
        if _LABEL_TEXT.search(sample.text):
            return None
        if "products" in keys and keys & {"id", "labeler", "set_id", "setid"}:
            return "a list of labels' metadata (products, ingredients), without their texts"
        if {"setid", "title"} <= keys and keys & {"spl_version", "published_date"}:
            return "an index page of a web service: it lists labels and holds none"
    return None
