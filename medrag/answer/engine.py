"""MedRAG: a knowledge base that answers questions, each statement cited and checked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from medrag.answer.answers import Basis, abstained, declined, from_draft, from_model, withheld
from medrag.answer.beside import beside
from medrag.answer.confidence import Features, carried, confidence, default_model, features
from medrag.answer.policy import NoEvidence, Policy
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.answer.quote.listing import completed, listed_groups
from medrag.answer.reply import remarks
from medrag.answer.settings import finding_settings, writing_settings
from medrag.answer.stream import events_of, in_thread
from medrag.answer.trace import generated_trace, milliseconds, retrieval_trace
from medrag.errors import MedRAGError, QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.memory import holding
from medrag.retrieve.channels import NO_FILTERS
from medrag.retrieve.profile import Profile
from medrag.retrieve.rank import Retrieval, retrieve
from medrag.retrieve.rerank import Reranker
from medrag.types import Answer, Evidence, Notice, NoticeKind, Patient, Question, SafetyReport, StreamEvent, Turn, Writing

if TYPE_CHECKING:
    from pathlib import Path

    from llama_index.core.llms import LLM

    from medrag.answer.audit.log import AuditLog
    from medrag.answer.prompt.templates import Template
    from medrag.answer.reply.generate import Generated, Job
    from medrag.answer.verify.entail import Entailment
    from medrag.llm.model import Model
    from medrag.retrieve.explain import Explanation

__all__ = ["EXTRACTIVE", "MedRAG"]

EXTRACTIVE = "extractive"  # the writer that quotes; no language model
OUTSIDE = "outside-medicine"  # the reason of abstentions that no model's memory should fill
NOT_FROM_KB = "not-from-knowledge-base"
E = TypeVar("E", Policy, NoEvidence)
CANNOT_BE_ASKED = "cannot-be-asked"
WORKERS = 4  # questions under way in `ask_many`


@dataclass(frozen=True, slots=True)
class Task:
    """One question while it is answered: what was found for it, at which commit, and what the medication check says."""

    asked: Question
    found: Retrieval
    kb: KnowledgeBase
    safety: SafetyReport | None
    cancel: Event


class MedRAG:
    """Answers questions from a knowledge base (an open one, or the address of one) with k pieces of evidence.

    `llm` writes: "extractive" quotes the evidence; a string such as "hf:PATH" or "http:URL#MODEL", a `Model` or any LlamaIndex
    LLM writes in its own words, of which every claim is checked against what it cites (`preset` says how it was trained
    to be spoken to, `api_key` goes to the server that is named, `template` replaces the prompt's words, `entailment` is a
    model, or its name, that settles what rules leave open).
    `policy` says what becomes of claims that fail, `on_no_evidence` what is done where the knowledge base does not
    answer, `risk` how many of the answers given may be wrong (`medrag.answer.confidence`; None: the threshold that ships).

    `only` restricts what is read; `profile` says how evidence is weighed (`medrag tune` makes one); a `reranker`
    (`medrag.retrieve.rerank`) orders the best passages anew; `wording` puts notices such as `emergency` in one's own words
    (`medrag/answer/notices/rules.yaml` names them); an `audit` log keeps what was answered. Raises `ModelError` for a model that cannot be loaded.
    """

    def __init__(
        self,
        kb: KnowledgeBase | str | Path,
        *,
        k: int = 10,
        only: Filters = NO_FILTERS,
        profile: Profile | None = None,
        reranker: Reranker | None = None,
        llm: str | Model | LLM = EXTRACTIVE,
        preset: str | None = None,
        api_key: str | None = None,
        template: Template | None = None,
        policy: Policy | str = Policy.FLAG,
        on_no_evidence: NoEvidence | str = NoEvidence.ABSTAIN,
        risk: float | None = None,
        entailment: Entailment | str | None = None,
        wording: Mapping[str, str] | None = None,
        audit: AuditLog | None = None,
    ) -> None:
        self.kb = kb if isinstance(kb, KnowledgeBase) else KnowledgeBase.open(kb)
        self.k = k
        self.only = only
        self.profile = profile
        self.reranker = reranker
        self.policy = _choice(Policy, policy)
        self.on_no_evidence = _choice(NoEvidence, on_no_evidence)
        self.template = template
        self.entailment = _entailment(entailment)
        self.wording = wording
        self.audit = audit
        self.model = _model(llm, preset, api_key)
        model = default_model()
        self.threshold = model.threshold if risk is None else model.threshold_for(risk)

    # ------------------------------------------------------------------ evidence alone

    def search(self, question: Question | str, k: int | None = None) -> tuple[Evidence, ...]:
        """The k best pieces of evidence for a question, best first, without an answer."""
        return self._retrieve(question, self.kb.pinned(), self.k if k is None else k).evidence

    def explain(self, question: Question | str, k: int | None = None) -> Explanation:
        """How a question is understood and why its k best pieces of evidence stand where they do."""
        from medrag.retrieve.explain import explain

        return explain(question, self.kb, k=self.k if k is None else k, only=self.only, profile=self.profile)

    def _retrieve(self, question: Question | str, kb: KnowledgeBase, k: int) -> Retrieval:
        return retrieve(question, kb, k=k, only=self.only, profile=self.profile, reranker=self.reranker)

    # ------------------------------------------------------------------ answers

    def ask(self, question: Question | str, history: Sequence[Turn] = (), *, cancel: Event | None = None) -> Answer:
        """The answer to a question, or an abstention that says what is missing.

        `history` are the turns before the question, oldest first; a question that names nothing is about what the
        latest user turn named. A model that fails, hangs or is cancelled ends the answer, never the evidence: a notice says
        so. Raises `QuestionError` for an empty or much too long question.
        """
        answer: Answer | None = None
        for event in self.stream(question, history, cancel=cancel):
            answer = event.answer or answer
        if answer is None:
            raise RuntimeError("the stream ended without an answer")
        return answer

    def stream(
        self, question: Question | str, history: Sequence[Turn] = (), *, cancel: Event | None = None
    ) -> Iterator[StreamEvent]:
        """The same answer as `ask`, event by event: the evidence, each claim when it has been checked, the whole answer."""
        asked = Question(text=question) if isinstance(question, str) else question
        if history:
            asked = asked.model_copy(update={"history": tuple(history)})
        kb = self.kb.pinned()  # the whole answer from one commit, whoever refreshes meanwhile
        started = perf_counter()
        found = self._retrieve(asked, kb, self.k)
        with holding(kb):
            whole = completed(found.understanding, found.evidence, kb, only=self.only)
            aside = beside(found.understanding, asked.patient, kb, wording=self.wording)
        found = replace(found, evidence=whole)
        yield StreamEvent.model_construct(evidence=found.evidence, notices=aside.notices, safety=aside.safety)
        writing = perf_counter()
        answer, out = yield from self._written(Task(asked, found, kb, aside.safety, cancel or Event()))
        ended = perf_counter()
        times = {**found.trace.milliseconds, "write": milliseconds(writing, ended), "total": milliseconds(started, ended)}
        trace = {**retrieval_trace(found, times, kb.commit), **(generated_trace(out) if out is not None else {})}
        answer = answer.model_copy(
            update={
                "notices": (*aside.notices, *answer.notices),
                "safety": aside.safety,
                "trace": trace,
                "writing": self._how(found, kb, out),
            }
        )
        self._log(asked, answer)
        yield StreamEvent.model_construct(answer=answer)

    async def aask(self, question: Question | str, history: Sequence[Turn] = ()) -> Answer:
        """`ask` for asyncio; cancelling the task stops the model."""
        answer: Answer | None = None
        async for event in self.astream(question, history):
            answer = event.answer or answer
        if answer is None:
            raise asyncio.CancelledError
        return answer

    def astream(self, question: Question | str, history: Sequence[Turn] = ()) -> AsyncIterator[StreamEvent]:
        """`stream` for asyncio; leaving the loop stops the model."""
        return in_thread(lambda cancel: self.stream(question, history, cancel=cancel))

    def ask_many(self, questions: Iterable[Question | str], *, workers: int = WORKERS) -> Iterator[Answer]:
        """The answers to many questions, in their order; where a model writes, `workers` of them are under way at once.

        A question that cannot be asked gives an abstention with the reason `cannot-be-asked`, and the others go on.
        """
        if self.model is None:
            yield from map(self._ask_or_say_why, questions)
            return
        waiting: deque[Future[Answer]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for question in questions:
                waiting.append(pool.submit(self._ask_or_say_why, question))
                if len(waiting) >= 2 * workers:  # no further ahead than that
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _ask_or_say_why(self, question: Question | str) -> Answer:
        try:
            return self.ask(question)
        except QuestionError as error:
            asked = question if isinstance(question, str) else question.text
            return Answer(question=asked, text=str(error), abstained=True, reason=CANNOT_BE_ASKED)

    # ------------------------------------------------------------------ medicines together

    def check_medication(
        self, medicines: Sequence[str], patient: Patient | None = None, *, lang: str | None = None
    ) -> SafetyReport:
        """What labels, graphs and classical rules say against medicines for a patient (`medrag.answer.safety.check`)."""
        from medrag.answer.safety.check import check_medication

        return check_medication(medicines, patient, self.kb.pinned(), lang=lang)

    # ------------------------------------------------------------------ how

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """What decides what is found and what a model is asked, in plain values."""
        model, reranker, entailment = self.model, self.reranker, self.entailment
        found = finding_settings(
            self.k,
            self.only,
            self.profile,
            self.kb.embedder.name,
            reranker.name if reranker is not None else "",
            as_of=self.kb.day,
        )
        written = writing_settings(
            self.policy.value,
            self.on_no_evidence.value,
            self.threshold,
            self.template,
            entailment=entailment.name if entailment is not None else "",
            model=model.name if model is not None else EXTRACTIVE,
            preset=model.preset if model is not None else "",
        )
        return {**found, **written}

    def _log(self, asked: Question, answer: Answer) -> None:
        """Keeps the answer in the audit log, where there is one; an answer that cannot be kept is not given."""
        if self.audit is not None:
            from medrag.answer.audit.entry import payload_of

            self.audit.append(payload_of(asked, answer, self.settings, self.audit.level), person=asked.asker)

    def _written(self, task: Task) -> Generator[StreamEvent, None, tuple[Answer, Generated | None]]:
        asked, found, kb = task.asked, task.found, task.kb
        understanding = found.understanding
        with holding(kb):
            draft = write(understanding, found.evidence, kb, safety=task.safety)
            seen = features(understanding, found.evidence, kb, draft=draft)
        sure = confidence(seen)
        basis = Basis(asked, found, kb, sure, task.safety)
        answers = bool(draft.citations) and sure >= self.threshold
        # Of a medicine that is not there only what is said of it elsewhere may be shown, word for word; and a list that is
        # asked for whole is quoted, for a model's prompt or patience would cut it.
        quotes = bool(understanding.unknown or listed_groups(understanding))
        if self.model is not None and answers and not quotes:
            return (yield from self._by_model(basis, draft, seen, self._job(task)))
        if self.model is not None and not answers and self.on_no_evidence is NoEvidence.FALLBACK_MARKED:
            return (yield from self._from_memory(basis, self._job(task)))
        with holding(kb):
            answer = from_draft(basis, draft) if answers else abstained(basis)
        yield from events_of(answer)
        return answer, None

    def _job(self, task: Task) -> Job:
        from medrag.answer.reply.generate import Job
        from medrag.answer.safety.guard import GuardedChecker

        if self.model is None:
            raise RuntimeError("no model writes here")
        checker = GuardedChecker(task.kb.link, entailment=self.entailment, report=task.safety)
        return Job(task.asked, task.found, self.model, checker, self.policy, self.template, task.cancel)

    def _by_model(
        self, basis: Basis, draft: Draft, seen: Features, job: Job
    ) -> Generator[StreamEvent, None, tuple[Answer, Generated | None]]:
        from medrag.answer.reply.generate import Generated, generate

        out = Generated()
        yield from generate(job, out)
        if out.composition is not None:
            sure = confidence(seen.model_copy(update={"carried": carried(out.composition.claims)}))
            return from_model(replace(basis, confidence=sure), out, out.composition), out
        if out.withheld:
            answer = withheld(basis)
        elif out.refused:
            answer = declined(basis)
        else:  # whatever is wrong with the model, the evidence is there
            notice = _of_model(remarks.no_words(out.finish.value, out.error, basis.lang))
            answer = from_draft(basis, draft).model_copy(update={"notices": (notice,)})
        yield from events_of(answer)
        return answer, out

    def _from_memory(self, basis: Basis, job: Job) -> Generator[StreamEvent, None, tuple[Answer, Generated | None]]:
        from medrag.answer.reply.generate import Generated, from_memory

        out = Generated()
        answer = abstained(basis)
        if answer.reason == OUTSIDE:
            yield from events_of(answer)
            return answer, None
        yield from from_memory(job, out)
        if out.composition is not None:
            return from_model(basis, out, out.composition, reason=NOT_FROM_KB), out
        notice = _of_model(remarks.no_memory(out.finish.value, out.error, basis.lang))
        answer = answer.model_copy(update={"notices": (notice,)})
        yield from events_of(answer)
        return answer, out

    def _how(self, found: Retrieval, kb: KnowledgeBase, out: Generated | None) -> Writing:
        from medrag import __version__

        plain = Writing.model_construct(
            policy=self.policy.value, lang=found.understanding.lang, k=self.k, commit=kb.commit, release=__version__
        )
        if self.model is None or out is None:
            return plain
        told = {"prompt_sha256": out.prompt.sha256, "prompt_tokens": out.prompt.tokens} if out.prompt is not None else {}
        return plain.model_copy(
            update={
                "model": EXTRACTIVE if out.failed else self.model.name,
                "preset": self.model.preset,
                "generation": dict(self.model.generation),
                "completion_tokens": out.tokens,
                "finish": out.finish.value,
                "entailment": self.entailment.name if self.entailment is not None else "",
                **told,
            }
        )


def _of_model(text: str) -> Notice:
    return Notice(kind=NoticeKind.MODEL, text=text)


def _choice(kind: type[E], value: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise MedRAGError(f"{value!r} is none of {', '.join(kind)}: choose one of them") from None


def _model(llm: str | Model | LLM, preset: str | None, api_key: str | None) -> Model | None:
    """The model that writes, loaded; None for the extractive writer, for which nothing is imported."""
    if llm == EXTRACTIVE:
        return None
    from medrag.llm.load import load_model

    return load_model(llm, preset=preset, api_key=api_key)


def _entailment(entailment: Entailment | str | None) -> Entailment | None:
    if not isinstance(entailment, str):
        return entailment
    from medrag.answer.verify.entail import load_entailment

    return load_entailment(entailment)
