"""MedicineQA: how often the right medicine (document) and the right section of its label (attribute) are found for a dialogue.

Two forms are read: rows of {"question", "history", "evidence": [{"drug", "section", "text"}]}, and PULSE-EVAL's
`MedicineQA_RAG.jsonl`, whose questions are whole prompts with numbered documents and the dialogue in them. What is right is what
the authors' retriever gave, not experts' labels.

A document is a medicine, whoever makes it; an attribute is a section of it (`medrag.evaluate.matching`). Instruction following
is the share of a model's replies that are well-formed search calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.answer.engine import MedRAG
from medrag.chat.distil import call_messages, read_call
from medrag.chat.session import Chat
from medrag.errors import EvaluationError
from medrag.evaluate.cases import Gold, SectionCase
from medrag.evaluate.conversations.items import lang_of
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.identity import Identity
from medrag.evaluate.matching import Pool, Truth
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape, fault
from medrag.evaluate.trec import Rankings, measure, write_trec
from medrag.kb.base import KnowledgeBase
from medrag.llm.model import Model
from medrag.types import Evidence, Turn

__all__ = ["FILE", "Dialogue", "Report", "evaluate_medicineqa", "parse_prompt", "read_medicineqa", "write_evidence"]

FILE = "eval/medicineqa/dev.jsonl"  # in a folder of measuring data
DEPTH = 50  # pieces of evidence asked for, so that ten different documents are among them
LEVELS = ("document", "attribute")
_DOCUMENTS, _DIALOGUE = "文档：", "聊天记录:"
_SPEAKER = re.compile(r"^(?P<who>用户|患者|User|Helper|助手|医生|AI|assistant)\s*[:：]\s*", re.I)
_USERS = frozenset({"用户", "患者", "user"})

Progress = Callable[[str, int, int], None]


class _Evidence(Shape):
    drug: str = Field(min_length=1)
    section: str = Field(min_length=1)
    text: str = ""


class _Row(Shape):
    id: str = ""
    question: str = Field(min_length=1)
    history: tuple[Turn, ...] = ()
    evidence: tuple[_Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A question with the turns before it, and the (drug, section, text) that belong to it."""

    id: str
    question: str
    history: tuple[Turn, ...]
    evidence: tuple[tuple[str, str, str], ...]

    @property
    def case(self) -> SectionCase:
        """The question with its gold."""
        gold = tuple(Gold(drug=drug, heading=section) for drug, section, _ in self.evidence)
        return SectionCase(self.id, self.question, "question", gold)


@dataclass(frozen=True, slots=True)
class Report:
    """The measures by level with intervals, and how many dialogues had their gold in the knowledge base and how many did not.

    `calls` is the share of well-formed search calls of a model, where one was asked.
    """

    figures: Mapping[str, Mapping[str, Estimate]]
    dialogues: int
    absent: int
    calls: Estimate | None = None


def read_medicineqa(path: Path) -> list[Dialogue]:
    """The dialogues of either form; `EvaluationError` with the row for one without evidence or without a question."""

    def dialogues() -> Iterator[tuple[str, Dialogue]]:
        for where, row in checked_rows(path, _Row):
            question, history = row.question, row.history
            evidence = tuple((one.drug, one.section, one.text) for one in row.evidence)
            if not evidence:
                try:
                    question, history, evidence = parse_prompt(row.question)
                except ValueError as error:
                    raise fault(path, where, str(error)) from None
            yield where, Dialogue(row.id or where, question, history, evidence)

    return once(path, dialogues(), lambda one: one.id)


def parse_prompt(prompt: str) -> tuple[str, tuple[Turn, ...], tuple[tuple[str, str, str], ...]]:
    """The question, the turns before it and the (drug, section, text) of PULSE's prompt; `ValueError` for another text.

    Documents are numbered [1], [2] … at the beginning of a line; numbers in their texts that do not go on with the count
    are text.
    """
    before, found, dialogue = prompt.replace("聊天记录：", _DIALOGUE).rpartition(_DIALOGUE)
    _, documents, body = before.partition(_DOCUMENTS)
    if not found or not documents:
        raise ValueError(f"evidence: wanted a list of drug and section, or a prompt with {_DOCUMENTS} and {_DIALOGUE}")
    turns = _turns(dialogue)
    if not turns or turns[-1].role != "user":
        raise ValueError("question: the dialogue does not end with the user")
    evidence = tuple(_document(text) for text in _numbered(body))
    if not evidence:
        raise ValueError("evidence: there is no document in the prompt")
    return turns[-1].content, tuple(turns[:-1]), evidence


def _numbered(body: str) -> Iterator[str]:
    start = 1
    rest = f"\n{body}"
    while (at := rest.find(f"\n[{start}]")) >= 0:
        rest = rest[at + len(f"\n[{start}]") :]
        start += 1
        end = rest.find(f"\n[{start}]")
        yield (rest if end < 0 else rest[:end]).strip()


def _document(text: str) -> tuple[str, str, str]:
    name, _, body = text.partition("\n")
    section, colon, content = body.strip().replace("：", ":", 1).partition(":")
    if not name.strip() or not colon:
        raise ValueError(f"evidence: wanted a drug's name and a line `section: text`, found {text[:60]!r}")
    return name.strip(), section.strip(), content.strip()


def _turns(dialogue: str) -> list[Turn]:
    turns: list[Turn] = []
    for line in filter(str.strip, dialogue.splitlines()):
        speaker = _SPEAKER.match(line.strip())
        if speaker is None and turns:
            turns[-1] = Turn(role=turns[-1].role, content=f"{turns[-1].content}\n{line.strip()}")
            continue
        who = speaker["who"].lower() if speaker else "user"
        text = line.strip()[speaker.end() :] if speaker else line.strip()
        turns.append(Turn(role="user" if who in _USERS else "assistant", content=text))
    return turns


def write_evidence(dialogues: Sequence[Dialogue], path: Path) -> Path:
    """The dialogues' own evidence as a file of labels that `medrag ingest` reads, each section of a medicine once."""
    labels: dict[str, dict[str, str]] = {}
    for dialogue in dialogues:
        for drug, section, text in dialogue.evidence:
            labels.setdefault(drug, {}).setdefault(section, text.removeprefix(f"{section}:"))
    lines = [
        json.dumps({"docs": [f"{drug} {s}\n{t}" for s, t in own.items()]}, ensure_ascii=False) for drug, own in labels.items()
    ]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def evaluate_medicineqa(
    dialogues: Sequence[Dialogue],
    kb: KnowledgeBase,
    *,
    model: Model | None = None,
    out: Path | None = None,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Report:
    """The figures of the dialogues; `out` is a folder for the rankings in TREC's form, `model` writes search calls.

    The dialogue is put as `medrag chat` puts it: by rules without a model, by its search calls with one.
    """
    pool = Pool(kb)
    chat = Chat(MedRAG(kb, k=DEPTH, llm=model) if model is not None else MedRAG(kb, k=DEPTH))
    names = _Names(pool)
    found: dict[str, dict[str, list[str]]] = {level: {} for level in LEVELS}
    right: dict[str, dict[str, dict[str, int]]] = {level: {} for level in LEVELS}
    for at, one in enumerate(dialogues):
        progress("dialogues", at, len(dialogues))
        truth = pool.truth(one.case)
        if truth.sections:
            evidence = chat.of_turns(one.history).ask(one.question).evidence
            right["document"][one.id], right["attribute"][one.id] = names.right(truth)
            found["document"][one.id], found["attribute"][one.id] = names.found(truth, evidence)
    if not right["document"]:
        raise EvaluationError(
            f"{kb.path}: what is right for the dialogues is not in the knowledge base: leave --kb out to ask their own evidence"
        )
    rankings = {level: Rankings(found[level], right[level]) for level in LEVELS}
    for level, ranking in rankings.items() if out is not None else ():
        write_trec(ranking, out or Path(), level, "medrag")
    figures = {
        level: {name: estimate(list(values.values())) for name, values in measure(ranking).items()}
        for level, ranking in rankings.items()
    }
    calls = None if model is None else _calls(dialogues, model)
    return Report(figures, len(dialogues), len(dialogues) - len(right["document"]), calls)


def _calls(dialogues: Sequence[Dialogue], model: Model) -> Estimate:
    """The share of replies that are well-formed search calls, one a dialogue."""
    said = [[turn.content for turn in one.history if turn.role == "user"] + [one.question] for one in dialogues]
    replies = (model.complete(call_messages(texts, lang_of(texts[-1]))).text for texts in said)
    return estimate([float(read_call(reply) is not None) for reply in replies])


class _Names:
    """What documents and attributes are called in rankings: by medicine, not by label."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def right(self, truth: Truth) -> tuple[dict[str, int], dict[str, int]]:
        """The medicines and the sections that are right, with grades."""
        documents = {_called(self._pool.identity(ref)): 1 for ref in sorted(truth.documents)}
        return documents, {_unit(unit): grade for unit, grade in truth.grades.items()}

    def found(self, truth: Truth, evidence: Sequence[Evidence]) -> tuple[list[str], list[str]]:
        """The medicines and the sections that were found, in order, each once."""
        documents: dict[str, None] = {}
        attributes: dict[str, None] = {}
        for one in evidence:
            place = self._pool.place(one)
            if place is not None:
                medicine = _called(self._pool.identity(place[:2]))
                documents.setdefault(medicine)
                attributes.setdefault(
                    _unit(truth.sections[place]) if place in truth.sections else f"{medicine}|{place[1]}#{place[2]}"
                )
        return list(documents), list(attributes)


def _called(identity: Identity) -> str:
    return "+".join(sorted(identity))


def _unit(unit: tuple[Identity, str]) -> str:
    return f"{_called(unit[0])}|{unit[1]}"
