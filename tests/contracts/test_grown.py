"""A knowledge base grown by adds, updates and deletes answers like one rebuilt from the same sources."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from zlib import crc32

import pytest

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve

STARTER_QUESTIONS = [
    "阿司匹林肠溶片的禁忌是什么？", "布洛芬一天最多吃几次", "二甲双胍什么时候吃", "孕妇能吃缬沙坦吗", "华法林和布洛芬能一起吃吗", "痛风挂什么科",
    "高血压吃什么药", "维生素B12片怎么保存", "What are the side effects of simvastatin?", "Can I take warfarin with aspirin?",
    "How much acetaminophen per day?", "furosemide dose in children", "尚不明确", "头孢", "慎用", "take with food", "store at room temperature",
]  # fmt: skip


def development_questions(shared: Path) -> list[str]:
    questions = []
    for name in (
        "user_questions_zh/dev.jsonl",
        "medicineqa/dev.jsonl",
        "absent_drug/dev_zh.jsonl",
        "medicationqa_en/dev.jsonl",
    ):
        for line in (shared / "eval" / name).read_text("utf-8").splitlines():
            questions.append(json.loads(line)["question"])
    return questions


def outdated(folder: Path) -> None:
    """Changes the text files of a copy: some words here and there, as an older edition would have them."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".txt", ".json", ".jsonl", ".html", ".csv"} and path.name != "README.md":
            text = path.read_text("utf-8")
            for old, new in (
                ("患者", "病人"),
                ("不良反应", "不良反应"),
                ("禁用", "忌用"),
                ("patients", "people"),
                ("治疗", "医治"),
            ):
                pieces = text.split(old)
                # By what follows, not by chance, so that records which repeat word for word still do.
                text = pieces[0] + "".join((new if crc32(piece[:3].encode()) % 2 else old) + piece for piece in pieces[1:])
            path.write_text(text, "utf-8")


def first_ten(kb: KnowledgeBase, question: str) -> list[tuple[object, ...]]:
    """What is found, told apart by what it says and not by when it came."""
    found: list[tuple[object, ...]] = []
    for evidence in retrieve(question, kb, k=10).evidence:
        passage = evidence.passage
        if passage is None:
            assert evidence.fact is not None
            found.append((evidence.fact.text, round(evidence.score, 9)))
        else:
            found.append((passage.document.title, passage.section.index, passage.start, passage.text, round(evidence.score, 9)))
    return found


def compare(tmp_path: Path, sources: list[Path], questions: list[str]) -> int:
    """Grows one knowledge base and builds another; returns how many questions found something."""
    old, junk = tmp_path / "old", tmp_path / "junk"
    for source in sources:
        shutil.copytree(source, old / source.name) if source.is_dir() else shutil.copy(source, old / source.name)
    outdated(old)
    junk.mkdir()
    (junk / "junk.json").write_text(
        json.dumps([f"废弃药{i}片\n适应证:用于高血压、头痛、慎用{i}。\n禁忌证:孕妇禁用。" for i in range(40)]), "utf-8"
    )
    grown, rebuilt = KnowledgeBase.create(tmp_path / "grown.kb"), KnowledgeBase.create(tmp_path / "rebuilt.kb")
    with grown, rebuilt:
        # The same file names, so that changed records are known by their place and become versions.
        for path in sorted(old.iterdir()):
            build(path, grown, source="s")
        build(junk, grown, source="junk")
        for path in sources:
            build(path, grown, source="s")
        with grown.write() as writer:
            for info in list(grown.documents(source="junk")):
                writer.delete(info.key, source="junk")
        build(list(reversed(sources)), rebuilt, source="s")
        stale = {(d.title, d.key) for d in grown.documents()} - {(d.title, d.key) for d in rebuilt.documents()}
        assert grown.stats().passages == rebuilt.stats().passages, sorted(stale)[:5]
        for question in questions:
            assert first_ten(grown, question) == first_ten(rebuilt, question), question
        assert grown.verify() == rebuilt.verify() == []
        return sum(bool(first_ten(grown, question)) for question in questions)


def test_the_starter_knowledge_base_grown_and_rebuilt_find_the_same(tmp_path: Path, starter: Path) -> None:
    (tmp_path / "old").mkdir()
    assert compare(tmp_path, [starter / "labels", starter / "graph", starter / "names"], STARTER_QUESTIONS) == len(
        STARTER_QUESTIONS
    )


def test_real_labels_grown_and_rebuilt_find_the_same(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "old").mkdir()
    sources = [
        shared / "labels" / "zh" / name for name in ("monographs.json", "pulse_kb_demo.jsonl", "medicineqa_sections.jsonl")
    ]
    sources.append(shared / "labels" / "en" / "openfda.json")
    assert compare(tmp_path, sources, development_questions(shared)) > 50


@pytest.mark.skipif("MEDRAG_KILLS" not in __import__("os").environ, reason="part of `make soak-kill`")
def test_all_real_labels_grown_and_rebuilt_find_the_same(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "old").mkdir()
    assert compare(tmp_path, [shared / "labels" / "zh", shared / "labels" / "en"], development_questions(shared)) > 50
