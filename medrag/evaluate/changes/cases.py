"""A claim about a passage, what was done to the passage's words to make it, and what a checker should say of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from medrag.types import DocumentInfo, Passage, digest

__all__ = ["ChangedKind", "ClaimCase", "Expected", "Original", "ParaphrasedKind", "UntouchedKind", "is_frozen"]

FROZEN_SHARE = 3  # one label in three


class Expected(StrEnum):
    """What was done to the passage's words: their meaning changed, nothing, or only the wording changed."""

    CHANGED = "changed"
    UNTOUCHED = "untouched"
    PARAPHRASED = "paraphrased"


class ChangedKind(StrEnum):
    """What a changed claim says otherwise than its passage."""

    DOSE = "dose"
    UNIT = "unit"
    FREQUENCY = "frequency"
    DURATION = "duration"
    AGE = "age"
    PERCENT = "percent"  # also temperatures, pressures, concentrations
    COMPARISON = "comparison"
    POLARITY = "polarity"
    DRUG = "drug"
    POPULATION = "population"
    INVENTED = "invented"
    ROUTE = "route"
    EXCHANGED = "exchanged"  # two numbers of the sentence have changed places


class UntouchedKind(StrEnum):
    """What an untouched claim is a copy of."""

    SENTENCE = "sentence"
    MERGED = "merged"  # two sentences that stand side by side
    LED = "led"  # a list item behind its lead
    ROW = "row"  # a row of a table


class ParaphrasedKind(StrEnum):
    """How a claim says what its passage says: by one rule, or by several."""

    NUMERALS = "numerals"
    UNITS = "units"
    WORDS = "words"
    ORDER = "order"
    SUBJECT = "subject"
    SHORTENED = "shortened"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Original:
    """A sentence of a passage: `text` is what stands in the document at [start, end)."""

    passage: Passage
    start: int
    end: int
    text: str

    @property
    def document(self) -> DocumentInfo:
        """The label that it stands in."""
        return self.passage.document

    @property
    def heading(self) -> str:
        """The heading of its section."""
        return self.passage.section.heading


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """A claim, the passage that it is said to be carried by, and the sentence of it that the claim was made from.

    `kind` is one of the kinds of its `expected`, or for a claim written by hand the fault that was put in. Spans are
    those of the document (`source`, `key`, `version`).
    """

    id: str
    lang: str
    kind: str
    expected: Expected
    claim: str
    passage: Passage
    start: int
    end: int
    written: bool = False

    @property
    def key(self) -> str:
        """The label's key."""
        return self.passage.document.key

    @property
    def frozen(self) -> bool:
        """Whether it is put aside for the end."""
        return is_frozen(self.key)

    def record(self) -> dict[str, object]:
        """The case as one object of JSON."""
        document = self.passage.document
        return {
            "id": self.id,
            "lang": self.lang,
            "kind": self.kind,
            "expected": self.expected.value,
            "written": self.written,
            "claim": self.claim,
            "source": document.source,
            "key": document.key,
            "version": document.version,
            "passage": [self.passage.start, self.passage.end],
            "sentence": [self.start, self.end],
        }


def is_frozen(key: str) -> bool:
    """Whether the claims about the label with this key are put aside for the end: a third of all labels, always the same."""
    return int(digest(f"claims about {key}")[:8], 16) % FROZEN_SHARE == 0
