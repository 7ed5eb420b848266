"""The tables of this folder that are made of others, so that no process works them out anew: `python -m medrag.kb.terms.made`.

`syllables.tsv` is how Chinese characters are read (from pypinyin, MIT licence), `simplified.tsv` what traditional ones become (from
OpenCC, Apache licence), `near/` the index of what the shipped names sound and look like. A test makes them again and compares.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

from medrag.kb.near import save_near
from medrag.kb.terms.lookalikes import lookalikes
from medrag.kb.terms.shipped import shipped_names
from medrag.kb.terms.tables import MADE_OF, NEAR, digest_of

__all__ = ["write"]

_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000))  # the Basic Multilingual Plane; names are written with no rarer ones
_BEYOND = 0x10000
_UNTONED = str.maketrans({"ü": "u", "ê": "e"})


def syllables() -> str:
    """`syllables.tsv`: each syllable without its tone (ü as u), and the characters whose commonest reading it is."""
    from pypinyin.constants import PINYIN_DICT

    characters: dict[str, list[str]] = {}
    for code, listed in sorted(PINYIN_DICT.items()):
        plain = unicodedata.normalize("NFD", listed.split(",")[0])
        plain = "".join(c for c in plain if not unicodedata.combining(c) or c == "\u0308")
        plain = unicodedata.normalize("NFC", plain).translate(_UNTONED)
        if code < _BEYOND and plain.isascii() and plain.isalpha() and plain.islower():
            characters.setdefault(plain, []).append(chr(code))
    return _written("from pypinyin's", ("\t".join((one, "".join(characters[one]))) for one in sorted(characters)))


def simplified() -> str:
    """`simplified.tsv`: the traditional characters in one line, what each becomes in the next."""
    from opencc import OpenCC

    characters = [chr(code) for start, end in _BLOCKS for code in range(start, end)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = [(old, new) for old, new in zip(characters, converted, strict=True) if new != old and ord(new) < _BEYOND]
    return _written(
        "from OpenCC's characters (t2s), without its phrases,", ("".join(side) for side in zip(*pairs, strict=True))
    )


def _written(source: str, lines: Iterable[str]) -> str:
    """A table's text with where it comes from."""
    return "\n".join([f"# Made {source} by medrag.kb.terms.made; not to be edited.", *lines, ""])


def write(folder: Path) -> None:
    """Writes the three tables into a folder; run it twice where the first two changed, for the third is made of them."""
    (folder / "syllables.tsv").write_text(syllables(), "utf-8", newline="\n")
    (folder / "simplified.tsv").write_text(simplified(), "utf-8", newline="\n")
    (folder / NEAR).mkdir(exist_ok=True)
    save_near([*shipped_names(), *lookalikes()], folder / NEAR)
    (folder / NEAR / MADE_OF).write_text(digest_of() + "\n", "utf-8")


if __name__ == "__main__":
    with as_file(files("medrag.kb.terms")) as here:
        write(here)
