"""Kinds of questions for which passages are weighed differently: open ones, those in a label's own words, and the rest."""

from __future__ import annotations

from medrag.patterns import regex
from medrag.retrieve.understand import Understanding

__all__ = ["LITERAL", "OPEN", "kind_of"]

OPEN = "open"  # names no medicine
LITERAL = "literal"  # put as a label puts it: its words are to be trusted more than what is asked as a rule
MIN_LITERAL = 10  # words of a question that is more than "what is X used for"
_PERSON = regex(
    r"\b(?:i|i'm|im|i've|ive|i'd|i'll|my|me|mine|myself|we|we're|our|ours|us|you|your|u|ur|he|he's|his|him|she|she's|her|mom|dad|hubby)\b"
)
_ASKS = regex(
    r"(?:what|which|why|how|when|where|who|whose|do|does|did|is|are|was|were|has|have|can|could|should|must|may"
    r"|(?:in|for|to|by|at|on|over|through|under|with|after|below|above|between) (?:what|which|whom|how))\b"
)


def kind_of(understanding: Understanding) -> str:
    """The kind by which a profile's ranker keeps its weights: the language, and behind it what else tells.

    A question of the literature on a label is a whole sentence in which no person speaks of himself; only English has such
    questions enough to fit weights for them.
    """
    if not understanding.drugs and not understanding.unknown:
        return f"{understanding.lang} {OPEN}"
    question = understanding.question
    whole = len(question.split()) >= MIN_LITERAL and _ASKS.match(question) is not None
    literal = understanding.lang == "en" and whole and _PERSON.search(question) is None
    return f"{understanding.lang} {LITERAL}" if literal else understanding.lang
