"""A model from one string or object: by transformers in this process, from a server, or any LLM of LlamaIndex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from medrag.errors import ModelError
from medrag.llm.count import estimated, messages_counter
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model, Speaker
from medrag.llm.presets import CHAT, Preset, Setting, preset_named
from medrag.llm.work import Limits

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

__all__ = ["POSSIBLE", "kind_of", "load_model"]

POSSIBLE = (
    "hf:FOLDER_OR_NAME (with +lora=FOLDER, +4bit or +8bit behind it), http:URL#MODEL or just the URL#MODEL "
    "(any OpenAI-compatible server), "
    "or an LLM of LlamaIndex as an object"
)


def load_model(
    named: str | LLM | Model,
    *,
    preset: str | Preset | None = None,
    counter: Callable[[str], int] | None = None,
    limits: Limits | None = None,
    generation: Mapping[str, Setting] | None = None,
    input_limit: int | None = None,
    api_key: str | None = None,
    dtype: str | None = None,
    trust_remote_code: bool = False,
    download: bool = False,
) -> Model:
    """The model that a string names, or that an LLM is. A finished `Model` comes back as it is, and takes no settings.

    `preset` is how the model is spoken to: a shipped one's name, a YAML file, or a record; None is `chat`. `counter` counts a
    text's tokens, for models whose own tokenizer is not at hand; None estimates from above. `generation` are settings over the
    preset's (`max_new`, `temperature`, `num_beams` …), `input_limit` the tokens a prompt may have where the model or server
    does not say. `api_key` goes to the server named and nowhere else. For `hf:` alone are `dtype`, `trust_remote_code` for models
    that bring code of their own, and `download`, without which a model must be in a folder or in the Hugging Face cache.
    Nothing is taken from the environment but where that cache is, and nothing leaves this machine but to a server that is
    named. Raises `ModelError`, also for settings that the model would not heed.
    """
    if isinstance(named, Model):
        _refuse(
            f"{named.name} is a finished model, which has its settings",
            preset=preset, counter=counter, limits=limits, generation=generation, input_limit=input_limit, api_key=api_key,
            dtype=dtype, trust_remote_code=trust_remote_code, download=download,
        )  # fmt: skip
        return named
    form = preset if isinstance(preset, Preset) else preset_named(preset or CHAT)
    form = replace(form, generation={**form.generation, **(generation or {})})
    ours = {"dtype": dtype, "trust_remote_code": trust_remote_code, "download": download}
    if not isinstance(named, str):
        _refuse(f"a {type(named).__name__} is loaded already", **ours)
        return _foreign(named, form, counter, limits, input_limit)
    kind = kind_of(named)
    if kind == "hf":
        return _transformers(named, form, limits, input_limit, **ours)
    if kind != "http":
        raise ModelError(_unknown(named))
    _refuse(f"{named} runs elsewhere", **ours)
    from medrag.llm.http import load_http

    return load_http(named, form, counter=counter, limits=limits, input_limit=input_limit, api_key=api_key)


def kind_of(named: str) -> str:
    """Whether a name is of a model in this process (`hf`) or behind a server (`http`); "" for all others."""
    kind, _, rest = named.partition(":")
    return {"hf": "hf", "http": "http", "https": "http"}.get(kind, "") if rest else ""


def _refuse(what: str, **settings: object) -> None:
    """Raises where a setting is given that would be silently left aside."""
    given = [name for name, value in settings.items() if value is not None and value is not False]
    if given:
        raise ModelError(f"{what}: leave out {', '.join(given)}")


def _transformers(named: str, preset: Preset, limits: Limits | None, input_limit: int | None, **options: Any) -> Model:
    from medrag.llm.hf_load import load_transformers

    llm = load_transformers(named, preset, **options)
    llm.count([Message(Role.USER, "?")])  # a preset or template that does not fit is told now and not with the first question
    return Model(
        llm,
        name=named,
        preset=replace(preset, system_role=llm.system_role),
        input_limit=min(input_limit or llm.input_limit, llm.input_limit),
        count=llm.count,
        count_text=llm.count_text,
        generation=llm.generation,
        limits=replace(limits or Limits(), at_once=(limits and limits.at_once) or 1),
    )


def _unknown(named: str) -> str:
    if named == "extractive":
        return "'extractive' is the writer that quotes labels, not a language model: leave the model out to use it"
    if named == "scripted":
        return "'scripted' is a class for tests: pass a medrag.llm.scripted.ScriptedLLM with the replies that it gives"
    return f"no model is called {named!r}: there are {POSSIBLE}; without one the extractive writer quotes the labels"


def _foreign(
    llm: Any, preset: Preset, counter: Callable[[str], int] | None, limits: Limits | None, input_limit: int | None
) -> Model:
    from llama_index.core.llms import LLM

    from medrag.llm.foreign import ForeignSpeaker

    if not isinstance(llm, LLM):
        raise ModelError(f"a {type(llm).__name__} is no model: there are {POSSIBLE}")
    data = llm.metadata
    limits = limits or Limits()
    if getattr(llm, "max_retries", 0):  # it asks again by itself: once is enough
        limits = replace(limits, attempts=1)
    speaker: Speaker = (
        llm if isinstance(llm, Speaker) else ForeignSpeaker(llm, system_role=preset.system_role, multi_turn=preset.multi_turn)
    )
    said = data.num_output if 0 < data.num_output < data.context_window else data.context_window // 2
    return Model(
        speaker,
        name=data.model_name if data.model_name != "unknown" else llm.class_name(),
        preset=preset,
        input_limit=input_limit or preset.input_limit or max(data.context_window - said, 1),
        count=messages_counter(counter or estimated),
        count_text=counter or estimated,
        generation={"max_new": data.num_output} if data.num_output > 0 else {},
        limits=limits,
    )
