"""`medrag normalise`: the standard terms that a name means."""

from __future__ import annotations

from typing import Annotated

import typer

from medrag.cli.output import AsJson, Kb, open_kb, write_json, write_lines, write_table

__all__ = ["normalise"]


def normalise(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A name as somebody wrote it.")],
    kb: Kb,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="drug, disease, operation, symptom …: what the name is of.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, metavar="N", help="How many terms.")] = 10,
    json: AsJson = False,
) -> None:
    """Find the standard terms that a name means."""
    with open_kb(kb) as base:
        found = base.normalise(text, kind=kind, k=k)
    if json:
        terms = [
            {
                "entity": n.entity.id,
                "kind": n.entity.kind.value,
                "term": n.entity.name,
                "name": n.name,
                "score": n.score,
                "via": n.via,
            }
            for n in found
        ]
        write_json({"text": text, "terms": terms})
    elif found:
        write_table(
            ("term", "score", "why", "kind", "id"),
            [[n.entity.name, f"{n.score:.3f}", n.via, n.entity.kind.value, n.entity.id] for n in found],
        )
    else:
        write_lines([f"nothing in the knowledge base is named like {text!r}"])
