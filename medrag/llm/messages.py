"""What a language model is sent: messages with roles, and the little that a prompt's builder must know of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

__all__ = ["EvidenceForm", "Message", "Role", "Room", "messages_digest"]


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class EvidenceForm(StrEnum):
    """How evidence is laid out for a model: as it saw evidence in training, where it saw any."""

    NUMBERED = "numbered"  # the project's own: marker, title and section, text
    PULSE = "pulse"  # `[n]title` and `section:text`, as PULSE's retrieval prompt has it
    BENTSAO = "bentsao"  # `Knowledge: "entity": {attribute: [values]}`


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str


class Room(Protocol):
    """How much a model reads, and in what form: all that the builder of a prompt needs of it."""

    @property
    def input_limit(self) -> int:
        """The tokens that a prompt may have."""

    @property
    def system_role(self) -> bool:
        """Whether the model was trained with a system message; without, the rules stand in the first user message."""

    @property
    def evidence_form(self) -> EvidenceForm:
        """How the model was shown evidence in training."""

    @property
    def multi_turn(self) -> bool:
        """Whether the model reads earlier turns as messages; without, they stand in the question's message."""

    def count(self, messages: Sequence[Message]) -> int:
        """The tokens that the messages take as the model gets them, or an estimate that is not below it."""


def messages_digest(messages: Sequence[Message]) -> str:
    """The SHA-256 of the messages, roles and contents apart, as 64 hexadecimal digits."""
    whole = sha256()
    for message in messages:
        for part in (message.role.value, message.content):
            encoded = part.encode("utf-8", "surrogatepass")
            whole.update(f"{len(encoded)}:".encode() + encoded)
    return whole.hexdigest()
