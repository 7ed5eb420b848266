"""Words and vectors on Milvus against brute force and against the indexes of a folder, through commits, crashes and sweeps."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medrag.errors import KnowledgeBaseError
from medrag.kb.contract import Edition
from medrag.kb.filters import Filters
from medrag.kb.tokens import tokens
from medrag.kb.vectors import VectorIndex, VectorWriter
from medrag.kb.words import WordEntry, WordIndex, WordWriter
from medrag.sections import SectionGroup

pytest.importorskip("milvus_lite")

from medrag.kb.milvus.engine import MilvusVectorsEngine, MilvusWordsEngine
from medrag.kb.milvus.server import Server

DIMENSIONS = 32
NOWHERE = Path("nowhere")  # nothing is kept in a folder
VOCABULARY = "高血压 心绞痛 哮喘 aspirin 100mg 0.1g 头痛 发热 warfarin 咳嗽 每日两次 肾功能不全 禁用 尚不明确 孕妇 儿童".split()
QUESTIONS = (
    "高血压 aspirin",
    "肾功能不全 禁用",
    "warfarin 100mg 头痛 发热",
    "咳嗽",
    "0.1g 每日两次",
    "尚不明确",
    "nothing known",
)
ODD = ('a"b', "c\\d", "e'f", '") or id >= 0 or ("', "中文，标签", "line\nbreak\tand tab", "{t}", "100%")
rng = np.random.default_rng(5)
VECTORS = rng.standard_normal((2_000, DIMENSIONS)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def entry(number: int, chance: random.Random) -> WordEntry:
    """A passage: some repeat boilerplate, word for word."""
    body = "尚不明确" if number % 9 == 0 else "，".join(chance.choices(VOCABULARY, k=chance.randint(1, 12)))
    filters = [
        ("source", chance.choice(("labels", "graph"))),
        ("lang", chance.choice(("zh", "en"))),
        ("kind", "label"),
        ("maker", chance.choice(("acme", "甲厂"))),
        ("group", chance.choice(("dosage", "warnings"))),
        *(("tag", tag) for tag in chance.sample([*ODD, "staff"], k=2)),
    ]
    return WordEntry(
        number, " ".join(tokens(f"{chance.choice(VOCABULARY)} {body}")), tuple(filters), chance.choice((0, 20200131, 20240601))
    )


ENTRIES = [entry(i, random.Random(i)) for i in range(1, 701)]


class Both:
    """The same passages on Milvus and in a folder."""

    def __init__(self, server: Server, base: str, folder: Path, *, exact_up_to: int = 10**6) -> None:
        self.words = MilvusWordsEngine(server, base)
        self.vectors = MilvusVectorsEngine(server, base, exact_up_to=exact_up_to)
        self.folder = folder
        self.edition: Edition | None = None

    def commit(self, add: Sequence[WordEntry], remove: Sequence[int] = (), *, anew: bool = False, publish: bool = True) -> None:
        before = None if anew else self.edition
        number = self.edition.commit + 1 if self.edition else 1
        edition = Edition(number, before.build if before else number, DIMENSIONS)
        words = self.words.writer(NOWHERE, before, edition, None)  # type: ignore[arg-type]  # needs no catalogue
        vectors = self.vectors.writer(NOWHERE, before, edition, None)  # type: ignore[arg-type]
        words.remove(remove)
        vectors.remove(remove)
        words.add(add)
        vectors.add(add, VECTORS[[e.id for e in add]])
        if publish:
            words.publish()
            vectors.publish()
            self.edition = edition
            self._local(add, remove, anew=anew)

    def _local(self, add: Sequence[WordEntry], remove: Sequence[int], *, anew: bool) -> None:
        assert self.edition is not None
        if anew:
            self.folder = self.folder / "anew"
        words, vectors = WordWriter(self.folder / "w"), VectorWriter(self.folder / "v", DIMENSIONS)
        words.remove(remove)
        words.add(add)
        words.publish()
        vectors.remove(remove)
        vectors.add([e.id for e in add], VECTORS[[e.id for e in add]])
        vectors.publish()

    def milvus(self, edition: Edition | None = None):  # type: ignore[no-untyped-def]
        edition = edition or self.edition
        assert edition is not None
        words = self.words.open(NOWHERE, edition)
        return words, self.vectors.open(NOWHERE, edition, words)

    def local(self) -> tuple[WordIndex, VectorIndex]:
        return WordIndex(self.folder / "w"), VectorIndex(self.folder / "v", DIMENSIONS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(str(tmp_path_factory.mktemp("milvus") / "all.db"))
    yield server
    server.close()


@pytest.fixture
def both(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Both:
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in request.node.name)
    return Both(server, name, tmp_path)


def check_equal(both: Both, only: Filters = Filters(), tags: Sequence[frozenset[str]] = ()) -> None:
    """The same passages, scores and order as in a folder, which is checked against brute force elsewhere."""
    words, vectors = both.milvus()
    local_words, local_vectors = both.local()
    if tags:
        words, vectors, local_words = words.restricted(tags), vectors.restricted(tags), local_words.restricted(tags)
    allowed = local_words.ids(only)
    assert words.ids(only) == allowed
    assert vectors.ids() == local_words.ids()
    for question in QUESTIONS:
        assert words.weights_of(question) == local_words.weights_of(question)
        assert words.search(question, 10, only) == local_words.search(question, 10, only)
    masks = local_vectors.masks(np.array(sorted(allowed), np.int64))
    for query in VECTORS[1_990:]:
        assert vectors.search(query, 10, only) == local_vectors.search(query, 10, masks)


def test_a_build_finds_what_a_folder_finds(both: Both) -> None:
    both.commit(ENTRIES)
    check_equal(both)
    words, vectors = both.milvus()
    local_words, local_vectors = both.local()
    assert words.statistics.passages == 700
    assert words.stored(7) == local_words.stored(7)
    assert words.stored(9_999) is None
    assert [words.knows(t) for t in ("咳嗽", "aspirin", "没有")] == [True, True, False]
    ids = np.array([5, 9_999, 3, 5])
    assert vectors.scores(VECTORS[1_999], ids).tolist() == local_vectors.scores(VECTORS[1_999], ids).tolist()


@pytest.mark.parametrize(
    "only",
    [
        Filters(sources=frozenset({"labels"})),
        Filters(langs=frozenset({"zh"}), makers=frozenset({"ACME"})),
        Filters(groups=frozenset({SectionGroup.DOSAGE}), since="2021"),
        Filters(since="2019", until="2020-12-31"),
        Filters(tags=frozenset({"staff", "nobody's"})),
        Filters(kinds=frozenset({"no such kind"})),
    ],
)
def test_filters_hold_inside_the_search(both: Both, only: Filters) -> None:
    both.commit(ENTRIES[:250])
    check_equal(both, only)


@pytest.mark.parametrize("odd", ODD)
def test_a_tag_is_a_value_whatever_stands_in_it(both: Both, odd: str) -> None:
    both.commit(ENTRIES[:120])
    carrying = {e.id for e in ENTRIES[:120] if ("tag", odd) in e.filters}
    words, vectors = both.milvus()
    assert carrying
    assert words.ids(Filters(tags=frozenset({odd}))) == carrying
    assert words.restricted([frozenset({odd})]).ids() == vectors.restricted([frozenset({odd})]).ids() == carrying
    assert words.ids(Filters(sources=frozenset({odd}))) == set()


@pytest.mark.parametrize("access", [[frozenset({"staff"})], [frozenset({"staff"}), frozenset(ODD[:4])], [frozenset()]])
def test_a_restricted_view_weighs_words_as_a_folder_does(both: Both, access: list[frozenset[str]]) -> None:
    both.commit(ENTRIES[:250])
    check_equal(both, tags=access)
    seen = both.milvus()[0].restricted(access)
    hidden = next(e.id for e in ENTRIES if e.id not in seen.ids())
    assert seen.stored(hidden) is None
    assert both.milvus()[1].restricted(access).scores(VECTORS[0], np.array([hidden])).tolist() == [0.0]


def test_a_tag_that_is_no_text_lets_nobody_see_anything(both: Both) -> None:
    both.commit(ENTRIES[:20])
    assert both.milvus()[0].restricted([frozenset({"\ud800"})]).ids() == set()


def test_indexes_beside_each_other_weigh_words_together(server: Server, tmp_path: Path) -> None:
    one, other = Both(server, "beside_one", tmp_path / "1"), Both(server, "beside_other", tmp_path / "2")
    one.commit(ENTRIES[:200])
    other.commit([replace(e, words=f"{e.words} {e.words} 发热") for e in ENTRIES[200:300]])
    together, expected = one.milvus()[0].beside([other.milvus()[0]]), one.local()[0].beside([other.local()[0]])
    for question in QUESTIONS:
        assert together.search(question, 10, Filters()) == expected.search(question, 10, Filters())


def test_commits_add_and_remove_and_each_reader_keeps_its_own(both: Both) -> None:
    both.commit(ENTRIES[:300])
    first = both.edition
    before = [both.milvus()[0].search(q, 10, Filters()) for q in QUESTIONS]
    both.commit(ENTRIES[300:420], remove=range(1, 120))
    check_equal(both)
    both.commit([replace(ENTRIES[4], words="发热 新")], remove=[300, 301, 9_999])  # a removed passage comes back, changed
    check_equal(both)
    words, vectors = both.milvus(first)
    assert words.ids() == vectors.ids() == set(range(1, 301))
    assert [words.search(q, 10, Filters()) for q in QUESTIONS] == before
    assert words.stored(5) == ENTRIES[4].tokens
    assert both.milvus()[0].stored(5) == ["发热", "新"]


def test_what_a_dead_writer_left_is_never_seen_and_removed_by_the_next(both: Both) -> None:
    both.commit(ENTRIES[:200])
    both.commit(ENTRIES[200:260], remove=[1, 2, 3], publish=False)
    check_equal(both)  # the number has not moved: marks and rows of the dead writer count for nothing
    assert both.edition is not None
    both.words.recover(both.edition)
    both.vectors.recover(both.edition)
    both.commit(ENTRIES[200:230], remove=[2])  # the same commit again, with less
    check_equal(both)
    assert both.milvus()[0].statistics.passages == 229
    both.commit(ENTRIES[230:300], anew=True, publish=False)
    both.words.recover(both.edition)
    both.vectors.recover(both.edition)
    assert not [n for n in both.words._server.collections(f"medrag_{both.words._base}_") if n.endswith("3")]
    check_equal(both)


def test_sweeping_removes_what_nobody_reads(both: Both) -> None:
    both.commit(ENTRIES[:200])
    both.commit([], remove=range(1, 51))
    pinned = both.edition
    both.commit([], remove=range(51, 61))
    assert pinned is not None
    stored = both.words._ready(both.words._name("words", 1))
    both.words.sweep(pinned)
    both.vectors.sweep(pinned)
    assert stored.server.count(stored.name, "id >= 0") == 150  # 51..60 are still read
    assert both.milvus(pinned)[0].ids() == set(range(51, 201))
    check_equal(both)
    both.commit(ENTRIES[:20], anew=True)
    assert both.milvus(pinned)[0].ids() == set(range(51, 201))  # a build anew leaves the readers of the one before alone
    assert both.edition is not None
    both.words.sweep(both.edition)
    both.vectors.sweep(both.edition)
    check_equal(both)
    assert both.words._server.collections(f"medrag_{both.words._base}_words") == [f"medrag_{both.words._base}_words_000000004"]
    with pytest.raises(KnowledgeBaseError, match="reindex"):
        both.milvus(pinned)


def test_statistics_stay_exact_through_many_commits(both: Both) -> None:
    both.commit(ENTRIES[:30])
    for start in range(10, 18):
        both.commit(ENTRIES[start * 3 : start * 3 + 3], remove=[start])
    assert both.edition is not None
    fresh = Both(both.words._server, both.words._base, both.folder)  # reads from nothing, where the other goes on
    fresh.edition = both.edition
    for one in (both, fresh):
        kept, expected = one.milvus()[0].statistics, both.local()[0].statistics
        assert (kept.passages, kept.length) == (expected.passages, expected.length)
        assert dict(zip(kept.hashes.tolist(), kept.counts.tolist(), strict=True)) == dict(
            zip(expected.hashes.tolist(), expected.counts.tolist(), strict=True)
        )
    check_equal(both)


def test_scores_stay_exact_where_passages_grow_ten_times_as_long(both: Both) -> None:
    both.commit([replace(e, words=" ".join(e.tokens[:2])) for e in ENTRIES[:150]])
    both.commit(
        [replace(e, words=" ".join([*e.tokens, *e.tokens, *e.tokens, *["另外"] * (e.id % 40)])) for e in ENTRIES[150:450]]
    )
    words = both.milvus()[0]
    assert words.statistics.length / words.statistics.passages > 9 * words._made_with
    check_equal(both)


def test_many_passages_are_walked_and_few_answers_are_lost(server: Server, tmp_path: Path) -> None:
    both = Both(server, "walked", tmp_path, exact_up_to=1_000)
    many = [WordEntry(i, "词", (("source", "labels"),)) for i in range(1, 1_901)]
    both.commit(many[:900])
    first = both.edition
    both.commit(many[900:], remove=[1, 2])
    vectors = both.milvus()[1]
    assert vectors._is_near
    assert vectors.ids() == set(range(3, 1_901))
    expected = [both.local()[1].search(query, 10) for query in VECTORS[1_901:]]
    found = [vectors.search(query, 10) for query in VECTORS[1_901:]]
    same = [len({i for i, _ in one} & {i for i, _ in other}) for one, other in zip(found, expected, strict=True)]
    assert np.mean(same) >= 9.8
    assert not both.milvus(first)[1]._is_near
    assert both.milvus(first)[1].ids() == set(range(1, 901))
    both.commit([], remove=[3])
    assert both.milvus()[1].ids() == set(range(4, 1_901))
    assert both.edition is not None
    both.vectors.sweep(both.edition)
    assert not server.collections("medrag_walked_vectors")
    assert both.milvus()[1].ids() == set(range(4, 1_901))


def test_equal_vectors_are_ordered_by_id(server: Server) -> None:
    engine = MilvusVectorsEngine(server, "equal")
    edition = Edition(1, 1, DIMENSIONS)
    writer = engine.writer(NOWHERE, None, edition, None)  # type: ignore[arg-type]
    entries = [WordEntry(i, "词", ()) for i in range(900, 0, -1)]
    writer.add(entries, np.repeat(VECTORS[:1], len(entries), axis=0))
    writer.publish()
    vectors = engine.open(NOWHERE, edition, None)  # type: ignore[arg-type]
    assert [i for i, _ in vectors.search(VECTORS[0], 3)] == [1, 2, 3]


def test_nothing_at_all_is_an_index_too(both: Both) -> None:
    both.commit([])
    check_equal(both)
    both.commit([WordEntry(1, "", ()), WordEntry(2, "发热", ())])  # a passage without a token
    check_equal(both)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """A Milvus server by its address, as a cluster is reached, and what stops it."""
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    running, database, port = start_server_in_thread(str(tmp_path / "served"))
    yield f"http://127.0.0.1:{port}", lambda: running.stop(0).wait()
    running.stop(0).wait()
    database.close()


def test_a_server_is_read_and_written_by_several_and_its_end_is_one_line(
    served: tuple[str, Callable[[], None]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address, stop = served
    both = Both(Server(address, patience=1.0), "served", tmp_path)
    both.commit(ENTRIES[:100])
    other = Both(Server(address, patience=1.0), "served", tmp_path)  # knows nothing of the one that wrote
    other.edition = both.edition
    check_equal(other)
    other.commit(ENTRIES[100:130], remove=[1])
    check_equal(other)
    words = other.milvus()[0]
    assert other.words.size() == other.vectors.size() == 0  # a server does not say
    stop()
    with pytest.raises(KnowledgeBaseError, match="is it running there") as caught:
        words.search("头痛", 3, Filters())
    assert "\n" not in str(caught.value)
    assert "Traceback" not in capfd.readouterr().err
    other.words.close()
    other.vectors.close()
