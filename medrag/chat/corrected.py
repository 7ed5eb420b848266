"""A turn as it was meant: without what its writer takes back, with ages in figures and turns of speech in plain words."""

from __future__ import annotations

import re
from itertools import pairwise

from medrag.chat.reading import Reader, Reading

__all__ = ["as_meant"]

_TAKES_BACK = re.compile(
    r"(?:[\s,.;…?？!！,，。、—–-]+(?:no|sorry|wait|i mean|i meant|scratch that|(?:or )?rather|不对|不是(?=[,，。、…\s])|[说打写记]错了?|[啊哦]不|我是说)"
    r"(?=[\s,.;…,，。、:：—–-]|$|[㐀-鿿]))+[\s,.;…,，。、:：—–-]*(?:应该)?是?\s*$"
)
_NOT_THAT = re.compile(r"(?:我?(?:说|打|写|记|搞|弄|问)错了[,，。\s]*)?(?:不是|\bnot\b)\s*(?:the )?$")
_BUT = re.compile(r"[\s,，、.;—–-]*(?:而?是|应该是|(?:but|it'?s|i meant?|i said|rather)\b)[\s,，]*(?:the )?|\s*[,，]\s*")
_ENDS = re.compile(r"\W*")
_TO_NINETEEN = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_FIGURES = {word: str(number) for number, word in enumerate(_TO_NINETEEN, 1)} | {
    f"{ten}{'-' if one else ''}{one}": str(10 * at + (_TO_NINETEEN.index(one) + 1 if one else 0))
    for at, ten in enumerate(_TENS, 2)
    for one in ["", *_TO_NINETEEN[:9]]
}
_NUMBERS = "|".join(sorted((word.replace("-", "[ -]") for word in _FIGURES), key=len, reverse=True))
# Whose age a number alone is: my son is five.
_PEOPLE = "he she it mine son daughter boy girl baby kid mum mom mother dad father gran grandma grandpa nan uncle aunt wife husband".split()
_TURNS = (
    " is",
    "'s",
    " turned",
    " turns",
    " will be",
    " is nearly",
    " is almost",
    " just turned",
    "'s nearly",
    "'s almost",
    " is only",
    "'s only",
)
_WHOSE = "|".join(rf"(?<=\b{who}{verb} )" for who in _PEOPLE for verb in _TURNS if (who, verb) != ("it", "'s"))
_OF_AGE = re.compile(
    rf"\b({_NUMBERS})(?=[ -](?:and a half[ -])?(?:years?|months?|weeks?)[ -](?:old|of age|pregnant|along)\b|[ -]?(?:yo|y/o)\b)"
    rf"|\b(?<=i'm )({_NUMBERS})(?= (?:weeks|months)\b)"
    rf"|(?:{_WHOSE})({_NUMBERS})(?=\W*$|[,.;?] | (?:and|now|soon|years?|this|next|but|with)\b)",
    re.IGNORECASE,
)


# An age of a grown person without its unit: 我婆婆八十二了.
_YEARS = re.compile(
    r"(?<=[妈爸亲爷奶公婆姥岳母父伴人夫妻我他她子姨叔])((?:家|这|那)?(?:今年|都|已经|快|也|有|过)*(?:[二三四五六七八九]?十[一二三四五六七八九]?|[2-9]\d|1[0-1]\d))[多来]?(?=了)|(?<=今年)([2-9]\d|[二三四五六七八九]?十[一二三四五六七八九]?)(?=$|[，,。了])"
)


# Turns of speech that no label knows, and what they mean.
_KIN = "(?:mum|mom|mother|dad|father|gran[a-z]*|nan|uncle|aunt|wife|husband|son|daughter|brother|sister|boy|girl|man|woman|lady)(?:[ -]in[ -]law)?"
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
    (re.compile(r"\bnursing\b(?! (?:home|school|degree|staff|student|care|assistant))", re.IGNORECASE), "breastfeeding"),
    *(
        (
            re.compile(
                rf"(?<!breast)(?<!breast[ -])\b{said} (?:my|the|our|a) (?:baby|newborn|infant|daughter|son|little one|child)(?: myself)?(?=\W*$|[,.;])",
                re.IGNORECASE,
            ),
            meant,
        )
        for said, meant in (("feeding", "breastfeeding"), ("(?:feed|nurse)", "breastfeed"))
    ),
    (re.compile(r"^(?:and |so |but )?mine(?:['’]s| is)\b", re.IGNORECASE), "my child is"),
    (
        re.compile(
            r"\b(?:thinking (?:of|about)|talking about|considering|hop(?:e|ing) for|want|wants|would like|like|start(?:ing)?) (?:to have |having |to start |starting )?(?:a|another|some) (?:baby|babies|family|second|child|kids)\b",
            re.IGNORECASE,
        ),
        "planning a pregnancy",
    ),
    (
        re.compile(
            r"\b(forg[eo]t|forgotten|missed|miss|skipped|skip) (?:one|mine|(?:this|last|yesterday|today|tonight)[a-z' ]*['’]s(?: (?:pill|dose|tablet))?|a day)(?=\W*$|[,.?;] )",
            re.IGNORECASE,
        ),
        r"\1 a dose",
    ),
    (re.compile(r"^((?:and |so |then )?how)['’]s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\bquit(?:ting)?(?: it)?(?: cold turkey)?(?=\W*$)", re.IGNORECASE), "stop taking it"),
    (re.compile(r"\b(can|could|may|should) (i|he|she|we|they) have (?=it\b|this\b|that\b)", re.IGNORECASE), r"\1 \2 take "),
    (
        re.compile(
            r"\b((?:s?he|it|mine|son|daughter|baby|kid|child|boy|girl)(?: is|['’]s| turned| just turned)(?: only| just| now| about| almost| nearly)? \d+ (?:months?|weeks?|years?))(?=\W*$|[,.;] | (?:and|now)\b)",
            re.IGNORECASE,
        ),
        r"\1 old",
    ),
    (re.compile(rf"\b({_KIN})(, | \()(\d{{1,3}})(?=\W*$|[,.;)] )", re.IGNORECASE), r"\1\2\3 years old"),
    (
        re.compile(r"\b(?:i['’]m|i am|im) (\d{1,2}) (weeks|months)(?=\W*$|,| (?:now|today)\b)", re.IGNORECASE),
        r"I'm \1 \2 pregnant",
    ),
    *(
        (re.compile(rf"\bin (?:his|her|their|my|the) (?:early |mid[ -]?|late )?{decade}\b", re.IGNORECASE), f"{age} years old")
        for decade, age in (("sixties", 65), ("seventies", 75), ("eighties", 85), ("nineties", 95))
    ),
    (re.compile(r"^(?:no,? )?(?:it['’]?s |this is )?not for me,? (?:but )?(?:it['’]?s |this is )?", re.IGNORECASE), "it's "),
)
_PLAINLY_ZH = (
    (
        re.compile(
            r"([肾肝])(?:脏|功能)*(?:也|都|一直|现在)*(?:(?:不太|不大|不怎么|不是很|不算)(?:好|行|正常)|(?:有点|有些|很|比较)?(?:差|弱|不行|有问题|有毛病|出了?问题))"
        ),
        r"\1功能不好",
    ),
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
    if reading.lang == "en":
        figures = _OF_AGE.sub(lambda match: _FIGURES[match.group().lower().replace(" ", "-")], figures)
        figures = _having(figures, reading)
    for pattern, plainly in _PLAINLY_EN if reading.lang == "en" else _PLAINLY_ZH:
        figures = pattern.sub(plainly, figures)
    if reading.lang == "zh":
        figures = _YEARS.sub(lambda match: f"{match.group(1) or match.group(2)}岁", figures)
    if figures != reading.text:
        reading = reader.read(figures)
    kept = _kept(reading)
    return reading if kept == reading.text else reader.read(kept)


def _having(text: str, reading: Reading) -> str:
    """The text with what somebody is called put as what they have or take: "type 2 diabetic", "gout sufferer here", "digoxin user"."""
    user = _USER.fullmatch(text)
    if user:
        return f"I {'take' if reading.drugs else 'have'} {user.group('what')}"
    return _CALLED.sub(
        lambda match: (
            f"{_HAS[(match.group('who') or '').lower()]} {match.group('kind') or ''}{_ILLS[match.group('ill').lower()]}"
        ),
        text,
    )


_USER = re.compile(
    r"(?:and |also |i'm an? |i am an? )*(?P<what>[a-z][a-z -]{2,30}) (?:sufferer|patient|user)(?: here| too| as well| by the way|,? btw)?[.!]?",
    re.IGNORECASE,
)
_ILLS = {
    "diabetic": "diabetes", "asthmatic": "asthma", "epileptic": "epilepsy", "hypertensive": "high blood pressure", "anemic": "anemia",
    "anaemic": "anaemia", "coeliac": "coeliac disease", "celiac": "celiac disease", "haemophiliac": "haemophilia", "hemophiliac": "hemophilia",
}  # fmt: skip
_HAS = dict.fromkeys(("", "i'm", "i’m", "im", "i am"), "I have") | {
    who: f"{who.split(chr(39))[0].split()[0]} has" for who in ("he's", "he is", "she's", "she is")
}
_CALLED = re.compile(
    rf"(?:\b(?P<who>i['’]m|i am|im|s?he['’]s|s?he is) |^)(?:also |an? )*(?P<kind>(?:type (?:1|2|one|two)|severe|mild) )?"
    rf"(?P<ill>{'|'.join(_ILLS)})(?: here)?(?=\W*$|[,.;!] ?| (?:and|too|but|btw)\b)",
    re.IGNORECASE,
)


def _kept(reading: Reading) -> str:
    """The turn with the name that it comes to in the place of the first that was taken back: "X? I mean Y... no, Z"."""
    drugs = reading.drugs
    for one, other in pairwise(drugs):
        taken_back = _NOT_THAT.search(reading.plain[: one.start])
        if taken_back and _BUT.fullmatch(reading.plain[one.end : other.start]):
            return reading.text[: taken_back.start()] + reading.text[other.start :]
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
