"""OpenAI's objects as far as they are read and written here; what is not known of a request is passed over, as clients expect."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from medrag.chat.assistant import Only
from medrag.llm.presets import Setting
from medrag.types import Answer, Patient, Turn

__all__ = ["ChatCompletion", "CompletionRequest", "EmbeddingRequest", "EmbeddingResponse", "usage_of"]

MAX_MESSAGES = 2_000
MAX_INPUTS = 2_048  # texts of one request for embeddings, as at OpenAI
MAX_CHARACTERS = 100_000
_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})
_NOT_FOLLOWED = frozenset({"system", "developer", "tool", "function"})

SAMPLING = "Obeyed where a language model writes; the extractive writer quotes labels and chooses no words."

Text = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class TextPart(_Lenient):
    """A piece of a message's content."""

    type: str = Field(description="Text alone is read: `text`; no images, no sound, no files.")
    text: Text = ""

    @field_validator("type")
    @classmethod
    def _text(cls, value: str) -> str:
        if value not in _TEXTS:
            raise ValueError("text alone is read here, no images, sound or files: leave that part out")
        return value


class Message(_Lenient):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | Annotated[tuple[TextPart, ...], Field(max_length=1_000)] | None = None

    def words(self) -> str:
        """The message's text."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content)


class StreamOptions(_Lenient):
    """What a stream holds besides."""

    include_usage: bool = False


class ResponseFormat(_Lenient):
    """The form of the answer."""

    type: str = "text"


class Extra(BaseModel):
    """What this server takes besides OpenAI's fields (`extra_body={"medrag": {...}}` of the openai client)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patient: Patient | None = Field(default=None, description="The person the question is about.")
    filters: Only | None = Field(default=None, description="What is read besides the assistant's own restriction.")
    k: int | None = Field(default=None, ge=1, le=100, description="How many pieces of evidence.")


class CompletionRequest(_Lenient):
    """A conversation whose last message is to be answered."""

    model: str = Field(description="The assistant that is asked (`/v1/models` lists them).", examples=["medrag"])
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = Field(default=False, description="Server-sent events instead of one object.")
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2, description=SAMPLING)
    top_p: float | None = Field(default=None, gt=0, le=1, description=SAMPLING)
    seed: int | None = Field(default=None, ge=0, lt=2**63, description=SAMPLING)
    max_tokens: int | None = Field(default=None, ge=1, description=f"{SAMPLING} No more than the assistant's own are written.")
    max_completion_tokens: int | None = Field(default=None, ge=1, description="The newer name of `max_tokens`.")
    n: int | None = Field(default=1, description="One answer is given; more are refused.")
    response_format: ResponseFormat | None = Field(default=None, description="Text; JSON is refused.")
    medrag: Extra = Extra()

    @field_validator("response_format")
    @classmethod
    def _text(cls, value: ResponseFormat | None) -> ResponseFormat | None:
        if value is not None and value.type != "text":
            raise ValueError("answers are text with citations and no JSON of another form: leave response_format out")
        return value

    @field_validator("n")
    @classmethod
    def _one(cls, value: int | None) -> int | None:
        if value not in (None, 1):
            raise ValueError("one answer is given to a question: leave n out, or set it to 1")
        return value

    @model_validator(mode="after")
    def _asks(self) -> Self:
        last = self.messages[-1]
        if last.role != "user" or not last.words().strip():
            raise ValueError("messages: the last one must be the user's and hold a question")
        return self

    def settings(self) -> dict[str, Setting]:
        """How the model is to write this answer, by the names that models here have for it."""
        most = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        asked = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed, "max_new": most}
        return {name: value for name, value in asked.items() if value is not None}

    def question(self) -> str:
        """What the last message asks."""
        return self.messages[-1].words()

    def turns(self) -> tuple[Turn, ...]:
        """What was said before it, without what is not the user's or the assistant's."""
        before = self.messages[:-1]
        return tuple(Turn(role=one.role, content=one.words()) for one in before if one.role not in _NOT_FOLLOWED)


class UrlCitation(BaseModel):
    """Where the marks of a citation stand in the message, and the document that they stand for."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    """A citation in OpenAI's form; `medrag` names its marker and the span of the document."""

    type: Literal["url_citation"]
    url_citation: UrlCitation
    medrag: dict[str, Any]


class CompletionMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"]
    content: str
    refusal: str | None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The only choice."""

    index: int
    message: CompletionMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens that a language model read and wrote for the answer, by its tokenizer or else estimated; 0 where none did."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    """An answer as a completion; `medrag` is the answer's record, as `/v1/ask` gives it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    medrag: dict[str, Any]


class EmbeddingRequest(_Lenient):
    """Texts whose vectors are wanted."""

    model: str = Field(description="The assistant whose knowledge base's embedder is used.", examples=["medrag"])
    input: Text | Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_INPUTS)] = Field(
        description="A text or several; texts, not tokens (LangChain: check_embedding_ctx_length=False)."
    )
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = Field(default=None, ge=1, description="Only the embedder's own number.")
    input_type: Literal["passage", "query"] = Field(default="passage", description="Some embedders encode questions otherwise.")

    @field_validator("input", mode="before")
    @classmethod
    def _no_tokens(cls, value: object) -> object:
        if isinstance(value, (list, tuple)) and any(isinstance(item, (int, list, tuple)) for item in value):
            raise ValueError("wanted texts, not tokens (LangChain: check_embedding_ctx_length=False)")
        return value

    def texts(self) -> tuple[str, ...]:
        """The texts."""
        return (self.input,) if isinstance(self.input, str) else self.input


class EmbeddingItem(BaseModel):
    """One vector: numbers, or their float32 bytes in base64."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens of the texts, estimated from above by the kinds of their characters: embedders here have no common tokenizer."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingResponse(BaseModel):
    """The vectors in the order of the texts."""

    object: Literal["list"]
    model: str
    data: list[EmbeddingItem]
    usage: EmbeddingUsage


def usage_of(answer: Answer) -> dict[str, int]:
    """The tokens of an answer."""
    read, out = answer.writing.prompt_tokens, answer.writing.completion_tokens
    return {"prompt_tokens": read, "completion_tokens": out, "total_tokens": read + out}
