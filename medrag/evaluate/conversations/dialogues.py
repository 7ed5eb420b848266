"""Real dialogues gone through message by message: what can be said of them without knowing what is right.

Whether every message is answered without a fault; whether what is put to retrieval still names the medicines and illnesses
that the message itself names; whether it ever names a medicine that only the other side has spoken of, which must not be;
how often a message was completed from what came before or answered by a question; and how long each took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from pydantic import AliasChoices, Field

from medrag.answer.engine import MedRAG
from medrag.chat.session import Chat, Exchange
from medrag.errors import MedRAGError
from medrag.evaluate.files import checked_rows
from medrag.evaluate.rows import Shape
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import DRUGS
from medrag.types import EntityKind, Turn

__all__ = ["Dialogues", "consultations", "go_through", "spoken"]

CONSULTATIONS = "eval/multiturn/cmtmedqa_dev.json"
SPOKEN = "eval/multiturn/cmdd_50.jsonl"
LAST = 4  # messages of the user that are put, of a dialogue with dozens of them
NAMES = frozenset({*DRUGS, EntityKind.DISEASE})
USER, ASSISTANT = "user", "assistant"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Dialogues:
    """What going through a file of dialogues came to; counts are of messages.

    `kept` of `named` messages that name a medicine or an illness keep all these names in what is put to retrieval;
    `from_assistant` are those whose retrieval names a medicine that only the other side had named; `completed` are those
    that were put otherwise than typed. Times are in milliseconds.
    """

    name: str
    dialogues: int
    messages: int
    failed: int
    named: int
    kept: int
    from_assistant: int
    completed: int
    asked_back: int
    p50: float
    p95: float


class _Consultation(Shape):
    # Questions without a history, which try what is safe to say, are called "instruct" in the file.
    instruction: str = Field(validation_alias=AliasChoices("instruction", "instruct"), min_length=1)
    history: tuple[tuple[str, str], ...] = ()


class _Sentence(Shape):
    speaker: str
    sentence: str


class _Spoken(Shape):
    dialogue: tuple[_Sentence, ...] = Field(alias="dialogue-content", min_length=1)


def consultations(path: Path) -> Iterator[tuple[Turn, ...]]:
    """CMtMedQA: the exchanges before and the patient's last message, oldest first, ending with the patient."""
    for _, row in checked_rows(path, _Consultation):
        before = [
            Turn(role=role, content=text) for pair in row.history for role, text in zip((USER, ASSISTANT), pair, strict=True)
        ]
        yield (*before, Turn(role=USER, content=row.instruction))


def spoken(path: Path) -> Iterator[tuple[Turn, ...]]:
    """CMDD: a doctor and a patient, sentence by sentence; what one says without a break is one message."""
    for _, row in checked_rows(path, _Spoken):
        turns: list[Turn] = []
        for one in row.dialogue:
            role = USER if one.speaker == "患者" else ASSISTANT
            if turns and turns[-1].role == role:
                turns[-1] = Turn(role=role, content=f"{turns[-1].content}，{one.sentence}")
            else:
                turns.append(Turn(role=role, content=one.sentence))
        yield tuple(turns)


def go_through(data: Path, kb: KnowledgeBase, progress: Progress) -> tuple[Dialogues, ...]:
    """The real dialogues that are in a folder of measuring data, gone through; nothing where there are none."""
    there = [
        (data / file, read) for file, read in ((CONSULTATIONS, consultations), (SPOKEN, spoken)) if (data / file).is_file()
    ]
    return tuple(_gone_through(file.stem, list(read(file)), kb, progress) for file, read in there)


def _gone_through(name: str, dialogues: Sequence[tuple[Turn, ...]], kb: KnowledgeBase, progress: Progress) -> Dialogues:
    chat = Chat(MedRAG(kb), distil=False)
    said = [at for at, turns in enumerate(dialogues) for _ in _places(turns)]
    put: list[_Put] = []
    for at, turns in enumerate(dialogues):
        progress(name, at, len(dialogues))
        put += [_put(chat, kb, turns[:place], turns[place].content) for place in _places(turns)]
    answered = [one for one in put if one.exchange is not None]
    p50, p95 = (float(value) for value in np.percentile([one.milliseconds for one in put] or [0.0], [50, 95]))
    return Dialogues(
        name,
        len(dialogues),
        len(said),
        len(put) - len(answered),
        sum(bool(one.named) for one in answered),
        sum(bool(one.named) and one.named <= one.standalone for one in answered),
        sum(bool(one.foreign & one.standalone) for one in answered),
        sum(one.exchange is not None and one.exchange.by != "as-is" for one in answered),
        sum(one.exchange is not None and one.exchange.asks_back for one in answered),
        p50,
        p95,
    )


def _places(turns: Sequence[Turn]) -> list[int]:
    """Where the user's last messages stand."""
    return [at for at, turn in enumerate(turns) if turn.role == USER and turn.content.strip()][-LAST:]


@dataclass(frozen=True, slots=True)
class _Put:
    """A message as it was put: the names in it, in what was put to retrieval, and the medicines that only the other side named."""

    exchange: Exchange | None
    named: frozenset[str]
    standalone: frozenset[str]
    foreign: frozenset[str]
    milliseconds: float


def _put(chat: Chat, kb: KnowledgeBase, before: Sequence[Turn], message: str) -> _Put:
    own = _names([message, *(turn.content for turn in before if turn.role == USER)], kb, NAMES)
    others = _names([turn.content for turn in before if turn.role == ASSISTANT], kb, frozenset(DRUGS))
    started = perf_counter()
    try:
        session = chat.of_turns(before)
        session.ask(message)
        exchange = session.last
    except MedRAGError:
        exchange = None
    ended = perf_counter()
    standalone = _names([exchange.standalone], kb, NAMES) if exchange is not None else frozenset()
    return _Put(exchange, _names([message], kb, NAMES), standalone, others - own, (ended - started) * 1000.0)


def _names(texts: Sequence[str], kb: KnowledgeBase, kinds: frozenset[EntityKind]) -> frozenset[str]:
    """The ids of what texts name exactly; words that only look like a name are none."""
    return frozenset(
        entity.id
        for text in texts
        for mention in kb.link(text)
        if mention.via == "exact"
        for entity in mention.entities
        if entity.kind in kinds
    )
