"""Which names make a medicine of a list up, and which labels of a knowledge base are of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from medrag.answer.safety.made_of import FORMS, generic_of, parts_of, without_form
from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.folding import fold
from medrag.kb.linking import substances_of
from medrag.kb.terms import name_variants
from medrag.kb.terms.compounds import names_of_sole
from medrag.kb.terms.shipped import rows_of
from medrag.patterns import regex
from medrag.retrieve.subjects import DRUG_KINDS, drugs_of
from medrag.types import DocumentInfo, DocumentKind, Entity

__all__ = ["MAX_LABELS", "documents_of", "joined", "titled", "unjoined", "whole"]

MAX_LABELS = 8  # of one medicine; a common substance has hundreds, which say the same
MAX_LABELS_LANG = 5  # of one language, where there are labels in another too
FEW_LABELS = 3  # below which those of the brands are looked for
MIN_TITLED = 5  # letters of a name that is looked for in titles
_ENDING_FORM = regex(r"(?:\s+(?:tablets?|capsules?|cream|ointment|gel|lotion|drops?|spray|liquid|syrup|caplets?|gelcaps?))+$")
# How a name may be found; what was misspelt is only proposed.
_BOTH_KINDS = frozenset({"exact", "traditional", "shipped", "short"})
_SEPARATORS = regex(r"[\s/／、，,+＋&·\-]|\band\b")
_STRENGTH = regex(r"\s+[\d./%\s]+$")


def whole(text: str, kb: KnowledgeBase) -> list[Mention]:
    """The names of medicines that make up the whole text, forms and joining words aside; none where a part is left over.

    甘草 in an unknown 复方甘草清肺片 is not what is taken.
    """
    found = [m for m in kb.link(text) if m.via in _BOTH_KINDS and any(e.kind in DRUG_KINDS for e in m.entities)]
    rest = text
    for mention in sorted(found, key=lambda m: -m.start):
        rest = rest[: mention.start] + " " + rest[mention.end :]
    left = FORMS.sub(" ", rest).strip()
    variants = name_variants(text)
    if not left or any(m.name in variants or text[m.start : m.end] in variants for m in found):
        return found
    salted = " ".join(part for part in left.split() if name_variants(f"x {part}")[-1] != "x")
    return found if not salted else []


def joined(text: str, mentions: Sequence[Mention]) -> list[str]:
    """The names of several substances that make up a text: 氯雷他定伪麻黄碱, oxycodone and ibuprofen; none where it is one name."""
    if parts_of(text) and len(named := _named_parts(text)) > 1:
        return named
    if any(m.end - m.start >= len(text) for m in mentions):
        return []
    names = list(dict.fromkeys(m.name for m in sorted(mentions, key=lambda m: m.start)))
    keys = [substances_of(name) for name in names]
    apart = all(not one & other for at, one in enumerate(keys) for other in keys[:at])
    return names if len(names) > 1 and apart else []


def unjoined(text: str, near: Iterable[str]) -> str:
    """The name like a text that is the same but for what joins its parts, or for a strength behind it; "" for none.

    可待因/桔梗流浸膏 for 可待因桔梗流浸膏, NECON for Necon 7/7/7.
    """
    folded = {_SEPARATORS.sub("", fold(name)): name for name in reversed(tuple(near))}
    plain, bare = (_SEPARATORS.sub("", one) for one in (text, _STRENGTH.sub("", text)))
    begins = [name for one, name in folded.items() if plain != bare and one.startswith(plain)]  # NECON 777 777
    return folded.get(plain) or next(iter(begins), folded.get(bare, ""))


def titled(text: str, kb: KnowledgeBase) -> Iterator[DocumentInfo]:
    """The labels whose titles begin with a name that nobody knows, where they are all of one product: Wal-Sleep Z.

    A shop's name begins the titles of many products, and names none of them.
    """
    words = _words(_ENDING_FORM.sub("", text))
    longest_word = max(words.split(), key=len, default="")
    if len(words.replace(" ", "")) < MIN_TITLED or words != words.encode("ascii", "ignore").decode():
        return
    infos = [
        d
        for d in kb.documents(called=longest_word)
        if d.kind is DocumentKind.LABEL and _words(d.title + " ").startswith(words + " ")
    ]
    made = {_words(generic_of(d.title)) for d in infos}
    if len(made) == 1 and made != {""}:
        yield from infos


def _words(text: str) -> str:
    """A name's letters and digits: children's is childrens."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(text).replace("'", "").replace("’", ""))) + (
        " " if text.endswith(" ") else ""
    )


def documents_of(text: str, mentions: Sequence[Mention], entities: Sequence[Entity], kb: KnowledgeBase) -> list[DocumentInfo]:
    """The labels of the medicine, best first: of its own language first, and some of the other."""
    parts = joined(text, mentions)
    found = {(d.source, d.key): d for d in _of_mixture(parts, kb)}
    if not found:
        found = {(d.source, d.key): d for d in _labelled(text, mentions, kb)}
    if not found:
        about = kb.documents_about([entity.id for entity in entities])
        found = {(d.source, d.key): d for d, _, _ in about if d.kind is DocumentKind.LABEL}
    for name in _elsewhere(text):  # labels of aspirin are labels of 阿司匹林
        _add(found, name, kb)
    if len(found) < FEW_LABELS:
        for brand in _brands(text):
            _add(found, brand, kb)
    if len(found) < FEW_LABELS:  # of a kit of the brand's too
        found.update({(d.source, d.key): d for d in titled(text, kb) if (d.source, d.key) not in found})
    infos = [d for d in found.values() if d.lang in ("zh", "en")]
    mixed = bool(parts) or _is_mixed(text)
    infos = [d for d in infos if mixed or not _is_mixed(_own_title(d.title, text))] or infos
    infos = _each_first(infos)
    first = infos[0].lang if infos else ""
    own, other = [d for d in infos if d.lang == first], [d for d in infos if d.lang != first]
    kept = own[: MAX_LABELS_LANG if other else MAX_LABELS]
    return [*kept, *other[: MAX_LABELS - len(kept)]]


def _add(found: dict[tuple[str, str], DocumentInfo], name: str, kb: KnowledgeBase) -> None:
    linked = [m for m in kb.link(name) if m.start == 0 and m.end == len(name)]
    found.update({(d.source, d.key): d for d in _labelled(name, linked, kb) if (d.source, d.key) not in found})


def _of_mixture(parts: Sequence[str], kb: KnowledgeBase) -> Iterator[DocumentInfo]:
    """The labels whose titles name just the ingredients that a name joins, in whatever order."""
    if len(parts) < 2:
        return
    wanted = [substances_of(part) for part in parts]
    for info in kb.documents(called=max(parts, key=len)):
        if info.kind is DocumentKind.LABEL:
            made = [substances_of(name) for name in _named_parts(fold(generic_of(info.title) or without_form(info.title)))]
            if len(made) == len(wanted) and all(any(one & other for other in made) for one in wanted):
                yield info


def _named_parts(made: str) -> list[str]:
    """The names that a folded name joins, as they stand in it."""
    return [part.strip() for part in re.split(r"\s*(?:,\s*(?:and\b)?|;|/|／|\+|、|\band\b)\s*", made) if part.strip()]


def _each_first(infos: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """The labels with those first whose title none before has: of twelve, five that say the same would leave no room."""
    first: dict[str, DocumentInfo] = {}
    again = [info for info in infos if first.setdefault(fold(info.title), info) is not info]
    return [*first.values(), *again]


def _labelled(text: str, mentions: Sequence[Mention], kb: KnowledgeBase) -> Iterator[DocumentInfo]:
    for drug in drugs_of(text, mentions, kb):
        yield from (d for d in drug.documents if d.kind is DocumentKind.LABEL)


def _elsewhere(text: str) -> Iterator[str]:
    """The first name in the other language that the shipped table has for a medicine."""
    rows = next((rows for variant in name_variants(text) if (rows := rows_of(variant))), ())
    if len(rows) == 1:
        yield from [name for name in rows[0].names if name.isascii() != text.isascii()][:1]


def _brands(text: str) -> Iterator[str]:
    """The brands and the other names of a medicine, whose labels are its labels: Multaq is dronedarone."""
    rows = next((rows for variant in name_variants(text) if (rows := rows_of(variant))), ())
    if len(rows) == 1:
        yield from (name for name in (*rows[0].brands, *rows[0].names) if name != text)
    yield from names_of_sole(text)


def _own_title(title: str, text: str) -> str:
    """A title by which a label may be of a mixture: none of a product's that was asked for by its own name."""
    folded = fold(title)
    return "" if folded.startswith(text) and len(generic_of(title)) else without_form(folded)


def _is_mixed(folded: str) -> bool:
    return re.search(r"\band\b|[/+;,]|复方", folded) is not None
