"""What is measured on: the folder in MEDRAG_BENCH_DATA, else the measuring data beside the project, else labels made for it."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

from medrag import KnowledgeBase
from tests.benchmarks.generator import bases_of, write_labels

__all__ = ["DATA", "ROOT", "Corpus", "asked", "corpus", "development_questions"]

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MEDRAG_BENCH_DATA") or ROOT.parent / "shared" / "data")
MADE_LABELS = 2_000
SEED = 2

_ZH = ("{}的适应症是什么？", "{}一天吃几次？", "{}有什么副作用？", "孕妇能吃{}吗？")
_EN = ("What is {} used for?", "How much {} should I take?", "What are the side effects of {}?", "Can I take {} with alcohol?")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labels to ingest: what they are, in words, and their files and folders."""

    name: str
    paths: tuple[Path, ...]


def corpus(folder: Path, *, data: Path = DATA, labels: int = MADE_LABELS) -> Corpus:
    """The labels under the data folder; where there is none, so many made in `folder` from the project's own."""
    if data.is_dir():
        found = data / "labels" if (data / "labels").is_dir() else data
        parts = [found / lang for lang in ("zh", "en") if (found / lang).is_dir()]
        return Corpus(f"the labels of {data.name}/{found.name}", tuple(parts or [found]))
    made = write_labels(bases_of([ROOT / "kb" / "labels"]), labels, folder / "made")
    return Corpus(f"{labels:,} labels made of the starter knowledge base's", made)


def asked(kb: KnowledgeBase, count: int) -> list[str]:
    """Questions about labels that are there, each another one, in both languages, by a fixed seed."""
    rng = random.Random(SEED)
    titles = sorted({(info.title, info.lang) for info in kb.documents(kinds=["label"])})
    made = [form.format(title) for title, lang in titles for form in (_ZH if lang == "zh" else _EN)]
    return rng.sample(made, min(count, len(made)))


def development_questions() -> list[str]:
    """The project's own questions about labels, as people wrote them, in an order of chance."""
    files = sorted((ROOT / "tests" / "data" / "questions").glob("*.jsonl"))
    found = [json.loads(line)["question"] for path in files for line in path.read_text("utf-8").splitlines() if line]
    random.Random(SEED).shuffle(found)
    return found
