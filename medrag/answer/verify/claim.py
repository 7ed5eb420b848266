"""The checker: whether a claim says what the texts that it cites say, and why not."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from medrag.answer.verify.entail import CARRIES, Entailment
from medrag.answer.verify.judge import Judgement, judged, says_something
from medrag.answer.verify.names import Name, Names, is_drug, names_in, same_name
from medrag.answer.verify.quoted import quoted
from medrag.answer.verify.reading import Reading, read, readable
from medrag.answer.verify.reasons import Reasons
from medrag.answer.verify.source import MAX_SOURCE, Source, SourceReading, read_source
from medrag.patterns import regex
from medrag.types import Support, Verdict

__all__ = ["Checked", "Checker", "Source", "asserts"]

MAX_REPLY = 40  # characters of a bare yes or no
MAX_CLAIM = 2_000  # characters that are read of one claim; a sentence has some tens
MAX_AMOUNTS = 60  # quantities of one claim that are compared; a sentence has some ten
REMEMBERED = 256  # sources whose reading is kept
_OPEN = frozenset({"words", "no_meaning"})  # faults that are words no sentence has
_HAN = regex("[一-鿿]")
_DRESS = regex(
    r"\s*\[\^?\d{1,3}\^?(?:\s*[,，、]\s*\d{1,3})*\](?=[\s。.,，;；]*$)|^\s*(?:\[\^?\d{1,3}\^?\]\s*)+"  # marks that were left on it
    r"|^[\s>#*_\-–•●▪◦‣■]+|^\s*(?:\(?\d{1,2}[.、．)）](?!\d)|（\d{1,2}）|[①-⑳])\s*|[\s*_]+$|\*\*|__"
)
_FRAME = regex(
    r"^(?:根据|按照|依据|据)[^，,。:：]{0,30}(?:说明书|资料|文档|文献|来源|证据|标签|上述|以上|记载|规定)[^，,。:：]{0,12}[，,:：]\s*"
    r"|^(?:according to|based on|per|as stated in)\b[^,:]{0,60}\b(?:label|labels|labeling|document|documents|source|sources|evidence|information|insert|leaflet)\b[^,:]{0,30}[,:]\s*",
    re.IGNORECASE,
)
# What makes a question of a statement.
_ASKS = regex(
    r"请问|我想知道|(?:能不能|可不可以|可以|能够?|能否|是否|可否|应该|应不应该|要不要|需要)(?=[吃服用喝使打注停])|[吗么呢嘛?？]"
    r"|^\s*(?:can|may|could|should|must|do|does|is|are|will)\s+(?:it safe (?:for|to)\s+|i\s+|you\s+)?",
    re.IGNORECASE,
)
_GREETING = regex(
    r"^(?:您?你?好|谢谢|感谢|不客气|希望|祝|好的|当然|以下是|如下|hello|hi\b|hey\b|thank|sure\b|of course|certainly|here (?:is|are)|i hope|please let me know|let me know|sorry)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict, why it is not `supported` in the claim's language, and the words of the documents that carry the claim."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    support: tuple[Support, ...] = ()


class Checker:
    """Checks claims against texts; `names` finds the names in a text (`KnowledgeBase.link`, or `shipped_mentions`)."""

    def __init__(self, names: Names, *, entailment: Entailment | None = None) -> None:
        self._names = names
        self._entailment = entailment
        self._read: OrderedDict[Source, SourceReading] = OrderedDict()
        self._lock = Lock()
        self._drugs: dict[str, list[Name]] = {}

    def check(
        self,
        claim: str,
        cited: Sequence[Source],
        others: Sequence[Source] = (),
        *,
        question: str = "",
        drugs: Sequence[str] = (),
    ) -> Checked:
        """The verdict on a claim: by what it cites, or where it cites nothing by the other evidence.

        `drugs` are the medicines that the question is about, for claims that do not name their subject; the question itself
        is what a bare "no, they should not" is about.
        """
        read_claim = self._claim_of(claim, question)
        if cited:
            return self._against(read_claim, cited, drugs)
        reasons = Reasons(chinese=_is_chinese(read_claim.text))
        best = Checked(Verdict.UNSUPPORTED, (reasons.say("no_source"),))
        for some in ([source] for source in others) if len(others) < 2 else (others, *([source] for source in others)):
            checked = self._against(read_claim, some, drugs)
            if checked.verdict is Verdict.SUPPORTED:
                return Checked(Verdict.UNCITED, (reasons.say("uncited"),), checked.support)
            if checked.verdict is Verdict.CONTRADICTED and checked.support and best.verdict is Verdict.UNSUPPORTED:
                best = checked
        return best

    def _claim_of(self, claim: str, question: str) -> _Claim:
        """The claim, read after its question where it says nothing but yes or no."""
        told = _Claim(readable(bare(claim[:MAX_CLAIM])), self._names)
        if not question or len(told.text) > MAX_REPLY or says_something(told.reading.tokens):
            return told
        return _Claim(readable(f"{_ASKS.sub('', question[:MAX_CLAIM]).strip()}, {told.text}"), self._names)

    def prepare(self, source: Source) -> None:
        """Reads a source before the first claim cites it, which takes most of the time of a check."""
        self._reading_of(source)

    def _against(self, claim: _Claim, cited: Sequence[Source], drugs: Sequence[str]) -> Checked:
        sources = [self._reading_of(source) for source in cited]
        label = any(is_drug(name) for source in sources for name in source.titled)
        reasons = Reasons(chinese=_is_chinese(claim.text), label=label)
        kept = self._of_subject(claim, sources, drugs)
        if not kept:
            return Checked(Verdict.CONTRADICTED, (reasons.say("drug", stated=sources[0].source.title, claimed=drugs[0]),))
        repeated = next(((source, spans) for source in kept if (spans := quoted(claim.text, source))), None)
        if repeated is not None:
            return Checked(Verdict.SUPPORTED, (), tuple(_support(repeated[0], *span) for span in repeated[1]))
        if sum(t.amount is not None for t in claim.reading.tokens) > MAX_AMOUNTS:
            return Checked(Verdict.UNSUPPORTED, (reasons.say("nothing"),))
        return self._settled(claim.text, judged(claim.reading, kept), kept, reasons)

    def _settled(self, claim: str, judgement: Judgement, sources: Sequence[SourceReading], reasons: Reasons) -> Checked:
        """What was judged; where only words are missing, the entailment model has the last word, if there is one."""
        said = tuple(dict.fromkeys(reasons.say(f.name, stated=f.stated, claimed=f.claimed) for f in judgement.faults))
        where = tuple(dict.fromkeys(_support(place.source, place.unit.start, place.unit.end) for place in judgement.places))
        open_ = judgement.verdict in (Verdict.PARTIAL, Verdict.UNSUPPORTED) and all(f.name in _OPEN for f in judgement.faults)
        if self._entailment is not None and open_:
            likely = self._entailment.carries([(s.source.text[:MAX_SOURCE], claim) for s in sources])
            if max(likely) >= CARRIES:
                return Checked(Verdict.SUPPORTED, (), where)
            said = (*said, reasons.say("model"))
        if judgement.verdict is Verdict.UNSUPPORTED and not said:
            said = (reasons.say("nothing"),)
        return Checked(judgement.verdict, said, where)

    def _reading_of(self, source: Source) -> SourceReading:
        with self._lock:
            found = self._read.get(source)
            if found is not None:
                self._read.move_to_end(source)
                return found
        found = read_source(source, self._names)
        with self._lock:
            self._read[source] = found
            while len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return found

    def _of_subject(self, claim: _Claim, sources: Sequence[SourceReading], drugs: Sequence[str]) -> list[SourceReading]:
        """The sources that may be about the asked drugs: all, but other drugs' labels that name neither them nor are named."""
        asked = [name for drug in drugs for name in self._asked(drug) if is_drug(name)]
        if not asked:
            return list(sources)
        return [source for source in sources if _is_about([*asked, *claim.found], source)]

    def _asked(self, drug: str) -> list[Name]:
        """The names in the name of a drug that is asked about; the claims of an answer have the same ones."""
        found = self._drugs.get(drug)
        if found is None:
            found = names_in(readable(drug[:MAX_CLAIM]), self._names)
            self._drugs = {**self._drugs, drug: found} if len(self._drugs) < REMEMBERED else {drug: found}
        return found


class _Claim:
    """A claim, whose names are looked up when they are first needed: a sentence that is quoted needs none."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self._names = names

    @cached_property
    def found(self) -> list[Name]:
        return names_in(self.text, self._names)

    @cached_property
    def reading(self) -> Reading:
        return read(self.text, self.found)


def _is_about(names: Sequence[Name], source: SourceReading) -> bool:
    """Whether a source is not another drug's label, or names one of the drugs."""
    titled = [name for name in source.titled if is_drug(name)]
    if not titled or any(not name.keys.isdisjoint(source.subject) for name in names):
        return True
    named = [*titled, *(t.name for t in source.whole.tokens if t.name)]
    return any(same_name(one, other) for one in names if is_drug(one) for other in named)


def _is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def bare(claim: str) -> str:
    """A claim without list marks, emphasis and "according to the label"."""
    text = claim.strip()
    for _ in range(3):
        stripped = _FRAME.sub("", _DRESS.sub("", text)).strip()
        if stripped == text:
            break
        text = stripped
    return text


def asserts(text: str) -> bool:
    """Whether a piece of an answer says something that could be true or false; greetings, lead-ins and headings do not."""
    plain = bare(text[:MAX_CLAIM])
    words = re.findall(r"[一-鿿]|[^\W\d_]+", plain)
    if not words or plain.endswith((":", "：")) or _GREETING.match(plain):
        return False
    return not plain.endswith(("?", "？")) and not text.lstrip().startswith("#")


def _support(source: SourceReading, start: int, end: int) -> Support:
    return Support(marker=source.source.marker, start=source.source.start + start, end=source.source.start + end)
