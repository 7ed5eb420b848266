"""The letters of the options that a reply to a multiple-choice question chooses; nothing is read into a reply that chooses none.

Taking every capital letter of a reply, as scripts do, reads an answer into "Vitamin A is …" and all of them into a discussion of each option.
Here a letter counts only where the reply says that it is the answer, or where the reply is nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["letters_of"]

# One letter or several (AB; A、B; A and C), not part of a word, a formula or a dose (B12, ACE, A-mode).
_OPEN = r"[\s(\[{【「『《\"'“‘*_`$]*(?:\\boxed\{|\\text\{)*"
_LETTERS = rf"{_OPEN}(?P<letters>[A-H](?:\s*(?:[,、&+]|\band\b|和|与|及)?\s*[A-H])*)(?![A-Za-z0-9\-'’]|[^\W_](?<![项选因由故为是所正对最]))"
_LINK = r"\s*(?:应该|应当|应|就|只能|最可能)?\s*(?:是|为|选择?|即)?\s*[::]?\s*(?:选项|第)?"
_ZH_ANSWER = r"(?:答案|正确的(?:选项)?|正确选项|正确答案|最佳选项|最佳答案|应选|故选|应选择|本题选|选择|选项|选)"
_STATEMENTS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (_ZH_ANSWER + _LINK + _LETTERS, 0),
        (
            r"(?<![A-Za-z0-9])(?P<letters>[A-H])\s*(?:选?项)?\s*(?:才?是|为)?\s*(?:最)?(?:正确|合适|恰当|符合题意)(?:答案|选项|的)?",
            0,
        ),
        (
            r"(?i:\banswer(?:\s+choice)?(?:\s+to\s+(?:this|the)\s+question)?\s*(?:is|would\s+be|should\s+be|must\s+be|[:=])*"
            r"\s*(?:option|choice|letter)?\s*:?)" + _LETTERS,
            0,
        ),
        (r"(?i:\b(?:correct|best|right)\s+(?:option|choice|answer)\s*(?:is|:)\s*(?:option|choice)?)" + _LETTERS, 0),
        (r"(?i:\b(?:i\s+(?:would\s+)?(?:choose|pick|select|go\s+with)|choose)\s+(?:option|choice)?)" + _LETTERS, 0),
        (r"(?i:\boption\s+|\bchoice\s+)(?P<letters>[A-H])(?i:\s+is\s+(?:the\s+)?(?:correct|best|right)\b)", 0),
        (r"\\boxed\{\s*(?:\\text\{)?\s*\(?(?P<letters>[A-H]{1,8})\)?\s*\}", 0),
    )
)
_FINAL = re.compile(r"最终|综上|因此|所以|故|总之|(?i:\bfinal|\btherefore|\bthus|\bhence|\bin conclusion|\bso the)")
_DENIED = re.compile(
    r"(?:不|非|不能|不应|不可|不该|排除|并非|而不|不会)(?:是|选|选择)?\s*$|(?i:\b(?:not|isn't|wrong|incorrect|never)\s*)$"
)
_NOT_AFTER = re.compile(
    r"^\s*(?:选?项)?\s*(?:是|为)?\s*(?:不|错|误)|^(?i:\s+(?:is|are)\s+(?:not|wrong|incorrect))|^\s*(?:还是|或|or\b|吗|\?)"
)
_ARTICLE = re.compile(r"^\s+(?!and\b|because\b|since\b|as\b|which\b|is\b|for\b|due\b|based\b|with\b|in\b)(?:[a-z]{2,}|\d)")
_ALONE = re.compile(r"(?:option|choice|选项|答)?\W{0,4}(?P<letters>[A-H](?:\s*[,、&+]?\s*[A-H])*)\W{0,4}", re.I)
_LEADING = re.compile(r"\W{0,4}(?P<letters>[A-H])\W{0,3}[.:、)](?=\s*\S)")
_LINE_LETTER = re.compile(r"^\W{0,4}([A-H])(?:\W{0,3}[.:、) ]|\W{0,4}$)", re.M)
_BLANKS = re.compile(r"[^\S\n]+")


def letters_of(reply: str, options: str) -> str | None:
    """The letters that a reply chooses among the options (`"ABCDE"`), sorted, each once; None where it chooses none clearly.

    The last conclusion (最终, 综上, therefore) stands over what was said before; otherwise all that the reply states must
    agree. A letter that is denied (不选A, not A), asked about, or not an option is no choice.
    """
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", reply)).strip()
    alone = _ALONE.fullmatch(text)
    if alone is not None:
        return _valid(alone["letters"].upper(), options)
    said = sorted(_stated(text))
    if said:
        concluded = [letters for _, letters, final in said if final]
        chosen = {concluded[-1]} if concluded else {letters for _, letters, _ in said}
        return _valid(chosen.pop(), options) if len(chosen) == 1 else None
    if len(set(_LINE_LETTER.findall(f"{text}\n"))) == 1:  # not where the options are gone through one by one
        first = _ALONE.fullmatch(text.partition("\n")[0]) or _LEADING.match(text)
        return _valid(first["letters"].upper(), options) if first else None
    return None


def _stated(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each statement of an answer: its place, the letters, and whether it is a conclusion."""
    for pattern in _STATEMENTS:
        for found in pattern.finditer(text):
            letters = "".join(sorted(set(re.findall("[A-H]", re.sub(r"\band\b", " ", found["letters"])))))
            before, after = text[: found.start()], text[found.end("letters") :]
            if _DENIED.search(before[-8:]) or _DENIED.search(text[found.start() : found.start("letters")].rstrip("(\"'“* ")):
                continue
            if _NOT_AFTER.match(after) or (letters == "A" and _ARTICLE.match(after)):
                continue
            sentence = re.split(r"[。.!！?？;；\n]", before)[-1] + found[0]
            yield found.start("letters"), letters, bool(_FINAL.search(sentence)) or found[0].startswith("\\boxed")


def _valid(letters: str, options: str) -> str | None:
    chosen = "".join(sorted(set(re.findall("[A-H]", letters))))
    return chosen if chosen and set(chosen) <= set(options) else None
