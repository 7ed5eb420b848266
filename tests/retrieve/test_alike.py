"""Labels of several makers that say the same are one piece of evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve.alike import names_maker
from medrag.retrieve.rank import retrieve
from tests.making import label

TEXT = "Somnexin tablets are indicated for the short-term treatment of insomnia in adults who cannot fall asleep."
MAKERS = (("Alphacare Pharmaceuticals Inc", "2019-05-01"), ("Betamed Labs", "2024-02-01"), ("Gammagen Ltd", "2021-01-01"))


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    labels = [
        label(
            "Somnexin tablets",
            {"INDICATIONS AND USAGE": TEXT.replace("adults", "adult patients") if at else TEXT, "STORAGE": "Keep dry."},
            key=f"S{at}",
            lang="en",
            maker=maker,
            effective=day,
        )
        for at, (maker, day) in enumerate(MAKERS)
    ]
    other = label("Vigilex tablets", {"INDICATIONS AND USAGE": "For narcolepsy."}, key="V", lang="en")
    with KnowledgeBase.create(tmp_path_factory.mktemp("alike") / "a.kb") as made:
        with made.write() as writer:
            writer.add_many([*labels, other])
        yield made


def test_what_several_makers_say_alike_stands_once_with_the_newest_on_top(kb: KnowledgeBase) -> None:
    found = [e for e in retrieve("what is somnexin used for", kb).evidence if e.passage and "insomnia" in e.text]
    assert len(found) == 1 and found[0].passage is not None
    assert found[0].passage.document.maker == "Betamed Labs"
    assert {info.maker for info in found[0].also} == {"Alphacare Pharmaceuticals Inc", "Gammagen Ltd"}


def test_the_maker_that_is_asked_for_stands_on_top(kb: KnowledgeBase) -> None:
    first = retrieve("what is somnexin from gammagen used for", kb).evidence[0]
    assert first.passage is not None and first.passage.document.maker == "Gammagen Ltd"


def test_a_makers_name_is_recognised_by_its_own_word() -> None:
    assert names_maker("somnexin by teva please", "Teva Pharmaceuticals USA, Inc.")
    assert names_maker("拜耳的阿司匹林", "拜耳")
    assert not names_maker("which pharmaceuticals company", "Teva Pharmaceuticals USA, Inc.")
    assert not names_maker("anything", "")


@pytest.mark.parametrize(
    ("only", "makers"),
    [
        (Filters(makers=frozenset({"betamed labs"})), {"Betamed Labs"}),
        (Filters(since="2021"), {"Betamed Labs", "Gammagen Ltd"}),
        (Filters(since="2019-05-01", until="2021-01"), {"Alphacare Pharmaceuticals Inc", "Gammagen Ltd"}),
        (Filters(until="2018"), set()),
    ],
)
def test_makers_and_dates_restrict_every_channel(kb: KnowledgeBase, only: Filters, makers: set[str]) -> None:
    evidence = retrieve("what is somnexin used for", kb, only=only).evidence
    seen = {info.maker for e in evidence if e.passage for info in (e.passage.document, *e.also)}
    assert seen == makers
