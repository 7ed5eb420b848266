"""How often the right drug and section are found first at the end of a conversation, beside the question that says it in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from medrag.answer.engine import MedRAG
from medrag.chat.session import Chat, Exchange
from medrag.errors import EvaluationError, QuestionError
from medrag.evaluate.conversations.figures import ALL, Figure, figures
from medrag.evaluate.conversations.items import Labels, items_of
from medrag.evaluate.conversations.make import Conversation, Kind, Maker, conversations
from medrag.evaluate.conversations.phrasings import LANGUAGES, Phrasings
from medrag.evaluate.matching import Pool
from medrag.evaluate.scoring import Found, Scored, judged
from medrag.evaluate.tasks import section_cases
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.types import Answer

__all__ = ["Ended", "Report", "evaluate_conversations"]

MOST = 100  # conversations of a kind and language

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a conversation ended: what was put to retrieval, whether it was asked back, and each measure of three ways to ask.

    `whole`, `talked` and `last` are the measures of the question in full, of the conversation, and of its last message
    alone. `carried` is whether what was put to retrieval names the medicine from before.
    """

    conversation: Conversation
    standalone: str
    asks_back: bool
    carried: bool
    milliseconds: float
    whole: Mapping[str, float]
    talked: Mapping[str, float]
    last: Mapping[str, float]
    found: tuple[str, ...]

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self.conversation.case.id


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all conversations; `questions` and `used` say how many questions there were and how many begin one."""

    questions: int
    used: int
    ended: tuple[Ended, ...]

    def figures(self) -> Iterator[Figure]:
        """Both measures over all, by language, by kind, and by both."""
        return figures(self.groups())

    def groups(self) -> dict[str, list[Ended]]:
        """The conversations of each group, in the order in which they are shown."""
        groups: dict[str, list[Ended]] = {ALL: list(self.ended)}
        for lang in LANGUAGES:
            groups[lang] = [one for one in self.ended if one.conversation.lang == lang]
        for kind in Kind:
            groups[kind.value] = [one for one in self.ended if one.conversation.kind is kind]
            for lang in LANGUAGES:
                groups[f"{kind.value}, {lang}"] = [one for one in groups[kind.value] if one.conversation.lang == lang]
        return {group: members for group, members in groups.items() if members}


def evaluate_conversations(
    data: Path,
    kb: KnowledgeBase,
    *,
    frozen: bool = False,
    most: int = MOST,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Report:
    """Conversations made of the questions of a file or folder, each held by rules alone.

    `frozen` makes them of the phrasings, and in files that have such, of the questions that are put aside for the end.
    Raises `EvaluationError` where no question can begin a conversation.
    """
    cases = section_cases(data, frozen=frozen)
    pool = Pool(kb)
    items = list(items_of(cases, kb, pool))
    phrasings = {lang: Phrasings.load(lang, frozen=frozen) for lang in LANGUAGES}
    made = list(conversations(Maker(kb, Labels(kb), items, phrasings), most=most))
    twice = [name for name, count in Counter(one.case.id for one in made).items() if count > 1]
    if twice:
        raise EvaluationError(f"{data}: two questions have one id, of which the conversations {twice[0]!r} come")
    if not made:
        raise EvaluationError(
            f"{data}: no question names one medicine that {kb.path} has a label of, so there is no conversation"
        )
    return Report(len(cases), len(items), tuple(_held(made, kb, pool, progress)))


def _held(made: Sequence[Conversation], kb: KnowledgeBase, pool: Pool, progress: Progress) -> Iterator[Ended]:
    rag = MedRAG(kb)
    chat = Chat(rag, distil=False)
    exchanges: dict[str, tuple[Exchange, float]] = {}
    for at, one in enumerate(made):
        progress("conversations", at, len(made))
        exchanges[one.case.id] = _last(chat, one.turns)
    cases = [one.case for one in made]
    turns = {one.case.id: one.turns for one in made}
    progress("questions in full", 0, 2)
    whole = _by_id(judged(cases, pool, lambda case: (_found(_asked(rag, case.question)), 0.0)))
    talked = _by_id(judged(cases, pool, lambda case: (_found(exchanges[case.id][0].answer), exchanges[case.id][1])))
    progress("last messages", 1, 2)
    last = _by_id(judged(cases, pool, lambda case: (_found(_asked(rag, turns[case.id][-1])), 0.0)))
    for one in made:
        name, (exchange, milliseconds) = one.case.id, exchanges[one.case.id]
        if not whole[name].absent:
            yield Ended(
                one,
                exchange.standalone,
                exchange.asks_back,
                fold(one.before) in fold(exchange.standalone),
                milliseconds,
                whole[name].values,
                talked[name].values,
                last[name].values,
                talked[name].found,
            )


def _last(chat: Chat, turns: Sequence[str]) -> tuple[Exchange, float]:
    """The last exchange of a conversation, and the milliseconds that it took."""
    session = chat.open()
    started = perf_counter()
    for turn in turns:
        started = perf_counter()
        session.ask(turn)
    ended = perf_counter()
    if session.last is None:
        raise EvaluationError("a conversation without turns")
    return session.last, (ended - started) * 1000.0


def _asked(rag: MedRAG, question: str) -> Answer:
    """The answer to a question by itself; one without evidence where a message is no question at all."""
    try:
        return rag.ask(question)
    except QuestionError:
        return Answer(question=question, text="", abstained=True)


def _found(answer: Answer) -> Found:
    return Found(answer.evidence)


def _by_id(scored: Sequence[Scored]) -> dict[str, Scored]:
    return {one.id: one for one in scored}
