"""Several knowledge bases read as one: the same labels, split, answer as they do in one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from medrag.answer.engine import MedRAG
from medrag.answer.safety.check import check_medication
from medrag.errors import KnowledgeBaseError, NotFoundError, VersionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.embed import HashedEmbedder
from medrag.kb.filters import Filters
from medrag.kb.prepared import Prepared
from medrag.kb.several import SeveralKnowledgeBases
from medrag.types import Answer, DocumentInfo
from tests import dispensary, shelf
from tests.making import fact_record, label

EVERYTHING = (*shelf.LABELS, shelf._brand(), *shelf.FACTS)
QUESTIONS = (
    "布洛芬缓释胶囊的禁忌是什么？",
    "布洛芬和华法林能一起吃吗？",
    "布洛分的用法用量",
    "buluofen怎么吃",
    "高血压有什么症状？",
    "高血压吃什么药？",
    "高血压的并发症的治愈率",
    "速消灵有什么不良反应？",
    "鼻塞流涕吃什么药",
    "What is ibuprofen used for?",
    "Can I take ibuprofen with warfarin?",
    "碳酸钙片的适应症",
    "奥美拉唑和碳酸钙的用法用量有什么区别",
    "右布洛芬的禁忌",
    "今天天气怎么样",
)


def base_of(folder: Path, documents: Sequence[Prepared]) -> KnowledgeBase:
    """A knowledge base of some documents in a folder."""
    kb = KnowledgeBase.create(folder)
    with kb.write() as writer:
        writer.add_many(documents)
    return kb


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with base_of(tmp_path_factory.mktemp("one") / "one.kb", EVERYTHING) as kb:
        yield kb


@pytest.fixture(scope="module", params=[0, 1, 2], ids=["every other", "labels and graph", "three"])
def several(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeveralKnowledgeBases]:
    folder = tmp_path_factory.mktemp("several")
    labels = len(shelf.LABELS)
    splits = {
        0: [EVERYTHING[::2], EVERYTHING[1::2]],
        1: [EVERYTHING[labels + 1 :], EVERYTHING[: labels + 1]],
        2: [EVERYTHING[::3], EVERYTHING[1::3], EVERYTHING[2::3]],
    }
    paths = [folder / f"{at}.kb" for at in range(len(splits[request.param]))]
    for path, documents in zip(paths, splits[request.param], strict=True):
        base_of(path, documents).close()
    with SeveralKnowledgeBases.open(*paths) as kb:
        yield kb


def comparable(answer: Answer) -> dict[str, object]:
    """An answer without what tells the time and the commit."""
    found = answer.model_dump(exclude={"trace": True, "writing": True, "safety": {"commit"}})
    return {**found, "evidence": [(e["rank"], round(e["score"], 6), e["found_by"], e["passage"]) for e in found["evidence"]]}


def places(documents: Sequence[tuple[DocumentInfo, int, str]]) -> list[tuple[str, str, int, str]]:
    return [(document.source, document.key, steps, entity_id) for document, steps, entity_id in documents]


@pytest.mark.parametrize("question", QUESTIONS)
def test_split_labels_answer_as_they_do_in_one(question: str, one: KnowledgeBase, several: SeveralKnowledgeBases) -> None:
    assert comparable(MedRAG(several).ask(question)) == comparable(MedRAG(one).ask(question))


@pytest.mark.parametrize("question", QUESTIONS)
def test_names_words_and_vectors_are_those_of_one(question: str, one: KnowledgeBase, several: SeveralKnowledgeBases) -> None:
    assert several.link(question) == one.link(question)
    assert several.link_near(question) == one.link_near(question)
    assert several.normalise(question) == one.normalise(question)
    for only in (Filters(), Filters(langs=frozenset({"zh"})), Filters(sources=frozenset({"labels"}))):
        for k in (1, 3, 50):
            assert several.search_words(question, k, only) == one.search_words(question, k, only)
            assert several.search_vectors(question, k, only) == one.search_vectors(question, k, only)
    ids = [passage_id for passage_id, _ in one.search_vectors(question, 50)]
    assert several.vector_scores(question, ids) == pytest.approx(one.vector_scores(question, ids))
    assert several.word_weights(question) == pytest.approx(one.word_weights(question))
    assert several.passages(ids) == one.passages(ids)
    assert several.documents_of(ids) == one.documents_of(ids) == {p.id: p.document for p in one.passages(ids)}


def test_entities_facts_and_documents_are_those_of_one(one: KnowledgeBase, several: SeveralKnowledgeBases) -> None:
    for name in ("布洛芬", "华法林", "高血压", "速消灵", "阿莫西林", "warfarin", "脑卒中", "没有"):
        found = one.entity(name)
        assert several.entity(name) == found
        ids = [entity.id for entity in found]
        assert several.facts_of(ids) == one.facts_of(ids)
        assert several.facts_of(ids, limit=1) == one.facts_of(ids, limit=1)
        assert places(several.documents_about(ids)) == places(one.documents_about(ids))
        assert [several.names(i) for i in ids] == [one.names(i) for i in ids]
        assert {entity.id for entity, _ in several.related(ids)} <= {entity.id for entity, _ in one.related(ids)}
        assert set(several.graph(name).edges(keys=True)) == set(one.graph(name).edges(keys=True))


def test_documents_are_listed_and_read_as_in_one(one: KnowledgeBase, several: SeveralKnowledgeBases) -> None:
    listed = list(one.documents())
    assert list(several.documents()) == listed
    assert list(several.documents(limit=3)) == listed[:3]
    assert list(several.documents(after=(listed[2].source, listed[2].key), limit=2)) == listed[3:5]
    for document in listed:
        assert several.document(document.key, source=document.source) == one.document(document.key, source=document.source)
        passages = several.passages_of(document)
        assert passages == one.passages_of(document)
        wanted = [(document, passage.start) for passage in passages]
        assert several.passages_at([*wanted, (document, 10**6)]) == one.passages_at(wanted)
        assert [several.neighbours(p) for p in passages] == [one.neighbours(p) for p in passages]
        assert several.versions(document.key) == one.versions(document.key)
    assert (several.stats().documents, several.stats().passages) == (one.stats().documents, one.stats().passages)
    assert several.verify() == []
    with pytest.raises(NotFoundError, match="no document 'nowhere'"):
        several.document("nowhere")


def test_two_drugs_of_two_knowledge_bases_are_read_together(tmp_path: Path) -> None:
    first = base_of(tmp_path / "a.kb", [dispensary.LABELS[1]])
    second = base_of(tmp_path / "b.kb", [dispensary.LABELS[6]])
    with SeveralKnowledgeBases([first, second]) as kb:
        answer = MedRAG(kb).ask("退热灵素缓释片和抗凝血素片能一起吃吗？")
        assert not answer.abstained
        assert "与抗凝血素合用时出血增加" in answer.text
        assert {e.passage.document.key for e in answer.evidence if e.passage} == {"A2", "C1"}
        report = check_medication(["退热灵素缓释片", "抗凝血素片"], None, kb)
        assert ("interaction", ("退热灵素缓释片", "抗凝血素片")) in [(f.kind, f.medicines) for f in report.findings]


ELSEWHERE = label("阿莫西林片", {"【适应症】": "用于中耳炎。"}, key="Y9", source="own")
IBUPROFEN = label("布洛芬片", {"【适应症】": "用于类风湿关节炎。", "【禁忌】": "孕妇禁用。"}, key="Z2")
NEWER = label("布洛芬片", {"【适应症】": "用于类风湿关节炎。", "【禁忌】": "孕妇与哺乳期妇女禁用。"}, key="Z2")


def test_an_identical_document_counts_once(tmp_path: Path) -> None:
    shared = (IBUPROFEN, fact_record("高血压", "has_symptom", "头晕", key="g1"))
    alone = base_of(tmp_path / "a.kb", shared)
    double = base_of(tmp_path / "b.kb", shared)
    with SeveralKnowledgeBases([alone, double]) as kb:
        assert len(kb.search_words("孕妇禁用", 10)) == len(alone.search_words("孕妇禁用", 10)) == 1
        assert len(kb.search_vectors("孕妇禁用", 10)) == 2
        assert [d.key for d in kb.documents()] == ["g1", "Z2"]
        assert [d.key for d, _, _ in kb.documents_about(["preparation:布洛芬片"])] == ["Z2"]
        assert [(f.object.name, len(f.sources)) for f in kb.facts("高血压")] == [("头晕", 1)]
        assert kb.stats().documents == 1
        answer = MedRAG(kb).ask("布洛芬片的禁忌")
        assert comparable(answer) == comparable(MedRAG(alone).ask("布洛芬片的禁忌"))


def test_of_two_texts_of_one_document_the_first_counts(tmp_path: Path) -> None:
    said = fact_record("高血压", "has_symptom", "头晕", key="g1")
    unsaid = fact_record("高血压", "has_symptom", "耳鸣", key="g1")
    first, second = base_of(tmp_path / "a.kb", [NEWER, said]), base_of(tmp_path / "b.kb", [IBUPROFEN, unsaid])
    for bases, text, fact in (([first, second], "孕妇与哺乳期妇女禁用", "头晕"), ([second, first], "孕妇禁用", "耳鸣")):
        kb = SeveralKnowledgeBases(bases)
        (found,) = kb.passages([i for i, _ in kb.search_words("哺乳期妇女孕妇禁用", 1)])
        assert found.text == f"{text}。"
        assert [p.text for p in kb.passages([i for i, _ in kb.search_vectors("孕妇禁用", 9)]) if "禁用" in p.text] == [
            f"{text}。"
        ]
        assert [f.object.name for f in kb.facts("高血压")] == [fact]
        assert MedRAG(kb).ask("布洛芬片的禁忌").citations[0].quote == f"{text}。"
        (info,) = kb.documents(source="labels")
        assert [p.text for p in kb.passages_of(info)][-1] == kb.passages_at([(info, found.start)])[0].text == f"{text}。"
    kb.close()


def test_a_form_in_one_leads_to_the_document_in_another(tmp_path: Path) -> None:
    brand = shelf._brand()  # says that 速消灵 holds 阿莫西林
    other = label("阿莫西林片", {"【适应症】": "用于中耳炎。"}, key="Y1")
    with SeveralKnowledgeBases([base_of(tmp_path / "a.kb", [brand]), base_of(tmp_path / "b.kb", [other])]) as kb:
        about = kb.documents_about([e.id for e in kb.entity("阿莫西林")])
        assert [(d.key, steps) for d, steps, _ in about] == [("Y1", 1), ("Z8", 1)]


def test_a_restricted_view_shows_nothing_of_the_others(tmp_path: Path) -> None:
    open_ = label("布洛芬片", {"【禁忌】": "孕妇禁用。"}, key="P1", tags=("public",))
    secret = label("抗凝血素片", {"【禁忌】": "出血者禁用。"}, key="S1", tags=("ward",))
    with SeveralKnowledgeBases([base_of(tmp_path / "a.kb", [open_]), base_of(tmp_path / "b.kb", [secret])]) as kb:
        view = kb.restricted({"public"})
        assert [d.key for d in view.documents()] == ["P1"]
        assert view.link("抗凝血素片") == []
        assert {p.document.key for p in view.passages([i for i, _ in view.search_words("禁用", 9)])} == {"P1"}
        assert view.word_weights("出血") == {}
        assert MedRAG(view).ask("抗凝血素片的禁忌").abstained
        assert list(kb.restricted(frozenset()).documents()) == []
        assert len(list(kb.restricted(None).documents())) == 2
        assert kb.restricted({"public"}).members == view.members  # worked out once


def test_a_view_hides_what_the_first_has_and_shows_what_the_second_has(tmp_path: Path) -> None:
    """A document that may not be seen in the first knowledge base does not stand in the way of the second's."""
    first = label("布洛芬片", {"【禁忌】": "孕妇禁用。"}, key="Z2", tags=("ward",))
    second = label("布洛芬片", {"【禁忌】": "哺乳期妇女禁用。"}, key="Z2", tags=("public",))
    with SeveralKnowledgeBases([base_of(tmp_path / "a.kb", [first]), base_of(tmp_path / "b.kb", [second])]) as kb:
        for access, text in (("ward", "孕妇禁用。"), ("public", "哺乳期妇女禁用。")):
            (info,) = kb.restricted({access}).documents()
            assert [p.text for p in kb.restricted({access}).passages_of(info)] == [text]


def test_each_document_is_read_as_of_a_day(tmp_path: Path) -> None:
    old = label("布洛芬片", {"【禁忌】": "孕妇禁用。"}, key="Z2", effective="2019-01-01")
    new = label("布洛芬片", {"【禁忌】": "哺乳期妇女禁用。"}, key="Z2", effective="2023-01-01")
    first, second = base_of(tmp_path / "a.kb", [old]), base_of(tmp_path / "b.kb", [ELSEWHERE])
    with first.write() as writer:
        writer.add(new)
    with SeveralKnowledgeBases([first, second]) as kb:
        for day, text in (("2020", "孕妇禁用。"), ("2024", "哺乳期妇女禁用。")):
            then = kb.as_of(day)
            (info,) = then.documents(source="labels")
            assert [p.text for p in then.passages_of(info)] == [text]
            assert MedRAG(then).ask("布洛芬片的禁忌").citations[0].quote == text
        assert [d.key for d in kb.as_of("2018").documents()] == ["Y9"]


def test_a_refresh_moves_to_the_newest_commit_of_each_and_a_pinned_one_stays(tmp_path: Path) -> None:
    first, second = base_of(tmp_path / "a.kb", [IBUPROFEN]), base_of(tmp_path / "b.kb", [])
    with SeveralKnowledgeBases([first, second]) as kb:
        pinned, before = kb.pinned(), kb.commit
        assert not kb.refresh()
        with KnowledgeBase.open(tmp_path / "b.kb") as elsewhere, elsewhere.write() as writer:
            writer.add(shelf.LABELS[2])
        assert kb.link("华法林") == []
        assert kb.refresh()
        assert kb.commit == before + 1
        assert kb.link("华法林") != []
        assert (pinned.commit, pinned.link("华法林")) == (before, [])
        with second.write() as writer:
            writer.delete("Z3")
        assert second.commit == kb._members[1].commit
        assert kb.link("华法林") != []  # another holder moved the shared one; this stays until it is refreshed
        assert kb.refresh()
        assert kb.link("华法林") == []


def test_different_embedders_are_refused_with_what_to_do(tmp_path: Path) -> None:
    first = base_of(tmp_path / "a.kb", [])
    with KnowledgeBase.create(tmp_path / "b.kb", embedder=HashedEmbedder(64)) as second, first:
        with pytest.raises(VersionError, match=r"b\.kb with 'hashed:64': .* `medrag reindex"):
            SeveralKnowledgeBases([first, second])
        with pytest.raises(KnowledgeBaseError, match="is named 2 times"):
            SeveralKnowledgeBases([first, first])
        with pytest.raises(KnowledgeBaseError, match="no knowledge base is named"):
            SeveralKnowledgeBases([])


def test_it_cannot_be_written(several: SeveralKnowledgeBases) -> None:
    with pytest.raises(KnowledgeBaseError, match="cannot be written as one: open the one that is meant"), several.write():
        pass
    with pytest.raises(KnowledgeBaseError, match="cannot be reindexed as one"):
        several.reindex()


def test_whatever_reads_the_catalogue_or_the_indexes_is_overridden() -> None:
    """A method of the single knowledge base that reads its own commit would fail on several: it must be overridden."""
    reads = ("_reading(", "_snapshot", "_cached(", "_engine", "_published(", "_access")
    own = {
        name
        for name, value in vars(KnowledgeBase).items()
        for function in [value.fget if isinstance(value, property) else getattr(value, "__func__", value)]
        if inspect.isfunction(function) and any(word in inspect.getsource(function) for word in reads)
    }
    inner = {"_reading", "_cached", "_newest", "_published", "_require_all", "create", "__init__"}  # only called by those
    assert own - inner - set(vars(SeveralKnowledgeBases)) == set()
    assert own - inner  # and there are such
