"""Where places of documents lie, and the same passages however they are asked for."""

from __future__ import annotations

from pathlib import Path

from medrag.kb.filters import Filters
from medrag.sections import SectionGroup
from tests.shelf import shelf


def test_the_passage_at_a_place_is_the_one_that_holds_it(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        passages = [p for info in kb.documents(kinds=["label"]) for p in kb.passages_of(info)]
        assert len(passages) > 20
        assert [p.id for p in kb.passages_at([(p.document, p.start) for p in passages])] == [p.id for p in passages]
        assert kb.passages_at([(p.document, p.end - 1) for p in passages]) == passages
        assert kb.passages_at([(passages[0].document, 10**9), (passages[1].document, passages[1].start)]) == [passages[1]]
        assert kb.passages_at([]) == []


def test_the_passages_of_some_sections_are_those_of_all_without_the_others(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        for info in kb.documents(kinds=["label"]):
            dosage = kb.passages_of(info, (SectionGroup.DOSAGE,))
            assert dosage == [p for p in kb.passages_of(info) if p.section.group is SectionGroup.DOSAGE]
            assert all(p.text == kb.document(info.key, source=info.source).text[p.start : p.end] for p in dosage)


def test_several_filters_at_once_pass_what_each_of_them_passes(tmp_path: Path) -> None:
    with shelf(tmp_path) as kb:
        both = Filters(langs=frozenset({"zh"}), groups=frozenset({SectionGroup.DOSAGE, SectionGroup.INDICATIONS}))
        found = {i for i, _ in kb.search_vectors("口服 tablet pain 疼痛", 100, both)}
        expected = {
            p.id
            for info in kb.documents(kinds=["label"])
            for p in kb.passages_of(info)
            if both.allows(info) and both.allows_passage(p)
        }
        assert found == expected
        assert len(both.parts()) == 2
