"""A model of transformers in this process, spoken to token by token as it was trained."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import LLMMetadata
from pydantic import PrivateAttr

from medrag.errors import ModelError
from medrag.llm.form import disarmed, fitted, named_id, prompt_ids
from medrag.llm.generate import Generation
from medrag.llm.messages import Message
from medrag.llm.presets import Preset, Setting
from medrag.llm.speaking import SpeakingLLM
from medrag.llm.spell import Speller
from medrag.llm.work import Finish, Piece

if TYPE_CHECKING:
    from transformers import GenerationConfig

__all__ = ["TransformersLLM"]

DEFAULT_MAX_NEW = 512
DEFAULT_CONTEXT = 4096
# What a tokenizer says that does not know how much its model reads.
NO_LIMIT = 1_000_000
# transformers' settings that count only where it samples; naming them otherwise is a warning of its.
ONLY_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
RENAMED = {"max_new": "max_new_tokens", "min_new": "min_new_tokens"}
OURS = frozenset({"seed"})


class TransformersLLM(SpeakingLLM):
    """A loaded model and its tokenizer behind a preset: builds the token ids itself, so what is counted is what is read.

    A beam search cannot be streamed: its words come at once when it is done, with a sign of life at each step.
    """

    _model: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()
    _preset: Preset = PrivateAttr()
    _name: str = PrivateAttr()
    _system_role: bool = PrivateAttr()
    _template_ends: tuple[int, ...] = PrivateAttr()

    def __init__(self, model: Any, tokenizer: Any, preset: Preset, *, name: str) -> None:
        super().__init__()
        self._model = model
        self._tokenizer = tokenizer
        self._preset = preset
        self._name = name
        self._system_role = preset.system_role and (preset.form is not None or self._template_reads_system())
        self._template_ends = _ends(model.generation_config.eos_token_id)
        # Only the preset's settings count: a model's own defaults (Qwen's repetition_penalty 1.05) must not mix with them.
        model.generation_config = _neutral(model.generation_config)

    @classmethod
    def class_name(cls) -> str:
        """Its name among LlamaIndex's classes."""
        return "TransformersLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """Its size and name."""
        return LLMMetadata(context_window=self.context, num_output=self.max_new, is_chat_model=True, model_name=self._name)

    @property
    def model(self) -> Any:
        """transformers' model."""
        return self._model

    @property
    def tokenizer(self) -> Any:
        """transformers' tokenizer."""
        return self._tokenizer

    @property
    def system_role(self) -> bool:
        """Whether it reads a system message: the preset says so, and the tokenizer's template does not refuse."""
        return self._system_role

    @property
    def context(self) -> int:
        """The tokens it reads and writes in all."""
        config = self._model.config
        told = [
            getattr(config, "max_position_embeddings", None),
            self._preset.context,
            self._tokenizer.model_max_length if self._preset.context is None else None,
        ]
        known = [limit for limit in told if isinstance(limit, int) and 0 < limit < NO_LIMIT]
        return min(known, default=DEFAULT_CONTEXT)

    @property
    def max_new(self) -> int:
        """The tokens of the longest reply: the preset's, and no more than half of what it reads."""
        return min(int(self._preset.generation.get("max_new", DEFAULT_MAX_NEW)), self.context // 2)

    @property
    def input_limit(self) -> int:
        """The tokens that a prompt may have."""
        room = self.context - self.max_new
        return min(self._preset.input_limit or room, room)

    @property
    def generation(self) -> dict[str, Setting]:
        """The settings that count."""
        settings = {**self._preset.generation, "max_new": self.max_new}
        if not settings.get("do_sample"):
            settings = {name: value for name, value in settings.items() if name not in ONLY_SAMPLING}
        return settings

    def ids(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of the prompt, as the model reads them."""
        fit = fitted(messages, system_role=self._system_role, multi_turn=self._preset.multi_turn)
        fit = disarmed(fit, self._marks())
        if self._preset.form is not None:
            return prompt_ids(self._preset.form, fit, self._tokenizer)
        return self._templated(fit)

    def count(self, messages: Sequence[Message]) -> int:
        """The tokens of the prompt."""
        return len(self.ids(messages))

    def count_text(self, text: str) -> int:
        """The tokens of a text without any that the model's form adds."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def with_settings(self, settings: Mapping[str, Setting]) -> TransformersLLM:
        """The same model, loaded once, with these settings over the preset's."""
        tuned = self.model_copy()
        tuned._preset = replace(self._preset, generation={**self._preset.generation, **settings})
        return tuned

    def speak(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[Piece]:
        """What the model says, piece by piece."""
        prompt = self.ids(messages)
        room = self.context - len(prompt)
        if room < 1:
            raise ModelError(f"the prompt has {len(prompt):,} tokens, and {self._name} reads {self.context:,}")
        ends, most, count, ended = frozenset(self.ends()), min(self.max_new, room), 0, False
        begun, speller = self._begun(prompt), Speller(self._decode)
        with Generation(self._model, prompt, self._config(most), stop, seed=self._seed()) as generation:
            for ids in generation:
                count += len(ids)
                kept = list(takewhile(lambda one: one not in ends, ids))
                ended = ended or len(kept) < len(ids)
                yield Piece(begun + speller.feed(kept))
                begun = ""
        yield Piece(begun + speller.close(), Finish.LENGTH if count >= most and not ended else Finish.STOP)

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _seed(self) -> int | None:
        seed = self._preset.generation.get("seed")
        return None if seed is None else int(seed)

    def _templated(self, messages: Sequence[Message]) -> list[int]:
        if not self._tokenizer.chat_template:
            raise ModelError(f"{self._name} has no chat template: name the preset that it was trained with")
        written = [{"role": message.role.value, "content": message.content} for message in messages]
        try:
            text = self._tokenizer.apply_chat_template(
                written, tokenize=False, add_generation_prompt=True, **self._preset.template
            )
        except Exception as error:  # Jinja's own kinds, and whatever a template raises
            raise ModelError(f"{self._name} has no chat template that works, so name its preset: {error}") from error
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _template_reads_system(self) -> bool:
        """Whether the tokenizer's template takes a system message and shows it (Gemma's refuses, some leave it out)."""
        mark = "medragsystem"
        try:
            text = self._tokenizer.apply_chat_template(
                [{"role": "system", "content": mark}, {"role": "user", "content": "?"}],
                tokenize=False,
                add_generation_prompt=True,
                **self._preset.template,
            )
        except Exception:  # whatever a template raises: it does not read one, or there is none, which `ids` says
            return False
        return mark in text

    def _marks(self) -> list[str]:
        return [*self._tokenizer.all_special_tokens, *self._tokenizer.get_added_vocab()]

    def _begun(self, prompt: Sequence[int]) -> str:
        """What the prompt has already said of the reply, which the cleaner must see to take it away: the first tokens of a
        primer, whose rest the model says ("Hel", "per: "), or the mark of a thought that a template begins.
        """
        primer = self._preset.form.primer[-1:] if self._preset.form is not None else ()
        if primer and primer[0].first:
            return self._decode(list(prompt[-primer[0].first :]))
        end = self._tokenizer.decode(list(prompt[-8:]), skip_special_tokens=False).rstrip()
        return next((begin for begin, _ in self._preset.thoughts if end.endswith(begin)), "")

    def ends(self) -> list[int]:
        """The ids after which the model has said all."""
        form = self._preset.form
        if form is None:
            return sorted({*self._template_ends, *_ends(self._tokenizer.eos_token_id)})
        return [named_id("eos", form, self._tokenizer), *form.stop_ids]

    def _config(self, max_new: int) -> GenerationConfig:
        settings = {RENAMED.get(name, name): value for name, value in self.generation.items() if name not in OURS}
        ends = self.ends()
        settings["max_new_tokens"] = max_new
        if "min_new_tokens" in settings:
            settings["min_new_tokens"] = min(int(settings["min_new_tokens"]), max_new)
        pad = self._tokenizer.pad_token_id
        return _settings(**settings, eos_token_id=ends, pad_token_id=ends[0] if pad is None else pad)


def _settings(**settings: Any) -> GenerationConfig:
    from transformers import GenerationConfig

    made: GenerationConfig = GenerationConfig(**settings)  # type: ignore[no-untyped-call]  # theirs has no types
    return made


def _neutral(config: Any) -> GenerationConfig:
    """A model's generation settings without any that choose words."""
    return _settings(bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id)


def _ends(ids: int | list[int] | None) -> tuple[int, ...]:
    return () if ids is None else (ids,) if isinstance(ids, int) else tuple(ids)
