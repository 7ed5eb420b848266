"""Messages in a model's own form: as token ids, the parts tokenised apart and joined by ids, or as text for a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from medrag.errors import ModelError
from medrag.llm.messages import Message, Role
from medrag.llm.presets import Bos, Form, Part

__all__ = ["CONTROL_MARKS", "Tokenizer", "disarmed", "fitted", "named_id", "prompt_ids", "prompt_text"]

_PLACE = re.compile(r"\{(content|round)\}")
# What chat templates and old prompts use to say who speaks. In a label or a question these are words, and must not become the
# tokens that they look like.
CONTROL_MARKS = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|</?s>|<(?=/?(?:think|tool_call|tool_response)>)|\[/?INST\]|<</?SYS>>|<(?:reserved_\d+|unk|pad|sop|eop)>"
    r"|<(?:start_of_turn|end_of_turn|bos|eos)>|\[g?MASK\]|<[｜\uff5c][^<>\n]{1,40}[｜\uff5c]>"
)


class Tokenizer(Protocol):
    """What is asked of a tokenizer of transformers."""

    @property
    def bos_token_id(self) -> int | None:
        """The id that begins a text."""

    @property
    def eos_token_id(self) -> int | None:
        """The id that ends a text."""

    @property
    def pad_token_id(self) -> int | None:
        """The id that fills a batch."""

    @property
    def unk_token_id(self) -> int | None:
        """The id of what the vocabulary lacks."""

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """The ids of a text."""

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """The id of a token by its name."""


def fitted(messages: Sequence[Message], *, system_role: bool, multi_turn: bool) -> list[Message]:
    """The messages as a model can read them: without a system role the rules go into the first message of the user, without
    several turns all of them into one. Neighbours of one role become one message; the last is the user's.
    """
    joined: list[Message] = []
    for message in messages:
        role = Role.USER if (message.role is Role.SYSTEM and not system_role) or not multi_turn else message.role
        if message.role is Role.SYSTEM and system_role:
            role = Role.SYSTEM
        if joined and joined[-1].role is role:
            joined[-1] = Message(role, f"{joined[-1].content}\n\n{message.content}")
        else:
            joined.append(Message(role, message.content))
    if not joined or joined[-1].role is not Role.USER:
        raise ModelError("a prompt must end with a message of the user")
    return joined


def disarmed(messages: Iterable[Message], marks: Sequence[str] = ()) -> list[Message]:
    """The messages with every control mark in them broken by a space, so that a tokenizer reads it as words."""
    named = sorted({mark for mark in marks if len(mark) > 2 and mark[0] in "<[" and mark[-1] in ">]"}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, named), CONTROL_MARKS.pattern]))
    return [replace(message, content=pattern.sub(_broken, message.content)) for message in messages]


def _broken(mark: re.Match[str]) -> str:
    return f"{mark.group()[0]} {mark.group()[1:]}"


def prompt_ids(form: Form, messages: Sequence[Message], tokenizer: Tokenizer) -> list[int]:
    """The token ids of a prompt. Text that touches is tokenised as one; `first` parts and tokens stand apart."""
    ids = [named_id("bos", form, tokenizer)] if form.bos is Bos.PROMPT else []
    before = [named_id("bos", form, tokenizer)] if form.bos is Bos.SEGMENT else []
    for part in _runs(_parts(form, messages)):
        if part.token is not None:
            ids.append(named_id(part.token, form, tokenizer))
        else:
            segment = before + tokenizer.encode(part.text, add_special_tokens=False)
            ids += segment[: part.first] if part.first else segment
    return ids


def prompt_text(form: Form, messages: Sequence[Message], *, eos: str = "</s>") -> str:
    """The prompt as text, for a server whose tokenizer puts its own token before it and reads `eos` as one."""
    written = []
    for part in _parts(form, messages):
        if part.as_text is not None:
            written.append(part.as_text)
        elif part.token is None:
            written.append(part.text)
        else:
            written.append(eos if part.token == "eos" else str(part.token))
    return "".join(written)


def named_id(token: str | int, form: Form, tokenizer: Tokenizer) -> int:
    """The id of a token: as the form says, by its number, by its part (`bos`, `eos`, `pad`), or by its name."""
    if isinstance(token, int):
        return token
    if token in form.ids:
        return form.ids[token]
    parts = {"bos": tokenizer.bos_token_id, "eos": tokenizer.eos_token_id, "pad": tokenizer.pad_token_id}
    found = parts[token] if token in parts else tokenizer.convert_tokens_to_ids(token)
    if found is None or (token not in parts and found == tokenizer.unk_token_id):
        raise ModelError(f"the tokenizer has no token {token!r}, which the preset needs: is it another model's preset?")
    return found


def _parts(form: Form, messages: Sequence[Message]) -> Iterator[Part]:
    """The parts in order, the messages' words in their places."""
    if form.single and len(messages) == 1:
        yield from _filled(form.single, messages[0].content, 0)
        return
    yield from form.head
    turn = 0
    for message in messages:
        if message.role is Role.ASSISTANT:
            content = message.content.replace("\n", "") if form.assistant_line else message.content
            yield from _filled(form.assistant, content, turn)
            turn += 1
        else:
            yield from _filled(form.user, message.content, turn)
    yield from form.primer


def _filled(parts: Sequence[Part], content: str, turn: int) -> Iterator[Part]:
    """The parts with their places filled in one pass: braces in the content are text."""
    values = {"content": content, "round": str(turn)}
    for part in parts:
        yield replace(part, text=_PLACE.sub(lambda place: values[place.group(1)], part.text)) if part.text else part


def _runs(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with neighbouring texts joined."""
    text = ""
    for part in parts:
        if part.token is None and not part.first:
            text += part.text
            continue
        if text:
            yield Part(text=text)
            text = ""
        yield part
    if text:
        yield Part(text=text)
