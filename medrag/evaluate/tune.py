"""Fitting a profile to labelled questions: which sections are asked for, which passage answers, what each channel counts."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medrag.errors import EvaluationError
from medrag.evaluate.cases import SectionCase
from medrag.evaluate.fit import AskedSections, Choice, fit_ranker, fit_sections
from medrag.evaluate.matching import Pool, Truth
from medrag.kb.base import KnowledgeBase
from medrag.retrieve import conditions
from medrag.retrieve.channels import NO_FILTERS, Ranking, words
from medrag.retrieve.channels import Pool as WordPool
from medrag.retrieve.classify import SectionModel, question_features
from medrag.retrieve.cues import group_cues, populations
from medrag.retrieve.features import features_of
from medrag.retrieve.kinds import OPEN, kind_of
from medrag.retrieve.label import candidates
from medrag.retrieve.profile import CHANNELS, Profile
from medrag.retrieve.rank import Trace, ask_channels, ordered
from medrag.retrieve.understand import Understanding, asked_terms, understand
from medrag.sections import SectionGroup
from medrag.types import Question

__all__ = ["SHARES", "read_asked", "tune"]

FOLDS = 5  # a question's own answer never teaches the section model whose output the ranker is fitted on
SHARES = (1.0, 0.5, 0.25)  # of a question's answer, in the groups named first, second and third
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of a channel, tried one after the other
K = 10
MIN_QUESTIONS = 10

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Labelled:
    case: SectionCase
    truth: Truth
    understanding: Understanding

    @property
    def kind(self) -> str:
        """Which weights of the ranker the question is asked with."""
        return kind_of(self.understanding)

    @property
    def fold(self) -> int:
        return zlib.crc32(self.case.id.encode()) % FOLDS


def tune(
    cases: Sequence[SectionCase],
    kb: KnowledgeBase,
    *,
    base: Profile | None = None,
    asked: Sequence[AskedSections] = (),
    name: str = "tuned",
    progress: Progress = lambda _doing, _done, _of: None,
) -> Profile:
    """A profile fitted to the questions, starting from `base` (default: from nothing).

    `asked` are further questions of which only the sections are known. Questions whose answer the knowledge base does not
    hold teach nothing. Raises `EvaluationError` where fewer than ten are left. The same input gives the same profile.
    """
    before = base or Profile()
    pool = Pool(kb)
    labelled = []
    for at, case in enumerate(cases):
        progress("reading", at, len(cases))
        truth = pool.truth(case)
        if truth.sections:
            labelled.append(_Labelled(case, truth, understand(Question(text=case.question), kb, before.sections)))
    if len(labelled) < MIN_QUESTIONS:
        raise EvaluationError(
            f"wanted at least {MIN_QUESTIONS} questions whose answer is in the knowledge base, found {len(labelled)} of {len(cases)}"
        )
    lessons = [AskedSections(one.understanding.features, _shares(one.truth)) for one in labelled]
    models = []
    for number in range(FOLDS):
        progress("sections", number, FOLDS + 1)
        others = [lesson for one, lesson in zip(labelled, lessons, strict=True) if one.fold != number]
        models.append(fit_sections([*others, *asked], before.sections))
    sections = fit_sections([*lessons, *asked], before.sections)
    choices = []
    for at, one in enumerate(labelled):
        progress("ranking", at, len(labelled))
        probable = models[one.fold].probabilities(one.understanding.features)
        choices += _choices(replace(one, understanding=replace(one.understanding, sections=probable)), kb, before)
    fitted = Profile(name=name, weights=before.weights, sections=sections, ranker=fit_ranker(choices, before.ranker))
    return fitted.model_copy(update={"weights": _weights(labelled, kb, fitted, models, progress)})


def _shares(truth: Truth) -> dict[SectionGroup, float]:
    """How much of the answer stands in each group of sections."""
    shares = dict.fromkeys(truth.groups, 1.0)
    return {group: share / len(shares) for group, share in shares.items()}


def _choices(one: _Labelled, kb: KnowledgeBase, profile: Profile) -> list[Choice]:
    """The candidates of a question with what is right among them; none where nothing right is there."""
    understanding = one.understanding
    right = {ref for ref, unit in one.truth.sections.items() if one.truth.grades[unit] == max(one.truth.grades.values())}
    rows, passages = [], []
    if one.kind.endswith(OPEN):
        passages = conditions.candidates(understanding, kb, NO_FILTERS, profile)
        if passages:
            rows.append(features_of(understanding, passages, [0] * len(passages), (), kb))
    else:
        pool = WordPool(words(understanding, kb, 2 * K, NO_FILTERS), kb)
        for drug in understanding.drugs:
            found = candidates(drug, understanding, kb, NO_FILTERS, pool, vectors=True)
            if found.passages:
                passages += found.passages
                rows.append(found.rows)
    marks = np.array([(p.document.source, p.document.key, p.section.index) in right for p in passages], dtype=np.bool_)
    return [Choice(one.kind, np.vstack(rows), marks)] if marks.any() else []


def _weights(
    labelled: Sequence[_Labelled], kb: KnowledgeBase, profile: Profile, models: Sequence[SectionModel], progress: Progress
) -> Mapping[str, float]:
    """The channel weights with the best mean reciprocal rank, one channel varied after the other; ties keep what is."""
    runs = []
    for at, one in enumerate(labelled):
        progress("weighing", at, len(labelled))
        probable = models[one.fold].probabilities(one.understanding.features)
        understanding = replace(one.understanding, sections=probable)
        runs.append((one, understanding, ask_channels(understanding, kb, K, NO_FILTERS, profile, Trace())))
    weights = dict(profile.weights)
    best = _mean_reciprocal_rank(runs, kb, weights)
    for channel in CHANNELS:
        for weight in WEIGHTS if profile.asks(channel) else ():
            tried = {**weights, channel: weight}
            reached = _mean_reciprocal_rank(runs, kb, tried)
            if reached > best:
                best, weights = reached, tried
    return weights


def _mean_reciprocal_rank(
    runs: Sequence[tuple[_Labelled, Understanding, Mapping[str, Ranking]]], kb: KnowledgeBase, weights: Mapping[str, float]
) -> float:
    total = 0.0
    for one, understanding, run in runs:
        for rank, item in enumerate(ordered(run, understanding, kb, K, weights)[:K], start=1):
            passage = item.passage
            place = passage and (passage.document.source, passage.document.key, passage.section.index)
            if place in one.truth.sections:
                total += 1.0 / rank
                break
    return total / len(runs)


def read_asked(path: Path) -> list[AskedSections]:
    """The questions of a table that names sections only: question TAB groups, likeliest first and joined by '|' TAB anything.

    A medicine's name stands in them as {X}, a second one's as {Y}. Raises `EvaluationError` for a row of another form.
    """
    found = []
    groups = {group.value: group for group in SectionGroup}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        question, _, rest = line.partition("\t")
        named = rest.partition("\t")[0].split("|")
        if not question.strip() or any(name not in groups for name in named):
            raise EvaluationError(
                f"{path.name} (line {number}): wanted a question, a tab and section groups ({', '.join(groups)}), found {line[:80]!r}"
            )
        shares = SHARES[: len(named)]
        share = {groups[group]: part / sum(shares) for group, part in zip(named, shares, strict=False)}
        found.append(AskedSections(_features(question), share))
    return found


def _features(question: str) -> tuple[str, ...]:
    """What the section model sees of a question in which medicines stand as {X} and {Y}."""
    masked = question.lower().replace("{x}", "\0").replace("{y}", "\0")
    lang = "zh" if any("㐀" <= character <= "鿿" for character in masked) else "en"
    drugs = int("{X}" in question) + int("{Y}" in question)
    cues = group_cues(masked)
    bare = not asked_terms(masked, cues)
    return question_features(masked, lang, cues, populations(masked), drugs=drugs, disease=False, bare=bare)
