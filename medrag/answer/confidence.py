"""How sure it is that the evidence answers a question: a score fitted on questions of both kinds, and thresholds for a risk.

The score of retrieval alone says little, since something is found for every question. What is looked at is whether the
medicine asked for is the one found, whether the section asked for is there, and how much of what is asked the words that
would be quoted speak of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from medrag.answer.quote.best import numbered_group
from medrag.answer.quote.draft import Draft
from medrag.answer.quote.extract import write
from medrag.answer.readings import ambiguous_names
from medrag.errors import ProfileError
from medrag.kb.base import KnowledgeBase
from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.retrieve.cues import patient_pattern, support_groups
from medrag.retrieve.diseases import illnesses
from medrag.retrieve.features import features_of
from medrag.retrieve.kinds import kind_of
from medrag.retrieve.profile import default_profile
from medrag.retrieve.understand import Shape, Understanding
from medrag.retrieve.words import STOP_WORDS, hits_in, stands, term_hits
from medrag.sections import SectionGroup
from medrag.types import Citation, Claim, Evidence, Passage, Record, Verdict

__all__ = [
    "FEATURES",
    "Confidence",
    "Features",
    "Point",
    "carried",
    "confidence",
    "default_model",
    "features",
    "read_model",
    "threshold_for",
]

FEATURES = (
    "drug",  # a medicine that has documents is asked about
    "titled",  # the label found first is titled by the name that the question writes
    "beside unknown",  # another medicine is asked about that the knowledge base does not have
    "section",  # probability that the question asks for one of the sections that would be quoted
    "first section",  # the same of the section found first
    "asked there",  # share of the sections asked for in so many words that would be quoted
    "asked lacking",  # none of them would be
    "covered",  # share of the question's words, by how rare they are, that stand in what would be quoted
    "covered at once",  # the same in one of the quoted pieces
    "unseen",  # share of the question's words that no text here has
    "hints",  # the words in which labels would say it stand in what would be quoted
    "said",  # how much the question says beside names: 1 - 1 / (1 + words)
    "cosine",  # of the question with the passage found first
    "channels",  # share of the channels that found it
    "complaint",  # no medicine is named, and an illness is
    "nothing named",  # neither is
    "of a label",  # no medicine is named, and a section is asked for that only a medicine's label has
    "patient lacking",  # it is about a patient of whom nothing that would be quoted speaks
    "beside unseen",  # what may be taken with a medicine is asked, and a word that could name it stands in no text here
    "illness quoted",  # an illness that is named stands in what would be quoted
    "ranked",  # how well the passage found first answers by the ranker, squeezed into 0..1
    "first quoted",  # something of the passage found first is quoted
    "seeks a medicine",  # it asks which medicine serves
    "what is it",
    "two",
    "hints unspoken",  # a medicine is named, and nothing quoted has the words in which labels would say what is asked
    "unsaid",  # nothing quoted has a word of the question beside its names, as it says it or as labels do
    "point unsaid",  # the same of a question that asks yes or no about one thing or two
    "illness unquoted",  # an illness is named beside a medicine, and nothing quoted has it
)
CHANNELS = 4
FEW_WORDS = 2  # a question has beside its names that is about one thing
ENDING = 3  # letters, by which two forms of an English word may differ
STEM = 5  # letters of it that are compared at least; a shorter word is looked for whole
RANKED = 4.0  # in the ranker's units, so that its usual scores spread over 0..1
STATED = 0.8  # the least score of what states what is asked for: of 14 such answers to development questions 12 are supported
UNCLEAR = 0.5  # of a claim that is carried in part, what it counts


class Features(Record):
    """What the score is worked out from: numbers in 0..1 by name, the question's language, and what checks came to.

    `quoted` is false where there is nothing that answers at all; `stated` is true where what is quoted states what is asked
    for: facts of the relation asked for, indications that name the illness for which a medicine is sought, or what a
    medicine asked for by name is for. `carried` is the share of a generated answer's claims
    that their citations carry, 1 where no claims were given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lang: str
    values: Mapping[str, float]
    quoted: bool = True
    stated: bool = False
    carried: float = 1.0

    @property
    def kind(self) -> str:
        """What the weights are of: the language, and whether a medicine is named that has documents."""
        return f"{self.lang} named" if self.values.get("drug", 0.0) > 0.0 else f"{self.lang} open"


class Point(Record):
    """A threshold with what comes of it on the questions that the model was fitted on, each judged by a model that had not seen it.

    `risk` is the share of the answers given that are unsupported, `coverage` that of the answerable questions answered.
    """

    threshold: float
    risk: float
    coverage: float


class Confidence(Record):
    """A logistic model: for each kind of question (`Features.kind`) a weight of each feature, and what comes of thresholds.

    `threshold` is the default below which an answer is withheld; `curve` is sorted by threshold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    weights: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    bias: Mapping[str, float] = Field(default_factory=dict)
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)
    curve: tuple[Point, ...] = ()

    def of(self, kind: str) -> tuple[Mapping[str, float], float]:
        """The weights and the bias of a kind of question: its own, or those of its language."""
        known = next((name for name in (kind, kind.partition(" ")[0], *self.weights) if name in self.weights), "")
        return self.weights.get(known, {}), self.bias.get(known, 0.0)

    def threshold_for(self, risk: float) -> float:
        """The lowest threshold at which, and above which, no more than this share of the answers is unsupported.

        1 where no threshold keeps to it: then nothing is answered.
        """
        chosen = 1.0
        for point in sorted(self.curve, key=lambda point: -point.threshold):
            if point.risk > risk:
                break
            chosen = point.threshold
        return chosen

    def save(self, path: Path) -> None:
        """Writes the model to a file that `read_model` reads."""
        path.write_text(self.model_dump_json(indent=1) + "\n", "utf-8")


@lru_cache(maxsize=1)
def default_model() -> Confidence:
    """The model that the package ships."""
    return Confidence.model_validate_json(files("medrag.answer").joinpath("confidence.json").read_bytes())


def read_model(path: Path) -> Confidence:
    """The model in a file. Raises `ProfileError` for one that cannot be read or holds something else."""
    try:
        return Confidence.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ProfileError(
            f"{path}: {place}: {first['msg']}: give a file that `medrag evaluate abstention --fit` wrote"
        ) from None


def threshold_for(risk: float, model: Confidence | None = None) -> float:
    """The threshold of a model (default: the package's own) that keeps to a risk; see `Confidence.threshold_for`."""
    return (model or default_model()).threshold_for(risk)


def confidence(found: Features, model: Confidence | None = None) -> float:
    """The score, 0 to 1, that the evidence answers the question; 0 where there is nothing to quote."""
    model = model or default_model()
    if not found.quoted:
        return 0.0
    weights, bias = model.of(found.kind)
    total = bias + sum(weights.get(name, 0.0) * value for name, value in found.values.items())
    score = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
    return round(found.carried * max(score, STATED if found.stated else 0.0), 6)


def features(
    understanding: Understanding,
    evidence: Sequence[Evidence],
    kb: KnowledgeBase,
    claims: Sequence[Claim] = (),
    *,
    draft: Draft | None = None,
) -> Features:
    """What the score of a question and its evidence is worked out from; it takes about as long as writing the extract.

    `draft` is what the extractive writer makes of the evidence, if that is there already; `claims` are those of a
    generated answer, checked.
    """
    draft = draft or write(understanding, evidence, kb)
    lang = "zh" if understanding.lang == "zh" else "en"
    hard = bool(ambiguous_names(understanding)) or not draft.citations
    if hard:
        return Features(lang=lang, values={}, quoted=False, carried=carried(claims))
    first = next((item for item in evidence if item.passage is not None), None)
    values = {
        **_of_names(understanding, draft.citations),
        **_of_sections(understanding, first, draft.citations),
        **_of_words(understanding, first, draft.citations, kb),
        **_of_silence(understanding, draft.citations),
        "first quoted": float(first is not None and any(_of_section(c, first.passage) for c in draft.citations)),
        "channels": min(1.0, len(first.found_by) / CHANNELS) if first is not None else 0.0,
        "seeks a medicine": float(understanding.shape in _SEEKS),
        "what is it": float(understanding.shape is Shape.WHAT_IS),
        "two": float(understanding.shape is Shape.TWO_DRUGS),
    }
    facts = bool(understanding.relations) and any(citation.fact is not None for citation in draft.citations)
    sought = values["seeks a medicine"] > 0.0 and values["illness quoted"] > 0.0 and not understanding.drugs
    return Features(
        lang=lang,
        values={name: round(values[name], 6) for name in FEATURES},
        stated=facts or sought or (values["what is it"] > 0.0 and values["titled"] > 0.0),
        carried=carried(claims),
    )


def _of_section(citation: Citation, passage: Passage | None) -> bool:
    """Whether a citation is of a passage's section."""
    if passage is None or citation.section is None:
        return False
    one, other = citation.document, passage.document
    return (one.source, one.key, citation.section.index) == (other.source, other.key, passage.section.index)


_SEEKS = frozenset({Shape.DISEASE_TO_DRUG, Shape.DISEASE_AVOIDS})


def carried(claims: Sequence[Claim]) -> float:
    """The share of the claims that their citations carry, those in part by half; 1 for none."""
    worth = {Verdict.SUPPORTED: 1.0, Verdict.PARTIAL: UNCLEAR, Verdict.UNCITED: UNCLEAR}
    return sum(worth.get(claim.verdict, 0.0) for claim in claims) / len(claims) if claims else 1.0


def _of_names(understanding: Understanding, citations: Sequence[Citation]) -> dict[str, float]:
    """What says whether the medicine asked about is the one that is quoted."""
    titles = [fold(citation.document.title) for citation in citations]
    named = [name for drug in understanding.drugs[:1] for name in name_variants(drug.name)]
    medicine = bool(understanding.drugs or understanding.unknown)
    ill = bool(illnesses(understanding.mentions))
    return {
        "drug": float(bool(understanding.drugs)),
        "titled": float(any(name in title for name in named for title in titles)),
        "beside unknown": float(bool(understanding.unknown)),
        "complaint": float(not medicine and ill),
        "nothing named": float(not medicine and not ill),
        "of a label": float(not medicine and not _OF_LABELS.isdisjoint(understanding.groups)),
    }


# Sections that a label of a medicine has and nothing else.
_OF_LABELS = frozenset(
    {
        SectionGroup.ADVERSE_REACTIONS,
        SectionGroup.CONTRAINDICATIONS,
        SectionGroup.INTERACTIONS,
        SectionGroup.DOSAGE,
        SectionGroup.STORAGE,
        SectionGroup.COMPOSITION,
        SectionGroup.OVERDOSAGE,
        SectionGroup.PHARMACOLOGY,
        SectionGroup.FORMS,
    }
)


def _of_sections(understanding: Understanding, first: Evidence | None, citations: Sequence[Citation]) -> dict[str, float]:
    """What says whether the sections asked for are those that are quoted."""
    quoted = {numbered_group(citation.section) for citation in citations if citation.section is not None}
    asked = set(understanding.groups)
    patient = patient_pattern(understanding.populations)
    spoken = patient is None or any(patient.search(citation.quote) for citation in citations)
    there = {
        group for group in asked if group in quoted or (spoken and quoted & set(support_groups(group)) and group in _SPOKEN)
    }
    best = first.passage.section.group if first is not None and first.passage is not None else SectionGroup.OTHER
    return {
        "section": min(1.0, sum(understanding.sections.get(group, 0.0) for group in quoted)),
        "first section": understanding.sections.get(best, 0.0),
        "asked there": len(there) / len(asked) if asked else 0.0,
        "asked lacking": float(bool(asked) and not asked & quoted),
    }


# Patients are spoken of in other sections too.
_SPOKEN = frozenset({SectionGroup.PREGNANCY, SectionGroup.PEDIATRIC, SectionGroup.GERIATRIC})


def _of_words(
    understanding: Understanding, first: Evidence | None, citations: Sequence[Citation], kb: KnowledgeBase
) -> dict[str, float]:
    """What says how much of what is asked the quoted words speak of."""
    weights = {
        word: weight for word, weight in kb.word_weights(" ".join(understanding.terms)).items() if word not in STOP_WORDS
    }
    pieces = [_with_headings(citation) for citation in citations]
    whole = sum(weights.values())
    stands = [{word for word in weights if term_hits(piece, [word])} for piece in pieces]
    shares = [sum(weights[word] for word in here) / whole if whole else 0.0 for here in stands]
    together = set().union(*stands) if stands else set()
    said = len(understanding.terms)
    passage = first.passage if first is not None else None
    unseen = float(any(not kb.word_weights(word) for word in understanding.left))
    patient = patient_pattern(understanding.populations)
    ills = [mention.name for mention in illnesses(understanding.mentions)]
    return {
        "covered": sum(weights[word] for word in together) / whole if whole else 0.0,
        "covered at once": max(shares, default=0.0),
        "unseen": 1.0 - len(weights) / said if said else 0.0,
        "hints": float(bool(understanding.hints) and any(term_hits(piece, understanding.hints) for piece in pieces)),
        "said": 1.0 - 1.0 / (1.0 + said),
        "beside unseen": unseen * float(len(understanding.drugs) == 1 and SectionGroup.INTERACTIONS in understanding.groups),
        "patient lacking": float(patient is not None and not any(patient.search(piece) for piece in pieces)),
        "illness quoted": float(any(term_hits(piece, ills) for piece in pieces)) if ills else 0.0,
        "ranked": _ranked(understanding, passage, kb),
        "cosine": max(0.0, kb.vector_scores(understanding.masked, [passage.id])[0]) if passage is not None else 0.0,
    }


def _of_silence(understanding: Understanding, citations: Sequence[Citation]) -> dict[str, float]:
    """What says whether the quoted words are silent on what is asked; what is said in another language cannot be seen there."""
    pieces = [_with_headings(c).lower() for c in citations if c.document.lang in {understanding.lang, ""}]
    seen, named = bool(pieces), bool(understanding.drugs)
    hinted = any(hits_in(piece, understanding.hints) for piece in pieces)
    silent = bool(understanding.left) and not hinted and not any(_is_said(word, pieces) for word in understanding.left)
    pointed = understanding.shape is Shape.YES_NO and len(understanding.left) <= FEW_WORDS
    drugs = [range(drug.start, drug.end) for drug in understanding.drugs]
    ills = [mention.name for mention in illnesses(understanding.mentions) if not any(mention.start in drug for drug in drugs)]
    return {
        "hints unspoken": float(named and seen and bool(understanding.hints) and not hinted),
        "unsaid": float(seen and silent),
        "point unsaid": float(seen and silent and pointed),
        "illness unquoted": float(named and seen and bool(ills) and not any(hits_in(piece, ills) for piece in pieces)),
    }


def _is_said(word: str, pieces: Sequence[str]) -> bool:
    """Whether a text in lower case has a word, whatever its ending; of a Chinese run half of its pairs of characters."""
    if word.isascii():
        return any(stands(piece, word[: max(STEM, len(word) - ENDING)]) for piece in pieces)
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return any(2 * sum(pair in piece for pair in pairs) >= len(pairs) for piece in pieces)


def _ranked(understanding: Understanding, passage: Passage | None, kb: KnowledgeBase) -> float:
    """The score that the shipped ranker gives the passage by itself, squeezed into 0..1."""
    if passage is None:
        return 0.0
    lang = kind_of(understanding)
    row = features_of(understanding, [passage], [0], (), kb)
    return 1.0 / (1.0 + math.exp(-float(default_profile().ranker.scores(row, lang)[0]) / RANKED))


def _with_headings(citation: Citation) -> str:
    section = citation.section
    headings = (*section.path, section.heading) if section is not None else ()
    return " ".join((citation.document.title, *headings, citation.quote))
