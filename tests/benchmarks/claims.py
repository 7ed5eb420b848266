"""What checking costs: milliseconds per claim, and how long the first claim of a stream waits behind the model's words.

`make bench-claims`, or `python -m tests.benchmarks.claims --kb FOLDER`. A scripted model repeats sentences of the evidence, some
changed, at the pace of a model; so what is timed is everything but a model. Times are of this machine; nothing is asserted.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.answer.verify.claim import Checker, Source
from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.llm.messages import Message
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.sentences import sentences
from medrag.types import Passage
from tests.benchmarks.bench import development_questions, percentiles
from tests.conftest import ROOT

CLAIMS = 2_000
STREAMS = 60
PIECE_S = 0.02  # between two pieces of the scripted model: fifty tokens a second
PIECE = 4  # characters
FIRST_SENTENCES = 4  # of the evidence, repeated by the scripted model
_DIGIT = re.compile(r"\d")


def passages(kb: KnowledgeBase, count: int, rng: random.Random) -> Iterator[Passage]:
    """So many passages of random labels."""
    documents = list(kb.documents(kinds=["label"]))
    while count > 0:
        own = kb.passages_of(rng.choice(documents))
        for passage in rng.sample(own, min(len(own), 3)):
            yield passage
            count -= 1


def checking(kb: KnowledgeBase) -> dict[str, dict[str, float]]:
    """Milliseconds to check a claim: sentences of passages, every second one with another digit.

    `reading` is the passage read for the first time, which an answer does while its model writes; `claim` is the check.
    """
    rng = random.Random(4)
    times: list[float] = []
    reading: list[float] = []
    for passage in passages(kb, CLAIMS, rng):
        spans = sentences(passage.text)
        if not spans:
            continue
        start, end = rng.choice(spans)
        claim = passage.text[start:end]
        if len(times) % 2:
            claim = _DIGIT.sub(lambda match: str((int(match[0]) + 3) % 10), claim, count=1)
        source = Source(
            "[1]", passage.text, passage.start, passage.document.title, passage.section.heading, passage.document.lang
        )
        checker = Checker(kb.link)
        began = time.perf_counter()
        checker.prepare(source)
        read = time.perf_counter()
        checker.check(claim, [source])
        times.append((time.perf_counter() - read) * 1000)
        reading.append((read - began) * 1000)
    return {"check_claim_ms": percentiles(times), "read_passage_ms": percentiles(reading)}


class Stopwatch:
    """A scripted model that repeats the beginning of the evidence and notes when its first sentence was whole."""

    def __init__(self) -> None:
        self.first_sentence = 0.0

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


def streaming(kb: KnowledgeBase, questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds from the end of the model's first sentence (with its mark) to the first claim that is shown."""
    times: list[float] = []
    for question in questions:
        watch = Stopwatch()
        for event in MedRAG(kb, llm=ScriptedLLM(watch.reply)).stream(question):
            if event.claim is not None and watch.first_sentence:
                times.append((time.perf_counter() - watch.first_sentence) * 1000)
                break
        if len(times) == STREAMS:
            break
    return percentiles(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, metavar="FOLDER", help="a knowledge base (default: the starter one)")
    given = parser.parse_args().kb
    with tempfile.TemporaryDirectory(prefix="medrag-claims-") as folder:
        root = given or Path(folder) / "starter.kb"
        if given is None:
            build(ROOT / "kb", root)
        with KnowledgeBase.open(root) as kb:
            figures = {**checking(kb), "first_claim_after_ms": streaming(kb, development_questions())}
            for figure, values in figures.items():
                print(f"{figure:22}", *(f"{name} {value}" for name, value in values.items()))


if __name__ == "__main__":
    main()
