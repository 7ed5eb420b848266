"""Tiny models, made once for all tests: each was taught one reply in the form of one preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a tiny model once and gives its folder: `tiny("bloom", "pulse-7b")` knows the reply to QUESTION in that form."""
    from tests.llm import tiny as making
    from tests.llm.taught import taught

    made: dict[tuple[str, str], Path] = {}

    def folder(kind: str, preset: str = "") -> Path:
        key = kind, preset
        if key not in made:
            made[key] = making.save(kind, tmp_path_factory.mktemp("tiny") / kind, taught(preset) if preset else None)
        return made[key]

    return folder


@pytest.fixture(scope="session")
def adapted(tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of an untaught LLaMA and of an adapter over it that knows the reply in BenTsao's form."""
    from tests.llm.taught import saved_adapter

    base = tiny("llama")
    return base, saved_adapter(base, tmp_path_factory.mktemp("adapter") / "adapter", "bentsao-llama")
