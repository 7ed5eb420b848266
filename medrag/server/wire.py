"""What the project's own API takes and gives: the bodies of requests, and how answers are written as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

from medrag.chat.assistant import Only
from medrag.types import Patient

__all__ = ["AskRequest", "FeedbackRequest", "MessageIn", "SearchRequest", "Text", "event", "json_bytes"]

MAX_TEXT = 100_000  # characters of one field; a question itself may have fewer (`QuestionError` says how many)
MAX_TURNS = 1_000

Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class In(BaseModel):
    """A request's body: fields that it does not have are refused, so that a mistyped one is not passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageIn(In):
    """One message of a conversation."""

    role: Literal["user", "assistant", "system"] = Field(description="Who said it; system messages are not read.")
    content: Text = Field(description="What was said.")


class SearchRequest(In):
    """A question of which the evidence is wanted."""

    question: Text = Field(description="The question.", examples=["布洛芬缓释胶囊孕妇能用吗？"])
    model: str | None = Field(default=None, description="The assistant that is asked; the first where none is named.")
    filters: Only | None = Field(default=None, description="What is read besides the assistant's own restriction.")
    k: int | None = Field(default=None, ge=1, le=100, description="How many pieces of evidence.")
    history: tuple[MessageIn, ...] = Field(
        default=(), max_length=MAX_TURNS, description="The conversation before the question, oldest first."
    )
    patient: Patient | None = Field(default=None, description="The person it is about, as far as it is known.")


class AskRequest(SearchRequest):
    """A question of which the answer is wanted."""

    session: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None,
        description="`new` begins a conversation that the server keeps, an id goes on with one; else none is kept.",
    )
    stream: bool = Field(default=False, description="Server-sent events: `evidence`, `text`, `answer`, `error`.")


class FeedbackRequest(In):
    """What a person thought of an answer."""

    rating: Literal["up", "down"] = Field(description="Thumbs up or down.")
    note: Annotated[str, StringConstraints(max_length=4_000)] = Field(default="", description="In their own words.")
    answer_id: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="The answer's `id`, or the request id of the response it came in."
    )
    model: str | None = Field(default=None, description="The assistant that answered.")
    record: dict[str, Any] | None = Field(default=None, description="The answer itself, where it may be kept.")


def json_bytes(value: object) -> bytes:
    """The value as JSON in UTF-8. Half a surrogate pair, which a text may hold and UTF-8 may not, becomes U+FFFD."""
    try:
        return to_json(value, inf_nan_mode="null", fallback=str)
    except (UnicodeEncodeError, ValueError):
        return to_json(_whole(value), inf_nan_mode="null", fallback=str)


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(item) for item in value]
    return value


def event(name: str, value: object) -> bytes:
    """A server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + json_bytes(value) + b"\n\n"
