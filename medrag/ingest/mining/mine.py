"""Facts of a label: each section of a kind that states some is read by the rules for its language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from medrag.ingest.mining import chinese, chinese_together, english, english_together
from medrag.ingest.mining.names import Own, own_names
from medrag.ingest.mining.said import INDICATION, Said
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.sections import SectionGroup
from medrag.types import Document, DocumentKind, EntityKind, Section

__all__ = ["MAX_FACTS", "MAX_SECTION_FACTS", "mined"]

MAX_SECTION_FACTS = 60
MAX_FACTS = 300  # of one label
MAX_SECTION_CHARS = 60_000  # what follows in a longer section is left unread
MIN_BRAND = 5  # characters of a first word that is a brand's name by itself
_DRUGS = (EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT)

Rule = Callable[[str, Own], Iterator[Said]]
_ZH: dict[SectionGroup, tuple[Rule, ...]] = {
    SectionGroup.INDICATIONS: (chinese.indications,),
    SectionGroup.CONTRAINDICATIONS: (chinese.contraindications, chinese_together.forbidden_together),
    SectionGroup.WARNINGS: (chinese.warnings, chinese_together.forbidden_together),
    SectionGroup.BOXED_WARNING: (chinese.warnings,),
    SectionGroup.PREGNANCY: (chinese.warnings,),
    SectionGroup.PEDIATRIC: (chinese.warnings,),
    SectionGroup.GERIATRIC: (chinese.warnings,),
    SectionGroup.INTERACTIONS: (chinese_together.interactions,),
}
_EN: dict[SectionGroup, tuple[Rule, ...]] = {
    SectionGroup.INDICATIONS: (english.indications,),
    SectionGroup.CONTRAINDICATIONS: (english.contraindications,),
    SectionGroup.WARNINGS: (english.warnings,),
    SectionGroup.BOXED_WARNING: (english.warnings,),
}
# Parts of over-the-counter labels, whose headings are the first half of each sentence.
_ASK_A_DOCTOR, _ASK_A_PHARMACIST = "50569-3", "50568-5"


def mined(document: Document, about: tuple[EntityRef, ...], names: tuple[NameOf, ...] = ()) -> tuple[Statement, ...]:
    """The facts that a label's sections state of its drug, in text order, each once, with the first span that says it.

    The subject is the first drug that the label is about. There are none for other documents, other languages than
    Chinese and English, and labels about no drug.
    """
    subject = next((ref for ref in about if ref.kind in _DRUGS), None)
    if subject is None or document.kind is not DocumentKind.LABEL or document.lang not in ("zh", "en"):
        return ()
    own: Own | None = None
    itself = subject.id
    found: dict[tuple[str, str], Statement] = {}
    printed: set[tuple[str, EntityRef]] = set()
    for section in document.sections:
        rules = _rules(document.lang, section)
        if not rules or section.end - section.start < 2:
            continue
        own = own or own_names(_called(about, names))
        for said in _said(document.text, section, rules, own):
            if (said.relation, said.object) in printed:
                continue  # telling ids apart is dearer: it folds the name
            printed.add((said.relation, said.object))
            key = (said.relation, said.object.id)
            if key not in found and key[1] != itself and len(found) < MAX_FACTS:
                found[key] = Statement(
                    subject, said.relation, said.object, section.start + said.start, section.start + said.end
                )
    return tuple(found.values())


def _called(about: tuple[EntityRef, ...], names: tuple[NameOf, ...]) -> Iterator[str]:
    """What the label calls its drug: all names but codes, and of TRUVADA ACCESS the first word too."""
    for ref in about:
        yield ref.name
        first = ref.name.split(" ", 1)[0]
        if ref.kind is EntityKind.PRODUCT and len(first) >= MIN_BRAND:
            yield first
    yield from (name.name for name in names if name.kind != "code")


def _rules(lang: str, section: Section) -> tuple[Rule, ...]:
    if lang == "zh":
        return _ZH.get(section.group, ())
    if section.code == _ASK_A_DOCTOR:
        return (english.cautions_listed,)
    if section.code == _ASK_A_PHARMACIST:
        return (english_together.interactions,)
    if section.group is SectionGroup.INTERACTIONS:
        return (lambda body, own: english_together.interactions(body, own, heading=section.heading),)
    return _EN.get(section.group, ())


def _said(text: str, section: Section, rules: tuple[Rule, ...], own: Own) -> Iterator[Said]:
    body = text[section.start : min(section.end, section.start + MAX_SECTION_CHARS)]
    for rule in rules:
        yield from islice(rule(body, own), MAX_SECTION_FACTS)
    if section.group is SectionGroup.INDICATIONS and section.path:
        yield from _headed(text, section, body)


def _headed(text: str, section: Section, body: str) -> Iterator[Said]:
    """The disease that heads a part of the indications; heading and first line say it together."""
    ref = english.heading_condition(section.heading)
    start = section.start - len(section.heading) - 1
    if ref is None or start < 0 or not text.startswith(section.heading, start):
        return
    line = body.find("\n")
    first = line if line > 0 else len(body)
    yield Said(INDICATION, ref, start - section.start, min(first, english.MAX_UNIT))
