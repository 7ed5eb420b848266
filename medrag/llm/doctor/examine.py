"""What is wrong with a model as it is configured: found out from its files, from its server, and from one short reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from medrag.errors import MedRAGError, ModelError
from medrag.llm.doctor.findings import Finding, Level
from medrag.llm.load import kind_of, load_model
from medrag.llm.messages import Message, Role
from medrag.llm.model import Model
from medrag.llm.presets import CHAT, Preset, preset_named
from medrag.llm.work import Finish, Limits

__all__ = ["examine"]

QUESTION = "你好。请用一句话介绍自己。"
SHOWN = 60  # characters of it that are shown
# A model on a processor is slow; 400 characters are enough to see whether it repeats itself.
PATIENCE = Limits(first_s=300.0, next_s=120.0, total_s=600.0, characters=400, attempts=1, at_once=1)


def examine(
    named: str,
    *,
    preset: str | None = None,
    api_key: str | None = None,
    dtype: str | None = None,
    trust_remote_code: bool = False,
    download: bool = False,
    limits: Limits = PATIENCE,
) -> Iterator[Finding]:
    """The findings on a model, in the order in which they are found; none is raised."""
    try:
        form = preset_named(preset or CHAT)
    except ModelError as error:
        yield Finding(Level.WRONG, "preset", str(error))
        return
    kind = kind_of(named)
    if kind == "http":
        yield from _server(named, form, api_key, limits)
    elif kind == "hf":
        yield from _local(named, form, dtype, trust_remote_code, download, limits)
    elif named == "extractive":
        yield Finding(Level.OK, "model", "the extractive writer quotes labels and needs no model")
    else:
        yield from _loaded(lambda: load_model(named, preset=form))[1]


def _server(named: str, preset: Preset, api_key: str | None, limits: Limits) -> Iterator[Finding]:
    from medrag.llm.http import HttpName, server_models

    try:
        name = HttpName.parse(named)
        models = server_models(name, api_key=api_key)
    except MedRAGError as error:
        yield Finding(Level.WRONG, "server", str(error))
        return
    listed = ", ".join(f"{model} ({context:,} tokens)" if context else model for model, context in models) or "none"
    yield Finding(Level.OK, "server", f"{name.url} answers and has the models {listed}")
    if not name.loopback:
        yield Finding(Level.NOTE, "server", f"{name.url} is another machine: questions and labels leave this one")
    if not name.model:
        yield Finding(Level.WRONG, "model", f"none is named: http:{name.url}#MODEL")
        return
    if name.model not in dict(models):
        yield Finding(Level.NOTE, "model", f"{name.model} is none of these; some servers take it all the same")
    elif dict(models)[name.model] is None and preset.context is None and preset.input_limit is None:
        yield Finding(Level.NOTE, "room", "the server does not say how much the model reads: 4,096 tokens are taken for it")
    if preset.form is not None:
        text = (
            "its prompts are sent as text, so the server's tokenizer cuts them: name it where the model's own template is wrong"
        )
        yield Finding(Level.NOTE, "preset", f"{preset.name}: {text}")
    _, findings = _loaded(lambda: load_model(named, preset=preset, api_key=api_key, limits=limits))
    yield from findings


def _local(named: str, preset: Preset, dtype: str | None, trusted: bool, download: bool, limits: Limits) -> Iterator[Finding]:
    from medrag.llm.doctor.files import examined_files

    stop = False
    for finding in examined_files(named, preset, dtype=dtype, trust_remote_code=trusted, download=download):
        stop = stop or (finding.level is Level.WRONG and finding.what != "preset")
        yield finding
    if stop:
        yield Finding(Level.NOTE, "reply", "not tried, as it would fail")
        return
    model, findings = _loaded(
        lambda: load_model(named, preset=preset, dtype=dtype, trust_remote_code=trusted, download=download, limits=limits)
    )
    if model is not None:
        from medrag.llm.doctor.fit import examined_fit

        yield from examined_fit(model)
    yield from findings


def _loaded(load: Callable[[], Model]) -> tuple[Model | None, Iterator[Finding]]:
    """The model, if it can be loaded, and the findings on that and on a reply of it."""
    try:
        model = load()
    except MedRAGError as error:
        return None, iter([Finding(Level.WRONG, "loading", str(error))])
    return model, _tried(model)


def _tried(model: Model) -> Iterator[Finding]:
    """What a short reply shows."""
    yield Finding(Level.OK, "model", f"{model.name} with the preset {model.preset}: reads {model.input_limit:,} tokens")
    reply = model.complete([Message(Role.USER, QUESTION)])
    shown = " ".join(reply.text.split())
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]} …"
    if reply.finish in {Finish.STOP, Finish.LENGTH, Finish.TOO_LONG}:
        yield Finding(Level.OK, "reply", f"“{shown}”")
    elif reply.finish is Finish.REPEATED:
        yield Finding(
            Level.WRONG,
            "reply",
            f"it repeats itself, as models do that are spoken to in another's form: “{shown}”: is {model.preset} its preset?",
        )
    elif reply.finish is Finish.EMPTY:
        yield Finding(Level.WRONG, "reply", f"{reply.error}: is {model.preset} its preset?")
    else:
        yield Finding(Level.WRONG, "reply", reply.error or str(reply.finish))
