"""Which answers are compared with which: PULSE's draw of questions for every pair of models, seats included."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from medrag.errors import EvaluationError

__all__ = ["Pair", "Reproduced", "compare_pairs", "draw_pairs"]

SEED = 42
QUESTIONS = 150  # of a set
ROUNDS = 10  # questions per pair of models, the same one perhaps twice


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison: the number of the question, and the model whose answer stands first and second."""

    question: int
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Reproduced:
    """How many of the pairs of a file are those that are drawn: to the number, and with the question under another number.

    `renumbered` gives by question the number that stands for it in the file. Files that were joined by a question's text
    have one number for two questions of the same wording; which one was drawn shows in the seats, which go by its number.
    """

    pairs: int
    equal: int
    under_another_number: int
    renumbered: Mapping[int, int]

    @property
    def all(self) -> bool:
        """Whether every pair is reproduced."""
        return self.equal + self.under_another_number == self.pairs


def draw_pairs(
    models: Sequence[str],
    empty: Mapping[str, Collection[int]] | None = None,
    *,
    questions: int = QUESTIONS,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> list[Pair]:
    """The pairs in the order in which they are drawn: each model against all before it, `rounds` questions each.

    A question that either has an empty answer to (`empty`: by model the numbers) is drawn again. The later model sits
    first where the sum of both models' places and the question is even. The order of the models matters: it decides
    which numbers of the generator fall to whom. Source: PULSE-EVAL, eval/elo.
    """
    if len(set(models)) != len(models):
        raise EvaluationError(f"a model stands twice in the order: {', '.join(models)}")
    numbers = range(questions)
    dumb = [frozenset((empty or {}).get(model, ())) for model in models]
    generator = random.Random(seed)  # the same numbers as the module's functions after random.seed(seed)
    pairs = []
    for a, later in enumerate(models):
        for b, earlier in enumerate(models[:a]):
            if dumb[a] | dumb[b] >= set(numbers):
                raise EvaluationError(f"there is no question that both {later} and {earlier} answered")
            kept = 0
            while kept < rounds:
                question = generator.randint(0, questions - 1)
                if question in dumb[a] or question in dumb[b]:
                    continue
                kept += 1
                pairs.append(Pair(question, later, earlier) if (a + b + question) % 2 == 0 else Pair(question, earlier, later))
    return pairs


def compare_pairs(given: Sequence[Pair], drawn: Sequence[Pair]) -> Reproduced:
    """How far the pairs of a file are the drawn ones, in their order.

    A question counts as renumbered where its own number never stands in the file, and one other number always stands for it.
    """
    there = {pair.question for pair in given}
    other: dict[int, set[int]] = {}
    equal = same_models = 0
    for mine, theirs in zip(drawn, given, strict=False):
        equal += mine == theirs
        if (mine.a, mine.b) == (theirs.a, theirs.b) and mine.question != theirs.question and mine.question not in there:
            other.setdefault(mine.question, set()).add(theirs.question)
    renumbered = {question: min(numbers) for question, numbers in other.items() if len(numbers) == 1}
    for mine, theirs in zip(drawn, given, strict=False):
        same_models += (mine.a, mine.b, renumbered.get(mine.question)) == (theirs.a, theirs.b, theirs.question)
    return Reproduced(max(len(given), len(drawn)), equal, same_models, renumbered)
