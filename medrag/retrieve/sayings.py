"""How patients and carers say a thing, and the words in which drug labels say it: the table sayings.tsv, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from medrag.kb.names import NameFinder

__all__ = ["label_word_groups", "label_words", "sayings"]

LANGUAGES = ("zh", "en")
_JOINED = str.maketrans({"’": "'", "‘": "'", "-": " ", "‐": " ", "‑": " "})  # one character each: offsets stay


@lru_cache(maxsize=1)
def sayings() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By language what is said, in lower case, with the words in which labels say it."""
    table: dict[str, dict[str, tuple[str, ...]]] = {lang: {} for lang in LANGUAGES}
    for line in files("medrag.retrieve").joinpath("sayings.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            lang, said, words = line.split("\t")
            table[lang].update(dict.fromkeys(said.split("|"), tuple(words.split())))
    return table


@lru_cache(maxsize=len(LANGUAGES))
def _finder(lang: str) -> NameFinder:
    return NameFinder(tuple(sayings()[lang]))


def label_words(text: str) -> tuple[tuple[str, ...], list[tuple[int, int]]]:
    """The words in which labels say what a plain question says in a patient's words (喝酒 is 乙醇 to a label), and where it does.

    Both in the order of the text, longer phrases first where two begin together; phrases may overlap. English ones are
    found at word borders only, with or without their hyphens.
    """
    found = _found(text)
    words = (word for _, _, group in found for word in group)
    return tuple(dict.fromkeys(words)), list(dict.fromkeys((start, end) for start, end, _ in found))


def label_word_groups(text: str) -> tuple[tuple[str, ...], ...]:
    """The same words, those for each phrase together: a label has one or another of them for what was said."""
    return tuple(dict.fromkeys(group for _, _, group in _found(text)))


def _found(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    joined = text.translate(_JOINED)
    found = [(start, end, lang) for lang in LANGUAGES for start, end in _finder(lang).spans(joined)]
    found.sort(key=lambda span: (span[0], -span[1]))
    return [(start, end, sayings()[lang][joined[start:end]]) for start, end, lang in found]
