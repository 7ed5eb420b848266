"""Multiple choice by a language model: from memory, and shown evidence from the knowledge base; what retrieval adds is the difference.

The first questions of a file may serve as worked examples; they are then left out of the figures. A reply that chooses no
letter clearly (`medrag.evaluate.letters`) is wrong and counted as unreadable; where there is no reply the question is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from medrag.evaluate.choices import Choice
from medrag.evaluate.conversations.items import lang_of
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
_EVIDENCE = {
    "zh": "下面的资料可能有用，也可能无关：",
    "en": "The following texts may help, or may have nothing to do with it:",
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sat:
    """What a model came to on the n single-choice questions of an exam, from memory and shown evidence.

    `difference` is what evidence adds, on the questions that have a reply both times. `unreadable` and `faults` are counts of
    (from memory, shown evidence).
    """

    name: str
    closed: Estimate
    shown: Estimate
    difference: Difference
    unreadable: tuple[int, int]
    faults: tuple[int, int]


def exam_messages(one: Choice, examples: Sequence[Choice] = (), evidence: Sequence[str] = ()) -> list[Message]:
    """What the model is sent: worked examples as turns of their own, then the question, its evidence before it."""
    lang = lang_of(one.question)
    messages = []
    for example in examples:
        messages += [Message(Role.USER, f"{_INSTRUCTION[lang]}\n\n{_put(example)}"), Message(Role.ASSISTANT, example.right)]
    shown = "".join(f"[{at}] {text}\n" for at, text in enumerate(evidence, start=1))
    told = f"{_EVIDENCE[lang]}\n{shown}\n" if shown else ""
    return [*messages, Message(Role.USER, f"{told}{_INSTRUCTION[lang]}\n\n{_put(one)}")]


def _put(one: Choice) -> str:
    return "\n".join((one.question, *(f"{letter}. {text}" for letter, text in one.options.items())))


def sit_with_model(
    name: str,
    questions: Sequence[Choice],
    kb: KnowledgeBase,
    model: Replies,
    *,
    shots: int = 0,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Sat:
    """The exam twice: from memory, and shown the passages that are found for the question with its options."""
    single = [one for one in questions if len(one.right) == 1]
    examples, asked = single[:shots], single[shots:]
    closed: dict[str, float] = {}
    shown: dict[str, float] = {}
    counts = {"closed": [0, 0], "shown": [0, 0]}
    for at, one in enumerate(asked):
        progress(name, at, len(asked))
        _reply(one, exam_messages(one, examples), model, closed, counts["closed"])
        _reply(one, exam_messages(one, examples, _found(one, kb)), model, shown, counts["shown"])
    (unread_closed, no_closed), (unread_shown, no_shown) = counts["closed"], counts["shown"]
    return Sat(
        name,
        estimate(list(closed.values())),
        estimate(list(shown.values())),
        compare(closed, shown),
        (unread_closed, unread_shown),
        (no_closed, no_shown),
    )


def _reply(one: Choice, messages: Sequence[Message], model: Replies, values: dict[str, float], counts: list[int]) -> None:
    """Adds what the reply is worth to the values, or counts why it is worth nothing: unreadable, or no reply."""
    said = model.reply(messages)
    if said.fault:
        counts[1] += 1
        return
    letters = letters_of(said.text, "".join(one.options))
    counts[0] += letters is None
    values[one.id] = float(letters == one.right)


def _found(one: Choice, kb: KnowledgeBase) -> list[str]:
    """The best pieces of evidence for the question with its options, each under its title, cut to a bearable length."""
    found = retrieve(f"{one.question} {' '.join(one.options.values())}", kb, k=SHOWN)
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
        }
        for one in sat
    ]
