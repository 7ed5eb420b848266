"""Assistants at work: their knowledge bases opened and their models loaded, each once however many of them share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from medrag.answer.engine import EXTRACTIVE, MedRAG
from medrag.answer.prompt.templates import read_template
from medrag.chat.assistant import Assistant
from medrag.errors import MedRAGError, ProfileError
from medrag.kb.address import Place, whole
from medrag.kb.base import KnowledgeBase
from medrag.kb.filters import Filters
from medrag.kb.several import SeveralKnowledgeBases
from medrag.retrieve.profile import read_profile
from medrag.retrieve.rerank import CrossEncoderReranker, Reranker

if TYPE_CHECKING:
    from medrag.answer.verify.entail import Entailment
    from medrag.chat.session import Chat
    from medrag.chat.store import SessionStore
    from medrag.llm.model import Model

__all__ = ["OpenAssistant", "open_assistant", "open_assistants"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenAssistant:
    """An assistant with its knowledge base open and its model loaded.

    `close` lets go of the knowledge base, and what others opened beside it share stays open until the last of them is
    closed. `kb` is one object also over several folders.
    """

    assistant: Assistant
    kb: KnowledgeBase
    medrag: MedRAG
    _held: ExitStack

    def chat(self, store: SessionStore | None = None) -> Chat:
        """The conversations with it, kept in the store where the assistant keeps any."""
        from medrag.chat.session import Chat

        kept = store if self.assistant.sessions else None
        return Chat(self.medrag, store=kept, distil=self.assistant.distil)

    def close(self) -> None:
        """Lets go of what it holds; closing twice does no harm."""
        self._held.close()

    def __enter__(self) -> OpenAssistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_assistant(assistant: Assistant, *, api_key: str | None = None) -> OpenAssistant:
    """One assistant at work; the key goes to the server that its `llm` names. Raises as `open_assistants` does."""
    keys = {} if api_key is None else {assistant.api_key_variable: api_key}
    return open_assistants([assistant], keys=keys)[0]


def open_assistants(assistants: Sequence[Assistant], *, keys: Mapping[str, str] | None = None) -> list[OpenAssistant]:
    """The assistants at work, in order; `keys` holds the keys of servers by the names that `api_key_variable` gives them.

    Raises `ProfileError` for two of one name, and for what cannot be opened or loaded: which file, which field, and why.
    """
    names = [assistant.name for assistant in assistants]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ProfileError(f"{names.count(twice)} assistants are called {twice!r}: give each a name of its own")
    shared = _Shared(keys or {})
    with ExitStack() as opened:  # one that fails leaves none open
        found = [opened.enter_context(_opened(assistant, shared)) for assistant in assistants]
        opened.pop_all()
    return found


@dataclass
class _Holding:
    """A knowledge base that is open, and how many hold it."""

    kb: KnowledgeBase
    holders: int = 0

    def release(self) -> None:
        self.holders -= 1
        if not self.holders:
            self.kb.close()


@dataclass
class _Shared:
    """What assistants that are opened together have in common."""

    keys: Mapping[str, str]
    bases: dict[Place, _Holding] = field(default_factory=dict)
    loaded: dict[tuple[object, ...], object] = field(default_factory=dict)

    def base(self, path: Place, held: ExitStack) -> KnowledgeBase:
        """The knowledge base in a folder or a database, held until the stack is closed."""
        place = whole(path)
        holding = self.bases.get(place)
        if holding is None or not holding.holders:
            holding = self.bases[place] = _Holding(KnowledgeBase.open(path))
        holding.holders += 1
        held.callback(holding.release)
        return holding.kb

    def once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` returns, made for the first who asks."""
        if key not in self.loaded:
            self.loaded[key] = make()
        return self.loaded[key]  # type: ignore[return-value]  # stored under its own key


def _opened(assistant: Assistant, shared: _Shared) -> OpenAssistant:
    with ExitStack() as held:
        kb = _of_field(assistant, "knowledge_bases", lambda: _base(assistant.knowledge_bases, shared, held))
        medrag = MedRAG(
            kb,
            k=assistant.k,
            only=_of_field(assistant, "only", lambda: _checked(assistant)),
            profile=_of_field(assistant, "profile", lambda: _read(read_profile, assistant.profile)),
            reranker=_reranker(assistant, shared),
            llm=_model(assistant, shared) or EXTRACTIVE,
            template=_of_field(assistant, "template", lambda: _read(read_template, assistant.template)),
            policy=assistant.policy,
            on_no_evidence=assistant.no_evidence,
            risk=assistant.risk,
            entailment=_entailment(assistant, shared),
            wording={"emergency": assistant.emergency} if assistant.emergency else None,
        )
        return OpenAssistant(assistant, kb, medrag, held.pop_all())


def _of_field(assistant: Assistant, name: str, make: Callable[[], T]) -> T:
    """What `make` returns; what it raises says which file and field it is about."""
    try:
        return make()
    except MedRAGError as error:
        where = "" if assistant.file is None else f"{assistant.file}: {name}: "  # who wrote no file has no fields
        raise ProfileError(f"{where}{error}") from error


def _read(read: Callable[[Path], T], path: Path | None) -> T | None:
    return None if path is None else read(path)


def _base(paths: Sequence[Place], shared: _Shared, held: ExitStack) -> KnowledgeBase:
    bases = [shared.base(path, held) for path in paths]
    return bases[0] if len(bases) == 1 else SeveralKnowledgeBases(bases)


def _checked(assistant: Assistant) -> Filters:
    filters = assistant.only.filters()
    filters.days()  # raises for what is no date
    return filters


def _model(assistant: Assistant, shared: _Shared) -> Model | None:
    """The model that writes, loaded once for all that want the same; None for the extractive writer."""
    if assistant.llm == EXTRACTIVE:
        return None
    from medrag.llm.load import kind_of, load_model

    key = shared.keys.get(assistant.api_key_variable) if kind_of(assistant.llm) == "http" else None
    settings = (assistant.preset, assistant.input_limit, key, *sorted(assistant.generation.items()))

    def load() -> Model:
        return load_model(
            assistant.llm,
            preset=assistant.preset,
            generation=assistant.generation,
            input_limit=assistant.input_limit,
            api_key=key,
        )

    return _of_field(assistant, "llm", lambda: shared.once(("llm", assistant.llm, *settings), load))


def _reranker(assistant: Assistant, shared: _Shared) -> Reranker | None:
    name = assistant.reranker
    return None if name is None else shared.once(("reranker", name), lambda: CrossEncoderReranker(name))


def _entailment(assistant: Assistant, shared: _Shared) -> Entailment | None:
    name = assistant.entailment
    if name is None:
        return None
    from medrag.answer.verify.entail import load_entailment

    return shared.once(("entailment", name), lambda: load_entailment(name))
