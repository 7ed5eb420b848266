"""Rules for English labels: medicines, classes and foods that a label names beside its own drug, and what must not be combined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.ingest.mining.conditions import kind_of_condition_en
from medrag.ingest.mining.names import Own, named_in, substance
from medrag.ingest.mining.said import INTERACTION, NOT_COMBINED, Said
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import EntityKind

__all__ = ["interactions"]

MAX_UNIT = 1500
_NO = re.compile(
    r"\b(?:no|not|without|neither|nor|lack of|little)\b(?: [\w\-/]+){0,6}? (?:interact\w*|effect|effects|affect\w*|influence\w*|alter\w*|change\w*|differences?|impact|inhibit|induce|displace\w*|potentiat\w*|evidence|expected|"
    r"dosage adjustments?|dose adjustments?|adjustment|studies|studied|evaluated|known|investigated|observed|established|changed|modif\w*|significant\w*|relevant|clinically|anticipated|require[sd]?|appear)\b|"
    r"\bunaffected\b|\bno (?:formal|specific)\b|\bunlikely\b|\bcan be (?:safely )?(?:co)?-?administered\b|\bmay be (?:safely )?(?:co)?-?administered with\b|\bwithout (?:apparent|any)\b|\bdid not\b|\bdoes not\b|\bdo not (?:affect|alter|interact|appear)|\bhas not been\b|\bhave not been\b|\bwere not\b|\bwas not\b|\bsafely\b|were conducted|\bto evaluate|potential for (?:an )?interaction",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"false[- ](?:positive|negative)|\bassay|laborator|test results?|\btests?\b|\bdeterminations?\b|clinitest|benedict|pathologist|diagnostic|urinary (?:steroid|glucose)|in (?:rats|mice|animals|dogs|rabbits|monkeys)|\b(?:rat|mouse|animal|monkey|dog|rabbit) (?:stud|model|kidney|liver)",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"\bcontraindicated|\bshould not be (?:used|given|administered|taken|combined|co|prescribed|mixed|added)|\bmust not be|\bshould (?:generally |always )?be avoided|\bavoid (?:the )?(?:concomitant|concurrent|simultaneous|co-?administ|coadminist|use|using|combin|taking|administration|administering|alcohol|drinking|grapefruit|live|other|any)|\bis to be avoided|\bbe avoided|\bdo not (?:use|take|co|administer|give|mix|combine|exceed)|"
    r"\bis not recommended|\bare not recommended|\bnot be (?:co-?administered|coadministered|used (?:with|concomitantly|concurrently|together|in combination))|\bshould not (?:receive|take|use|drink)|\bnever be|\bnot recommended (?:with|in combination|for (?:co|use with))|\bincompatible",
    re.IGNORECASE,
)
_APART = re.compile(
    r"hours? (?:before|after|apart|prior)|until \d+ hours|\b(?:at least|separate\w*) .{0,12}hours", re.IGNORECASE
)
_ADVICE = re.compile(r"avoid|caution|monitor|contraindicat|recommend|should|adjust|titrat|consider|\bmay\b", re.IGNORECASE)
_LIST = re.compile(
    r"(?:such as|including|e\.g\.,?|for example,?|i\.e\.,?|like)\s+(?P<list>[a-z][^.;()\[\]]{4,300})", re.IGNORECASE
)
_AND = re.compile(r"\s*,\s*(?:and|or)?\s*|\s+(?:and|or)\s+")
_NAME = re.compile(
    r"[a-zA-Z][a-z\-]{4,}(?: (?:acid|sodium|chloride|sulfate|hydrochloride|citrate|carbonate|acetate|phosphate))?"
)
_COMMON_END = re.compile(
    r"(?:tion|sion|ment|ness|ity|ing|ed|ly|ive|ous|al|ical|ance|ence|ism|ure|sis|itis|emia|ia|pathy|drugs?|agents?|products?|medications?|s)$"
)
_HEAD_NOISE = re.compile(
    r"interact|drug|laborator|\btests?\b|effects?|general|other|cytochrome|metaboli|pharmacokin|vitro|studies|therapy|patients|potential|substances|agents?$|medications?|overview|information|"
    r"use with|table|precaution|enzyme|system|transport|pregnan|contraindic|adverse|combin|concomit|food|inhibition|induction|anesthesia|surgery|P450|CYP|increas|decreas|section|dose",
    re.IGNORECASE,
)
_CLASS = re.compile(r"(?:[^is]s|ates|ines|ides)$")
_HEAD_AND = re.compile(r"\s*(?:,|/|;|\band\b|\bor\b)\s*", re.IGNORECASE)


def interactions(body: str, own: Own, *, heading: str = "") -> Iterator[Said]:
    """What a section on interactions says the drug interacts with, under a heading that may name it (7.1 Didanosine)."""
    if _MEASURED.search(heading) is not None:
        return
    heads = _heading_names(heading, own)
    for start, end in sentences(body):
        if end - start > MAX_UNIT:
            continue
        sentence = body[start:end]
        if CELL_BREAK in sentence and _ADVICE.search(sentence) is None:
            continue  # a row of measured exposures, which may well be unchanged
        if _NO.search(sentence) is not None or _MEASURED.search(sentence) is not None:
            continue
        never = _NEVER.search(sentence) is not None and _APART.search(sentence) is None
        relation = NOT_COMBINED if never else INTERACTION
        for ref in _things(sentence, own, heads):
            yield Said(INTERACTION if ref.kind is EntityKind.FOOD else relation, ref, start, end)


def _heading_names(heading: str, own: Own) -> tuple[str, ...]:
    """The folded names that a heading gives (7.1 Didanosine), where it is no heading of another kind."""
    bare = re.sub(r"^[\d.\s)(]+", "", heading).strip(" :.")
    if not bare or len(bare.split()) > 6 or _HEAD_NOISE.search(bare) is not None:
        return ()
    names = (fold(re.sub(r"\([^)]*\)", "", one)) for one in _HEAD_AND.split(bare))
    return tuple(
        name for name in names
        if len(name) > 4 and len(name.split()) <= 3 and not own.has(name) and kind_of_condition_en(name) is None and re.fullmatch(r"[a-z][a-z \-']+", name)
    )  # fmt: skip


def _things(sentence: str, own: Own, heads: tuple[str, ...]) -> list[EntityRef]:
    named = named_in(sentence, own)
    found = {fold(one.ref.name): one.ref for one in named}
    if heads:
        folded = fold(sentence)
        for name in heads:
            if name in folded and not any(name in known or known in name for known in found):
                found[name] = EntityRef(EntityKind.DRUG_CLASS, name) if _CLASS.search(name) is not None else substance(name)
    if named:
        for match in _LIST.finditer(sentence):
            pieces = _AND.split(match["list"])
            known = [any(one in fold(piece) for one in found) for piece in pieces]
            for at, piece in enumerate(pieces):
                name = piece.strip(" *†®")
                near = any(known[max(0, at - 1) : at]) or any(known[at + 1 : at + 2])
                if (
                    near
                    and not known[at]
                    and _NAME.fullmatch(name)
                    and not _COMMON_END.search(name.split()[0])
                    and not own.has(fold(name))
                ):
                    found.setdefault(fold(name), substance(name.lower() if name.istitle() else name))
    return list(found.values())
