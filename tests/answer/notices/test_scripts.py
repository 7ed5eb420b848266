"""A pattern that is tried on questions of one script alone can find nothing in the other: shown from its parts."""

from __future__ import annotations

import re._constants as op
import re._parser as parser
from collections.abc import Callable
from typing import Any

import pytest

from medrag.answer.notices.fire import notices
from medrag.answer.notices.rules import rules


def is_han(code: int) -> bool:
    return 0x3400 <= code <= 0x9FFF


def is_letter(code: int) -> bool:
    return ord("a") <= code <= ord("z")


def must_hold(parts: Any, wanted: Callable[[int], bool]) -> bool:
    """Whether whatever the parsed pattern finds holds a wanted character, or stands before one."""
    return any(_must_hold(kind, value, wanted) for kind, value in parts)


def _must_hold(kind: Any, value: Any, wanted: Callable[[int], bool]) -> bool:
    if kind is op.LITERAL:
        return wanted(value)
    if kind is op.IN:
        return all(
            (one is op.LITERAL and wanted(what)) or (one is op.RANGE and wanted(what[0]) and wanted(what[1]))
            for one, what in value
        )
    if kind is op.BRANCH:
        return all(must_hold(branch, wanted) for branch in value[1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        return value[0] > 0 and must_hold(value[2], wanted)
    if kind is op.SUBPATTERN:
        return must_hold(value[3], wanted)
    return kind is op.ASSERT and must_hold(value[1], wanted)


@pytest.mark.parametrize(("script", "wanted"), [("zh", is_han), ("en", is_letter)])
def test_patterns_of_a_script_find_nothing_without_it(script: str, wanted: Callable[[int], bool]) -> None:
    tried = 0
    for rule in rules():
        for pattern in rule.patterns[script]:
            assert must_hold(parser.parse(pattern.pattern), wanted), (rule.name, pattern.pattern)
            tried += 1
        for pair in rule.pairs[script]:
            assert any(must_hold(parser.parse(one.pattern), wanted) for one in pair), (rule.name, pair[0].pattern)
            tried += 1
    assert tried > 50


@pytest.mark.parametrize("pattern", [r"\d+", "胸?", "胸|9", "[^胸]", "(?:胸|口)*", "[胸9]", "(?!胸)x"])
def test_the_check_sees_a_pattern_that_needs_no_han(pattern: str) -> None:
    assert not must_hold(parser.parse(pattern), is_han)


def test_a_question_in_both_scripts_is_tried_by_all() -> None:
    fired = notices("我 chest pain 突然", lang="zh")
    assert fired == notices("chest pain 突然 我", lang="zh")
    assert fired
