"""Whether a loaded model, its tokenizer and its preset belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medrag.llm.doctor.findings import Finding, Level
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.presets import Bos, Form

__all__ = ["examined_fit"]


def examined_fit(model: Model) -> Iterator[Finding]:
    """The findings on a model of transformers and its preset."""
    from medrag.llm.hf import TransformersLLM

    if not isinstance(model.speaker, TransformersLLM):
        return
    llm = model.speaker
    yield from _sizes(llm.model, llm.tokenizer)
    if model.form.form is not None:
        yield from _tokens(model.form.form, llm.tokenizer)
        if llm.tokenizer.chat_template:
            text = f"the tokenizer has a chat template of its own, and {model.preset} is used instead"
            yield Finding(Level.NOTE, "template", text)
    elif not model.system_role and model.form.system_role:
        yield Finding(Level.OK, "template", "it takes no system message, so the rules stand in the user's")
    count = llm.count([Message(Role.USER, "?")])
    yield Finding(Level.OK, "preset", f"{model.preset}: a question of one character is {count} tokens")


def _sizes(model: Any, tokenizer: Any) -> Iterator[Finding]:
    """The tokens against the rows of the model's embedding: a token without a row is an error in the middle of a reply."""
    rows, tokens = int(model.get_input_embeddings().weight.shape[0]), len(tokenizer)
    if tokens > rows:
        text = f"the tokenizer has {tokens:,} tokens and the model {rows:,} rows: it is another model's"
        yield Finding(Level.WRONG, "tokenizer", text)
    elif rows > 2 * tokens:
        text = f"the tokenizer has {tokens:,} tokens and the model {rows:,} rows: is it another model's?"
        yield Finding(Level.NOTE, "tokenizer", text)


def _tokens(form: Form, tokenizer: Any) -> Iterator[Finding]:
    """The tokens that a preset names, against what the tokenizer calls them."""
    for name in ("bos", "eos"):
        theirs = getattr(tokenizer, f"{name}_token_id")
        ours = form.ids.get(name, theirs)
        if theirs is not None and ours != theirs and (name == "eos" or form.bos is not Bos.NONE):
            text = f"{name} is {ours} in the preset and {theirs} ({tokenizer.convert_ids_to_tokens(theirs)}) in the tokenizer"
            yield Finding(Level.NOTE, "preset", text)
    named = {(part.token, part.as_text) for part in (*form.head, *form.user, *form.assistant, *form.primer, *form.single)}
    for token, text_of in sorted((token, text) for token, text in named if isinstance(token, int) and text):
        called = tokenizer.convert_ids_to_tokens(token) if token < len(tokenizer) else "nothing"
        if called != text_of:
            text = f"token {token} is {called!r} here and {text_of} in the model of this preset"
            yield Finding(Level.WRONG, "preset", text)
