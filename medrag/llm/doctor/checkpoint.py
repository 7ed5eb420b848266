"""What stands in a model's or an adapter's folder, read without loading it: configuration, shapes, size."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from medrag.errors import ModelError
from medrag.llm.hf_load import read_json

__all__ = ["Adapter", "Checkpoint", "header"]

MOST_HEADER = 100 << 20  # bytes of a safetensors header; the format's own limit
# Bytes of a number in each format that safetensors names.
WIDTHS = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
}
_ADAPTER_PREFIX = "base_model.model."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's folder: its configuration, and the shape of each tensor where it is in safetensors.

    `parameters` are all numbers of the tensors; for other formats an estimate from the files' size, two bytes each. `size` are
    the bytes that the tensors take as they are stored.
    """

    folder: Path
    config: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    formats: frozenset[str]
    parameters: int
    size: int = 0

    @classmethod
    def read(cls, folder: Path) -> Checkpoint:
        """What stands in the folder; raises `ModelError` where it holds no model."""
        config = read_json(folder / "config.json")
        if not config:
            raise ModelError(f"{folder} holds no model: there is no config.json in it that can be read")
        tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
        for file in sorted(folder.glob("*.safetensors")):
            tensors |= header(file)
        parameters = sum(prod(shape) for _, shape in tensors.values())
        size = sum(prod(shape) * WIDTHS.get(kind, 1) for kind, shape in tensors.values())
        if not tensors:
            size = sum(file.stat().st_size for file in folder.glob("pytorch_model*.bin"))
            parameters = size // 2
        if not parameters:
            raise ModelError(f"{folder} holds no weights: there is no *.safetensors and no pytorch_model*.bin in it")
        shapes = {name: shape for name, (_, shape) in tensors.items()}
        return cls(folder, config, shapes, frozenset(kind for kind, _ in tensors.values()), parameters, size)

    @property
    def kind(self) -> str:
        """The model's architecture, as its configuration names it."""
        return str(self.config.get("model_type", ""))

    @property
    def packed(self) -> bool:
        """Whether its numbers were packed when it was made (GPTQ, AWQ, 8 bits), so that it takes what it is stored in."""
        return bool(self.formats - {"F64", "F32", "F16", "BF16"} - {"I64", "BOOL"})

    @property
    def dtype(self) -> str:
        """The number format that the configuration names, or that of the tensors."""
        named = str(self.config.get("dtype") or self.config.get("torch_dtype") or "")
        of_tensors = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
        return named or next((of_tensors[kind] for kind in sorted(self.formats) if kind in of_tensors), "")

    @property
    def missing_shards(self) -> list[str]:
        """The files that the index names and the folder lacks: a download that was not finished."""
        index = read_json(self.folder / "model.safetensors.index.json").get("weight_map", {})
        return sorted({str(file) for file in index.values() if not (self.folder / str(file)).is_file()})

    def cache_bytes(self, tokens: int) -> int:
        """What the keys and values of so many tokens take, two bytes a number."""
        layers = _first(self.config, "num_hidden_layers", "n_layer", "num_layers")
        heads = _first(self.config, "num_key_value_heads", "num_attention_heads", "n_head")
        all_heads = _first(self.config, "num_attention_heads", "n_head") or 1
        width = _first(self.config, "head_dim") or _first(self.config, "hidden_size", "n_embed", "n_embd") // all_heads
        return 2 * 2 * layers * heads * width * tokens


@dataclass(frozen=True, slots=True)
class Adapter:
    """A PEFT adapter's folder: what it was trained on, and the layers it changes with their widths in and out."""

    folder: Path
    base: str
    kind: str
    layers: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Adapter:
        """What stands in the folder; raises `ModelError` where it holds no adapter."""
        config = read_json(folder / "adapter_config.json")
        if not config:
            raise ModelError(f"{folder} holds no adapter: there is no adapter_config.json in it that can be read")
        file = folder / "adapter_model.safetensors"
        if not file.is_file() and not (folder / "adapter_model.bin").is_file():
            raise ModelError(f"{folder} holds no adapter's weights: no adapter_model.safetensors and no adapter_model.bin")
        tensors = header(file) if file.is_file() else {}
        return cls(folder, str(config.get("base_model_name_or_path") or ""), str(config.get("peft_type", "")), _layers(tensors))

    def faults(self, base: Checkpoint) -> list[str]:
        """Where it does not fit a base: layers that the base lacks or has in another width. Nothing where either is unknown."""
        if not base.shapes:
            return []
        found = []
        for name, (into, out) in self.layers.items():
            shape = base.shapes.get(f"{name}.weight") or base.shapes.get(f"{name.partition('.')[2]}.weight")
            if shape is None:
                found.append(f"the base has no layer {name}")
            elif (into, out) not in {(shape[-1], shape[0]), (shape[0], shape[-1])}:
                found.append(f"{name} is {out} x {into} in the adapter and {shape[0]} x {shape[-1]} in the base")
        return found


def _layers(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, tuple[int, int]]:
    """The layers of a LoRA adapter with their widths in and out: A is rank x in, B is out x rank."""
    layers = {}
    for name, (_, shape) in tensors.items():
        layer, found, _ = name.partition(".lora_A.")
        other = tensors.get(name.replace(".lora_A.", ".lora_B."))
        if found and other is not None:
            layers[layer.removeprefix(_ADAPTER_PREFIX)] = (shape[-1], other[1][0])
    return layers


def header(file: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The format and shape of each tensor in a safetensors file. Source: the format's own description, 8 bytes then JSON."""
    try:
        with file.open("rb") as opened:
            (size,) = struct.unpack("<Q", opened.read(8))
            if size > MOST_HEADER:
                raise ValueError("its header is too large")
            rows = json.loads(opened.read(size))
        return {name: (str(row["dtype"]), tuple(row["shape"])) for name, row in rows.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(f"{file} is no whole safetensors file: {error}") from error


def _first(config: Mapping[str, Any], *names: str) -> int:
    return next((int(config[name]) for name in names if isinstance(config.get(name), int)), 0)
