"""Names of medicines in a question that the knowledge base does not know: what must not be answered from another drug."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from medrag.kb.facts import Mention
from medrag.kb.linking import shipped_in
from medrag.kb.terms import name_variants
from medrag.patterns import regex
from medrag.retrieve.forms import FILLER, FORM, is_ailment, is_chemical, printed_form, stands_alone
from medrag.retrieve.subjects import DRUG_KINDS, Drug
from medrag.types import EntityKind

__all__ = ["UnknownName", "unknown_names"]


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A stretch of the question that names a medicine the knowledge base has nothing of."""

    text: str
    start: int
    end: int


# What ends in a form's character and is no medicine's name; what is a kind of medicine and no name either.
_NO_NAME = regex(
    r"^栓$|(?:血|脑|肺|静脉|动脉|心|门脉)栓$|睾丸|弹丸|[扩分涣弥发解]散(?!片)|照片|[胸拍名图影鸦切底刀唱芯x瓦]片|(?:^|[线光腹位部胸])平片|药[片丸膏散酒茶]|^(?:软|牙|乳|唇|润肤|眼|贴|脂)膏|^丸|^片"
)
_GENERIC = regex(
    r"(?:[一二两三四五六七八九十半几每多少数整\d.]+|这[种个款]?|那[种个款]?|此|该|[红白黄黑绿蓝]色?|[颗粒个]|有?(?:什么|啥|哪[些种])|某种|的|了|大|小|药|中药|西药|中成药|止痛|消炎|退烧|退热|感冒|避孕|降压|降糖|安眠|抗生素|营养|镇静|减肥"
    r"|外用|口服|祛痘|补钙|补血|护肝|痔疮|眼|喷|贴|涂|用|吃|抗病毒|抗过敏|止咳|化痰|通便|助消化|维生素|新冠|流感|一支|一盒|一瓶|注射|打|薄荷|鱼肝油|静脉|肌肉|雾化|湿疹|皮炎|杀菌|润滑|葡萄糖|生理盐水)*"
)
# Words of a sentence before a name; what stands left of them is not part of it.
_BEFORE = regex(
    r".*(?:[里上中头家边]有|服用|使用|吃了?些?|喝了?|涂抹?|注射|口服|外用|买了?|开了?|那[种个款]|这[种个款]|[一二两三几][种个款]|请问一?下?|咨询下?|想问|问一?下|可以|能否|能|可否|是否|需要|应该|治疗|患者|适合|以及|或者?|还有|听说|推荐|关于|医生|你好|您好|一直用?|在用|[的了和与跟及或同比、用服给把对是叫到加吃]|[去来要想]打|有[一几]?[颗粒片个盒瓶支])"
)
_THERE = regex(r"[里上中头家边]有$")
_MEASURES = regex(r"[了吃服用喝给开有拿买来个几一二两三四五六七八九十半\d]$")
_THAT = regex(r"[那这][种个款]$")
# Fluids in which a medicine is given: beside it they are not what is asked about.
_DILUENT = regex(
    r"(?:复方)?氯化钠(?:注射液|溶液)?|(?:乳酸钠|复方)?林格氏?液?|葡萄糖(?:氯化钠)?(?:注射液|溶液)?|(?:生理)?盐水|注射用水"
)
_DILUTES = regex(r"[冲稀溶]|配(?!伍)|[加兑]入|液体|[静滴]滴|滴注|输液")
_TALK = regex(r"[治吃喝服用打次天日后前能可怎多那这的了要会想跟和与就还也把给]")
_COUNT = regex(r"[一二两三四五六七八九十半几每多少数整\d.][来多]?[大小]?$")  # three tablets are no name
_BOUND = regex(r"[㐀-鿿A-Za-z0-9αβγ\-+/·.%]+$")
_COMPOUND = ("复方", "复合")
_PAST = regex(
    r"吃了|吃过|用了|用过|服了|服过|在吃|在用|在服用?|一直吃|一直用|每[天日]吃|天天吃|正?吃着|以前|之前|已经|曾经|上次|开了"
)
_ASKS = regex(r"吗|能|可以|怎么|什么|多少|几|是否|哪|如何|多久|作用|功效|用法|用量|副作用|禁忌|适应|[?？]")
_CLAUSE = regex(r"[^，。；;,!！？?\n]+[？?]?")
MIN_NAME = 2
LONGEST_NAME = 40  # characters before the form
MAX_UNKNOWN = 40  # names looked at, as of those that are known
MAX_FORMS = 20  # looked at; more stand in no question that a person asks


def unknown_names(text: str, mentions: Sequence[Mention], drugs: Sequence[Drug]) -> tuple[UnknownName, ...]:
    """The names in a plain question that are shaped like a medicine's and are not one the knowledge base has documents of.

    Names that the question mentions only as taken before do not count where it asks about a drug that is known.
    """
    found = [
        *_mentioned_only(text, mentions, drugs),
        *_listed_only(text, mentions, drugs),
        *_named_by_form(text, mentions, drugs),
    ][:MAX_UNKNOWN]
    found = [
        name
        for name in found
        if not any(
            other is not name and other.start <= name.start and name.end <= other.end and other != name for other in found
        )
    ]
    unique = sorted(set(found), key=lambda name: (name.start, name.end))
    return tuple(name for name in unique if not (drugs and (_in_the_past(text, name, drugs) or _dilutes(text, name))))


def _mentioned_only(text: str, mentions: Sequence[Mention], drugs: Sequence[Drug]) -> list[UnknownName]:
    """Medicines that the knowledge base knows by name (from a name list or the graph) without a document of theirs."""
    held = {entity_id for drug in drugs for entity_id in drug.ids}
    return [
        UnknownName(text[mention.start : mention.end], mention.start, mention.end)
        for mention in mentions
        if mention.entities
        and not any(drug.start <= mention.start and mention.end <= drug.end for drug in drugs)
        and all(entity.kind in DRUG_KINDS for entity in mention.entities)
        and stands_alone(mention.name)
        and not _GENERIC.fullmatch(mention.name)
        and not held & {entity.id for entity in mention.entities}
        and not any(_belongs(text, mention, drug) for drug in drugs)
    ]


def _listed_only(text: str, mentions: Sequence[Mention], drugs: Sequence[Drug]) -> list[UnknownName]:
    """Medicines that the shipped table knows and the knowledge base does not, by any of their names."""
    taken = [(mention.start, mention.end) for mention in mentions] + [(drug.start, drug.end) for drug in drugs]
    said = {text[start:end] for start, end in taken}  # only the first mentions are read; what is said again is known, too
    again = {text[start:end]: (start, end, name) for start, end, name in reversed(shipped_in(text))}
    return [
        UnknownName(words, start, end)
        for words, (start, end, name) in sorted(again.items(), key=lambda item: item[1])
        if words not in said and stands_alone(name) and all(end <= first or last <= start for first, last in taken)
    ]


def _belongs(text: str, mention: Mention, drug: Drug) -> bool:
    """Whether a name is only a part of how a known drug is written: 盐酸 before 吉西他滨, 消炎片 behind 布洛芬."""
    generic = _GENERIC.fullmatch(FORM.sub("", mention.name)) is not None
    salt = mention.end == drug.start and not name_variants(mention.name + drug.name)[-1].startswith(mention.name)
    return salt or (mention.start == drug.end and generic)


def _named_by_form(text: str, mentions: Sequence[Mention], drugs: Sequence[Drug]) -> list[UnknownName]:
    found = []
    for match in islice(FORM.finditer(text), MAX_FORMS):
        start = _name_start(text, match.start(), mentions, drugs)
        if start is not None:
            found.append(UnknownName(text[start : match.end()], start, match.end()))
    return found


def _name_start(text: str, form: int, mentions: Sequence[Mention], drugs: Sequence[Drug]) -> int | None:
    """Where the unknown name that goes on with a form at `form` begins; None where the name is known or is none."""
    end = FORM.match(text, form)
    stop = end.end() if end else form
    if _MEASURES.search(text, max(0, form - 1), form) and any(drug.start == stop for drug in drugs):
        return None  # a measure of the medicine that follows: 给了片速尿
    last = _drug_before(text, form, stop, drugs)
    if last is not None:
        return _mixture_start(text, last, drugs)
    if any(mention.start < stop <= mention.end and _is_else(mention) for mention in mentions):
        return None  # the "form" is the end of a disease's name: 脑血栓
    run = _BOUND.search(text, max(0, form - LONGEST_NAME), form)
    start = run.start() if run else form
    for mention in mentions:
        # What follows a known name belongs to it only where nothing is said between: 头孢克肟治淋病一次几片
        # and a short name of a patent medicine may be a piece of another's: 通脉 in 通脉降糖胶囊.
        between = mention.end < form and (
            _TALK.search(text, mention.end, form)
            or ((is_chemical(mention.name) or printed_form(mention.name)) and _GENERIC.fullmatch(text, mention.end, form))
        )
        if start < mention.end and (between or (mention.end <= form - MIN_NAME and not _is_drug(mention))):
            start = mention.end
    before = _BEFORE.match(text, start, form)
    if _THERE.search(text, start, form):
        return None  # 抽屉里有|散利痛
    if before is not None and form - before.end() >= 1:
        start = before.end()
    name = text[start:stop]
    if _THAT.search(text, max(start, form - 2), form):
        return None
    that = _THAT.search(text, max(0, start - 2), start)
    if that is not None and any(drug.end == that.start() for drug in drugs):
        return None  # a known medicine described: 马应龙那个麝香膏
    if (
        form - start < MIN_NAME
        or _COUNT.search(text, start, form)
        or _NO_NAME.search(name)
        or _GENERIC.fullmatch(text, start, form)
    ):
        return None
    return start


def _is_else(mention: Mention) -> bool:
    """Whether a name is surely none of a medicine; what a word list has without saying whose it is may be one."""
    return not _is_drug(mention) and any(entity.kind is not EntityKind.THING for entity in mention.entities)


def _is_drug(mention: Mention) -> bool:
    return any(entity.kind in DRUG_KINDS for entity in mention.entities) and not is_ailment(mention.name)


def _drug_before(text: str, form: int, stop: int, drugs: Sequence[Drug]) -> Drug | None:
    """The known drug whose name the form belongs to: it holds the form, or ends where only fillers stand before it."""
    for drug in drugs:
        if drug.start < stop <= drug.end or (drug.end <= form and FILLER.fullmatch(text, drug.end, form)):
            return drug
    return None


def _mixture_start(text: str, last: Drug, drugs: Sequence[Drug]) -> int | None:
    """Where the name of a mixture begins of which only parts are known (复方 + A + 片, A + B + 片); None: no mixture."""
    if text.endswith(_COMPOUND, 0, last.start):
        return last.start - len(_COMPOUND[0])
    own = {document.key for document in last.documents}
    for drug in drugs:
        if drug.end != last.start and not (drug.end < last.start and text[drug.end : last.start] == "/"):
            continue
        brand = any(entity.kind is EntityKind.PRODUCT for entity in drug.entities)
        if not brand and not own & {document.key for document in drug.documents}:
            return drug.start
    return None


def _dilutes(text: str, name: UnknownName) -> bool:
    """Whether the name is of a fluid in which a medicine is given, and the question speaks of giving one."""
    return _DILUENT.fullmatch(name.text) is not None and _DILUTES.search(text) is not None


def _in_the_past(text: str, name: UnknownName, drugs: Sequence[Drug]) -> bool:
    """Whether the name stands in a clause that tells what was taken, and a known drug in one that asks."""
    clauses = [(m.start(), m.end(), m.group()) for m in _CLAUSE.finditer(text)]
    past = any(
        start <= name.start < end and _PAST.search(clause) and not _ASKS.search(clause) for start, end, clause in clauses
    )
    asked = any(start <= drug.start < end and _ASKS.search(clause) for start, end, clause in clauses for drug in drugs)
    return past and asked
