"""A model that says whether a text carries a claim, by name: an NLI cross-encoder, MiniCheck, LettuceDetect or the like.

It settles what the rules leave open, words that no sentence has, and never a number, a name or a stance that differs.
A model that classifies pairs gives the probability of `entailment` (or `supported`, or of the second of two labels); one
that classifies tokens gives the probability that no token of the claim is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from medrag.errors import MissingExtraError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["CARRIES", "Entailment", "EntailmentModel", "load_entailment"]

CARRIES = 0.5  # probability from which a text carries a claim
AT_ONCE = 16  # pairs that are classified together
_CARRYING = ("entail", "support", "consistent", "faithful")  # how the label of what carries is called
_MADE_UP = ("hallucin", "unsupported", "label_1")  # and that of a token that is made up


class Entailment(Protocol):
    """Says how likely each text carries its claim."""

    @property
    def name(self) -> str:
        """How answers name it."""
        ...

    def carries(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The probability (0 to 1) for each pair of a text and a claim, in order."""
        ...


class EntailmentModel:
    """A transformers model for pairs of texts, of folder or name, loaded when it is first used, on a GPU where torch sees one."""

    def __init__(self, model: str) -> None:
        self._path = model

    @property
    def name(self) -> str:
        """The folder or the model's name."""
        return self._path

    @cached_property
    def _loaded(self) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, bool]:
        """The model, its tokenizer, and whether it classifies tokens."""
        try:
            import torch
            from transformers import (
                AutoConfig,
                AutoModelForSequenceClassification,
                AutoModelForTokenClassification,
                AutoTokenizer,
            )
        except ImportError:
            raise MissingExtraError("transformers", "models") from None
        config = AutoConfig.from_pretrained(self._path, trust_remote_code=False)
        of_tokens = any("TokenClassification" in name for name in config.architectures or ())
        kind: Any = AutoModelForTokenClassification if of_tokens else AutoModelForSequenceClassification
        model = kind.from_pretrained(self._path, trust_remote_code=False).eval()
        tokenizer = AutoTokenizer.from_pretrained(self._path, trust_remote_code=False)
        return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer, of_tokens

    def carries(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The probability (0 to 1) for each pair of a text and a claim, in order; texts too long for the model are cut."""
        found: list[float] = []
        for start in range(0, len(pairs), AT_ONCE):
            found += self._classified(pairs[start : start + AT_ONCE])
        return found

    def _classified(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        import torch

        model, tokenizer, of_tokens = self._loaded
        texts, claims = [text for text, _ in pairs], [claim for _, claim in pairs]
        longest = min(int(tokenizer.model_max_length), int(getattr(model.config, "max_position_embeddings", 512)))
        encoded = tokenizer(texts, claims, truncation="only_first", max_length=longest, padding=True, return_tensors="pt")
        ids = [encoded.sequence_ids(row) for row in range(len(pairs))]
        labels = {int(index): str(label) for index, label in (model.config.id2label or {}).items()}
        with torch.inference_mode():
            logits = model(**encoded.to(model.device)).logits.float().cpu()
        if not of_tokens:
            return [float(p) for p in _of_pairs(logits, labels)]
        made_up = logits.softmax(-1)[..., _index(labels, _MADE_UP)]
        return [
            1.0 - max((float(made_up[row, at]) for at, side in enumerate(ids[row]) if side == 1), default=1.0)
            for row in range(len(pairs))
        ]


def load_entailment(name: str) -> EntailmentModel:
    """The entailment model of a folder, or of a model's name on a hub (which is fetched when it is first used)."""
    if name.startswith((".", "/", "~")):
        return EntailmentModel(str(Path(name).expanduser()))
    return EntailmentModel(name)


def _of_pairs(logits: Any, labels: dict[int, str]) -> Any:
    """The probability of the label that says that the text carries the claim; of a single score its logistic function."""
    if logits.shape[-1] == 1:
        return logits[:, 0].sigmoid()
    return logits.softmax(-1)[:, _index(labels, _CARRYING)]


def _index(labels: dict[int, str], words: Sequence[str]) -> int:
    """The label that is called by one of the words; else the second, as models of two unnamed labels have it."""
    for index, label in labels.items():
        lowered = label.lower()
        if any(lowered.startswith(word) for word in words):
            return int(index)
    return 1
