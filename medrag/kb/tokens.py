"""Cutting text into search tokens: bigrams of Han characters, words and numbers of everything else.

Bigrams beat a word segmenter on users' questions, and need no dictionary that would cut old text and new
questions differently once it grows.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from operator import add

from medrag.kb.traditional import simplified

__all__ = ["TOKENIZER", "token_hash", "token_hashes", "tokens"]

TOKENIZER = "bigram/2"  # written into the manifest; raised when the same text is cut differently
MAX_TOKEN_BYTES = 200  # longer runs (sequences, base64) are no words
REMEMBERED = 2**18  # words and their hashes: those of a library of labels

# Han, kana and Hangul runs are cut into bigrams; a decimal number is whole and parted from its unit, CYP3A4 and B12 are words.
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_WORD = rf"\d+(?:[.,]\d+)*|[^\W\d_{_CJK}][^\W_{_CJK}]*(?:'s)?"
_RUN = re.compile(rf"[{_CJK}]+|{_WORD}")
_ASCII_WORD = re.compile(r"\d+(?:[.,]\d+)*|[a-z][a-z0-9]*(?:'s)?")
FIRST_CJK, FIRST_HAN, LAST_HAN = "\u3040", "\u4e00", "\u9fff"
_IS_CJK = re.compile(rf"[{_CJK}]")


def tokens(text: str) -> list[str]:
    """The search tokens of a text, in order, folded (NFKC, case, simplified characters); English plurals lose their s."""
    if text.isascii():
        return list(filter(None, map(_stems.__getitem__, _ASCII_WORD.findall(text.lower()))))
    found: list[str] = []
    for run in _RUN.findall(simplified(unicodedata.normalize("NFKC", text).casefold())):
        if run < FIRST_CJK or not (FIRST_HAN <= run <= LAST_HAN or _IS_CJK.match(run)):
            stem = _stems[run]
            if stem:
                found.append(stem)
        elif len(run) > 1:
            found.extend(map(add, run, run[1:]))
        else:
            found.append(run)
    return found


class _Stems(dict[str, str]):
    """Words as they are searched for, remembered, for a language has few of them; "" for what is no word."""

    def __missing__(self, word: str) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        stem = "" if len(word) >= MAX_TOKEN_BYTES // 4 else _singular(word) if len(word) > 3 else word
        self[word] = stem
        return stem


_stems = _Stems()


def _singular(word: str) -> str:
    """Harman's S-stemmer: the mildest there is. Source: Harman, *How effective is suffixing?*, JASIS 1991."""
    word = word.removesuffix("'s")
    if not word.endswith("s") or not word.isascii():
        return word
    if word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    return word[:-1] if word[-2] not in "us" else word


def token_hash(token: str) -> int:
    """A number of 32 bits for a token, the same in every process (`hash` is not)."""
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


class _Hashes(dict[str, int]):
    """The hashes of tokens, remembered."""

    def __missing__(self, token: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        hashed = self[token] = token_hash(token)
        return hashed


_hashes = _Hashes()


def token_hashes(words: Iterable[str]) -> Iterator[int]:
    """The hash of each token."""
    return map(_hashes.__getitem__, words)
