"""A model behind any OpenAI-compatible server: vLLM, llama.cpp, Ollama, LMDeploy, SGLang, `transformers serve`."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from medrag.errors import MedRAGError, MissingExtraError, ModelError
from medrag.llm.count import estimated, messages_counter
from medrag.llm.form import disarmed, fitted, prompt_text
from medrag.llm.messages import Message
from medrag.llm.model import Model
from medrag.llm.presets import Preset, Setting
from medrag.llm.work import Limits, Piece

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse, CompletionResponse
    from llama_index.core.llms import LLM

__all__ = ["HttpName", "HttpSpeaker", "ServerError", "load_http", "server_models"]

DEFAULT_CONTEXT = 4096  # tokens, where the server does not say: what Ollama gives a model unless told otherwise
DEFAULT_MAX_NEW = 1024
DETAIL = 200  # characters of what a server says of an error
BESIDE = (
    "top_k",
    "repetition_penalty",
)  # settings that vLLM, SGLang and LMDeploy take beside the protocol's; others refuse them
STOPS = 4  # strings that end a reply: more are refused by the protocol


class ServerError(ModelError, ConnectionError):
    """A server that does not answer just now; asking it again may help."""


@dataclass(frozen=True, slots=True)
class HttpName:
    """`http:URL#MODEL`, taken apart; the scheme of the URL may stand for the `http:` before it."""

    url: str
    model: str

    @classmethod
    def parse(cls, named: str) -> HttpName:
        """The address, ending in the API's root (`/v1` where no path is given), and the model, which may be empty."""
        whole = named if named.startswith(("http://", "https://")) else named.removeprefix("http:")
        url, _, model = whole.partition("#")
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError as error:
            raise ModelError(f"{url!r} is no address of a server: {error}") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise ModelError(
                f"{url!r} is no address of a server: it begins with http:// or https://, as http:http://127.0.0.1:8000#MODEL"
            )
        if parts.username is not None or parts.password is not None or parts.query:
            raise ModelError("the address of a server holds no password and no query: give a key apart from it (api_key)")
        return cls(url if parts.path.strip("/") else f"{url.rstrip('/')}/v1", model)

    @property
    def loopback(self) -> bool:
        """Whether the server is this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def load_http(
    named: str,
    preset: Preset,
    *,
    counter: Callable[[str], int] | None = None,
    limits: Limits | None = None,
    input_limit: int | None = None,
    api_key: str | None = None,
) -> Model:
    """The model of a server. The server need not be up yet; one that is says how much the model reads."""
    name = HttpName.parse(named)
    if not name.model:
        raise ModelError(f"{named} names no model: http:{name.url}#MODEL (`medrag doctor --llm http:{name.url}` lists them)")
    if find_spec("llama_index.llms") is None or find_spec("llama_index.llms.openai_like") is None:
        raise MissingExtraError("llama-index-llms-openai-like", "http")
    limits = limits or Limits()
    max_new = int(preset.generation.get("max_new", DEFAULT_MAX_NEW))
    generation = {**preset.generation, "max_new": max_new}
    room = input_limit or preset.input_limit
    if room is None:
        context = preset.context or _context(name, api_key) or DEFAULT_CONTEXT
        max_new = generation["max_new"] = min(max_new, context // 2)
        room = context - max_new
    return Model(
        HttpSpeaker(name, replace(preset, generation=generation), limits=limits, api_key=api_key),
        name=f"http:{name.url}#{name.model}",
        preset=preset,
        input_limit=room,
        count=_counter(preset, counter or estimated),
        count_text=counter or estimated,
        generation=_sent(generation),
        limits=limits,
    )


def _counter(preset: Preset, count: Callable[[str], int]) -> Callable[[Sequence[Message]], int]:
    """Counts what is sent: messages, or the text of a preset with a form of its own."""
    form = preset.form
    if form is None:
        return messages_counter(count)
    return lambda messages: count(
        prompt_text(form, fitted(messages, system_role=preset.system_role, multi_turn=preset.multi_turn))
    )


class HttpSpeaker:
    """Speaks to a server by OpenAI's protocol: with messages, or, for a preset with a form of its own, with the prompt's text.

    As text the server's tokenizer cuts the prompt, so it is the preset's to the letter and not to the token. The server is
    asked once a call; asking again is the worker's (`medrag.llm.work`).
    """

    def __init__(self, name: HttpName, preset: Preset, *, limits: Limits, api_key: str | None = None) -> None:
        from medrag.llm.wire import Wire

        self._name = name
        self._preset = preset
        self._wire = Wire(read_s=max(limits.first_s, limits.next_s), keyed=bool(api_key))
        self._api_key = api_key or "none"
        self._forgone = frozenset[str]()  # settings that the server refused
        self.llm = self._made(_sent(preset.generation))

    @property
    def generation(self) -> dict[str, Setting]:
        """The settings that the server is sent."""
        return _sent(self._preset.generation)

    def with_settings(self, settings: Mapping[str, Setting]) -> HttpSpeaker:
        """The same speaker, over the same connections, with these settings over its own."""
        tuned = copy(self)
        tuned._preset = replace(self._preset, generation={**self._preset.generation, **settings})
        tuned.llm = tuned._made(tuned.generation)
        return tuned

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """What the model says, piece by piece. Raises `ModelError`, as a `ServerError` where asking again may help."""
        from medrag.llm.foreign import pieces

        fit = disarmed(fitted(messages, system_role=self._preset.system_role, multi_turn=self._preset.multi_turn))
        with self._wire.watched(stop), _told(self._name):
            try:
                yield from pieces(self._asked(fit), stop)
            except Exception as error:  # openai's kinds; what is no refusal of a setting goes on
                if not self._forgo(error):
                    raise
                yield from pieces(self._asked(fit), stop)

    def _asked(self, messages: Sequence[Message]) -> Iterator[ChatResponse] | Iterator[CompletionResponse]:
        from medrag.llm.foreign import as_chat

        if self._preset.form is None:
            return self.llm.stream_chat(as_chat(messages))
        return self.llm.stream_complete(prompt_text(self._preset.form, messages), formatted=True)

    def _forgo(self, error: Exception) -> bool:
        """Whether the server refused a setting that not every server knows; from now on it is sent none of those."""
        if _status(error) not in {400, 422} or not any(name in str(error) for name in BESIDE):
            return False
        self._forgone = frozenset(BESIDE)
        self.llm = self._made(self.generation)
        return True

    def _made(self, sent: Mapping[str, Setting]) -> LLM:
        from llama_index.llms.openai_like import OpenAILike

        extra: dict[str, Any] = {name: sent[name] for name in ("top_p", "seed") if name in sent}
        beside = {name: sent[name] for name in BESIDE if name in sent and name not in self._forgone}
        if beside:
            extra["extra_body"] = beside
        if self._preset.form is not None and self._preset.stop:
            extra["stop"] = list(self._preset.stop[:STOPS])
        made: LLM = OpenAILike(
            model=self._name.model,
            api_base=self._name.url,
            api_key=self._api_key,
            is_chat_model=self._preset.form is None,
            max_tokens=int(sent["max_new"]),
            temperature=float(sent.get("temperature", 0.0)),
            max_retries=0,
            timeout=self._wire.read_s,
            http_client=self._wire.client,
            additional_kwargs=extra,
        )
        return made


def server_models(name: HttpName, *, api_key: str | None = None, read_s: float = 10.0) -> list[tuple[str, int | None]]:
    """The models that a server has, each with the tokens it reads and writes, where the server says. Raises `ModelError`."""
    from medrag.llm.wire import Wire

    wire = Wire(read_s=read_s, keyed=bool(api_key))
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    with _told(name), wire.client as client, wire.watched(threading.Event()):
        response = client.get(f"{name.url.rstrip('/')}/models", headers=headers)
        response.raise_for_status()
        try:
            rows = response.json()["data"]
            return [(str(row["id"]), _whole(row.get("max_model_len") or row.get("context_length"))) for row in rows]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{name.url}/models does not list models as OpenAI's protocol has them") from error


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _context(name: HttpName, api_key: str | None) -> int | None:
    """What the server says its model reads and writes; None where it does not say or is not up."""
    try:
        found = dict(server_models(name, api_key=api_key, read_s=3.0))
    except MedRAGError:
        return None
    return found.get(name.model)


def _sent(generation: Mapping[str, Setting]) -> dict[str, Setting]:
    """The settings that a server is sent: no beams, which it cannot stream; without sampling only the likeliest word."""
    sent = {name: value for name, value in generation.items() if name not in {"num_beams", "min_new", "do_sample"}}
    if not generation.get("do_sample"):
        sent = {name: value for name, value in sent.items() if name not in {"top_p", "top_k"}} | {"temperature": 0.0}
    return sent


@contextmanager
def _told(name: HttpName) -> Iterator[None]:
    """What goes wrong on the way to the server, said in one line."""
    from medrag.llm.wire import WireError

    try:
        yield
    except WireError as error:
        raise _said(name, error) from error
    except MedRAGError:
        raise
    except Exception as error:  # httpx's, httpcore's and openai's kinds have no common root
        raise _said(name, error) from error


def _said(name: HttpName, error: Exception) -> ModelError:
    where = f"the server at {name.url}"
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    ours = next((cause for cause in causes if isinstance(cause, ModelError)), None)
    if ours is not None:
        return ModelError(f"{where} {ours}")
    status = next((_status(cause) for cause in causes if _status(cause)), 0)
    if status:
        return _refused(name, where, status, _detail(error))
    kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if kinds & {"ConnectError", "ConnectTimeout"}:
        return ServerError(f"{where} cannot be reached: {_detail(causes[-1])}")
    if "TimeoutException" in kinds or "TimeoutError" in kinds:
        return ModelError(f"{where} took a question and did not answer in time")
    return ServerError(f"{where} broke off: {_detail(causes[-1])}")


def _status(error: BaseException) -> int:
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else 0


def _refused(name: HttpName, where: str, status: int, detail: str) -> ModelError:
    from medrag.llm.work import LATER

    if status in {401, 403}:
        return ModelError(f"{where} wants another API key or none ({status}: {detail})")
    if status == 404:
        return ModelError(
            f"{where} has no model {name.model!r} or no such address (404: {detail}); `medrag doctor --llm http:{name.url}` says what it has"
        )
    kind = ServerError if status in LATER else ModelError
    return kind(
        f"{where} refused the question ({status}: {detail})" if status < 500 else f"{where} failed ({status}: {detail})"
    )


def _detail(error: BaseException) -> str:
    """What is said of an error, in one line; of a web page only that it is one."""
    body: object = getattr(error, "body", None)
    while isinstance(body, dict):  # {"error": {"message": …}}, {"message": …} or {"detail": …}
        body = body.get("error") or body.get("message") or body.get("detail")
    said = " ".join(str(body or error).split())
    if "<html" in said.lower() or "<!doctype" in said.lower():
        return "with a web page"
    return said[:DETAIL] or type(error).__name__
