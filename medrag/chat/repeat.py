"""Asking again what was asked last: of another medicine, of another illness, for another person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from medrag.chat import wordings as w
from medrag.chat.asked import for_a_person
from medrag.chat.placing import for_person, joined, placed, put_in
from medrag.chat.reading import Named, Reader, Reading, same_name, without
from medrag.kb.folding import fold
from medrag.retrieve.cues import patient_spans
from medrag.retrieve.forms import FORM

__all__ = [
    "PERSON",
    "again_for_person",
    "again_of_disease",
    "again_with",
    "names_alone",
    "person_alone",
    "takes_alone",
    "tells",
]

_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"(?:和|跟|与|或者?|及|、|还是|以及|\band\b|\bor\b|一起|这个药|这种药|药|换|的|\bthe\b|\binstead\b|\s)+")
# What may be said of a person and is no question.
PERSON = re.compile(
    r"[\d零一二两三四五六七八九十半]+(?:\.\d+)?\s*(?:多|来)?(?:了|周岁|岁半?|个?半?多?月(?:大|龄)?|周|天|公斤|千克|斤|kg)|已?怀?孕(?:了)?|肾功能?(?:不全|不好|减退|受损|衰竭|损害|差)?|肝功能?(?:不全|不好|减退|受损|衰竭|损害|差)?|肾不好|肝不好|透析|肝硬化|肾衰竭?|肌酐清除率|肾小球滤过率|egfr|ccr|儿子|女儿|大人|成人|成年人"
    r"|我|咱|他|她|的|了|是|有|也|已经|已|现在|刚刚?|才|今年|快|大概|左右|多大|女性|男性|女的|男的|女|男|患者|病人|人群?|妇女|妈妈|爸爸|我妈|我爸|老妈|老爸|妈|爸|爷爷|奶奶|外公|外婆|姥姥|姥爷|公公|婆婆|岳父|岳母|母亲|父亲|爱人|老伴|先生|太太|对象|家里?|一个|个|位|老婆|妻子|老公|媳妇|身孕|期|正?在|喂|大|给|吃|用|如果|要是|对于?|体重|年龄|过敏|对|病史|患有?|得过?|史|如|比如|像|这么|那么|小|今天|刚满|满|岁|因为|还|而且|并且|，|,|。"
    r"|\b(?:i'm|im|i've|he's|she's|i|am|is|are|has|have|had|was|my|a|an|the|he|she|he's|she's|we|they|who|someone|somebody|person|people|patients?|women|woman|men|man|male|female|in|of|on|with|now|currently|just|only|turned|years?|yrs?|yr|months?|mos?|weeks?|wks?|days?|old|yo|son|daughter|wife|husband|mother|father|mom|mum|dad|grandma|grandpa|boy|girl|baby|pregnant|pregnancy|during|while|trimester|first|second|third|along|breast|feeding|nursing|mothers?|over|under|older|than|aged?|aged|kg|kilos?|weighs?|weight|severe|mild|moderate|renal|kidneys?|hepatic|liver|impairment|failure|disease|problems?|patient|and|also|me|myself|her|him|them|us|history|allerg\w+|to|diagnosed|about|adults?|very|young|small|little|one|year|s|bad|not|good|poor|weak|dialysis|stage|ckd|egfr|gfr|crcl|creatinine|clearance|humans?|fever)\b|\d+|[-–'’.]"
)


_ALLERGIC = re.compile(r"对[^,，。;；?？]{1,12}?过敏|\ballerg(?:ic|y) to [a-z][a-z -]{2,30}")


def names_alone(reading: Reading) -> bool:
    """Whether a turn says nothing but names: 那布洛芬呢, "and ibuprofen?"."""
    spans = [(name.start, name.end) for name in (*reading.drugs, *reading.ills)]
    return bool(spans) and not _left(without(reading.plain, spans))


def person_alone(reading: Reading) -> str:
    """The words for a person, where a turn says nothing else: 3岁的孩子 in 那3岁的孩子呢; empty where it does."""
    if not (reading.understanding.populations or reading.understanding.ages or _introduces(reading)) or reading.drugs:
        return ""
    told = [match.span() for match in (*_ALLERGIC.finditer(reading.plain), *_WEIGHS.finditer(reading.plain))]
    plain = without(reading.plain, [*patient_spans(reading.plain), *told, *((ill.start, ill.end) for ill in reading.ills)])
    if _left(PERSON.sub(" ", _bare(plain))):
        return ""
    return _said(reading.text)


def telling(words: str, reader: Reader) -> str:
    """The clause that tells of a person, where it is the only one that does and others ask the same as before: 也这么吃吗."""
    clauses: list[str] = [clause.strip() for clause in _CLAUSE.findall(words) if clause.strip()]
    told = [clause for clause in clauses if person_alone(reader.read(clause))]
    return told[0] if len(told) == 1 and len(clauses) > 1 else words


def takes_alone(reading: Reading) -> bool:
    """Whether a turn says nothing but which medicines somebody takes."""
    rest = without(reading.plain, [(drug.start, drug.end) for drug in reading.drugs])
    return not _left(PERSON.sub(" ", _TAKES.sub(" ", rest)))


_TAKES = re.compile(
    r"在吃|在用|在服用?|正在|一直|平时|每天|长期|目前|同时|还|吃着|服用?|使用|口服|打着?|\b(?:taking|on|take|using|currently|already|been|also)\b"
)


_WEIGHS = re.compile(r"\d+(?:\.\d+)?\s*(?:公斤|千克|斤|kg\b|kilos?\b)")
_OF_SOMEBODY = re.compile(
    r"(?<![一-龥])(?:那|那么)?我(?:自己|本人)?(?:呢|$)|(?:我|他|她)自己|(?:老婆|老公|妻子|丈夫|媳妇|爱人|妈妈?|爸爸?|父亲|母亲|爷爷|奶奶|外公|外婆)呢|\bmy (?:wife|husband|partner|mother|father|mom|mum|dad|grandm\w+|grandp\w+)\b|\d\s*(?:公斤|千克|kg\b)|过敏|大人|成人|成年人|男性|女性|\ballerg|\badults?\b|\bhumans?\b|\b(?:over|under) \d+\b|(?:^|\babout |\band |\bfor )(?:me|myself)\b|\begfr\b|清除率|滤过率"
)


def _introduces(reading: Reading) -> bool:
    return _OF_SOMEBODY.search(reading.plain) is not None or bool(
        reading.ills
        and (
            _SICK.match(reading.plain, reading.ills[-1].end)
            or (not w.asks(reading.plain) and re.search(r"有|患|得了|\bhave\b|\bhas\b|\bhad\b", reading.plain))
        )
    )


_SICK = re.compile(r"的?(?:患者|病人|人(?!群))| patients?\b")


def again_with(whole: Reading, names: Sequence[str], focus: str, reader: Reader) -> str:
    """The last question of other medicines; where it asked what to take for an illness, whether they may be taken for it.

    `focus` is the medicine that is talked about, where one was before another joined it: it stays.
    """
    last = _asked_in(whole, reader)
    words = joined(names, last.lang)
    if not last.drugs:
        return _for_illness(last, words)
    taken_with = _taken_with(last, names)
    if taken_with is not None:
        return last.text[: taken_with[0]] + words + last.text[taken_with[1] :]
    if len(names) >= len(last.drugs) or len(last.drugs) == 1:
        first, *others = last.drugs
        text = last.text
        for drug in reversed(others):
            text = text[: drug.start].rstrip("和跟与、或 ") + text[drug.end :] if len(names) >= len(last.drugs) else text
        return text[: first.start] + words + text[first.end :]
    replaced = _replaced(last, names[0], focus)
    return last.text[: replaced.start] + words + last.text[replaced.end :]


def _asked_in(whole: Reading, reader: Reader) -> Reading:
    """The sentence of a long question that asks, where it names what it asks of and others before it name more medicines."""
    parts = [part for part in _SENTENCES.split(whole.text) if part.strip()]
    if len(parts) < 2:
        return whole
    last = reader.read(parts[-1])
    return last if last.drugs and len(last.drugs) < len(whole.drugs) and w.asks(last.plain) else whole


def _taken_with(last: Reading, names: Sequence[str]) -> tuple[int, int] | None:
    """Where a question names what its one medicine is taken with, and that is what makes way: a class of medicines for one, coffee for iron.

    What is eaten or drunk with anything stays, else: it was asked about, of whatever medicine.
    """
    if len(last.drugs) != 1 or len(names) != 1:
        return None
    match = _WITH_WHAT.search(last.plain, last.drugs[0].end)
    if match is None or any(match.start("what") < ill.end and ill.start < match.end("what") for ill in last.ills):
        return None
    eaten = _EATEN.search(match.group("what")) is not None
    known = not eaten and not any(word in match.group("what") for word in last.understanding.left)
    return None if known or (eaten and not _MINERAL.search(names[0].lower())) else match.span("what")


_WITH_WHAT = re.compile(
    r"(?:(?:和|跟|与|同)|\b(?:with|and|alongside) (?:the |my )?)"
    r"(?P<what>[㐀-鿿]{1,6}?(?=一起|一块|同时|同服|合用|能|可以|[?？]|$)|[a-z][a-z-]*(?: [a-z-]+)?(?=\W*$))"
)
_EATEN = re.compile(
    r"酒|饭|餐|食|茶|咖啡|奶|豆浆|果汁|柚|\b(?:alcohol|wine|beer|food|meals?|breakfast|dinner|lunch|water|coffee|tea|milk|juice|grapefruit|dairy|caffeine)\b"
)
_MINERAL = re.compile(
    r"钙|铁|锌|镁|维生素|抗酸|\b(?:calcium|iron|zinc|magnesium|vitamins?|multivitamins?|antacids?|supplements?)\b"
)


_SENTENCES = re.compile(r"[。！？!?\n]|(?<=[a-z])\.\s|(?=请问|想问|我想知道)")


def _replaced(last: Reading, name: str, focus: str) -> Named:
    """Which of the medicines of a question another takes the place of: its like, else the one that joined what was talked about.

    Names say what is alike, as medicines of a kind end alike: 阿托伐他汀 and 辛伐他汀, pantoprazole and omeprazole.
    """
    alike = max(last.drugs, key=lambda drug: (_common_end(drug.name, name), drug.start))
    if _common_end(alike.name, name) >= (ALIKE_ZH if _HAN.search(name) else ALIKE_EN):
        return alike
    return next((drug for drug in reversed(last.drugs) if not same_name(drug.name, focus)), last.drugs[-1])


def _common_end(one: str, other: str) -> int:
    one, other = (FORM.sub("", fold(name)) for name in (one, other))
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(reversed(one), reversed(other), strict=False)))


ALIKE_ZH = 2  # characters that the names of medicines of a kind end with
ALIKE_EN = 4
_HAN = re.compile(r"[㐀-鿿]")


def _for_illness(last: Reading, words: str) -> str:
    """A question that names no medicine, of medicines: whether they are for the illness that it is about."""
    if w.MORE_DRUGS.search(last.plain):
        return f"能吃{words}吗" if last.lang == "zh" else f"can I take {words}?"
    if last.ills:
        ill = last.ills[0].name
        return f"{ill}能用{words}吗" if last.lang == "zh" else f"can {words} be used for {ill}?"
    pointer = w.ONE.search(last.plain)
    if pointer:
        return put_in(last.text, *pointer.span(), words)
    taken = _TAKEN.search(last.plain)
    if taken and not re.search(r"什么|啥|哪|药|多|几", taken.group(1)):
        return last.text[: taken.start(1)] + words + last.text[taken.end(1) :]
    return placed(last.text, words, last.lang)


_TAKEN = re.compile(r"(?:吃|服用|用|服|喝)([㐀-鿿a-z]{2,8}?)(?=吗|么|呢|$|[?？])")  # 头孢 of 能吃头孢吗, a class of medicines


def again_of_disease(last: Reading, ill: str) -> str:
    """The last question of another illness."""
    if last.ills:
        old = last.ills[0]
        return last.text[: old.start] + ill + last.text[old.end :]
    return f"{ill}，{last.text}" if last.lang == "zh" else f"{last.text.rstrip('?. ')} for {ill}?"


def tells(reading: Reading) -> bool:
    """Whether an English turn tells of somebody in a sentence: "what if I'm pregnant?"."""
    return reading.lang == "en" and _SENTENCE.search(reading.plain) is not None


def again_for_person(last: Reading, person: str, turn: Reading) -> str:
    """The last question for another person; the words for the earlier one make way."""
    spans = _persons(last)
    if last.lang == "en" and _SENTENCE.search(turn.plain):  # "I have kidney disease": the slots say it in fewer words
        text = last.text
        for start, end in reversed(spans):
            text = f"{_DURING.sub('', text[:start].rstrip()).rstrip()} {text[end:].lstrip()}"
        text = _NOBODY.sub(r"\1 I ", text)
        if _I_AM.match(turn.plain):
            text = _THEY.sub(lambda match: f"{match.group(1)} I", text)
        text = _LOOSE.sub(r"\1", text)
        known = for_a_person(last) and (turn.understanding.populations or turn.understanding.ages or turn.ills)
        return text.strip(" .,") if known else f"{person}. {text.strip(' .,')}"
    if last.lang == "en" and not spans and _FINITE.search(person):
        return f"{person}. {last.text}"
    if not spans and _MYSELF.fullmatch(person) and _THIRD.search(last.text):
        return _THIRD.sub("我", last.text)
    if not spans and last.lang == "zh" and last.drugs and last.drugs[0].start == 0 and not _CLAUSE_BEGINS.match(person):
        end = last.drugs[0].end
        return last.text[:end] + person + last.text[end:]
    if not spans:
        return for_person(last.text, person, last.lang)
    (start, end), *others = spans
    text = last.text
    for at, to in reversed(others):  # 我老公75岁，有肝硬化，…: all that was said of the one makes way for the other
        text = text[:at].rstrip("，, ") + ("，" if at > end and last.lang == "zh" else " ") + text[to:].lstrip("，, ")
    text = text[:start] + person + text[end:]
    return _THIRD.sub("我", text) if _MYSELF.match(person) else text


_LOOSE = re.compile(r" +([,.?])")
_NOBODY = re.compile(r"\b(can|could|should|may) (?=(?:take|have|use|be)\b)", re.IGNORECASE)  # "can kids take" without the kids
_I_AM = re.compile(r"(?:(?:and|or|so|what about|what if|how about|but|me)\b[ ,]*)*(?:i|i'm|i've)\b")
_THEY = re.compile(r"\b(can|could|should|may|will|does|is) (?:he|she|they)\b", re.IGNORECASE)
_MYSELF = re.compile(r"我(?!.*(?:孩|儿|女|妈|爸|老))")
_THIRD = re.compile(r"[他她](?!们|汀|命|莫|克|唑)")


_SENTENCE = re.compile(
    r"\b(?:i|we|he|she|they|my \w+) (?:only |just |also |already |still |now |both )?(?:am|is|are|aren't|isn't|has|have|had|turned|weighs?)\b|\b(?:i'm|i've|we're|he's|she's)\b|\bmy \w+'s (?:in|on|got|only|just|a|an|\d+)\b"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had)\b|['’]s (?:on|at|in|very|too|been|bad|poor|low|high|shot|failing|weak)\b"
)
_CLAUSE_BEGINS = re.compile(r"我|咱|他|她|对|有|[^,，]*[,，]|[a-z]")
_DURING = re.compile(r"\b(?:while|when|during|in|for|if|to)(?: (?:a|an|the|my))?$", re.IGNORECASE)


_GROWN = re.compile(r"大人|成年人|成人|\badults?\b|\bhumans?\b|(?<!pregnant )(?<!nursing )(?<!feeding )\b(?:women|men)\b")
_CLAUSE = re.compile(r"[^,，。;；?？!！.]+")


def _persons(last: Reading) -> list[tuple[int, int]]:
    """Where the last question names a person: a whole clause where that says nothing else, else the words alone."""
    found: list[tuple[int, int]] = []
    sick = [(ill.start, match.end()) for ill in last.ills if (match := _SICK.match(last.plain, ill.end))]
    spans = sorted([*patient_spans(last.masked), *sick, *(match.span() for match in _GROWN.finditer(last.masked))])
    for clause in _CLAUSE.finditer(last.plain):
        inside = [span for span in spans if clause.start() <= span[0] and span[1] <= clause.end()]
        if not inside:
            continue
        if not _left(PERSON.sub(" ", without(last.plain, inside)[clause.start() : clause.end()])):
            found.append(clause.span())
        else:
            found.append(_widened(last.plain, inside[0]))
    return found


def _widened(plain: str, span: tuple[int, int]) -> tuple[int, int]:
    """The words for a patient with what describes them: pregnant women, 3岁的孩子."""
    before = re.search(
        r"(?:[\d零一二两三四五六七八九十半]+\s*(?:周岁|岁半?|个?半?月(?:大|龄)?)的?|我?家?的?|\b(?:my|a|an|the) (?:\d+[\s-](?:years?|months?)[\s-]old )?)$",
        plain[: span[0]],
    )
    behind = re.match(r"的?(?:妇女|女性|患者|病人|人)| (?:women|woman|people|patients|mothers?|persons?)\b", plain[span[1] :])
    end = span[1] + (behind.end() if behind else 0)
    age = _AGED.match(plain, end)
    return (before.start() if before else span[0], age.end() if age else end)


_AGED = re.compile(r"(?:今年|才|已经|刚满?|快)?[\d零一二两三四五六七八九十半]+(?:\.\d+)?(?:个)?(?:周岁|岁半?|半?月大?)了?")


def _bare(plain: str) -> str:
    return w.TAILS.sub("", w.LEADS.sub("", plain.strip()).strip()).strip()


def _said(text: str) -> str:
    """The words of a turn without those that lead in and out of it, letters as they were typed."""
    lower = text.lower()
    if len(lower) != len(text):
        text = lower
    me = _ME_FIRST.match(lower)
    if me:
        text, lower = text[me.end() :], lower[me.end() :]
    lead = w.LEADS.match(lower)
    start = lead.end() if lead else 0
    tail = w.TAILS.search(lower, start)
    where = _WHERE.search(lower[:start])
    return text[where.start(1) if where else start : tail.start() if tail else len(text)].strip(" ,，。.?？!！")


_ME_FIRST = re.compile(r"(?:那么?)?我(?:自己)?呢[,，?？。 ]+(?=\S)|(?:and |what about |how about )?me[?,.] *(?=\S)")
_WHERE = re.compile(r"\b((?:in|with|while|during|when)\b[,\s]*)$")


def _left(text: str) -> str:
    """What is left of a turn beside the words that lead in and out and join."""
    return "".join(_WORD.findall(_BETWEEN.sub(" ", _bare(text))))
