"""The word index against BM25 worked out by hand and by brute force."""

from __future__ import annotations

import math
import random
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from medrag.kb import words as word_index
from medrag.kb.bm25 import K1, B
from medrag.kb.filters import Filters
from medrag.kb.tokens import tokens
from medrag.kb.traditional import simplified
from medrag.kb.words import WordEntry, WordIndex, WordWriter


def entry(number: int, title: str, body: str) -> WordEntry:
    return WordEntry(number, " ".join([*tokens(title), *tokens(body)]), (("source", "s"),))


def index_of(folder: Path, entries: list[WordEntry]) -> WordIndex:
    writer = WordWriter(folder)
    writer.add(entries)
    writer.publish()
    return WordIndex(folder)


def brute_force(entries: list[WordEntry], question: str) -> list[tuple[int, float]]:
    """BM25, written out."""
    frequency = Counter(t for e in entries for t in set(e.tokens))
    average = sum(len(e.tokens) for e in entries) / len(entries)
    scored = []
    for e in entries:
        score = 0.0
        for token in dict.fromkeys(tokens(question)):
            tf = e.tokens.count(token)
            if tf:
                n = frequency[token]
                idf = math.log(1 + (len(entries) - n + 0.5) / (n + 0.5))
                score += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(e.tokens) / average))
        if score:
            scored.append((e.id, score))
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))


def test_one_score_by_hand(tmp_path: Path) -> None:
    index = index_of(tmp_path / "w", [entry(1, "", "头痛"), entry(2, "", "发热")])
    # Two passages of one token each: idf = ln(1 + 1.5 / 1.5) = ln 2; length is average, so tf part = 2.2 / (1 + 1.2) = 1.
    assert index.search("头痛", 5, Filters()) == [(1, pytest.approx(math.log(2)))]


def test_ranking_equals_brute_force_after_removals_and_additions(tmp_path: Path) -> None:
    rng = random.Random(7)
    words = "高血压 心绞痛 哮喘 aspirin 100mg 头痛 发热 warfarin 咳嗽 每日两次 肾功能不全 禁用".split()
    entries = [entry(i, rng.choice(words), "，".join(rng.choices(words, k=rng.randint(1, 12)))) for i in range(1, 400)]
    index_of(tmp_path / "w", entries[:300])
    writer = WordWriter(tmp_path / "w")
    writer.remove([e.id for e in entries[:120]])
    writer.add(entries[300:])
    writer.publish()
    index, kept = WordIndex(tmp_path / "w"), entries[120:]
    assert index.ids() == {e.id for e in kept}
    for question in ("高血压 aspirin", "肾功能不全 禁用", "warfarin 100mg 头痛 发热", "咳嗽"):
        expected = brute_force(kept, question)[:10]
        found = index.search(question, 10, Filters())
        assert [i for i, _ in found] == [i for i, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected])


def test_ranking_equals_brute_force_where_most_deleted_passages_were_long_and_full_of_rare_words(tmp_path: Path) -> None:
    rng = random.Random(11)
    rare, plain = ["warfarin", "哮喘"], ["aspirin", "头痛", "发热", "100mg"]
    gone = [entry(n, "", "，".join(rng.choices(rare, k=rng.randint(20, 60)))) for n in range(1, 200)]
    kept = [entry(n, "", "，".join(rng.choices([*rare, *plain * 9], k=rng.randint(1, 12)))) for n in range(200, 700)]
    index_of(tmp_path / "w", [*gone, *kept])
    writer = WordWriter(tmp_path / "w")
    writer.remove([e.id for e in gone])
    writer.publish()
    index = WordIndex(tmp_path / "w")
    assert index._held > index._searcher.num_docs  # tantivy counts them still
    for question in ("warfarin aspirin", "哮喘 头痛 发热", "warfarin 哮喘 100mg"):
        found, expected = index.search(question, 5, Filters()), brute_force(kept, question)[:5]
        assert [i for i, _ in found] == [i for i, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected])


def test_ranking_by_rarer_words_equals_brute_force_or_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "MANY", 1)
    monkeypatch.setattr(word_index, "LOOKED_AT", 12)
    rng = random.Random(5)
    rare, common = "warfarin aspirin metformin heparin insulin digoxin codeine".split(), "the of and in".split()
    entries = [
        entry(n, "", " ".join([*rng.choices(rare, k=rng.randint(0, 3)), *rng.choices(common, k=rng.randint(3, 12))]))
        for n in range(1, 600)
    ]
    index, used = index_of(tmp_path / "w", entries), 0
    for question in (" ".join([*rng.sample(rare, k=n % 3 + 2), *common]) for n in range(30)):
        for k in (1, 5, 20):
            expected, found = brute_force(entries, question)[:k], index.search(question, k, Filters())
            assert found == [(i, pytest.approx(s)) for i, s in expected]
            alone = index._search(question, Filters())._rarer
            assert alone is not None and alone.best(k) in (None, found)
            used += alone.best(k) is not None
    assert 0 < used < 90


def test_no_score_is_lower_than_tantivy_may_have_it_where_merged_segments_had_deleted_passages(tmp_path: Path) -> None:
    rng = random.Random(17)
    words = ["warfarin", "aspirin", *"the of and in to for with".split()]
    entries = [entry(n, "", " ".join(rng.choices(words, k=rng.choice((63, 87, 95, 103, 112))))) for n in range(1, 400)]
    index_of(tmp_path / "w", entries[:40])
    for at in range(40, 360, 40):  # so many segments that they are merged; tantivy then adds lengths up as it rounded them
        writer = WordWriter(tmp_path / "w")
        writer.remove([one.id for one in entries[at - 40 : at - 30] if at < 240])
        writer.add(entries[at : at + 40])
        writer.publish()
    index, question = WordIndex(tmp_path / "w"), "warfarin aspirin the"
    search = index._search(question, Filters())
    hits = index._searcher.search(index._query(index.weights_of(question), Filters()), 500).hits
    exact = search._rescored([address for _, address in hits])
    too_low = max(score / believed for (_, score), (believed, _) in zip(exact, hits, strict=True))
    assert 1.001 * index._held / index._searcher.num_docs < too_low <= search._slack


def test_more_of_what_was_searched_before_is_what_a_new_search_finds(tmp_path: Path) -> None:
    rng = random.Random(23)
    words = "warfarin aspirin heparin insulin the of and in".split()
    entries = [entry(n, "", " ".join(rng.choices(words, k=rng.randint(2, 9)))) for n in range(1, 900)]
    index = index_of(tmp_path / "w", entries)
    for question in ("warfarin the", "insulin and heparin of", "aspirin"):
        expected = brute_force(entries, question)
        for k in (3, 200, 20, 850, 0, 40):
            assert index.search(question, k, Filters()) == [(i, pytest.approx(s)) for i, s in expected[:k]]


def test_filters_are_split_by_the_smaller_side(tmp_path: Path) -> None:
    entries = [WordEntry(n, "a", (("source", "s"), ("lang", "zh" if n % 10 else "en"))) for n in range(1, 101)]
    index = index_of(tmp_path / "w", entries)
    english = set(range(10, 101, 10))
    for lang, passing in (("en", True), ("zh", False)):
        ids, found = index.split(Filters(langs=frozenset([lang])))
        assert (set(ids.tolist()), found) == (english, passing)
    ids, found = index.restricted([frozenset(["nobody's"])]).split(Filters(langs=frozenset(["zh"])))
    assert (len(ids), found) == (0, True)


def test_ties_go_by_id_even_among_hundreds_of_equals(tmp_path: Path) -> None:
    numbers = list(range(1, 901))
    random.Random(3).shuffle(numbers)
    index = index_of(tmp_path / "w", [entry(n, "", "尚不明确。") for n in numbers])
    assert [i for i, _ in index.search("尚不明确", 5, Filters())] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "question", ["", " ", "😀", "a AND (b", "title:x OR *", '"unclosed', "^~!@#$%", "x" * 100_000, "\ud800", "\0"]
)
def test_no_question_upsets_the_index(tmp_path: Path, question: str) -> None:
    index = index_of(tmp_path / "w", [entry(1, "阿司匹林", "用于头痛。")])
    assert index.search(question, 5, Filters()) == []


def test_a_very_long_question_keeps_its_rarest_words(tmp_path: Path) -> None:
    entries = [entry(i, "", f"common text number {i}") for i in range(1, 200)]
    index = index_of(tmp_path / "w", entries)
    found = index.search(
        "common text number " * 2000 + " ".join("q" + c * n for c in "abcdefgh" for n in range(1, 30)) + " 77", 1, Filters()
    )
    assert found[0][0] == 77


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("每次0.1g，一日3次", ["每次", "0.1", "g", "一日", "3", "次"]),
        ("１００㎎", ["100", "mg"]),
        ("Warfarin's tablets", ["warfarin", "tablet"]),
        ("studies of diseases", ["study", "of", "disease"]),
        ("CYP3A4 和 B12", ["cyp3a4", "和", "b12"]),
        ("高血压", ["高血", "血压"]),
        ("痛", ["痛"]),
        ("", []),
    ],
)
def test_text_is_cut_into_bigrams_words_and_numbers(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize("run", ["一龥鿿", "鿿一龥", "゠一", "㐀一", "가一", "\uf900一", "\U00020000一"])
def test_runs_of_every_han_like_block_are_cut_into_pairs(run: str) -> None:
    folded = simplified(unicodedata.normalize("NFKC", run))
    assert tokens(f"mg {run}，片") == ["mg", *(folded[at : at + 2] for at in range(len(folded) - 1)), "片"]
