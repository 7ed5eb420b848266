"""Whatever was added, changed and deleted in whatever order: what is left answers like a knowledge base made of it at once."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.prepared import EntityRef, NameOf, Prepared, Statement
from medrag.types import Document, DocumentKind, EntityKind
from tests.making import label

DRUGS = ["盐酸普萘洛尔片", "普萘洛尔", "Aspirin Tablets", "ASPIRIN", "维生素 C片", "板蓝根颗粒"]
ILLNESSES = ["高血压", "Gout", "GOUT", "gout", "头痛", "痛风（急性）", "痛风(急性)"]
QUESTIONS = ["高血压吃什么药", "gout aspirin", "板蓝根颗粒 头痛 版本1", "维生素C", "痛风(急性) 普萘洛尔", "密封"]

Step = tuple[str, int, int, int]
STEPS = st.tuples(st.sampled_from(["label", "label", "record", "coded", "delete", "purge"]), *[st.integers(0, 6)] * 3)


def prepared(step: Step) -> Prepared:
    """A label or a record; what the numbers change is its text, names and facts, never its identity."""
    kind, key, a, b = step
    if kind == "label":
        sections = {"【适应症】": f"用于{ILLNESSES[a]}、{ILLNESSES[b]}。", "【贮藏】": "密封。"}
        return label(DRUGS[key % len(DRUGS)], sections, key=f"L{key}", tags=("odd",) if a % 2 else ())
    drug = EntityRef(EntityKind.SUBSTANCE, DRUGS[a % len(DRUGS)], "C1" if kind == "coded" else "")
    illness = EntityRef(EntityKind.DISEASE, ILLNESSES[b])
    text = f"{drug.name} {drug.code} 治 {illness.name}"  # what makes a version is what is printed
    document = Document(source="g", key=f"R{key}", title=drug.name, kind=DocumentKind.RECORD, text=text, reader="t/1")
    names = (NameOf(drug, DRUGS[b % len(DRUGS)]),) if a % 2 else ()
    return Prepared(document, (), names, (Statement(drug, "indication", illness, 0, len(text)),), (illness,))


def apply(kb: KnowledgeBase, commits: list[list[Step]]) -> dict[tuple[str, str], Prepared]:
    """Writes the commits; returns what must be left."""
    left: dict[tuple[str, str], Prepared] = {}
    for steps in commits:
        with kb.write() as writer:
            for step in steps:
                if step[0] in ("delete", "purge"):
                    for source, key in (("labels", f"L{step[1]}"), ("g", f"R{step[1]}")):
                        if left.pop((source, key), None):
                            (writer.delete if step[0] == "delete" else writer.purge)(key, source=source)
                else:
                    made = prepared(step)
                    writer.add(made)
                    left[made.document.source, made.document.key] = made
    return left


def answers(kb: KnowledgeBase) -> list[object]:
    """All that can be asked of it, without the numbers that count its history."""
    said: list[object] = []
    for question in QUESTIONS:
        for only in (Filters(), Filters(tags=frozenset({"odd"}))):
            said.append(kb.search_words(question, 5, only))
            said.append(kb.search_vectors(question, 5, only))
        mentions = kb.link(question)
        said.append(mentions)
        for entity in sorted({entity.id for mention in mentions for entity in mention.entities} | {"substance:C1"}):
            facts = [(f.subject, f.relation, f.object, [s.quote for s in f.sources]) for f in kb.facts_of([entity])]
            assert kb.with_sources(kb.bare_facts_of([entity])) == kb.facts_of([entity])
            said.append((kb.names(entity), facts, [(d.key, n, e) for d, n, e in kb.documents_about([entity])]))
    said.append(kb.stats().model_dump(exclude={"commit", "versions", "bytes"}))
    return [*said, [(d.source, d.key, d.title, d.tags) for d in kb.documents()], kb.verify()]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(STEPS, min_size=1, max_size=5), min_size=1, max_size=6))
def test_a_knowledge_base_does_not_remember_its_history(commits: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        grown, new = (opened.enter_context(KnowledgeBase.create(Path(folder) / name)) for name in ("grown", "new"))
        left = apply(grown, commits)
        with new.write() as writer:
            writer.add_many(list(reversed(left.values())))
        assert answers(grown) == answers(new)
        assert grown.verify() == []


def test_two_hundred_commits_leave_no_drift(tmp_path: Path) -> None:
    commits = [[("label record coded label delete".split()[n % 5], n * 5 % 7, n * 3 % 7, n // 7 % 7)] for n in range(200)]
    with KnowledgeBase.create(tmp_path / "grown") as grown, KnowledgeBase.create(tmp_path / "new") as new:
        left = apply(grown, commits)
        with new.write() as writer:
            writer.add_many(list(left.values()))
        assert answers(grown) == answers(new)
