"""The medicines that a question names and the documents that are theirs, the one meant most exactly first."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.memory import memory_of
from medrag.kb.terms import name_variants
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.cues import Population, populations
from medrag.retrieve.english_forms import Form, fits_form, forms_beside, forms_usual
from medrag.retrieve.forms import asked_form, is_ailment, is_chemical, name_begins, printed_form, same_form, stands_alone
from medrag.retrieve.mixtures import Mixture, mixtures_in
from medrag.retrieve.reading import documents_by_words, documents_of_ids
from medrag.retrieve.words import EVERYDAY, subject_spans
from medrag.types import DocumentInfo, Entity, EntityKind

__all__ = ["DRUG_KINDS", "Drug", "drugs_of", "is_mixture", "meant", "titled"]

DRUG_KINDS = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT})
MAX_DRUGS = 6
TITLED = 8  # passages whose titles are looked at for a group of words
SEARCHED = 30  # passages, of which many are of one label
TITLED_GROUPS = 3
MAX_DOCUMENTS = 40  # of one drug; a common substance has hundreds of labels
_HAN = regex(r"[㐀-鿿]")
_WORD = regex(r"\w")
_JOINS = frozenset({"/", "-", "+"})
LINKED = 256  # lists of names whose meaning is remembered
SURE = 0.5  # score of a mention below which it may be of several medicines
SHORT_NAME = 3  # characters; a patent medicine's name so short may be a piece of another's
MIN_OWN = 3  # characters of a patent medicine's name that is said without its form
_CHILDRENS = regex(
    r"\b(?:child(?:ren)?'?s?|junior|infants?'?|p(?:a)?ediatric|kids?|baby|toddlers?)\b"
)  # in a title: who is no child takes another
# Names that say nothing but what a medicine does, and questions that ask for a medicine, name none.
_EFFECTS = regex(
    r"(?:小儿|儿童|老年|妇[科女]|感冒|咳嗽|止[咳嗽痛泻血痒喘]|消[炎食肿]|退[热烧]|通便|安神|清[热肺火肝]|解[毒热表痛]|降[压糖脂]|减肥|补[血肾气钙脾]|健[胃脾脑身]"
    r"|强[身肾]|润[肠肺喉]|化[痔痰湿瘀]|祛[痰风湿]|抗病毒|镇[痛咳]|平喘|宣肺|活血|养[血阴颜]|益[气肾])+"
)
_SEEKS = regex(r"(?:吃|用|服|喝|买|涂|擦)(?:一?[点些])?(?:什么|啥|哪)|怎[么样]办|(?:怎[么样]|如何|咋)治|什么药|哪[些种]药|的药")


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine that the question names: `question[start:end]`, what the name means, and its documents, best first.

    The first `equals` documents are meant equally well: labels of several makers for the same name. `ids` are those of
    the entities and of what they are forms, salts or products of: what is said of the substance holds for them.
    """

    name: str
    start: int
    end: int
    entities: tuple[Entity, ...]
    documents: tuple[DocumentInfo, ...]
    equals: int = 1
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a medicine: the form printed behind a Chinese name, the forms told of an English one and those it
    has as a rule, and whether a child is spoken of."""

    form: str
    forms: frozenset[Form]
    usual: frozenset[Form]
    child: bool


def drugs_of(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> tuple[Drug, ...]:
    """The medicines that the text names and the knowledge base has documents of, in text order, each once."""
    lang = "zh" if _HAN.search(text) else "en"
    named = [(mention, form) for mention in mentions if (form := _form_of(text, mention, lang)) is not None]
    wider = _ids_of({variant for mention, _ in named for variant in name_variants(mention.name)[1:]}, kb)
    found: dict[tuple[str, ...], Drug] = {}
    usual = forms_usual(text) if lang == "en" else frozenset()
    child = Population.CHILD in populations(text) or _for_children(text)  # who says junior Advil means that one
    together = mixtures_in(text, mentions, kb)
    for mixture in together:
        drug = _of_mixture(text, mixture)
        found[tuple(sorted(drug.ids))] = drug
    named = [(m, form) for m, form in named if all(m.end <= one.start or one.end <= m.start for one in together)]
    for mention, form in named:
        entities = tuple(entity for entity in mention.entities if entity.kind in DRUG_KINDS)
        ids = tuple(entity.id for entity in entities)
        base = [i for variant in name_variants(mention.name)[1:] for i in wider.get(variant, ())]
        ids = ids or tuple(base)
        if not ids or ids in found or len(found) == MAX_DRUGS:
            continue
        own = not form and _is_own(text, mention)
        told = forms_beside(text, mention.start, mention.end) if lang == "en" else frozenset()
        said = _Said(form, told, usual, child)
        documents, equals = _documents(said, mention, entities, base, lang, kb, own=own)
        if not any(document.lang == lang for document in documents):  # Lasix, which a Chinese label names, is furosemide
            entities, documents, equals = _elsewhere(said, mention, entities, base, lang, kb) or (entities, documents, equals)
            ids = tuple(entity.id for entity in entities) or ids
        if lang == "en" and any(entity.kind is EntityKind.PRODUCT for entity in entities):
            related = _relatives(mention.name, said, documents, kb)
            documents, equals = (*related, *documents), len(related) or equals
        if documents:
            words = text[mention.start : mention.end]
            drug = Drug(words, mention.start, mention.end, entities, documents, equals, frozenset({*ids, *base}))
            found[ids] = _with_ingredient(drug, kb)
    return tuple(_merged(text, sorted(found.values(), key=lambda drug: drug.start), kb))


def _of_mixture(text: str, mixture: Mixture) -> Drug:
    """The medicine that a question names by all that it is made of."""
    forms = forms_beside(text, mixture.start, mixture.end)
    documents = tuple(sorted(mixture.documents, key=lambda document: not fits_form(forms, document.title)))
    ids = frozenset(entity.id for entity in mixture.entities)
    words = text[mixture.start : mixture.end]
    return Drug(words, mixture.start, mixture.end, mixture.entities, documents, len(documents), ids)


def _elsewhere(
    said: _Said, mention: Mention, entities: tuple[Entity, ...], base: Sequence[str], lang: str, kb: KnowledgeBase
) -> tuple[tuple[Entity, ...], tuple[DocumentInfo, ...], int] | None:
    """The same under the other names that the shipped table has for the medicine, where these have documents in the language."""
    for drug in rows_of(mention.name):
        named = {e.id: e for name in drug.names for e in kb.entity(name) if e.kind in DRUG_KINDS}
        if not named.keys() - {entity.id for entity in entities}:
            continue
        more = (*entities, *(named[i] for i in sorted(named) if all(i != entity.id for entity in entities)))
        for name in drug.names:
            documents, equals = _documents(said, replace(mention, name=name), more, base, lang, kb, own=False)
            if any(document.lang == lang for document in documents):
                return more, documents, equals
    return None


def meant(text: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions without medicines whose name is a number (10 in 10片), or an everyday word or an ailment that no form follows."""
    found = []
    for mention in mentions:
        ailment = is_ailment(mention.name) and not _is_own(text, mention)
        everyday = mention.name in EVERYDAY or ailment
        if mention.name.isdigit() or (everyday and not asked_form(text, mention.end)):
            entities = tuple(entity for entity in mention.entities if entity.kind not in DRUG_KINDS)
            mention = replace(mention, entities=entities)
        if mention.entities:
            found.append(mention)
    return tuple(found)


def _is_own(text: str, mention: Mention) -> bool:
    """Whether a patent medicine's name without its form is no other word as well: 速效感冒 is none, 风热感冒 is an illness."""
    return (
        len(mention.name) >= MIN_OWN
        and all(entity.kind in DRUG_KINDS for entity in mention.entities)
        and not _EFFECTS.fullmatch(mention.name)
        and not _SEEKS.search(text)
        and (mention.via in {"pinyin", "initials"} or name_begins(text, mention.start))
    )


def _form_of(text: str, mention: Mention, lang: str) -> str | None:
    """The dosage form printed behind a medicine's name, "" for none; None where the mention is no medicine's name.

    A word list knows names without saying whose they are; one that ends in a form may be a medicine's.
    """
    kinds = {entity.kind for entity in mention.entities}
    if kinds.isdisjoint(DRUG_KINDS) and not (kinds == {EntityKind.THING} and len(name_variants(mention.name)) > 1):
        return None
    form = asked_form(text, mention.end) if lang == "zh" else ""
    if mention.score < SURE:
        return None
    inside = form and len(mention.name) <= SHORT_NAME and not is_chemical(mention.name)
    return None if inside and not name_begins(text, mention.start) else form  # 脉康 in 糖脉康颗粒


def _ids_of(names: Collection[str], kb: KnowledgeBase) -> dict[str, list[str]]:
    """The ids of the medicines that have the names, by name."""
    ids: dict[str, list[str]] = {}
    for mention in _linked("\n".join(sorted(names)), kb) if names else ():  # one look-up for all of them
        if mention.name in names:
            ids[mention.name] = [entity.id for entity in mention.entities if entity.kind in DRUG_KINDS]
    return ids


def _linked(names: str, kb: KnowledgeBase) -> Sequence[Mention]:
    """The names in a list of names, remembered: many questions are about the same medicines."""
    return memory_of(kb, "names", LINKED).kept(names, lambda: kb.link(names))


def _with_ingredient(drug: Drug, kb: KnowledgeBase) -> Drug:
    """A brand with the ids of what its label's title names: NORVASC - amlodipine besylate tablet."""
    if not any(entity.kind is EntityKind.PRODUCT for entity in drug.entities):
        return drug
    named = _linked("\n".join(name_variants(drug.documents[0].title)), kb)
    return replace(drug, ids=drug.ids.union(e.id for mention in named for e in mention.entities if e.kind in DRUG_KINDS))


def _merged(text: str, drugs: Sequence[Drug], kb: KnowledgeBase) -> list[Drug]:
    """The drugs, with a brand and the ingredient printed beside it as one, and a mixture written with a stroke.

    NORVASC (amlodipine besylate); benzoyl peroxide/erythromycin, of which the labels with both come first.
    """
    merged: list[Drug] = []
    for drug in drugs:
        last = merged[-1] if merged else None
        beside = last is not None and not _WORD.search(text, last.end, drug.start)
        both = [d for d in last.documents if d in drug.documents] if last is not None and beside else []
        joined = last is not None and text[last.end : drug.start].strip() in _JOINS
        both = (_mixtures(last, drug, kb) or both) if last is not None and joined else both
        if last is not None and both and (joined or last.documents[0] in drug.documents):
            entities = (*last.entities, *(entity for entity in drug.entities if entity not in last.entities))
            documents = (*both, *(d for d in last.documents if d not in both)) if joined else last.documents
            equals = len(both) if joined else last.equals
            merged[-1] = replace(
                last, end=drug.end, entities=entities, ids=last.ids | drug.ids, documents=documents, equals=equals
            )
        else:
            merged.append(drug)
    return merged


def _mixtures(one: Drug, other: Drug, kb: KnowledgeBase) -> list[DocumentInfo]:
    """The labels of mixtures that name both medicines in their titles: amiloride/hctz is neither alone."""
    names = [
        sorted({fold(e.name) for e in drug.entities if e.kind is EntityKind.SUBSTANCE} or {fold(drug.name)})
        for drug in (one, other)
    ]
    found = documents_by_words(f"{names[0][0]} {names[1][0]}", SEARCHED, kb)
    return [info for info in found if all(any(name in fold(info.title) for name in called) for called in names)]


def _relatives(name: str, said: _Said, documents: Sequence[DocumentInfo], kb: KnowledgeBase) -> tuple[DocumentInfo, ...]:
    """The labels of a brand's other products, of the form that was said, where no label of its own name is of that form."""
    if not said.forms or any(fits_form(said.forms, document.title) for document in documents):
        return ()
    whole = re.compile(rf"{re.escape(name)}\b", re.IGNORECASE)
    return tuple(d for d in documents_by_words(name, SEARCHED, kb) if whole.match(d.title) and fits_form(said.forms, d.title))


def _documents(
    said: _Said, mention: Mention, entities: Sequence[Entity], base: Sequence[str], lang: str, kb: KnowledgeBase, *, own: bool
) -> tuple[tuple[DocumentInfo, ...], int]:
    """The documents of a drug, best first, and how many of the first are equally good.

    Those of the substance (`base`) come after its own: 盐酸普萘洛尔片 may have to be answered from the label of 普萘洛尔.
    """
    ids = {entity.id for entity in entities}
    # metronidazole is meant by the label of 甲硝唑片, where a table says that the two are one.
    names = {mention.name, *(fold(entity.name) for entity in entities)}
    product = any(entity.kind is EntityKind.PRODUCT for entity in entities)
    remote = []
    for document, steps, about in kb.documents_about([*sorted(ids), *base]):
        distance = steps if about in ids else steps + 1
        called = own and name_variants(document.title)[-1] == mention.name
        if called or distance == 0 or (product and about in ids) or any(_is_meant(n, said.form, document.title) for n in names):
            key = _remoteness(mention.name, said, document, distance, lang)
            remote.append((key, _descending(document.effective), document.source, document.key, document))
    remote.sort(key=lambda item: item[:-1])
    if lang == "en" and not said.child and remote and not _for_children(remote[0][-1].title):
        remote = [item for item in remote if not _for_children(item[-1].title)]  # its doses would be read for an adult's
    equals = sum(item[0] == remote[0][0] for item in remote[:MAX_DOCUMENTS])
    return tuple(item[-1] for item in remote[:MAX_DOCUMENTS]), equals


def _is_meant(name: str, form: str, title: str) -> bool:
    """Whether a label is of the drug named, in another form or salt, and not merely of a mixture that contains it.

    A patent medicine in another form is another medicine: its dose and often its recipe differ.
    """
    if name_variants(name)[-1] not in fold(title) and name_variants(title)[-1] not in fold(name):
        return False
    chemical = is_chemical(name) or (is_chemical(title) and not is_ailment(name))
    form = form or printed_form(name)
    return chemical or (same_form(form, title) and (bool(form) or stands_alone(name)))


def _remoteness(name: str, said: _Said, document: DocumentInfo, distance: int, lang: str) -> tuple[object, ...]:
    """Sorts the label that was asked for first: its printed name, its form, its language."""
    title, asked, name = fold(document.title), fold(name + said.form), fold(name)
    mixture = is_mixture(title) and not is_mixture(name)
    if lang != "zh":
        # "ZOLOFT - sertraline hydrochloride tablet" is as much a label of sertraline as one that is titled so.
        named = re.search(rf"\b{re.escape(name)}\b", title) is not None
        childrens = not said.child and _for_children(title) and not _for_children(name)
        unfit = not fits_form(said.forms, title), not fits_form(said.usual, title)
        return (document.lang != lang, mixture, not named, *unfit, childrens)
    shared = len(title) if asked.startswith(title) else 0
    return (
        title != asked,
        -shared,
        title != name,
        document.lang != lang,
        distance,
        name_variants(document.title)[-1] != name_variants(name)[-1],
        mixture,
    )


def _for_children(title: str) -> bool:
    return _CHILDRENS.search(fold(title)) is not None


def is_mixture(title: str) -> bool:
    """Whether a label's title or a name is of several substances together."""
    return re.search(r"\band\b|[/+;]|复方", fold(title)) is not None


def titled(text: str, cues: Sequence[tuple[int, int]], kb: KnowledgeBase) -> tuple[Drug, ...]:
    """The drug that the English words of a question name only in part: insulin, where labels are of insulin human.

    All the neighbouring words that could name it must stand in a label's title, so that nano silver is not silver.
    """
    for start, end in _word_groups(text, cues)[:TITLED_GROUPS]:
        name = text[start:end]
        if all(word in EVERYDAY for word in name.split()):
            continue
        found = documents_of_ids([ref for ref, _ in kb.search_words(name, TITLED)], kb)
        whole = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        infos = {(d.source, d.key): d for d in found if whole.search(d.title) and not is_mixture(d.title)}
        if infos:
            return (Drug(name, start, end, (), tuple(infos.values()), len(infos)),)
    return ()


def _word_groups(text: str, cues: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    for start, end in subject_spans(text, cues):
        if groups and text[groups[-1][1] : start] == " ":
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return groups


def _descending(date: str) -> tuple[int, ...]:
    return tuple(-ord(character) for character in date) or (0,)
