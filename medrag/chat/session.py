"""A conversation with a knowledge base: each turn understood from what the user said before it, answered, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from secrets import token_urlsafe
from threading import Event
from typing import TYPE_CHECKING

from medrag.answer.notices.fire import notices
from medrag.chat.clarify import words_of
from medrag.chat.counts import Counts
from medrag.chat.courtesy import courtesy
from medrag.chat.exchange import ASKS_BACK, CANCELLED, POLITE, Exchange
from medrag.chat.follow import Followed, follow
from medrag.chat.inturn import InTurn, Places
from medrag.chat.reading import Reader, cleaned
from medrag.chat.replay import KEPT_TURNS, kept, replayed
from medrag.chat.slots import Asking, Lack, Memory, Slots
from medrag.chat.turn import Turn as Spoken
from medrag.chat.turn import is_polite
from medrag.errors import SessionNotFoundError
from medrag.retrieve.understand import plain
from medrag.types import Answer, Evidence, Notice, NoticeKind, Question, StreamEvent, Turn, Writing

if TYPE_CHECKING:
    from medrag.answer.engine import MedRAG
    from medrag.chat.store import SessionStore
    from medrag.llm.model import Model

__all__ = ["Chat", "Exchange", "Session"]

ID_BYTES = 18
_WITH_EVIDENCE = frozenset({Lack.AGE, Lack.PREGNANT})  # where the question is whole but for the person


class Chat:
    """Conversations with a MedRAG; any number may be under way at once.

    With `distil`, a model that writes also says what each turn points to (Distill–Retrieve–Read), checked against what the
    user said; without a model, or where it fails, rules do (`counts` says how often). `store` keeps sessions; without one they live as
    long as the object.
    """

    def __init__(self, medrag: MedRAG, *, store: SessionStore | None = None, distil: bool = True) -> None:
        self.medrag = medrag
        self.store = store
        self.distil = distil
        self.counts = Counts()
        self._places = Places()

    def open(self, session_id: str | None = None, *, owner: str = "") -> Session:
        """The session with this id, or a new one. Who else has it open, in this process, waits while a turn of it is answered.

        Raises `SessionNotFoundError` for one that is not there, has expired, or is another owner's: which of these is not told.
        """
        if session_id is None:
            made = token_urlsafe(ID_BYTES)
            return Session(self, made, owner=owner, store=self.store, in_turn=self._places.of(made, owner))
        if self.store is None:
            raise SessionNotFoundError(f"there is no session {session_id!r}: sessions are not kept here")
        in_turn = self._places.of(session_id, owner)
        seen = in_turn.changes  # before it is loaded: what changes meanwhile is loaded again
        memory = self.store.load(session_id, owner=owner)
        return Session(self, session_id, owner=owner, store=self.store, memory=memory, in_turn=in_turn, seen=seen)

    def delete(self, session_id: str, *, owner: str = "") -> None:
        """Deletes a session and all that was said in it, for good. Raises as `open` does."""
        if self.store is None:
            raise SessionNotFoundError(f"there is no session {session_id!r}: sessions are not kept here")
        self.store.delete(session_id, owner=owner)

    def of_turns(self, turns: Sequence[Turn]) -> Session:
        """A session that goes on after these turns, and is not kept.

        What is remembered is read from the latest 20 user turns, by rules and without looking anything up.
        """
        return Session(self, "", memory=replayed(turns, self.medrag.kb))


class Session:
    """One conversation; turns are answered one at a time, whoever asks."""

    def __init__(
        self,
        chat: Chat,
        session_id: str,
        *,
        owner: str = "",
        store: SessionStore | None = None,
        memory: Memory | None = None,
        in_turn: InTurn | None = None,
        seen: int = 0,
    ) -> None:
        self.id = session_id
        self.owner = owner
        self._chat = chat
        self._store = store
        self._memory = memory or Memory()
        self._kept = store is not None and memory is not None  # whether it stands in the store, or stood there
        self._exchanges: list[Exchange] | None = None if store is not None and memory is not None else []
        self._reader = Reader(chat.medrag.kb)
        self._in_turn = in_turn or InTurn()
        self._seen = seen  # how many changes of it the memory has

    @property
    def slots(self) -> Slots:
        """What is remembered of what the user said."""
        return self._memory.slots

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was said and answered, oldest first; those of a history that was handed over are not among them."""
        if self._exchanges is None:
            self._exchanges = list(self._store.exchanges(self.id, owner=self.owner)) if self._store else []
        return tuple(self._exchanges)

    @property
    def last(self) -> Exchange | None:
        """The latest exchange, None before the first."""
        return self.exchanges[-1] if self.exchanges else None

    def ask(self, text: str, *, cancel: Event | None = None) -> Answer:
        """The answer to what the user types next, or a question asked back (`reason` "asks-back"). Raises as `MedRAG.ask`."""
        answer: Answer | None = None
        for event in self.stream(text, cancel=cancel):
            answer = event.answer or answer
        if answer is None:
            raise RuntimeError("the stream ended without an answer")
        return answer

    def stream(self, text: str, *, cancel: Event | None = None) -> Iterator[StreamEvent]:
        """The same answer event by event, as `MedRAG.stream`; the exchange is kept when it ends, also where its reader leaves.

        The answer's `question` is what was typed. Raises `SessionError` in a thread that has not read an earlier stream to its end.
        """
        with self._turn():
            typed = cleaned(text)
            followed = self._followed(typed, cancel)
            if followed.asking is not None and any(notice.kind is NoticeKind.EMERGENCY for notice in self._notices(followed)):
                followed = _not_asking(followed)  # whoever needs an ambulance is told so, and asked nothing
            if followed.asking is not None:
                yield from self._asked_back(typed, followed, followed.asking)
            elif followed.by == "as-is" and is_polite(self._reader.read(typed)):
                yield from self._said(typed, followed, courtesy(typed, followed.memory.slots.lang), POLITE)
            else:
                yield from self._answered(typed, followed, cancel)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One turn at a time, after those that others who have the session open took."""
        with self._in_turn.turn():
            self._catch_up()
            yield

    def _catch_up(self) -> None:
        """Loads what was said in the session since, where another has it open; of one that was deleted nothing is there any more."""
        if self._seen == self._in_turn.changes or self._store is None:
            return
        try:
            self._memory = self._store.load(self.id, owner=self.owner)
        except SessionNotFoundError:
            return
        self._exchanges, self._kept, self._seen = None, True, self._in_turn.changes

    def _changed(self) -> None:
        self._in_turn.changes += 1
        self._seen = self._in_turn.changes

    def _notices(self, followed: Followed) -> tuple[Notice, ...]:
        slots = followed.memory.slots
        return notices(plain(followed.standalone), slots.patient, lang=slots.lang, wording=self._chat.medrag.wording)

    def _asked_back(self, typed: str, followed: Followed, asking: Asking) -> Iterator[StreamEvent]:
        """The question that is asked back, beside the evidence that its answer will choose from."""
        found = self._chat.medrag.search(_question(followed)) if asking.lack in _WITH_EVIDENCE else ()
        words = words_of(asking, followed.memory.slots.lang)
        yield from self._said(typed, followed, words, ASKS_BACK, evidence=found, beside=self._notices(followed))

    def _said(
        self,
        typed: str,
        followed: Followed,
        words: str,
        reason: str,
        *,
        evidence: tuple[Evidence, ...] = (),
        beside: tuple[Notice, ...] = (),
    ) -> Iterator[StreamEvent]:
        """A reply that is no answer, as events."""
        answer = Answer(
            question=typed,
            text=words,
            abstained=True,
            reason=reason,
            evidence=evidence,
            notices=beside,
            writing=Writing(lang=followed.memory.slots.lang, commit=self._chat.medrag.kb.commit),
        )
        self._keep(typed, followed, answer)
        yield StreamEvent.model_construct(evidence=evidence)
        yield StreamEvent(text=answer.text)
        yield StreamEvent.model_construct(answer=answer)

    def _answered(self, typed: str, followed: Followed, cancel: Event | None) -> Iterator[StreamEvent]:
        medrag = self._chat.medrag
        history = self._memory.turns if medrag.model is not None else ()
        question = _question(followed, history)
        words: list[str] = []
        answer: Answer | None = None
        stop = cancel or Event()
        try:
            for event in medrag.stream(question, cancel=stop):
                words.append(event.text)
                if event.answer is not None:
                    answer = event.answer.model_copy(update={"question": typed})
                    self._keep(typed, followed, answer)
                    event = event.model_copy(update={"answer": answer})
                yield event
        except GeneratorExit:  # the reader left: what was said so far was said
            stop.set()
            if answer is None:
                self._keep(typed, followed, _left(typed, "".join(words)))
            raise

    def _followed(self, text: str, cancel: Event | None) -> Followed:
        writes = self._chat.medrag.model if self._chat.distil else None
        if writes is None:
            return follow(text, self._memory, self._reader)
        model = writes.as_loaded  # settings that were asked for are for the answer
        said = [turn.content for turn in self._memory.turns if turn.role == "user"] + [text]
        return follow(text, self._memory, self._reader, distil=partial(self._distilled, said, model, cancel or Event()))

    def _distilled(self, said: Sequence[str], model: Model, cancel: Event, turn: Spoken) -> str | None:
        from medrag.chat.distil import distilled

        return distilled(turn, said, model, self._chat.counts, cancel)

    def _keep(self, typed: str, followed: Followed, answer: Answer) -> None:
        memory = self._after(typed, followed.memory, answer)
        exchange = Exchange(
            text=typed,
            standalone=followed.standalone,
            by=followed.by,
            slots=followed.memory.slots,
            answer=answer,
            asks_back=answer.reason == ASKS_BACK,
        )
        if self._store is not None:
            try:
                memory = self._stored(self._store, exchange, memory)
                self._kept = True
            except SessionNotFoundError:
                if not self._kept:
                    raise
                self._store = None  # deleted while it was answered: the answer is given, and nothing is kept any more
        self._memory = memory
        if self._exchanges is not None:
            self._exchanges.append(exchange)
        self._changed()

    def _after(self, typed: str, memory: Memory, answer: Answer) -> Memory:
        """What is remembered of the turn, with its words behind those of the turns before."""
        turns = (*self._memory.turns, kept("user", typed), kept("assistant", answer.text))
        return memory.model_copy(update={"turns": turns[-KEPT_TURNS:]})

    def _stored(self, store: SessionStore, exchange: Exchange, memory: Memory) -> Memory:
        """Keeps an exchange; what is remembered then.

        Where another process answered in the session meanwhile, what this turn says is added to what that one left: the answer
        is as it was given, and nothing that was said of a person is lost.
        """
        asking = memory.asking
        while True:
            newer = store.append(self.id, exchange, memory, owner=self.owner, begins=not self._kept, after=self._memory)
            if newer is None:
                return memory
            self._memory, self._exchanges, self._kept = newer, None, True
            followed = follow(exchange.text, newer, self._reader).memory.model_copy(update={"asking": asking})
            memory = self._after(exchange.text, followed, exchange.answer)
            exchange = exchange.model_copy(update={"slots": memory.slots})

    def correct(self, slots: Slots) -> None:
        """Puts other slots in place of what is remembered; what is asked next is understood by them."""
        with self._turn():
            self._memory = self._memory.model_copy(
                update={"slots": slots, "told": {}, "together": (), "listed": (), "asking": None}
            )
            if self._store is not None:
                self._store.save(self.id, self._memory, owner=self.owner, begins=not self._kept)
                self._kept = True
            self._changed()

    def reset(self) -> None:
        """Forgets all that was said; of a session that is kept, for good."""
        with self._turn():
            self._memory = Memory()
            self._exchanges = []
            if self._store is not None:
                self._store.clear(self.id, owner=self.owner)
            self._changed()


def _question(followed: Followed, history: tuple[Turn, ...] = ()) -> Question:
    patient = followed.memory.slots.patient
    asked = followed.standalone.lower()  # what it names counts once, or the check finds it taken twice
    patient = patient.model_copy(update={"medicines": tuple(name for name in patient.medicines if name.lower() not in asked)})
    return Question(text=followed.standalone, history=history, patient=patient, standalone=True)


def _not_asking(followed: Followed) -> Followed:
    """The turn put to retrieval as it is, nothing asked back."""
    memory = followed.memory.model_copy(update={"asking": None, "asked_back": followed.memory.asked_back[:-1]})
    return replace(followed, memory=memory, asking=None)


def _left(typed: str, words: str) -> Answer:
    """What is kept of an answer whose reader left."""
    return Answer(question=typed, text=words, abstained=True, reason=CANCELLED)
