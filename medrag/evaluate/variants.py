"""How people write the names of the labels in a knowledge base: made by rule from the labels, and whether they are found.

    python -m medrag.evaluate.variants labels.kb

Every variant is asked in one plain question; it counts as found where the first document of the drug that the question
names is the label it was made from, or another label of the same name.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import DRUGS, Mention
from medrag.kb.folding import fold
from medrag.kb.terms.lookalikes import lookalikes
from medrag.kb.terms.pinyin import spellings, syllable
from medrag.kb.terms.printed import name_variants
from medrag.kb.terms.shipped import is_shipped
from medrag.types import DocumentInfo, DocumentKind

__all__ = ["Count", "NameVariant", "first_document", "measure", "variants"]

MIN_HAN, MIN_LATIN = 3, 7  # characters of a name that is misspelt
_HAN = re.compile("[一-鿿]+")
_LATIN = re.compile("[a-z]+")
_DASH = re.compile(r"\s*-\s+")  # NOLVADEX - tamoxifen citrate tablet
NEAR_STEPS = 1  # from an entity to its namesakes and forms; the labels of mixtures with it are further
_GIVEN = {"brand": "brand", "english": "english"}  # a name's kind in the catalogue, and here
_ASKED = {"zh": "{}的用法用量", "en": "dose of {}"}


@dataclass(frozen=True, slots=True)
class NameVariant:
    """A name as somebody might write it: its kind, and the (source, key) of the labels that it may mean."""

    kind: str
    text: str
    right: frozenset[tuple[str, str]]

    @property
    def question(self) -> str:
        """The variant in a plain question, in Chinese for a Chinese name and for pinyin."""
        return _ASKED["zh" if _HAN.search(self.text) or self.kind == "pinyin" else "en"].format(self.text)


@dataclass(frozen=True, slots=True)
class Count:
    """Of so many variants of a kind, for how many the right drug came first."""

    kind: str
    asked: int
    right: int


def variants(kb: KnowledgeBase, *, seed: int = 0) -> list[NameVariant]:
    """The variants of all labels' names, each once, in the order of the labels; the same for the same seed."""
    labels = [d for d in kb.documents(kinds=(DocumentKind.LABEL.value,)) if len(fold(d.title)) <= 60]
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for label in labels:
        *brand, generic = _DASH.split(label.title)
        # What is about the same entity counts: another maker's label, and the label in the other language.
        about = [e.id for name in {label.title, generic, name_variants(generic)[-1]} for e in kb.entity(name)]
        same = {(d.source, d.key) for d, steps, _ in kb.documents_about(sorted(about)) if steps <= NEAR_STEPS}
        made = _of_label(kb, label.title, generic, Random(f"{seed}:{label.source}:{label.key}"))
        for kind, text in (*made, *(("brand", name) for name in brand if len(name) > 2)):
            found.setdefault((kind, text), set()).update(same, [(label.source, label.key)])
    return [NameVariant(kind, text, frozenset(right)) for (kind, text), right in found.items()]


def _of_label(kb: KnowledgeBase, title: str, generic: str, random: Random) -> Iterator[tuple[str, str]]:
    names = name_variants(generic)
    base = names[-1]
    if len(names) > 1:
        yield "no form", names[1]
    if len(names) > 2:
        yield "no salt", base
    if _HAN.fullmatch(base) and len(base) >= MIN_HAN:
        for way in spellings(base)[:1]:
            yield "pinyin", "".join(way)
    wrong = misspelt(base, random)
    if wrong:
        yield "one typing error", wrong
    for entity in kb.entity(title):
        for name, kind in kb.names(entity.id):
            if kind in _GIVEN and len(name) > 2:
                yield _GIVEN[kind], name


def misspelt(name: str, random: Random) -> str:
    """The name with one typing error: a character of the same sound, or a Latin letter dropped, doubled, swapped or wrong.

    "" for a short name, and where the error makes another name.
    """
    if _HAN.fullmatch(name) and len(name) >= MIN_HAN:
        at = random.randrange(len(name))
        others = [c for c in _by_sound().get(syllable(name[at]), ()) if c != name[at]]
        wrong = name[:at] + random.choice(others) + name[at + 1 :] if others else ""
    elif _LATIN.fullmatch(name) and len(name) >= MIN_LATIN:
        wrong = _latin_slip(name, random)
    else:
        return ""
    return "" if wrong == name or is_shipped(wrong) or wrong in lookalikes() else wrong


def _latin_slip(name: str, random: Random) -> str:
    at = random.randrange(1, len(name) - 1)
    slips = (
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + random.choice("aeiourstln") + name[at + 1 :],
    )
    return random.choice(slips)


@cache
def _by_sound() -> dict[str, list[str]]:
    """The 3,755 commonest characters by their syllable: the first level of GB 2312, ordered by sound there."""
    found: dict[str, list[str]] = defaultdict(list)
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                character = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            found[syllable(character)].append(character)
    return dict(found)


def first_document(kb: KnowledgeBase, question: str) -> DocumentInfo | None:
    """The first document about the drug that the question names best, misspelt or not."""
    linked = kb.link(question)
    near = kb.link_near(question, [(m.start, m.end) for m in linked])
    ranked = sorted((m for m in (*linked, *near) if _of_drug(m)), key=lambda m: (-m.score * (m.end - m.start), m.start))
    for mention in ranked:
        about = kb.documents_about([e.id for e in mention.entities if e.kind in DRUGS])
        if about:
            return about[0][0]
    return None


def _of_drug(mention: Mention) -> bool:
    return any(entity.kind in DRUGS for entity in mention.entities)


def measure(kb: KnowledgeBase, asked: Sequence[NameVariant]) -> list[Count]:
    """How many variants of each kind lead to a right label first, by kind."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for variant in asked:
        document = first_document(kb, variant.question)
        counts[variant.kind].append(document is not None and (document.source, document.key) in variant.right)
    return [Count(kind, len(hits), sum(hits)) for kind, hits in sorted(counts.items())]


def main(arguments: Sequence[str]) -> None:
    """Writes the counts by kind for the knowledge base in a folder."""
    with KnowledgeBase.open(arguments[0]) as kb:
        counts = measure(kb, variants(kb))
    for count in (*counts, Count("all", sum(c.asked for c in counts), sum(c.right for c in counts))):
        sys.stdout.write(f"{count.kind:20s}{count.right:6d} of {count.asked:6d}  {count.right / max(count.asked, 1):.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
