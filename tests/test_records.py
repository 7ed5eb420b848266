"""Records that are made of values known to be right are those that pydantic makes of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from medrag.sections import SectionGroup
from medrag.types import Answer, Evidence, Place, Section, Writing

GIVEN: dict[str, Any] = {
    "index": 3,
    "code": "x",
    "group": SectionGroup.DOSAGE,
    "heading": "用法用量",
    "path": ("a", "b"),
    "start": 1,
    "end": 9,
}


def test_a_record_of_all_its_values_is_the_one_that_pydantic_makes() -> None:
    made, checked = Section.model_construct(**GIVEN), Section(**GIVEN)
    assert made == checked and hash(made) == hash(checked)
    assert made.model_fields_set == checked.model_fields_set
    assert made.model_dump_json() == checked.model_dump_json()
    assert made.model_copy(update={"end": 10}).end == 10


def test_in_another_order_or_with_some_left_out_it_is_as_well() -> None:
    turned = Section.model_construct(**dict(reversed(GIVEN.items())))
    assert turned.model_dump_json() == Section(**GIVEN).model_dump_json()
    assert Place.model_construct(file="a") == Place(file="a")
    assert Place.model_construct(file="a").model_fields_set == {"file"}
    assert Section.model_construct({"index"}, **GIVEN).model_fields_set == {"index"}


def test_of_a_record_without_fields_given_the_defaults_hold() -> None:
    made = Evidence.model_construct(rank=1, score=0.5, found_by=("words",))
    assert (made.passage, made.fact, made.also) == (None, None, ())
    assert isinstance(made, BaseModel)


def test_defaults_that_may_change_are_nobodys_in_common() -> None:
    one, other = (Writing.model_construct(model="a") for _ in range(2))
    assert one == Writing(model="a") and one.generation is not other.generation
    answers = [Answer.model_construct(question="a", text="b") for _ in range(2)]
    assert answers[0] == Answer(question="a", text="b") and answers[0].model_dump_json() == answers[1].model_dump_json()
    assert answers[0].trace is not answers[1].trace and answers[0].writing.generation is not answers[1].writing.generation
