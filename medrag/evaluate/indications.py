"""QiZhen's drug-indication test, scored automatically: of the illnesses that experts took from a drug's label, how many an answer says.

A drug counts for C1 with one of its terms said, for C2 with half of them, for C3 with two thirds. The published scores were
given by clinicians who read the answers; here a rule does it (`medrag.evaluate.saying`), and terms that stand in the answer
literally are counted apart, so that what the rule adds can be read and judged.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from pydantic import Field

from medrag.answer.engine import MedRAG
from medrag.errors import EvaluationError
from medrag.evaluate.files import checked_rows, once
from medrag.evaluate.metrics import Estimate, estimate
from medrag.evaluate.rows import Shape, fault
from medrag.evaluate.saying import Said, Way, said
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase

__all__ = [
    "CRITERIA",
    "FILE",
    "Agreement",
    "Indicated",
    "Published",
    "Report",
    "Scores",
    "agreement",
    "ask_indications",
    "published",
    "read_diseases",
    "read_indications",
    "score",
]

FILE = "eval/qizhen/indications.csv"  # in a folder of measuring data
CRITERIA = {"C1": Fraction(0), "C2": Fraction(1, 2), "C3": Fraction(2, 3)}  # shares of the terms, and at least one
PUBLISHED = "qizhen-indications"
SOURCE = "qizhen"
_BREAK = re.compile(r"</p\s*>|<br\s*/?>|</li\s*>|</div\s*>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")  # not the 60 of a value <60

Progress = Callable[[str, int, int], None]


class _Row(Shape):
    drug: str = Field(alias="药品", min_length=1)
    text: str = Field(alias="药品适应症", min_length=1)
    terms: str = Field(alias="医学专家标注的适应病症", min_length=1)
    question: str = Field(alias="instruction", default="")


class _Disease(Shape):
    disease: str = Field(alias="疾病", min_length=1)
    treatment: str = Field(alias="治疗药物", default="")
    tests: str = Field(alias="检查检验", default="")
    symptoms: str = Field(alias="临床表现", default="")


@dataclass(frozen=True, slots=True)
class Indicated:
    """A drug of the test: the question, the label's own text without markup, and the terms that experts took from it."""

    drug: str
    question: str
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What of a drug's terms a text says, and how; None for a term that it does not."""

    drug: str
    terms: tuple[str, ...]
    said: tuple[Said | None, ...]

    def meets(self, share: Fraction, *, literally: bool = False) -> bool:
        """Whether at least the share of the terms is said, and at least one."""
        hits = sum(one is not None and (not literally or one.way is Way.LITERALLY) for one in self.said)
        return hits >= 1 and hits >= share * len(self.terms)


@dataclass(frozen=True, slots=True)
class Scores:
    """The share of drugs that meets each criterion, by the rule and by terms that stand literally, and the terms behind it."""

    drugs: tuple[Scored, ...]

    @property
    def terms(self) -> int:
        """How many terms there are."""
        return sum(len(one.terms) for one in self.drugs)

    @property
    def hits(self) -> int:
        """How many are said."""
        return sum(found is not None for one in self.drugs for found in one.said)

    @property
    def literal_hits(self) -> int:
        """How many stand in the text as they are."""
        return sum(found is not None and found.way is Way.LITERALLY for one in self.drugs for found in one.said)

    @property
    def by_expansion(self) -> tuple[tuple[str, str, Said], ...]:
        """The hits that only the rule made: drug, term, and how the text says it. They are there to be read."""
        return tuple(
            (one.drug, term, found)
            for one in self.drugs
            for term, found in zip(one.terms, one.said, strict=True)
            if found is not None and found.way is not Way.LITERALLY
        )

    @property
    def missed(self) -> tuple[tuple[str, str], ...]:
        """The terms that are not said: drug and term."""
        return tuple(
            (one.drug, term) for one in self.drugs for term, found in zip(one.terms, one.said, strict=True) if found is None
        )

    def shares(self, *, literally: bool = False) -> dict[str, Estimate]:
        """C1, C2 and C3 with intervals over drugs."""
        return {
            name: estimate([float(one.meets(share, literally=literally)) for one in self.drugs])
            for name, share in CRITERIA.items()
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the rule and the experts agree over every term with every label's text, also those that it was not taken from.

    `only_experts` counts terms that the rule does not find in the text that they were taken from; `only_rule` lists (drug,
    term) that a text says and the experts did not list for it, some of which they left out or worded otherwise.
    """

    both: int
    only_experts: int
    only_rule: tuple[tuple[str, str], ...]
    neither: int

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond what chance would give, 1 where there is no disagreement."""
        rows = self.both + self.only_experts, len(self.only_rule) + self.neither
        columns = self.both + len(self.only_rule), self.only_experts + self.neither
        n = sum(rows)
        seen = (self.both + self.neither) / n
        chance = sum(row * column for row, column in zip(rows, columns, strict=True)) / n**2
        return 1.0 if chance == 1.0 else (seen - chance) / (1.0 - chance)


@dataclass(frozen=True, slots=True)
class Report:
    """The test on the labels' own text (what the rule can reach at best), and on the library's answers.

    `asked_of` is how many documents the answers were looked for in; `abstained` how many questions had no answer;
    `experts` how the rule agrees with the experts on the labels' own text.
    """

    own: Scores
    answers: Scores
    experts: Agreement
    asked_of: int
    abstained: int


@dataclass(frozen=True, slots=True)
class Published:
    """A published row: C1, C2 and C3 in per cent, and where it stands."""

    model: str
    values: tuple[float, ...]
    source: str


def read_indications(path: Path) -> list[Indicated]:
    """The drugs of QiZhen's csv (药品, 药品适应症 as HTML, 医学专家标注的适应病症 joined by |, instruction).

    A drug may stand twice with different texts, and a term twice in a cell, as it was counted; the same row twice is an error.
    """

    def drugs() -> Iterator[tuple[str, Indicated]]:
        for where, row in checked_rows(path, _Row):
            terms = tuple(term.strip() for term in row.terms.split("|") if term.strip())
            if not terms:
                raise fault(path, where, f"医学专家标注的适应病症: no term in {row.terms!r}")
            drug = row.drug.strip()
            yield where, Indicated(drug, row.question.strip() or f"{drug}的适应病症", plain(row.text), terms)

    return once(path, drugs(), lambda one: (one.drug, one.text), "drug and text")


def read_diseases(path: Path) -> list[tuple[str, Indicated]]:
    """The disease form of the test: a table of 疾病 and, each with terms joined by |, 治疗药物, 检查检验 and 临床表现.

    Each gives (aspect, what is asked and wanted); a column that is empty is not asked. The published test's own file was
    never released: this is its form as it was described.
    """

    def asked() -> Iterator[tuple[str, tuple[str, Indicated]]]:
        for where, row in checked_rows(path, _Disease):
            aspects = {"治疗药物": row.treatment, "检查检验": row.tests, "临床表现": row.symptoms}
            given = {aspect: tuple(filter(None, map(str.strip, cell.split("|")))) for aspect, cell in aspects.items()}
            if not any(given.values()):
                raise fault(path, where, f"{row.disease}: no term in {', '.join(aspects)}")
            for aspect, terms in given.items():
                if terms:
                    yield where, (aspect, Indicated(row.disease.strip(), f"{row.disease.strip()}的{aspect}", "", terms))

    return once(path, asked(), lambda one: (one[1].drug, one[0]), "disease")


def plain(markup: str) -> str:
    """The text of HTML: paragraphs as lines, tags taken out, entities as the characters they mean."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip()


def score(drugs: Sequence[Indicated], texts: Sequence[str]) -> Scores:
    """What each text, one a drug, says of the drug's terms."""
    if len(drugs) != len(texts):
        raise EvaluationError(f"{len(drugs)} drugs, but {len(texts)} texts")
    return Scores(
        tuple(
            Scored(one.drug, one.terms, tuple(said(text, term) for term in one.terms))
            for one, text in zip(drugs, texts, strict=True)
        )
    )


def agreement(drugs: Sequence[Indicated]) -> Agreement:
    """The agreement of the rule with the experts over every term of the file with the text of every drug."""
    terms = dict.fromkeys(term for one in drugs for term in one.terms)
    both = only_experts = neither = 0
    only_rule = []
    for one in drugs:
        for term in terms:
            found, listed = said(one.text, term) is not None, term in one.terms
            both += found and listed
            only_experts += listed and not found
            neither += not found and not listed
            if found and not listed:
                only_rule.append((one.drug, term))
    return Agreement(both, only_experts, tuple(only_rule), neither)


def ask_indications(data: Path, kb: Path, progress: Progress = lambda _doing, _done, _of: None) -> Report:
    """The test by the whole path: each drug's question asked of all labels, the extractive writer's answer scored.

    The drugs' own labels are added to a copy of the knowledge base, without the experts' terms; the one given is only read.
    """
    file = data / FILE if data.is_dir() else data
    drugs = read_indications(file)
    with TemporaryDirectory(prefix="medrag-evaluate-") as folder:
        with KnowledgeBase.open(kb) as given:
            copied = copytree(given.path, Path(folder) / "labels")
        build(file, copied, source=SOURCE, progress=progress)
        with KnowledgeBase.open(copied) as base:
            rag = MedRAG(base)
            answers = []
            for at, one in enumerate(drugs):
                progress("indications", at, len(drugs))
                answers.append(rag.ask(one.question))
            labels = sum(1 for _ in base.documents())
    own = score(drugs, [one.text for one in drugs])
    # An abstention names the drug and what is near it; nothing in it is an answer.
    said_of = score(drugs, ["" if answer.abstained else answer.text for answer in answers])
    return Report(own, said_of, agreement(drugs), labels, sum(answer.abstained for answer in answers))


def published() -> list[Published]:
    """The published rows of the test, in the order of the table that ships."""
    text = files("medrag.evaluate").joinpath("published.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Published(model, tuple(map(float, values)), source) for test, model, *values, source in rows if test == PUBLISHED]
