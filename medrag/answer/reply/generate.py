"""Answers that a language model writes: prompt, reply, claims checked one by one, and what the policy makes of their faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from time import perf_counter

from medrag.answer import phrases
from medrag.answer.policy import Policy, faulty
from medrag.answer.prompt.build import Prompt, build_prompt, build_revision
from medrag.answer.prompt.templates import Template
from medrag.answer.readings import corrected_names
from medrag.answer.reply import remarks
from medrag.answer.reply.composition import Composition
from medrag.answer.verify.claim import Checker
from medrag.errors import QuestionError
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.reply import Finish
from medrag.patterns import regex
from medrag.retrieve.rank import Retrieval
from medrag.types import Claim, Notice, NoticeKind, Question, StreamEvent, Verdict

__all__ = ["Generated", "Job", "from_memory", "generate"]

# Ends after which what the model said is all that it wanted to say.
WHOLE = frozenset({Finish.STOP})
FOREIGN = 0.2  # share of the other script's letters from which a reply is in the other language
_HAN = regex(r"[㐀-鿿]")
_LATIN = regex(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Job:
    """All that one generated answer is made from."""

    question: Question
    found: Retrieval
    model: Model
    checker: Checker
    policy: Policy
    template: Template | None
    cancel: Event

    @property
    def lang(self) -> str:
        """The language that the answer is to be in."""
        return self.found.understanding.lang

    @property
    def drugs(self) -> tuple[str, ...]:
        """The medicines that a claim without a subject is about."""
        return tuple(drug.name for drug in self.found.understanding.drugs)


@dataclass
class Generated:
    """What came of a job; `composition` is None where the model made no claim that can be shown."""

    prompt: Prompt | None = None
    composition: Composition | None = None
    finish: Finish = Finish.STOP
    error: str = ""
    refused: bool = False
    withheld: bool = False
    faults: list[Claim] = field(default_factory=list)  # for which the answer was withheld
    notices: list[Notice] = field(default_factory=list)
    tokens: int = 0  # of all that the model said
    first_words: float = 0.0  # milliseconds from the prompt to the model's first words
    revised: bool = False

    @property
    def failed(self) -> bool:
        """Whether the model said nothing of use, so that the evidence is quoted instead."""
        return self.composition is None and not self.refused and not self.withheld


def generate(job: Job, out: Generated) -> Iterator[StreamEvent]:
    """The events of the answer as its claims pass the check; `out` says afterwards what came of it.

    Where the policy may take back what was said (revise, abstain), nothing is shown before the whole reply is checked.
    """
    try:
        prompt = build_prompt(job.question, job.found.evidence, job.model, lang=job.lang, template=job.template)
    except QuestionError as error:  # the model reads too little: the evidence is there all the same
        out.finish, out.error = Finish.FAILED, str(error)
        return
    out.prompt = prompt
    if not prompt.shown:
        return
    if job.policy in {Policy.REVISE, Policy.ABSTAIN}:
        yield from _after_checking(job, prompt, out)
    else:
        yield from _written(job, prompt, out)
        _notice_faults(job, out)


def _written(job: Job, prompt: Prompt, out: Generated) -> Iterator[StreamEvent]:
    """The events of one reply. A reply that says that the evidence does not answer gives none."""
    composition = Composition(
        prompt.shown,
        job.checker,
        prompt.style,
        lang=job.lang,
        question=job.question.text,
        drugs=job.drugs,
        dropping=job.policy is Policy.DROP,
    )
    # Held until it is clear that the reply is no refusal, which may come behind claims that nothing supports.
    held = [
        composition.remark(phrases.corrected(name.written, name.names[0], job.lang) + "\n")
        for name in corrected_names(job.found.understanding)
    ]
    for event in _events(job, prompt, composition, out):
        held.append(event)
        if composition.tells:
            yield from held
            held = []
    out.refused = composition.declines
    out.withheld = not composition.claims and bool(composition.dropped)
    out.faults = composition.dropped if out.withheld else []
    if composition.claims and not composition.declines:
        out.composition = composition
        yield from held


def _events(job: Job, prompt: Prompt, composition: Composition, out: Generated) -> Iterator[StreamEvent]:
    """What a model's reply adds to a composition, piece by piece; leaving this ends the model's work."""
    started = perf_counter()
    with job.model.stream(prompt.messages, cancel=job.cancel) as reply:
        for delta in reply:
            out.first_words = out.first_words or (perf_counter() - started) * 1000.0
            for event in composition.feed(delta):
                yield event
                if job.cancel.is_set():
                    break
            if composition.full:
                break
    out.finish, out.error = (Finish.TOO_LONG, "") if composition.full else (reply.finish, reply.error)
    out.tokens += job.model.count_text(reply.text)
    yield from composition.finish(whole=out.finish in WHOLE)


def _after_checking(job: Job, prompt: Prompt, out: Generated) -> Iterator[StreamEvent]:
    events = list(_written(job, prompt, out))
    composition = out.composition
    if composition is None:
        return
    faults = faulty(composition.claims)
    if job.policy is Policy.ABSTAIN:
        if faults or composition.dangling:
            out.withheld, out.composition, out.faults = True, None, faults
            return
    elif faults or composition.dangling or _other_language(composition.text, job.lang):
        events = _better(job, prompt, out, events)
    yield from events
    _notice_faults(job, out)


def _better(job: Job, prompt: Prompt, out: Generated, events: list[StreamEvent]) -> list[StreamEvent]:
    """The events of a second reply to a prompt that shows the faults of the first, where that has no more of them."""
    first = out.composition
    if first is None:
        return events
    said = [*(reason for claim in faulty(first.claims) for reason in claim.reasons), *_dangling_words(first, job.lang)]
    if _other_language(first.text, job.lang):
        said.append(remarks.other_language(job.lang))
    again = Generated()
    try:
        revision = build_revision(prompt, first.text, said, job.model, lang=job.lang)
    except QuestionError:  # the model has no room for its own reply and one fault
        return events
    second_events = list(_written(job, revision, again))
    second = again.composition
    out.tokens += again.tokens
    if again.refused and not any(claim.verdict is Verdict.SUPPORTED for claim in first.claims):
        out.refused, out.composition, out.prompt, out.revised = True, None, revision, True
        return []
    if second is None or _weight(second, again.finish, job.lang) > _weight(first, out.finish, job.lang):
        return events
    out.composition, out.finish, out.error, out.revised, out.prompt = second, again.finish, again.error, True, revision
    return second_events


def _weight(composition: Composition, finish: Finish, lang: str) -> tuple[int, int]:
    """How faulty a reply is: first in claims, invented marks, its language and its end, then in what is only partly carried."""
    partial = sum(claim.verdict in {Verdict.PARTIAL, Verdict.UNCITED} for claim in composition.claims)
    wrong = _other_language(composition.text, lang) + (finish not in WHOLE)
    return len(faulty(composition.claims)) + len(composition.dangling) + wrong, partial


def _dangling_words(composition: Composition, lang: str) -> list[str]:
    return [remarks.invented(one.text, lang) for one in composition.dangling]


def _other_language(text: str, lang: str) -> bool:
    """Whether a reply is in the other language than the question: names in Latin letters alone do not make it so."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if han + latin == 0:
        return False
    share = han / (han + latin)
    return share < FOREIGN if lang == "zh" else share > 1.0 - FOREIGN


def _notice_faults(job: Job, out: Generated) -> None:
    composition = out.composition
    if composition is None:
        return
    if composition.dropped:
        out.notices.append(Notice(kind=NoticeKind.MODEL, text=remarks.left_out(len(composition.dropped), job.lang)))
    if composition.dangling:
        out.notices.append(
            Notice(kind=NoticeKind.MODEL, text=remarks.dangling([one.text for one in composition.dangling], job.lang))
        )
    if _other_language(composition.text, job.lang):
        out.notices.append(Notice(kind=NoticeKind.MODEL, text=remarks.other_language(job.lang)))
    if out.finish not in WHOLE:
        out.notices.append(
            Notice(
                kind=NoticeKind.MODEL, text=remarks.cut_short(out.finish.value, out.error, job.lang, left_out=composition.cut)
            )
        )


def from_memory(job: Job, out: Generated) -> Iterator[StreamEvent]:
    """The events of an answer that the model gives from memory, the first of which says that it does.

    Nothing is shown to the model, so none of its claims is more than uncited and all of its marks dangle.
    """
    composition = Composition((), job.checker, "[{}]", lang=job.lang, question=job.question.text, drugs=job.drugs)
    held = [composition.remark(remarks.from_memory(job.lang))]
    with job.model.stream(_plain_messages(job.question, job.model), cancel=job.cancel) as reply:
        for delta in reply:
            held += composition.feed(delta)
            if composition.claims:
                yield from held
                held = []
            if composition.full:
                break
    out.finish, out.error = (Finish.TOO_LONG, "") if composition.full else (reply.finish, reply.error)
    out.tokens += job.model.count_text(reply.text)
    held += composition.finish(whole=out.finish in WHOLE)
    if composition.claims:
        out.composition = composition
        yield from held
        _notice_faults(job, out)


def _plain_messages(question: Question, model: Model) -> list[Message]:
    """The question and the turns before it, without evidence: as many of the latest turns as the model reads."""
    turns = [Message(Role.ASSISTANT if turn.role == Role.ASSISTANT else Role.USER, turn.content) for turn in question.history]
    asks = Message(Role.USER, question.text)
    if not model.multi_turn:
        said = "\n".join([*(message.content for message in turns if message.role is Role.USER), question.text])
        return [Message(Role.USER, said) if model.count([Message(Role.USER, said)]) <= model.input_limit else asks]
    while turns and (turns[0].role is Role.ASSISTANT or model.count([*turns, asks]) > model.input_limit):
        turns.pop(0)
    return [*turns, asks]
