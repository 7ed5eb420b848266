"""Misspelt English words of a question that are no names: hyptotension is hypotension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from medrag.kb.base import KnowledgeBase
from medrag.kb.tokens import tokens
from medrag.patterns import regex
from medrag.retrieve.sayings import sayings

__all__ = ["mended"]

MIN_LETTERS = 7  # of a shorter word too many others are one error away: swears is no sweats
MAX_WORDS = 6  # of a question; what has more unknown ones is no English
_LONG = regex(rf"[a-z]{{{MIN_LETTERS},30}}")


def mended(text: str, kb: KnowledgeBase) -> str:
    """A plain text in which each word that no passage has is the one word one typing error away that the table of sayings knows."""
    found = set(_LONG.findall(text))
    if not found:
        return text
    known = kb.word_weights(" ".join(sorted(found)))
    unknown = sorted(word for word in found if not any(token in known for token in tokens(word)))
    if not unknown or len(unknown) > MAX_WORDS:
        return text
    meant = {word: near for word in unknown if (near := _near(word))}
    return _LONG.sub(lambda match: meant.get(match.group(), match.group()), text) if meant else text


def _near(word: str) -> str:
    """The known word that is one letter more, less, other or out of place; "" where there is none, or more than one."""
    words = _words()
    if word in words.get(word, ()):
        return ""
    near = {known for form in (word, *_shortened(word)) for known in words.get(form, ()) if _one_error(word, known)}
    return near.pop() if len(near) == 1 else ""


def _one_error(one: str, other: str) -> bool:
    if len(one) == len(other):
        wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        turned = len(wrong) == 2 and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return len(wrong) == 1 or (turned and wrong[1] == wrong[0] + 1)
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return shorter in _shortened(longer)


def _shortened(word: str) -> Iterator[str]:
    """The word without each of its letters."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, tuple[str, ...]]:
    """The English words of the sayings, each under itself and under what is left without one of its letters."""
    found = {word for said, label in sayings()["en"].items() for part in (said, *label) for word in _LONG.findall(part)}
    table: dict[str, list[str]] = {}
    for word in sorted(found):
        for form in {word, *_shortened(word)}:
            table.setdefault(form, []).append(word)
    return {form: tuple(words) for form, words in table.items()}
