"""Loading a model of transformers by its name: folder, adapter, number format, and where it runs."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medrag.errors import MissingExtraError, ModelError
from medrag.llm.hf_name import HfName, located
from medrag.llm.presets import Preset
from medrag.llm.reply import one_line

if TYPE_CHECKING:
    from medrag.llm.hf import TransformersLLM

__all__ = ["installed", "load_transformers", "read_json"]

_DTYPES = ("float32", "float16", "bfloat16")


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return find_spec(package) is not None


def load_transformers(
    named: str, preset: Preset, *, dtype: str | None = None, trust_remote_code: bool = False, download: bool = False
) -> TransformersLLM:
    """The model, with its adapter, on the GPU where there is one. Raises `ModelError` with one clear line.

    Files are taken from folders and the Hugging Face cache, and only with `download` from the Hub.
    """
    name = HfName.parse(named)
    if not (installed("torch") and installed("transformers")):
        raise MissingExtraError("transformers", "models")
    name = located(name, download=download)
    _check_remote_code(name, preset, trust_remote_code)
    from medrag.llm.hf import TransformersLLM

    tokenizer = _tokenizer(name, preset, trust_remote_code)
    model = _model(name, preset, dtype, trust_remote_code)
    if name.lora:
        model = _with_adapter(model, name)
    return TransformersLLM(model.eval(), tokenizer, preset, name=named)


def _check_remote_code(name: HfName, preset: Preset, trusted: bool) -> None:
    config = read_json(name.folder / "config.json") if name.folder is not None else {}
    if trusted or "auto_map" not in config or _known_type(str(config.get("model_type", ""))):
        return
    raise ModelError(_remote_code(name, preset))


def _known_type(model_type: str) -> bool:
    from transformers import CONFIG_MAPPING

    return model_type in CONFIG_MAPPING


def _remote_code(name: HfName, preset: Preset) -> str:
    from transformers import __version__

    needs = preset.remote_code or "a transformers release of its time"
    return (
        f"{name.base} brings program code of its own, written for {needs} (here is {__version__}): serve it from an environment "
        "that has that and name the server as http:URL#MODEL, or allow its code to run here with trust_remote_code"
    )


def _tokenizer(name: HfName, preset: Preset, trusted: bool) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name.base, trust_remote_code=trusted, local_files_only=name.folder is not None)
    except Exception as error:  # transformers raises nearly every kind here
        raise ModelError(_why(f"the tokenizer of {name.base}", error, name, preset)) from error


def _model(name: HfName, preset: Preset, dtype: str | None, trusted: bool) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    options: dict[str, Any] = {"trust_remote_code": trusted, "local_files_only": name.folder is not None}
    options[_dtype_option()] = _dtype(dtype, preset, name, device)
    if name.bits < 16:
        options["quantization_config"] = _quantised(name.bits)
    placed = installed("accelerate") and device == "cuda"
    if placed or name.bits < 16:
        options["device_map"] = "auto"
    try:
        with _quiet():
            model: Any = AutoModelForCausalLM.from_pretrained(name.base, **options)
        return model if "device_map" in options else model.to(device)
    except Exception as error:  # transformers raises nearly every kind here, and torch its own when memory is out
        raise ModelError(_why(name.base, error, name, preset)) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars, which break what a program writes."""
    import transformers

    logging: Any = transformers.utils.logging  # it has no types
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _dtype_option() -> str:
    """`dtype`, which was `torch_dtype` before transformers 4.56."""
    from transformers import __version__

    release = tuple(int(part) for part in __version__.split(".")[:2])
    return "dtype" if release >= (4, 56) else "torch_dtype"


def _dtype(asked: str | None, preset: Preset, name: HfName, device: str) -> Any:
    """The number format: what is asked for, the preset's or the checkpoint's. On a processor float16 is computed as bfloat16,
    which takes the same room and is the one of the two that processors add up fast and without overflow.
    """
    import torch

    if asked is not None and asked not in _DTYPES:
        raise ModelError(f"there is no number format {asked!r}: there are {', '.join(_DTYPES)}")
    wanted = asked or preset.dtype or str(_checkpoint_dtype(name))
    if wanted not in _DTYPES:
        return "auto"
    if wanted == "float16" and device == "cpu" and asked is None:
        wanted = "bfloat16"
    return getattr(torch, wanted)


def _checkpoint_dtype(name: HfName) -> object:
    config = read_json(name.folder / "config.json") if name.folder is not None else {}
    return config.get("dtype") or config.get("torch_dtype") or ""


def _quantised(bits: int) -> Any:
    if not installed("bitsandbytes"):
        raise ModelError(f"+{bits}bit needs bitsandbytes, which is not installed: run `pip install bitsandbytes`")
    import torch
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig  # it has no types
    return make(load_in_8bit=True) if bits == 8 else make(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)


def _with_adapter(model: Any, name: HfName) -> Any:
    if not installed("peft"):
        raise MissingExtraError("peft", "models")
    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for what it has renamed
            return PeftModel.from_pretrained(model, name.lora)
    except Exception as error:  # peft and torch raise nearly every kind here; a wrong base is a RuntimeError over shapes
        raise ModelError(
            f"the adapter {name.lora} does not fit {name.base}: {one_line(error)} "
            f"(`medrag doctor --llm hf:{name.base}+lora={name.lora}` says more)"
        ) from error


def _why(what: str, error: Exception, name: HfName, preset: Preset) -> str:
    if "trust_remote_code" in str(error):
        return _remote_code(name, preset)
    return f"{what} cannot be loaded: {one_line(error)}"


def read_json(path: Path) -> Mapping[str, Any]:
    """A table of a JSON file; empty where there is no such file or it holds no table."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
