"""The words of a question that are left to search for: no names, no cues, none of the words that every question has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from medrag.kb.tokens import tokens
from medrag.patterns import regex

__all__ = [
    "EVERYDAY",
    "FOODS",
    "STOP_WORDS",
    "content_terms",
    "hits_in",
    "is_whole",
    "place_of",
    "speaks_of",
    "stands",
    "subject_spans",
    "subject_words",
    "term_hits",
]

MAX_TERMS = 40  # a pasted case history has thousands; the first ones decide
MANY_WORDS = 4
SHORT_TERM = 4  # letters; med is no beginning of median
_WORD = regex(r"[a-z][a-z\-']{3,}")
_HAN_RUN = regex(r"[a-z0-9]{0,20}[㐀-鿿][㐀-鿿a-z0-9]*")

_ZH_STOP = regex(
    r"请问|你好|您好|[我他她俺](?:妈妈?|爸爸?|爹|娘|爷爷|奶奶|老公|老婆|丈夫|妻子|儿子|女儿|父亲|母亲)|医生|大夫|咨询|帮我|解答|谢谢|麻烦|拜托|一下|知道|朋友|我们?|你们?|您|他们?|她们?|它|自己|老是|最近|感觉|需要|应该|应当|如果|因为|所以|但是|而且"
    r"|或者|还是|还|就是|就|都|也|很|太|再|又|吗|呢|啊|呀|吧|嘛|哦|了|的|地|得|着|过|是|有没有|有|在|和|与|跟|及|或|对于?|关于|被|把|给|让|从|到|向"
    r"|可不可以|能不能|可以|可否|能否|能|会不会|会|要不要|要|不知道|想|咋么样|怎么样|怎么|怎样|如何|什么|啥|哪些|哪种|哪个|哪|谁|为什么|多少|多久|几|吃|服用|服|使用|用|喝|涂|打"
    r"|这个|这种|这款|这|那个|那种|那|个|种|些|点|药品|药物|药|说明书|情况|问题|时候|时|后|前|患者|病人|治疗|一起|一直|已经|以前|现在|说|看|去|来|做|出现|引起"
)
STOP_WORDS = frozenset(
    """a about above across after again all also am an and any are as at be because been before being below between both but by can could did do does doing
    down during each either else ever every few for from further get gets getting give given go goes going good had has have having he her here hers him his
    how i if in into is it its just know let like long made make many may me might more most much must my need needs no nor not now of off often on once only
    or other our ours out over own per please same say see she should since so some such take taken takes taking than that the their them then there these
    they this those through to too took under until up upon us use used uses using very via was we were what when where whether which while who whom whose why
    will with within without would you your yours day days week weeks month months year years time times people person persons patient patients someone anyone
    mother father mum mom dad husband wife
    come comes coming came happen happens happened happening med meds rx okay ok
    film coated extended delayed release solution suspension injection lyophilized drug drugs medicine medicines medication medications pill pills tablet tablets capsule capsules label labels information info available listed described
    recommended reported associated possible potential specific currently taking following regarding according mg mcg ml kg""".split()
)


FOODS = frozenset(
    """酒 酒精 乙醇 白酒 啤酒 红酒 茶 茶叶 绿茶 咖啡 牛奶 豆浆 果汁 葡萄柚 西柚 柚子 葡萄柚汁 西柚汁 水 盐 糖 食物
    alcohol ethanol wine beer tea coffee milk juice grapefruit food water salt sugar""".split()
)

# Words of everyday speech that are also the name of some product, and hardly ever meant for it.
EVERYDAY = frozenset(
    """baby cold flu cough patch works clean allergy allergies sinus pain relief complete strong daytime nighttime day night sleep care fresh skin sun scalp lip lips foot
    hand hands body face acne antacid laxative mineral water stomach eye eyes ear nose throat tooth teeth kids children junior family natural original ultra plus max active calm
    comfort cool ice hot heat cream lotion spray wash soap balm drops gel first defense shield guard clear pure gentle soft sport aid help health healthy life wake
    dry moist daily morning evening summer winter home travel regular extra super fast slow long short total advanced advance basic essential classic formula itch burn burns
    bite bites rash dandruff wart warts corn headache migraine fever nausea gas heartburn constipation diarrhea motion sickness cramps
    surgery anesthesia bronchospasm hepatotoxicity childrens infants adult adults womens mens
    卫生 大巴 太阳 核桃 生精 强身 补肾 止咳 止血 润肺 天水 土豆 苦瓜 抗病毒 抗菌消炎 抗过敏 消炎 止痛 退烧 退热 胡桃肉 定中 正气 癣药 痰饮 感冒清热 遗尿""".split()
)


@lru_cache(maxsize=1)
def _stop_tokens() -> frozenset[str]:
    return STOP_WORDS | {token for word in STOP_WORDS for token in tokens(word)}  # does is cut to doe


def content_terms(text: str, taken: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """The search tokens of what is left of a plain question beside the spans taken and the words all questions share."""
    for start, end in taken:
        text = text[:start] + " " * (end - start) + text[end:]
    left = _ZH_STOP.sub(" ", text)
    found = dict.fromkeys(token for token in tokens(left) if token not in _stop_tokens() and len(token) > 1)
    return tuple(found)[:MAX_TERMS]


def subject_words(text: str, taken: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The words of a plain question that could name its subject, as they stand there: what is left beside stop words and `taken`."""
    for start, end in taken:
        text = text[:start] + " " * (end - start) + text[end:]
    chinese = tuple(run for run in _HAN_RUN.findall(_ZH_STOP.sub(" ", text)) if len(run) > 1)
    return chinese or tuple(text[start:end] for start, end in subject_spans(text, ()))


def subject_spans(text: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where the English words stand that could name the subject of a plain question: no stop words, none taken."""
    return [
        match.span()
        for match in _WORD.finditer(text)
        if match.group() not in STOP_WORDS and not any(start <= match.start() < end for start, end in taken)
    ]


def term_hits(text: str, terms: Sequence[str]) -> int:
    """How many of the terms stand in the text; a Latin term counts where a word begins with it, a short one as a whole word."""
    return hits_in(text.lower(), terms) if terms else 0


def hits_in(lowered: str, terms: Sequence[str]) -> int:
    """The same of a text in lower case."""
    return sum([stands(lowered, term) for term in terms if term in lowered])  # most do not, and looking is quicker than asking


def stands(lowered: str, term: str) -> bool:
    """Whether a term stands in a text in lower case, by the rule of `term_hits`."""
    return place_of(lowered, term) >= 0


def place_of(lowered: str, term: str) -> int:
    """The first place where a term stands in a text in lower case, by the rule of `term_hits`; -1 where it does not."""
    at = lowered.find(term)
    if not term.isascii():
        return at
    while at >= 0 and not is_whole(lowered, at, term):
        at = lowered.find(term, at + 1)
    return at


def is_whole(lowered: str, at: int, term: str) -> bool:
    """Whether a Latin term that is found at a place counts there, by the rule of `term_hits`."""
    if at and lowered[at - 1].isalnum():
        return False
    if len(term) > SHORT_TERM:
        return True
    end = at + len(term)
    tail = lowered[end : end + 2]
    return not tail[:1].isalnum() or (tail[0] == "s" and not tail[1:].isalnum())


def speaks_of(text: str, terms: Sequence[str], hints: Sequence[str]) -> bool:
    """Whether a text speaks of what is asked: it holds more than half of the terms, or many words, or one of the hints."""
    hits = term_hits(text, terms)
    many = hits >= MANY_WORDS and terms[0].isascii()  # of Chinese there are several terms to a word
    return 2 * hits > len(terms) or many or (bool(hints) and term_hits(text, hints) > 0)
