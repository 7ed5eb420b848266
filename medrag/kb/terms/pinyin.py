"""How Chinese names sound: pinyin without tones, initials, and syllables as Southern and Northern speakers confuse them."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice, product

from medrag.kb.terms.tables import table

__all__ = ["alike", "initials", "is_pinyin", "spellings", "syllable"]

MAX_SPELLINGS = 4  # of one name; more than two characters of several readings stand in few
# Characters whose reading in names of medicines is not the commonest one, and those with two that both stand in such names.
_READINGS: dict[str, tuple[str, ...]] = {
    "参": ("shen",), "术": ("shu", "zhu"), "重": ("chong", "zhong"), "长": ("chang", "zhang"),
    "乐": ("le", "yue"), "藏": ("cang", "zang"), "调": ("tiao",), "伽": ("jia", "ga"), "吡": ("bi", "pi"),
    "柏": ("bai", "bo"), "茄": ("qie", "jia"), "蛤": ("ge",), "壳": ("ke", "qiao"), "都": ("du",),
    "扎": ("zha", "za"), "泊": ("bo",), "朴": ("po", "pu"), "膀": ("pang",),
}  # fmt: skip
_LAST = "\u9fa5"  # of the characters that have been in Unicode from the beginning; later ones are in no name
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"))


def syllable(character: str) -> str:
    """A Chinese character's reading without tone (ü as u), "" for other characters."""
    readings = _readings(character)
    return readings[0] if readings else ""


@lru_cache(maxsize=8192)
def alike(character: str) -> str:
    """The character's syllable with what many speakers do not tell apart made one: zh and z, ing and in, n and l."""
    sound = syllable(character)
    for whole, plain in _ALIKE:
        if sound.startswith(whole):
            sound = plain + sound[2:]
    if sound.endswith("ng") and not sound.endswith("ong"):
        sound = sound[:-1]
    return "l" + sound[1:] if sound.startswith("n") and len(sound) > 1 else sound


def spellings(name: str) -> list[tuple[str, ...]]:
    """The ways to write a Chinese name in syllables, the likeliest first; none where it holds other characters."""
    readings = [_readings(character) for character in name]
    return list(islice(product(*readings), MAX_SPELLINGS)) if all(readings) else []


def initials(syllables: tuple[str, ...]) -> str:
    """The first letters of the syllables: BLF for bu luo fen."""
    return "".join(one[0] for one in syllables)


def is_pinyin(word: str) -> bool:
    """Whether a word of Latin letters can be cut into syllables from end to end."""
    reachable = {0}
    known = _syllables()
    for end in range(1, len(word) + 1):
        if any(end - size in reachable and word[end - size : end] in known for size in range(1, 7)):
            reachable.add(end)
    return len(word) in reachable


def _readings(character: str) -> tuple[str, ...]:
    chosen = _READINGS.get(character)
    if chosen is not None:
        return chosen
    listed = _commonest().get(character)
    return (listed,) if listed is not None else ()


@cache
def _syllables() -> frozenset[str]:
    listed = {_READINGS[one][0] if one in _READINGS else sound for one, sound in _commonest().items() if "一" <= one <= _LAST}
    return frozenset({*listed, "lv", "nv"})


@cache
def _commonest() -> dict[str, str]:
    """The commonest reading of each character (`medrag.kb.terms.made`)."""
    return {character: sound for sound, characters in table("syllables.tsv") for character in characters}
