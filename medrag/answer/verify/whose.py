"""Whose level, half-life or effect is changed, and what acts on what: A raises the level of B is not B raises that of A.

A property of a medicine (its level, half-life, clearance, toxicity, effect) has an owner: the names that stand right before
it, or behind `of`. Where the sentence gives a property to one of its names, a claim that gives it to another is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medrag.answer.verify.faults import Fault
from medrag.answer.verify.names import same_name
from medrag.answer.verify.reading import DRUG, Token
from medrag.patterns import regex

__all__ = ["reversed_roles"]

NAMED = 1.0  # weight of words that name something: NSAIDs, but not `the`
REACH = 40  # characters before or behind a property in which its owner stands
_PROPERTIES = {
    "level": r"血药浓度|血[浆清]?(?:中)?(?:浓度|水平)|浓度|\b(?:levels?|concentrations?|cmin|cmax|auc|exposure|free fraction|trough)\b",
    "half-life": r"半衰期|\bhalf-li(?:fe|ves)\b",
    "clearance": r"清除率?|代谢|排泄|\b(?:clearance|elimination|metabolism|excretion)\b",
    "toxicity": r"毒性|\btoxicity\b",
    "effect": r"(?:药效|疗效|作用|效应|活性)(?!机制|时间)|\b(?:effects?|activity|efficacy)\b",
}
_PROPERTY = regex("|".join(f"(?P<p{at}>{pattern})" for at, pattern in enumerate(_PROPERTIES.values())))
# Where the words before a property stop being its owner's.
_EDGE = regex(
    r".*(?:增[加强高]|升高|提高|降低|减[少弱低]|延长|缩短|影响|抑制|促进|改变|加[快强重]|使|令|让|可|会|能|合用|同用|并用|同服|时|后(?!者)|[,，。;；:]"
    r"|\b(?:\w*(?:increas|decreas|reduc|rais|elevat|lower|prolong|shorten|enhanc|potentiat|affect|alter|chang|inhibit|cut|push|caus)\w*|can|may|will|and|or|in|when|by|with|that)\b)"
)
_OF = regex(r"\s+(?:of|(?<=exposure )to)\s+(?:the\s+)?")
_BEHIND = regex(r"[,.;]|\b(?:by|for|when|with|in|is|are|was|were|and|can|may|rose|fell)\b")
_PRONOUN = regex(r"后者|前者|其|它|二者|两者|\b(?:its|their|the latter|the former|either|both|each)\b")
_OWN = regex(r"[本该此](?:品|药)|\bth(?:is|e) (?:drug|product|medicine)\b")
_NOUN = regex(r"[一-鿿]{2}|[a-z]{4}")
_GENERIC = regex(
    r"\b(?:the|plasma|serum|blood|steady-state|steady|state|mean|peak|trough|renal|total|of|systemic)\b|血浆|血清|血液?|的|稳态|峰"
)
_PASSIVE = regex(r"被(?P<by>[^,，。;；]{1,24}?)(?:所)?(?P<verb>破坏|抑制|灭活|分解|中和|置换|吸附|氧化|还原|水解)")
_TURNED = regex(r"[被由受遭]")


@dataclass(frozen=True, slots=True)
class _Owned:
    """A property, and the stretch of text in which its owner stands."""

    kind: str
    start: int
    end: int
    text: str


def reversed_roles(
    claim: Sequence[Token], text: str, sentence: Sequence[Token], begin: int, stated: str, subject: frozenset[str]
) -> Iterator[Fault]:
    """The properties that the claim gives to another name than the sentence does, and what it makes of a passive.

    `text` is the claim's folded text and `stated` the sentence's, which begins at `begin` of the text that its tokens count in;
    `subject` are the names of the label's own medicine.
    """
    theirs = list(_owned(stated))
    for mine in _owned(text):
        kin = [one for one in theirs if one.kind == mine.kind]
        if not kin or _PRONOUN.search(mine.text) or _OWN.search(mine.text):
            continue
        fault = _other_owner(mine, kin, claim, sentence, begin, subject)
        if fault is not None:
            yield fault
            return
    yield from _made_active(claim, text, stated, subject)


def _owned(text: str) -> Iterator[_Owned]:
    for match in _PROPERTY.finditer(text):
        kind = match.lastgroup or ""
        of = _OF.match(text, match.end())
        if of is not None:
            stop = _BEHIND.search(text, of.end())
            end = min(stop.start() if stop else len(text), of.end() + REACH)
            yield _Owned(kind, of.end(), end, text[of.end() : end])
            continue
        first = max(0, match.start() - REACH)
        edge = _EDGE.match(text, first, match.start())
        start = edge.end() if edge else first
        if _NOUN.search(_GENERIC.sub(" ", text[start : match.start()])):
            yield _Owned(kind, start, match.start(), text[start : match.start()])


def _other_owner(
    mine: _Owned, kin: Sequence[_Owned], claim: Sequence[Token], sentence: Sequence[Token], begin: int, subject: frozenset[str]
) -> Fault | None:
    """The fault where the claim's owner is a name that the sentence has in another part, or the label's own medicine."""
    names = [t for t in sentence if t.kind == DRUG and t.name]
    owners = [t for t in names for one in kin if one.start <= t.start - begin < one.end]
    latter = any(re.search("后者|the latter", one.text) for one in kin)
    if latter:
        owners += [t for t in names if t.name and t.name.keys.isdisjoint(subject)]
    vague = any(_PRONOUN.search(one.text) and not re.search("后者|the latter", one.text) for one in kin)
    own = any(_OWN.search(one.text) for one in kin)
    claimed = [t for t in claim if t.kind == DRUG and t.name and mine.start <= t.start < mine.end]
    if vague or any(_is_among(t, owners) for t in claimed):
        return None
    for token in claimed:
        is_subject = token.name is not None and not token.name.keys.isdisjoint(subject)
        if (is_subject and own) or (is_subject and not owners):
            continue
        if is_subject or _is_among(token, names):
            return Fault("meaning", owners[0].text if owners else kin[0].text.strip(), token.text, against=True)
    # The sentence's owner stands in the claim, and not as the owner: lithium raises the levels of others.
    elsewhere = [t for t in claim if t.kind == DRUG and not mine.start <= t.start < mine.end and _is_among(t, owners)]
    said = sum(t.weight for t in claim if mine.start <= t.start < mine.end)
    if not claimed and elsewhere and len(kin) == 1 and said >= NAMED:
        return Fault("meaning", owners[0].text, mine.text.strip(), against=True)
    return None


def _is_among(token: Token, others: Sequence[Token]) -> bool:
    return any(token.name and other.name and same_name(token.name, other.name) for other in others)


def _made_active(claim: Sequence[Token], text: str, stated: str, subject: frozenset[str]) -> Iterator[Fault]:
    """What is destroyed by something, in a claim that lets it destroy that."""
    passive = _PASSIVE.search(stated)
    if passive is None or _TURNED.search(text):
        return
    at = text.find(passive.group("verb"))
    by = passive.group("by")
    pieces = {by[i : i + 2] for i in range(len(by) - 1)} | set(re.findall("[一-鿿]", by) if len(by) < 3 else ())
    before, after = text[: max(at, 0)], text[at + len(passive.group("verb")) :]
    acts = any(t.kind == DRUG and t.name and t.end <= at and not t.name.keys.isdisjoint(subject) for t in claim)
    suffers = any(piece in after for piece in pieces) and not any(piece in before for piece in pieces)
    if at >= 0 and acts and suffers:
        yield Fault("meaning", passive.group(), text[at : at + len(passive.group("verb"))], against=True)
