"""The report of runs: one HTML page that asks nothing of the network, and Markdown with the same tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from medrag.errors import EvaluationError
from medrag.evaluate.report.questions import questions_html
from medrag.evaluate.report.ratings import Rated, read_ratings
from medrag.evaluate.report.series import calibration, hit_rates, latency, risk_coverage
from medrag.evaluate.report.svg import Dot, curves, dots
from medrag.evaluate.runs.compare import compare_runs
from medrag.evaluate.runs.folder import read_run
from medrag.evaluate.runs.manifest import Manifest
from medrag.evaluate.runs.records import Asked
from medrag.evaluate.runs.table import ALL, Table, table_of
from medrag.evaluate.runs.tasks import measures_of

__all__ = ["write_report"]

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}figure{display:inline-block;margin:0 1rem 1rem 0}figcaption{font-weight:600}
svg{font:12px system-ui,sans-serif;max-width:100%;height:auto}svg text{fill:currentColor}.grid{stroke:var(--line)}
details{border-bottom:1px solid var(--line);padding:.3rem 0}details details{margin-left:1rem}summary{cursor:pointer}
.miss{color:#c1553b;font-weight:600}blockquote{margin:.3rem 0;padding:.2rem .8rem;border-left:3px solid var(--line);white-space:pre-wrap}
code{background:var(--soft);padding:0 .25rem}
"""


@dataclass(frozen=True, slots=True)
class _Run:
    name: str
    manifest: Manifest
    records: Sequence[Asked]
    table: Table


def write_report(folders: Sequence[Path], out: Path, ratings: Sequence[Path] = ()) -> tuple[Path, Path]:
    """Writes the page and, beside it, the Markdown, and gives both paths.

    `ratings` are files that `medrag evaluate judge` wrote. Raises `EvaluationError` for a folder that holds no run.
    """
    runs = list(_read(folders))
    rated = [read_ratings(path) for path in ratings]
    if not runs and not rated:
        raise EvaluationError("there is nothing to report: name folders of runs")
    markdown = out.with_suffix(".md")
    if markdown == out:
        raise EvaluationError(f"{out}: wanted a name that ends in .html; the Markdown is written beside it")
    out.write_text(_page(runs, rated), "utf-8", "replace")
    markdown.write_text(_markdown(runs, rated), "utf-8", "replace")
    return out, markdown


def _read(folders: Sequence[Path]) -> Iterator[_Run]:
    names = [folder.resolve().name for folder in folders]
    for folder, name in zip(folders, names, strict=True):
        manifest, records = read_run(folder)
        latest = list({(one.task, one.id): one for one in records}.values())
        table = table_of([(task, measures_of(task)) for task in manifest.tasks], latest)
        yield _Run(name if names.count(name) == 1 else str(folder), manifest, latest, table)


# ------------------------------------------------------------------ what both forms say


Rows = tuple[Sequence[str], list[Sequence[str]]]  # a header, and rows under it


def _figures(run: _Run) -> Rows:
    header = ("task", "group", "measure", "n", "value", "95 % interval")
    return header, [
        (one.task, one.group, one.measure, str(one.estimate.n), f"{one.estimate.value:.3f}", f"{one.estimate.low:.3f} to {one.estimate.high:.3f}")
        for one in run.table.lines
    ]  # fmt: skip


def _tallies(run: _Run) -> Rows:
    header = ("task", "questions", "that count", "answer not there", "faults")
    return header, [
        (one.task, str(one.questions), str(one.scored), str(one.absent), str(one.faults)) for one in run.table.tallies
    ]


def _made_by(run: _Run) -> Rows:
    one = run.manifest
    facts = {
        "release": f"medrag {one.release}" + (f", commit {one.source_commit[:12]}" if one.source_commit else ""),
        "knowledge base": f"{one.knowledge_base}, commit {one.commit}, {one.documents:,} documents",
        "machine": f"Python {one.python}, {one.machine}",
        "packages": ", ".join(f"{name} {version}" for name, version in one.packages.items()),
        "settings": ", ".join(f"{name} {value}" for name, value in one.settings.items() if value not in (None, "")),
        "data": ", ".join(f"{name} ({value[:12]})" for name, value in one.data.items()),
    }
    return ("", "this run"), list(facts.items())


def _compared(first: _Run, other: _Run) -> Rows:
    header = ("task", "measure", "n", first.name, other.name, "difference", "95 % interval", "p")
    return header, [
        (
            one.task, one.measure, str(one.difference.n), f"{one.first.value:.3f}", f"{one.second.value:.3f}",
            f"{one.difference.value:+.3f}", f"{one.difference.low:+.3f} to {one.difference.high:+.3f}", f"{one.p:.4f}",
        )
        for one in compare_runs((first.manifest, first.records), (other.manifest, other.records))
    ]  # fmt: skip


def _rated(one: Rated) -> Rows:
    header = ("model", "Elo", "95 % interval", "Bradley-Terry", "95 % interval")
    return header, [
        (row.model, f"{row.elo.value:.0f}", f"{row.elo.low:.0f} to {row.elo.high:.0f}", f"{row.bradley_terry.value:.0f}",
         f"{row.bradley_terry.low:.0f} to {row.bradley_terry.high:.0f}")
        for row in one.models
    ]  # fmt: skip


def _sections(runs: Sequence[_Run], rated: Sequence[Rated]) -> Iterator[tuple[str, str, Rows]]:
    """Every table: its heading, what is to be said before it, and its rows."""
    for one in rated:
        yield f"Ratings: {one.name}", one.said, _rated(one)
    for run in runs:
        yield f"{run.name}: figures", "", _figures(run)
        yield f"{run.name}: questions", "", _tallies(run)
        yield f"{run.name}: how it was made", "", _made_by(run)
    for other in runs[1:]:
        said = "On the questions that both were asked; the interval by paired bootstrap, p by the paired randomisation test."
        yield f"{other.name} against {runs[0].name}", said, _compared(runs[0], other)


# ------------------------------------------------------------------ the two forms


def _page(runs: Sequence[_Run], rated: Sequence[Rated]) -> str:
    title = f"Evaluation: {', '.join([*(one.name for one in rated), *(run.name for run in runs)])}"
    body = [f"<h1>{escape(title)}</h1>", *_plots(runs, rated)]
    for heading, said, rows in _sections(runs, rated):
        body.append(f"<h2>{escape(heading)}</h2>{f'<p>{escape(said)}</p>' if said else ''}{_table_html(rows)}")
    body += [f"<h2>{escape(run.name)}: every question</h2>{questions_html(run.records)}" for run in runs]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{"".join(body)}</body></html>\n'


def _plots(runs: Sequence[_Run], rated: Sequence[Rated]) -> Iterator[str]:
    for one in rated:
        elo = [Dot(row.model, row.elo.value, row.elo.low, row.elo.high) for row in one.models]
        yield _figure(f"Elo with 95 % intervals: {one.name}", dots(elo, x="Elo"))
    named = [(run.name, run.records) for run in runs]
    k, share = "rank k", "share of questions"
    yield _figure("Hit rate within the first k", curves([hit_rates(*one) for one in named], x=k, y=share))
    coverage = [risk_coverage(*one) for one in named]
    yield _figure("Risk and coverage", curves(coverage, x="share of questions answered", y="share unsupported"))
    sure = [calibration(*one) for one in named]
    yield _figure("Calibration", curves(sure, x="confidence", y="share supported", diagonal=True))
    yield _figure("Time to answer", curves([latency(*one) for one in named], x="milliseconds", y=share))
    for run in runs:
        first = [Dot(f"{x.task}", x.estimate.value, x.estimate.low, x.estimate.high) for x in run.table.lines
                 if x.group == ALL and x.measure == "Success@1"]  # fmt: skip
        yield _figure(f"{run.name}: right section first", dots(first, x="share of questions"))


def _figure(caption: str, drawn: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawn}</figure>" if drawn else ""


def _table_html(rows: Rows) -> str:
    header, body = rows
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(text: str) -> str:
    number = text.replace(".", "").replace("+", "").replace("-", "").isdigit()
    return f"<td{' class=n' if number else ''}>{escape(text)}</td>"


def _markdown(runs: Sequence[_Run], rated: Sequence[Rated]) -> str:
    out = ["# Evaluation", ""]
    for heading, said, (header, body) in _sections(runs, rated):
        out += [f"## {heading}", ""] + ([said, ""] if said else [])
        out += [_row(header), _row(["---"] * len(header)), *map(_row, body), ""]
    return "\n".join(out)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
