"""Parts of an answer, each alone: names found in text, the nearest things in the graph, claims checked against passages."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from medrag import KnowledgeBase, MedRAG, Passage
from medrag.answer.verify.claim import Checker, Source
from medrag.llm.messages import Message
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.sentences import sentences
from tests.benchmarks.measure import MB, timed, timed_calls, times_of
from tests.benchmarks.table import Column, Table

__all__ = ["checking", "linking", "nearest"]

LINKED_MB = 2.0  # of text that names are looked for in
NEAREST = 100  # walks
CLAIMS = 2_000
STREAMS = 40
PIECE, PIECE_S = 4, 0.02  # characters of a scripted model at a time, and the time between: fifty tokens a second
FIRST_SENTENCES = 4  # of the evidence, repeated by the scripted model
_DIGIT = re.compile(r"\d")


def linking(kb: KnowledgeBase, questions: Sequence[str]) -> Table:
    """How fast names are found in text, and in a question, misspelt or not."""
    table = Table(
        "Names found in text",
        (
            Column("text"), Column("n"), Column("MB/s", 2), Column("MB per processor s", 2), Column("µs each, median"),
            Column("p95 µs"), Column("processor µs"),
        ),
    )  # fmt: skip
    texts, size = [], 0
    for passage in _passages(kb, random.Random(3)):
        texts.append(passage.text)
        size += len(passage.text.encode())
        if size > LINKED_MB * MB:
            break
    began = time.perf_counter()
    whole = timed_calls(kb.link, texts)
    seconds = time.perf_counter() - began
    rates = size / seconds / MB, size / (whole.cpu * whole.calls / 1000) / MB
    table.rows.append(("passages", whole.calls, *rates, whole.p50 * 1000, whole.p95 * 1000, whole.cpu * 1000))
    for name, find in (("questions", kb.link), ("questions, misspelt names alone", lambda text: kb.link_near(text))):
        find(questions[0])
        times = timed_calls(find, questions[1:])
        table.rows.append((name, times.calls, None, None, times.p50 * 1000, times.p95 * 1000, times.cpu * 1000))
    return table


def nearest(kb: KnowledgeBase) -> Table:
    """The time of a personalised PageRank over all facts, from one entity and from three."""
    table = Table(
        "Nearest in the graph (personalised PageRank)",
        (
            Column("from"), Column("facts"), Column("n"), Column("first ms", 1), Column("p50 ms", 1), Column("p95 ms", 1),
            Column("processor ms", 1),
        ),
        note="The first walk reads the graph from the catalogue; later ones of the same commit have it.",
    )  # fmt: skip
    rng, facts = random.Random(4), kb.stats().facts
    labels = list(kb.documents(kinds=["label"]))
    ids = [found[0].id for info in rng.sample(labels, min(len(labels), 3 * NEAREST)) if (found := kb.entity(info.title))]
    if not ids or not facts:
        return table
    first = timed([lambda: kb.related(ids[:1])])
    for several in (1, 3):
        groups = [ids[at : at + several] for at in range(0, len(ids), several)][:NEAREST]
        times = timed([lambda group=group: kb.related(group) for group in groups])
        shown = first.p50 if several == 1 else None
        table.rows.append((f"{several} of them", facts, times.calls, shown, times.p50, times.p95, times.cpu))
    return table


def checking(kb: KnowledgeBase, questions: Sequence[str]) -> Table:
    """The time to check a claim, to read a passage for it, and from a model's first sentence to the first claim shown."""
    table = Table(
        "Claims checked",
        (Column("what"), Column("n"), Column("p50 ms", 2), Column("p95 ms", 2), Column("p99 ms", 2)),
        note="Sentences of passages, every second one with another digit, against their passage. A passage is read once, while the model "
        "writes. The first claim: from the end of a scripted model's first sentence to the event that shows it.",
    )
    checks, reads = _checks(kb)
    for name, walls in (("a claim", checks), ("a passage read", reads), ("first claim of a stream", _streams(kb, questions))):
        if walls:
            times = times_of(walls, 0.0)
            table.rows.append((name, times.calls, times.p50, times.p95, times.p99))
    return table


def _passages(kb: KnowledgeBase, rng: random.Random) -> Iterator[Passage]:
    """Passages of random labels, without end."""
    labels = list(kb.documents(kinds=["label"]))
    while True:
        own = kb.passages_of(rng.choice(labels))
        yield from rng.sample(own, min(len(own), 3))


def _checks(kb: KnowledgeBase) -> tuple[list[float], list[float]]:
    rng, checks, reads = random.Random(4), [], []
    for passage in _passages(kb, rng):
        spans = sentences(passage.text)
        if not spans:
            continue
        start, end = rng.choice(spans)
        claim = passage.text[start:end]
        if len(checks) % 2:
            claim = _DIGIT.sub(lambda match: str((int(match[0]) + 3) % 10), claim, count=1)
        document, checker = passage.document, Checker(kb.link)
        source = Source("[1]", passage.text, passage.start, document.title, passage.section.heading, document.lang)
        began = time.perf_counter()
        checker.prepare(source)
        read = time.perf_counter()
        checker.check(claim, [source])
        checks.append((time.perf_counter() - read) * 1000)
        reads.append((read - began) * 1000)
        if len(checks) == CLAIMS:
            break
    return checks, reads


@dataclass
class _Stopwatch:
    """A scripted model that repeats the beginning of the evidence and notes when its first sentence was whole."""

    first_sentence: float = field(default=0.0)

    def reply(self, messages: Sequence[Message]) -> Script:
        prompt = messages[-1].content
        at = prompt.find("[1]")
        words = " ".join(prompt[at + 3 : at + 600].split())
        spans = sentences(words)[1 : 1 + FIRST_SENTENCES] or [(0, len(words))]
        return Script(self._pieces([f"{words[start:end]}[1]" for start, end in spans]), between_s=PIECE_S)

    def _pieces(self, said: list[str]) -> Iterator[str]:
        for number, sentence in enumerate(said):
            for at in range(0, len(sentence), PIECE):
                yield sentence[at : at + PIECE]
            if number == 0:
                self.first_sentence = time.perf_counter()
            yield "\n"


def _streams(kb: KnowledgeBase, questions: Sequence[str]) -> list[float]:
    walls: list[float] = []
    for question in questions:
        watch = _Stopwatch()
        for event in MedRAG(kb, llm=ScriptedLLM(watch.reply)).stream(question):
            if event.claim is not None and watch.first_sentence:
                walls.append((time.perf_counter() - watch.first_sentence) * 1000)
                break
        if len(walls) == STREAMS:
            break
    return walls
