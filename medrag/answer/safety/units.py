"""The statements of a label's section: sentences, in Chinese clauses, and items of lists with the words that lead them in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medrag.answer.safety.wording import Cue, cues, readable
from medrag.patterns import regex
from medrag.sections import SectionGroup
from medrag.sentences import sentences
from medrag.types import Section

__all__ = ["MAX_SPAN", "Unit", "read_as", "units_of"]

G = SectionGroup
MAX_UNIT = 2_500  # characters; a longer sentence is no statement
MAX_SPAN = 500  # characters; an item is cited with the words that lead it in up to here, else alone
MAX_SECTION = 80_000  # characters; what follows in a longer section is left unread
MAX_JOINED = 240  # characters of the lines of a table that are joined
MAX_HEADING = 60  # characters of a heading that leads items in

# Headings of over-the-counter labels that were run into the text.
_OTC_HEAD = regex(
    r" (?<=[^\s|] )(?=(?:Do not use|Ask a doctor(?: or pharmacist)? before use|When using this product|Stop use and ask|If pregnant or breast|Keep out of reach|Allergy alert|Stomach bleeding warning|Liver warning)\b)"
)

# A line of a narrow table that breaks off goes on in the next: do not take / more than 2 teaspoonfuls; Children under / 2 years.
_BROKEN = regex(
    r"(?:\bnot take|\bexceed|\bmore|\bthan|\bof|\bto|\bmaximum|\bup|\bin|\bin 24|\bunder|\bover|\bnot|\d)$", re.IGNORECASE
)
# Those whom the next line is for.
_AGE_HEAD = regex(
    r"\W*(?:[\w,;()'’-]+\s){0,8}?(?:years?|yrs?|months?)(?:\s(?:of\sage|old))?(?:,? (?:and|or|&) (?:over|older|above|up|under|younger))?\s*(?:[:|]|[.…]{3,})?\s*",
    re.IGNORECASE,
)
# Directions in the narrow columns of a table: 2 teaspoonfuls (10 mL) / every 4 hours.
_AMOUNT_ENDS = regex(
    r"\d[\d./ -]*(?:mL|mg|teaspoon\w*|tablespoon\w*|tablets?|caplets?|capsules?|softgels?)(?: ?\([^()]{1,16}\))?$",
    re.IGNORECASE,
)
_HOW_OFTEN = regex(r"(?:every|once|twice|up to|not to exceed|daily|in 24|\d times)\b", re.IGNORECASE)
_GOES_ON = regex(r"[a-z\d(]")
_MARK = regex(
    r"\s*(?:(?P<paren>[(（]\d{1,2}[)）])|(?P<circle>[①-⑳])|(?P<dot>\d{1,2}[.．、](?!\d))|(?P<plain>\d{1,2}(?=\s?[一-鿿]))|(?P<bullet>[•●▪◦‣■*·–-]\s?)"
    r"|(?P<han>[一二三四五六七八九十]{1,2}、))"
)
_SUBHEAD = regex(r"\s*\d{1,2}\.\d{1,2}(?:\.\d{1,2})?\s+[A-Z][^.;:]{2,90}")
# Names that stand for those of the statement before: Examples of such agents are naloxone and butorphanol.
_EXAMPLES = regex(
    r"examples? (?:of (?:such|these)|include)|(?:these|such) (?:drugs?|agents?|medications?|medicines?|products?) include"
)
# 禁止同时使用强效抑制剂，包括：三唑类；大环内酯类；: the items that follow up to the end of the sentence are led in too.
_RUNS = regex(r"[^。；]{4,80}(?:包括|如下|下列[^：:，]{0,8}|以下[^：:，]{0,8}|例如)[:：](?=[^：:。；]{2,40}[；;]$)")
_GOES_BACK = regex(r"(?:this|these|it|they|such)\b")  # a statement that needs the one before it
_BARE_LEAD = regex(r"\s*(?:\d{1,2}[.、])?\s*(?:下列(?:情况|患者))?[慎禁忌]用\s*")
# Heads of over-the-counter labels that no colon ends: Ask a doctor before use if you have • kidney disease.
_OTC_LEAD = regex(
    r"(?:ask a doctor(?: or pharmacist)? before use if|do not use(?: this product)? if|the (?:chance|risk) is higher if)\s*(?:you|the user|your child|the child)?\s*(?:ever |now )?(?:have|has|had|are|is)?(?: ever had| now| taking)*\s*[•-]?\s*$"
)
_OTC_ALONE = regex(r"\W*do not (?:use|take|give)(?: this (?:product|medicine|drug))?\W*", re.IGNORECASE)
_TOPIC = regex(r"^[^，。；,:：]{2,24}(?=[:：])")
# Heads that begin another subject; 2.原因不清的腹痛：… is one more of whom it is said.
_TOPICAL = regex(r"影响|药|用于|检查|监测|贮|储|过敏反应|过量|剂量|给药|注意|驾|症状|处理|保存|成人|儿童|老年|妊娠|哺乳")
_CLAUSE = regex(r"[；;。](?=.)")
# It begins with one set of characters, and only then asks which of them it is: so the engine skips to candidates.
_INNER_ITEM = regex(
    r"[。；;：:，,、.慎禁忌](?:(?<=[。；;：:，,、.])\s*(?=[(（]\d{1,2}[)）](?!\s*[天日周月年]))|(?<=[。；;：:])(?=\d{1,2}[.．、](?!\d))"
    r"|(?<=[慎禁忌])用(?=[(（]1[)）]))"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement of a label: `document.text[start:end]`, folded, in its section.

    `lead` are the folded words that lead an item in (慎用：, Use with caution in:) and `lead_start` where they begin, `topic`
    the head of the item that the statement stands in (药物对妊娠的影响).
    `is_head` says that it is a line that heads others (7.2 Warfarin) and states nothing.
    """

    index: int
    section: int
    group: SectionGroup
    start: int
    end: int
    folded: str
    lang: str
    lead: str = ""
    lead_start: int = -1
    topic: str = ""
    is_head: bool = False

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The words in it that say how severe something is: looked for when they are asked for, as few statements are."""
        return cues(self.folded, self.lang)

    @property
    def lead_cues(self) -> tuple[Cue, ...]:
        """The same in the words that lead it in."""
        return cues(self.lead, self.lang)


def read_as(section: Section, lang: str) -> SectionGroup:
    """The group that a section is read as: a label without headings, and a leaflet's heading on whom it is for, warn."""
    if section.group is G.OTHER and ((lang == "zh" and not section.heading.strip()) or _WARNS.search(section.heading)):
        return G.WARNINGS
    if section.group is G.PATIENT and lang == "en" and _LEAFLET.search(section.heading):
        return G.WARNINGS
    return section.group


_WARNS = regex(r"contraindication|warning|precaution|caution|禁忌|注意|警告", re.IGNORECASE)
_LEAFLET = regex(
    r"who should not|should not (?:take|use|receive)|do not (?:take|use)|before (?:you )?(?:tak|us|receiv|start)|tell (?:my|your) (?:doctor|health)|should i (?:tell|avoid)|avoid while",
    re.IGNORECASE,
)


def units_of(text: str, section: Section, lang: str, index: int) -> list[Unit]:
    """The statements of a section, in text order, the first with that index."""
    body = text[section.start : min(section.end, section.start + MAX_SECTION)]
    found: list[Unit] = []
    group = read_as(section, lang)
    lead = _Lead(of_section=_section_lead(section, lang), lang=lang)
    for start, end in _cut(body, lang, section.group):
        piece = body[start:end]
        if not piece.strip() or end - start > MAX_UNIT:
            continue
        folded = readable(piece, lang)
        mark = _mark(piece)
        lead.meets(mark, folded)
        is_head = lang == "en" and _SUBHEAD.fullmatch(piece) is not None
        if is_head:
            lead.topic, lead.topic_mark = folded, "head"
        words = lead.words or lead.of_section
        led_from = section.start + lead.start if lead.words else -1
        if not words and found and _EXAMPLES.match(folded):
            before = found[-2:] if _GOES_BACK.match(found[-1].folded) else found[-1:]
            words, led_from = " ".join(one.folded for one in before), before[0].start
        unit = Unit(
            index + len(found), section.index, group, section.start + start, section.start + end, folded,
            lang, words, led_from,
            lead.topic_of(folded, mark) if lang == "zh" else "" if is_head else lead.topic, is_head,
        )  # fmt: skip
        found.append(unit)
        lead.opens(piece, folded, mark, start)
    return found


# Parts of over-the-counter labels (LOINC), whose heading is the first half of every item.
_BY_CODE = {
    "50569-3": "ask a doctor before use if you have",
    "50568-5": "ask a doctor or pharmacist before use if you are taking",
    "50570-1": "do not use",
}
_LEADING_HEADING = regex(r"ask a doctor|do not use|with caution|if you have|慎用|禁用", re.IGNORECASE)


def _section_lead(section: Section, lang: str) -> str:
    """The words of a section's heading where they are the first half of each of its items: Ask a doctor before use if you have."""
    if section.code in _BY_CODE:
        return _BY_CODE[section.code]
    heading = readable(section.heading, lang)
    leads = (
        section.group is not G.CONTRAINDICATIONS and len(heading) < MAX_HEADING and _LEADING_HEADING.search(heading) is not None
    )
    return heading if leads else ""


def _joined(body: str, group: SectionGroup) -> Iterator[tuple[int, int]]:
    """The spans of sentences; of directions, a line that breaks off or only says whom the next is for goes on in that."""
    at: int | None = None
    for start, end in sentences(body):
        first = start if at is None else at
        at = None
        if group in (G.DOSAGE, G.PEDIATRIC) and "\n" in body[end : end + 2] and end - first < MAX_JOINED:
            rest = body[end : end + MAX_HEADING].lstrip()
            goes_on = _GOES_ON.match(rest) is not None and _BROKEN.search(body, first, end) is not None
            goes_on = goes_on or (_HOW_OFTEN.match(rest) is not None and _AMOUNT_ENDS.search(body, first, end) is not None)
            if goes_on or _AGE_HEAD.fullmatch(body, first, end) is not None:
                at = first
                continue
        yield first, end
    if at is not None:
        yield at, len(body.rstrip())


def _cut(body: str, lang: str, group: SectionGroup) -> Iterator[tuple[int, int]]:
    """The spans of sentences, in Chinese of their clauses too, and of the items of a list inside a line."""
    for start, end in _joined(body, group) if lang == "en" else sentences(body):
        cuts = [match.end() for match in _INNER_ITEM.finditer(body, start, end)]
        if lang == "en":
            cuts += [match.end() for match in _OTC_HEAD.finditer(body, start, end)]
        if lang == "zh":
            cuts += [match.end() for match in _CLAUSE.finditer(body, start, end)]
        if not cuts:
            yield start, end
            continue
        at = start
        for cut in sorted({*cuts, end}):
            if cut > at:
                first = at + len(body[at:cut]) - len(body[at:cut].lstrip())
                yield first, at + len(body[at:cut].rstrip())
                at = cut


def _mark(piece: str) -> str:
    match = _MARK.match(piece)
    return match.lastgroup or "" if match is not None else ""


@dataclass
class _Lead:
    """The words that lead the items of a list in, as long as its items go on, and the head of the numbered item."""

    of_section: str = ""
    words: str = ""
    start: int = 0
    own: str = ""  # the mark of the lead itself
    items: str | None = None  # the mark of its items, once one was seen
    topic: str = ""
    topic_mark: str = ""
    lang: str = ""
    runs: bool = False  # the list goes on to the end of its sentence

    def meets(self, mark: str, folded: str) -> None:
        """Ends the list where the next statement is no item of it: one with a head of its own is none."""
        if not self.words:
            return
        head = _TOPIC.match(_MARK.sub("", folded, count=1)) if mark and mark != "paren" else None
        if head is not None and (self.own or _TOPICAL.search(head[0])):
            self.words, self.items = "", None
            return
        if self.items is None:
            self.items = mark
            if mark and mark == self.own:
                self.words = ""
        elif (
            (self.own and mark == self.own)
            or (self.items and mark != self.items and mark)
            or (self.items and not mark and not self.own)
        ):
            self.words, self.items = "", None

    def topic_of(self, folded: str, mark: str) -> str:
        """The head of the item that a statement stands in."""
        head = _TOPIC.match(_MARK.sub("", folded, count=1))
        if mark and (mark == self.topic_mark or not self.topic):
            self.topic, self.topic_mark = (head[0] if head is not None else ""), mark
        elif head is not None and not mark:
            self.topic = head[0]
        return self.topic

    def opens(self, piece: str, folded: str, mark: str, start: int) -> None:
        """Begins a list where the statement ends with a colon, or is nothing but 慎用."""
        if (
            _BARE_LEAD.fullmatch(folded)
            or _OTC_LEAD.search(folded)
            or _OTC_ALONE.fullmatch(folded)
            or (piece.rstrip().rstrip("•-–●").rstrip().endswith((":", "：")) and len(piece) < MAX_SPAN)
        ):
            self.words, self.start = folded, start
            self.own, self.items = mark, None
        elif (runs := _RUNS.match(folded)) is not None and self.lang == "zh":
            self.words, self.start = runs[0], start
            self.own, self.items, self.runs = mark, None, True
        elif self.runs and not folded.endswith(("；", ";")):
            self.words, self.runs = "", False
