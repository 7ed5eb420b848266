"""Conversations that people wrote: every turn after the first beside the question that says the same in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from medrag.answer.engine import MedRAG
from medrag.chat.session import Chat
from medrag.errors import EvaluationError, QuestionError
from medrag.evaluate.conversations.figures import ALL, DRUG, SECTION, Figure, figures
from medrag.evaluate.conversations.items import lang_of
from medrag.evaluate.conversations.phrasings import LANGUAGES
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.matching import DocumentRef, Pool
from medrag.evaluate.rows import Shape
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import DRUGS
from medrag.retrieve.understand import understand
from medrag.sections import SectionGroup
from medrag.types import Evidence, Question

__all__ = ["Agreement", "Told", "Written", "evaluate_written", "written_files"]

FROZEN = "frozen"
NAMES = ("zh.jsonl", "en.jsonl")

Progress = Callable[[str, int, int], None]


class _Turn(Shape):
    said: str = Field(min_length=1)
    whole: str = ""
    drugs: tuple[str, ...] = ()
    groups: tuple[SectionGroup, ...] = ()


class _Conversation(Shape):
    id: str = Field(min_length=1)
    turns: tuple[_Turn, ...] = Field(min_length=2)
    part: str = "dev"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether what was put to retrieval is understood as the question in full is: its medicines, sections and kinds of patient."""

    drugs: bool
    sections: bool
    people: bool

    @property
    def exact(self) -> bool:
        """Whether all three agree."""
        return self.drugs and self.sections and self.people


@dataclass(frozen=True, slots=True)
class Told:
    """A turn, the turns before it, what was put to retrieval for it, and how it came out beside the question in full.

    `whole`, `talked` and `last` are the measures of the question in full, of the conversation, and of the turn by itself;
    `same` is whether conversation and question in full have the same first piece of evidence.
    """

    id: str
    lang: str
    before: tuple[str, ...]
    said: str
    question: str
    standalone: str
    asks_back: bool
    agreement: Agreement
    same: bool
    whole: Mapping[str, float]
    talked: Mapping[str, float]
    last: Mapping[str, float]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of all the turns; `absent` of them have an answer in full that is not in the knowledge base."""

    conversations: int
    absent: int
    told: tuple[Told, ...]

    def rows(self) -> Iterator[Figure]:
        """Both measures over all turns and by language."""
        return figures(self.groups())

    def groups(self) -> dict[str, list[Told]]:
        """The turns: all, and of each language."""
        by_lang = {lang: [one for one in self.told if one.lang == lang] for lang in LANGUAGES}
        return {group: members for group, members in {ALL: list(self.told), **by_lang}.items() if members}


def written_files(data: Path) -> list[Path]:
    """The files of written conversations that are meant by a file or folder; none where it holds something else."""
    files = [data] if data.is_file() else [data / name for name in NAMES if (data / name).is_file()]
    return files if files and all(_is_written(file) for file in files) else []


def _is_written(file: Path) -> bool:
    with file.open("rb") as lines:
        return b'"turns"' in lines.readline(1 << 16)


def evaluate_written(
    files: Sequence[Path],
    kb: KnowledgeBase,
    *,
    frozen: bool = False,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Written:
    """The conversations of the files, each held by rules alone; those put aside for the end where `frozen`, else the others.

    Raises `EvaluationError` for a row that cannot be used, and where there is no conversation.
    """
    read = [row for file in files for row in once(file, checked_rows(file, _Conversation), lambda one: one.id)]
    chosen = [one for one in read if (one.part == FROZEN) is frozen]
    if not chosen:
        raise EvaluationError(f"{', '.join(map(str, files))}: there is no conversation {'that is' if frozen else 'but'} frozen")
    told, absent = [], 0
    holding = _Holding(kb)
    for at, one in enumerate(chosen):
        progress("conversations", at, len(chosen))
        for turn in holding.held(one):
            absent += turn is None
            told += [turn] if turn is not None else []
    return Written(len(chosen), absent, tuple(told))


class _Holding:
    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._rag = MedRAG(kb)
        self._chat = Chat(self._rag, distil=False)

    def held(self, one: _Conversation) -> Iterator[Told | None]:
        """Each turn after the first, None where no label of the knowledge base answers it; one that says "" in full is not counted."""
        session = self._chat.open()
        for at, turn in enumerate(one.turns):
            answer = session.ask(turn.said)
            last = session.last
            if not turn.whole or last is None:
                continue
            documents = self._documents(turn.drugs)
            if not documents:
                yield None
                continue
            whole = self._evidence(turn.whole)
            yield Told(
                f"{one.id}.{at + 1}",
                lang_of(turn.said),
                tuple(before.said for before in one.turns[:at]),
                turn.said,
                turn.whole,
                last.standalone,
                last.asks_back,
                self._agreement(turn.whole, last.standalone),
                bool(whole) and _place(whole[0]) == next(map(_place, answer.evidence), ""),
                _measures(whole, documents, turn.groups),
                _measures(answer.evidence, documents, turn.groups),
                _measures(self._evidence(turn.said), documents, turn.groups),
                tuple(_place(evidence) for evidence in answer.evidence[:3]),
            )

    def _documents(self, names: Sequence[str]) -> frozenset[DocumentRef]:
        """The labels of the medicines that are right."""
        entities = [e for name in names for mention in self._kb.link(name) for e in mention.entities if e.kind in DRUGS]
        ids = [entity.id for entity in entities]
        return frozenset((info.source, info.key) for info, _, _ in self._kb.documents_about(ids)) if ids else frozenset()

    def _evidence(self, question: str) -> tuple[Evidence, ...]:
        try:
            return self._rag.ask(question).evidence
        except QuestionError:
            return ()

    def _agreement(self, whole: str, standalone: str) -> Agreement:
        one, other = (understand(Question(text=text), self._kb) for text in (whole, standalone))
        named = [
            {drug.documents[0].title if drug.documents else drug.name for drug in u.drugs} | set(u.unknown)
            for u in (one, other)
        ]
        return Agreement(
            named[0] == named[1],
            set(one.groups or one.sought[:1]) == set(other.groups or other.sought[:1]),
            set(one.populations) == set(other.populations),
        )


def _measures(
    evidence: Sequence[Evidence], documents: frozenset[DocumentRef], groups: Sequence[SectionGroup]
) -> dict[str, float]:
    drug = any(Pool.document(one) in documents for one in evidence[:1])
    section = drug and any(one.passage is not None and one.passage.section.group in groups for one in evidence[:1])
    return {DRUG: float(drug), SECTION: float(section)}


def _place(evidence: Evidence) -> str:
    passage = evidence.passage
    if passage is None:
        return evidence.text
    return f"{passage.document.title} | {passage.section.heading or f'#{passage.section.index}'} | {passage.start}"
