"""Replies of a language model, kept on disk by what was asked: a run goes on where it was, and is replayed without the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from pydantic import Field

from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows
from medrag.evaluate.rows import Shape
from medrag.llm.messages import Message, messages_digest
from medrag.llm.model import Finish, Model

__all__ = ["KeptReplies", "RecordedReplies", "Replies", "Said", "replies_of"]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply's text; `fault` says why there is none."""

    text: str
    fault: str = ""


class Replies(Protocol):
    """Whatever replies to messages: a model whose replies are kept, or a file of replies."""

    @property
    def name(self) -> str:
        """Whose replies they are."""

    def reply(self, messages: Sequence[Message]) -> Said:
        """The reply to the messages, or the fault; the same messages have the same reply."""


class _Row(Shape):
    key: str = Field(min_length=64, max_length=64)
    model: str
    settings: str = ""
    reply: str


class KeptReplies:
    """A model whose replies are added to a file of JSON lines; what was asked before is taken from there.

    A reply belongs to the model, its sampling settings and the messages. What failed, or was cut off, is not kept and is
    asked again next time. Several threads may ask at once: of two that ask the same the second gets the first one's reply,
    for a model that samples would tell them different things, of which the file keeps one.
    """

    def __init__(self, model: Model, path: Path | None = None) -> None:
        self._model = model
        self._settings = json.dumps({"preset": model.preset, **model.generation}, sort_keys=True)
        self._kept = {row.key: row.reply for row in _rows(path) if (row.model, row.settings) == (model.name, self._settings)}
        self._path = path
        self._lock = Lock()
        self._asking: dict[str, Lock] = {}

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def reply(self, messages: Sequence[Message]) -> Said:
        """The reply, from the file or else from the model."""
        key = messages_digest(messages)
        with self._lock:
            asking = self._asking.setdefault(key, Lock())
        with asking:
            kept = self._kept.get(key)
            if kept is not None:
                return Said(kept)
            reply = self._model.complete(messages)
            if reply.finish is not Finish.STOP:
                return Said(reply.text, f"no whole reply ({reply.finish.value}{f': {reply.error}' if reply.error else ''})")
            self._keep(key, reply.text)
            return Said(reply.text)

    def _keep(self, key: str, text: str) -> None:
        with self._lock:
            self._kept[key] = text
            if self._path is not None:
                row = {"key": key, "model": self.name, "settings": self._settings, "reply": text}
                with self._path.open("a", encoding="utf-8", errors="surrogatepass") as file:
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


class RecordedReplies:
    """The replies of a file that `KeptReplies` wrote, in place of the model; what is not there is a fault."""

    def __init__(self, path: Path) -> None:
        rows = _rows(path)
        if not rows:
            raise EvaluationError(f"{path}: there are no recorded replies in it")
        names = dict.fromkeys(row.model for row in rows)
        if len(names) > 1:
            raise EvaluationError(f"{path}: replies of several models ({', '.join(names)}): a recorded judge is one")
        self._name = next(iter(names))
        self._replies = {row.key: row.reply for row in rows}

    @property
    def name(self) -> str:
        """The model whose replies they are, as recorded."""
        return f"{self._name} (recorded)"

    def reply(self, messages: Sequence[Message]) -> Said:
        """The recorded reply to the messages."""
        found = self._replies.get(messages_digest(messages))
        return Said("", "not among the recorded replies") if found is None else Said(found)


def replies_of(judge: str | Model, *, kept: Path | None = None, api_key: str | None = None) -> Replies:
    """The judge that a string names: `recorded:FILE.jsonl`, or a model as anywhere else, its replies kept in a file."""
    if isinstance(judge, str) and judge.startswith("recorded:"):
        return RecordedReplies(Path(judge.removeprefix("recorded:")))
    from medrag.llm.load import load_model

    return KeptReplies(load_model(judge, api_key=api_key) if isinstance(judge, str) else judge, kept)


def _rows(path: Path | None) -> list[_Row]:
    """The rows of a file; a half line at its end, left by a killed run, is cut off."""
    if path is None or not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        path.write_bytes(whole)
    return [row for _, row in checked_rows(path, _Row)] if whole else []
