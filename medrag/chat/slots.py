"""What a conversation remembers: the medicines and diseases spoken of, the person it is about, what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from medrag.retrieve.cues import Population
from medrag.sections import SectionGroup
from medrag.types import Patient, Record, Turn

__all__ = ["MAX_NAMES", "Asking", "Lack", "Memory", "Person", "Slots", "first_of"]

MAX_NAMES = 8  # medicines, and diseases, that are remembered; the oldest are forgotten


class Person(StrEnum):
    """Whom the user speaks of, as far as their words say."""

    UNSAID = ""
    SELF = "self"
    CHILD = "child"
    PARENT = "parent"
    PARTNER = "partner"


class Slots(Record):
    """What the user's own words have said so far; the latest names come first.

    `asked` are the sections asked for last. `patient` is the person spoken of now and `person` who that is; `others` are
    those spoken of before. `populations` are the kinds of patient that were last asked about in general ("孕妇能用吗"), which
    says nothing of anybody.
    """

    drugs: tuple[str, ...] = Field(default=(), max_length=MAX_NAMES)
    diseases: tuple[str, ...] = Field(default=(), max_length=MAX_NAMES)
    patient: Patient = Patient()
    asked: tuple[SectionGroup, ...] = ()
    lang: str = ""
    person: Person = Person.UNSAID
    others: dict[Person, Patient] = Field(default_factory=dict)
    populations: tuple[Population, ...] = ()


class Lack(StrEnum):
    """What an answer hangs on that nobody has said."""

    WHICH_DRUG = "which-drug"
    OTHER_DRUG = "other-drug"
    AGE = "age"
    PREGNANT = "pregnant"
    QUESTION = "question"


class Asking(Record):
    """A question asked back: what is lacking, the user's question that waits for it, and between which medicines."""

    lack: Lack
    question: str
    drugs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What it is that was asked, and of which medicines: never asked twice."""
        return ":".join([self.lack, *self.drugs] if self.drugs else [self.lack, self.question])


class Memory(Record):
    """All that following a conversation needs to know of it.

    `standalone` is the latest question as it stands alone, but for the person spoken of earlier; `of_one` the latest about one
    medicine alone; `about_disease` whether it was about a disease rather than a medicine; `told` the user's own words for what
    they said of a person; `together` the medicines that it named as equals; `listed` those that came up since, in the order
    in which "the second one" counts them. `asked_back` are the things asked back so far, each with what it was asked of;
    `turns` are the latest turns, for the writer.
    """

    slots: Slots = Field(default_factory=Slots)  # one that was made would be copied each time, leaf by leaf
    standalone: str = ""
    of_one: str = ""
    about_disease: bool = False
    told: dict[str, str] = Field(default_factory=dict)
    together: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    asking: Asking | None = None
    asked_back: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()


def first_of(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once, and no more than are remembered."""
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_NAMES]
