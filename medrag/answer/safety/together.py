"""What the label of one medicine says of taking it with another, or with a class that the other belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from medrag.answer.safety.label import Hit, Label
from medrag.answer.safety.meant import BULLETS, CO_USE_EN, CO_USE_ZH, is_no_use
from medrag.answer.safety.medicines import Taken
from medrag.answer.safety.statements import stated, strongest
from medrag.answer.safety.units import Unit
from medrag.answer.safety.wording import RANK, Cue, allows, denies, governing, has_effect, worst
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.sentences import CELL_BREAK
from medrag.types import Severity, Stated

__all__ = ["said_of_other", "says_interactions"]

G = SectionGroup
_TELLS = frozenset({G.INTERACTIONS, G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.DOSAGE, G.INDICATIONS})
_ACTS_ON_EN = regex(
    r"(?:\bby|effects? of|activity of|actions? of|metabolism of|clearance of|levels? of|concentrations? of|absorption of|response to|toxicity of|responsiveness (?:of|to)|recovery from)\s(?:\w+\s){0,2}$",
    re.IGNORECASE,
)
# The dose of another that changes: dosage adjustments of lamotrigine, insulin dosage may require adjustment.
_DOSED_EN = regex(r"\b(?:dos(?:e|age)s?|adjustments?) (?:adjustments? )?(?:of|for|in) (?:the )?(?:\w+ )?$", re.IGNORECASE)
_DOSE_CHANGES_EN = regex(
    r"[\w-]+(?: [\w-]+)? (?:dos(?:e|age)s?|requirements?)\b[^.;]{0,60}(?:adjust|increas|decreas|reduc|chang|lower|alter)",
    re.IGNORECASE,
)
# What the medicine does to another, without a word of taking both: 可减少左旋多巴的吸收.
_ACTS_ON_ZH = (
    regex(r"(?:减少|减弱|降低|增加|增强|升高|影响|抑制|延缓|妨碍|干扰|拮抗|促进|加速|提高|延长|加强)[^，。；]{0,60}$"),
    regex(r"[^，。；]{0,50}?(?:吸收|作用|疗效|药效|效应|效力|浓度|代谢|清除|排泄|毒性|活性)"),
)
_ENROLLED = regex(r"\benrolled\b|\bin (?:study|trial) \w|\bclinical (?:trial|stud)", re.IGNORECASE)
_OTHER = regex(
    r"(?:\bother[ \w-]{0,20}|\bother (?:drugs?|medic\w+|products?)\b[ \w,-]{0,50}(?:such as|like|including) |\banother |\badditional |\bmultiple |\bsecond |其[他它余]的?[^，。；]{0,6}|另[一外]种?|同类的?|多种|两种)$"
)
_ALIKE_ZH = regex(r"^[^，。；]*?(?:一样|相同|相似|类似|不同|相比)")
MAX_LISTED = 60  # names in a list, one a line
MAX_BESIDE = 3  # characters beside a name that stands alone
MAX_ALIKE = 12  # characters behind a class in which it is said to be like
MIN_OWN = 4  # letters of a medicine's own name in a statement of its class
# The label's own class behind these is that of its members, the medicine among them.
_OF_OWN = regex(r" ?(?:\([^()]*\))?,? ?(?:such as|including|like)\b|(?:类药?物?)?[，,]?(?:包括|如|例如)")
# The label's own class behind these is what is taken beside it: 与中枢抑制药合用, antimalarials should not be given together.
_WITH = regex(
    r"(?:^|[，。；、\d.])(?:本[品药])?不?[宜能应可得]?[与和同跟]\0|^\W*\0[^.;]{0,24}\bnot be \w+ (?:concomitantly|concurrently|together|simultaneously)\b"
)
_COMBINED_EN = regex(r"(?:concomitant\w*|concurrent\w*|co-?administ\w+|combin\w+|together) (?:\w+ ){0,3}with (?:\w+ ){0,2}$")
_AS_WITH = regex(
    r"(?:\bas (?:with|for|is true of)|\bappropriate (?:to|for) (?:the )?(?:use of)?|\blike|\bsimilar to|\bunlike|如同|像) ?(?:all |many |most )?$"
)
# Between two names of a sentence: what stands behind is another statement.
_COMMA = regex(r"[，,]")
MAX_AHEAD = 2  # statements behind one, in which its advice may stand: 7.1 Didanosine … Avoid concomitant use.
_STUDY = regex(
    r"\b(?:in vitro|experiments?|microsomes|in rats?|in mice|in (?:animals|dogs|rabbits|monkeys)|rat stud|animal stud)\b|动物(?:实验|试验)|大鼠|小鼠|体外",
    re.IGNORECASE,
)
_MEASURED = regex(
    r"false[- ](?:positive|negative)|\bassays?\b|laboratory test|\burine test|clinitest|假阳性|假阴性|检验值|化验|试验结果|检测结果|[^，。；]测定(?!血)|比色",
    re.IGNORECASE,
)


def says_interactions(label: Label) -> bool:
    """Whether a label has a section that would say what it does not go with."""
    return not label.groups.isdisjoint({G.INTERACTIONS, G.CONTRAINDICATIONS, G.WARNINGS})


def said_of_other(one: Taken, other: Taken) -> list[Stated]:
    """What the labels of one medicine say of taking the other with it, the severest of each label first."""
    found: list[Stated] = []
    for label in one.labels:
        found += strongest(_said(label, one, other))
    return found


def _said(label: Label, one: Taken, other: Taken) -> Iterator[Stated]:
    terms = other.terms
    for name in sorted((label.names.keys() & terms.keys()) | {name for name in other.unlisted if label.hits(name)}):
        if name not in one.names:  # else both are made of it: that is a duplicate, no interaction
            key = (one.name, name, terms[name])
            yield from label.remembered(key, partial(_of_name, label, one, name, terms[name]))


def _of_name(label: Label, one: Taken, name: str, via: str) -> Iterator[Stated]:
    own_class = name in one.class_names
    for hit in label.hits(name):
        if not own_class or _is_other(label, hit) or _is_beside(label, one, hit):
            yield from _of_hit(label, one, hit, via)


def _is_other(label: Label, hit: Hit) -> bool:
    """Whether the label's own class is named as that of another medicine: other NSAIDs."""
    text = label.units[hit.unit].folded if hit.unit >= 0 else label.headings[hit.section]
    if hit.unit >= 0 and "taking" in label.units[hit.unit].lead:
        return True  # ask a doctor before use if you are taking sedatives
    other = _OTHER.search(text, max(0, hit.start - 90), hit.start)
    if other is None or _AS_WITH.search(text[: other.start()]) is not None:
        return False
    return _ALIKE_ZH.search(text, hit.end, hit.end + MAX_ALIKE) is None  # 与其他非甾体抗炎药一样


def _head(label: Label, unit: Unit, hit: Hit) -> Unit | None:
    """What heads the list of names in which a statement is one: Drugs that can be taken with it / Amlodipine / Aspirin."""
    if label.lang != "en" or not _is_bare(unit, hit.start, hit.end):
        return None
    for index in range(unit.index - 1, max(-1, unit.index - 1 - MAX_LISTED), -1):
        above = label.units[index]
        if above.section != unit.section:
            return None
        if " " in above.folded.strip(BULLETS) and not any(_is_bare(above, *span) for span in label.named_at.get(index, ())):
            return above
    return None


def _is_bare(unit: Unit, start: int, end: int) -> bool:
    """Whether a statement is nothing but the name that stands in it."""
    return len(unit.folded.strip(BULLETS)) - (end - start) <= MAX_BESIDE


def _is_beside(label: Label, one: Taken, hit: Hit) -> bool:
    """Whether the label's own class is named beside the medicine itself: an oral carbonic anhydrase inhibitor and AZOPT."""
    if hit.unit < 0:
        return False
    text = label.units[hit.unit].folded
    if (CO_USE_ZH if label.lang == "zh" else CO_USE_EN).search(text) is None or re.search(
        r"\b(?:an?|is|are)\s$|[是为属]", text[max(0, hit.start - 3) : hit.start]
    ):
        return False
    if _OF_OWN.match(text, hit.end) is not None:
        return False  # antiepileptic drugs, including this one
    if _COMBINED_EN.search(text[: hit.start]) is not None and _has_another_class(label, one, hit):
        return True
    own = [name for name in one.names if len(name) >= MIN_OWN and name in text and name not in hit.name]
    return (
        bool(own)
        or re.search("本[品药]", text) is not None
        or _WITH.search(f"{text[: hit.start]}\0{text[hit.end :]}") is not None
    )


def _has_another_class(label: Label, one: Taken, hit: Hit) -> bool:
    """Whether another class of the medicine is what the statement speaks of: opioids, combined with CNS depressants."""
    text, of = label.units[hit.unit].folded, one.class_names[hit.name]
    before = [text[start:end] for start, end in label.named_at.get(hit.unit, ()) if end <= hit.start]
    return any(one.class_names[name] is not of for name in before if name in one.class_names)


def _of_hit(label: Label, one: Taken, hit: Hit, via: str) -> Iterator[Stated]:
    if hit.unit < 0:
        yield from _under_heading(label, one, hit, via)
        return
    unit = label.units[hit.unit]
    if unit.is_head:
        yield from _under(label, one, [u for u in label.by_section[unit.section] if u.topic == unit.folded], via)
        return
    if unit.group not in _TELLS or is_no_use(unit, hit, label) or _MEASURED.search(unit.folded):
        return
    part = _part(unit, hit, label)
    head = _head(label, unit, hit)
    if head is not None and allows(head.folded, label.lang):
        return
    if not _tells(unit, part, hit.start, label.lang, listed=head is not None):
        return
    cue, until = _severity(label, one, unit, hit, part)
    cue = cue or (worst(head.cues) if head is not None else None)
    otherwise = Severity.CONTRAINDICATED if unit.group is G.CONTRAINDICATIONS else Severity.NOTED
    yield stated(label, one.name, unit, cue, otherwise, via=via, until=until)


def _under_heading(label: Label, one: Taken, hit: Hit, via: str) -> Iterator[Stated]:
    """What stands under a heading that names the other: 7.1 Didanosine."""
    section = label.section(hit.section)
    if any(other.section == hit.section and other.unit >= 0 for other in label.hits(hit.name)):
        return  # what is said of it stands in the words themselves
    if section.group is not G.INTERACTIONS and not (section.group in _TELLS and "interact" in label.headings[hit.section]):
        return
    yield from _under(label, one, label.by_section.get(hit.section, ()), via)


def _under(label: Label, one: Taken, under: Iterable[Unit], via: str) -> Iterator[Stated]:
    """The severest statement that stands under a heading."""
    units = [u for u in under if not u.is_head and not allows(u.folded, label.lang) and has_effect(u.folded, label.lang)]
    if not units:
        return
    ruled = [(cue, unit) for unit in units if (cue := worst(unit.cues)) is not None]
    cue, unit = min(ruled, key=lambda pair: (RANK[pair[0].severity], pair[1].start), default=(None, units[0]))
    yield stated(label, one.name, unit, cue, Severity.NOTED, via=via)


def _part(unit: Unit, hit: Hit, label: Label) -> tuple[int, int]:
    """The stretch of a statement that is about the name: in Chinese up to where the next names begin behind a comma.

    与A合用无相互作用，与B合用可增加出血: each has its own.
    """
    if label.lang != "zh":
        return _part_en(unit.folded, hit)
    commas = [match.start() for match in _COMMA.finditer(unit.folded)]
    spans = label.named_at.get(unit.index, ())
    start, end = 0, len(unit.folded)
    for comma in commas:
        if comma >= hit.end and _opens(unit.folded, comma, spans):
            end = comma
            break
    for comma in reversed([c for c in commas if c < hit.start]):
        if _opens(unit.folded, comma, spans):
            start = comma + 1
            break
    return start, end


_OPENS = regex(r"[，,]\s*(?:但|而|也|亦|还|并|或|若|如)?(?:[与和同跟]|合用|并用|同时|不[宜可能得应]|禁|避免|慎|对(?!本))")


def _opens(text: str, comma: int, spans: tuple[tuple[int, int], ...]) -> bool:
    """Whether a new statement begins behind a comma: one with 与 and a name of its own."""
    stop = _COMMA.search(text, comma + 1)
    upto = stop.start() if stop is not None else len(text)
    return _OPENS.match(text, comma) is not None and any(comma < s and e <= upto for s, e in spans)


_BREAK_EN = regex(r", (?:but|whereas|while)\b|\bhowever\b|\balthough\b")


def _part_en(text: str, hit: Hit) -> tuple[int, int]:
    start = max((m.end() for m in _BREAK_EN.finditer(text, 0, hit.start)), default=0)
    behind = _BREAK_EN.search(text, hit.end)
    return start, behind.start() if behind is not None else len(text)


def _tells(unit: Unit, part: tuple[int, int], at: int, lang: str, *, listed: bool) -> bool:
    """Whether a stretch says that the two do something to each other, or must not be taken together."""
    words = unit.folded[part[0] : part[1]]
    if (
        lang == "en"
        and _STUDIED.search(words)
        and not _DIRECTED.search(words)
        and not any(part[0] <= cue.start < part[1] for cue in unit.cues)
    ):
        return False
    if lang == "en" and unit.group is G.INTERACTIONS and _UNPROVEN_EN.search(words):
        return True
    if denies(words, lang) and not _advises(words, unit, part):
        rest = unit.folded[part[1] :]
        if lang != "en" or not rest or denies(rest, lang) or not has_effect(rest, lang):
            return False
    if unit.group is G.INTERACTIONS:
        return _STUDY.search(words) is None or bool(unit.cues)
    co_use = (CO_USE_ZH if lang == "zh" else CO_USE_EN).search(unit.folded) is not None
    co_use = co_use or (unit.group not in (G.DOSAGE, G.INDICATIONS) and _acts_on(unit.folded, part, at, lang))
    led = bool(unit.lead) and (CO_USE_ZH if lang == "zh" else CO_USE_EN).search(_led(unit)) is not None
    if unit.group is G.CONTRAINDICATIONS:
        row = listed or (lang == "en" and CELL_BREAK in unit.folded)  # of a table of what is contraindicated
        return (co_use or led or row) and not _THERAPY.search(words)
    strong = any(
        cue.severity in (Severity.CONTRAINDICATED, Severity.AVOID, Severity.CAUTION) for cue in (*unit.cues, *unit.lead_cues)
    )
    if not strong and _ENROLLED.search(words):
        return False
    if unit.group in (G.DOSAGE, G.INDICATIONS):
        told = any(part[0] <= cue.start < part[1] for cue in unit.cues) or _LESS_EN.search(words) is not None
        return co_use and told and not _THERAPY.search(words)
    return (co_use or led) and (strong or has_effect(f"{unit.lead} {words}", lang)) and not _THERAPY.search(words)


def _acts_on(text: str, part: tuple[int, int], at: int, lang: str) -> bool:
    """Whether what is named at a place is what a stretch says that something is done to: increases the effects of warfarin."""
    if lang == "en":
        dosed = _DOSED_EN.search(text[part[0] : at]) or _DOSE_CHANGES_EN.match(text[at : part[1]])
        return bool(dosed) or _ACTS_ON_EN.search(text[part[0] : at]) is not None
    does, to = _ACTS_ON_ZH
    return does.search(text[part[0] : at]) is not None and to.match(text[at : part[1]]) is not None


def _led(unit: Unit) -> str:
    """What leads an item in with how the item goes on, where that is with something: Do not use - with antihistamines."""
    item = unit.folded.lstrip(BULLETS)
    return f"{unit.lead} {item}" if item.startswith("with ") else unit.lead


# What nobody has shown to be safe or how much to take of.
_UNPROVEN_EN = regex(
    r"\b(?:appropriate (?:\w+ )?dos\w+|safety (?:and|or) (?:efficacy|effectiveness))\b[^.;]*\bnot (?:been |well )?established",
    re.IGNORECASE,
)
# A dose that holds beside another medicine.
_LESS_EN = regex(
    r"\b(?:lowest|maximum|highest|smallest) (?:\w+ ){0,3}?dos(?:e|age)|\blimited to|\bdos(?:e|age) (?:\w+ ){0,4}?(?:halved|half)",
    re.IGNORECASE,
)
# That something was looked into says nothing of what was found.
_STUDIED = regex(
    r"\b(?:has|have|was|were) (?:also )?(?:been )?(?:studied|evaluated|investigated|assessed|performed|conducted|examined)\b|\binteraction stud",
    re.IGNORECASE,
)
_DIRECTED = regex(
    r"increas|decreas|reduc|potentiat|enhanc|inhibit|prolong|toxic|risk|elevat|lower|diminish|contraindic|\bauc\b",
    re.IGNORECASE,
)
# Two medicines that are given together on purpose.
_THERAPY = regex(
    r"only in combination with|pretreat|premedicat|预先给予|used in combination with other|必须(?:同时|应用|使用|合用|加用)|(?:应|须|可)(?:同时)?(?:应用|加用|补充|给予)足量|未能?用|联合(?:应用|使用|用药)?(?:治疗|化疗)|与[^，。；]{1,30}(?:联合|合用)[^，。；]{0,6}治疗|\bin combination with\b[^.;]{0,60}\bfor the treatment\b|\bas adjunct",
    re.IGNORECASE,
)


def _advises(words: str, unit: Unit, part: tuple[int, int]) -> bool:
    """Whether a stretch that denies something nevertheless forbids or cautions."""
    return any(
        part[0] <= cue.start < part[1]
        and cue.severity in (Severity.CONTRAINDICATED, Severity.AVOID, Severity.CAUTION, Severity.MONITOR)
        for cue in unit.cues
    )


def _severity(label: Label, one: Taken, unit: Unit, hit: Hit, part: tuple[int, int]) -> tuple[Cue | None, Unit | None]:
    """The word that says how severe it is: of the stretch, of what leads it in, or of a statement behind that names nothing."""
    inside = [cue for cue in unit.cues if part[0] <= cue.start < part[1]]
    cue = (
        worst(inside)
        if label.lang == "en" or unit.group is G.INTERACTIONS
        else governing(unit.folded, hit.start, hit.end, inside, "zh")
    )
    if cue is not None:
        return cue, None
    if unit.lead_cues:
        return worst(unit.lead_cues), None
    if label.lang == "zh":
        behind = [later for later in unit.cues if later.start >= part[1]]
        named = any(s >= part[1] and behind and e <= behind[0].start for s, e in label.named_at.get(unit.index, ()))
        if behind and not named:
            return behind[0], None
    return _advice_behind(label, unit, one)


def _advice_behind(label: Label, unit: Unit, one: Taken) -> tuple[Cue | None, Unit | None]:
    """The advice of the next statements of the section, as long as they name no other medicine."""
    if unit.group not in (G.INTERACTIONS, G.WARNINGS):
        return None, None
    for index in range(unit.index + 1, min(unit.index + 1 + MAX_AHEAD, len(label.units))):
        later = label.units[index]
        if later.section != unit.section or "\n" in label.document.text[unit.end : later.start]:
            break
        if any(later.folded[start:end] not in one.names for start, end in label.named_at.get(index, ())):
            break
        if later.lead != unit.lead or re.match(r"\s*[(（]?\d{1,2}[)）.．、]", later.folded):
            break
        if later.cues:
            return worst(later.cues), later
    return None, None
