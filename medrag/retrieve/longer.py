"""Names that begin before a known one: 百合止咳丸 is not 止咳丸, though it ends so, and 美雄诺龙 is another substance than 雄诺龙."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.patterns import regex
from medrag.retrieve.forms import is_ailment, is_chemical, name_begins
from medrag.retrieve.names import UnknownName
from medrag.retrieve.reading import found_by_words, passages_of_ids
from medrag.retrieve.subjects import Drug

__all__ = ["longer_names"]

SHORT = 3  # characters of a name without its form that may end another's
BEGINNING = 2  # characters with which another medicine's name begins
SEARCHED = 20  # passages whose titles are looked at
_BOUND = regex(r"[㐀-鿿]{2,6}$")
# What stands before a substance's name and makes it that of another one.
_DERIVED = regex(
    r"(?:[甲乙丙丁羟氨氟氯溴碘硝硫磺苯环酰脱氢酮]|(?<!欧)(?<!北)(?<!南)美|去[甲氧氢]|(?<=[㐀-鿿])异|(?:^|[^比])左旋?|右旋?)$"
)


def longer_names(text: str, drugs: Sequence[Drug], kb: KnowledgeBase) -> tuple[UnknownName, ...]:
    """The names that end in a short patent medicine's and begin as some other medicine's name does, or derive from a substance's.

    What stands before must be no word of the sentence, no ailment and no patient.
    """
    found = []
    for drug in drugs:
        derived = _DERIVED.search(text, max(0, drug.start - 3), drug.start) if _is_substance(drug.name) else None
        if derived is not None and not any(one.start <= derived.start() < one.end for one in drugs):
            found.append(UnknownName(text[derived.start() : drug.end], derived.start(), drug.end))
            continue
        bare = name_variants(drug.name)[-1]
        before = _BOUND.search(text, 0, drug.start)
        if before is None or len(bare) > SHORT or is_chemical(drug.name) or name_begins(text, drug.start):
            continue
        head = before.group()[-BEGINNING:]
        if not is_ailment(head) and _begins_some_name(head, kb):
            found.append(UnknownName(text[drug.start - BEGINNING : drug.end], drug.start - BEGINNING, drug.end))
    return tuple(found)


def _is_substance(name: str) -> bool:
    return not name.isascii() and is_chemical(name)


def _begins_some_name(head: str, kb: KnowledgeBase) -> bool:
    passages = passages_of_ids([ref for ref, _ in found_by_words(head, SEARCHED, kb)], kb)
    return any(fold(passage.document.title).startswith(head) for passage in passages)
