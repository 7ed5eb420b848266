"""The person a conversation is about, as the user's own words say: age, sex, pregnancy, kidneys, allergies, other medicines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medrag.chat.reading import Named, Reading
from medrag.chat.slots import Person, Slots
from medrag.chat.wordings import AFTER_TAKING, DENIED, IN_PATIENTS, asks
from medrag.retrieve.cues import Population
from medrag.retrieve.quantities import chinese_number
from medrag.types import Patient, Sex

__all__ = ["Said", "merged", "said_of_person"]

_NUMBER = r"(\d{1,3}(?:\.\d+)?|[零一二两三四五六七八九十]{1,3})"
# Who is spoken of; the first that stands in the turn counts.
_WHO = (
    (
        Person.CHILD,
        r"(?:我|咱)?(?:家|的)?(?:孩子|小孩|宝宝|宝贝|儿子|女儿|闺女|小子|娃|孙子|孙女|外孙)|\b(?:my|our) (?:(?:little|youngest|oldest|eldest|younger|older|\d+[\s-]*(?:years?|months?|weeks?|yr|mo)[\s-]*old) )?(?:son|daughter|child|kids?|baby|boy|girl|toddler|infant|little one|grandson|granddaughter|grandchild|grandkid|newborn|teen(?:ager)?)\b|\b(?:my|our) (?:\d|1\d)[\s-]*(?:years?|yrs?|months?|weeks?)[\s-]*olds?\b|\b(?:he|she|mine)(?: is|['’]s) (?:only |just |now )?\d+ (?:months?|weeks?)\b(?! (?:pregnant|along))",
    ),
    (
        Person.PARENT,
        r"(?:我|咱)?(?:家|的)?(?:妈妈|母亲|爸爸|父亲|老妈|老爸|我妈|我爸|爷爷|奶奶|外公|外婆|姥姥|姥爷|婆婆|公公|岳父|岳母|丈母娘|老人家|老太太|老爷子)|\b(?:my|our) (?:elderly )?(?:mom|mum|mother|dad|father|parents?|gran(?:ny|d?(?:ma|pa|dad)|d(?:mother|father))?|nana?|aunt(?:ie)?|uncle|mother[ -]in[ -]law|father[ -]in[ -]law)\b",
    ),
    (
        Person.PARTNER,
        r"(?:我|咱)?(?:家|的)?(?:老婆|妻子|媳妇|爱人|老公|丈夫|老伴|对象|女朋友|男朋友)|\bmy (?:wife|husband|hubby|partner|girlfriend|boyfriend|spouse|fianc[eé]e?)\b",
    ),
    (
        Person.SELF,
        r"我(?:自己|本人)?(?:能|可以|也|呢|是(?!想|问)|有|对|怀|在|正|今年|\d|患|得了|吃|用|服|要吃|该吃|肾|肝|现在|刚|没|重度|中度|轻度|严重|慢性|血)|本人|我自己"
        r"|我(?!们|给|帮|想|问|觉得|担心|怕|看|听)[^,，。;；?？!！]{0,8}?(?:痛|疼|晕|吐|发烧|发热|咳|痒|肿|麻|喘|闷|难受|不舒服|不适|出血|流血|心慌|心悸|抽筋|失眠|睡不着|拉肚子|腹泻|便秘|恶心|乏力|疹|感冒)"
        r"|\b(?:can|may|should|could) i (?:still |also |safely )?(?:take|use|have|drink|eat|stop|start)\b|\bi(?:'m| am|'ve| have| take| was)\b|\bi (?:can't|cannot|feel|felt|took|just|got|keep)\b|\bmyself\b|\bmy (?:age|weight|egfr|kidneys?|liver|chest|heart|head|stomach|belly|back|throat|skin|face|tongue|lips?|eyes?|muscles?|joints?|ankles?|legs?|arms?|hands?|feet)\b|\b(?:about|for) me\b|^(?:and |so )?me\b",
    ),
)  # fmt: skip
_SEX = (
    (
        Sex.FEMALE,
        r"女性|女[,，。 ]|女$|女儿|闺女|孙女|妈妈|母亲|老妈|我妈|奶奶|外婆|姥姥|婆婆|岳母|老婆|妻子|媳妇|女朋友|女士|\b(?:female|woman|lady|girl|daughter|granddaughter|niece|mom|mum|mother|wife|gran|granny|nana?|grandma|grandmother|aunt(?:ie)?|girlfriend)\b",
    ),
    (
        Sex.MALE,
        r"男性|(?<![一-龥])男[,，。 ]|儿子|孙子|爸爸|父亲|老爸|我爸|爷爷|外公|姥爷|公公|岳父|老公|丈夫|男朋友|男士|\b(?:male|man|guy|boy|son|grandson|nephew|dad|father|husband|grandpa|gran?ddad|grandfather|uncle|boyfriend)\b",
    ),
)
_NOT = r"(?:没有?|未|不是|并没有?|还没有?)"
_NOT_PREGNANT = re.compile(rf"{_NOT}(?:怀孕|怀上|孕)|不是孕妇|\b(?:not|n't|never been) (?:currently |now )?pregnant\b")
_NOT_NURSING = re.compile(
    rf"{_NOT}(?:在)?(?:哺乳|喂奶|母乳)|\b(?:not|n't) (?:currently |now )?(?:breast-?\s?feeding|nursing|lactating)\b"
)
_TRYING = re.compile(r"备孕|准备怀孕|想怀孕|打算怀孕|计划怀孕|trying to conceive|\bttc\b|避孕|contracept|birth control")
# A person is introduced, not only asked about in general: "我怀孕了", "I'm pregnant", but not "孕妇能吃吗".
_PREGNANT_SAID = re.compile(
    rf"怀孕了?(?:已?经?{_NUMBER}|了)|(?:我|老婆|妻子|媳妇|女儿|爱人).{{0,6}}(?:怀孕|怀上|有喜|孕妇|孕[早中晚]期|孕{_NUMBER})|怀(?:了|着)(?:宝宝|孩子|孕|二胎)|孕(?:期|妇)?[,，]?(?:已)?{_NUMBER}(?:周|个?月)"
    r"|\b(?:i'm|i am|im|she's|she is|wife is|daughter is|currently|now|am) (?:\w+ (?:weeks?|months?) )?(?:pregnant|expecting)\b|\bwhile i'm pregnant\b|\b\d+ (?:weeks?|months?) (?:pregnant|along)\b|\bmy pregnancy\b|\bin my (?:first|second|third) trimester\b"
)
_NURSING_SAID = re.compile(
    r"(?:我|老婆|妻子|媳妇).{0,6}(?:哺乳|喂奶|母乳|坐月子)|(?:正|还)?在(?:哺乳|喂奶|喂母乳)|\b(?:i'm|i am|im|she's|she is|am|still|currently) (?:still |currently )?(?:breast-?\s?feeding|nursing|lactating)\b|\bi (?:breast-?\s?feed|nurse)\b"
)
_MONTHS = re.compile(
    rf"(?:孕|怀孕|怀了?|有喜).{{0,4}}?{_NUMBER}\s*个?(半)?多?(?:月|周)|{_NUMBER}\s*个?多?(?:月|周)(?:的)?(?:身孕|孕妇|孕期)"
)
_WEEKS = re.compile(r"(?:孕|怀孕).{0,4}?" + _NUMBER + r"\s*周|" + _NUMBER + r"\s*周(?:的)?(?:身孕|孕妇|孕期)")
_ALONG = re.compile(r"\b(\d{1,2}) (weeks?|months?) (?:pregnant|along)\b")
_TRIMESTERS = (
    (1, r"孕早期|早孕|怀孕早期|妊娠早期|头三个月|\b(?:first|1st) trimester\b|\bearly pregnancy\b"),
    (2, r"孕中期|怀孕中期|妊娠中期|\b(?:second|2nd) trimester\b"),
    (3, r"孕晚期|怀孕晚期|怀孕后期|妊娠晚期|\b(?:third|3rd|last) trimester\b|\blate pregnancy\b"),
)
_FIRST_WEEKS, _SECOND_WEEKS = 13, 27  # the last weeks of the first and second trimester (ACOG)
_WEEKS_A_MONTH = 4.345
_AGE_SAID = re.compile(
    r"\b(?:son|daughter|child|kid|baby|boy|girl|he|she|i|mother|father|mom|mum|dad|parent|gran\w*|nan|nana|pop|uncle|aunt|cousin|niece|nephew|brother|sister|friend|patient|toddler|wife|husband|partner)(?:'s|'m| is| am| turned| just turned) (?:only |just |now |almost |nearly |over |about )?(\d{1,3})(?! ?(?:weeks?|months?|days?|kg|kilos?|lbs?|pounds?|mg|times|%))\b"
)
_MONTHS_SAID = re.compile(rf"{_NUMBER}\s*个(半)?月(?!前|后|来|没)")
_MONTHS_OLD = re.compile(
    r"(?:'s|\bis|\bturned|\bonly|\bjust|\bnow) (\d{1,2})[\s-]*(months?|mos?|weeks?|wks?)\b(?! (?:pregnant|along|ago))"
)
MONTHS_A_YEAR = 12.0
WEEKS_A_YEAR = 52.0
_EGFR = re.compile(r"(?:egfr|肾小球滤过率|肌酐清除率|ccr|crcl|creatinine clearance)\D{0,12}?(\d{1,3}(?:\.\d+)?)", re.IGNORECASE)
_RENAL = re.compile(
    r"(?:轻度|中度|重度|严重|慢性|终末期)?(?:肾功能(?:不全|不好|减退|受损|衰竭|损害|差|异常)|肾(?:不好|衰竭?|病(?!科)|上有毛病|有问题)|尿毒症|透析|(?:只有|剩|就)(?:了)?一个肾(?!结石|囊肿|炎|病)|单肾|独肾|孤立肾)(?:[1-5一二三四五]期)?"
    r"|\b(?:mild|moderate|severe|chronic|end-stage)? ?(?:renal|kidney) (?:impairment|failure|disease|insufficiency|problems?|dysfunction)\b|\bon dialysis\b|\b(?:stage \d )?(?:ckd|esrd)(?: stage \d)?\b|\b(?:bad|weak|poor|failing) kidneys\b|\b(?:only |got |with )+(?:the )?(?:one|a single) kidney\b"
)
_HEPATIC = re.compile(
    r"(?:轻度|中度|重度|严重|慢性)?(?:肝功能(?:不全|不好|减退|受损|衰竭|损害|差|异常)|肝(?:不好|不太好|衰竭?|硬化|病(?!科)|上有毛病)|转氨酶(?:偏?高|升高))"
    r"|\b(?:mild|moderate|severe|chronic)? ?(?:hepatic|liver) (?:impairment|failure|disease|insufficiency|problems?|dysfunction)\b|\bcirrhosis\b|\b(?:bad|weak|poor|failing|scarred|damaged) liver\b"
)
_ALLERGY_ZH = re.compile(r"对([^,，。;；?？、\s]{1,12}?)(?:类(?:药物?)?|药物?)?(?:严重|有点|有|会)?过敏")
_ALLERGY_EN = re.compile(
    r"\ballerg(?:ic|y) to ((?:[a-z][a-z-]+)(?: (?!and|but|can|is|so|or|what|if|should|may|could)[a-z-]+)?)"
)
_ALLERGY_EN_AFTER = re.compile(r"\b([a-z]{4,}) allerg(?:y|ies)\b(?! to)")
_NO_ALLERGY = re.compile(r"(?:不|没有?|无)[^,，。]{0,4}过敏|\b(?:not|no|n't)\b.{0,12}\ballerg")
_TAKES = re.compile(
    r"(?:正在|一直|在|平时|每天|长期|目前|现在|同时|还)(?:都?在?)(?:吃|服用?|使用|用|打|口服)(?:着|了)?$|(?:吃|服)着$|\b(?:i'm|i am|am|is|he's|she's|also|currently|already|been|'m|'s) (?:also |currently |already |now )?(?:taking|on|using|prescribed)$|(?<!can )(?<!may )(?<!should )(?<!could )(?<!do )(?<!did )(?<!if )\bi take$|\bi (?:get|have|had) [a-z ]{3,24} and (?:i )?take$|\b(?:he|she|mum|mom|mother|dad|father|wife|husband|son|daughter) (?:also |already |still )?takes$|^(?:also |already |currently )*(?:on|taking)$"
)
_TOOK = re.compile(
    r"(?:^|[,，。;；])(?:我|他|她|我妈妈?|我爸爸?)(?:吃|服|服用|用)(?:着|了)?$"
)  # in a turn that tells: 我吃华法林已经一年了
_HAS = re.compile(
    r"(?:我|他|她|妈|爸|爷爷|奶奶|老人|孩子|宝宝|本人|患者|本身|还|也|同时)(?:以前|一直|还|也|又|同时|本身|平时|现在|是)*(?:就?有|得了|患有?|得过|查出|确诊)(?:严重的?|轻度|慢性|点|过)?$|(?:患有?|确诊为?|诊断为?|得了|得的是|既往有?)(?:严重的?|慢性)?$|(?:^|[,，。;；])(?:还|也|又|同时)?有$"
    r"|\b(?:i|he|she|who|my [a-z]+(?:[ -]in[ -]law)?) (?:also |already )?(?:have|has|had|got)(?: a| an| some)?(?: history of)?$|\bi've (?:got|had)(?: a| an)?$|\b(?:diagnosed with|history of|suffer(?:s|ing)? from)(?: a| an)?$"
)
_PATIENT_OF = re.compile(r"(?:患者|病人|病史|史)")


@dataclass(frozen=True, slots=True)
class Said:
    """What one turn says of a person: whom, what, and which kinds of patient it asks about without anybody being one."""

    person: Person
    patient: Patient
    populations: tuple[Population, ...]

    @property
    def anything(self) -> bool:
        """Whether it says anything of a person."""
        return self.patient != Patient() or bool(self.populations)


def said_of_person(reading: Reading) -> Said:
    """What the turn says of a person, by its words outside the names of medicines."""
    text = _ADVISED.sub("我有", reading.masked)
    sex = next((sex for sex, pattern in _SEX if re.search(pattern, text)), None)
    told = _told_to_be(reading, text)
    pregnant = _pregnant(text, told=Population.PREGNANT in told)
    nursing = (
        False if _NOT_NURSING.search(text) else True if _NURSING_SAID.search(text) or Population.LACTATING in told else None
    )
    egfr = _EGFR.search(text)
    person = Person.SELF if nursing and _person(text) is Person.CHILD else _person(text)  # the mother takes it
    renal, hepatic = (
        _organ(pattern, text, person) or (words if kind in told and egfr is None else "")
        for pattern, kind, words in _organs(reading.lang)
    )
    patient = Patient(
        age=_age(reading),
        weight=next((q.value for q in reading.understanding.quantities if q.unit == "kg" and 0 < q.value <= MAX_WEIGHT), None),
        sex=Sex.FEMALE if pregnant or nursing else sex,
        pregnant=pregnant,
        trimester=_trimester(text) if pregnant else None,
        breast_feeding=nursing,
        egfr=float(egfr.group(1)) if egfr and float(egfr.group(1)) <= MAX_EGFR else None,
        renal=renal,
        hepatic=hepatic,
        allergies=_allergies(reading),
        diagnoses=_diagnoses(reading),
        medicines=tuple(drug.name for drug in reading.drugs if _takes(reading, drug)),
    )
    return Said(person, patient, _in_general(reading, patient))


def _takes(reading: Reading, drug: Named) -> bool:
    before = reading.plain[: drug.start].rstrip()
    takes = _TAKES.search(before) is not None or (_TOOK.search(before) is not None and not asks(reading.plain))
    return takes and DENIED.search(before) is None


MAX_WEIGHT = 500.0
MAX_EGFR = 250.0


def merged(slots: Slots, said: Said) -> Slots:
    """The slots with what the turn says of a person: the same one's facts are added to, and another one's come in their place."""
    person = said.person or slots.person
    if said.person and slots.person and said.person is not slots.person:
        return _added(_turned_to(slots, person), said)
    if _is_another(slots.patient, said.patient):
        slots = slots.model_copy(update={"patient": Patient()})
    return _added(slots.model_copy(update={"person": person}), said)


def _turned_to(slots: Slots, person: Person) -> Slots:
    """The slots with another person's facts in front, as far as they were said before."""
    others = {**slots.others, slots.person: slots.patient}
    patient = others.pop(person, Patient())
    return slots.model_copy(update={"person": person, "patient": patient, "others": others, "populations": ()})


def _added(slots: Slots, said: Said) -> Slots:
    old, new = slots.patient, said.patient
    update: dict[str, object] = {name: value for name in _SINGLE if (value := getattr(new, name)) not in (None, "")}
    if new.pregnant is False:
        update["trimester"] = None
    for name in ("allergies", "diagnoses", "medicines"):
        update[name] = tuple(dict.fromkeys([*getattr(old, name), *getattr(new, name)]))
    in_general = said.populations or (() if new != Patient() or said.person else slots.populations)
    return slots.model_copy(update={"patient": old.model_copy(update=update), "populations": in_general})


_SINGLE = ("age", "weight", "sex", "pregnant", "trimester", "breast_feeding", "egfr", "renal", "hepatic")


def _is_another(old: Patient, new: Patient) -> bool:
    """Whether facts cannot be of the person that others are of: another age, a pregnant child."""
    if new.age is not None and old.age is not None and new.age != old.age:
        return True
    if new.sex is not None and old.sex is not None and new.sex is not old.sex:
        return True
    young, was_young = (p.age is not None and p.age < _FERTILE_YEARS for p in (new, old))
    return (young and bool(old.pregnant or old.breast_feeding)) or (was_young and bool(new.pregnant or new.breast_feeding))


_FERTILE_YEARS = 12


# Somebody who only advised, gave or bought: 女儿给我买了, "my mother told me".
_ADVISED = re.compile(
    r"(?:孩子|儿子|女儿|闺女|妈妈?|爸爸?|母亲|父亲|老婆|妻子|媳妇|老公|丈夫|爱人|爷爷|奶奶|对象|(?:男|女)朋友)(?:[^,，。;；?？!！我]{0,4})(?:给|帮|替|让|叫|劝|建议|陪|带|送|说)我"
    r"|\bmy [a-z-]+ (?:\w+ )?(?:gave|told|bought|got|brought|lets?|makes?|made|wants?|asked|advised) (?:me|that i)\b"
)


def _person(text: str) -> Person:
    found = [(match.start(), person) for person, pattern in _WHO if (match := re.search(pattern, text))]
    others = [item for item in found if item[1] is not Person.SELF]
    return min(others or found, default=(0, Person.UNSAID))[1]  # "my son … can I give him": of the son


def _age(reading: Reading) -> float | None:
    if reading.understanding.ages:
        return reading.understanding.ages[0]
    months = _MONTHS_SAID.search(reading.masked)
    if months and _person(_ADVISED.sub("我有", reading.masked)) is Person.CHILD:
        return (chinese_number(months.group(1)) + (0.5 if months.group(2) else 0.0)) / MONTHS_A_YEAR
    young = _MONTHS_OLD.search(reading.masked)
    if young and _person(reading.masked) is Person.CHILD:
        return float(young.group(1)) / (MONTHS_A_YEAR if young.group(2)[0] == "m" else WEEKS_A_YEAR)
    said = _AGE_SAID.search(reading.masked)
    return float(said.group(1)) if said and float(said.group(1)) <= MAX_AGE else None


MAX_AGE = 120.0


def _organ(pattern: re.Pattern[str], text: str, person: Person) -> str:
    """How bad somebody's kidneys or liver are said to be; of patients in general nothing is said of anybody."""
    match = pattern.search(text)
    told = person or _TOLD.search(text)
    if match is None or not told or (not person and (IN_PATIENTS.search(text) or _OF_ANYBODY.match(text, match.end()))):
        return ""
    return match.group().strip()


_TOLD = re.compile(r"有|患|得了|不好|\b(?:have|has|with|my|on dialysis)\b")
_OF_ANYBODY = re.compile(
    r"的?(?:患者|病人|人|者)|(?:能|可以|可否|要|怎么|如何)?[^,，。]{0,4}(?:吃|用|服|呢)|\s*(?:patients?|people)\b"
)


def _told_to_be(reading: Reading, text: str) -> frozenset[Population]:
    """What kinds of patient a turn tells somebody to be, in whatever words: it asks nothing, names no medicine, and speaks of somebody."""
    if (
        reading.drugs
        or asks(_AND.sub("", reading.plain))
        or not _SOMEBODY.search(text)
        or _LOOKED_AT.search(text)
        or _AT_WORK.search(text)
    ):
        return frozenset()
    return frozenset(reading.understanding.populations)


_AND = re.compile(r"呢[?？。]*$")
_SOMEBODY = re.compile(
    r"我|他|她|家|老婆|媳妇|妻子|爱人|妈|爸|娃|宝宝|老人|了|正在|还在|着"
    r"|\b(?:i|i'm|i've|im|my|our|we|we're|he|he's|she|she's|his|her|who|here)\b|^(?:still|currently|now|also|already|both|bad|pregnant|nursing|breast-?\s?feeding|on|kidney|renal|liver)\b"
)
# Whom somebody meets at work he is not: "I work with pregnant women".
_AT_WORK = re.compile(
    r"上班|工作|护士|医生|大夫|老师|同事|科室|病房|\b(?:work\w*|ward|nurses?|doctors?|teach\w*|look(?:s|ing)? after|colleagues?|clinic)\b"
)
# What is looked at or feared is no illness yet: 医生让我查肝功能.
_LOOKED_AT = re.compile(
    r"查|化验|担心|怕|伤[肝肾]|\b(?:tests?|tested|check\w*|scan|worr\w+|afraid|scared|damage|hurt|normal|fine)\b|\bcreatinine(?:'s| is| was| of| at)* (?:0?\.\d|1\.[0-2]\b)|不想|\bnot\b|n't (?:have|got)\b|没有?|正常"
)


def _organs(lang: str) -> tuple[tuple[re.Pattern[str], Population, str], ...]:
    """For kidneys and liver, what says how bad they are, and what is said where other words tell it."""
    zh = lang == "zh"
    return (
        (_RENAL, Population.RENAL, "肾功能不好" if zh else "kidney problems"),
        (_HEPATIC, Population.HEPATIC, "肝功能不好" if zh else "liver problems"),
    )


def _pregnant(text: str, *, told: bool) -> bool | None:
    if _NOT_PREGNANT.search(text):
        return False
    if _TRYING.search(text):
        return None
    return True if told or _PREGNANT_SAID.search(text) else None


def _trimester(text: str) -> int | None:
    for trimester, pattern in _TRIMESTERS:
        if re.search(pattern, text):
            return trimester
    weeks = _weeks(text)
    if weeks is None:
        return None
    return 1 if weeks <= _FIRST_WEEKS else 2 if weeks <= _SECOND_WEEKS else 3


def _weeks(text: str) -> float | None:
    along = _ALONG.search(text)
    if along:
        number = float(along.group(1))
        return number * _WEEKS_A_MONTH if along.group(2).startswith("month") else number
    weeks = _WEEKS.search(text)
    if weeks:
        return chinese_number(weeks.group(1) or weeks.group(2))
    months = _MONTHS.search(text)
    if months:
        return chinese_number(months.group(1) or months.group(3)) * _WEEKS_A_MONTH
    return None


def _allergies(reading: Reading) -> tuple[str, ...]:
    if _NO_ALLERGY.search(reading.plain):
        return ()
    found = [
        match.group(1).strip()
        for pattern in (_ALLERGY_ZH, _ALLERGY_EN, _ALLERGY_EN_AFTER)
        for match in pattern.finditer(reading.plain)
    ]
    return tuple(name for name in found if name and name not in _NOT_ALLERGENS)


_NOT_ALLERGENS = frozenset(
    "这个 那个 它 这种药 该药 这个药 此药 药物 什么 哪些 药 本品 it this that them any anything drugs what food drug skin seasonal have with from".split()
)


def _diagnoses(reading: Reading) -> tuple[str, ...]:
    if AFTER_TAKING.search(reading.plain):
        return ()  # what came with a medicine is no illness of its own
    return tuple(
        ill.name
        for ill in reading.ills
        if ill.disease
        and not _ORGAN.search(ill.name)
        and not _ORGANS_ALONE.search(ill.name)
        and (
            _HAS.search(reading.plain[: ill.start].rstrip())
            or (_PATIENT_OF.match(reading.plain, ill.end) and (_person(reading.masked) or not asks(reading.plain)))
        )
    )


_ORGANS_ALONE = re.compile(r"\b(?:kidneys?|livers?)$|^[肾肝]$")
_ORGAN = re.compile(rf"{_RENAL.pattern}|{_HEPATIC.pattern}|过敏$", re.IGNORECASE)


def _in_general(reading: Reading, patient: Patient) -> tuple[Population, ...]:
    """The kinds of patient that are spoken of without one being introduced."""
    known = {
        Population.PREGNANT: patient.pregnant is not None,
        Population.LACTATING: patient.breast_feeding is not None,
        Population.CHILD: patient.age is not None,
        Population.ELDERLY: patient.age is not None,
        Population.RENAL: bool(patient.renal) or patient.egfr is not None,
        Population.HEPATIC: bool(patient.hepatic),
    }
    return tuple(who for who in reading.understanding.populations if not known[who])
