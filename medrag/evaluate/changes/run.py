"""One run of `medrag evaluate verifier`: every claim checked against its passage, as figures, times and misjudged claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from medrag.answer.verify.claim import Checker, Source
from medrag.errors import EvaluationError
from medrag.evaluate.changes.build import LANGUAGES, build
from medrag.evaluate.changes.cases import ChangedKind, ClaimCase, Expected, ParaphrasedKind, UntouchedKind
from medrag.evaluate.changes.written import read_written
from medrag.evaluate.metrics import Estimate, estimate
from medrag.kb.base import KnowledgeBase
from medrag.types import Verdict

__all__ = ["ALL", "NUMBERS", "Figure", "Judged", "Outcome", "check_claims", "kinds_named"]

ALL = "all"
MARKER = "1"

_K = ChangedKind
NUMBERS = "numbers"  # the kinds of what the numbers of a claim say, as one figure
_NUMBERS = frozenset({_K.DOSE, _K.UNIT, _K.FREQUENCY, _K.DURATION, _K.AGE, _K.PERCENT})

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim and what the checker said of it, in how many milliseconds."""

    case: ClaimCase
    verdict: Verdict
    reasons: tuple[str, ...]
    milliseconds: float

    @property
    def flagged(self) -> bool:
        """Whether the checker did not call it supported."""
        return self.verdict is not Verdict.SUPPORTED

    @property
    def misjudged(self) -> bool:
        """Whether it is changed and passed, or not changed and flagged."""
        return self.flagged is not (self.case.expected is Expected.CHANGED)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many claims of a language, expectation and kind were flagged, and how many of them called contradicted."""

    lang: str
    expected: Expected
    written: bool
    kind: str
    flagged: Estimate
    contradicted: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one language, the times per claim in milliseconds, every claim as judged, and the rows not found."""

    lang: str
    figures: tuple[Figure, ...]
    p50: float
    p95: float
    judged: tuple[Judged, ...]
    absent: int


def kinds_named(names: Sequence[str]) -> frozenset[str]:
    """The kinds of those names, all where none is named; `EvaluationError` for a name that is no kind."""
    known = [*ChangedKind, *UntouchedKind, *ParaphrasedKind, "right"]
    for name in names:
        if name not in known:
            raise EvaluationError(f"there is no kind {name!r} of claim: choose among {', '.join(known)}")
    return frozenset(names or known)


def check_claims(
    kb: KnowledgeBase,
    *,
    frozen: bool = False,
    kinds: Sequence[str] = (),
    written: Path | None = None,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Iterator[Outcome]:
    """The outcome of each language that the knowledge base has labels of, one after the other.

    `frozen` checks the claims that are put aside for the end, otherwise those are left out; `written` is a folder of
    claims written by hand (`medrag.evaluate.changes.written`) that are checked too, whatever faults their readers put in.
    """
    wanted = kinds_named(kinds)
    checker = Checker(kb.link)
    for lang in LANGUAGES:
        progress(f"claims, {lang}", 0, 0)
        cases = build(kb, lang, frozen=frozen)
        by_hand, absent = read_written(written, kb, lang) if written is not None and cases else ([], 0)
        listed = [case for case in [*cases, *by_hand] if case.frozen is frozen]
        cases = [case for case in listed if case.kind in wanted or (case.written and not kinds)]  # with faults of other kinds
        if cases:
            judged = _judge(checker, cases, lang, progress)
            p50, p95 = (float(value) for value in np.percentile([one.milliseconds for one in judged], [50, 95]))
            yield Outcome(lang, tuple(_figures(lang, judged)), p50, p95, tuple(judged), absent)


def _judge(checker: Checker, cases: Sequence[ClaimCase], lang: str, progress: Progress) -> list[Judged]:
    _check(checker, cases[0])  # what is loaded with the first claim is no part of the time of any
    judged = []
    for at, case in enumerate(cases):
        progress(f"claims, {lang}", at, len(cases))
        judged.append(_check(checker, case))
    return judged


def _check(checker: Checker, case: ClaimCase) -> Judged:
    passage = case.passage
    document = passage.document
    source = Source(MARKER, passage.text, passage.start, document.title, passage.section.heading, document.lang)
    started = perf_counter()
    checked = checker.check(case.claim, [source])
    return Judged(case, checked.verdict, checked.reasons, 1000 * (perf_counter() - started))


def _figures(lang: str, judged: Sequence[Judged]) -> Iterator[Figure]:
    for by_hand in (False, True):
        for expected in Expected:
            of = [one for one in judged if one.case.expected is expected and one.case.written is by_hand]
            kinds = list(dict.fromkeys(one.case.kind for one in of))
            groups: dict[str, frozenset[str]] = {ALL: frozenset(kinds)}
            if len(_NUMBERS & {*kinds}) > 1:
                groups[NUMBERS] = _NUMBERS & {*kinds}
            groups |= {kind: frozenset({kind}) for kind in kinds if len(kinds) > 1}
            for name, members in groups.items() if of else ():
                some = [one for one in of if one.case.kind in members]
                flagged = estimate([float(one.flagged) for one in some])
                contradicted = sum(one.verdict is Verdict.CONTRADICTED for one in some) / len(some)
                yield Figure(lang, expected, by_hand, name, flagged, contradicted)
