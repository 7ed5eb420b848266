"""Multiple choice by a language model: from memory, and shown evidence from the knowledge base; what retrieval adds is the difference.

Worked examples are those given, or the first questions of a file, which are then left out of the figures. A question with several
right letters is right where the reply chooses exactly those, as CMB scores it. A reply that chooses no letter clearly
(`medrag.evaluate.letters`) is wrong and counted as unreadable; where there is no reply the question is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medrag.errors import EvaluationError
from medrag.evaluate.conversations.items import lang_of
from medrag.evaluate.exams import Choice
from medrag.evaluate.judges.replies import Replies
from medrag.evaluate.letters import letters_of
from medrag.evaluate.metrics import Difference, Estimate, compare, estimate
from medrag.kb.base import KnowledgeBase
from medrag.llm.messages import Message, Role
from medrag.retrieve.rank import retrieve

__all__ = ["Sat", "as_rows", "exam_messages", "sit_with_model"]

SHOWN = 5  # pieces of evidence
LONGEST = 800  # characters of each
_INSTRUCTION = {
    "zh": "下面是一道单项选择题。只输出正确选项的字母，不要解释。",
    "en": "This is a multiple-choice question with one right option. Reply with the letter of the right option and nothing else.",
}
_SEVERAL = {
    "zh": "下面是一道多项选择题，有两个或更多正确选项。只输出所有正确选项的字母，不要解释。",
    "en": "This is a multiple-choice question with two right options or more. Reply with the letters of all right options, nothing else.",
}
_EVIDENCE = {
    "zh": "下面的资料可能有用，也可能无关：",
    "en": "The following texts may help, or may have nothing to do with it:",
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sat:
    """What a model came to on the n questions of an exam, from memory and shown evidence.

    `difference` is what evidence adds, on the questions that have a reply both times. `unreadable` and `faults` are counts of
    (from memory, shown evidence). `classes` are the two accuracies and the number of questions of each class that the file
    names; their plain mean over classes is `macro`, and None where there are no classes.
    """

    name: str
    closed: Estimate
    shown: Estimate
    difference: Difference
    unreadable: tuple[int, int]
    faults: tuple[int, int]
    classes: Mapping[str, tuple[float, float, int]] = field(default_factory=dict)

    @property
    def macro(self) -> tuple[float, float] | None:
        """The mean of the classes' accuracies from memory and shown evidence, each class counting the same."""
        if not self.classes:
            return None
        closed, shown, _ = zip(*self.classes.values(), strict=True)
        return sum(closed) / len(closed), sum(shown) / len(shown)


def exam_messages(one: Choice, examples: Sequence[Choice] = (), evidence: Sequence[str] = ()) -> list[Message]:
    """What the model is sent: worked examples as turns of their own, then the question, its evidence before it."""
    lang = lang_of(one.question)
    messages = []
    for example in examples:
        messages += [Message(Role.USER, f"{_told(example)}\n\n{_put(example)}"), Message(Role.ASSISTANT, example.right)]
    shown = "".join(f"[{at}] {text}\n" for at, text in enumerate(evidence, start=1))
    told = f"{_EVIDENCE[lang]}\n{shown}\n" if shown else ""
    return [*messages, Message(Role.USER, f"{told}{_told(one)}\n\n{_put(one)}")]


def _told(one: Choice) -> str:
    return (_INSTRUCTION if len(one.right) == 1 else _SEVERAL)[lang_of(one.question)]


def _put(one: Choice) -> str:
    return "\n".join((one.question, *(f"{letter}. {text}" for letter, text in one.options.items())))


def sit_with_model(
    name: str,
    questions: Sequence[Choice],
    kb: KnowledgeBase,
    model: Replies,
    *,
    shots: int = 0,
    examples: Sequence[Choice] = (),
    by_question_alone: bool = False,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Sat:
    """The exam twice: from memory, and shown the passages that are found for the question with its options.

    `shots` of the `examples` are worked before each question, or without such the first questions of the exam. MIRAGE has
    passages found `by_question_alone`, since who asks has no options to show.
    """
    if shots > len(examples or questions[1:]):
        raise EvaluationError(f"{name}: wanted {shots} worked examples, there are {len(examples or questions[1:])}")
    worked, asked = (examples[:shots], questions) if examples else (questions[:shots], questions[shots:])
    closed: dict[str, float] = {}
    shown: dict[str, float] = {}
    counts = {"closed": [0, 0], "shown": [0, 0]}
    for at, one in enumerate(asked):
        progress(name, at, len(asked))
        _reply(one, exam_messages(one, worked), model, closed, counts["closed"])
        query = one.question if by_question_alone else f"{one.question} {' '.join(one.options.values())}"
        _reply(one, exam_messages(one, worked, _found(query, kb)), model, shown, counts["shown"])
    (unread_closed, no_closed), (unread_shown, no_shown) = counts["closed"], counts["shown"]
    return Sat(
        name,
        estimate(list(closed.values())),
        estimate(list(shown.values())),
        compare(closed, shown),
        (unread_closed, unread_shown),
        (no_closed, no_shown),
        _classes(asked, closed, shown),
    )


def _classes(
    asked: Sequence[Choice], closed: Mapping[str, float], shown: Mapping[str, float]
) -> dict[str, tuple[float, float, int]]:
    """The accuracies of each class on the questions that have a reply both times."""
    ids: dict[str, list[str]] = {}
    for one in asked:
        if one.group and one.id in closed and one.id in shown:
            ids.setdefault(one.group, []).append(one.id)
    return {
        group: (sum(closed[id_] for id_ in own) / len(own), sum(shown[id_] for id_ in own) / len(own), len(own))
        for group, own in ids.items()
    }


def _reply(one: Choice, messages: Sequence[Message], model: Replies, values: dict[str, float], counts: list[int]) -> None:
    """Adds what the reply is worth to the values, or counts why it is worth nothing: unreadable, or no reply."""
    said = model.reply(messages)
    if said.fault:
        counts[1] += 1
        return
    letters = letters_of(said.text, "".join(one.options))
    counts[0] += letters is None
    values[one.id] = float(letters == one.right)


def _found(query: str, kb: KnowledgeBase) -> list[str]:
    """The best pieces of evidence for a query, each under its title, cut to a bearable length."""
    found = retrieve(query, kb, k=SHOWN)
    titles = (evidence.passage.document.title if evidence.passage is not None else "" for evidence in found.evidence)
    return [f"{title} {evidence.text}".strip()[:LONGEST] for title, evidence in zip(titles, found.evidence, strict=True)]


def as_rows(sat: Sequence[Sat]) -> list[Mapping[str, object]]:
    """The exams as plain values."""
    return [
        {
            "exam": one.name,
            "n": one.shown.n,
            "from_memory": one.closed.value,
            "shown_evidence": one.shown.value,
            "difference": [one.difference.value, one.difference.low, one.difference.high],
            "unreadable": one.unreadable,
            "faults": one.faults,
            "classes": {name: {"from_memory": a, "shown_evidence": b, "n": n} for name, (a, b, n) in one.classes.items()},
            "macro": one.macro,
        }
        for one in sat
    ]
