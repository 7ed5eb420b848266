"""MedRAG: a knowledge base that answers questions, each statement quoted and cited."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from medrag.answer.abstain import abstain
from medrag.answer.extract import write
from medrag.answer.verify import verified_claims
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.retrieve.channels import NO_FILTERS
from medrag.retrieve.explain import Explanation, explain
from medrag.retrieve.profile import Profile
from medrag.retrieve.rank import Retrieval, retrieve
from medrag.retrieve.rerank import Reranker
from medrag.types import Answer, Evidence, Question, Turn

__all__ = ["MedRAG"]


class MedRAG:
    """Answers questions from a knowledge base with k pieces of evidence, by quoting.

    `only` restricts what is read; `profile` says how evidence is weighed (`medrag tune` makes one); a `reranker`
    (`medrag.retrieve.rerank`) orders the best passages anew.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        k: int = 10,
        only: Filters = NO_FILTERS,
        profile: Profile | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.kb = kb
        self.k = k
        self.only = only
        self.profile = profile
        self.reranker = reranker

    def _retrieve(self, question: Question | str, kb: KnowledgeBase, k: int) -> Retrieval:
        return retrieve(question, kb, k=k, only=self.only, profile=self.profile, reranker=self.reranker)

    def search(self, question: Question | str, k: int | None = None) -> tuple[Evidence, ...]:
        """The k best pieces of evidence for a question, best first, without an answer."""
        return self._retrieve(question, self.kb.pinned(), self.k if k is None else k).evidence

    def explain(self, question: Question | str, k: int | None = None) -> Explanation:
        """How a question is understood and why its k best pieces of evidence stand where they do."""
        return explain(question, self.kb, k=self.k if k is None else k, only=self.only, profile=self.profile)

    def ask(self, question: Question | str, history: Sequence[Turn] = ()) -> Answer:
        """The answer to a question, or an abstention that says what is missing.

        `history` are the turns before the question, oldest first; a question that names nothing is about what the
        latest user turn named. Raises `QuestionError` for an empty or much too long question.
        """
        asked = Question(text=question) if isinstance(question, str) else question
        if history:
            asked = asked.model_copy(update={"history": tuple(history)})
        kb = self.kb.pinned()  # the whole answer from one commit, whoever refreshes meanwhile
        started = perf_counter()
        found = self._retrieve(asked, kb, self.k)
        writing = perf_counter()
        answer = _answer(asked, found, kb)
        ended = perf_counter()
        milliseconds = {**found.trace.milliseconds, "write": _ms(writing, ended), "total": _ms(started, ended)}
        return answer.model_copy(update={"trace": _trace(found, milliseconds, kb.commit)})


def _answer(asked: Question, found: Retrieval, kb: KnowledgeBase) -> Answer:
    draft = write(found.understanding, found.evidence, kb)
    if not draft.citations:
        abstention = abstain(asked, found.understanding, kb)
        return Answer.model_construct(
            question=asked.text, text=abstention.text, abstained=True, reason=abstention.reason, evidence=found.evidence
        )
    return Answer.model_construct(
        question=asked.text,
        text=draft.text,
        citations=tuple(draft.citations),
        claims=verified_claims(draft.claims, draft.citations, kb),
        evidence=found.evidence,
    )


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000.0, 3)


def _trace(found: Retrieval, milliseconds: dict[str, float], commit: int) -> dict[str, object]:
    understanding = found.understanding
    return {
        "understanding": {
            "lang": understanding.lang,
            "shape": understanding.shape.value,
            "drugs": [drug.name for drug in understanding.drugs],
            "entities": [entity.id for entity in understanding.entities],
            "groups": [group.value for group in understanding.sought],
            "relations": list(understanding.relations),
            "populations": [population.value for population in understanding.populations],
            "unknown": list(understanding.unknown),
            "terms": list(understanding.terms),
        },
        "channels": dict(found.trace.found),
        "milliseconds": milliseconds,
        "commit": commit,
    }
