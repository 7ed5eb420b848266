"""What the embedder is trained on: sections of labels, questions with answers, and the tables in this folder."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.kb.embed import HashedEmbedder
from medrag.sections import SectionGroup, classify_heading, group_of
from medrag.types import Passage

__all__ = [
    "HERE",
    "Intent",
    "Pair",
    "Section",
    "dictionary",
    "intents",
    "label_sections",
    "names",
    "pairs",
    "phrases",
    "starter_sections",
]

HERE = Path(__file__).parent
PIECE_CHARS = 500  # about a passage of the knowledge base, so that training sees what search will see
G = SectionGroup


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a label: where it stands, what it is about and its text in pieces of a passage's length."""

    drug: str
    title: str
    heading: str
    group: SectionGroup
    lang: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """Ways to ask for a kind of section, with what labels say there (Chinese) or the pattern of what they say (English)."""

    group: SectionGroup
    asked: tuple[str, ...]
    said: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that belong together."""

    one: str
    other: str
    lang: str


def _table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def dictionary() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """English terms and the Chinese ones that mean the same, formal and everyday."""
    return [(tuple(row["en"].split("|")), tuple(row["zh"].split("|"))) for row in _table("dictionary.tsv")]


def phrases() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What patients say and what labels say for it, in both languages."""
    return [(tuple(row["asked"].split("|")), tuple(row["said"].split("|"))) for row in _table("phrases.tsv")]


def intents(lang: str) -> list[Intent]:
    """The ways to ask for each kind of section in a language."""
    return [
        Intent(
            G(row["group"]),
            tuple(row["asked"].split("|")),
            tuple(filter(None, (row.get("said") or "").split("|"))),
            row.get("where") or "",
        )
        for row in _table(f"questions_{lang}.tsv")
    ]


def pieces_of(text: str) -> tuple[str, ...]:
    """The text cut at line and sentence ends into pieces of about `PIECE_CHARS` characters."""
    pieces: list[str] = []
    current = ""
    for part in re.split(r"(?<=[.;。；\n])\s*", text):
        if current and len(current) + len(part) > PIECE_CHARS:
            pieces.append(current)
            current = ""
        current = f"{current} {part}".strip()[: 2 * PIECE_CHARS]
    return (*pieces, current) if current else tuple(pieces)


def label_sections(path: Path) -> Iterator[Section]:
    """The sections of `spl_sections.jsonl`; one without a group of its own has that of the section around it."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            label = json.loads(line)
            above: list[tuple[str, SectionGroup]] = []
            for section in label["sections"]:
                del above[section["depth"] :]
                group = _group(section["code"], section["heading"], above)
                above.append((section["heading"], group))
                if section["text"].strip():
                    heading = " ".join(filter(None, (heading for heading, _ in above)))
                    drug = label["brand"] or label["generic"]
                    yield Section(drug, label["title"], heading, group, "en", pieces_of(section["text"]))


def _group(code: str, heading: str, above: list[tuple[str, SectionGroup]]) -> SectionGroup:
    own = group_of(code)
    if own is G.OTHER and (known := classify_heading(heading)):
        own = known.group
    return above[-1][1] if own is G.OTHER and above else own


def starter_sections(folder: Path) -> list[Section]:
    """The sections of the starter knowledge base's labels."""
    with TemporaryDirectory() as scratch, KnowledgeBase.create(Path(scratch) / "starter.kb", embedder=HashedEmbedder(8)) as kb:
        build(folder, kb)
        found: dict[tuple[str, str, int], list[Passage]] = {}
        for document in kb.documents(kinds=["label"]):
            for passage in kb.passages_of(document):
                found.setdefault((document.source, document.key, passage.section.index), []).append(passage)
    return [_section(passages) for passages in found.values()]


def _section(passages: list[Passage]) -> Section:
    document, section = passages[0].document, passages[0].section
    heading = " ".join((*section.path, section.heading)).strip()
    return Section(document.title, document.title, heading, section.group, document.lang, tuple(p.text for p in passages))


def names(folder: Path) -> list[tuple[str, str]]:
    """Names that mean the same, as pairs, from the starter knowledge base's name tables."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [(row["name"], row["alias"]) for row in csv.DictReader(file)]
    return found


def pairs(path: Path, lang: str) -> Iterator[Pair]:
    """Questions with their answers.

    The pairs from ChineseBLUE are questions with answers to other questions (its negatives): only the halves of each
    text belong together there.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if "ChineseBLUE" not in row["source"]:
                yield Pair(row["question"], row["answer"][: 2 * PIECE_CHARS], lang)
                continue
            for text in (row["question"], row["answer"]):
                parts = [part for part in re.split(r"[，。！？；,!?]", text) if part.strip()]
                if len(parts) > 1:
                    yield Pair("，".join(parts[::2]), "，".join(parts[1::2]), lang)
