"""Words in the texts of passages that are read as one: the same as in each by itself."""

from __future__ import annotations

import random

from medrag.retrieve.bodies import Bodies
from medrag.retrieve.words import hits_in, stands

TEXTS = ["take 5 mg of iron", "irons, ironing and environs", "", "med. meds medal", "肾功能不全者禁用，肾病", "a5.5.5mg 5.5.5"]
WORDS = ["iron", "med", "5", "5.5", "肾", "肾功能", "environ", "mg", "absent"]


def test_words_are_counted_and_stand_as_in_each_text_by_itself() -> None:
    chance = random.Random(3)
    letters = [*"ab s5.肾功"]
    texts = TEXTS + ["".join(chance.choices(letters, k=chance.randrange(40))) for _ in range(200)]
    words = WORDS + ["".join(chance.choices(letters, k=chance.randrange(1, 6))) for _ in range(100)]
    counts, there = Bodies(texts).counted(words)
    assert counts.tolist() == [[text.count(word) for word in words] for text in texts]
    assert there.tolist() == [[stands(text, word) for word in words] for text in texts]
    assert Bodies(texts).hits(words).tolist() == [hits_in(text, words) for text in texts]
    for word in words:
        assert Bodies(texts).having(word) == [row for row, text in enumerate(texts) if word in text]


def test_nothing_is_in_no_texts() -> None:
    counts, there = Bodies([]).counted(WORDS)
    assert counts.shape == there.shape == (0, len(WORDS))
    assert Bodies([]).having("iron") == [] and Bodies([]).hits(WORDS).tolist() == []
