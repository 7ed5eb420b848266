"""A caller who may see some documents is answered as if there were no others.

Each draw takes some wards' tags, one of the public methods, and words of any ward; what comes back may hold no word of a ward
that is not seen, and must be what a knowledge base of the visible documents alone says. Some hundred draws here;
`make soak-access` sets MEDRAG_ACCESS_DRAWS for 10,000. A public method that is new must be put into a table here first.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getmembers
from itertools import chain
from pathlib import Path
from typing import Any

import networkx
import pytest
from pydantic_core import to_jsonable_python

from medrag import MedRAG
from medrag.answer.show.cards import qizhen_html
from medrag.answer.show.html import to_html
from medrag.answer.show.text import to_text
from medrag.errors import KnowledgeBaseError, NotFoundError
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.several import SeveralKnowledgeBases
from medrag.kb.terms.pinyin import spellings
from medrag.types import DocumentInfo, Passage
from tests.wards import COMMON, SECRETS, STEMS, STOCK, WARDS, Stocked, hidden_from, visible_to, ward

DRAWS = int(os.environ.get("MEDRAG_ACCESS_DRAWS", "300"))
SEED = 20261127
QUESTIONS = (
    "{x}有哪些不良反应？", "{x}孕妇能用吗？", "{x}的用法用量", "{x}和{y}能一起吃吗？", "{x}能治{y}吗？", "{x}有什么症状？", "{x}是什么？",
    "what is {x} used for?", "can I take {x} with {y}?", "side effects of {x}", "哪些药可以治{x}？", "{x}", "{x} {y}",
)  # fmt: skip
# What differs for good reason between a view and a knowledge base of the same documents: numbers of commits and versions,
# times, and scores, which know the average length of all passages.
UNEQUAL = {"version", "commit", "milliseconds", "bytes", "engine", "trace", "confidence", "versions"}


@dataclass(frozen=True)
class Draw:
    """What one draw asks with."""

    text: str
    name: str
    other: str
    key: tuple[str, str]
    k: int


def names() -> Iterator[str]:
    """Whatever somebody may ask about: what the wards have, wherever that is, and what they have in common."""
    for han, latin in STEMS.values():
        yield from (f"{han}宁片", f"{han}症", f"{han}斑", f"{han}晕", f"{han}定", f"{han}热病", han)
        yield from (f"{latin}lol", f"{latin}bran", f"{latin}max", f"{latin}osis")
    yield from ("沉香露颗粒", "桦柏疹", "转手露颗粒", "苇荻", "菖蒲")
    yield from COMMON


def slips(name: str, rnd: random.Random) -> Iterator[str]:
    """The name, and how it may be mistyped."""
    yield name
    at = rnd.randrange(len(name))
    yield name[:at] + name[at + 1 :]
    yield name[:at] + name[at:][:2][::-1] + name[at + 2 :]
    if not name.isascii():
        yield "".join(next(iter(spellings(name)), [name]))


def drawn(rnd: random.Random) -> Draw:
    """A draw; keys and names are of any ward."""
    listed = list(names())
    x, y = (rnd.choice(list(slips(rnd.choice(listed), rnd)) or listed) for _ in range(2))
    one = rnd.choice(STOCK).prepared.document
    return Draw(rnd.choice(QUESTIONS).format(x=x, y=y), x, y, (one.source, one.key), rnd.choice((1, 3, 10)))


Operation = Callable[[KnowledgeBase, Draw], object]


def entity_ids(kb: KnowledgeBase, draw: Draw) -> list[str]:
    """The ids of what a draw names, which one may know from elsewhere."""
    kinds = ("substance", "preparation", "product", "disease", "symptom")
    return [e.id for e in kb.entity(draw.name)] + [f"{kind}:{draw.name}" for kind in kinds] + ["disease:X17"]


@dataclass(frozen=True)
class Whole:
    """All passages there are, which somebody may know who saw them once."""

    passages: list[Passage]

    @property
    def ids(self) -> list[int]:
        return [passage.id for passage in self.passages]

    @property
    def places(self) -> list[tuple[DocumentInfo, int]]:
        return [(passage.document, passage.start) for passage in self.passages]


WHOLE = Whole([])


def only(draw: Draw) -> Filters:
    return Filters(tags=frozenset({WARDS[draw.k % len(WARDS)], WARDS[-1]}))


KB_OPERATIONS: dict[str, Operation] = {
    "documents": lambda kb, d: [
        list(kb.documents()),
        list(kb.documents(called=d.name)),
        list(kb.documents(after=d.key, limit=3)),
    ],
    "document": lambda kb, d: (
        [kb.document(v.key, source=v.source, version=v.version) for k in (d.key[1], "moved") for v in kb.versions(k)]
        + [kb.document(d.key[1], source=d.key[0])]
    ),
    "versions": lambda kb, d: [[v.title for v in kb.versions(key)] for key in (d.key[1], "moved")],
    "link": lambda kb, d: kb.link(d.text),
    "link_near": lambda kb, d: kb.link_near(d.text),
    "normalise": lambda kb, d: [kb.normalise(d.name, k=d.k), kb.normalise(d.name, kind="drug", k=d.k)],
    "entity": lambda kb, d: [kb.entity(d.name), kb.entity("disease:X17")],
    "names": lambda kb, d: [kb.names(i) for i in entity_ids(kb, d)] + [kb.names("substance:布洛芬")],
    "facts": lambda kb, d: kb.facts(d.name),
    "facts_of": lambda kb, d: [kb.facts_of(entity_ids(kb, d)), kb.facts_of(entity_ids(kb, d), {"has_symptom"}, d.k)],
    "bare_facts_of": lambda kb, d: [(f.subject, f.relation, f.object) for f in kb.bare_facts_of(entity_ids(kb, d))],
    "with_sources": lambda kb, d: kb.with_sources(kb.bare_facts_of(entity_ids(kb, d), limit=d.k)),
    "graph": lambda kb, d: kb.graph(d.name, hops=2),
    # All of them, in an order of ours: ties are broken by the catalogue's own numbers, which know who came first.
    "related": lambda kb, d: sorted((e.id, e.name) for e, _ in kb.related(entity_ids(kb, d), 1_000)),
    "documents_about": lambda kb, d: kb.documents_about([*entity_ids(kb, d), "substance:布洛芬"]),
    "passages_of": lambda kb, d: [kb.passages_of(one.prepared.document.info()) for one in STOCK],
    "passages_at": lambda kb, d: kb.passages_at(WHOLE.places),
    "passages": lambda kb, d: kb.passages(WHOLE.ids),
    "documents_of": lambda kb, d: [kb.documents_of(WHOLE.ids).get(i) for i in WHOLE.ids],
    "neighbours": lambda kb, d: [kb.neighbours(p) for p in kb.passages(WHOLE.ids)],
    "search_words": lambda kb, d: [kb.passages(ids(kb.search_words(d.text, d.k, f))) for f in (Filters(), only(d))],
    "search_vectors": lambda kb, d: [kb.passages(ids(kb.search_vectors(d.text, d.k, f))) for f in (Filters(), only(d))],
    "vector_scores": lambda kb, d: [score != 0 for score in kb.vector_scores("布洛芬 tablets 用于", WHOLE.ids)],
    "word_weights": lambda kb, d: sorted(kb.word_weights(d.text)),
    "stats": lambda kb, d: kb.stats(),
    "as_of": lambda kb, d: [on_day(kb.as_of(day), d) for day in ("2021-06", "2022")],
}


def on_day(kb: KnowledgeBase, draw: Draw) -> object:
    found = kb.passages(ids(kb.search_words("用于不适", 9)))
    return [list(kb.documents()), kb.document("moved") if draw.k > 1 else None, found, kb.facts(draw.name)]


# Methods that make, move or close a knowledge base, and those that a restricted one refuses.
NOT_READING = {"open", "create", "close", "pinned", "restricted", "refresh", "path", "address", "embedder", "commit"}
REFUSED: dict[str, Callable[[KnowledgeBase], object]] = {
    "write": lambda kb: kb.write().__enter__(),
    "reindex": lambda kb: kb.reindex(),
    "verify": lambda kb: kb.verify(),
}


def ids(found: list[tuple[int, float]]) -> list[int]:
    return [i for i, _ in found]


def answered(kb: KnowledgeBase, draw: Draw) -> object:
    answer = MedRAG(kb, k=draw.k).ask(draw.text)
    return [answer, to_text(answer), to_html(answer), qizhen_html(answer, kb)]


async def _astream(medrag: MedRAG, text: str) -> list[object]:
    return [event async for event in medrag.astream(text)]


MEDRAG_OPERATIONS: dict[str, Operation] = {
    "ask": answered,
    "search": lambda kb, d: MedRAG(kb).search(d.text, d.k),
    "explain": lambda kb, d: MedRAG(kb).explain(d.text, d.k),
    "stream": lambda kb, d: list(MedRAG(kb, only=only(d)).stream(d.text)),
    "aask": lambda kb, d: asyncio.run(MedRAG(kb).aask(d.text)),
    "astream": lambda kb, d: asyncio.run(_astream(MedRAG(kb), d.text)),
    "check_medication": lambda kb, d: MedRAG(kb).check_medication([d.name, d.other, "布洛芬缓释胶囊"]),
    "ask_many": lambda kb, d: list(MedRAG(kb).ask_many([d.text, d.name])),
}
OPERATIONS = {**KB_OPERATIONS, **{f"MedRAG.{name}": operation for name, operation in MEDRAG_OPERATIONS.items()}}


def plain(value: object) -> Any:
    """The value as it would be printed, without what differs for good reason."""
    if isinstance(value, networkx.MultiDiGraph):
        value = [sorted(value.nodes(data=True)), sorted(map(repr, value.edges(data=True)))]
    return _less(to_jsonable_python(value, fallback=repr))


def _less(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _less(item) for key, item in value.items() if key not in UNEQUAL}
    if isinstance(value, list):
        return [_less(item) for item in value]
    return None if isinstance(value, float) else value


def outcome(operation: Operation, kb: KnowledgeBase, draw: Draw) -> object:
    try:
        return operation(kb, draw)
    except NotFoundError as error:
        return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    kb = ward(tmp_path_factory.mktemp("whole") / "all.kb", [one.prepared for one in STOCK])
    WHOLE.passages[:] = [passage for info in kb.documents() for passage in kb.passages_of(info)]
    yield kb
    kb.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[frozenset[str]], KnowledgeBase]]:
    """Gives the knowledge base of what a caller sees and nothing else."""
    made: dict[frozenset[str], KnowledgeBase] = {}

    def of(access: frozenset[str]) -> KnowledgeBase:
        if access not in made:
            made[access] = ward(tmp_path_factory.mktemp("alone") / "some.kb", visible_to(access))
        return made[access]

    yield of
    for kb in made.values():
        kb.close()


def test_every_public_method_is_drawn() -> None:
    public = {name for name, _ in getmembers(KnowledgeBase) if not name.startswith("_")}
    assert public - {"path", "embedder"} == {*KB_OPERATIONS, *REFUSED, *NOT_READING} - {"path", "embedder"}
    asking = {name for name, _ in getmembers(MedRAG) if not name.startswith("_")}
    assert asking == {*MEDRAG_OPERATIONS, "settings"}  # which read no knowledge base


def test_no_draw_shows_a_word_of_another_ward(whole: KnowledgeBase, alone: Callable[[frozenset[str]], KnowledgeBase]) -> None:
    rnd = random.Random(SEED)
    leaks: list[str] = []
    unequal: list[str] = []
    for number in range(DRAWS):
        access = frozenset(tag for tag in WARDS if rnd.random() < 0.4)
        draw = drawn(rnd)
        name = list(OPERATIONS)[number % len(OPERATIONS)]
        view = whole.restricted(access)
        shown = outcome(OPERATIONS[name], view, draw)
        asked = f"{draw.text} {draw.name} {draw.other} {draw.key}".lower()
        printed = repr(plain(shown)).lower()
        leaks += [f"{name}{sorted(access)} {draw}: {w}" for w in hidden_from(access) if w in printed and w not in asked]
        expected = outcome(OPERATIONS[name], alone(access), draw)
        if plain(shown) != plain(expected):
            unequal.append(f"{name}{sorted(access)} {draw}: {first_difference(plain(shown), plain(expected))}")
    assert not leaks, f"{len(leaks)} of {DRAWS}:\n" + "\n".join(leaks[:10])
    # Scores know the average length of all passages, so that two which are nearly equal may change places: once in 10,000.
    assert len(unequal) <= DRAWS // 1_000, f"{len(unequal)} of {DRAWS}:\n" + "\n".join(unequal[:10])


def test_no_draw_shows_it_through_several_knowledge_bases_read_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("several")
    halves = [ward(folder / str(n), [one.prepared for one in parted(n)]) for n in range(2)]
    rnd = random.Random(SEED + 1)
    with SeveralKnowledgeBases(halves) as whole:
        leaks = []
        for number in range(DRAWS // 3):
            access = frozenset(tag for tag in WARDS if rnd.random() < 0.4)
            draw = drawn(rnd)
            name = list(OPERATIONS)[number % len(OPERATIONS)]
            asked = f"{draw.text} {draw.name} {draw.other} {draw.key}".lower()
            printed = repr(plain(outcome(OPERATIONS[name], whole.restricted(access), draw))).lower()
            leaks += [f"{name}{sorted(access)} {draw}: {w}" for w in hidden_from(access) if w in printed and w not in asked]
    assert not leaks, f"{len(leaks)} of {DRAWS // 3}:\n" + "\n".join(leaks[:10])


def parted(number: int) -> list[Stocked]:
    """Half of the stock, the versions of a document together."""
    return [one for at, one in enumerate(STOCK) if (at % 2 if one.prepared.document.key != "moved" else 0) == number]


def first_difference(one: Any, other: Any, at: str = "") -> str:
    """Where two values differ first."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = ((one.get(key), other.get(key), f"{at}.{key}") for key in chain(one, other))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = ((a, b, f"{at}[{n}]") for n, (a, b) in enumerate(zip(one, other, strict=True)))
    else:
        return f"{at}: {str(one)[:600]} != {str(other)[:600]}"
    return next(first_difference(a, b, where) for a, b, where in pairs if a != b)


def test_the_draws_would_find_a_leak(whole: KnowledgeBase) -> None:
    draw = Draw("高血压有什么症状？", "高血压", "枫槭宁片", ("labels", "quarvi-1"), 10)
    quiet = {"word_weights", "vector_scores", "stats", "link_near", "versions", "link", "entity", "normalise"}
    printed = {name: repr(plain(outcome(operation, whole, draw))).lower() for name, operation in OPERATIONS.items()}
    secrets = [secret.word for secret in SECRETS]
    assert {name for name, text in printed.items() if not any(word in text for word in secrets)} <= quiet


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_restricted_knowledge_base_refuses(whole: KnowledgeBase, name: str) -> None:
    with pytest.raises(KnowledgeBaseError, match="restricted"):
        REFUSED[name](whole.restricted({"east"}))


def test_what_one_asked_before_is_not_remembered_for_another(whole: KnowledgeBase) -> None:
    everything = whole.facts("高血压"), whole.documents_about(["substance:布洛芬"]), whole.related(["disease:高血压"])
    east, west = whole.restricted({"east"}), whole.restricted({"west"})
    for one, own, foreign in ((east, "枫槭", "榆槐"), (west, "榆槐", "枫槭"), (east, "枫槭", "榆槐")):
        printed = repr((one.facts("高血压"), one.documents_about(["substance:布洛芬"]), one.related(["disease:高血压"])))
        assert own in printed
        assert foreign not in printed
    assert (whole.facts("高血压"), whole.documents_about(["substance:布洛芬"]), whole.related(["disease:高血压"])) == everything


def test_no_tags_see_nothing_and_none_sees_all(whole: KnowledgeBase) -> None:
    assert list(whole.restricted(frozenset()).documents()) == []
    assert whole.restricted(frozenset()).search_words("布洛芬", 5) == []
    assert list(whole.restricted(None).documents()) == list(whole.documents())


def test_restricting_twice_needs_a_tag_of_each(whole: KnowledgeBase) -> None:
    both = whole.restricted({"east"}).restricted({"west"})
    assert [info.key for info in both.documents()] == ["both"]
    assert {p.document.key for p in both.passages(ids(both.search_words("用于不适", 9)))} == {"both"}
    assert [info.key for info in whole.restricted({"west"}).restricted({"east"}).documents()] == ["both"]
    assert list(whole.restricted({"east"}).restricted(None).documents()) == list(whole.restricted({"east"}).documents())


def test_a_users_own_filter_narrows_what_is_seen(whole: KnowledgeBase) -> None:
    east = whole.restricted({"east"})
    for search in (east.search_words, east.search_vectors):
        found = east.passages(ids(search("布洛芬 高血压 用于不适", 50, Filters(tags=frozenset({"west"})))))
        assert {passage.document.key for passage in found} == {"both"}
        assert search("布洛芬 高血压", 50, Filters(tags=frozenset({"north"}))) == []


def test_a_version_is_seen_with_its_own_tag_and_the_current_ones(whole: KnowledgeBase) -> None:
    east, west, both = (whole.restricted(tags) for tags in ({"east"}, {"west"}, {"east", "west"}))
    with pytest.raises(NotFoundError, match="there is no document 'moved'"):
        east.document("moved")
    assert east.versions("moved") == []
    assert [info.version for info in west.versions("moved")] == [2]
    with pytest.raises(NotFoundError):
        west.document("moved", version=1)
    assert [info.version for info in both.versions("moved")] == [1, 2]


def test_more_callers_than_engines_are_told_apart(whole: KnowledgeBase) -> None:
    views = {n: whole.restricted({"east" if n % 2 else "west", f"unused {n}"}) for n in range(80)}
    for number, view in views.items():
        assert ("枫槭宁片" in repr(list(view.documents()))) == number % 2, number


def test_a_view_stays_at_its_commit_until_it_is_refreshed(tmp_path: Path) -> None:
    with ward(tmp_path / "kb", visible_to(frozenset({"east"}))) as kb:
        view = kb.restricted({"east"})
        before = len(list(view.documents()))
        with kb.write() as writer:
            writer.add_many(visible_to(frozenset({"west"})))
        assert len(list(view.documents())) == before
        assert view.refresh()
        assert "榆槐" not in repr(list(view.documents()))
        assert kb.restricted({"east", "west"}).document("moved").title == "转手露颗粒"
