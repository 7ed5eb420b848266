"""Distil, retrieve, read: a model turns the patient's own words into a search call, which counts only where it says what they said.

What the call says is put into the user's turn by the same rules that put it there without a model: the words that are searched
for stay the user's. Source of the scheme: Huang et al., "Tool Calling: Enhancing Medication Consultation via Retrieval-Augmented
Large Language Models" (RagPULSE), 2024; the patient's words alone: Sun et al., "MRD-RAG", 2025.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from threading import Event

from pydantic import Field, ValidationError, field_validator

from medrag.chat.counts import Counts
from medrag.chat.placing import joined, placed, put_in
from medrag.chat.reading import Reader, Reading, same_name
from medrag.chat.repeat import again_with, names_alone, person_alone
from medrag.chat.slots import Slots
from medrag.chat.turn import Turn
from medrag.chat.wordings import BOTH, FORMER, ILL, LATTER, ONE, asks
from medrag.kb.folding import fold
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.retrieve.cues import group_cues
from medrag.types import Record

__all__ = ["SearchCall", "call_messages", "distilled", "read_call"]

PATIENCE_S = 20.0  # for a call; then rules say what is asked
MOST_NAMES = 6
LONGEST_NAME = 60
LONGEST_ASK = 60
TOLD_TURNS = 8  # of the user's, the latest
TOLD_CHARACTERS = 300  # of each
LONGEST_REPLY = 2_000  # characters of a reply that may be a call


class SearchCall(Record):
    """What to search for: the medicines and illnesses that the latest turn is about, in the user's words, and what it asks of them."""

    drug: tuple[str, ...] = Field(default=(), max_length=MOST_NAMES)
    disease: tuple[str, ...] = Field(default=(), max_length=MOST_NAMES)
    ask: str = Field(default="", max_length=LONGEST_ASK)

    @field_validator("drug", "disease")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if any(not name.strip() or len(name) > LONGEST_NAME for name in names):
            raise ValueError(f"a name has 1 to {LONGEST_NAME} characters")
        return names


_RULES = {
    "zh": (
        "下面是一位用户依次说过的话。判断最后一句是在问什么，输出一次检索调用：只输出一行 JSON，不要回答问题，不要解释。\n"
        '格式：{"drug": [药名], "disease": [病名], "ask": "问的是什么"}\n'
        "要求：药名和病名必须照抄用户说过的写法，用户没有说过的名称一律不写；只写最后一句所问的药和病，"
        "“它”“这个药”“第一个”等要换成所指的名称；没有就写空数组；ask 用几个字写明所问的方面，例如 用法用量、副作用、能否一起吃。\n"
        '例：1. 甲药片怎么吃 2. 那乙药胶囊呢 → {"drug": ["乙药胶囊"], "disease": [], "ask": "怎么吃"}\n'
    ),
    "en": (
        "Below is what a user said, in order. Decide what the last line asks and write one search call: a single line of JSON, "
        "no answer, no explanation.\n"
        'Form: {"drug": [names of medicines], "disease": [names of illnesses], "ask": "what is asked"}\n'
        "Copy names exactly as the user wrote them and write none that the user did not say; only those that the last line is "
        'about, with "it", "this medicine" or "the first one" replaced by the name meant; empty lists where there are none; '
        "ask says in a few words what is asked, such as dose, side effects, taken together.\n"
        'Example: 1. how do I take drugone tablets? 2. and drugtwo? → {"drug": ["drugtwo"], "disease": [], "ask": "how to take"}\n'
    ),
}
_SAID = {"zh": "用户说过的话：\n", "en": "What the user said:\n"}
_CALL = {"zh": "检索调用：", "en": "Search call:"}


def call_messages(said: Sequence[str], lang: str) -> list[Message]:
    """The messages that ask for a search call; they hold the user's words alone, none of what was answered."""
    told = [" ".join(text.split())[:TOLD_CHARACTERS] for text in said][-TOLD_TURNS:]
    lines = "".join(f"{number}. {text}\n" for number, text in enumerate(told, start=1))
    return [Message(Role.USER, f"{_RULES[lang]}{_SAID[lang]}{lines}{_CALL[lang]}")]


_FENCE = re.compile(r"^```(?:json)?\s*|\s*```$")


def read_call(reply: str) -> SearchCall | None:
    """The call that a reply is, with nothing around it but white space or a code fence; None for any other reply."""
    text = _FENCE.sub("", reply.strip()).strip()
    if len(text) > LONGEST_REPLY:
        return None
    try:
        return SearchCall.model_validate_json(text)
    except ValidationError:
        return None


def distilled(turn: Turn, said: Sequence[str], model: Model, counts: Counts, cancel: Event) -> str | None:
    """The question that stands alone, as a model's call says what the turn is about; None where the call cannot be used.

    `said` are the user's turns, the latest last. Nothing is raised: whatever the model does, rules remain.
    """
    waiting = _Patient(cancel, PATIENCE_S)
    messages = call_messages(said, turn.lang)
    if model.count(messages) > model.input_limit:
        messages = call_messages(said[-2:], turn.lang)
    reply = model.complete(messages, cancel=waiting)
    call = None if waiting.is_set() else read_call(reply.text)
    sound = call is not None and _says_no_more(call, said, turn.memory.slots, turn.reader)
    counts.add(well_formed=call is not None, sound=sound)
    if call is None or not sound:
        return None
    return _put_together(turn, call)


class _Patient(Event):
    """Set when another event is, or when the time is up."""

    def __init__(self, other: Event, seconds: float) -> None:
        super().__init__()
        self._other, self._until = other, time.monotonic() + seconds

    def is_set(self) -> bool:
        return super().is_set() or self._other.is_set() or time.monotonic() > self._until


def _says_no_more(call: SearchCall, said: Sequence[str], slots: Slots, reader: Reader) -> bool:
    """Whether the call names only what the user named: the same words, or another name of the same thing."""
    words = fold(" ".join(said))
    known = (*slots.drugs, *slots.diseases)
    for name in (*call.drug, *call.disease):
        if fold(name) not in words and not any(_means_same(name, other, reader) for other in known):
            return False
    asked = fold(call.ask)
    of_nothing_else = not reader.read(asked).drugs if asked.strip() and asked not in words else True
    return (
        of_nothing_else
        and (not asked or asked in words or bool(group_cues(asked)))
        and set(re.findall(r"\d+", asked)) <= set(re.findall(r"\d+", words))
    )


def _means_same(name: str, other: str, reader: Reader) -> bool:
    if same_name(name, other):
        return True
    one, two = ({e.id for mention in reader.kb.link(fold(text)) for e in mention.entities} for text in (name, other))
    return bool(one & two)


def _put_together(whole: Turn, call: SearchCall) -> str | None:
    """The user's turn with the names of the call where they are lacking; their latest question where the turn asks nothing itself."""
    turn, last = whole.reading, whole.last
    if last is not None and person_alone(turn):
        return None  # 那孩子呢 asks again, and of whom is said in the turn
    names = _lacking((*call.drug, *call.disease), turn)
    if not names:
        if turn.drugs and last is not None and names_alone(turn):
            return again_with(last, [drug.name for drug in turn.drugs], whole.focus, whole.reader)
        return turn.text
    words = joined(names, turn.lang)
    pointer = next((match for pattern in (FORMER, LATTER, BOTH, ONE, ILL) if (match := pattern.search(turn.plain))), None)
    if pointer is not None and _asks_beside(turn, pointer.span()):
        return put_in(turn.text, *pointer.span(), words)
    if pointer is None and asks(turn.plain):
        return placed(turn.text, words, turn.lang)
    return f"{words}{call.ask}" if turn.lang == "zh" else f"{call.ask} of {words}?" if call.ask else None


def _lacking(names: Iterable[str], turn: Reading) -> list[str]:
    there = fold(turn.plain)
    return [name for name in dict.fromkeys(names) if fold(name) not in there]


def _asks_beside(turn: Reading, span: tuple[int, int]) -> bool:
    rest = turn.plain[: span[0]] + turn.plain[span[1] :]
    return len(re.sub(r"[\W_]|那|呢|and|what about", "", rest)) > 1
