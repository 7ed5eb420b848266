"""Putting names into a question that leaves them out: where a word points back, else where a reader would expect them."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["for_person", "joined", "led", "placed", "placed_illness", "put_in", "within"]

_LEAD_ZH = re.compile(
    r"^(?:(?:医生|大夫|你好|您好|请问|那么?(?!个|种|款|天|次|些)|还有|另外|然后|对了|再问一下|(?:再|顺便)?(?:说一?下|说说|讲讲|讲一?下|介绍一?下|看看|问问)|想问一下|我想问一?下?|我想知道)[,，\s]*)+"
)
_LEAD_EN = re.compile(
    r"^(?:(?:and|so|then|ok|okay|but|now|well|also|hmm|please|(?:what|how) about(?= (?:my |the )?[a-z]+[?. ]*$))\b[,\s]*)+",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[0-9A-Za-z]")
_NEW_CLAUSE = re.compile(r"^(?:我|他|她|孩子|宝宝|如果|要是|因为|我们|老人|\d)")
_END = " ?？.。!！"
# A verb whose object was left out: "should I take before meals?"
_NO_OBJECT = re.compile(
    r"\b(?:take|taking|use|using|give|giving|store|keep|stop|stopping|crush|split|chew|swallow|inject|apply|have|try|buy|get|start|started|starting|stopped|drink|keep taking|quit|quitting|skip)(?: some(?= *$))?(?= *$| (?:before|after|with|without|during|while|when|if|at|in|on|every|for|daily|twice|once|together|or|per|by|as|long|regularly|everyday|now|too|and (?:drive|drink))\b)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\b(?:effects?|dose|doses|dosage|interactions?|contraindications?|warnings?|precautions?|ingredients?|uses?|indications?|half-?life|overdose|strengths?|forms?|generic|names?|price|cost|risks?|benefits?|mechanism|storage|reactions?|symptoms?|causes?|treatments?|side effects|class|schedule|composition|purpose|manufacturer)$",
    re.IGNORECASE,
)


# Asks for something by its name alone: "what are the storage conditions".
_NAMES = re.compile(r"what(?:['’]s| is| are) (?:the|its|their)(?: (?!normal\b|best\b|safe\b)[a-z-]+){1,3}$", re.IGNORECASE)
_WHICH = re.compile(r"which\b|how far apart\b", re.IGNORECASE)
_HOW_MUCH = re.compile(r"how much(?= (?:can|may|should|could|do|does|must|is)\b)", re.IGNORECASE)
# What is asked of the medicine without its "is it": "suitable for seniors?".
_PREDICATE = re.compile(
    r"(?:(?:still|also|really|even) )?(?:safe|suitable|ok|okay|good|fine|allowed|advisable|recommended|harmful|risky|dangerous|necessary|addictive|available)\b(?! (?:to|if|that)\b)",
    re.IGNORECASE,
)
_MAY_STILL = re.compile(r"\b(?:can|may|should|could) (?:i|he|she|we|they)(?: still| also)?$", re.IGNORECASE)
_AFTER = re.compile(r"\b(after|since|before)(?:wards?)?$", re.IGNORECASE)  # "threw up after"
_DRINK = re.compile(r"\b(?:alcohol|wine|beer|coffee|milk|juice|grapefruit|tea|caffeine)$", re.IGNORECASE)


def joined(names: Sequence[str], lang: str) -> str:
    """Names as one would say them: A和B, "A and B"."""
    return "和".join(names) if lang == "zh" else " and ".join(names)


def put_in(text: str, start: int, end: int, words: str) -> str:
    """The text with words in place of `text[start:end]`, which pointed to what they name."""
    said = text[start:end].lower()
    if said.endswith(("'s", "’s")):
        words += " is"
    before = " " if start and _LATIN.match(text[start - 1]) and _LATIN.match(words[:1]) else ""
    after = " " if end < len(text) and _LATIN.match(text[end]) and _LATIN.match(words[-1:]) else ""
    return text[:start] + before + words + after + text[end:]


def placed(text: str, words: str, lang: str) -> str:
    """The text with the words that it leaves out: before a Chinese question, as its topic, and as an English one's object."""
    return _before(text, words) if lang == "zh" else _behind(text, words)


def led(text: str) -> str:
    """A Chinese question without the words that lead it in."""
    return _LEAD_ZH.sub("", text).lstrip(" ,，")


def placed_illness(text: str, words: str, lang: str) -> str:
    """The text with the illness that it leaves out."""
    if lang == "zh":
        return _before(text, words)
    rest = _LEAD_EN.sub("", text).strip()
    body, mark = rest.rstrip(_END), "?" if rest.endswith(("?", "？")) else ""
    return f"{body} {'of' if _OF.search(body) else 'for'} {words}{mark}"


def _before(text: str, words: str) -> str:
    rest = led(text)
    if not rest:
        return words
    between = "，" if _NEW_CLAUSE.match(rest) else " " if _LATIN.match(words[-1:]) and _LATIN.match(rest) else ""
    return f"{words}{between}{rest}"


def _behind(text: str, words: str) -> str:
    rest = _LEAD_EN.sub("", text).strip()
    body = rest.rstrip(_END)
    mark = "?" if rest.endswith(("?", "？")) else ""
    much = _HOW_MUCH.match(body)
    if much and _NO_OBJECT.search(body):
        return f"{much.group()} {words}{body[much.end() :]}{mark}"
    if _PREDICATE.match(body):
        return f"is {words} {body}{mark}"
    if _MAY_STILL.search(body):
        return f"{body} take {words}{mark}"
    after = _AFTER.search(body)
    if after:
        return f"{body[: after.start()]}{after.group(1).lower()} taking {words}{mark}"
    verb = _NO_OBJECT.search(body)
    if verb:
        return f"{body[: verb.end()]} {words}{body[verb.end() :]}{mark}"
    if _OF.search(body):
        return f"{body} of {words}{mark}"
    if _DRINK.search(body):
        return f"{body.removeprefix('with ')} with {words}{mark}"
    if not body:
        return words
    between = ", " if _WHICH.match(body) else " of " if _NAMES.match(body) else " with "
    return f"{body}{between}{words}{mark}"


_CLAUSE = re.compile(r"(?:in|with|while|during|when|on (?=dialysis))\b", re.IGNORECASE)
_I = re.compile(r"\b(can|may|should|could) (?:i|you|we|one|he|she|they)\b", re.IGNORECASE)


_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|takes?)\b", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?:also |still |currently |now )*(?:pregnant|nursing|breast-?\s?feeding|expecting)\b(?! (?:women|woman|people|patients?|mothers?|ladies|lady|girl|mums?|moms?))",
    re.IGNORECASE,
)
_HISTORY = re.compile(r"(?:an? )?(?:\w+ )?(?:history|past|allergy)\b", re.IGNORECASE)


def within(person: str) -> bool:
    """Whether English words for a person are a circumstance that stands behind any question: "in children", "while pregnant"."""
    return _CLAUSE.match(person) is not None


def for_person(text: str, person: str, lang: str) -> str:
    """The question, asked for a person."""
    if lang == "zh":
        return f"{person}，{text}"
    if _ADJECTIVE.match(person):
        person = f"while {person}"
    if within(person):
        return f"{text.strip().rstrip(_END)} {person}" + ("?" if text.strip().endswith("?") else "")
    if _FINITE.search(person):
        return f"{person}. {text.strip()}"
    if _HISTORY.match(person):
        return f"{text.strip().rstrip(_END)} with {person}" + ("?" if text.strip().endswith("?") else "")
    if _I.search(text):
        return _I.sub(lambda match: f"{match.group(1)} {person}", text, count=1)
    rest = text.strip()
    mark = "?" if rest.endswith(("?", "？")) else ""
    return f"{rest.rstrip(_END)} for {person}{mark}"
