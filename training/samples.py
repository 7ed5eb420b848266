"""Batches of (question, passage) for contrastive training, drawn at random from the corpus by a seed."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import daachorse
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from medrag.sections import SECTION_KINDS, SectionGroup
from training.corpus import Intent, Pair, Section

__all__ = ["Batch", "Corpus", "Sampler"]

Ids = list[int]
PER_DRUG = 8  # sections of one drug in a batch: they are each other's hardest rivals
MAX_IDS = 160
BY_NAME = 0.35  # of the blocks of a batch: one kind of section of many drugs, which only the name tells apart
DROPPED = 0.15  # of a question's tokens, so that no single phrase decides
NOISE = 0.3  # of the questions tell a story beside what they ask


@dataclass(slots=True)
class Batch:
    """Questions and passages by token ids; the i-th belong together, and `rivals[i, j]` says whether j may count against i."""

    questions: list[Ids] = field(default_factory=list)
    passages: list[Ids] = field(default_factory=list)
    keys: list[tuple[str, str, bool, bool]] = field(default_factory=list)  # drug, group, drug is named, content is named

    def add(self, question: Ids, passage: Ids, drug: str, group: str, named: bool, content: bool) -> None:
        """Appends a pair; empty ones are passed over."""
        if question and passage:
            self.questions.append(question)
            self.passages.append(passage[:MAX_IDS])
            self.keys.append((drug, group, named, content))

    @property
    def rivals(self) -> NDArray[np.bool_]:
        """False where a passage of the batch answers another pair's question too, as far as drug and section tell."""
        numbers: dict[str, int] = {}
        drugs = np.array([numbers.setdefault(key[0], len(numbers)) for key in self.keys])
        groups = np.array([numbers.setdefault("§" + key[1], len(numbers)) for key in self.keys])
        named = np.array([key[2] for key in self.keys])[:, None]
        content = np.array([key[3] for key in self.keys])[:, None]
        same_group, same_drug = groups[:, None] == groups, drugs[:, None] == drugs
        answers: NDArray[np.bool_] = same_group & ((same_drug & ~content) | (~same_drug & ~named))
        np.fill_diagonal(answers, False)
        return ~answers


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that batches are drawn from."""

    labels: Sequence[Section]
    starter: Sequence[Section]
    pairs: Sequence[Pair]
    zh: Sequence[Intent]
    en: Sequence[Intent]
    phrases: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
    dictionary: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
    names: Sequence[tuple[str, str]]


@dataclass(slots=True)
class _Entry:
    """A section cut into token ids, with the dictionary entries that each piece mentions."""

    section: Section
    title: Ids
    drug: Ids
    heading: Ids
    pieces: list[Ids]
    mentioned: list[list[int]]


_SHORT = (SectionGroup.NAMES, SectionGroup.CLASSIFICATION, SectionGroup.FORMS)


class Sampler:
    """Draws batches; the same seed draws the same ones."""

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer, idf: NDArray[np.float32], *, seed: int) -> None:
        self._rng = random.Random(seed)
        self._corpus = corpus
        self._tokenizer = tokenizer
        self._idf = idf
        self._known: dict[str, Ids] = {}
        self.lexicon = Lexicon([en for en, _ in corpus.dictionary])
        self._said = Lexicon([said for _, said in corpus.phrases])
        self._zh_phrases = [row for row in corpus.phrases if not row[0][0].isascii()]
        self._labels = self._by_drug(corpus.labels)
        self._starter = self._by_drug(corpus.starter)
        self._by_group: dict[SectionGroup, list[_Entry]] = defaultdict(list)
        for entries in self._labels:
            for entry in entries:
                self._by_group[entry.section.group].append(entry)
        self._groups = [entries for entries in self._by_group.values() if len(entries) > 2 * PER_DRUG]
        self._intents = {"zh": _grouped(corpus.zh), "en": _grouped(corpus.en)}
        self._zh_names = sorted({name for pair in corpus.names for name in pair if re.match(r"[\u4e00-\u9fff]{2}", name)})
        self._headings = _headings()
        self._stories = [pair.one for pair in corpus.pairs if pair.lang == "zh"]
        self._terms = [term for en, _ in corpus.dictionary for term in en]

    def ids(self, text: str) -> Ids:
        """The token ids of a text, remembered."""
        if text not in self._known:
            self._known[text] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return self._known[text]

    def _by_drug(self, sections: Sequence[Section]) -> list[list[_Entry]]:
        found: dict[str, list[_Entry]] = defaultdict(list)
        for section in sections:
            encoded = self._tokenizer.encode_batch_fast(list(section.pieces), add_special_tokens=False)
            mentioned = [self.lexicon.mentioned(piece) if section.lang == "en" else [] for piece in section.pieces]
            entry = _Entry(
                section,
                self.ids(section.title),
                self.ids(section.drug),
                self.ids(section.heading),
                [e.ids for e in encoded],
                mentioned,
            )
            found[section.title].append(entry)
        return list(found.values())

    def translated(self, mentioned: Sequence[int]) -> Ids:
        """The token ids of a Chinese rendering of each dictionary entry mentioned: as a bag of tokens, a Chinese passage."""
        choices = [self._rng.choice(self._corpus.dictionary[number][1]) for number in mentioned]
        return list(chain.from_iterable(self.ids(choice) for choice in choices))

    # ------------------------------------------------------------------ batches

    def english(self, size: int) -> Batch:
        """Questions about labels in English with passages that answer them."""
        batch, rng = Batch(), self._rng
        while len(batch.keys) < size:
            by_name = rng.random() < BY_NAME
            entries = rng.choice(self._groups if by_name else self._labels)
            for entry in rng.sample(entries, min(2 * PER_DRUG if by_name else PER_DRUG, len(entries))):
                self._add_english(batch, entry, by_name=by_name)
        return batch

    def _add_english(self, batch: Batch, entry: _Entry, *, by_name: bool) -> None:
        rng, group = self._rng, entry.section.group
        number, asked = self._asked_english(entry)
        piece = entry.pieces[number]
        mode = rng.random()
        content = self._content(piece) + self._lay(entry, number) if mode < 0.6 or not asked else []
        question = [*(self.ids(asked) if asked and mode > 0.15 else []), *content]
        if not question or mode > 0.93:
            question = list(entry.heading) + question
        named = by_name or rng.random() < 0.75
        question = self._told(question, entry.drug if named else [], "en")
        passage = [*entry.title, *(entry.heading if rng.random() < 0.85 else []), *piece]
        batch.add(question, passage, entry.section.title, group.value, named, bool(content))

    def _asked_english(self, entry: _Entry) -> tuple[int, str]:
        """A piece of the section and a way to ask for it (empty: there is none)."""
        rng = self._rng
        number = rng.randrange(len(entry.pieces))
        fitting = []
        for intent in self._intents["en"].get(entry.section.group, ()):
            if not intent.where:
                fitting.append(intent)
            elif re.search(intent.where, entry.section.pieces[number], re.IGNORECASE):
                fitting += [intent, intent]
        if not fitting:
            return number, ""
        return number, rng.choice(rng.choice(fitting).asked)

    def _content(self, piece: Ids, most: int = 5) -> Ids:
        """Some telling tokens of a piece."""
        if not piece:
            return []
        weights = [float(self._idf[i]) ** 2 for i in piece]
        return self._rng.choices(piece, weights, k=self._rng.randint(1, most))

    def _lay(self, entry: _Entry, number: int) -> Ids:
        """Now and then another word for something that the piece says."""
        text = entry.section.pieces[number]
        said = self._said.mentioned(text)
        if said and self._rng.random() < 0.6:
            return self.ids(self._rng.choice(self._corpus.phrases[self._rng.choice(said)][0]))
        mentioned = entry.mentioned[number] if entry.mentioned else []
        if mentioned and self._rng.random() < 0.3:
            return self.ids(self._rng.choice(self._corpus.dictionary[self._rng.choice(mentioned)][0]))
        return []

    def chinese(self, size: int) -> Batch:
        """Questions in Chinese with passages made of what labels say there and of translated English ones."""
        batch, rng = Batch(), self._rng
        groups = sorted(set(self._intents["zh"]) - set(_SHORT))
        while len(batch.keys) < size:
            if rng.random() < BY_NAME:
                group = rng.choice(groups)
                for _ in range(2 * PER_DRUG):
                    self._add_chinese(batch, self._name(), group, named=True)
                continue
            name = self._name()
            # Handbooks have short sections that are little but the drug's name: they must not win by it.
            for group in (*rng.sample(groups, PER_DRUG - 2), SectionGroup.NAMES, rng.choice(_SHORT[1:])):
                self._add_chinese(batch, name, group, named=rng.random() < 0.75)
        return batch

    def _name(self) -> str:
        name = self._rng.choice(self._zh_names)
        if self._rng.random() < 0.5:  # a name that does not exist, of two halves: the real ones are a few hundred
            other = self._rng.choice(self._zh_names)
            name = name[: (len(name) + 1) // 2] + other[len(other) // 2 :]
        return name + self._rng.choice(("", "", "片", "胶囊", "注射液", "颗粒", "缓释片", "口服液", "软膏"))

    def _add_chinese(self, batch: Batch, name: str, group: SectionGroup, *, named: bool) -> None:
        rng = self._rng
        intent = rng.choice(self._intents["zh"][group])
        said = rng.sample(intent.said, min(rng.randint(0, 4), len(intent.said)))
        extra: Ids = []
        if group is SectionGroup.INDICATIONS and rng.random() < 0.5:
            lay, formal = rng.choice(self._zh_phrases)
            extra = self.ids(rng.choice(lay))
            said += rng.sample(formal, min(2, len(formal)))
        if group is SectionGroup.NAMES:
            said = rng.sample(self._zh_names, rng.randint(1, 3))
        translated = self._translated_piece(group) if not said or rng.random() < 0.7 else []
        if translated and rng.random() < 0.45:
            extra = extra + self.translated(rng.sample(translated, min(rng.randint(1, 3), len(translated))))
        question = [*(self.ids(rng.choice(intent.asked)) if rng.random() < 0.85 or not extra else []), *extra]
        question = self._told(question, self.ids(name) if named else [], "zh")
        heading = self.ids(rng.choice(self._headings[group])) if rng.random() < 0.85 else []
        passage = [*self.ids(name), *heading, *chain.from_iterable(map(self.ids, said)), *self.translated(translated)]
        batch.add(question, passage, name, group.value, named, bool(extra))

    def _translated_piece(self, group: SectionGroup) -> list[int]:
        """The dictionary entries mentioned in a stretch of an English section of the group; short ones are the most frequent."""
        entries = self._by_group.get(group)
        if not entries or group is SectionGroup.NAMES:
            return []
        mentioned = self._rng.choice(self._rng.choice(entries).mentioned)
        length = int(self._rng.expovariate(1 / 8)) + 2
        begin = self._rng.randrange(max(1, len(mentioned) - length + 1))
        return mentioned[begin : begin + length]

    def _told(self, asked: Ids, drug: Ids, lang: str) -> Ids:
        """The question with the drug's name before or after it, some tokens dropped, now and then a story around it."""
        rng = self._rng
        kept = [i for i in asked if rng.random() > DROPPED] or asked
        story: Ids = []
        if rng.random() < NOISE:
            story = self.ids(rng.choice(self._stories)) if lang == "zh" else []
            story = story[: rng.randint(2, 12)] or [
                i for _ in range(rng.randint(1, 3)) for i in self.ids(rng.choice(self._terms))
            ]
        parts = [kept, drug, story]
        rng.shuffle(parts)
        return list(chain.from_iterable(parts))

    def starter(self, size: int) -> Batch:
        """Questions about the starter labels with passages that answer them."""
        batch, rng = Batch(), self._rng
        while len(batch.keys) < size:
            entries = rng.choice(self._starter)
            for entry in rng.sample(entries, min(PER_DRUG, len(entries))):
                self._add_starter(batch, entry)
        return batch

    def _add_starter(self, batch: Batch, entry: _Entry) -> None:
        rng = self._rng
        intents = self._intents[entry.section.lang if entry.section.lang == "zh" else "en"].get(entry.section.group)
        piece = rng.choice(entry.pieces)
        content = self._content(piece, 4) if not intents or rng.random() < 0.4 else []
        question = [*(self.ids(rng.choice(rng.choice(intents).asked)) if intents else []), *content]
        named = rng.random() < 0.75
        question = self._told(question, entry.drug if named else [], entry.section.lang)
        batch.add(
            question,
            [*entry.title, *entry.heading, *piece],
            entry.section.title,
            entry.section.group.value,
            named,
            bool(content),
        )

    def related(self, size: int) -> Batch:
        """Texts that belong together: questions with answers, terms with translations, what patients say and labels say."""
        batch = Batch()
        sources: tuple[Callable[[], tuple[str, str]], ...] = (self._pair, self._pair, self._term, self._phrase, self._alias)
        while len(batch.keys) < size:
            one, other = self._rng.choice(sources)()
            batch.add(self.ids(one), self.ids(other), one, other, True, True)
        return batch

    def _pair(self) -> tuple[str, str]:
        pair = self._rng.choice(self._corpus.pairs)
        return pair.one, pair.other

    def _term(self) -> tuple[str, str]:
        en, zh = self._rng.choice(self._corpus.dictionary)
        one, other = self._rng.choice(zh), self._rng.choice(en if self._rng.random() < 0.6 else zh)
        return one, other

    def _phrase(self) -> tuple[str, str]:
        lay, formal = self._rng.choice(self._corpus.phrases)
        return self._rng.choice(lay), self._rng.choice(formal)

    def _alias(self) -> tuple[str, str]:
        return self._rng.choice(self._corpus.names)


class Lexicon:
    """Finds the terms of a table in a text."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        terms = {term.lower(): number for number, row in enumerate(rows) for term in row}
        self._numbers = list(terms.values())
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(terms), daachorse.MATCH_KIND_LEFTMOST_LONGEST)

    def mentioned(self, text: str) -> list[int]:
        """The numbers of the rows whose terms stand in the text as whole words, in order."""
        text = text.lower()
        found = []
        for start, end, number in self._automaton.find(text):
            if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
                found.append(self._numbers[number])
        return found


def _grouped(intents: Sequence[Intent]) -> dict[SectionGroup, list[Intent]]:
    found: dict[SectionGroup, list[Intent]] = defaultdict(list)
    for intent in intents:
        found[intent.group].append(intent)
    return found


def _headings() -> dict[SectionGroup, list[str]]:
    found: dict[SectionGroup, list[str]] = defaultdict(list)
    for kind in SECTION_KINDS:
        found[kind.group] += kind.zh[:6]
    return found
