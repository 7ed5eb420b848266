"""`hf:…` taken apart, and where its files are: in a folder, in the Hugging Face cache, or, where that is allowed, on the Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from medrag.errors import ModelError

__all__ = ["HfName", "cached", "located"]

_OPTION = re.compile(r"\+(?=lora=|4bit(?:\+|$)|8bit(?:\+|$))")
MODEL, ADAPTER = "config.json", "adapter_config.json"  # the file that a folder of each kind holds


@dataclass(frozen=True, slots=True)
class HfName:
    """`hf:PATH_OR_NAME[+lora=PATH_OR_NAME][+4bit|+8bit]`, taken apart."""

    base: str
    lora: str = ""
    bits: int = 16

    @classmethod
    def parse(cls, named: str) -> HfName:
        """The parts of a name; raises `ModelError` where a folder that it names is not there."""
        base, *options = _OPTION.split(named.removeprefix("hf:"))
        lora, bits = "", 16
        for option in options:
            if option.startswith("lora="):
                lora = _folder(option.removeprefix("lora="), "adapter")
            else:
                bits = int(option.removesuffix("bit"))
        return cls(_folder(base, "model"), lora, bits)

    @property
    def folder(self) -> Path | None:
        """The model's folder, where it is one and not a name on the Hugging Face Hub."""
        return Path(self.base) if Path(self.base).is_dir() else None


def _folder(name: str, what: str) -> str:
    """The name with `~` written out. What looks like a path must be a folder: it is no name on the Hub."""
    path = Path(name).expanduser()
    if path.is_dir():
        return str(path)
    if not name or name[0] in "/.~" or path.is_absolute() or name.count("/") > 1:
        raise ModelError(f"there is no {what} folder {name!r}")
    return name


def located(name: HfName, *, download: bool) -> HfName:
    """The name with folders in the place of what the Hugging Face cache holds. Raises `ModelError` for what is not on this
    machine, unless it may be fetched: then names stay names.
    """
    lora = name.lora and _located(name.lora, ADAPTER, "adapter", download)
    return replace(name, base=_located(name.base, MODEL, "model", download), lora=lora)


def _located(name: str, file: str, what: str, download: bool) -> str:
    if Path(name).is_dir():
        return str(Path(name).resolve())  # peft takes a relative folder that lacks a file for a name on the Hub
    if download:  # what is in the cache may be half a model
        return name
    folder = cached(name, file)
    if folder is None:
        raise ModelError(
            f"there is no {what} folder {name!r} and none of that name in the Hugging Face cache: "
            "give its folder, or allow it to be fetched from the Hub with download=True (--download)"
        )
    return str(folder)


def cached(name: str, file: str = MODEL) -> Path | None:
    """The folder of what was fetched from the Hub before, if that is here and holds this file. Asks nobody."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError:  # no name that the Hub could have
        return None
    return Path(found).parent if isinstance(found, str) else None
