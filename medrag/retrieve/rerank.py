"""Reranking by a model that reads question and passage together: slower than all else, so optional and by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from medrag.errors import MedRAGError, MissingExtraError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

__all__ = ["CrossEncoderReranker", "Reranker"]


class Reranker(Protocol):
    """How well each text answers a question."""

    @property
    def name(self) -> str:
        """What the reranker is called in traces and error messages."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """A score in 0..1 for each text, higher is better, shape (len(texts),)."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder with one output, by folder or by name, loaded when it is first used.

    Its output goes through a sigmoid. It runs on a GPU where torch sees one, in half precision there.
    """

    def __init__(self, model: str, *, batch_size: int = 32, device: str | None = None) -> None:
        self._path = model
        self._batch_size = batch_size
        self._device = device

    @property
    def name(self) -> str:
        """The folder or model name."""
        return self._path

    @cached_property
    def _model(self) -> CrossEncoder:
        try:
            from sentence_transformers import CrossEncoder
        except ImportError:
            raise MissingExtraError("sentence-transformers", "models") from None
        model: CrossEncoder = CrossEncoder(self._path, device=self._device, trust_remote_code=False)
        outputs = model.config.num_labels if model.config is not None else 1
        if outputs != 1:
            raise MedRAGError(f"{self._path} cannot rerank: a reranker has one output, and this model has {outputs}")
        if model.device.type == "cuda":
            model.half()
        return model

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """A score in 0..1 for each text, higher is better, shape (len(texts),)."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        from torch.nn import Sigmoid

        scores = self._model.predict(
            [(question, text) for text in texts],
            batch_size=self._batch_size,
            activation_fn=Sigmoid(),
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(scores, dtype=np.float32)
