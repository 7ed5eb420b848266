"""The tokenizer of the static embedder: Chinese characters and n-grams, English words, pieces for what is neither."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Lowercase, Sequence
from tokenizers.pre_tokenizers import Split

__all__ = ["make_tokenizer"]

UNKNOWN = "[UNK]"
MAX_TOKENS = 256  # of a text; what stands after them is not looked at
MAX_CHINESE_GRAM = 4
MAX_CHINESE_TERM = 7
MOST_GRAMS = 4_000  # mined Chinese n-grams, beside those of the project's own tables
_RUN = re.compile(r"([\u4e00-\u9fff]+)|([^\W\d_\u4e00-\u9fff]+)")
_WORD_BOUNDS = r"\p{Han}+|\p{N}+|[^\P{L}\p{Han}]+"
PIECE_SCORE = -14.0  # below that of every whole word, so that pieces are used only where no word fits
CHARACTER_SCORE = -16.0


def common_characters() -> list[str]:
    """The 3,755 Han characters of the first level of GB 2312: those in everyday use."""
    return [
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
        if (row, cell) < (0xD7, 0xFA)
    ]


def make_tokenizer(texts: Iterable[str], terms: Iterable[str], *, size: int) -> Tokenizer:
    """A tokenizer with at most `size` tokens: all terms and characters, then the words and n-grams most frequent in the texts."""
    words, grams = Counter[str](), Counter[str]()
    for text in texts:
        for run, word in _RUN.findall(text.lower()):
            if word:
                words[word] += 1
            for n in range(2, MAX_CHINESE_GRAM + 1):
                grams.update(run[i : i + n] for i in range(len(run) - n + 1))
    own = Counter[str]()
    for term in terms:
        for run, word in _RUN.findall(term.lower()):
            if len(word or run) <= MAX_CHINESE_TERM or word:
                own[word or run] += 1
            own.update(run[i : i + 2] for i in range(len(run) - 1) if len(run) > 2)
    return _tokenizer(_scores(words, grams, own, size))


def _scores(words: Counter[str], grams: Counter[str], own: Counter[str], size: int) -> dict[str, float]:
    scores = {
        chr(c): CHARACTER_SCORE for c in (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1), *range(0x3B1, 0x3CA))
    }
    scores |= {str(n): -9.0 for n in range(10, 101)}
    scores |= dict.fromkeys(common_characters(), CHARACTER_SCORE + 4)
    scores |= dict.fromkeys((c for gram in (*own, *grams) for c in gram if "\u4e00" <= c <= "\u9fff"), CHARACTER_SCORE + 4)
    for piece in _pieces(words):
        scores.setdefault(piece, PIECE_SCORE + len(piece) / 4)
    wanted = Counter(dict(sorted(grams.items(), key=lambda item: (-item[1], item[0]))[:MOST_GRAMS]))
    wanted.update({word: count for word, count in words.items() if count >= 6})
    wanted.update({term: 50 + 20 * count for term, count in own.items() if count > 1 or len(term) > 1})
    total = sum(wanted.values())
    for token, count in sorted(wanted.items(), key=lambda item: (-item[1], item[0])):
        if len(scores) >= size - 1:
            break
        scores[token] = max(scores.get(token, -99.0), math.log(count / total) / 4 - 5)  # flattened: the longest match wins
    return scores


def _pieces(words: Counter[str], most: int = 2500) -> list[str]:
    found = Counter[str]()
    for word in words:
        for n in (2, 3, 4, 5):
            found.update({word[i : i + n]: n for i in range(len(word) - n + 1)})
    return [piece for piece, _ in islice(sorted(found.items(), key=lambda item: (-item[1], item[0])), most)]


def _tokenizer(scores: dict[str, float]) -> Tokenizer:
    tokenizer = Tokenizer(Unigram([(UNKNOWN, -100.0), *scores.items()], unk_id=0))
    tokenizer.normalizer = Sequence([NFKC(), Lowercase()])
    tokenizer.pre_tokenizer = Split(Regex(_WORD_BOUNDS), "removed", invert=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
