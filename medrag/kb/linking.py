"""Finding the names in a text and what they mean: exactly, in other words, in pinyin, and with typing errors.

What is typed exactly as some known name is never taken for another, and where a word is equally near to two different
medicines both readings are kept, or none where one of them is unknown here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from medrag.kb.facts import DRUGS, Mention
from medrag.kb.folding import Folded, fold, fold_with_map
from medrag.kb.misspelt import ONE_EDIT, NearName, Seen, near_names
from medrag.kb.names import NameFinder, NameIndex, Occurrence
from medrag.kb.near import MIN_INITIALS, NearIndex, initials_key, pinyin_key
from medrag.kb.terms.lookalikes import lookalikes
from medrag.kb.terms.pinyin import initials, is_pinyin, spellings
from medrag.kb.terms.printed import name_variants
from medrag.kb.terms.shipped import ShippedDrug, rows_of, shipped_names
from medrag.kb.terms.tables import made_near
from medrag.kb.traditional import simplified
from medrag.patterns import regex
from medrag.types import Entity, EntityKind

__all__ = ["Mean", "Meanings", "are_two", "link", "link_near", "shipped_in", "substance_of", "substances_of"]

SPOKEN = frozenset({*DRUGS, EntityKind.DRUG_CLASS, EntityKind.DISEASE})  # kinds whose names are looked for in other spellings
PINYIN, INITIALS, AMBIGUOUS = 0.9, 0.6, 0.3  # scores
MIN_DISEASE, PREFIX, ENDING = 9, 4, 2  # letters of a disease's name that is corrected, and of it those that are not
MIN_PINYIN = 6  # letters; of fewer, an English word is as likely
MAX_SYLLABLES = 8
MAX_INITIALS = 8
_HAN = regex("[一-鿿]")
_JOINED = regex(r"\band\b|,|和|与")  # names so joined may be of two medicines that are asked about
_JOINS = regex(r"\s*[,;](?: and\b)?\s*|\s+(?:and|with)\s+|\s*[/+、]\s*|和|与")
_WORD = regex("[a-z]+")

Meanings = Mapping[str, Sequence[Entity]]
Mean = Callable[[Collection[str]], Meanings]  # what each of some folded names stands for
Documented = Callable[[Sequence[str]], bool]  # whether there is a document about one of the entities
# Names of which the first group that means something is taken: those of the substance before its brands.
Reading = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A place in the text and the readings of what stands there."""

    start: int
    end: int
    readings: tuple[Reading, ...]
    via: str
    score: float = 1.0


def link(indexes: Sequence[NameIndex], text: str, *, mean: Mean, seen: Seen, documented: Documented) -> list[Mention]:
    """The names in a text that mean something, leftmost longest, not overlapping.

    A name of the shipped table means what the catalogue has under another name of its row, where it means nothing itself
    or nothing that there is a document about.
    """
    places = {place for index in indexes for place in index.find(text)}
    found = [_Found(start, end, (((name,),),), "exact") for start, end, name in sorted(places, key=_longest_first)]
    found += [_Found(start, end, _shipped_readings(name), "shipped") for start, end, name in shipped_in(text)]
    found += _spelt(text, [index.near for index in indexes], seen)
    known = mean({fold(n) for f in found for reading in f.readings for group in reading for n in group})
    found.sort(key=lambda f: (f.start, -f.end))  # of the same length as they were found: exact, shipped, pinyin
    mentions: list[Mention] = []
    unknown: list[_Found] = []  # medicines that the table names and the catalogue does not have
    shipped: dict[tuple[int, int], _Found] = {}
    meant: dict[tuple[str, str, tuple[Reading, ...]], Mention | None] = {}
    for one in found:
        if one.via == "shipped":
            shipped.setdefault((one.start, one.end), one)
    for one in found:
        if mentions and one.start < mentions[-1].end:
            continue
        key = (text[one.start : one.end], one.via, one.readings)
        if key not in meant:  # a name that is said a thousand times means the same each time
            meant[key] = _mention(one, text, known)
        mention = meant[key]
        mention = replace(mention, start=one.start, end=one.end) if mention is not None else None
        if mention is not None and any(_is_piece(mention, whole, text) for whole in unknown):
            mention = _but_drugs(mention)
        if mention is None:
            unknown += [one] if one.via == "shipped" else []
            continue
        other = shipped.get((one.start, one.end)) if one.via == "exact" else None
        if other is not None:
            mention = _with_shipped(mention, _mention(other, text, known), documented)
        mentions.append(mention)
    return mentions


def _longest_first(place: Occurrence) -> tuple[int, int, str]:
    return place[0], -place[1], place[2]


def _is_piece(mention: Mention, whole: _Found, text: str) -> bool:
    """Whether a name is a piece of another medicine's: 布洛芬 of 右布洛芬, but not 八珍 of 八珍丸, nor a of a and b."""
    if not (whole.start <= mention.start and mention.end <= whole.end):
        return False
    name, piece = fold(text[whole.start : whole.end]), fold(text[mention.start : mention.end])
    joined = _JOINED.search(name) and not _JOINED.search(piece)
    return not joined and not (name.startswith(piece) and piece in name_variants(name))


def _but_drugs(mention: Mention) -> Mention | None:
    entities = tuple(entity for entity in mention.entities if entity.kind not in DRUGS)
    return replace(mention, entities=entities) if entities else None


def _mention(found: _Found, text: str, known: Meanings) -> Mention | None:
    """What stands at the place, or None where it means nothing."""
    meant: dict[str, tuple[str, Entity]] = {}
    for reading in found.readings:
        for name, entity in _first_meant(reading, known, () if found.via == "exact" else SPOKEN):
            if found.via != "shipped" or not are_two(name, entity.name):
                meant.setdefault(entity.id, (name, entity))
    names = list(dict.fromkeys(name for name, _ in meant.values()))
    if not names or (found.via == "initials" and len({substance_of(name) for name in names}) > 1):
        return None
    via = found.via
    if via == "exact" and (printed := text[found.start : found.end]) != simplified(printed):
        via = "traditional"
    entities = tuple(meant[i][1] for i in sorted(meant))
    ambiguous = via == "pinyin" and len({substance_of(name) for name in names}) > 1
    return Mention(found.start, found.end, min(names, key=len), entities, via, AMBIGUOUS if ambiguous else found.score)


def _first_meant(reading: Reading, known: Meanings, kinds: Iterable[EntityKind]) -> list[tuple[str, Entity]]:
    allowed = frozenset(kinds)
    for group in reading:
        meant = [(name, e) for name in group for e in known.get(fold(name), ()) if not allowed or e.kind in allowed]
        if meant:
            return meant
    return []


def _with_shipped(exact: Mention, shipped: Mention | None, documented: Documented) -> Mention:
    """The mention with what the shipped table knows of it, where the catalogue has the bare name and no more."""
    if shipped is None or {e.id for e in shipped.entities} <= {e.id for e in exact.entities}:
        return exact
    if any(e.kind in DRUGS for e in exact.entities) and documented([e.id for e in exact.entities]):
        return exact
    entities = {e.id: e for e in (*exact.entities, *shipped.entities)}
    return Mention(exact.start, exact.end, shipped.name, tuple(entities[i] for i in sorted(entities)), "shipped")


# ---------------------------------------------------------------------- the shipped table


@cache
def _shipped() -> NameFinder:
    return NameFinder(shipped_names())


@cache
def _shipped_near() -> NearIndex:
    """What is near to names that are known without a knowledge base, so that theirs are not corrected to others."""
    made = made_near()
    return NearIndex.open(made) if made is not None else NearIndex.of([*shipped_names(), *lookalikes()])


@cache
def _rivals() -> NameFinder:
    return NameFinder(sorted(lookalikes()))


def shipped_in(text: str) -> list[Occurrence]:
    """The places where a name of the shipped table stands, whether the knowledge base has anything of it or not."""
    return _shipped().find(text)


def _shipped_readings(name: str) -> tuple[Reading, ...]:
    return tuple((drug.names, drug.brands) for drug in rows_of(name))


def substance_of(name: str) -> str:
    """What tells a drug's name from those of other drugs: its row in the shipped table, else what it is without form and salt."""
    return min(substances_of(name))


@lru_cache(maxsize=4096)
def substances_of(name: str) -> frozenset[str]:
    """What a drug's name may mean, each as `substance_of` has it; two names without any in common are of two medicines.

    The fullest form of the name that the table knows counts: an ester with a row of its own is another medicine. A mixture
    is also what its ingredients are, in whatever order they are named.
    """
    rows = _own_rows(name)
    if not rows:
        return frozenset({_mixture(name) or name_variants(name)[-1]})
    return frozenset({row.key for row in rows} | {mixed for row in rows for n in row.names if (mixed := _mixture(n))})


def are_two(name: str, other: str) -> bool:
    """Whether the shipped table knows two names as those of different medicines, whatever a source says of them."""
    known = _own_rows(name) and _own_rows(other)
    return bool(known) and substances_of(name).isdisjoint(substances_of(other))


def _own_rows(name: str) -> tuple[ShippedDrug, ...]:
    """The rows of the shipped table for the fullest form of a name that it knows."""
    return next((rows for variant in (fold(name), *name_variants(name)) if (rows := rows_of(variant))), ())


def _mixture(name: str) -> str:
    """The ingredients that a name joins, sorted; "" for a name of one."""
    parts = [part for part in _JOINS.split(fold(name)) if part.strip()]
    if len(parts) < 2:
        return ""
    return "+".join(sorted(rows[0].key if (rows := _own_rows(part)) else name_variants(part)[-1] for part in parts))


# ---------------------------------------------------------------------- pinyin


def _spelt(text: str, near: Sequence[NearIndex], seen: Seen) -> Iterator[_Found]:
    """Places where a Chinese name is spelt in pinyin or by its initials; those only beside Chinese, or alone."""
    folded = fold_with_map(text)
    words = [match.span() for match in _WORD.finditer(folded.text)]
    if not words:
        return
    keys: dict[str, list[tuple[int, int]]] = {}
    for start, end in _syllable_runs(folded.text, words):
        letters = folded.text[start:end].replace(" ", "")
        if len(letters) >= MIN_PINYIN and is_pinyin(letters):
            keys.setdefault(pinyin_key(letters), []).append((start, end))
    alone = len(words) == 1 or _HAN.search(text) is not None
    for start, end in words if alone else ():
        word = folded.text[start:end]
        if MIN_INITIALS <= len(word) <= MAX_INITIALS and not seen(word):
            keys.setdefault(initials_key(word), []).append((start, end))
    yield from _spelt_names(folded, keys, near)


def _syllable_runs(text: str, words: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Single words, and neighbours that are syllables each: bu luo fen."""
    syllables = [is_pinyin(text[start:end]) for start, end in words]
    for first, (start, _) in enumerate(words):
        for last in range(first, min(first + MAX_SYLLABLES, len(words))):
            if not syllables[last] or (last > first and text[words[last - 1][1] : words[last][0]] not in (" ", "'", "-")):
                break
            yield start, words[last][1]


def _spelt_names(folded: Folded, keys: Mapping[str, Sequence[tuple[int, int]]], near: Sequence[NearIndex]) -> Iterator[_Found]:
    listed = list(keys)
    names: dict[str, list[str]] = {}
    for at, name in dict.fromkeys(found for index in near for found in index.find(listed)):
        ways = spellings(name)
        if listed[at] in {pinyin_key("".join(way)) for way in ways} | {initials_key(initials(way)) for way in ways}:
            names.setdefault(listed[at], []).append(name)
    for key, found in names.items():
        for start, end in keys[key]:
            readings = tuple(((name,),) for name in sorted(found))
            full = key.startswith("p")
            yield _Found(*folded.span(start, end), readings, "pinyin" if full else "initials", PINYIN if full else INITIALS)


# ---------------------------------------------------------------------- typing errors


def link_near(
    indexes: Sequence[NameIndex], text: str, taken: Sequence[tuple[int, int]], *, mean: Mean, seen: Seen
) -> list[Mention]:
    """The names that unknown words of a text are misspellings of, in text order; `taken` are spans with names in them.

    A mention's `via` says which error it was; of words that are equally near to different medicines the score is low.
    """
    folded = fold_with_map(text)
    spans = [span for finder in (_shipped(), _rivals()) for span in finder.spans(folded.text)]
    spans += [_folded_span(folded, span) for span in taken]
    near = near_names(folded, spans, [*(index.near for index in indexes), _shipped_near()], seen)
    wanted = {n.name for n in near} | {name for n in near for drug in rows_of(n.name) for name in (*drug.names, *drug.brands)}
    known = mean(wanted) if wanted else {}
    groups: dict[tuple[int, int], list[tuple[NearName, list[Entity]]]] = {}
    for one in near:
        entities = _near_entities(one, folded.text, known)
        if entities or rows_of(one.name) or one.name in lookalikes():
            groups.setdefault((one.start, one.end), []).append((one, entities))
    best = sorted(groups.items(), key=lambda item: (-max(n.score for n, _ in item[1]), item[0][0] - item[0][1], item[0]))
    mentions: list[Mention] = []
    used: list[tuple[int, int]] = []
    for (start, end), candidates in best:
        if all(end <= first or last <= start for first, last in used):
            used.append((start, end))
            mentions += _nearest(folded.span(start, end), candidates)
    return sorted(mentions, key=lambda m: m.start)


def _folded_span(folded: Folded, span: tuple[int, int]) -> tuple[int, int]:
    """Where a span of the text stands in its folded form."""
    first, last = bisect_left(folded.starts, span[0]), bisect_left(folded.starts, span[1])
    return (first, last) if first < last else (0, 0)


def _near_entities(near: NearName, text: str, known: Meanings) -> list[Entity]:
    """What the name means here. The names of diseases differ by less than those of drugs: macro- and microcephaly."""
    typed = text[near.start : near.end]
    slip = not typed.isascii() or (near.score == ONE_EDIT and _inner_slip(typed, near.name))
    # One shortens what a substance is called; words begin brands by chance: nasal, nasalcrom.
    drugs = frozenset({EntityKind.SUBSTANCE}) if near.via == "short" else frozenset(DRUGS)
    own = [e for e in known.get(near.name, ()) if e.kind in drugs or (slip and e.kind in SPOKEN)]
    shipped = [e for r in _shipped_readings(near.name) for _, e in _first_meant(r, known, drugs)] if not own else []
    return own or list({entity.id: entity for entity in shipped}.values())


def _inner_slip(typed: str, name: str) -> bool:
    """Whether a long Latin word differs from a name in one letter that is neither of a prefix nor of an ending."""
    if not typed.isascii() or " " in name or len(name) < MIN_DISEASE or abs(len(typed) - len(name)) > 1:
        return False
    return typed[:PREFIX] == name[:PREFIX] and typed[-ENDING:] == name[-ENDING:]


def _nearest(span: tuple[int, int], candidates: Sequence[tuple[NearName, list[Entity]]]) -> list[Mention]:
    """The one mention of what is nearest; none where that, or something equally near, is a medicine that is not here."""
    score = max(near.score for near, _ in candidates)
    nearest = [(near, entities) for near, entities in candidates if near.score == score]
    substances = {substance_of(near.name) for near, _ in nearest}
    if any(not entities for _, entities in nearest):
        return []
    entities = {entity.id: entity for _, found in nearest for entity in found}
    name = min((near.name for near, _ in nearest), key=lambda name: (len(name), name))
    via = next(near.via for near, _ in nearest)
    if len(substances) > 1:
        if via == "short":
            return []  # strep: a word that several names begin with stands for none of them
        score = AMBIGUOUS
    return [Mention(*span, name, tuple(entities[i] for i in sorted(entities)), via, score)]
