"""Multiple choice by retrieval alone: the option that the evidence supports best, an honest floor for what a model adds.

A passage supports an option as far as it holds both the question's words and the option's, words weighed by how rare they are.
No language model is asked, and nothing is guessed: where the evidence does not tell options apart, the question is worth what
guessing among those would be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medrag.evaluate.exams import Choice, exams_of
from medrag.evaluate.metrics import Estimate, estimate
from medrag.kb.base import KnowledgeBase
from medrag.kb.tokens import tokens

__all__ = ["Chosen", "Exam", "choose", "chosen_rows", "sit_exams", "support"]

FOUND = 20  # passages looked at for the question with each option
TIE = 1e-9  # supports that are this near are equal
# The question asks for the option that is not so.
_EXCEPT = re.compile(
    r"不正确|不包括|不属于|不是|不应|不宜|不能|不符合|不会|错误|有误|除外|除了|不恰当|不适宜|禁用|\b(?:EXCEPT|except|NOT|incorrect|false|least likely)\b"
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options that the evidence supports best (several where it does not tell them apart), and what that is worth.

    `value` is 1, 0, or the share that guessing among the best would be right.
    """

    id: str
    best: str
    right: str
    value: float


@dataclass(frozen=True, slots=True)
class Exam:
    """One file's questions as chosen: accuracy, what chance would give, and how many had several right letters (left out).

    `undecided` counts the questions in which the evidence did not single out an option.
    """

    name: str
    accuracy: Estimate
    chance: float
    undecided: int
    several: int
    chosen: tuple[Chosen, ...]


def sit_exams(
    data: Path,
    kb: KnowledgeBase,
    progress: Progress = lambda _doing, _done, _of: None,
    *,
    key: Path | None = None,
) -> list[Exam]:
    """The exams of a folder of measuring data that are there, or the one file given, each by retrieval alone."""
    exams = []
    for name, questions in exams_of(data, key=key).items():
        single = [one for one in questions if len(one.right) == 1]
        chosen = []
        for at, one in enumerate(single):
            progress(name, at, len(single))
            chosen.append(choose(one, kb))
        chance = sum(1.0 / len(one.options) for one in single) / max(1, len(single))
        exams.append(
            Exam(
                name,
                estimate([one.value for one in chosen]),
                chance,
                sum(len(one.best) > 1 for one in chosen),
                len(questions) - len(single),
                tuple(chosen),
            )
        )
    return exams


def choose(one: Choice, kb: KnowledgeBase) -> Chosen:
    """The option that the evidence supports best; least, where the question asks for what is not so."""
    supports = support(one, kb)
    wanted = min(supports.values()) if _EXCEPT.search(one.question) else max(supports.values())
    best = "".join(letter for letter, value in supports.items() if abs(value - wanted) < TIE)
    return Chosen(one.id, best, one.right, 1.0 / len(best) if one.right in best else 0.0)


def support(one: Choice, kb: KnowledgeBase) -> dict[str, float]:
    """How well the evidence supports each option, 0 to 1: the best passage by the words of the question and of the option in it.

    The options' common words count for the question, so that what is left tells the options apart.
    """
    weights = kb.word_weights(" ".join((one.question, *one.options.values())))
    words = {letter: frozenset(tokens(text)) for letter, text in one.options.items()}
    common = frozenset.intersection(*words.values())
    asked = _weighed(frozenset(tokens(one.question)) | common, weights)
    own = {letter: _weighed(set_of - common, weights) for letter, set_of in words.items()}
    texts = _passages(one, kb)
    return {
        letter: max((_share(asked, text) * _share(words_of, text) for text in texts), default=0.0)
        for letter, words_of in own.items()
    }


def _passages(asked: Choice, kb: KnowledgeBase) -> list[frozenset[str]]:
    """The tokens of the passages found for the question, with each option and alone, each with its title and heading."""
    ids: dict[int, None] = {}
    for query in (asked.question, *(f"{asked.question} {text}" for text in asked.options.values())):
        ids.update(dict.fromkeys(place for place, _ in kb.search_words(query, FOUND)))
        ids.update(dict.fromkeys(place for place, _ in kb.search_vectors(query, FOUND)))
    found = kb.passages(list(ids))
    return [frozenset(tokens(f"{one.document.title} {one.section.heading} {one.text}")) for one in found]


def _weighed(words: frozenset[str], weights: Mapping[str, float]) -> dict[str, float]:
    """The words with their weights; one that stands nowhere weighs as much as the rarest, for nothing supports it."""
    rarest = max(weights.values(), default=1.0)
    return {word: weights.get(word, rarest) for word in sorted(words)}


def _share(words: Mapping[str, float], text: frozenset[str]) -> float:
    """The share of the words' weight that stands in the text; 0 of no words."""
    total = sum(words.values())
    return sum(weight for word, weight in words.items() if word in text) / total if total else 0.0


def chosen_rows(exams: Sequence[Exam]) -> Iterator[dict[str, Any]]:
    """Each question with what was chosen, what is right and what that is worth."""
    for exam in exams:
        for one in exam.chosen:
            yield {"exam": exam.name, "id": one.id, "best": one.best, "right": one.right, "value": one.value}
