"""An answer with what it names: raised links on medicines and diseases, 了解更多 below, and a card of each.

This is the form that QiZhen showed on its screens. Links on names are numbered apart from citations, which keep their marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from medrag.answer.show.html import before_html, escaped_lines, inline_html, sources_html
from medrag.answer.show.words import answer_lang, document_name, placed_marks
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.relations import inverse_of, label
from medrag.retrieve.forms import FORM
from medrag.types import Answer, DocumentKind, Entity, EntityKind, Fact

__all__ = ["Named", "named_in", "qizhen_html"]

MOST_FACTS = 200  # of an entity that are read for its card
MOST_OBJECTS = 12  # of one relation that a card lists
PREFIX = "qizhen"

_KINDS = {
    EntityKind.SUBSTANCE: ("药物成份", "substance"),
    EntityKind.PREPARATION: ("药品", "medicine"),
    EntityKind.PRODUCT: ("药品", "product"),
    EntityKind.DISEASE: ("疾病", "disease"),
    EntityKind.SYMPTOM: ("症状", "symptom"),
    EntityKind.DEPARTMENT: ("科室", "department"),
    EntityKind.CHECK: ("检查", "check"),
    EntityKind.BODY_PART: ("部位", "body part"),
    EntityKind.DRUG_CLASS: ("药品分类", "drug class"),
    EntityKind.OPERATION: ("手术", "operation"),
    EntityKind.FOOD: ("食物", "food"),
    EntityKind.THING: ("名词", "term"),
}
_DRUGS = frozenset({EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.PRODUCT})
_MORE, _NAME, _OTHERS, _KIND, _LABELS = (
    ("了解更多", "Read more"),
    ("名称", "Name"),
    ("别名", "Other names"),
    ("类型", "Kind"),
    ("说明书", "Labels"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """An entity that an answer names, and where it does so first: `answer.text[start:end]`."""

    entity: Entity
    start: int
    end: int


def named_in(answer: Answer, kb: KnowledgeBase) -> list[Named]:
    """The entities that an answer names, each once, in the order in which it does.

    A name of several entities is that of the one which is called so letter for letter, else it is linked to none. The name of
    a drug takes in the dosage form behind it: 兰索拉唑肠溶片.
    """
    named: dict[str, Named] = {}
    marks = placed_marks(answer)
    for mention in kb.link(answer.text):
        entity = _meant(mention, answer.text[mention.start : mention.end])
        inside = any(mark.start < mention.end and mention.start < mark.end for mark in marks)
        if entity is not None and not inside:
            form = FORM.match(answer.text, mention.end) if entity.kind in _DRUGS else None
            named.setdefault(entity.id, Named(entity, mention.start, form.end() if form is not None else mention.end))
    return sorted(named.values(), key=lambda one: one.start)


def _meant(mention: Mention, written: str) -> Entity | None:
    if len(mention.entities) == 1:
        return mention.entities[0]
    called = [entity for entity in mention.entities if fold(entity.name) == fold(written)]
    return called[0] if len(called) == 1 else None


def qizhen_html(answer: Answer, kb: KnowledgeBase, *, prefix: str = PREFIX) -> str:
    """The answer as an HTML fragment in QiZhen's form, with the citations below as in `to_html`; all text is escaped."""
    zh = 0 if answer_lang(answer) == "zh" else 1
    named = named_in(answer, kb)
    text = inline_html(answer, prefix, lambda start, end: _linked(answer.text, start, end, named, prefix))
    lines = [f'<div class="medrag-answer qizhen" lang="{escape(answer_lang(answer))}">', *before_html(answer)]
    lines.append(f"<p>{text}</p>")
    if named:
        links = "".join(
            f'<li><a href="#{escape(prefix)}-entity-{number}">[{number}] {escape(_listed(answer, one))}</a></li>'
            for number, one in enumerate(named, start=1)
        )
        lines.append(f'<footer class="more"><strong>{_MORE[zh]}</strong><ul>{links}</ul></footer>')
    for number, one in enumerate(named, start=1):
        lines += _card(one.entity, kb, f"{prefix}-entity-{number}", zh)
    return "\n".join([*lines, *sources_html(answer, prefix), "</div>"])


def _listed(answer: Answer, one: Named) -> str:
    """The name as the answer has it, with the entity's own where that is another: 卓-艾综合征 (胃泌素瘤)."""
    written = answer.text[one.start : one.end]
    return one.entity.name if fold(one.entity.name) in fold(written) else f"{written} ({one.entity.name})"


def _linked(text: str, start: int, end: int, named: Sequence[Named], prefix: str) -> str:
    """A stretch of the text with a raised link behind each name that ends in it, if the entity is named there first."""
    parts: list[str] = []
    at = start
    for number, one in enumerate(named, start=1):
        if start < one.end <= end:
            link = f'<sup class="entity"><a href="#{escape(prefix)}-entity-{number}">[{number}]</a></sup>'
            parts += [escaped_lines(text[at : one.end]), link]
            at = one.end
    return "".join([*parts, escaped_lines(text[at:end])])


def _card(entity: Entity, kb: KnowledgeBase, id_: str, zh: int) -> list[str]:
    """What is known of an entity: its names, its kind, its labels, and its facts by relation."""
    names = [name for name, _ in kb.names(entity.id)]
    others = [name for name in dict.fromkeys(names) if name != entity.name]
    documents = [document for document, _, _ in kb.documents_about([entity.id]) if document.kind is DocumentKind.LABEL]
    rows = [(_NAME[zh], [entity.name]), (_OTHERS[zh], others), (_KIND[zh], [_KINDS[entity.kind][zh]])]
    rows += _relations(entity, kb.facts_of([entity.id], limit=MOST_FACTS), zh)
    rows.append((_LABELS[zh], [document_name(document) for document in documents]))
    lines = [f'<aside class="card" id="{escape(id_)}"><h4>{escape(entity.name)}</h4><dl>']
    for name, values in rows:
        if values:
            more = "…" if len(values) > MOST_OBJECTS else ""
            shown = ("、", ", ")[zh].join(dict.fromkeys(values[:MOST_OBJECTS]))
            lines.append(f"<dt>{escape(name)}</dt><dd>{escape(shown)}{more}</dd>")
    return [*lines, "</dl></aside>"]


def _relations(entity: Entity, facts: Sequence[Fact], zh: int) -> list[tuple[str, list[str]]]:
    """The entity's facts by relation, seen from it: 适应症 of a drug, 药物治疗 of a disease."""
    found: dict[str, list[str]] = {}
    lang = ("zh", "en")[zh]
    for fact in facts:
        if fact.subject.id == entity.id:
            found.setdefault(label(fact.relation, lang), []).append(fact.object.name)
        elif fact.object.id == entity.id and (turned := inverse_of(fact.relation)):
            found.setdefault(label(turned, lang), []).append(fact.subject.name)
    return list(found.items())
