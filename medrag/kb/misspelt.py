"""Known names that words of a text are near to: misheard, misread, mistyped. What they are near to, not what is meant.

Nothing is compared that the knowledge base's own labels are written with: a word, or all pairs of characters of a
stretch, that stands in some passage is taken to be spelt as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

from medrag.kb.folding import Folded
from medrag.kb.near import (
    HAN_LENGTHS,
    HAN_PIECES_FROM,
    LATIN_LENGTHS,
    MIN_LEFT_OUT,
    MIN_SOUND,
    SHORT,
    NearIndex,
    edits_of,
    han_pieces,
    latin_pieces,
    latin_sound,
    sound_key,
)
from medrag.kb.terms.pinyin import alike, syllable
from medrag.kb.terms.printed import name_variants
from medrag.kb.terms.shapes import same_shape, shape_key
from medrag.kb.terms.tables import table
from medrag.kb.tokens import tokens
from medrag.patterns import regex

__all__ = ["ONE_EDIT", "NearName", "Seen", "near_names"]

Seen = Callable[[str], bool]  # whether a search token stands in some passage

MAX_SCANNED = 400  # Chinese characters of a text, and Latin words: nobody's question is longer
MAX_WORDS = 3
_HAN_RUN = regex("[一-鿿]{3,}")
_WORD = regex("[a-z]+(?:[-'][a-z]+)*")
_STRENGTH = regex(r"\s?\d+(?:\.\d+)?\s?(?:mg|mcg|ug)\b")  # what stands before it is a medicine, whatever else it may mean

# How sure each way is, 0 to 1. One letter is a slip; a first letter is seldom got wrong; a sound that only some speakers
# confuse is less sure than one that all do.
SAME_SOUND, SAME_SOUNDS, LIKE_SOUND, SAME_SHAPE, SWAPPED, MISSED = 0.95, 0.9, 0.85, 0.9, 0.85, 0.75
ONE_EDIT, TWO_EDITS, FIRST_LETTER = 0.9, 0.75, 0.65
LATIN_SOUND, SHORTENED = 0.7, 0.6  # bronkade for bronkaid, vanco for vancomycin
MAX_LETTERS_WRONG = 3  # in a name that is found by its sound, and no more than a third of them
SURE_LETTERS = 5  # a word must be longer by the number of its errors: Laron is an eponym, no largon
MIN_FIRST = 7  # letters of a word whose first one may be wrong


@dataclass(frozen=True, slots=True)
class NearName:
    """A name that `folded[start:end]` is near to, in which way, and how sure that is (0 to 1)."""

    start: int
    end: int
    name: str
    via: str
    score: float


def near_names(folded: Folded, taken: Sequence[tuple[int, int]], indexes: Sequence[NearIndex], seen: Seen) -> list[NearName]:
    """The names in the indexes that stretches of a folded text are near to, and not equal to; `taken` are spans of it.

    A stretch may hold taken spans, where the name is more than they are (`_extends`): 阿莫 in 阿莫西灵 is no medicine.
    """
    found: dict[tuple[int, int, str], NearName] = {}
    for near in (*_han(folded.text, taken, indexes, seen), *_latin(folded.text, taken, indexes, seen)):
        if not _extends(near, folded.text[near.start : near.end], taken):
            continue
        key = (near.start, near.end, near.name)
        if key not in found or near.score > found[key].score:
            found[key] = near
    return list(found.values())


def _free(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch cuts through no taken span and is none; it may hold some."""
    return not taken or all(
        end <= first or last <= start or (start <= first and last <= end and last - first < end - start)
        for first, last in taken
    )


def _extends(near: NearName, typed: str, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether the name is more than the taken spans that the stretch holds, with one wrong character put before or behind.

    They are half of it at most, or the rest is right but for one character: 复芳 in 复芳甲氧那明, but not 有 in 有布洛芬.
    """
    inside = [(first, last) for first, last in taken if near.start <= first and last <= near.end]
    size = near.end - near.start
    if all(2 * (last - first) <= size for first, last in inside):
        return True
    if len(typed) != len(near.name) or not typed[0] > "z":
        return False
    wrong = [near.start + at for at, (a, b) in enumerate(zip(typed, near.name, strict=True)) if a != b]
    return len(wrong) == 1 and all(size - (last - first) >= 2 and not first <= wrong[0] < last for first, last in inside)


def _looked_up(keys: dict[str, list[tuple[int, int]]], indexes: Iterable[NearIndex]) -> Iterator[tuple[int, int, str]]:
    listed = list(keys)
    for index in indexes:
        for at, name in index.find(listed):
            for start, end in keys[listed[at]]:
                yield start, end, name


# ---------------------------------------------------------------------- Chinese


def _han(text: str, taken: Sequence[tuple[int, int]], indexes: Sequence[NearIndex], seen: Seen) -> Iterator[NearName]:
    keys: dict[str, list[tuple[int, int]]] = {}
    unseen: set[str] = set()
    scanned = 0
    for run in _HAN_RUN.finditer(text):
        words = run.group()[: MAX_SCANNED - scanned]
        scanned += len(words)
        odd = [not seen(a + b) for a, b in pairwise(words)]
        if any(odd):
            unseen.update(a + b for (a, b), is_odd in zip(pairwise(words), odd, strict=True) if is_odd)
            _add_keys(keys, words, run.start(), odd, taken)
    for start, end, name in _looked_up(keys, indexes):
        typed = text[start:end]
        via, score = _han_likeness(typed, name)
        changed = [pair in unseen for pair in map("".join, pairwise(typed)) if pair not in name] if score else []
        # One wrong character is a slip wherever it stands; more of them might be other words side by side.
        if any(changed) and (all(changed) or score not in (SAME_SOUNDS, MISSED)):
            yield NearName(start, end, name, via, score)


def _add_keys(
    keys: dict[str, list[tuple[int, int]]], words: str, offset: int, odd: Sequence[bool], taken: Sequence[tuple[int, int]]
) -> None:
    """Adds the keys of all stretches of a Chinese text that hold something unseen, with where those stretches stand."""
    sounds = [alike(character) for character in words]
    shapes = shape_key(words)
    odd_before = [0, *accumulate(odd)]
    taken = [span for span in taken if span[0] < offset + len(words) and offset < span[1]]
    for start in range(len(words)):
        spans: dict[int, tuple[int, int]] = {}  # by length
        for length in range(min(HAN_LENGTHS), min(max(HAN_LENGTHS), len(words) - start) + 1):
            end = start + length
            if odd_before[end - 1] > odd_before[start] and _free(offset + start, offset + end, taken):
                span = spans[length] = (offset + start, offset + end)
                keys.setdefault(sound_key(sounds[start:end]), []).append(span)
                keys.setdefault("h" + shapes[start:end], []).append(span)
        for length in range(HAN_PIECES_FROM, max(HAN_LENGTHS) + 1):
            half, end = han_pieces(length), start + length
            near = [spans[size] for size in (length - 1, length, length + 1) if size in spans]
            if not near:
                continue
            keys.setdefault(f"a{length}{words[start : start + half]}", []).extend(near)
            for span in near:
                stop = span[1] - offset
                keys.setdefault(f"b{length}{words[stop - length + half : stop]}", []).append(span)
            if length in spans:
                swapped = words[start + half] + words[start + half - 1]
                whole = words[start : start + half - 1] + swapped + words[start + half + 1 : end]
                keys.setdefault("e" + whole, []).append(spans[length])


def _han_likeness(typed: str, name: str) -> tuple[str, float]:
    """In which way a stretch is near to a Chinese name, and how sure that is; 0 where it is not."""
    if typed == name:
        return "", 0.0
    if len(typed) != len(name):
        missed = _one_more(*sorted((typed, name), key=len)) and len(name_variants(name)[:2][-1]) >= HAN_PIECES_FROM
        return ("typing", MISSED) if missed else ("", 0.0)
    wrong = [at for at, (a, b) in enumerate(zip(typed, name, strict=True)) if a != b]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1 and typed[wrong[0]] + typed[wrong[1]] == name[wrong[1]] + name[wrong[0]]:
        return ("typing", SWAPPED) if len(name) >= HAN_PIECES_FROM else ("", 0.0)
    if all(syllable(typed[at]) == syllable(name[at]) != "" for at in wrong):
        if len(wrong) == 1:
            return "sound", SAME_SOUND
        return ("sound", SAME_SOUNDS) if 2 * len(wrong) <= len(name) else ("", 0.0)
    if len(wrong) == 1:
        if same_shape(typed[wrong[0]], name[wrong[0]]):
            return "shape", SAME_SHAPE
        if alike(typed[wrong[0]]) == alike(name[wrong[0]]) != "":
            return "sound", LIKE_SOUND
    return "", 0.0


def _one_more(short: str, long: str) -> bool:
    """Whether the longer text is the shorter with one character put in."""
    if len(long) != len(short) + 1:
        return False
    same = next((at for at, character in enumerate(short) if character != long[at]), len(short))
    return short[same:] == long[same + 1 :]


# ---------------------------------------------------------------------- Latin letters


@cache
def _ordinary() -> frozenset[str]:
    """Words of everyday English that are near to some medicine's name."""
    return frozenset(word for row in table("ordinary.tsv") for word in row[0].split())


def _latin(text: str, taken: Sequence[tuple[int, int]], indexes: Sequence[NearIndex], seen: Seen) -> Iterator[NearName]:
    words = [match.span() for match in _WORD.finditer(text)][:MAX_SCANNED]
    odd = [_is_odd(text[start:end], seen) or _STRENGTH.match(text, end) is not None for start, end in words]
    keys: dict[str, list[tuple[int, int]]] = {}
    for first, (start, _) in enumerate(words):
        for count in range(1, MAX_WORDS + 1):
            group = words[first : first + count]
            if len(group) < count or any(text[a[1] : b[0]] != " " for a, b in pairwise(group)):
                break
            end = group[-1][1]
            if not any(odd[first : first + count]) or end - start + 1 < min(LATIN_LENGTHS) or not _free(start, end, taken):
                continue
            for key in _latin_keys(text[start:end]):
                keys.setdefault(key, []).append((start, end))
    unseen = {text[a:b] for (a, b), is_odd in zip(words, odd, strict=True) if is_odd}
    for start, end, name in _looked_up(keys, indexes):
        typed = text[start:end]
        via, score = _latin_likeness(typed, name)
        if score and any(word in unseen for word in set(typed.split(" ")) - set(name.split(" "))):
            yield NearName(start, end, name, via, score)


def _is_odd(word: str, seen: Seen) -> bool:
    return word not in _ordinary() and len(word) >= min(LATIN_LENGTHS) - 1 and not all(map(seen, tokens(word)))


def _latin_keys(word: str) -> Iterator[str]:
    length = len(word)
    yield "k" + latin_sound(word)
    yield "b" + word[:SHORT]
    for at in range(length - 1):
        yield "e" + word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for meant in range(length - 2, length + 3):
        if meant not in LATIN_LENGTHS or abs(meant - length) > edits_of(meant):
            continue
        pieces = latin_pieces(meant)
        for number, (start, end) in enumerate(pieces):
            last = number == len(pieces) - 1
            for shift in (0,) if number == 0 else (length - meant,) if last else (-1, 0, 1):
                yield f"{number}{meant}{word[start + shift : end + shift]}"


def _latin_likeness(word: str, name: str) -> tuple[str, float]:
    """In which way a stretch is near to a Latin name, and how sure that is; 0 where it is not."""
    mistyped = _mistyped(word, name)
    if mistyped:
        return "typing", mistyped
    if _sounds_like(word, name):
        return "sound", LATIN_SOUND
    if name.startswith(word) and name.isalpha() and SHORT <= len(word) <= len(name) - MIN_LEFT_OUT:
        return "short", SHORTENED
    return "", 0.0


def _mistyped(word: str, name: str) -> float:
    from rapidfuzz.distance import OSA

    most = edits_of(len(name))
    edits = int(OSA.distance(word, name, score_cutoff=most))
    if edits > 1 and " " in name:
        return 0.0
    swapped = edits == 1 and sorted(word) == sorted(name)
    if not 0 < edits <= most or len(word) < (SURE_LETTERS + edits if not swapped else min(LATIN_LENGTHS)):
        return 0.0
    if word[0] == name[0]:
        return ONE_EDIT if edits == 1 else TWO_EDITS
    return FIRST_LETTER if edits == 1 and (swapped or len(word) >= MIN_FIRST) else 0.0


def _sounds_like(word: str, name: str) -> bool:
    """Whether a stretch has the consonants of a name, in as many words, and few of its letters are wrong."""
    from rapidfuzz.distance import OSA

    if len(word) < MIN_SOUND or word.count(" ") != name.count(" ") or latin_sound(word) != latin_sound(name):
        return False
    return 0 < OSA.distance(word, name) <= min(MAX_LETTERS_WRONG, len(name) // 3)
