"""Instruction data in the forms that tuning tools read: Alpaca's and chat messages', one JSON object a line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medrag.evaluate.sft.form import Form
from medrag.evaluate.sft.make import Example
from medrag.types import digest

__all__ = ["row_of", "write_examples"]


def row_of(example: Example, form: Form, *, evidence: bool) -> dict[str, Any]:
    """The example as plain values; with `evidence`, what its markers stand for is shown to the model to be tuned.

    `provenance`, which tuning tools pass over, says where every word of the answer comes from.
    """
    shown = "\n\n".join(f"[{one.marker}] {one.document.title} › {one.heading}\n{one.text.strip()}" for one in example.evidence)
    provenance = {
        "kind": example.kind,
        "about": example.about,
        "lang": example.lang,
        "template": example.template,
        "citations": [
            {
                "marker": one.marker,
                "source": one.document.source,
                "key": one.document.key,
                "version": one.document.version,
                "title": one.document.title,
                "heading": one.heading,
                "start": one.start,
                "end": one.end,
                "sha256": digest(one.text),
            }
            for one in example.evidence
            if one.cited
        ],
    }
    if form is Form.ALPACA:
        asked = {"instruction": example.question, "input": shown if evidence else "", "output": example.answer}
        return {**asked, "provenance": provenance}
    question = f"{shown}\n\n{example.question}" if evidence else example.question
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": example.answer}]
    return {"messages": messages, "provenance": provenance}


def write_examples(examples: Iterable[Example], path: Path, form: Form, *, evidence: bool = False) -> Counter[str]:
    """Writes the examples, the whole file or none of it, and gives how many there are of each language and kind."""
    counts: Counter[str] = Counter()
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", errors="surrogatepass") as file:
            for one in examples:
                counts[f"{one.lang} {one.kind}"] += 1
                file.write(json.dumps(row_of(one, form, evidence=evidence), ensure_ascii=False) + "\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return counts
