"""Headings in Chinese label text: 【适应症】 or `适应症：…` at the beginning of a line, and what stands under each.

Not every printed heading word heads a section: 【】 in `详见【禁忌】项` refers to one, and `儿童：一次1片` under 用法用量
is a line of that section. Both are told apart here, once for all readers of Chinese text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import chain

from medrag.ingest.readers.draft import heading_word
from medrag.sections import SectionCode, SectionGroup, classify_heading

__all__ = [
    "CLINICAL",
    "Piece",
    "bracket_sections",
    "colon_heading",
    "colon_sections",
    "heads",
    "sections_of",
]

MAX_HEADING_CHARS = 24
_REACH = 64  # characters before a mark that say whether it is a heading
_MIN_RUN_ON = 4  # kinds of headings on one line

# Groups that only a label of a drug has; a text without any of them is not taken for one.
CLINICAL = frozenset(
    {
        SectionGroup.INDICATIONS,
        SectionGroup.DOSAGE,
        SectionGroup.CONTRAINDICATIONS,
        SectionGroup.BOXED_WARNING,
        SectionGroup.WARNINGS,
        SectionGroup.ADVERSE_REACTIONS,
        SectionGroup.INTERACTIONS,
        SectionGroup.PREGNANCY,
        SectionGroup.OVERDOSAGE,
    }
)
_OPEN, _CLOSE = "【［\\[〖〔「『《<", "】］\\]〗〕」』》>"
_SURE = frozenset("【〖")  # the others also stand around other things: their headings must be known
_BRACKETED = re.compile(rf"[{_OPEN}]\s*([^{_OPEN}{_CLOSE}\n]{{2,24}}?)\s*[{_CLOSE}]\s*[:：]?[ \t]*")
_REFERS_BEFORE = re.compile(r"(?:见|参见|参阅|参考|参照|及|和|与|在|按|、|“|\")\s*$")
_REFERS_AFTER = re.compile(r"\s*(?:项(?:[下中内的。，；、)）]|$)|[和及与]【|[、，。）)”\"])")
# Inside a line more words refer; but 【禁忌】中度肾损害者 and 【用法用量】部分患者 begin sections.
_REFERS_AFTER_WITHIN = re.compile(r"\s*(?:(?:项|栏|章节|一节|部分|中)(?:[的所内下，。、；）)]|规定|说明|提到|$)|项目?下)")
_ENDS_SENTENCE = re.compile(r"[。；;！!？?）)\]】\s]$")
_COLON = re.compile(r"\s*+([^\s:：。，；,;（(][^\n:：。，；,;（(]{1,23}?)\s*+[:：]\s*+(.*)$")
_COLON_WITHIN = re.compile(r"(?:(?<=[\s。；;！!])|\A)([一-鿿/]{2,12})[ \t　]?[:：]")
_CELL = re.compile(r"[\s-]*+([^\s|]{2,24}?)\s*[:：]?(?:\s*\||[ 　])\s*(.+)$")
_HAN = re.compile(r"[一-鿿]")
_PUNCTUATION = re.compile(r"[。；，、：;,:]")
_BULLETS = " \t　*#•●■◆>-"
# Words of the heading table that also begin lines inside a section: who takes it, how, what for.
_ALSO_LINES = frozenset(
    (
        "儿童 小儿剂量 儿童用量 儿童用法用量 小儿用法用量 老年人 老年患者 妊娠 哺乳期 孕妇及哺乳期妇女 特殊人群 剂量 用法 用量 用途 制剂 规格 注意 慎用 禁用 忌用 警告 警示 "
        "中毒 毒性 过量 逾量 症状 临床表现 典型症状 病因 检查 诊断 治疗 药物治疗 预防 预防措施 分类 类别 来源 名称 组成 处方 保存 包装 用药过量 给药方法 药物作用 作用机制 药理 厂家 科室"
    ).split()
)


_GOODS = frozenset("规格 包装 制剂 处方 组成 保存 厂家".split())  # of these, only a dosage speaks


@dataclass(slots=True)
class Piece:
    """A heading as printed (empty before the first one) and the lines under it."""

    heading: str
    lines: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def _bracket_marks(line: str, before: str = "") -> Iterator[tuple[int, int, str]]:
    """The bracketed headings of a line: start and end of the mark, and the heading.

    At the beginning of a line any short Han text in 【】 is one; in brackets that also hold other things, or inside
    a line, it must be known. `before` is the line before, for a reference that is broken over two lines.
    """
    run_on = _is_run_on(line)
    begins = len(line) - len(line.lstrip(_BULLETS))
    for match in _BRACKETED.finditer(line):
        heading = match.group(1)
        lead = line[max(0, match.start() - _REACH) : match.start()]  # a line may hold thousands
        if _REFERS_BEFORE.search(lead if lead.strip() else before) or _REFERS_AFTER.match(line, match.end()):
            continue
        known = classify_heading(heading) is not None
        at_start = match.start() <= begins
        if at_start and (known or (line[match.start()] in _SURE and _HAN.search(heading))):
            yield match.start(), match.end(), heading
        elif not known or _REFERS_AFTER_WITHIN.match(line, match.end()):
            continue
        elif line[match.start()] == "【" and (run_on or _ENDS_SENTENCE.search(lead)):
            yield match.start(), match.end(), heading


def _is_run_on(line: str) -> bool:
    """Whether a whole label stands on one line, where a heading need not follow the end of a sentence: 【药品名称】甲片【适应症】…"""
    known = {code.group for found in _BRACKETED.findall(line) if (code := classify_heading(found)) is not None}
    return line.lstrip(_BULLETS)[:1] in _SURE and len(known) >= _MIN_RUN_ON


def bracket_sections(lines: Iterable[str]) -> list[Piece]:
    """The text cut at bracketed headings; what stands before the first one is a piece without heading."""
    pieces = [Piece("")]
    before = ""
    for line in lines:
        _cut_at_brackets(line, before, pieces)
        before = line if line.strip() else before
    return _kept(pieces)


def _cut_at_brackets(line: str, before: str, pieces: list[Piece]) -> None:
    """Appends a line to the last piece, and a piece for each bracketed heading in it."""
    at = 0
    for start, end, heading in _bracket_marks(line, before):
        lead = line[at:start]
        if lead.strip(_BULLETS):
            pieces[-1].lines.append(lead)
        pieces.append(Piece(heading))
        at = end
    if line[at:].strip() or not at:
        pieces[-1].lines.append(line[at:])


def _also_lines(group: SectionGroup) -> frozenset[str]:
    """The words that begin lines of a section of that group and head none there."""
    return _ALSO_LINES - _GOODS if group is SectionGroup.INDICATIONS else _ALSO_LINES


def colon_heading(line: str, *, current: SectionCode | None = None, extra: Set[str] = frozenset()) -> tuple[str, str] | None:
    """The heading and the rest of a line `适应症：…`, or None where its first word heads no section here.

    `current` is the section in which the line stands; `extra` are further words (folded) that are headings.
    """
    match = _COLON.match(line)
    if match is None or not _HAN.search(match.group(1)):
        return None
    heading, rest = match.groups()
    if heading_word(heading) in extra:
        return heading, rest
    code = classify_heading(heading)
    if code is None:
        return None
    if current is not None and current.group in CLINICAL and heading_word(heading) in _also_lines(current.group):
        return None
    return heading, rest.lstrip("| ")  # the heading was the first cell of a row


def colon_sections(lines: Iterable[str], *, extra: Set[str] = frozenset()) -> list[Piece]:
    """The text cut at lines `栏目：…`, and at bracketed headings that stray into them; other lines continue a section."""
    pieces = [Piece("")]
    before = ""
    for line in chain.from_iterable(map(_parted, lines)):
        found = colon_heading(line, current=classify_heading(pieces[-1].heading), extra=extra)
        if found is not None:
            pieces.append(Piece(found[0]))
            line = found[1]
        _cut_at_brackets(line, before, pieces)
        before = line
    return _kept(pieces)


def _parted(line: str) -> list[str]:
    """The line, or where a whole label stands on it (适应症：… 用法用量：… 禁忌：…), a line for each heading."""
    starts = [match.start(1) for match in _COLON_WITHIN.finditer(line) if _heads_bare(match.group(1), False)]
    if len(starts) < _MIN_RUN_ON or line[: starts[0]].strip(_BULLETS):
        return [line]
    return [line[start:end].rstrip() for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]


def _bare_sections(lines: Iterable[str]) -> list[Piece]:
    """The text cut at known headings that fill a line, the first cell of a table row, or a line up to its first blank."""
    pieces = [Piece("")]
    dosed = False
    for line in lines:
        word = line.strip(_BULLETS).rstrip(":：")
        cell = _CELL.match(line)
        if 1 < len(word) <= MAX_HEADING_CHARS and _heads_bare(word, dosed):
            pieces.append(Piece(word))
        elif cell and _heads_bare(cell.group(1), dosed):
            pieces.append(Piece(cell.group(1), [cell.group(2)]))
        else:
            pieces[-1].lines.append(line)
            continue
        code = classify_heading(pieces[-1].heading)
        dosed = code is not None and code.group is SectionGroup.DOSAGE
    return _kept(pieces)


def _heads_bare(word: str, dosed: bool) -> bool:
    """Whether a word without any mark is a heading; `dosed`: in a section on dosage."""
    if not _HAN.search(word) or word[-1] in "。；，、":
        return False
    return _strong(word) or (not dosed and heading_word(word) in _GOODS)


def _strong(heading: str) -> bool:
    return classify_heading(heading) is not None and heading_word(heading) not in _ALSO_LINES


def _kept(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.heading or piece.body.strip()]


def heads(pieces: Iterable[Piece]) -> set[SectionGroup]:
    """The clinical groups among the headings of the pieces."""
    codes = (classify_heading(piece.heading) for piece in pieces if piece.heading)
    return {code.group for code in codes if code is not None} & CLINICAL


def sections_of(lines: list[str]) -> list[Piece]:
    """The text cut at the kind of heading it uses more: bracketed, with colons, or alone on a line or in a row's first cell.

    Without any known heading it is one piece without heading.
    """
    bracketed, with_colons, bare = bracket_sections(lines), colon_sections(lines), _bare_sections(lines)
    # In a label with 【】, `通用名称：` and `规格：` are lines of a section.
    pieces = bracketed if len(heads(bracketed)) * 2 >= len(heads(with_colons)) else with_colons
    return bare if len(heads(filter(_is_prose, bare))) > len(heads(pieces)) else pieces


def _is_prose(piece: Piece) -> bool:
    """Whether something is said under a heading: a list of words may hold heading words too."""
    return _PUNCTUATION.search(piece.body) is not None
