"""What a model's and an adapter's files show before anything is loaded: wrong base, wrong preset, too little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from medrag.errors import MedRAGError, ModelError
from medrag.llm.doctor.checkpoint import Adapter, Checkpoint
from medrag.llm.doctor.findings import Finding, Level
from medrag.llm.doctor.machine import free_memory, gigabytes
from medrag.llm.hf_load import installed, read_json
from medrag.llm.hf_name import HfName, cached, located
from medrag.llm.presets import Preset, preset_named, preset_names

__all__ = ["examined_files", "needed_bytes"]

# Bytes of a number as it is loaded; 4 bits come with their scales.
BYTES = {4: 0.56, 8: 1.06, 16: 2.0, 32: 4.0}
ROOM = 1.15  # what torch takes beside weights and keys
FAULTS_SHOWN = 3
DEFAULT_CONTEXT = 4096


def examined_files(
    named: str, preset: Preset, *, dtype: str | None, trust_remote_code: bool, download: bool = False
) -> Iterator[Finding]:
    """The findings on the files of `hf:…`; ends early where the next step would make no sense."""
    missing = [package for package in ("torch", "transformers") if not installed(package)]
    if missing:
        yield Finding(Level.WRONG, "packages", f'{" and ".join(missing)} not installed: run `pip install "medrag[models]"`')
        return
    try:
        name = HfName.parse(named)
        found = located(name, download=download)
        name = replace(name, lora=found.lora)
        folder = found.folder or cached(found.base)
        if folder is None:
            yield Finding(
                Level.NOTE, "model", f"{name.base} is not on this machine: the Hugging Face Hub is asked for it, unseen"
            )
            return
        checkpoint = Checkpoint.read(folder)
    except ModelError as error:
        yield Finding(Level.WRONG, "model", str(error))
        return
    size = f"{checkpoint.parameters / 1e9:.1f} billion" if checkpoint.parameters >= 1e8 else f"{checkpoint.parameters:,}"
    yield Finding(
        Level.OK, "files", f"{name.base}: {checkpoint.kind}, {size} parameters, {checkpoint.dtype or 'mixed numbers'}"
    )
    yield from _shards(checkpoint)
    yield from _architecture(checkpoint, preset)
    yield from _template(checkpoint, preset)
    yield from _remote_code(checkpoint, preset, trust_remote_code)
    yield from _quantisation(name)
    if name.lora:
        yield from _adapter(name, checkpoint)
    elif preset.lora:
        yield Finding(
            Level.NOTE, "adapter", f"{preset.name} is {preset.about}, and none is given: +lora=FOLDER, unless it is merged in"
        )
    yield from _dtype(checkpoint, preset, dtype)
    yield _memory(checkpoint, preset, name.bits, dtype)


def _shards(checkpoint: Checkpoint) -> Iterator[Finding]:
    missing = checkpoint.missing_shards
    if missing:
        shown = ", ".join(missing[:FAULTS_SHOWN])
        yield Finding(Level.WRONG, "files", f"{len(missing)} of the files are missing, as after a broken download: {shown}")


def _architecture(checkpoint: Checkpoint, preset: Preset) -> Iterator[Finding]:
    if preset.architectures and checkpoint.kind not in preset.architectures:
        made_for = " or ".join(preset.architectures)
        yield Finding(Level.WRONG, "preset", f"{preset.name} is for {made_for} ({preset.base}), and this is {checkpoint.kind}")


def _template(checkpoint: Checkpoint, preset: Preset) -> Iterator[Finding]:
    """A model that is spoken to by its own template must have one."""
    has = (checkpoint.folder / "chat_template.jinja").is_file() or (checkpoint.folder / "chat_template.json").is_file()
    if preset.form is not None or has or read_json(checkpoint.folder / "tokenizer_config.json").get("chat_template"):
        return
    made_for = [name for name in preset_names() if checkpoint.kind in preset_named(name).architectures]
    known = f": presets for {checkpoint.kind} are {', '.join(made_for)}" if made_for else ""
    yield Finding(Level.WRONG, "template", f"it has no chat template, so name the preset that it was trained with{known}")


def _remote_code(checkpoint: Checkpoint, preset: Preset, trusted: bool) -> Iterator[Finding]:
    if "auto_map" not in checkpoint.config:
        return
    from transformers import CONFIG_MAPPING, __version__

    if checkpoint.kind in CONFIG_MAPPING:
        return
    needs = preset.remote_code or "the release of transformers of its time"
    text = f"it brings program code of its own, written for {needs} (here is {__version__})"
    if trusted:
        yield Finding(Level.NOTE, "code", f"{text}, which is allowed to run")
    else:
        how = "serve it from an environment that has that, and name it as http:URL#MODEL"
        yield Finding(Level.WRONG, "code", f"{text}: {how}, or allow it with --trust-remote-code")


def _quantisation(name: HfName) -> Iterator[Finding]:
    if name.bits == 16:
        return
    if not installed("bitsandbytes"):
        yield Finding(Level.WRONG, "packages", f"+{name.bits}bit needs bitsandbytes: run `pip install bitsandbytes`")


def _adapter(name: HfName, base: Checkpoint) -> Iterator[Finding]:
    if not installed("peft"):
        yield Finding(Level.WRONG, "packages", 'an adapter needs peft: run `pip install "medrag[models]"`')
    if not Path(name.lora).is_dir():
        yield Finding(Level.NOTE, "adapter", f"{name.lora} is no folder here: the Hugging Face Hub is asked for it, unseen")
        return
    try:
        adapter = Adapter.read(Path(name.lora))
    except MedRAGError as error:
        yield Finding(Level.WRONG, "adapter", str(error))
        return
    faults = adapter.faults(base)
    if faults:
        more = f" and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
        was = f"it was trained on {adapter.base}; " if adapter.base else ""
        yield Finding(Level.WRONG, "adapter", f"it does not fit the base: {was}{'; '.join(faults[:FAULTS_SHOWN])}{more}")
    elif adapter.base and not _same_model(adapter.base, name.base):
        yield Finding(
            Level.NOTE, "adapter", f"it was trained on {adapter.base}, and the base is {name.base}: are they the same weights?"
        )
    else:
        yield Finding(
            Level.OK,
            "adapter",
            f"{adapter.kind or 'an adapter'} over {len(adapter.layers) or 'its'} layers, trained on this base",
        )
    if not adapter.layers:
        yield Finding(Level.NOTE, "adapter", "its layers are not compared with the base: they are not in safetensors")


def _same_model(one: str, other: str) -> bool:
    """Whether two names mean one model: the same folder, or the same last part of a name."""
    if Path(one).exists() and Path(other).exists():
        return Path(one).resolve() == Path(other).resolve()
    return Path(one).name.casefold() == Path(other).name.casefold()


def _dtype(checkpoint: Checkpoint, preset: Preset, asked: str | None) -> Iterator[Finding]:
    import torch

    wanted = asked or preset.dtype or checkpoint.dtype
    if wanted == "float16" and not torch.cuda.is_available() and asked is None:
        yield Finding(Level.NOTE, "numbers", "float16 is computed as bfloat16 on a processor, so replies may differ in places")
    if checkpoint.dtype == "float32" and wanted in {"float16", "bfloat16"}:
        yield Finding(Level.OK, "numbers", f"the weights are float32 and are loaded as {wanted}")


def needed_bytes(checkpoint: Checkpoint, preset: Preset, bits: int, dtype: str | None) -> float:
    """The memory that weights and the keys of one full prompt take."""
    wide = (dtype or preset.dtype or checkpoint.dtype) == "float32" and bits == 16
    weights = checkpoint.size if checkpoint.packed else checkpoint.parameters * BYTES[32 if wide else bits]
    context = preset.context or int(checkpoint.config.get("max_position_embeddings") or DEFAULT_CONTEXT)
    return ROOM * (weights + checkpoint.cache_bytes(min(context, 8 * DEFAULT_CONTEXT)))


def _memory(checkpoint: Checkpoint, preset: Preset, bits: int, dtype: str | None) -> Finding:
    import torch

    needed, there, where = needed_bytes(checkpoint, preset, bits, dtype), float(free_memory()), "in memory"
    beside = there if installed("accelerate") else 0.0
    if torch.cuda.is_available():
        there = float(sum(torch.cuda.mem_get_info(index)[0] for index in range(torch.cuda.device_count())))
        where = "on the graphics processor"
    text = f"about {gigabytes(needed)} needed and {gigabytes(there)} free {where}"
    if needed <= there:
        return Finding(Level.OK, "memory", text)
    if torch.cuda.is_available() and bits == 16 and needed <= there + beside:
        return Finding(Level.NOTE, "memory", f"{text}: the rest runs on the processor, many times slower")
    less = "" if bits < 16 else "; +4bit takes a quarter, with bitsandbytes on a graphics processor"
    return Finding(Level.WRONG, "memory", f"{text}{less}")
