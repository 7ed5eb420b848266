"""`medrag export`: a knowledge base in other forms."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from medrag.cli.output import Kb, counted, open_kb, write_lines
from medrag.evaluate.sft.form import Form

__all__ = ["export_app"]


def export_app() -> typer.Typer:
    """The commands under `medrag export`."""
    app = typer.Typer(help="Write what a knowledge base holds in other forms.", rich_markup_mode=None)
    app.callback()(_export)
    app.command("sft")(sft)
    return app


def _export() -> None:
    """Write what a knowledge base holds in other forms."""


def sft(
    kb: Kb,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.jsonl", help="The file to write.")],
    form: Annotated[Form, typer.Option(help="alpaca (instruction, input, output) or messages (role, content).")] = Form.ALPACA,
    lang: Annotated[str, typer.Option(metavar="zh|en", help="Only examples in this language.")] = "",
    evidence: Annotated[bool, typer.Option("--evidence", help="Show the cited texts with the question.")] = False,
    distractors: Annotated[
        int, typer.Option(metavar="N", min=0, max=20, help="With --evidence: other sections shown beside the right one.")
    ] = 0,
    most: Annotated[int | None, typer.Option(metavar="N", min=1, help="Examples, at most.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Which question each text gets.")] = 1,
) -> None:
    """Write questions with cited answers in the sources' own words, to tune a model on (LLaMA-Factory and its like).

    The texts are those of the knowledge base: whether they may be trained on is for their licences to say.
    """
    from medrag.evaluate.sft.make import Made, examples
    from medrag.evaluate.sft.write import write_examples

    if lang not in ("", "zh", "en"):
        raise typer.BadParameter(f"--lang {lang}: wanted zh or en")
    if distractors and not evidence:
        raise typer.BadParameter("--distractors: only with --evidence, which shows them")
    made = Made()
    with open_kb(kb) as base:
        found = islice(examples(base, seed=seed, lang=lang, distractors=distractors, made=made), most)
        counts = write_examples(found, out, form, evidence=evidence)
    said = (
        ", ".join(f"{kind} {count:,}" for kind, count in counts.items()) or "none: the knowledge base has nothing to ask about"
    )
    write_lines([f"{out}: {counted(sum(counts.values()), 'example')} ({said})"])
    write_lines([f"  left out: {counted(count, 'time')} {reason}" for reason, count in made.left_out.most_common()])
