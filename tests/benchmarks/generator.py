"""Labels of a whole registry, made by varying real ones: `labels(bases, count, seed=…)`, and the table that says how like they are.

A registry is made of families: a drug, the label of the firm that had it first, and those of generics and repackagers. The
first families are the given labels themselves; later ones are about made-up drugs, so that names and words go on growing.
Everything follows from the seed, and fewer labels are the beginning of more.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as numbers
from pathlib import Path

from medrag.ingest import registry
from medrag.ingest.records import ReadOptions, ReadRecord
from medrag.ingest.registry import NotDocument
from medrag.kb.terms import name_variants

__all__ = ["Base", "bases_of", "labels", "write_labels"]

OPEN = 200  # families whose labels come mixed, as a registry's release lists them
CHINESE_SHARE = 0.28  # of the families; real Chinese labels here are short, so that most passages are English
TAIL = 1.05  # exponent of the Pareto distribution of a family's size: DailyMed has hundreds of labels of metformin, one of most
SMALLEST = 1.6  # labels, of the smallest families
LARGEST = 500
REPACKAGED = 0.55  # of the later labels of a family: copies of another's text
VERSIONS = 0.05  # of the later labels: a newer version of one that came before
REWORDED = 0.12  # of a generic's paragraphs
DROPPED = 0.02  # of a generic's sections
RARE_IN = 5  # labels in which a word stands that a made-up drug's label may replace
NEW_WORDS = 0.9  # of the rare words of a made-up drug's label are made up too
FOREIGN = 0.25  # of the paragraphs of a made-up drug's label come from the same section of another label
MIN_LATIN, MIN_HAN = 5, 2  # letters and characters of a name that is worth another

_SYLLABLES = (
    "bal cor dex flu gli lam mel nor pra quin ros sil tam val zol adi ebu imo oxa ure ra ti mo ne be lo vi za ki pe".split()
)
_ENDS = "ine one ide ate mab stat pril sartan azole mycin cillin oxacin statin olol azepam tide vir nib gliptin dipine".split()
_HAN = "阿巴贝苯吡丙布达地丁多尔芬非呋氟格环甲卡康可喹拉来兰利林洛氯马美米莫那诺帕匹普曲瑞赛沙司舒斯他坦特替托维西辛伊依唑佐"
_HAS_HAN = re.compile("[一-鿿]")
_WORD = re.compile(r"[A-Za-z]{6,}")
_MEASURE = re.compile(
    r"(?<![\d.,])[1-9](?=\d*(?:\.\d+)?\s?(?:mg|mcg|mL|ml|g\b|%|days?|weeks?|hours?|毫克|毫升|片|次|日|天|小时|周))"
)
_OTHER_WORDS = {
    "should": "must", "may": "can", "patients": "persons", "physician": "doctor", "administered": "given",
    "therapy": "treatment", "reported": "seen", "occurred": "happened", "following": "after", "including": "such as",
    "severe": "serious", "decrease": "reduce", "increased": "raised", "prior to": "before", "discontinue": "stop",
    "adverse reactions": "side effects", "应": "须", "患者": "病人", "服用": "口服", "医师": "医生", "可能": "或可",
    "出现": "发生", "停药": "停用", "严重": "重度",
}  # fmt: skip
_REWORD = re.compile("|".join(rf"\b{w}\b" if w.isascii() else w for w in sorted(_OTHER_WORDS, key=len, reverse=True)))
_FIRMS = (
    "Pharmaceuticals Inc.|Laboratories Ltd.|Pharma LLC|Healthcare Company|Generics Corp.|Packaging Services|Drug Co.".split("|")
)
_HAN_FIRMS = "制药有限公司 药业股份有限公司 制药厂 生物医药有限公司 药业集团有限公司".split()
_PACKAGE = "51945-4"  # LOINC: package label


@dataclass(frozen=True, slots=True)
class Base:
    """A label to vary: its title, names and sections (code, heading, text, depth)."""

    title: str
    generic: str
    brand: str
    lang: str
    sections: tuple[tuple[str, str, str, int], ...]


@dataclass(slots=True)
class _Label:
    """A label of a family, as it is written down."""

    key: str
    title: str
    generic: str
    brand: str
    maker: str
    effective: str
    sections: list[tuple[str, str, str, int]]


@dataclass(slots=True)
class _Corpus:
    """What all families draw from."""

    en: list[Base] = field(default_factory=list)
    zh: list[Base] = field(default_factory=list)
    rare: frozenset[str] = frozenset()  # words that stand in few labels
    paragraphs: dict[str, list[str]] = field(default_factory=dict)  # by section code
    makers: dict[str, list[str]] = field(default_factory=dict)  # by language


def bases_of(paths: Sequence[Path]) -> list[Base]:
    """The Chinese and English labels in some files and folders, as the library's own readers read them."""
    options, found = ReadOptions(), []
    for path in registry.sources(paths):
        reader = registry.find(path, options)
        if isinstance(reader, NotDocument):
            continue
        for record in reader.read(path, options):
            if isinstance(record, ReadRecord) and record.document.sections and record.document.lang in ("en", "zh"):
                found.append(_base(record))
    return found


def _base(record: ReadRecord) -> Base:
    document = record.document
    generic = next((n.name for n in record.names if n.kind == "generic"), "") or next((r.name for r in record.about), "")
    brand = next((n.name for n in record.names if n.kind == "brand"), "")
    sections = tuple(
        (section.code, section.heading, document.text[section.start : section.end].strip(), len(section.path))
        for section in document.sections
    )
    return Base(document.title, generic, brand, document.lang, sections)


def labels(bases: Sequence[Base], count: int, *, seed: int = 1) -> Iterator[tuple[str, dict[str, object]]]:
    """So many labels as (language, record): `section-lists` objects in English, PULSE's `docs` in Chinese."""
    corpus, rng = _corpus(bases, seed), random.Random(seed)
    families = (_family(corpus, seed, number) for number in numbers())
    open_: list[Iterator[tuple[str, _Label]]] = []
    made = 0
    while made < count:
        while len(open_) < OPEN:
            open_.append(next(families))
        place = rng.randrange(len(open_))
        found = next(open_[place], None)
        if found is None:
            open_[place] = next(families)
            continue
        made += 1
        yield found[0], _as_docs(found[1]) if found[0] == "zh" else _as_sections(found[1])


def write_labels(bases: Sequence[Base], count: int, folder: Path, *, seed: int = 1, part: str = "") -> tuple[Path, Path]:
    """Writes so many labels into `labels-en.jsonl` and `labels-zh.jsonl` in a folder, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {lang: folder / f"labels{part}-{lang}.jsonl" for lang in ("en", "zh")}
    with paths["en"].open("w", encoding="utf-8") as en, paths["zh"].open("w", encoding="utf-8") as zh:
        for lang, record in labels(bases, count, seed=seed):
            (zh if lang == "zh" else en).write(json.dumps(record, ensure_ascii=False) + "\n")
    return paths["en"], paths["zh"]


def _corpus(bases: Sequence[Base], seed: int) -> _Corpus:
    rng = random.Random(seed + 1)
    corpus = _Corpus()
    stands_in: Counter[str] = Counter()
    for base in bases:
        (corpus.zh if base.lang == "zh" else corpus.en).append(base)
        stands_in.update({word for *_, text, _ in base.sections for word in _WORD.findall(text)})
        for code, _, text, _ in base.sections:
            corpus.paragraphs.setdefault(f"{base.lang} {code}", []).extend(p for p in text.split("\n") if len(p) > 40)
    corpus.rare = frozenset(word for word, labels_ in stands_in.items() if labels_ <= RARE_IN)
    corpus.makers = {
        "en": [f"{made_word(rng).title()} {rng.choice(_FIRMS)}" for _ in range(600)],
        "zh": [made_han(rng, rng.randint(2, 4)) + rng.choice(_HAN_FIRMS) for _ in range(400)],
    }
    return corpus


def made_word(rng: random.Random) -> str:
    """A word that sounds like a medicine's name."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(1, 3))) + rng.choice(_ENDS)


def made_han(rng: random.Random, length: int) -> str:
    """So many characters that a Chinese medicine's name is made of."""
    return "".join(rng.choice(_HAN) for _ in range(length))


# ---------------------------------------------------------------------- one family


def _family(corpus: _Corpus, seed: int, number: int) -> Iterator[tuple[str, _Label]]:
    """The labels of one drug, the first firm's first."""
    rng = random.Random(f"{seed} {number}")
    chinese = bool(corpus.zh) and (not corpus.en or _is_chinese(number))
    bases = corpus.zh if chinese else corpus.en
    # Each second family is a given label while there are such, the others are made up: so names grow from the start.
    at = _place_among(number, chinese, bool(corpus.en and corpus.zh))
    lang = "zh" if chinese else "en"
    is_given = at % 2 == 0 and at // 2 < len(bases)
    base = bases[at // 2] if is_given else _made_up(bases[rng.randrange(len(bases))], corpus, rng)
    made: list[_Label] = []
    for _ in range(_family_size(rng)):
        label = _next_label(base, made, corpus.makers[lang], lang, rng)
        made.append(label)
        yield lang, label


def _is_chinese(number: int) -> bool:
    """Whether a family is Chinese: evenly spread, so that the beginning is like the whole."""
    return int((number + 1) * CHINESE_SHARE) > int(number * CHINESE_SHARE)


def _place_among(number: int, chinese: bool, both: bool) -> int:
    """How many families of the language came before."""
    before = int(number * CHINESE_SHARE) if both else 0
    return (before if chinese else number - before) if both else number


def _family_size(rng: random.Random) -> int:
    return min(LARGEST, int(SMALLEST * rng.paretovariate(TAIL)))


def _next_label(base: Base, made: list[_Label], makers: Sequence[str], lang: str, rng: random.Random) -> _Label:
    """Another label of the family: the first, a newer version, a copy, or a generic's own."""
    kind = rng.random()
    if made and kind < VERSIONS:
        before = rng.choice(made)
        newer = f"{int(before.effective[:4]) + 1}{before.effective[4:]}"
        return replace(before, effective=newer, sections=_reworded(before.sections, rng))
    maker = makers[int(len(makers) * rng.random() ** 2)]
    key, day = _key(lang, rng), f"20{rng.randint(10, 23)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    if not made:
        sections = _packaged(list(base.sections), base.title, maker, lang, rng)
        return _Label(key, base.title, base.generic, base.brand, maker, day, sections)
    if kind < VERSIONS + REPACKAGED:
        before = rng.choice(made)
        sections = _packaged(list(before.sections), before.title, maker, lang, rng)
        return replace(before, key=key, maker=maker, effective=day, sections=sections)
    title = base.title
    if base.brand and lang == "en" and base.generic:
        title = title.replace(base.brand, base.generic.upper())
    sections = _packaged(_reworded(base.sections, rng), title, maker, lang, rng)
    return _Label(key, title, base.generic, "", maker, day, sections)


def _key(lang: str, rng: random.Random) -> str:
    if lang == "zh":
        return f"国药准字H{rng.randrange(10**8):08}"
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _packaged(
    sections: list[tuple[str, str, str, int]], title: str, maker: str, lang: str, rng: random.Random
) -> list[tuple[str, str, str, int]]:
    """The sections with a package of the maker's own."""
    if lang == "zh":
        return sections
    ndc = f"NDC {rng.randrange(10**5):05}-{rng.randrange(1000):03}-{rng.randrange(100):02}"
    size = rng.choice((10, 14, 20, 28, 30, 60, 90, 100, 500))
    text = f"{ndc}\n{title}\nPackaged by {maker}\nLot {rng.getrandbits(28):07X} Exp {rng.randint(1, 12)}/{rng.randint(24, 29)}\n{size} count"
    kept = [section for section in sections if section[0] != _PACKAGE]
    return [*kept, (_PACKAGE, "PACKAGE LABEL.PRINCIPAL DISPLAY PANEL", text, 0)]


def _reworded(sections: Sequence[tuple[str, str, str, int]], rng: random.Random) -> list[tuple[str, str, str, int]]:
    """The sections as another firm words them: few paragraphs differ, and now and then one section is missing."""
    found = []
    for code, heading, text, depth in sections:
        if rng.random() < DROPPED:
            continue
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if rng.random() < REWORDED:
                lines[at] = _REWORD.sub(lambda match: _OTHER_WORDS[match.group()], line)
        found.append((code, heading, "\n".join(lines), depth))
    return found or list(sections)


def _made_up(base: Base, corpus: _Corpus, rng: random.Random) -> Base:
    """The label of a drug that does not exist: other names, other doses, words of its own, and paragraphs of other labels."""
    rename = _renaming(base, rng)
    new_words = _new_words(base, corpus, rng)

    def said(text: str, code: str) -> str:
        others = corpus.paragraphs.get(f"{base.lang} {code}", ())
        lines = [rng.choice(others) if others and len(p) > 40 and rng.random() < FOREIGN else p for p in text.split("\n")]
        own = _WORD.sub(lambda match: new_words.get(match.group(), match.group()), "\n".join(lines))
        return _MEASURE.sub(lambda _: str(rng.randint(1, 9)), rename(own))

    sections = tuple((code, rename(heading), said(text, code), depth) for code, heading, text, depth in base.sections)
    return Base(rename(base.title), rename(base.generic), rename(base.brand), base.lang, sections)


def _new_words(base: Base, corpus: _Corpus, rng: random.Random) -> dict[str, str]:
    """Other words for half of those that few labels have."""
    rare = dict.fromkeys(word for *_, text, _ in base.sections for word in _WORD.findall(text) if word in corpus.rare)
    return {word: _like(word, made_word(rng)) for word in rare if rng.random() < NEW_WORDS}


def _like(old: str, new: str) -> str:
    return new.upper() if old.isupper() else new.title() if old[:1].isupper() else new


class _Renaming:
    """New names for a label's drugs."""

    def __init__(self, new: dict[str, str]) -> None:
        self._new = new
        names = sorted(new, key=len, reverse=True)
        words = (re.escape(name) if _HAS_HAN.search(name) else rf"\b{re.escape(name)}\b" for name in names)
        self._pattern = re.compile("|".join(words), re.IGNORECASE) if new else None

    def __call__(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(self._renamed, text)

    def _renamed(self, match: re.Match[str]) -> str:
        return _like(match.group(), self._new.get(match.group().lower(), match.group()))


def _renaming(base: Base, rng: random.Random) -> _Renaming:
    printed = {name_variants(name)[-1].lower() for name in (base.generic, base.brand, base.title) if name}
    if base.lang == "zh":
        return _Renaming({name: made_han(rng, len(name)) for name in sorted(printed) if len(name) >= MIN_HAN})
    words = {word for name in printed for word in re.findall(r"[a-z]+", name) if len(word) >= MIN_LATIN}
    return _Renaming({word: made_word(rng) for word in sorted(words - _FORMS)})


_FORMS = frozenset(
    "tablet tablets capsule capsules solution injection cream ointment lotion spray syrup suspension powder liquid coated "
    "delayed release extended chewable orally disintegrating paste dentifrice patch drops concentrate sodium potassium calcium "
    "hydrochloride sulfate acetate phosphate maleate tartrate citrate nitrate film strength maximum childrens".split()
)


# ---------------------------------------------------------------------- as they are written


def _as_sections(label: _Label) -> dict[str, object]:
    sections = [{"code": c, "heading": h, "depth": d, "text": x} for c, h, x, d in label.sections]
    names = {"set_id": label.key, "title": label.title, "generic": label.generic, "brand": label.brand}
    return {**names, "maker": label.maker, "effective": label.effective, "sections": sections}


def _as_docs(label: _Label) -> dict[str, object]:
    day = f"{label.effective[:4]}年{label.effective[4:6]}月{label.effective[6:]}日"
    own = {"生产企业": label.maker, "批准文号": label.key, "修订日期": day}
    said = {heading or "说明": text for _, heading, text, _ in label.sections if text}
    return {"docs": [f"{label.title} {heading}\n{text}" for heading, text in {**said, **own}.items()]}
