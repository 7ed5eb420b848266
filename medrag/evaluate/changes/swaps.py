"""Sentences in which one word is replaced by another that reverses or moves what they say, by tables of such words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

__all__ = ["Swap", "swapped"]

_DENIED = re.compile(r"\b(?:no|none|neither|nor|not)\b", re.IGNORECASE)
_RIGHT, _LEFT = 6, 5  # characters beside the new word that may show that the passage has it in the same place


@dataclass(frozen=True, slots=True)
class Swap:
    """A word, what it may be replaced by, and what of the passage forbids it because the claim might then hold.

    `into` may use the groups of `pattern`. `unless` is a pattern that must not match the passage anywhere.
    """

    pattern: re.Pattern[str]
    into: tuple[str, ...]
    unless: re.Pattern[str] | None = None

    @classmethod
    def of(cls, pattern: str, into: str, unless: str = "") -> Swap:
        """A swap from its written form: alternatives of `into` are parted by `|`; English ignores case."""
        flags = re.IGNORECASE
        return cls(re.compile(pattern, flags), tuple(into.split("|")), re.compile(unless, flags) if unless else None)


def swapped(table: Sequence[Swap], sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with one word of the table replaced, once for each place and replacement that makes it false."""
    found = [
        (match, new)
        for swap in table
        if swap.unless is None or not swap.unless.search(passage)
        for match in swap.pattern.finditer(sentence)
        for new in swap.into
    ]
    for match, template in rng.sample(found, len(found)):
        new = _cased(match.expand(template), match[0])
        twice_denied = "never" in new and _DENIED.search(sentence[: match.start()])  # No deaths have been reported
        if not twice_denied and not _stands_there(sentence, match, new, passage):
            changed = sentence[: match.start()] + new + sentence[match.end() :]
            yield re.sub(r"(?<=\S)  +", " ", changed).strip()


def _cased(new: str, old: str) -> str:
    """The new word in the old one's case, at the start of a sentence or in capitals."""
    if len(old) > 3 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _stands_there(sentence: str, match: re.Match[str], new: str, passage: str) -> bool:
    """Whether the passage has the new word already, between the same words or in the sentence: the claim might hold."""
    word = new.strip().lower()
    if not word:
        return False
    lowered, whole = sentence.lower(), passage.lower()
    right, left = lowered[match.end() : match.end() + _RIGHT], lowered[max(0, match.start() - _LEFT) : match.start()]
    old = match[0].lower()
    if old.strip() in word or word in old:  # 不宜 holds 宜: the word alone says nothing
        return left + word + right in whole.replace(left + old + right, "")
    return word + right in whole or left + word in whole or word in lowered
