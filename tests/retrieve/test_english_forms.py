"""Forms in English: what is said beside a name, what a title prints, and the labels that are read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadRecord
from medrag.kb.base import KnowledgeBase
from medrag.kb.prepared import EntityRef, Prepared
from medrag.retrieve.english_forms import Form, fits_form, forms_beside, forms_in_title
from medrag.retrieve.understand import understand
from medrag.types import EntityKind, Question
from tests.making import label


@pytest.mark.parametrize(
    ("question", "forms"),
    [
        ("can i cut dolorin tablets", {Form.SOLID}),
        ("the dolorin kids liquid in the fridge", {Form.LIQUID}),
        ("iv dolorin 20 mg", {Form.INJECTION}),
        ("inhaled dolorin with asthma", {Form.INHALED}),
        ("dolorin and an eye ointment", set()),  # of something else
        ("dolorin with food", set()),
    ],
)
def test_a_form_beside_a_name_is_that_of_the_medicine(question: str, forms: set[Form]) -> None:
    start = question.index("dolorin")
    assert forms_beside(question, start, start + len("dolorin")) == forms


@pytest.mark.parametrize(
    ("title", "fits", "misfits"),
    [
        ("DOLORIN- dolorine tablet, film coated", Form.SOLID, Form.INJECTION),
        ("DOLORIN- dolorine injection, solution", Form.INJECTION, Form.LIQUID),
        ("DOLORIN PEDIATRIC- dolorine granule, for solution", Form.LIQUID, Form.BELOW),
        ("DOLORIN- dolorine suppository", Form.BELOW, Form.LIQUID),
        ("DOLORIN- dolorine patch", Form.PATCH, Form.SKIN),
    ],
)
def test_a_title_says_what_form_a_label_is_of(title: str, fits: Form, misfits: Form) -> None:
    assert fits_form(frozenset({fits}), title)
    assert not fits_form(frozenset({misfits}), title)


def test_where_either_leaves_the_form_unsaid_it_fits() -> None:
    assert fits_form(frozenset(), "DOLORIN- dolorine tablet")
    assert forms_in_title("Dolorin") == frozenset() and fits_form(frozenset({Form.PATCH}), "Dolorin")


def _branded(title: str, brand: str, key: str) -> Prepared:
    """An American label whose brand is an entity of its own."""
    made = label(title, {"DOSAGE AND ADMINISTRATION": f"How {title} is given."}, key=key, lang="en")
    record = ReadRecord(
        made.document, about=(EntityRef(EntityKind.PRODUCT, brand), EntityRef(EntityKind.SUBSTANCE, "dolorine"))
    )
    return prepare(record, source=made.document.source)


@pytest.fixture(scope="module")
def pharmacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """Labels of one substance in several forms, of a brand with several products, and of a mixture."""
    with KnowledgeBase.create(tmp_path_factory.mktemp("pharmacy") / "kb") as kb:
        with kb.write() as writer:
            writer.add_many(
                [
                    _branded("DOLORIN- dolorine suppository", "DOLORIN", "1"),
                    _branded("DOLORIN PEDIATRIC- dolorine granule, for solution", "DOLORIN PEDIATRIC", "2"),
                    label("Fevrine tablets", {"INDICATIONS": "For fever."}, key="3", lang="en"),
                    label("Fevrine injection", {"INDICATIONS": "For high fever."}, key="4", lang="en"),
                    label("Hydrosalt tablets", {"INDICATIONS": "For thirst."}, key="5", lang="en"),
                    label("Fevrine and hydrosalt tablets", {"INDICATIONS": "For both."}, key="6", lang="en"),
                ]
            )
        yield kb


def _first(question: str, kb: KnowledgeBase) -> list[str]:
    return [drug.documents[0].title for drug in understand(Question(text=question), kb).drugs]


def test_the_label_of_the_form_that_was_said_comes_first(pharmacy: KnowledgeBase) -> None:
    assert _first("fevrine injection for my son", pharmacy) == ["Fevrine injection"]
    assert _first("can i crush fevrine tablets", pharmacy) == ["Fevrine tablets"]


def test_a_brands_other_product_is_found_by_its_form(pharmacy: KnowledgeBase) -> None:
    assert _first("dolorin kids liquid in the fridge", pharmacy) == ["DOLORIN PEDIATRIC- dolorine granule, for solution"]
    assert _first("dolorin suppository at night", pharmacy) == ["DOLORIN- dolorine suppository"]
    assert _first("how often dolorin", pharmacy) == ["DOLORIN- dolorine suppository"]


def test_names_with_a_stroke_between_them_are_a_mixture_and_with_and_are_two(pharmacy: KnowledgeBase) -> None:
    assert _first("fevrine/hydrosalt for thirst", pharmacy) == ["Fevrine and hydrosalt tablets"]
    assert len(_first("is fevrine safe if i also take hydrosalt", pharmacy)) == 2
