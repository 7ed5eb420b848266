"""A turn as it was meant: without what its writer takes back while writing, and with the ages that words say in figures."""

from __future__ import annotations

import re

from medrag.chat.reading import Reader, Reading

__all__ = ["as_meant"]

_TAKES_BACK = re.compile(
    r"(?:[\s,.;…?？!！,，。、—–-]+(?:no|sorry|wait|i mean|i meant|scratch that|(?:or )?rather|不对|不是(?=[,，。、…\s])|[说打写记]错了?|[啊哦]不|我是说)"
    r"(?=[\s,.;…,，。、:：—–-]|$|[㐀-鿿]))+[\s,.;…,，。、:：—–-]*(?:应该)?是?\s*$"
)
_ENDS = re.compile(r"\W*")
_FIGURES = {
    word: str(number) for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
# Whose age a number alone is: my son is five.
_PEOPLE = "he she it mine son daughter boy girl baby kid".split()
_WHOSE = "|".join(rf"(?<=\b{who}{verb} )" for who in _PEOPLE for verb in (" is", "'s") if (who, verb) != ("it", "'s"))
_OF_AGE = re.compile(
    rf"\b({'|'.join(_FIGURES)})(?=[ -](?:and a half[ -])?(?:years?|months?|weeks?)[ -](?:old|of age)\b|[ -]?(?:yo|y/o)\b)"
    rf"|(?:{_WHOSE})({'|'.join(_FIGURES)})(?=\W*$|[,.;?] )",
    re.IGNORECASE,
)


# An age of a grown person without its unit: 我婆婆八十二了.
_YEARS = re.compile(
    r"(?<=[妈爸亲爷奶公婆姥岳母父伴人夫妻我他她])((?:今年|都|已经|快|也|有|过)*(?:[二三四五六七八九]?十[一二三四五六七八九]?|[2-9]\d|1[0-1]\d)[多来]?)(?=了)"
)


def as_meant(text: str, reader: Reader) -> Reading:
    """The turn read as it was meant. Raises `QuestionError` as `Reader.read` does."""
    reading = reader.read(text)
    if reading.lang == "en":
        figures = _OF_AGE.sub(lambda match: _FIGURES[match.group().lower()], reading.text)
    else:
        figures = _YEARS.sub(r"\1岁", reading.text)
    if figures != reading.text:
        reading = reader.read(figures)
    kept = _kept(reading)
    return reading if kept == reading.text else reader.read(kept)


def _kept(reading: Reading) -> str:
    """The turn with the name that it comes to in the place of the first that was taken back: "X? I mean Y... no, Z"."""
    drugs = reading.drugs
    if len(drugs) < 2 or not _ENDS.fullmatch(reading.plain, drugs[-1].end):
        return reading.text
    at = len(drugs) - 1
    while at > 0 and _TAKES_BACK.search(reading.plain, drugs[at - 1].end, drugs[at].start):
        at -= 1
    if at == len(drugs) - 1:
        return reading.text
    first, following = drugs[at], drugs[at + 1]
    back = _TAKES_BACK.search(reading.plain, first.end, following.start)
    cut = back.start() if back else following.start
    return f"{reading.text[: first.start]}{drugs[-1].name}{reading.text[first.end : cut]}"
