"""The words of Chinese indications: one wording for what has several, and the kinds of words that a list may join.

The tables beside this module hold general medical vocabulary; none is made of the terms that are measured by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

from medrag.kb.folding import fold

__all__ = ["JOINS", "clauses", "cuts", "kinds_of", "one_wording", "organism"]

JOINS = "、和"  # what joins a list once its words are in one wording
MAX_WORD = 12  # characters of one word of a list

_ENDS = re.compile(r"[。;；!！?？\n\r]+")
_NUMBER = {
    "一": "1",
    "二": "2",
    "三": "3",
    "四": "4",
    "iv": "4",
    "iii": "3",
    "ii": "2",
    "i": "1",
}  # folded Roman ones are letters
_TYPE = re.compile(r"(?<![a-z0-9])(一|二|三|四|iv|iii|ii|i)(?=[a-d]?(?:型|期|度|级|、|和|或|及|与))")
# The words that join two things, not where they are part of another word (缓和, 和胃, 累及, 及时, 参与).
_AND = re.compile(
    r"以及|及其|和/或|和\(或\)|或者|(?<![缓中饱温柔调总共融])和(?![胃解中营缓谐])|(?<![累涉波危普触遍])及(?![时早格])|(?<![参给赋])与|或"
)
_SLASH = re.compile(r"[/·](?=[一-鿿])")
_RANGE = re.compile(r"(?<=[轻中重度])(?:至|到|~|-|—)(?=[中重]度?)")
_RUN_TOGETHER = (
    (re.compile(r"急慢性"), "急、慢性"),
    (re.compile(r"轻中度"), "轻、中度"),
    (re.compile(r"中重度"), "中、重度"),
    (re.compile(r"皮肤软组织"), "皮肤、软组织"),
    (re.compile(r"心脑血管"), "心、脑血管"),
    (re.compile(r"手足癣"), "手、足癣"),
    (re.compile(r"结直肠"), "结肠、直肠"),
    (re.compile(r"复发转移"), "复发、转移"),
)
_CAUSES = re.compile(r"(?:所引起|所致|所导致|引起|导致|引发|诱发)的?")
# Words between the parts of a term that do not change what it says.
_FILLERS = re.compile(r"各种类型的?|各种|各型|各类|多种|下述|下列|以下|相关的?(?=感染|疾病)|[\"'“”‘’《》]")

_ORGANISM = re.compile(
    r".*(?:菌|菌属|菌种|病毒|病毒属|支原体|支原体属|衣原体|衣原体属|立克次体|立克次体属|螺旋体|螺旋体属|原虫|弓形虫|疟原虫|阿米巴|滴虫)"
)
_PATTERNS = {
    "organism": _ORGANISM,
    "cells": re.compile(r".{1,6}细胞"),
    "level": re.compile(r"[高低](?:[钾钠钙镁磷氯糖脂]|胆固醇|甘油三酯|尿酸|蛋白|β脂蛋白|密度脂蛋白|胰岛素|渗)"),
    "type": re.compile(r"(?:[0-9]{1,2}|[0-9]?[a-z]|[甲乙丙丁戊己])型?|[0-9]期|[0-9](?:度|级)"),
    "quality": re.compile(r"(?!男性|女性|急性|慢性|良性$|恶性$)[^性型\W]{1,6}[性型]"),
}


def clauses(text: str) -> list[str]:
    """The sentences of a text in one wording, as they are compared; line ends end one too."""
    return [clause for part in _ENDS.split(text) if (clause := one_wording(part))]


def one_wording(text: str) -> str:
    """The text folded, without blanks, synonyms in their first wording.

    及, 与 and 或 become 和, 所致 and 导致 become 引起的, and the numbers of types digits.
    """
    folded = fold(text).replace(" ", "").replace("∕", "/")
    for together, apart in _RUN_TOGETHER:
        folded = together.sub(apart, folded)
    folded = _TYPE.sub(lambda found: _NUMBER[found[1]], folded)
    folded = _RANGE.sub("和", folded)
    pattern, wordings = _synonyms()
    folded = pattern.sub(lambda found: wordings[found[0]], folded)
    return _SLASH.sub("、", _AND.sub("和", _FILLERS.sub("", _CAUSES.sub("引起的", folded))))


def cuts(text: str, at: int, to: int) -> bool:
    """Whether `text[at:to]` of a text in one wording begins or ends within a name of the table: 感冒 of 流行性感冒."""
    pattern, _ = _synonyms()
    return any(unit.start() < at < unit.end() or unit.start() < to < unit.end() for unit in pattern.finditer(text))


@lru_cache(maxsize=2**16)
def kinds_of(word: str) -> frozenset[str]:
    """The kinds of list words that a word in one wording is of: course, degree, site, organism, type ... or none."""
    if not word or (len(word) > MAX_WORD and not _ORGANISM.fullmatch(word)):
        return frozenset()
    kinds = {name for name, pattern in _PATTERNS.items() if pattern.fullmatch(word)}
    if word[-1] in "内外部" and "site" in _listed().get(word[:-1], ()):
        kinds.add("site")
    return frozenset(kinds | _listed().get(word, set()))


def organism(word: str) -> bool:
    """Whether the word names a germ or a group of germs."""
    return bool(_ORGANISM.fullmatch(word)) or word in {"细菌", "真菌", "病毒"}


@cache
def _listed() -> dict[str, set[str]]:
    """The kinds of each word of the table, its words in one wording."""
    found: dict[str, set[str]] = {}
    for kind, words in _table("indication_words.tsv"):
        for word in words.split():
            found.setdefault(one_wording(word), set()).add(kind)
    return found


@cache
def _synonyms() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of all wordings, long ones first, and what each becomes; a first wording stays, so that it is not cut up."""
    wordings: dict[str, str] = {}
    for first, others in _table("indication_synonyms.tsv"):
        for word in (first, *others.split()):
            wordings.setdefault(fold(word), fold(first))
    return re.compile("|".join(_spelled(word) for word in sorted(wordings, key=len, reverse=True))), wordings


def _spelled(word: str) -> str:
    """The word as a pattern; letters not inside another run of letters, 症 not where it begins 症状."""
    escaped = re.escape(word)
    left = r"(?<![a-z0-9])" if word[0].isascii() else ""
    right = r"(?![a-z0-9])" if word[-1].isascii() else "(?!状)" if word.endswith("症") else ""
    return left + escaped + right


def _table(name: str) -> Iterable[tuple[str, str]]:
    text = files("medrag.evaluate").joinpath(name).read_text("utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            first, _, rest = line.partition("\t")
            yield first.strip(), rest.strip()
