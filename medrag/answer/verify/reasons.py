"""Why a claim is not supported, in words, Chinese or English."""

from __future__ import annotations

__all__ = ["Reasons"]

_ZH = {
    "amount": "{source}写的是“{stated}”，回答写的是“{claimed}”",
    "no_amount": "{source}中没有“{claimed}”这个数值",
    "part": "{source}写的是“{stated}”，回答只写了“{claimed}”",
    "stance": "{source}写的是“{stated}”，回答写的是“{claimed}”",
    "dropped": "{source}写的是“{stated}”，回答没有这样写",
    "no_stance": "{source}没有说“{claimed}”",
    "meaning": "{source}写的是“{stated}”，回答写的是“{claimed}”",
    "no_meaning": "{source}没有提到“{claimed}”",
    "drug": "{source}说的是“{stated}”，不是“{claimed}”",
    "no_drug": "{source}没有提到药品“{claimed}”",
    "disease": "{source}没有提到“{claimed}”",
    "words": "{source}没有说“{claimed}”",
    "nothing": "引用的内容没有这样说",
    "no_source": "没有引用来源，也没有找到这样说的内容",
    "uncited": "没有标注引用，但所给资料中有这样的内容",
    "model": "核对模型认为来源不支持这句话",
}
_EN = {
    "amount": '{source} says "{stated}", the answer says "{claimed}"',
    "no_amount": '{source} does not give "{claimed}"',
    "part": '{source} says "{stated}", the answer only "{claimed}"',
    "stance": '{source} says "{stated}", the answer says "{claimed}"',
    "dropped": '{source} says "{stated}", the answer does not',
    "no_stance": '{source} does not say "{claimed}"',
    "meaning": '{source} says "{stated}", the answer says "{claimed}"',
    "no_meaning": '{source} does not mention "{claimed}"',
    "drug": '{source} is about "{stated}", not "{claimed}"',
    "no_drug": '{source} does not name the medicine "{claimed}"',
    "disease": '{source} does not mention "{claimed}"',
    "words": '{source} does not say "{claimed}"',
    "nothing": "the cited words do not say this",
    "no_source": "nothing is cited, and nothing found says this",
    "uncited": "nothing is cited, though the evidence says this",
    "model": "the entailment model does not find this in the source",
}
MAX_QUOTED = 60  # characters of either side that a reason shows


class Reasons:
    """Fills the sentences in one language."""

    def __init__(self, *, chinese: bool, label: bool = False) -> None:
        """The sentences in Chinese or English, about a drug's label or about a source of another kind."""
        self._sentences = _ZH if chinese else _EN
        self._source = ("说明书" if label else "来源") if chinese else ("the label" if label else "the source")

    def say(self, name: str, *, stated: str = "", claimed: str = "") -> str:
        """The sentence of this name."""
        return self._sentences[name].format(source=self._source, stated=_short(stated), claimed=_short(claimed))


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= MAX_QUOTED else words[: MAX_QUOTED - 1] + "…"
