"""The assistants that are served, each with its knowledge base kept at the newest commit, whoever writes to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from threading import Lock

from fastapi import Request

from medrag.answer.engine import EXTRACTIVE, MedRAG
from medrag.chat.assistant import Assistant, Only
from medrag.chat.opened import OpenAssistant
from medrag.chat.session import Chat
from medrag.chat.store import SessionStore
from medrag.errors import KnowledgeBaseError
from medrag.kb.address import Place
from medrag.kb.base import KnowledgeBase
from medrag.kb.catalogue import CATALOGUE
from medrag.kb.several import SeveralKnowledgeBases
from medrag.llm.presets import Setting
from medrag.server.audit import ServedLog
from medrag.server.errors import ApiError
from medrag.server.keys import Caller
from medrag.server.metrics import Metrics, Outcome
from medrag.server.restrict import both

__all__ = ["Desk", "Desks", "desks"]

_Mark = tuple[tuple[object, int], ...]


class Desk:
    """One assistant that is served.

    A question is answered from `kb_for(caller)`: the newest commit, pinned, of which the caller sees what their key
    allows. Where the folder was taken away, that raises a 503, and goes on when there is one again.
    """

    def __init__(
        self, opened: OpenAssistant, metrics: Metrics, store: SessionStore | None, audit: ServedLog | None = None
    ) -> None:
        self._opened = opened
        self._audit = audit
        self.metrics = metrics
        self._store = store
        self._kb = opened.kb
        self._mark = _mark(opened.assistant)
        self._lock = Lock()

    @property
    def assistant(self) -> Assistant:
        """What it was made from."""
        return self._opened.assistant

    @property
    def name(self) -> str:
        """What clients call it: the `model` of a request."""
        return self._opened.assistant.name

    @property
    def waits(self) -> bool:
        """Whether a language model writes, which is waited for rather than worked at."""
        return self._opened.medrag.model is not None

    @property
    def writer(self) -> str:
        """Who writes: `extractive`, or the model's name."""
        model = self._opened.medrag.model
        return EXTRACTIVE if model is None else model.name

    @property
    def keeps_sessions(self) -> bool:
        """Whether conversations with it are kept."""
        return self.assistant.sessions and self._store is not None

    @property
    def repeats_itself(self) -> bool:
        """Whether the same question at the same commit has the same answer, and nobody keeps a list of each one given."""
        return self._opened.medrag.model is None and self._opened.medrag.audit is None and self._audit is None

    def count(self, outcome: Outcome) -> None:
        """Counts an answer that was given."""
        self.metrics.count(self.name, outcome)

    def kb(self) -> KnowledgeBase:
        """The knowledge base at its newest commit, not pinned: who writes to it uses this. Blocks for a moment."""
        with self._lock:  # one thread opens a new commit, and the others wait for it rather than open it too
            mark = _mark(self.assistant)
            if mark != self._mark:
                self._reopen(mark)
            self._kb.refresh()
            return self._kb

    def kb_for(self, who: Caller) -> KnowledgeBase:
        """The newest commit, pinned, as much of it as the caller may see."""
        pinned = self.kb().pinned()
        return pinned if who.access is None else pinned.restricted(who.access)

    def medrag_for(self, who: Caller, *, filters: Only | None = None, k: int | None = None) -> MedRAG:
        """What answers the caller's question, all of it from one commit, with what the request asks of it."""
        medrag = copy(self._opened.medrag)
        vars(medrag).pop("settings", None)  # what was worked out from other values
        medrag.only = both(medrag.only, filters)
        medrag.k = medrag.k if k is None else k
        medrag.kb = self.kb_for(who)
        if self._audit is not None:
            medrag.audit = self._audit.of(who.name)
        return medrag

    def chat_for(
        self, who: Caller, *, filters: Only | None = None, k: int | None = None, settings: Mapping[str, Setting] | None = None
    ) -> Chat:
        """The conversations with it, as the caller may have them; `settings` are how the request has a model write."""
        medrag = self.medrag_for(who, filters=filters, k=k)
        if settings and medrag.model is not None:
            medrag.model = medrag.model.with_settings(settings)
        return self.chat_of(medrag)

    def chat_of(self, medrag: MedRAG) -> Chat:
        """The conversations in which that one answers."""
        store = self._store if self.keeps_sessions else None
        return Chat(medrag, store=store, distil=self.assistant.distil)

    def close(self) -> None:
        """Lets go of the knowledge base and the model."""
        self._opened.close()
        if self._kb is not self._opened.kb:
            self._kb.close()

    def _reopen(self, mark: _Mark) -> None:
        """Opens what stands in the place of a knowledge base that was replaced."""
        old, first = self._kb, self._opened.kb
        try:
            self._kb = _open(self.assistant.knowledge_bases)
        except KnowledgeBaseError:
            raise _away(self.assistant) from None
        self._mark = mark
        if old is not first:  # which the assistant holds, perhaps with others
            with suppress(KnowledgeBaseError):
                old.close()


def _open(paths: Sequence[Place]) -> KnowledgeBase:
    bases = [KnowledgeBase.open(path) for path in paths]
    return bases[0] if len(bases) == 1 else SeveralKnowledgeBases(bases)


def _mark(assistant: Assistant) -> _Mark:
    """Which catalogues stand there: another file of the same name is another knowledge base. Raises where one is missing.

    A database is looked at when it is asked.
    """
    marks: list[tuple[object, int]] = []
    for path in assistant.knowledge_bases:
        if isinstance(path, str):
            marks.append((path, 0))
            continue
        try:
            status = os.stat(path / CATALOGUE)
        except OSError:
            raise _away(assistant) from None
        marks.append((status.st_dev, status.st_ino))
    return tuple(marks)


def _away(assistant: Assistant) -> ApiError:
    return ApiError(
        503,
        f"the knowledge base of {assistant.name} is not there just now: try again when it is back",
        code="knowledge_base_unavailable",
        headers={"Retry-After": "10"},
    )


class Desks:
    """All assistants that are served, by name; the first is asked where a request names none."""

    def __init__(
        self,
        opened: Sequence[OpenAssistant],
        metrics: Metrics,
        store: SessionStore | None = None,
        audit: ServedLog | None = None,
    ) -> None:
        self._desks: Mapping[str, Desk] = {one.assistant.name: Desk(one, metrics, store, audit) for one in opened}

    def __iter__(self) -> Iterator[Desk]:
        return iter(self._desks.values())

    def of(self, model: str | None) -> Desk:
        """The assistant of that name, or the first. Raises a 404 that names those there are."""
        if model is None:
            return next(iter(self._desks.values()))
        found = self._desks.get(model)
        if found is None:
            names = ", ".join(self._desks)
            raise ApiError(404, f"there is no model of that name: there is {names}", code="model_not_found", param="model")
        return found

    def close(self) -> None:
        """Closes all."""
        for desk in self._desks.values():
            desk.close()


async def desks(request: Request) -> Desks:
    """A dependency that gives the assistants of the app."""
    found = request.app.state.desks
    if not isinstance(found, Desks):
        raise TypeError("the app was made without assistants")
    return found
