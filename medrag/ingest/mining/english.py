"""Rules for English labels: indications, contraindications and what the warnings rule out, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.ingest.mining.conditions import population_en
from medrag.ingest.mining.english_names import conditions, lowered
from medrag.ingest.mining.names import Own, named_in
from medrag.ingest.mining.said import CAUTION, CONTRAINDICATION, INDICATION, INTERACTION, MAX_SPAN, NOT_COMBINED, Said
from medrag.kb.prepared import EntityRef
from medrag.sentences import CELL_BREAK, sentences
from medrag.types import EntityKind

__all__ = ["cautions_listed", "contraindications", "indications", "warnings"]

MAX_UNIT = 700  # characters; a longer sentence is no list of names
MAX_ITEM_WORDS = 14

_REFERENCE = re.compile(
    r"\[[^\]]*\]|\((?:see|refer)[^)]*\)|\([^()]*\)|(?<!\w)see (?:warnings|precautions|contraindications|clinical)[^.;]*",
    re.IGNORECASE,
)
_MARK = re.compile(r"^[\s\-–•●▪◦‣■*·]*(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+)?", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]{3}")
_VERB = re.compile(
    r"\b(?:is|are|was|were|may|should|can|will|must|has|have|had|does|do|occur|occurs|been|need|needs|induced|showed|revealed|resulted|rats?|mouse|mice)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\bnot (?:been |currently |be |usually |ordinarily |generally |routinely )?(?:indicated|recommended|effective|established|intended|approved|for|used|useful|necessary|appropriate|shown|demonstrated|known|treat|studied|evaluated|a substitute|respond)|"
    r"\bineffective|limitations? of use|\b(?:should|has|have|may|can|does|do|will|is|are|must) not\b|\bcannot\b|no evidence|\bunknown\b|randomi[sz]ed|\btrials?\b|\bstud(?:y|ies)\b|placebo|"
    r"contraindicated|adverse|purported|unavailable|\bcharacteri[sz]ed\b|subsequently|\bcaution|reported|\bin vitro\b|although|discontinu|\bwarning|concentrations?|susceptibility information|cultures?\b|% of|p-?value|if (?:you|symptoms)|ask a doctor|\bsee (?:precautions|warnings|dosage)|in addition to|lowering blood pressure|every (?:attempt|effort)|should be (?:made|considered|exercised|given|discontinued|monitored|individuali[sz]ed|performed|evaluated|taken|reserved|corrected|advised)|\bmixed\b",
    re.IGNORECASE,
)
_TRIGGER = re.compile(
    r"\b(?:(?:treatment|management|relief|prevention|prophylaxis|control|therapy|reduction|suppression|eradication|healing|diagnosis|palliation|amelioration|alleviation|induction|lowering|remission|correction|termination)(?:,? (?:and|or|and/or) (?:\w+ ){0,2}?\w+)? (?:of|for|in)|"
    r"(?:treat|relieves?|treats|prevents?|alleviates?|controls?|lessens?|eases?|reduces?|lower(?= (?:blood|elevated|intraocular|the))|protects? against|delay|cures?|treating|relieving|preventing|reducing|managing)(?! tissue)|"
    r"indicated (?:only )?(?:for|in|as|to)(?: use)?|(?:used|useful|effective|useful as an adjunct) (?:for|in|against|to treat)|"
    r"(?:patients|adults|persons|individuals|women|men|children|infants|people|those) (?:\w+ ){0,4}?(?:with|who have|suffering from|having)|infections?(?=:)|for (?=the temporary|temporary|relief))\s+",
    re.IGNORECASE,
)


# Pains due to headache are what a medicine of the shop is for; bleeding due to warfarin is another matter.
_OVER_THE_COUNTER = re.compile(r"(?:for (?:the )?)?(?:temporar|reliev|helps?\b|reduces|relief)", re.IGNORECASE)
_DUE = re.compile(r"\s(?:(?:when )?associated with|due to|caused by)\s", re.IGNORECASE)


def _units(body: str) -> Iterator[tuple[int, int, int, str]]:
    """The sentences and items of a body: span, the start of the words that lead the list in (-1 without), the words."""
    lead = -1
    for start, end in sentences(body):
        unit = body[start:end]
        if _WORDS.search(unit) is None or end - start > MAX_UNIT:
            continue
        opens = unit.rstrip("•-– \n").endswith(":")
        yield start, end, lead, unit
        if opens:
            lead = start
        elif lead >= 0 and not _is_item(unit):
            lead = -1


def _is_item(unit: str) -> bool:
    return len(unit.split()) <= 30 and (_VERB.search(unit) is None or _MARK.match(unit).end() > 0)  # type: ignore[union-attr]  # it matches nothing too


def _first(start: int, end: int, lead: int) -> int:
    return lead if lead >= 0 and end - lead <= MAX_SPAN else start


# ---------------------------------------------------------------------- indications


def indications(body: str, own: Own) -> Iterator[Said]:
    """The diseases and symptoms for which a section says that the drug is."""
    for start, end, lead, unit in _units(body):
        plain = _REFERENCE.sub("", _MARK.sub("", unit)).strip()
        if _NO.search(plain) is not None:
            continue
        if _OVER_THE_COUNTER.match(plain) is not None:
            plain = _DUE.sub(", ", plain)
        triggers = list(_TRIGGER.finditer(plain))
        if triggers:
            phrases = [plain[t.end() : n.start() if n else None] for t, n in zip(triggers, [*triggers[1:], None], strict=True)]
        elif (lead >= 0 or _VERB.search(plain) is None) and len(plain.split()) <= MAX_ITEM_WORDS:
            phrases = [plain]
        else:
            continue
        for phrase in phrases:
            for name, kind in conditions(phrase):
                yield Said(INDICATION, EntityRef(kind, name), _first(start, end, lead) if not triggers else start, end)


def heading_condition(heading: str) -> EntityRef | None:
    """The disease that heads a part of the indications (1.1 Heart Failure), else None."""
    found = (
        list(conditions(re.sub(r"^[\d.\s)(]+", "", _REFERENCE.sub("", heading))))
        if len(heading.split()) <= MAX_ITEM_WORDS
        else []
    )
    return EntityRef(found[0][1], found[0][0]) if len(found) == 1 else None


# ---------------------------------------------------------------------- contraindications, cautions

_TAKEN = (EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.DRUG_CLASS)
_FORBIDDEN = re.compile(
    r"\bcontraindicated\b(?: (?:for use|for))?|\b(?:should|must|is|are|can) not be (?:used|given|administered|taken|prescribed|initiated|started|applied)\b|\bcannot be used\b|"
    r"\b(?:do|must|should) not (?:use|take|give|administer|receive|apply|prescribe|be (?:used|given|treated))\b|\bavoid (?:the )?(?:use|using|administration)\b|\bshould be avoided\b|\bnot to be used\b|\bnot recommended (?:for|in)\b",
    re.IGNORECASE,
)
_CONTRAINDICATED = re.compile(
    r"contraindicated|(?:should|must) not be (?:used|given|administered|taken|prescribed)|do not (?:use|administer|give|take)",
    re.IGNORECASE,
)
_NOT_FORBIDDEN = re.compile(
    r"\b(?:no|not|without)(?: \w+){0,2} contraindicat|unless contraindicated|otherwise contraindicated|is not (?:a )?contraindicat|\bno known\b|where .{1,30} contraindicated|contraindicated or|"
    r"more than|longer than|as a substitute|in the eyes?|if (?:seal|package|imprint)|with any other",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"\b(?:in|to|for) (?=.*\b(?:patients|persons|individuals|women|those|children|infants|pregnan|elderly)|the presence)",
    re.IGNORECASE,
)
_OTHER_LIST = re.compile(
    r"^(?:stop use|ask (?:a|your)|when using|keep out|directions|other information|flush|avoid contact)|out of reach|^do not smoke",
    re.IGNORECASE,
)
_CAREFUL = re.compile(
    r"\b(?:with (?:extreme |great |particular |special |appropriate )?(?:caution|care)|cautiously|caution (?:should|must|is|in|when|if|to)|caution\b)",
    re.IGNORECASE,
)
_PATIENTS = re.compile(
    r"\b(?:in|to|for|by|with|when \w+ing|of)?\s*(?:the )?(?:\w+ ){0,2}?(?:patients|persons|individuals|people|women|men|those|anyone|subjects|adults|children|infants|asthmatics|someone)?\s*"
    r"(?:with|who have(?: had)?|who has|having|who are|known to be|who is|suffering from|exhibiting|who exhibit|presenting with|taking|receiving|if you have|you have|in whom)\b",
    re.IGNORECASE,
)
_ALLERGY = re.compile(
    r"\b(?:hypersensitiv\w*|allerg(?:y|ic|ies)\w*|sensitiv(?:e|ity)|intoleran(?:ce|t)|anaphyla\w+|idiosyncra\w+|hypersusceptib\w+)(?:[- ]type)?(?: reactions?)?(?:,? (?:and|or|e\.g\.,?|such as|including|\w+),?(?: \w+){0,6}?)? (?:to|from|after|with|following|against)\s+(?P<to>[^.;]*)",
    re.IGNORECASE,
)
_ALLERGIC = re.compile(r"\b(?:hypersensitiv|allerg|sensitivity to|sensitive to|anaphyla|intoleran)", re.IGNORECASE)
_SELF = re.compile(
    r"\b(?:this|the|any|its|their|these|it|either|one or more)\b.{0,30}?\b(?:drugs?|products?|medications?|components?|ingredients?|excipients?|formulations?|medicines?|preparations?|compounds?|agents?)\b|\bcomponents?\b|\bingredients?\b|\bto it\b|^it\b|\bexcipients?\b",
    re.IGNORECASE,
)
_TAKING = re.compile(
    r"\bconcomit|\bcoadmin|\bco-admin|\bin combination|\breceiv|\btaking\b|\bconcurrent|\btogether\b|\bwithin (?:\d+|two|14) |\buse (?:with|of)\b|\bwith (?:the use|other)|\bon (?:an? )?(?:mao|monoamine)|\badministered with|\bused with|\bcontraindicated with|\bgiven with",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\bconcomit|\bco-?admin|\bin combination with|\breceiving\b|(?<!after )\btaking\b|\bconcurrent|\btogether with|\bcontraindicated (?:for use )?with|\b(?:given|used) with\b",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"\s*(?:;|\bin (?:patients|the presence|those|persons|individuals)\b|\bfor patients\b|\bwith (?:a )?(?:known |previous |prior )?history of\b|\bwith\b|\bhaving\b|\bsuch as\b|\bincluding\b|\bdue to\b|\bcaused by\b|\bassociated with\b|\bin\b)\s*",
    re.IGNORECASE,
)


def contraindications(body: str, own: Own) -> Iterator[Said]:
    """Who or what a section on contraindications rules out, in sentences that say so and in its lists."""
    stopped = -1  # where a list of another kind begins: stop use if
    for start, end, lead, unit in _units(body):
        plain = _REFERENCE.sub("", _MARK.sub("", unit)).strip()
        if _OTHER_LIST.search(plain) is not None:
            stopped = start
        if CELL_BREAK in unit or _NOT_FORBIDDEN.search(plain) is not None or lead == stopped >= 0 or start == stopped:
            continue
        if _TOGETHER.search(unit) is not None and _ALLERGIC.search(unit) is None:
            yield from _not_together(unit, own, _first(start, end, lead), end)
        plain = plain.split(" except ")[0].split(", except")[0]
        match = _FORBIDDEN.search(plain)
        careful = _CAREFUL.search(plain)
        if match is None and careful is not None:
            yield from _ruled_out(CAUTION, plain[careful.end() :], own, start, end)
        elif match is not None:
            behind = plain[match.end() :]
            yield from _ruled_out(
                CONTRAINDICATION, behind if len(behind) > 12 or ":" in behind else plain[: match.start()], own, start, end
            )
        elif (
            lead >= 0
            or _starts_a_list(plain)
            or (body[start - 1 : start] in ("", "\n") and _VERB.search(plain.split(".")[0]) is None)
        ):
            yield from _ruled_out(CONTRAINDICATION, plain, own, _first(start, end, lead), end)


def _not_together(unit: str, own: Own, start: int, end: int) -> Iterator[Said]:
    """The medicines of a sentence about taking two together, in brackets too."""
    for one in named_in(unit, own):
        if one.ref.kind is not EntityKind.FOOD:
            yield Said(NOT_COMBINED, one.ref, start, end)


def _starts_a_list(plain: str) -> bool:
    return re.match(r"(?:known |documented |history of |patients (?:with|who)|if you )", plain, re.IGNORECASE) is not None


def warnings(body: str, own: Own) -> Iterator[Said]:
    """Who or what a section of warnings rules out, in sentences with contraindicated, with caution or the like."""
    done = 0
    for at in sorted(_cues(body)):
        line = body.rfind("\n", 0, at) + 1
        stop = body.find("\n", at)
        text = body[line : len(body) if stop == -1 else stop]
        for start, end in sentences(text):
            if line + end <= at or line + start > at or line + start < done or end - start > MAX_UNIT:
                continue
            done = line + end
            yield from _warned(text[start:end], own, line + start, line + end)


def _cues(body: str) -> Iterator[int]:
    """Where words stand that rule something out; finding five strings is faster than one pattern of them."""
    for cue in (
        "ontraindicated",
        "ith caution",
        "autiously",
        "aution should",
        "not be used",
        "not be given",
        "not be administered",
    ):
        at = body.find(cue)
        while at >= 0:
            yield at
            at = body.find(cue, at + 1)


def _warned(sentence: str, own: Own, start: int, end: int) -> Iterator[Said]:
    plain = _REFERENCE.sub("", sentence)
    said, careful = _CONTRAINDICATED.search(plain), _CAREFUL.search(plain)
    cue = said or careful
    if cue is None or _NOT_FORBIDDEN.search(plain) is not None:
        return
    behind = plain[cue.end() :]
    patients = _WHOM.search(behind)
    if patients is not None:
        yield from _ruled_out(CONTRAINDICATION if said else CAUTION, behind[patients.start() :], own, start, end)


def cautions_listed(body: str, own: Own) -> Iterator[Said]:
    """The conditions of an over-the-counter label under "ask a doctor before use if you have"."""
    for start, end, lead, unit in _units(body):
        yield from _ruled_out(CAUTION, _REFERENCE.sub("", _MARK.sub("", unit)), own, _first(start, end, lead), end)


def _ruled_out(relation: str, phrase: str, own: Own, start: int, end: int) -> Iterator[Said]:
    for name, kind in _people_and_conditions(phrase, own):
        if kind in _TAKEN:  # by someone: a caution is then no more than an interaction
            yield Said(NOT_COMBINED if relation == CONTRAINDICATION else INTERACTION, EntityRef(kind, name), start, end)
        else:
            yield Said(relation, EntityRef(kind, name), start, end)


def _people_and_conditions(phrase: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    """The allergies, medicines, groups of people and conditions that a phrase rules out."""
    phrase = phrase.split(". ")[0]
    for segment in re.split(
        r";|, (?:and |or )?(?:in|for) (?=patients|persons|individuals)|\bor in patients\b|\band in patients\b", phrase
    ):
        allergy = _ALLERGY.search(segment)
        if allergy is not None:
            yield from _allergies(allergy["to"], own)
            rest = segment[: allergy.start()]
            yield from _plain(rest + " , " + _behind_allergens(allergy["to"]), own)
        elif _ALLERGIC.search(segment) is not None and _SELF.search(segment) is not None:
            yield "hypersensitivity", EntityKind.DISEASE
        else:
            yield from _plain(segment, own)


def _plain(segment: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    if _TAKING.search(segment) is not None:
        yield from ((one.ref.name, one.ref.kind) for one in named_in(segment, own) if one.ref.kind is not EntityKind.FOOD)
        segment = _TAKING.split(segment)[0]
    for name in population_en(segment):
        yield lowered(name), EntityKind.THING
    for part in _BREAK.split(_PATIENTS.sub(" ; ", segment)):
        yield from conditions(part)


def _allergies(to: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    """What an allergy is to: the medicines and classes that are named, the label's own as plain hypersensitivity."""
    said = re.split(r"\b(?:and in|or in|in patients|with|who|because|since|due|manifest)\b", to)[0]
    others = named_in(said, own)
    for one in others:
        if one.ref.kind is not EntityKind.FOOD:
            yield f"hypersensitivity to {one.ref.name}", EntityKind.DISEASE
    if _SELF.search(said) is not None or not others:
        yield "hypersensitivity", EntityKind.DISEASE


def _behind_allergens(to: str) -> str:
    """What is listed behind the allergens: …to sulfonamides, anuria, severe renal failure."""
    parts = re.split(r",|\bor\b|\band\b", to)
    return " , ".join(parts[1:]) if len(parts) > 1 else ""
