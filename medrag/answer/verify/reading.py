"""A text as the checker compares it: tokens for quantities, names, meanings and words, in clauses and list items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from medrag.answer.verify.amounts import Amount
from medrag.answer.verify.names import Name, is_drug
from medrag.answer.verify.numbers import amounts
from medrag.answer.verify.vocabulary import LIGHT, SYNONYM, everyday, words
from medrag.kb.folding import Folded, fold_with_map
from medrag.kb.tokens import tokens as word_tokens
from medrag.patterns import regex

__all__ = ["AMOUNT", "DRUG", "HAN", "SELF", "WORD", "Reading", "Token", "newness", "read", "readable"]

AMOUNT, DRUG, HAN, WORD, SELF, CODE = "amount", "drug", "han", "word", "self", "code"
_RUN = regex(r"[一-鿿㐀-䶿]|[^\W\d_一-鿿㐀-䶿]+(?:['’]s)?")
_CLAUSE = regex(r"[,;。:!?\n|]|\.(?=\s|$)|\bbut\b|\bwhereas\b|而(?!且)|但是?")
_ITEM = regex(r"[、,;。:!?\n|()]|\.(?=\s|$)|\b(?:and|or|with|but)\b|[和或与及]|以及|并(?=可|能|有|用|且|对)")
# A word of letters and digits: CYP3A4, B12, P450, HbA1c; but a number with its unit, or q8h, is none.
_HALF_LIFE = regex(r"(?<![a-z])t\s?1\s?[/⁄]\s?2(?!\d)")
_CODE = regex(r"(?<![a-z\d])(?!q\d)[a-z]{1,6}-?\d{1,4}(?:[a-z]\d{0,3})?(?![a-z\d%]|\.\d)")
_CIRCLED = regex("[①-⒇⓵-⓿❶-➓㈠-㈩]")
_ELL = regex("(?<=[一-鿿])[lI](?=[包袋丸片粒支瓶次周天日个月年])")  # a 1 that was scanned as a letter
_LONG = regex("[ﷰ-﷼㌀-㍗㎭-㎯]")  # words written as one character, which fold to up to 18
_EXCEED = regex(r"超过|多于|大于")
_UNLESS = regex(r"(?:\bunless |\bif not |除非)$")
_SURROGATE = regex("[\ud800-\udfff]")
_SELF = regex(r"[本该此](?:品|药|制剂|产品|药品)|\bth(?:is|e) (?:drug|product|medicine|medication)\b")
_WEIGHTS = {HAN: 1.0, DRUG: 2.0, AMOUNT: 2.0, SELF: 0.0}
MEANING, STANCE_WEIGHT, LIGHT_WEIGHT = 2.0, 1.0, 0.0
BOUNDED = 4  # characters between 超过 and the quantity
LONG_WORD = 6.0  # letters of a word that weighs 2
EVERYDAY = 0.35  # of the weight of another word, that an everyday word has
_STOPS = frozenset("的了在是有为与和及或对于中等其该此由将以而之所并也都就到从被把可能会时者个种")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text that is compared as one: `folded[start:end]`; `clause` and `item` number the pieces it stands in.

    `text` is how it is written. `kind` is amount, drug, han, word, self, or a class of the table of words; `key` is what must be equal.
    """

    kind: str
    key: str
    start: int
    end: int
    weight: float
    text: str = ""
    clause: int = 0
    item: int = 0
    amount: Amount | None = None
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, folded, with its tokens in text order and the names of diseases that stand in it."""

    text: str
    folded: Folded
    tokens: tuple[Token, ...]
    diseases: tuple[Name, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `folded.text[start:end]` stands in the text."""
        return self.folded.span(start, end)


def readable(text: str) -> str:
    """The text, of the same length, with bullets for circled numbers, which fold to plain ones, without lone surrogates, 1 for a scanned l."""
    return _ELL.sub("1", _LONG.sub("\ufffd", _SURROGATE.sub("\ufffd", _CIRCLED.sub("•", text))))


def read(text: str, names: Sequence[Name]) -> Reading:
    """A readable text, read; `names` are those that stand in it."""
    folded = fold_with_map(text)
    found = _named(names, folded)
    drugs = [name for name in found if is_drug(name)]
    rest = _masked(folded.text, [(name.start, name.end) for name in drugs])
    coded = [Token(CODE, m.group(), *m.span(), MEANING) for m in _CODE.finditer(rest)]
    coded += [Token(SYNONYM, "halflife", *m.span(), MEANING) for m in _HALF_LIFE.finditer(rest)]
    rest = _masked(rest, [(t.start, t.end) for t in coded])
    counted = amounts(rest)
    rest = _masked(rest, [(a.start, a.end) for a in counted])
    tokens = [Token(DRUG, name.text, name.start, name.end, _WEIGHTS[DRUG], name=name) for name in drugs]
    tokens += [Token(AMOUNT, a.dimension, a.start, a.end, _WEIGHTS[AMOUNT], amount=a) for a in counted]
    said = [Token(SELF, SELF, m.start(), m.end(), 0.0) for m in _SELF.finditer(rest)]
    rest = _masked(rest, [(t.start, t.end) for t in said])
    meant = [Token(w.kind, w.meaning, w.start, w.end, _meaning_weight(w.kind, w.meaning)) for w in words().find(rest)]
    rest = _masked(rest, [(t.start, t.end) for t in meant])
    meant = [t for t in meant if t.kind != "stance" or not _is_carried(t, counted, folded.text)]
    tokens += coded + said + meant + _plain_words(rest)
    tokens.sort(key=lambda token: token.start)
    return Reading(text, folded, tuple(_placed(tokens, folded, text)), tuple(n for n in found if not is_drug(n)))


def _is_carried(token: Token, counted: Sequence[Amount], text: str) -> bool:
    """Whether a stance is no more than the bound of a quantity, 不应超过一日5mg, or stands in a condition: unless contraindicated."""
    if _UNLESS.search(text, max(0, token.start - 12), token.start):
        return True
    exceed = _EXCEED.match(text, token.end)
    return exceed is not None and any(a.bound == "le" and 0 <= a.start - exceed.end() <= BOUNDED for a in counted)


def _masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = "\x00" * (end - start)
    return "".join(characters)


def _meaning_weight(kind: str, meaning: str) -> float:
    if kind == LIGHT:
        return LIGHT_WEIGHT
    if kind in ("all", "sameness") or (kind == SYNONYM and meaning in _PLAIN):
        return MEANING * EVERYDAY
    return STANCE_WEIGHT if kind == "stance" else MEANING


def _plain_words(rest: str) -> list[Token]:
    found = []
    stems, han = _everyday()
    light = {at for match in han.finditer(rest) for at in range(*match.span())}
    for match in _RUN.finditer(rest):
        run = match.group()
        if "一" <= run <= "鿿" or "㐀" <= run < "䶿":
            weight = 0.0 if run in _STOPS else EVERYDAY if match.start() in light else 1.0
            found.append(Token(HAN, run, *match.span(), weight))
        elif len(run) > 1:
            key = stem(run)
            weight = min(2.0, 2.0 * len(run) / LONG_WORD) * (EVERYDAY if key in stems else 1.0)
            found.append(Token(WORD, key, *match.span(), weight))
    return found


@cache
def _everyday() -> tuple[frozenset[str], re.Pattern[str]]:
    """The stems of the everyday English words, and what finds the Chinese ones."""
    known = everyday()
    latin = [word for word in known if word[0] < "⺀"]
    return frozenset(stem(form) for word in latin for form in (word, word + "ly", word + "ally")), re.compile(
        "|".join(word for word in known if word[0] > "⺀")
    )


# Meanings of everyday words, which count as little as those.
_PLAIN = frozenset(
    "respond new important permit decide estimate near equal choose aim contact remain site additional method inform compare reason"
    " form factor usually immediately unwell monitor symptom disease attack complication enlarge deposit harm calm adequate complete know understand believe evaluate show study count different many small again effective"
    " repeat early late obtain reach exceed depend decision schedule property price unusual prove reliable similarto normal quick"
    " hard soft open body replace mix persist long consult discretion seek prefer safety data risk test near effect".split()
)

STRANGE, STRANGE_HAN = 0.7, 0.55  # of the weight of a word that is neither an everyday nor a medical one, where it is new
# What tells a medical word: gallstones, 胆囊炎.
_MEDICAL = regex(
    r"(?:itis|osis|emia|aemia|oma|omas|pathy|algia|uria|stones?|syndrome|ectomy|plegia|penia|rrhea|rrhage|cyte|cytes|genic|toxic|cillin|mycin|azole|pril"
    r"|sartan|statin|mab|nib|vir|olol|dipine|ide|ine|ism|ia|trophy|plasia|sclerosis|phobia|lysis)$"
)
_MEDICAL_HAN = frozenset("炎症病癌瘤疹疮痛疼肿血毒疡栓瘫癫痫疾患痒咳喘胀麻聋盲晕吐泻秘痔疣癣疝胎孕乳肝肾心肺脾胃肠脑骨胆胰膀")


def newness(token: Token) -> float:
    """The weight of a word that the source has not: a strange one counts less, for it may be another word for what is there."""
    if token.kind == HAN:
        return token.weight if token.key in _MEDICAL_HAN else token.weight * STRANGE_HAN
    if token.kind == WORD:
        return token.weight if _MEDICAL.search(token.text.lower()) else token.weight * STRANGE
    return token.weight


# Endings of English words, the longest first, and how many letters must stand before them.
_ENDINGS = tuple((ending, 3 if ending in ("ies", "ied") else 5 if ending in ("al", "ic") else 4) for ending in (
    "ations", "atives", "ation", "ative", "ating", "ments", "ingly", "ment", "edly", "ally", "ated", "ates", "ions", "ives",
    "ing", "ies", "ied", "ion", "ive", "ate", "ed", "es", "ly", "al", "ic", "e", "y", "s",
))  # fmt: skip


def stem(word: str) -> str:
    """A Latin word without the endings of English grammar."""
    word = (word_tokens(word) or [word])[0]
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def _placed(tokens: list[Token], folded: Folded, written: str) -> list[Token]:
    """The tokens with the numbers of their clauses and list items; marks inside a token part nothing."""
    text = folded.text
    clauses = [m.start() for m in _CLAUSE.finditer(text)]
    items = [m.start() for m in _ITEM.finditer(text)]
    placed: list[Token] = []
    clause = item = at_clause = at_item = 0
    for token in tokens:
        while at_clause < len(clauses) and clauses[at_clause] < token.start:
            if not placed or clauses[at_clause] >= placed[-1].end or placed[-1].kind not in (AMOUNT, DRUG):
                clause += 1
            at_clause += 1
        while at_item < len(items) and items[at_item] < token.start:
            if not placed or items[at_item] >= placed[-1].end or placed[-1].kind not in (AMOUNT, DRUG):
                item += 1
            at_item += 1
        start, end = folded.span(token.start, token.end)
        placed.append(replace(token, text=written[start:end], clause=clause, item=item))
    return placed


def _named(found: Sequence[Name], folded: Folded) -> list[Name]:
    """The names with their places in the folded text."""
    if not found:
        return []
    where: dict[int, int] = {}
    for at, start in enumerate(folded.starts):
        where.setdefault(start, at)
    last = len(folded.text)
    placed = []
    for name in found:
        begin = where.get(name.start)
        if begin is not None:
            end = next((where[i] for i in range(name.end, name.end + 4) if i in where), last)
            placed.append(replace(name, start=begin, end=max(begin + 1, end)))
    return placed
