"""The standard terms that a text means, ranked, each with why: 术语归一化 without a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from medrag.errors import MedRAGError, QuestionError
from medrag.kb import schema as t
from medrag.kb.catalogue import current
from medrag.kb.facts import DRUGS, Mention, spoken_of
from medrag.kb.folding import fold
from medrag.kb.linking import Mean, are_two, substances_of
from medrag.kb.similar import SimilarNames
from medrag.kb.terms.lookalikes import is_lookalike, lookalikes
from medrag.kb.terms.printed import name_variants
from medrag.kb.terms.shipped import is_shipped, rows_of
from medrag.kb.wordings import parts_of
from medrag.patterns import regex
from medrag.types import Entity, EntityKind

__all__ = ["MAX_TERM", "Normalised", "kinds_named", "names_of_kinds", "normalise", "one_term"]

MAX_TERM = 10_000  # characters of a text that is normalised, as of a question
DRUG = "drug"  # the word for substances, preparations and products together
EXACT, BARE, PART, SIMILAR = 1.0, 0.95, 0.9, 0.85  # the highest score that each way gives
MIN_DRUG = 0.15  # a drug's name that is less like the text is another drug's
STEP = 0.03  # that each further thing taken off a name costs: its form, its salt
MAX_PARTS = 12  # of a text that joins several terms; nobody writes more
_SCALED = frozenset({EntityKind.OPERATION, EntityKind.DISEASE})  # kinds that texts join by + and commas
_STRENGTH = regex(
    r"[\(\[【][^)\]】]*[\)\]】]|\d+(?:\.\d+)?\s*(?:mg|µg|μg|ug|mcg|g|ml|iu|毫克|微克|克|毫升|万?单位|%)(?:[:/x×*]\s*\d*(?:\.\d+)?\s*"
    r"(?:mg|g|ml|片|粒|支|袋|丸)?)*|[x×*]\s*\d+\s*(?:片|粒|支|袋|丸|tablets?|capsules?)?|[®™]"
)
_MAKER = regex(r"^.{2,16}?(?:公司|(?:药业|制药厂?|药厂|集团|牌)(?!.{0,8}公司))(?=.{2})")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A standard term: the entity, the name of it that was matched, how sure that is (0 to 1), and why.

    `via` is exact, shipped, bare (without maker, strength, form or salt), part (a known name stands in the text, or one of
    several joined terms), a way of misspelling as in `Mention.via`, or similar.
    """

    entity: Entity
    name: str
    score: float
    via: str


def one_term(text: str) -> str:
    """The text; `QuestionError` where it is too long for a term."""
    if len(text) > MAX_TERM:
        raise QuestionError(f"the text has {len(text):,} characters, at most {MAX_TERM:,} can be normalised: give one term")
    return text


def kinds_named(kind: str | None) -> frozenset[EntityKind]:
    """The kinds that a word means: `drug` is three of them, None all; `MedRAGError` lists the words there are."""
    if kind is None:
        return frozenset(EntityKind)
    if kind == DRUG:
        return frozenset(DRUGS)
    if kind in set(EntityKind):
        return frozenset({EntityKind(kind)})
    raise MedRAGError(f"there is no kind {kind!r}; there are: {', '.join([DRUG, *EntityKind])}")


def names_of_kinds(connection: Connection, kinds: Iterable[EntityKind], commit: int) -> list[str]:
    """All folded names of entities of the kinds at the commit, sorted."""
    of_kind = t.entities.c.kind.in_([kind.value for kind in kinds])
    own = select(t.entities.c.norm).where(of_kind, t.entities.c.norm != "", spoken_of())
    given = (
        select(t.names.c.norm)
        .select_from(t.names.join(t.entities, t.entities.c.id == t.names.c.entity_id))
        .join(t.versions, t.versions.c.id == t.names.c.version_id)
        .where(of_kind, current())
        .distinct()
    )
    return sorted({norm for query in (own, given) for norm in connection.scalars(query, {"commit": commit})})


def normalise(
    text: str,
    kinds: frozenset[EntityKind],
    k: int,
    *,
    mean: Mean,
    mentions: Sequence[Mention],
    similar: Callable[[], SimilarNames],
) -> list[Normalised]:
    """The k terms of the kinds that a text means, best first, ties by entity; `mentions` are what it links to, misspelt or not."""
    drug = not kinds.isdisjoint(DRUGS)
    wanted = list(_known(text, drug=drug))
    for mention in mentions:
        share = _share(mention, text, drug=drug)
        wanted.append((mention.name, PART * mention.score * share, mention.via if share == 1 else "part"))
    sure = max((score for _, score, _ in wanted if score), default=0.0)
    allowed = [(name, score * SIMILAR, via) for name, score, via in _alike(text, kinds, k, similar())]
    known = mean({name for name, _, _ in (*wanted, *allowed)})
    found: dict[str, Normalised] = {}
    for name, score, via in (*wanted, *(item for item in allowed if sure < EXACT or item[1] < sure)):
        if drug and (_is_rival(text, name) or (via == "similar" and score < MIN_DRUG)):
            continue
        for entity in known.get(name, ()):
            if drug and via != "exact" and are_two(name, entity.name):
                continue
            if entity.kind in kinds and (entity.id not in found or found[entity.id].score < score):
                found[entity.id] = Normalised(entity, name, score, via)
    return sorted(found.values(), key=lambda n: (-n.score, n.entity.id))[:k]


def _known(text: str, *, drug: bool) -> Iterator[tuple[str, float, str]]:
    """Names that are the text's own in other words, with score and reason."""
    folded = fold(text)
    yield folded, EXACT, "exact"
    if not drug:
        return
    for steps, variant in enumerate(name_variants(_plain(text))):
        score = BARE - STEP * steps
        yield variant, score, "bare"
        for name in sorted({name for row in rows_of(variant) for name in row.names} - {variant}):
            yield name, score + STEP, "shipped"


def _share(mention: Mention, text: str, *, drug: bool) -> float:
    """How much of the text, of a drug's without maker, strength and form, a mention takes: 1 for all of it."""
    whole = name_variants(_plain(text))[:2][-1] if drug else fold(text)
    return min(1.0, (mention.end - mention.start) / max(len(whole), 1))


def _plain(text: str) -> str:
    """A drug's printed name without what stands in brackets, strengths, packs and makers that say that they are one."""
    return fold(_MAKER.sub("", _STRENGTH.sub(" ", fold(text)).strip())) or fold(text)


def _alike(text: str, kinds: frozenset[EntityKind], k: int, similar: SimilarNames) -> list[tuple[str, float, str]]:
    """The names most like the text, and those most like each of the terms that it joins."""
    found = [(name, score, "similar") for name, score in similar.find(text, k)]
    for part in parts_of(text)[:MAX_PARTS] if kinds <= _SCALED else ():
        found += [(name, score * PART, "part") for name, score in similar.find(part, 1)]
    return found


def _is_rival(text: str, name: str) -> bool:
    """Whether the text is the name of one drug and `name` that of another.

    They look alike; or the text is a name that the shipped tables know, and `name` is none of the same substance: what is
    known is never taken for something else because it is like it.
    """
    asked, meant = {*name_variants(text), *name_variants(_plain(text))}, name_variants(name)
    if any(is_lookalike(one, other) for one in asked for other in meant):
        return True
    known = any(is_shipped(variant) or variant in lookalikes() for variant in asked)
    whole = text if is_shipped(fold(text)) else _plain(text)  # a name may have brackets of its own
    return known and substances_of(whole).isdisjoint(substances_of(name))
