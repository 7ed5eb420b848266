"""Cutting text into search tokens: bigrams of Han characters, words and numbers of everything else.

Bigrams beat a word segmenter on users' questions, and need no dictionary that would cut old text and new
questions differently once it grows.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from itertools import pairwise

from medrag.kb.traditional import simplified

__all__ = ["TOKENIZER", "token_hash", "tokens"]

TOKENIZER = "bigram/2"  # written into the manifest; raised when the same text is cut differently
MAX_TOKEN_BYTES = 200  # longer runs (sequences, base64) are no words

# Han, kana and Hangul runs are cut into bigrams; a decimal number is whole and parted from its unit, CYP3A4 and B12 are words.
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_RUN = re.compile(rf"([{_CJK}]+)|(\d+(?:[.,]\d+)*|[^\W\d_{_CJK}][^\W_{_CJK}]*(?:'s)?)")


def tokens(text: str) -> list[str]:
    """The search tokens of a text, in order, folded (NFKC, case, simplified characters); English plurals lose their s."""
    found: list[str] = []
    for run, word in _RUN.findall(simplified(unicodedata.normalize("NFKC", text).casefold())):
        if run:
            found.extend(map("".join, pairwise(run)) if len(run) > 1 else (run,))
        elif len(word) < MAX_TOKEN_BYTES // 4:
            found.append(_singular(word) if len(word) > 3 else word)
    return found


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
