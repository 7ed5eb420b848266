"""Patterns that are compiled when they are first asked: as `re` has them, and all of them right."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from weakref import WeakSet

import pytest

from medrag.patterns import _Compiled, _Uncompiled, compile_all, for_lower, regex
from medrag.retrieve.cues import Population, patient_pattern, support_pattern
from medrag.sections import SectionGroup


def test_a_pattern_is_what_re_makes_of_it() -> None:
    ours, theirs = regex(r"(?P<n>\d+)\s*MG", re.IGNORECASE), re.compile(r"(?P<n>\d+)\s*MG", re.IGNORECASE)
    text = "take 20 mg, then 5mg"
    assert ours.findall(text) == theirs.findall(text) == ["20", "5"]
    assert [match.span() for match in ours.finditer(text, 8)] == [match.span() for match in theirs.finditer(text, 8)]
    assert ours.sub("X", text, 1) == "take X, then 5mg"
    assert ours.fullmatch("20 mg") is not None and ours.match("x") is None and ours.search("x") is None
    assert (ours.pattern, ours.flags, ours.groups, dict(ours.groupindex)) == (theirs.pattern, theirs.flags, 1, {"n": 1})


def test_a_pattern_is_compiled_by_the_first_thing_that_is_asked_of_it() -> None:
    wrong = regex("(")
    assert isinstance(wrong, _Uncompiled)
    with pytest.raises(re.error):
        wrong.search("x")
    right = regex("x")
    assert right.search("x") is not None
    assert not isinstance(right, _Uncompiled)


def test_all_that_wait_are_compiled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medrag.patterns._waiting", WeakSet())
    asked, waiting = regex("a"), regex("b")
    assert asked.search("a") is not None
    compile_all()
    assert not isinstance(waiting, _Uncompiled) and waiting.search("b") is not None
    compile_all()  # there is nothing left to do


def test_in_lower_case_a_pattern_finds_the_same_without_ignoring_case() -> None:
    patterns = [patient_pattern((who,)) for who in Population] + [support_pattern(group) for group in SectionGroup]
    found = [pattern for pattern in patterns if pattern is not None]
    text = "孕妇禁用。use in pregnancy; side effects were reported in pa\u0301ediatric patients, children aged 65 years, store at 20 °c"
    for pattern in found:
        assert not re.search(r"(?<!\\)[A-Z]", pattern.pattern)  # no capital but those of \W and \D
        assert [m.span() for m in for_lower(pattern).finditer(text)] == [m.span() for m in pattern.finditer(text)]
        assert not for_lower(pattern).flags & re.IGNORECASE


def test_a_pattern_has_nothing_that_re_has_not() -> None:
    with pytest.raises(AttributeError, match="serch"):
        regex("x").serch("x")  # type: ignore[attr-defined]


def patterns_in(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    """The patterns in a module's value, whether somebody has asked them yet or not."""
    if isinstance(value, _Compiled):
        yield value  # type: ignore[misc]  # it stands for one
    elif depth and isinstance(value, dict):
        for item in [*value, *value.values()]:
            yield from patterns_in(item, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from patterns_in(item, depth - 1)


def test_every_pattern_of_the_package_compiles() -> None:
    rooms = ("answer", "kb", "retrieve")
    names = ["medrag.sections", "medrag.sentences"]
    for room in rooms:
        package = import_module(f"medrag.{room}")
        names += [module.name for module in pkgutil.walk_packages(package.__path__, f"medrag.{room}.")]
    # Those of engines want their extras; they keep no patterns.
    skipped = ("medrag.kb.engines", "medrag.kb.milvus")
    modules = [import_module(name) for name in names if not name.startswith(skipped)]
    found = [(module.__name__, one) for module in modules for value in vars(module).values() for one in patterns_in(value)]
    assert len(found) > 100
    for where, pattern in found:
        assert isinstance(pattern.pattern, str), where
