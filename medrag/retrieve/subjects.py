"""The medicines that a question names and the documents that are theirs, the one meant most exactly first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.retrieve.forms import asked_form, is_ailment, is_chemical, name_begins, same_form, stands_alone
from medrag.retrieve.words import subject_spans
from medrag.types import DocumentInfo, Entity, EntityKind

__all__ = ["DRUG_KINDS", "Drug", "drugs_of", "titled"]

DRUG_KINDS = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT})
MAX_DRUGS = 6
TITLED = 20  # passages whose titles are looked at
MAX_DOCUMENTS = 40  # of one drug; a common substance has hundreds of labels
_HAN = re.compile(r"[㐀-鿿]")
SHORT_NAME = 3  # characters; a patent medicine's name so short may be a piece of another's


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine that the question names: `question[start:end]`, what the name means, and its documents, best first.

    The first `equals` documents are meant equally well: labels of several makers for the same name.
    """

    name: str
    start: int
    end: int
    entities: tuple[Entity, ...]
    documents: tuple[DocumentInfo, ...]
    equals: int = 1


def drugs_of(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> tuple[Drug, ...]:
    """The medicines that the text names and the knowledge base has documents of, in text order, each once."""
    lang = "zh" if _HAN.search(text) else "en"
    found: dict[tuple[str, ...], Drug] = {}
    for mention in mentions:
        entities = tuple(entity for entity in mention.entities if entity.kind in DRUG_KINDS)
        ids = tuple(entity.id for entity in entities)
        if not ids or ids in found or len(found) == MAX_DRUGS:
            continue
        form = asked_form(text, mention.end) if lang == "zh" else ""
        if form and len(mention.name) <= SHORT_NAME and not is_chemical(mention.name) and not name_begins(text, mention.start):
            continue  # 脉康 in 糖脉康颗粒
        documents, equals = _documents(form, mention, entities, lang, kb)
        if documents:
            found[ids] = Drug(text[mention.start : mention.end], mention.start, mention.end, entities, documents, equals)
    return tuple(found.values())


def _documents(
    form: str, mention: Mention, entities: Sequence[Entity], lang: str, kb: KnowledgeBase
) -> tuple[tuple[DocumentInfo, ...], int]:
    """The documents of a drug, best first, and how many of the first are equally good."""
    about = kb.documents_about([entity.id for entity in entities]) or _about_base(mention, kb)
    product = any(entity.kind is EntityKind.PRODUCT for entity in entities)
    own = [
        (document, distance)
        for document, distance, _ in about
        if distance == 0 or product or _is_meant(mention.name, form, document.title)
    ]
    remote = [
        (_remoteness(mention.name + form, mention.name, document, distance, lang), document) for document, distance in own
    ]
    remote.sort(key=lambda item: (item[0], _descending(item[1].effective), item[1].source, item[1].key))
    equals = sum(key == remote[0][0] for key, _ in remote[:MAX_DOCUMENTS])
    return tuple(document for _, document in remote[:MAX_DOCUMENTS]), equals


def _about_base(mention: Mention, kb: KnowledgeBase) -> list[tuple[DocumentInfo, int, str]]:
    """The documents of what the drug is a form or a salt of: 盐酸普萘洛尔片 is answered from the label of 普萘洛尔."""
    for steps, variant in enumerate(name_variants(mention.name)[1:], start=1):
        ids = [entity.id for entity in kb.entity(variant) if entity.kind in DRUG_KINDS]
        found = kb.documents_about(ids) if ids else []
        if found:
            return [(document, distance + steps, entity_id) for document, distance, entity_id in found]
    return []


def _is_meant(name: str, form: str, title: str) -> bool:
    """Whether a label is of the drug named, in another form or salt, and not merely of a mixture that contains it.

    A patent medicine in another form is another medicine: its dose and often its recipe differ.
    """
    if name_variants(name)[-1] not in fold(title) and name_variants(title)[-1] not in fold(name):
        return False
    chemical = is_chemical(name) or (is_chemical(title) and not is_ailment(name))
    return chemical or (same_form(form, title) and (bool(form) or stands_alone(name)))


def _remoteness(asked: str, name: str, document: DocumentInfo, distance: int, lang: str) -> tuple[object, ...]:
    """Sorts the label that was asked for first: its printed name, its form, its language."""
    title, asked, name = fold(document.title), fold(asked), fold(name)
    shared = len(title) if asked.startswith(title) else 0
    return (
        title != asked,
        -shared,
        title != name,
        document.lang != lang,
        distance,
        name_variants(document.title)[-1] != name_variants(name)[-1],
        _mixture(title) and not _mixture(name),
    )


def _mixture(folded: str) -> bool:
    return re.search(r"\band\b|[/+;]|复方", folded) is not None


def titled(text: str, cues: Sequence[tuple[int, int]], kb: KnowledgeBase) -> tuple[Drug, ...]:
    """The drug that the English words of a question name only in part: insulin, where labels are of insulin human.

    All the neighbouring words that could name it must stand in a label's title, so that nano silver is not silver.
    """
    for start, end in _word_groups(text, cues):
        name = text[start:end]
        passages = kb.passages([ref for ref, _ in kb.search_words(name, TITLED)])
        whole = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        infos = {
            (p.document.source, p.document.key): p.document
            for p in passages
            if whole.search(p.document.title) and not _mixture(fold(p.document.title))
        }
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
