"""A turn as it was meant: without what its writer takes back, with ages in figures and turns of speech in plain words."""

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
    r"(?<=[妈爸亲爷奶公婆姥岳母父伴人夫妻我他她子姨叔])((?:家|这|那)?(?:今年|都|已经|快|也|有|过)*(?:[二三四五六七八九]?十[一二三四五六七八九]?|[2-9]\d|1[0-1]\d)[多来]?)(?=了)|(?<=今年)([2-9]\d)(?=$|[，,。])"
)


# Turns of speech that no label knows, and what they mean.
_PLAINLY_EN = (
    (re.compile(r"\bon the pill\b", re.IGNORECASE), "on birth control pills"),
    (
        re.compile(
            r"\b(?:planning|trying|hoping|wanting|wants?|plan|try|hope) (?:for|to have|on having)? ?(?:a|another) (?:baby|child|kid)\b",
            re.IGNORECASE,
        ),
        "planning a pregnancy",
    ),
    (re.compile(r"^(?:and |so |we're |we are )?planning a pregnancy", re.IGNORECASE), "I'm planning a pregnancy"),
    (re.compile(r"\b(?:a )?(?:baby|little one) on the way\b", re.IGNORECASE), "pregnant"),
    (
        re.compile(r"\bi drink(?=\W*$| (?:every|a lot|daily|heavily|most|too|quite|regularly)\b)", re.IGNORECASE),
        "I drink alcohol",
    ),
    (re.compile(r"\blittle (?:one|girl|boy)\b", re.IGNORECASE), "child"),
    (
        re.compile(r"\b(?:i['’]m|i am|im) (\d{1,2}) (weeks|months)(?=\W*$|,| (?:now|today)\b)", re.IGNORECASE),
        r"I'm \1 \2 pregnant",
    ),
    *(
        (re.compile(rf"\bin (?:his|her|their|my|the) {decade}\b", re.IGNORECASE), f"{age} years old")
        for decade, age in (("sixties", 65), ("seventies", 75), ("eighties", 85), ("nineties", 95))
    ),
    (re.compile(r"^(?:no,? )?(?:it['’]?s |this is )?not for me,? (?:but )?(?:it['’]?s |this is )?", re.IGNORECASE), "it's "),
)
_PLAINLY_ZH = (
    (re.compile(r"喝(?:上|个)?(?:[两几一]口|[两几]杯|点?小酒)(?!水)"), "喝酒"),
    (re.compile(r"(?:想|准备|打算|计划|正?在)要(?:个|二胎)?(?:孩子|宝宝|小孩|娃|二胎)"), "备孕"),
    (re.compile(r"^我?不是(?:要|想|问)[^,，]{1,12}[,，]\s*(?:我)?(?:就|只|而)?是?(?:想|要)?(?:知道|问问?|了解)(?:一下)?"), ""),
    (re.compile(r"上了?(?:岁数|年纪)(?:的?(?:老人|人))?"), "老年人"),
    (re.compile(r"肚子?里(?:有|怀)了?(?:个|二)?(?:宝宝|孩子|娃|胎)了?"), "怀孕了"),
    (
        re.compile(
            r"^不是(?:给)?(?:我|本人)(?:自己)?(?:要)?(?:吃|用|喝|服)?(?:的)?[，, ]*(?:而?是|给)(?:给)?(?=[我孩老他她儿女娃宝婆公])"
        ),
        "",
    ),
)


def as_meant(text: str, reader: Reader) -> Reading:
    """The turn read as it was meant. Raises `QuestionError` as `Reader.read` does."""
    reading = reader.read(text)
    figures = reading.text
    for pattern, plainly in _PLAINLY_EN if reading.lang == "en" else _PLAINLY_ZH:
        figures = pattern.sub(plainly, figures)
    if reading.lang == "en":
        figures = _OF_AGE.sub(lambda match: _FIGURES[match.group().lower()], figures)
    else:
        figures = _YEARS.sub(lambda match: f"{match.group()}岁", figures)
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
