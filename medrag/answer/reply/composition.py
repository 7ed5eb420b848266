"""An answer that a model is writing: its words so far, each claim checked before it is added, and what its marks stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from medrag.answer.policy import FAULTS
from medrag.answer.prompt.build import Shown
from medrag.answer.reply import remarks
from medrag.answer.reply.cut import ClaimCutter, Piece
from medrag.answer.reply.said import Said, said
from medrag.answer.reply.sources import citation_of, source_of
from medrag.answer.verify.claim import Checked, Checker
from medrag.patterns import regex
from medrag.types import Citation, Claim, Dangling, StreamEvent, Verdict

__all__ = ["Composition"]

MAX_CLAIMS = 300  # of one answer; a longer one is a model that does not end
_ENDED = regex(r"(?:[。!！?？]|(?<!\d)\.)[\"'”’)）\]]*$")  # a stop behind a digit may be a decimal point


@dataclass
class Composition:
    """The answer so far. `feed` and `finish` return what became certain; joined, the events' texts are `text`.

    With `dropping`, claims that their citations contradict or do not carry are left out and kept in `dropped`. `full` says
    that there are so many claims that no more are looked at, `cut` that a sentence without an end was left out.
    """

    shown: Sequence[Shown]
    checker: Checker
    style: str
    lang: str = "zh"
    question: str = ""
    drugs: Sequence[str] = ()
    dropping: bool = False
    text: str = ""
    claims: list[Claim] = field(default_factory=list)
    dangling: list[Dangling] = field(default_factory=list)
    dropped: list[Claim] = field(default_factory=list)
    refusals: int = 0
    cut: bool = False
    _reply: str = ""
    _done: int = 0  # characters of the reply that have been dealt with

    def __post_init__(self) -> None:
        self._cutter = ClaimCutter(style=self.style)
        self._citations = {item.number: citation_of(item) for item in self.shown}
        self._sources = {number: source_of(citation) for number, citation in self._citations.items()}
        self._unread = list(self._sources.values())
        self._known: dict[tuple[str, tuple[int, ...]], Checked] = {}

    @property
    def full(self) -> bool:
        """Whether no more claims are taken."""
        return len(self.claims) + len(self.dropped) >= MAX_CLAIMS

    @property
    def declines(self) -> bool:
        """Whether all that it comes to is that the evidence does not answer."""
        return self.refusals > 0 and not self.tells

    @property
    def tells(self) -> bool:
        """Whether some claim rests on the evidence, so that whatever follows it is no refusal."""
        return any(claim.verdict is not Verdict.UNSUPPORTED for claim in self.claims)

    def feed(self, delta: str) -> Iterator[StreamEvent]:
        """The events for the claims that end in these words of the model."""
        self._reply += delta
        for piece in self._cutter.feed(delta):
            yield from self._add(piece)
        if self._unread:  # one at a time, while the model writes on
            self.checker.prepare(self._unread.pop(0))

    def finish(self, *, whole: bool) -> Iterator[StreamEvent]:
        """The events for the rest; of a reply that is not `whole` the sentence that was cut short is left out.

        Half a sentence may be half a dose.
        """
        for piece in self._cutter.finish():
            if whole or _ENDED.search(piece.text.rstrip()) is not None:
                yield from self._add(piece)
            else:
                self.cut = True
        rest = self._reply[self._done :].rstrip()
        if whole and rest and not self.full:
            yield self._event(rest if self.text else rest.lstrip())

    def remark(self, words: str) -> StreamEvent:
        """The event for words of the library's own, which claim nothing."""
        return self._event(words)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the claims cite or rest on, in the order of their numbers."""
        used = {marker for claim in self.claims for marker in claim.citations}
        used |= {support.marker for claim in self.claims for support in claim.support}
        return tuple(citation for citation in self._citations.values() if citation.marker in used)

    def _event(self, words: str, claim: Claim | None = None) -> StreamEvent:
        self.text += words
        return StreamEvent.model_construct(text=words, claim=claim)

    def _add(self, piece: Piece) -> Iterator[StreamEvent]:
        if self.full:
            self.cut = True
            return
        lead = self._reply[self._done : piece.start]
        self._done = piece.stop
        lead = lead if self.text else lead.lstrip()
        at = len(self.text) + len(lead)
        claim = self._claim(piece, at)
        if claim is not None and self.dropping and claim.verdict in FAULTS:
            self.dropped.append(claim)
            return
        own = [mark for mark in piece.marks if piece.start <= mark.start]  # not those of the line that leads it in
        for mark in own:
            if any(number not in self._citations for number in mark.numbers):
                shift = at - piece.start
                self.dangling.append(Dangling(text=mark.text, start=mark.start + shift, end=mark.end + shift))
        if claim is not None:
            self.claims.append(claim)
        yield self._event(lead + self._reply[piece.start : piece.stop], claim)

    def _claim(self, piece: Piece, start: int) -> Claim | None:
        kind = said(piece)
        self.refusals += kind is Said.REFUSAL
        if kind is not Said.CLAIM:
            return None
        known = [number for number in piece.numbers if number in self._citations]
        statement = piece.statement
        checked = self._checked(statement, known, [m.text for m in piece.marks if not set(m.numbers) & set(known)])
        words = self._reply[piece.start : piece.end]
        return Claim(
            text=words,
            start=start,
            end=start + piece.end - piece.start,
            citations=tuple(self._citations[number].marker for number in known),
            verdict=checked.verdict,
            statement=statement if statement != words else "",
            reasons=checked.reasons,
            support=checked.support,
        )

    def _checked(self, text: str, numbers: Sequence[int], invented: Sequence[str]) -> Checked:
        """The check of a claim; one that cites nothing but what was never shown is unsupported, whatever else says so."""
        cited = [self._sources[number] for number in numbers]
        others = [source for number, source in self._sources.items() if number not in numbers]
        key = (text, tuple(numbers))
        checked = self._known.get(key) or self.checker.check(text, cited, others, question=self.question, drugs=self.drugs)
        self._known[key] = checked
        if invented and not cited and checked.verdict in {Verdict.UNCITED, Verdict.UNSUPPORTED}:
            reasons = [remarks.invented(mark, self.lang) for mark in dict.fromkeys(invented)]
            return Checked(Verdict.UNSUPPORTED, tuple(reasons), checked.support)
        return checked
