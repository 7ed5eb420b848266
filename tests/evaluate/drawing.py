"""Draws matches that only the rule of `medrag.evaluate.saying` makes, to be read: handbook texts with names of illnesses.

    python -m tests.evaluate.drawing DATA SEED > drawn.jsonl

`tests/data/indications/read.tsv` keeps what was read, by numbers, so that no text of the data is copied.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from medrag.evaluate.indication_words import one_wording
from medrag.evaluate.saying import Way, said

NAMES = ("kg_disease.txt", "disease_aliases.txt")
DRAWN = 300
_INDICATIONS = re.compile(r"^适应证[:：](.*)$", re.M)
_MAY_LACK = frozenset("性的属症、和感染")  # characters of a term that a text which says it need not hold


def monographs(data: Path) -> dict[int, str]:
    """The indications of each monograph that has such, by its number."""
    texts = json.loads((data / "labels/zh/monographs.json").read_text("utf-8"))
    return {at: found[1] for at, text in enumerate(texts) if (found := _INDICATIONS.search(text))}


def names(data: Path, file: str) -> list[str]:
    """The lines of a list of names."""
    return [line.strip() for line in (data / "names" / file).read_text("utf-8").split("\n")]


def matches(data: Path) -> Iterator[tuple[int, str, int, str, str, str]]:
    """(monograph, file, line, name, way, sentence) of each name that a text says and does not hold letter for letter."""
    places: dict[str, tuple[str, int]] = {}
    for file in NAMES:
        for at, name in enumerate(names(data, file)):
            if len(name) > 1:
                places.setdefault(name, (file, at))
    needed = {name: frozenset(one_wording(name)) - _MAY_LACK for name in places}
    for at, text in monographs(data).items():
        characters = frozenset(one_wording(text)) | frozenset(text)
        for name, place in places.items():
            found = said(text, name) if needed[name] <= characters else None
            if found is not None and found.way is not Way.LITERALLY:
                yield at, *place, name, found.way.value, found.sentence


def main() -> None:
    """Writes the draw to standard output, a line each."""
    data, seed = Path(sys.argv[1]), sys.argv[2]
    found = sorted(matches(data), key=lambda one: (one[0], one[3]))
    for one in sorted(Random(seed).sample(found, min(DRAWN, len(found)))):
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
