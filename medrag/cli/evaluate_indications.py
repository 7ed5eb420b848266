"""`medrag evaluate indications`: how many of a drug's indications, as experts took them from labels, an answer says."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, counted, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.indications import Report, Scores
    from medrag.evaluate.metrics import Estimate

__all__ = ["indications"]


def indications(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="QiZhen's csv, or a folder with eval/qizhen/indications.csv.", show_default=False),
    ],
    kb: Kb,
    expanded: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl", help="Write each term that is not said literally: how it is said, or that it is missed."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Ask for the indications of each drug and count the experts' terms that the answer says, by an automatic rule.

    The file has the columns 药品, 药品适应症 (HTML), 医学专家标注的适应病症 (terms joined by |) and instruction (the question).
    The drugs' own texts are added to a copy of the knowledge base, without the terms.
    """
    from medrag.evaluate.indications import ask_indications

    with progress_bar() as tell:
        report = ask_indications(data, Path(kb), tell)
    if expanded is not None:
        rows = [*_expanded("own text", report.own), *_expanded("answer", report.answers)]
        rows += [
            {"text": "own text", "drug": drug, "term": term, "way": "not listed", "sentence": ""}
            for drug, term in report.experts.only_rule
        ]
        expanded.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    if json:
        write_json(_as_json(report))
    else:
        _write(report)


def _expanded(text: str, scores: Scores) -> list[dict[str, str]]:
    said = [
        {"text": text, "drug": drug, "term": term, "way": found.way.value, "sentence": found.sentence}
        for drug, term, found in scores.by_expansion
    ]
    return said + [{"text": text, "drug": drug, "term": term, "way": "missed", "sentence": ""} for drug, term in scores.missed]


def _write(report: Report) -> None:
    from medrag.evaluate.indications import published

    rows = [
        _row("medrag, answers, automatic rule", report.answers.shares()),
        _row("medrag, answers, terms literally", report.answers.shares(literally=True)),
        _row("the labels' own text, automatic rule", report.own.shares()),
        _row("the labels' own text, terms literally", report.own.shares(literally=True)),
        *((one.model, *(f"{value:.2f}" for value in one.values), one.source) for one in published()),
    ]
    write_table(("", "C1", "C2", "C3", "scored"), rows)
    write_lines(
        [
            "",
            f"{counted(len(report.own.drugs), 'drug')} with {counted(report.own.terms, 'term')}, asked of "
            f"{counted(report.asked_of, 'document')}; {counted(report.abstained, 'question')} without an answer. The labels' own text says "
            f"{report.own.hits} terms ({report.own.literal_hits} literally), the answers {report.answers.hits} "
            f"({report.answers.literal_hits} literally).",
            _agreement(report),
            "Here the labels are in the knowledge base, so this is retrieval against the published models' memory; and it is scored by a",
            "rule, where the published scores were given by clinicians. --expanded writes what only the rule found, to be read.",
        ]
    )


def _agreement(report: Report) -> str:
    """How the rule agrees with the experts, as a line."""
    one = report.experts
    return (
        f"The rule and the experts, every term with every label's own text: both {one.both}, only the experts {one.only_experts}, only the "
        f"rule {len(one.only_rule)}, neither {one.neither:,}; Cohen's kappa {one.kappa:.3f}."
    )


def _row(name: str, shares: dict[str, Estimate]) -> tuple[str, ...]:
    any_share = next(iter(shares.values()))
    return name, *(_share(one) for one in shares.values()), f"automatically, {counted(any_share.n, 'drug')}"


def _share(one: Estimate) -> str:
    return f"{100 * one.value:.2f} ({100 * one.low:.0f} to {100 * one.high:.0f})"


def _as_json(report: Report) -> dict[str, Any]:
    from medrag.evaluate.indications import published

    return {
        "scored": "automatically",
        "compares": "retrieval among labels here, the models' memory in the published rows",
        "documents": report.asked_of,
        "abstained": report.abstained,
        "answers": _figures(report.answers),
        "own_text": _figures(report.own),
        "agreement_with_experts": {
            "both": report.experts.both,
            "only_experts": report.experts.only_experts,
            "only_rule": len(report.experts.only_rule),
            "neither": report.experts.neither,
            "kappa": report.experts.kappa,
        },
        "published": [{"model": one.model, "values": one.values, "source": one.source} for one in published()],
    }


def _figures(scores: Scores) -> dict[str, Any]:
    return {
        "terms": scores.terms,
        "hits": scores.hits,
        "literal_hits": scores.literal_hits,
        "shares": {name: _numbers(one) for name, one in scores.shares().items()},
        "literal_shares": {name: _numbers(one) for name, one in scores.shares(literally=True).items()},
    }


def _numbers(one: Estimate) -> dict[str, float]:
    return {"n": one.n, "value": one.value, "low": one.low, "high": one.high}
