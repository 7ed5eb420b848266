"""What a question is about: its drugs, the sections and relations it asks for, who it is for, and what is not known."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from medrag.errors import QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.memory import memory_of
from medrag.kb.traditional import simplified
from medrag.patterns import regex
from medrag.retrieve.asked import asked_relations
from medrag.retrieve.brands import with_shortened
from medrag.retrieve.classify import SectionModel, question_features
from medrag.retrieve.cues import Cue, Population, asked_groups, group_cues, patient_spans, populations
from medrag.retrieve.diseases import asks_for_symptom, illnesses, with_wider_names
from medrag.retrieve.forms import form_end
from medrag.retrieve.longer import longer_names
from medrag.retrieve.names import unknown_names
from medrag.retrieve.quantities import Quantity, age_spans, ages, quantities
from medrag.retrieve.roles import asked_about
from medrag.retrieve.sayings import label_words
from medrag.retrieve.spelling import mended
from medrag.retrieve.subjects import DRUG_KINDS, Drug, drugs_of, meant, titled
from medrag.retrieve.words import FOODS, content_terms, subject_words
from medrag.sections import SectionGroup
from medrag.types import Entity, EntityKind, Question

__all__ = ["MAX_QUESTION", "Shape", "Understanding", "asked_terms", "is_chinese", "plain", "understand"]

MAX_QUESTION = 10_000  # characters; longer is a pasted document, not a question
ASKING = 1_000  # characters at the beginning and at the end of a long text, in which it asks
MAX_MENTIONS = 40  # names looked at, the first ones
MAX_PIECE = 4  # characters of a name that may be a piece of a longer one with a typing error: 甲氧那明 in 复芳甲氧那明
KEPT = 256  # questions that are remembered as they were understood
MAX_WHAT_IS = 2  # content words beside the name: "what is … in patients with …" asks for more than what it is

G = SectionGroup


class Shape(StrEnum):
    """What kind of answer the question wants."""

    FACT = "fact"
    LIST = "list"
    YES_NO = "yes-no"
    TWO_DRUGS = "two-drug"
    COMPARISON = "comparison"
    DISEASE_TO_DRUG = "disease->drug"
    DISEASE_AVOIDS = "disease->avoided drug"
    WHAT_IS = "what-is"


@dataclass(frozen=True, slots=True)
class Understanding:
    """A question as retrieval sees it; offsets are into `question`, the plain form of what was asked.

    `drugs` are the medicines asked about that the knowledge base has documents of; `entities` all that is asked
    about, drugs first; `groups` the sections asked for in so many words, first asked first, and `sought` those that
    answer a question that names none; `unknown` the names of medicines that the knowledge base does not have;
    `terms` the search tokens of what is left when names and cues are taken away, and `left` the same in whole words;
    `hints` the words in which a label would say what the question says in a patient's words; `masked` the question
    without the names of its medicines; `ages` are in years; `sections` the probability of each section group, by the profile's model.
    """

    question: str
    lang: str
    mentions: tuple[Mention, ...]
    drugs: tuple[Drug, ...]
    entities: tuple[Entity, ...]
    groups: tuple[SectionGroup, ...]
    sought: tuple[SectionGroup, ...]
    relations: tuple[str, ...]
    unknown: tuple[str, ...]
    shape: Shape
    populations: tuple[Population, ...]
    ages: tuple[float, ...]
    quantities: tuple[Quantity, ...]
    terms: tuple[str, ...]
    hints: tuple[str, ...]
    left: tuple[str, ...]
    masked: str
    sections: Mapping[SectionGroup, float]
    features: tuple[str, ...]


def plain(text: str) -> str:
    """A question as it is understood: NFKC, lower case, control characters and runs of blanks as one blank."""
    if len(text) > MAX_QUESTION:
        raise QuestionError(f"the question has {len(text):,} characters, at most {MAX_QUESTION:,} can be asked: shorten it")
    printable = "".join(" " if unicodedata.category(c) in _UNPRINTED else c for c in unicodedata.normalize("NFKC", text))
    words = _VITAMIN.sub("维生素", " ".join(simplified(printable).lower().split()))
    if not words:
        raise QuestionError("the question is empty: ask something")
    return words[:MAX_QUESTION]  # NFKC can lengthen a text


def is_chinese(text: str) -> bool:
    """Whether a plain question has Chinese in it, and is answered in Chinese."""
    return _HAN.search(text) is not None


_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HAN = regex(r"[㐀-鿿]")
# 维c is vitamin C; 维a酸, 维c银翘片 and 阿维a are other medicines.
_VITAMIN = regex(r"(?<!阿)维(?:他命)?(?=(?:b\d{1,2}|[aceku]|d3?)(?![a-z0-9]|酸|银))")

_YES_NO = regex(
    r"吗|嘛|么[?？]?$|能不能|可不可以|可否|能否|是否|是不是|会不会|要不要|有没有|行不行|好不好|需不需要"
    r"|^(?:can|could|does|do|did|is|are|was|should|may|will|would|has|have)\b|[.?] (?:can|is|does|should) |[,;] (?:can|could|may) (?:i|he|she|we|they) (?:\w+ )?(?:take|have|use|drink|get)\b"
)
_MAY_TAKE = regex(
    r"(?:能|可以|可|需要|适合|想|要)(?:不能|不可以|否)?(?:再|继续|直接|同时|长期)?(?:吃|用|服|喝|涂|贴|打|使用|治)|\b(?:can|may|should) i\b"
)
_WHAT_IS = regex(
    r"是什么(?:药|东西|样的药|$|[?？])|是(?:啥|干什么|做什么)|(?:介绍|说明书|什么药)[?？。]?$|^(?:what (?:is|are|was)|tell me about|information (?:on|about))\b"
)
_WHICH_DRUG = regex(
    r"(?:吃|用|服|喝|涂|擦|抹|打|买|开)(?:一?[点些])?(?:什么|啥|哪[些种个]|何种?)(?:[^,，。;?？!]{0,6})(?:药|膏|片|针)|(?:什么|哪些|啥|何|哪种)(?:[^,，。;?？!]{0,4})药(?!物?相互)"
    r"|(?:吃|用|喝|抹|涂|贴|买)(?:一?[点些])?(?:什么|啥)(?:好|管用|有用|能|呢|[?？]|$)|(?:什么|啥|哪[些种个几])(?:[^,，。;?？!]{0,8})(?:药|药?膏|药?茶)(?!物?相互)|有没有[^,，。;?？!]{0,12}(?:药|膏|茶)|推荐[^,，。;?？!]{0,6}(?:药|膏)"
    r"|常用药|用药(?:有|是|推荐)|药物(?:有哪些|治疗|推荐)|(?:治疗|缓解).{1,20}的药"
    r"|\b(?:what|which)\b.{0,20}\b(?:drugs?|med(?:icine|ication)?s?|pills?|treatments?|antibiotics?|creams?|gels?|drops?|syrups?|shots?|drip|oils?)\b"
    r"|\bwhat (?:can|could|should|do|would) (?:i|we|you|they|he|she) (?:take|use|give|get|buy|try|put|prescribe|recommend)\b|\bwhat (?:works?|helps?|kills?|stops?|is good|can be given)\b"
    r"|\b(?:anything|something)\b.{0,30}\b(?:for|to|that|you can)\b|\bmedic(?:ine|ation)s? (?:for|to treat)\b"
)
# Which drugs are not to be taken: what treats the disease would be the opposite of an answer.
_NOT_TAKEN = regex(
    r"(?:不|别|勿)(?:能|可以?|宜|该|应该?|要|适合)?(?:乱|随便|同时|再)?(?:吃|用|服|喝|碰|给|打|准用)|禁[用忌]|忌|慎用|避免|避开|躲开|绕[着开]|[要得]小心|惹[出上]|加重"
    r"|\b(?:avoid(?:ed|ing)?|contraindicated|unsafe|harmful|careful|never|worse\w*|off[- ]limits|(?:keep|stay)\b.{0,12}\baway)\b|\b(?:should|must|can|may|do) ?(?:not|n't|n’t)\b|\bcannot\b"
)
_COMPARES = regex(
    r"哪[个种](?:更|比较|副作用|效果)?[^,，。?？]{0,6}(?:好|强|大|小|快|安全|合适)|区别|差别|不同|有什么不一样|一样吗|比较|对比|相比|还是(?!饭|餐|空腹|早|晚|睡)"
    r"|\b(?:compar\w+|differen\w+|versus|vs|better|stronger|safer|same as|or)\b"
)
# A person with something beside the illness that is treated: the precautions answer, not the indications.
_CONDITION = regex(r"过敏|\ballerg\w+|\b(?:when|if|since|because|as) i(?:'m| am| have| had|'ve)\b|\bhistory of\b")
_LIST = regex(r"哪些|有什么|有啥|所有|全部|列出|列举|都有|\b(?:list|all|which|what are)\b")
_AND = regex(r"和|与|跟|同|及|加|、|\band\b|\bwith\b|\+")
_PATIENT_GROUPS = frozenset({G.WARNINGS, G.PREGNANCY, G.PEDIATRIC, G.GERIATRIC})
_ILLS = frozenset({EntityKind.DISEASE, EntityKind.SYMPTOM})
_ORGANS = frozenset({Population.RENAL, Population.HEPATIC})


def understand(question: Question, kb: KnowledgeBase, model: SectionModel | None = None) -> Understanding:
    """What the question asks; where it names nothing itself, it is about what the latest user turn named.

    Raises `QuestionError` for an empty question and for one of more than 10,000 characters.
    """
    if question.history and not question.standalone:
        found = _understood(question, kb)
    else:  # a conversation has read it already when it is asked
        found = memory_of(kb, "understood", KEPT).kept(question.text, lambda: _understood(question, kb))
    return replace(found, sections=(model or SectionModel()).probabilities(found.features))


def _understood(question: Question, kb: KnowledgeBase) -> Understanding:
    """All but the sections' probabilities."""
    text = plain(question.text)
    mentions = _linked(text, kb)
    drugs = drugs_of(text, mentions, kb)
    unknown = (*unknown_names(text, mentions, drugs), *longer_names(text, drugs, kb))
    if not _HAN.search(text):
        drugs = with_shortened(text, drugs, kb)
        unknown = tuple(n for n in unknown if not any(d.start <= n.start and n.end <= d.end for d in drugs))
    drugs = tuple(drug for drug in drugs if not any(name.start <= drug.start and drug.end <= name.end for name in unknown))
    spans = [(drug.start, form_end(text, drug.end)) for drug in drugs] + [(name.start, name.end) for name in unknown]
    spans += [(m.start, m.end) for m in mentions if any(e.id in drug.ids for drug in drugs for e in m.entities)]  # said again
    masked = _masked(text, spans)
    cues = _cues_outside(masked, mentions)
    taken = [(cue.start, cue.end) for cue in cues]
    if not spans:
        mentions = with_wider_names(text, mentions, taken, kb)
    if not spans and question.history and not question.standalone and not any(mention.entities for mention in mentions):
        drugs, mentions = _from_history(question, len(text), kb)
    elif not drugs and all(m.entities == () or not DRUG_KINDS.isdisjoint(e.kind for e in m.entities) for m in mentions):
        drugs = titled(text, taken, kb)
        masked = _masked(masked, [(drug.start, drug.end) for drug in drugs])
        unknown = tuple(name for name in unknown if not any(d.start <= name.start and name.end <= d.end for d in drugs))
    who = populations(masked)
    groups = asked_groups(cues, who, of_drug=bool(drugs or unknown))
    lang = "zh" if _HAN.search(text) else "en"
    spelt = mended(masked, kb) if lang == "en" else masked
    hints, terms = label_words(spelt)[0], asked_terms(masked, cues)
    about = asked_about(text, drugs)
    shape = _shape(text, about, groups, terms)
    if shape is Shape.TWO_DRUGS and G.INTERACTIONS not in groups:
        groups = (G.INTERACTIONS, *groups)
    disease = any(entity.kind in _ILLS for mention in mentions for entity in mention.entities)
    features = question_features(spelt, lang, cues, who, drugs=len(about), disease=disease, bare=not terms)
    return Understanding(
        question=text,
        lang=lang,
        mentions=mentions,
        drugs=drugs,
        entities=_entities(mentions, drugs),
        groups=groups,
        sought=_sought(text, shape, groups, who),
        relations=_relations(masked, shape, mentions),
        unknown=tuple(dict.fromkeys(name.text for name in unknown)),
        shape=shape,
        populations=who,
        ages=ages(masked),
        quantities=quantities(masked),
        terms=terms,
        hints=hints,
        left=subject_words(masked, _asking(masked, cues)),
        masked=" ".join(spelt.replace("\0", " ").split()),
        sections={},
        features=features,
    )


def asked_terms(masked: str, cues: Sequence[Cue]) -> tuple[str, ...]:
    """The search tokens of a plain question with masked names that say neither what is asked nor of whom, in no saying either."""
    return content_terms(masked, _asking(masked, cues) + label_words(masked)[1])


def _asking(masked: str, cues: Sequence[Cue]) -> list[tuple[int, int]]:
    """Where the question says what is asked and who the patient is."""
    return [*((cue.start, cue.end) for cue in cues), *patient_spans(masked), *age_spans(masked)]


def _relations(masked: str, shape: Shape, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """The relations of the graph that are asked for."""
    if shape is Shape.DISEASE_AVOIDS:
        return ("contraindication", "caution")
    part = masked if len(masked) <= 2 * ASKING else masked[:ASKING] + masked[-ASKING:]
    asked = asked_relations(part, [mention.name for mention in illnesses(mentions)])
    return tuple(asked) or (("has_symptom",) if asks_for_symptom(part, mentions) else ())


def _linked(text: str, kb: KnowledgeBase) -> tuple[Mention, ...]:
    """The names in the text; beside others a food is none of a medicine, though some label is of milk or of alcohol."""
    exact = [mention for mention in kb.link(text) if not mention.name.isdigit()]  # 右旋糖酐20 is not what 20 tablets are of
    near = kb.link_near(text, [(mention.start, mention.end) for mention in exact if mention.end - mention.start > MAX_PIECE])
    near = [n for n in near if not any(m.start <= n.start and n.end <= m.end for m in exact)]
    near = [n for n in near if not any(_said_in(n, m) and m.entities == n.entities for m in exact)]
    kept = [m for m in exact if not any(n.start <= m.start and m.end <= n.end for n in near)]
    mentions = meant(text, sorted([*kept, *near], key=lambda mention: mention.start)[:MAX_MENTIONS])
    return tuple(mention for mention in mentions if mention.name not in FOODS) or mentions


def _said_in(near: Mention, exact: Mention) -> bool:
    """Whether a name that stands there holds most of what a misspelt one would be read from: 异丙肾 of 异丙肾上线素 does not."""
    within = near.start <= exact.start and exact.end <= near.end
    return within and near.end - near.start < 2 * (exact.end - exact.start)


def _masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\0" * (end - start) + text[end:]
    return text


def _cues_outside(masked: str, mentions: Sequence[Mention]) -> list[Cue]:
    """The cues of the question that do not lie in a name: 小儿 in 小儿清肺化痰口服液 asks for no section."""
    wider = [(mention.start, mention.end) for mention in mentions]
    return [
        cue
        for cue in group_cues(masked)
        if not any(start <= cue.start and cue.end <= end and end - start > cue.end - cue.start for start, end in wider)
    ]


def _from_history(question: Question, end: int, kb: KnowledgeBase) -> tuple[tuple[Drug, ...], tuple[Mention, ...]]:
    """The drugs and mentions of the latest user turn that names something; empty where none does.

    They stand nowhere in the question, so their place is its `end`; a drug keeps the form that was said behind its name.
    """
    for turn in reversed(question.history):
        if turn.role != "user":
            continue
        try:
            text = plain(turn.content[:MAX_QUESTION])
        except QuestionError:  # an empty turn, be it of characters that one cannot see
            continue
        mentions = _linked(text, kb)
        drugs = drugs_of(text, mentions, kb)
        if drugs or mentions:
            said = (replace(d, name=text[d.start : form_end(text, d.end)], start=end, end=end) for d in drugs)
            return tuple(said), tuple(replace(mention, start=end, end=end) for mention in mentions)
    return (), ()


def _entities(mentions: Sequence[Mention], drugs: Sequence[Drug]) -> tuple[Entity, ...]:
    known = {entity.id: entity for drug in drugs for entity in drug.entities}
    for mention in mentions:
        for entity in mention.entities:
            known.setdefault(entity.id, entity)
    return tuple(known.values())


def _shape(text: str, drugs: Sequence[Drug], groups: Sequence[SectionGroup], terms: Sequence[str]) -> Shape:
    if len(drugs) >= 2 and groups[:1] != (G.COMPOSITION,):  # "is there A in B" is asked of B alone
        asks = _YES_NO.search(text) is not None
        compares = _COMPARES.search(text) is not None
        bare = not terms and not groups and not compares  # "A and B"
        if G.INTERACTIONS in groups or ((asks or bare) and _AND.search(text)):
            return Shape.TWO_DRUGS
        if asks or compares:  # 吃着华法林能用地西泮吗
            return Shape.COMPARISON if compares else Shape.TWO_DRUGS
    if not drugs and _WHICH_DRUG.search(text):
        return Shape.DISEASE_AVOIDS if _NOT_TAKEN.search(text) else Shape.DISEASE_TO_DRUG
    if drugs and _is_name(text.strip("?？。.! "), drugs):
        return Shape.WHAT_IS
    if _YES_NO.search(text):
        return Shape.YES_NO
    if not groups and _WHAT_IS.search(text) and len(terms) <= MAX_WHAT_IS:
        return Shape.WHAT_IS
    return Shape.LIST if _LIST.search(text) else Shape.FACT


def _is_name(text: str, drugs: Sequence[Drug]) -> bool:
    """Whether the text is nothing but a drug's name, or the title of its label."""
    return any(len(text) == drug.end - drug.start for drug in drugs) or any(
        fold(text) == fold(document.title) for drug in drugs for document in drug.documents
    )


def _sought(text: str, shape: Shape, groups: tuple[SectionGroup, ...], who: Sequence[Population]) -> tuple[SectionGroup, ...]:
    """The sections to read: those asked for, else those that answer a question of this shape."""
    if shape is Shape.DISEASE_TO_DRUG:
        return (G.INDICATIONS,)
    if shape is Shape.DISEASE_AVOIDS:
        return (G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING)
    if shape is Shape.COMPARISON and not groups:
        return (G.INDICATIONS,)
    if shape is Shape.WHAT_IS and not groups:
        return (G.INDICATIONS, G.CLASSIFICATION, G.COMPOSITION)
    person = _CONDITION.search(text) is not None or not _ORGANS.isdisjoint(who)
    if shape is Shape.YES_NO and not groups:
        return (G.CONTRAINDICATIONS, G.WARNINGS, G.INDICATIONS) if person else (G.INDICATIONS, G.CONTRAINDICATIONS, G.WARNINGS)
    if shape is Shape.YES_NO and _MAY_TAKE.search(text) and set(groups) <= _PATIENT_GROUPS:
        return (*groups, G.INDICATIONS)
    return groups
