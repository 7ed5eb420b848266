"""A label being read: headings and bodies are collected, and what they say about names, maker and identity is drawn out.

The readers of Chinese labels and of records share it, so that 生产企业 means the maker and 别名 an alias in all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from medrag.ingest.canonical import CanonicalText, clean
from medrag.ingest.readers.drug_label import language_of
from medrag.ingest.records import ReadRecord
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef, NameOf, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind, Place

__all__ = ["Draft", "DraftFact", "heading_word", "iso_date", "name_kind", "name_lines", "split_names"]

MAX_NAME_CHARS = 60  # longer ones are sentences that a source put into its name field
MAX_MAKER_CHARS = 80
KEPT = 4_096  # headings: one label has those of the next

_NAME_KINDS = {
    "generic": "通用名称 通用名 generic genericname",
    "brand": "商品名称 商品名 brand brandname tradename 商标名",
    "english": "英文名 英文名称 名称英 英文 english englishname",
    "pinyin": "汉语拼音 拼音名 拼音 pinyin",
    "alias": "别名 又名 异名 药物别名 俗名 别称 alias aliases synonyms",
    "former": "曾用名 formername",
}
_KIND_OF_HEADING = {word: kind for kind, words in _NAME_KINDS.items() for word in words.split()}
# In the order in which they are trusted: the maker of the goods is what tells two labels of one drug apart.
_MAKER_HEADINGS = (
    "生产企业 生产厂家 生产厂商 生产单位 企业名称 厂家 制造商 药品上市许可持有人 上市许可持有人 manufacturer maker labeler "
    "marketingauthorisationholder marketingauthorizationholder"
).split()
_APPROVAL_HEADINGS = frozenset("批准文号 国药准字 核准文号 注册证号 进口药品注册证号".split())
_DATE_HEADINGS = frozenset("说明书修订日期 修订日期 核准日期 修改日期 核准和修订日期 effective effectivedate".split())

_APPROVAL = re.compile(r"国药准字\s*[A-Z]{1,2}\s*\d{6,8}|(?<![A-Z0-9])[HSZ]C?\d{8}(?!\d)")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[年./-]\s*(\d{1,2})(?:\s*[月./-]\s*(\d{1,2}))?(?!\d)")
_COMPACT_DATE = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})?$")
_NAME_LINE = re.compile(
    r"(通\s*用\s*名(?:\s*称)?|商\s*品\s*名(?:\s*称)?|英\s*文\s*名(?:\s*称)?|汉\s*语\s*拼\s*音|拼音名|曾用名|别\s*名|化学名称?)\s*[:：]\s*"
    r"(.*?)(?=\s*(?:通\s*用\s*名|商\s*品\s*名|英\s*文\s*名|汉\s*语\s*拼\s*音|拼音名|曾用名|别\s*名|化学名)(?:\s*称)?\s*[:：]|\n|$)"
)
_MAKER_LINE = re.compile(r"(?:企\s*业\s*名\s*称|厂\s*名|生产企业|名\s*称)\s*[:：]\s*(\S[^\n]*)")
_ADDRESS = re.compile(r"\s*(?:生产地址|注册地址|企业地址|地\s*址|电\s*话|邮政编码)\s*[:：].*$")
_QUOTED_SOURCE = re.compile(r"[（(][^（()）]*《[^（()）]*[)）]")  # 鬼目(《本经》): who says so is no part of the name
_BETWEEN_NAMES = re.compile(r"[；;、|\n]|，|(?<!\d),|,(?!\d)")  # the comma of 1,3-二… is no separator
_NUMBERED = re.compile(r"^[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）、.．]\s*(?=[一-鿿])")
_BRACKETS = re.compile(r"[【】\[\]［］〔〕〖〗]")
_FILLING = re.compile(r"[\s_:：-]")


def iso_date(text: str) -> str:
    """The latest date in the text as an ISO date, cut to the month where no day is given; empty without one."""
    found = [match.groups() for match in _DATE.finditer(text)]
    compact = _COMPACT_DATE.match(text.strip())
    if compact:
        found.append(compact.groups())
    dates = []
    for year, month, day in found:
        if 1 <= int(month) <= 12 and 1 <= int(day or 1) <= 31:
            dates.append(f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else ""))
    return max(dates, default="")


@lru_cache(maxsize=KEPT)
def heading_word(heading: str) -> str:
    """The heading as the tables of this module compare it: folded, without number, brackets, blanks, underscores and colon."""
    return _FILLING.sub("", _NUMBERED.sub("", _BRACKETS.sub("", fold(heading)).strip()))


def name_kind(heading: str) -> str:
    """Which kind of name stands under the heading (generic, brand, english, pinyin, alias, former), or empty."""
    return _KIND_OF_HEADING.get(heading_word(heading), "")


def split_names(text: str) -> list[str]:
    """The names in a list such as `甲；乙、丙(《本经》)`: each once, in order, without sources and closing full stops."""
    found: dict[str, None] = {}
    for part in _BETWEEN_NAMES.split(_QUOTED_SOURCE.sub("", text)):
        name = clean(part).strip(" 。.，,：:")
        if 1 < len(name) <= MAX_NAME_CHARS:
            found.setdefault(name)
    return list(found)


@dataclass(frozen=True, slots=True)
class DraftFact:
    """A fact that the record states, in its section of that index, or (-1) in its text as a whole."""

    subject: EntityRef
    relation: str
    object: EntityRef
    section: int = -1


@dataclass(slots=True)
class Draft:
    """A label being read: `record()` makes the document when its sections are complete.

    `drug` is the name that the document is about: `title` unless set; empty where the title was made up by the
    reader, and then the text does not begin with it either; `subject` is its entity where it is no drug. `key`,
    `maker` and `effective` that are not set are taken from the sections that print them. `row`, where set, is the
    whole text: the row of a table whose documents hold facts only.
    """

    title: str
    place: Place
    reader: str
    drug: str | None = None
    key: str = ""
    maker: str = ""
    effective: str = ""
    source: str = ""
    lang: str = ""
    kind: DocumentKind = DocumentKind.LABEL
    subject: EntityRef | None = None
    row: str = ""
    names: list[tuple[str, str]] = field(default_factory=list)
    facts: list[DraftFact] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    _sections: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, heading: str, body: str, *, code: str = "") -> int:
        """Appends a section and returns its index; a name section gives its names too."""
        self._sections.append((heading, body, code))
        kind = name_kind(heading)
        if kind:
            self.names.extend((kind, name) for name in _names_in(kind, body))
        elif heading_word(heading) in {"药品名称", "药名", "名称"}:
            self.names.extend(name_lines(body))
        return len(self._sections) - 1

    def empty(self) -> bool:
        """Whether nothing has been added."""
        return not self._sections

    def record(self) -> ReadRecord:
        """The document with its names, as a reader yields it."""
        title = clean(self.title).replace("\n", " ")
        canonical = CanonicalText(title if self.drug != "" and not self.row else "")
        for heading, body, code in self._sections:
            canonical.section(heading, body, code=code)
        text = clean(self.row) or canonical.text()
        maker = self.maker or self._maker()
        document = Document(
            source=self.source,
            key=self.key or self._approval() or (f"{title} · {maker}" if maker else ""),
            effective=self.effective or self._effective(),
            title=title,
            maker=maker,
            kind=self.kind,
            lang=self.lang or language_of(text),
            place=self.place,
            reader=self.reader,
            text=text,
            sections=tuple(canonical.sections),
        )
        drug = title if self.drug is None else self.drug
        subject = self.subject or (drug_ref(drug) if drug else None)
        about, names = _entities(subject, self.names) if subject is not None else ((), ())
        statements = tuple(self._statement(fact, document) for fact in self.facts)
        return ReadRecord(document, names, statements, about, tuple(canonical.unmapped) + tuple(self.unmapped))

    def _statement(self, fact: DraftFact, document: Document) -> Statement:
        start, end = 0, len(document.text.rstrip("\n"))
        if 0 <= fact.section < len(document.sections):
            start, end = document.sections[fact.section].start, document.sections[fact.section].end
        return Statement(fact.subject, fact.relation, fact.object, start, end)

    def _maker(self) -> str:
        bodies = {heading_word(heading): body for heading, body, _ in reversed(self._sections)}
        body = next((bodies[word] for word in _MAKER_HEADINGS if bodies.get(word, "").strip()), "")
        named = _MAKER_LINE.search(body)
        line = named.group(1) if named else clean(body).split("\n")[0]
        line = _ADDRESS.sub("", clean(line)).rstrip("。.；; ")
        return line if len(line) <= MAX_MAKER_CHARS else ""

    def _approval(self) -> str:
        for heading, body, _ in self._sections:
            number = _APPROVAL.search(body) if heading_word(heading) in _APPROVAL_HEADINGS else None
            if number:
                return re.sub(r"\s", "", number.group())
        return ""

    def _effective(self) -> str:
        return max(
            (iso_date(body) for heading, body, _ in self._sections if heading_word(heading) in _DATE_HEADINGS), default=""
        )


def _names_in(kind: str, body: str) -> list[str]:
    if kind in {"alias", "former"}:
        return split_names(body)
    name = clean(body).split("\n")[0].strip(" 。.")
    return [name] if 1 < len(name) <= MAX_NAME_CHARS else []


def name_lines(body: str) -> list[tuple[str, str]]:
    """The names under 【药品名称】 with their kinds, from lines such as `通用名称：…`, also when run into one line."""
    found: list[tuple[str, str]] = []
    for match in _NAME_LINE.finditer(clean(body)):
        kind = name_kind(match.group(1))
        if kind:
            found.extend((kind, name) for name in _names_in(kind, match.group(2)))
    return found


def _entities(subject: EntityRef, named: list[tuple[str, str]]) -> tuple[tuple[EntityRef, ...], tuple[NameOf, ...]]:
    """What a label is about (its drug, then its brands), and the names it gives to them."""
    about = [subject]
    names: dict[tuple[str, str], NameOf] = {}
    for kind, name in named:
        entity = subject
        if kind == "brand" and fold(name) != fold(subject.name):
            entity = EntityRef(EntityKind.PRODUCT, name)
            if entity not in about:
                about.append(entity)
        names.setdefault((kind, name), NameOf(entity, name, kind))
    return tuple(about), tuple(names.values())
