"""The prompt for a question and its evidence, within a model's token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medrag.answer.prompt import wording
from medrag.answer.prompt.data import as_data
from medrag.answer.prompt.fit import Amount, fitted
from medrag.answer.prompt.history import Past, past
from medrag.answer.prompt.layout import Piece, printed, source_words
from medrag.answer.prompt.templates import Template
from medrag.answer.reply.marks import PLAIN, marker_style, parse_marks
from medrag.llm.messages import EvidenceForm, Message, Role, Room, messages_digest
from medrag.types import Evidence, Question

__all__ = ["Prompt", "Shown", "build_prompt", "build_revision", "is_refusal"]

SHORT_RULES = 700  # tokens of input under which the rules are said in one line
MAX_FAULTS = 8  # that a revision is told
LONGEST_FAULT = 300  # characters
LONGEST_REFUSAL = 60  # characters of a reply that refuses in other words
SHOWN_REPLY = 4000  # characters of the reply that a revision shows


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of evidence as the model was shown it: words `start` to `end` of its document, printed as `text`."""

    number: int
    marker: str
    evidence: Evidence
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Makings:
    """What a prompt is made from; `after` are messages behind the question, which are never cut."""

    question: Question
    evidence: tuple[Evidence, ...]
    lang: str
    template: Template
    form: EvidenceForm
    style: str
    past: Past
    after: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages for a model, the evidence that stands in them, and how markers are written.

    `left_out` is the evidence for which there was no room; `sha256` is the messages' hash, `tokens` the model's count.
    """

    messages: tuple[Message, ...]
    shown: tuple[Shown, ...]
    style: str
    sha256: str
    tokens: int
    left_out: tuple[Evidence, ...]
    makings: Makings


def build_prompt(
    question: Question, evidence: Sequence[Evidence], room: Room, *, lang: str, template: Template | None = None
) -> Prompt:
    """The prompt for a question, no longer than `room.input_limit` tokens, the same in every process.

    Where not everything fits, earlier turns are cut to a quarter of the room, oldest first; then the evidence: whole pieces from the
    lowest rank, then sentences from the end of the last piece, down to the beginning of the best one. The rules and the
    question are never cut. Evidence that nothing can be cited of, such as a fact without a source, is not shown. An own
    `template` is shown numbered evidence, whatever form the model was trained on. Raises `QuestionError` where they leave no room for evidence, with the counts.
    """
    form = room.evidence_form if template is None else EvidenceForm.NUMBERED
    chosen = template or wording.built_in(form, lang)
    earlier = past(question.history, as_messages=room.multi_turn, shown=chosen.has("history") or room.multi_turn)
    # PULSE was trained to cite [n], so its evidence is rewritten; for others a style is chosen that the evidence does not use.
    citable = tuple(item for item in evidence if item.passage is not None or (item.fact is not None and item.fact.sources))
    texts = [question.text, *earlier.texts, *(source_words(item) for item in citable)]
    style = PLAIN if form is EvidenceForm.PULSE else marker_style(texts)
    return _made(Makings(question, citable, lang, chosen, form, style, earlier), room)


def build_revision(prompt: Prompt, reply: str, faults: Sequence[str], room: Room, *, lang: str) -> Prompt:
    """The prompt that shows a model its reply and the faults in it, and asks once more; markers stay what they were.

    Of the reply only what takes half the room at most is shown, else its beginning, else nothing; the evidence is cut further
    where that needs the room. Raises `QuestionError` where not even one fault can be told.
    """
    told = [as_data(" ".join(fault.split()))[:LONGEST_FAULT] for fault in faults[:MAX_FAULTS]]
    said = as_data(reply.strip()[:SHOWN_REPLY])
    for words, some in ((said, told), (said[: len(said) // 4], told), ("", told), ("", told[:1])):
        after = (Message(Role.ASSISTANT, words or "…"), Message(Role.USER, wording.revision_words(some, lang)))
        makings = replace(prompt.makings, after=after)
        if room.count(_Maker(makings, room).messages(Amount(0, 0, 0))) <= room.input_limit // 2:
            break
    return _made(makings, room)


def is_refusal(text: str) -> bool:
    """Whether a text says, as the rules word it or nearly so, that the evidence does not answer, and nothing else."""
    words = _letters(text)
    if any(words in {_letters(sentence), _letters(sentence) * 2} for sentence in wording.REFUSALS.values()):
        return True
    return len(text.strip()) <= LONGEST_REFUSAL and any(pattern.search(text) for pattern in wording.REFUSING)


def _letters(text: str) -> str:
    """The text's letters alone, without marks."""
    for mark in reversed(parse_marks(text)):
        text = text[: mark.start] + text[mark.end :]
    return "".join(character for character in text.lower() if character.isalnum())


def _made(makings: Makings, room: Room) -> Prompt:
    maker = _Maker(makings, room)
    counts: dict[Amount, int] = {}

    def count(amount: Amount) -> int:
        if amount not in counts:
            counts[amount] = room.count(maker.messages(amount))
        return counts[amount]

    amount = fitted(maker.pieces, len(makings.past.exchanges), room.input_limit, count)
    messages = tuple(maker.messages(amount))
    shown = maker.shown(amount)
    return Prompt(
        messages=messages,
        shown=shown,
        style=makings.style,
        sha256=messages_digest(messages),
        tokens=count(amount),
        left_out=makings.evidence[len(shown) :],
        makings=makings,
    )


class _Maker:
    """Makes the messages that show a given amount of evidence and history."""

    def __init__(self, makings: Makings, room: Room) -> None:
        self._makings, self._room = makings, room
        self.pieces = [
            Piece(number, makings.style.format(number), item) for number, item in enumerate(makings.evidence, start=1)
        ]
        self._printed: dict[tuple[int, int], str] = {}

    def shown(self, amount: Amount) -> tuple[Shown, ...]:
        """The evidence that an amount shows."""
        ends = [(piece, piece.end) for piece in self.pieces[: amount.whole]]
        if amount.part:
            ends.append((self.pieces[amount.whole], amount.part))
        return tuple(
            Shown(piece.number, piece.marker, piece.evidence, piece.start, end, self._text(piece, end)) for piece, end in ends
        )

    def _text(self, piece: Piece, end: int) -> str:
        key = (piece.number, end)
        if key not in self._printed:
            makings = self._makings
            self._printed[key] = printed(piece, end, makings.form, makings.style, makings.lang)
        return self._printed[key]

    def messages(self, amount: Amount) -> list[Message]:
        """The messages that show an amount."""
        makings, room = self._makings, self._room
        values = self._values(amount)
        system = makings.template.filled_system(values)
        asks = makings.template.filled_user(values)
        if system and not room.system_role:
            system, asks = "", f"{system}\n\n{asks}"
        messages = [Message(Role.SYSTEM, system)] if system else []
        messages += makings.past.messages(amount.exchanges)
        if makings.after and not room.multi_turn:
            asks = "\n\n".join([asks, *(message.content for message in makings.after)])
            return [*messages, Message(Role.USER, asks)]
        return [*messages, Message(Role.USER, asks), *makings.after]

    def _values(self, amount: Amount) -> dict[str, str]:
        makings = self._makings
        shown = self.shown(amount)
        between = "\n" if makings.form is EvidenceForm.BENTSAO else "\n\n"
        return {
            "evidence": between.join(item.text for item in shown) or wording.evidence_missing(makings.form, makings.lang),
            "question": as_data(makings.question.text.strip()),
            "history": makings.past.text(amount.exchanges, makings.form, makings.lang),
            "refusal": wording.refusal(makings.lang),
            "rules": wording.rules(
                [item.marker for item in shown],
                makings.style.format(len(shown) + 1),
                makings.lang,
                short=self._room.input_limit <= SHORT_RULES,
            ),
        }
