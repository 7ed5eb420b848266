"""The report of runs: one HTML page that asks nothing of the network, and Markdown with the same tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from medrag.errors import EvaluationError
from medrag.evaluate.report.questions import questions_html
from medrag.evaluate.report.ratings import Rated, read_ratings
from medrag.evaluate.report.series import DEEPEST, PERCENTILES, calibration, hit_rates, latency, risk_coverage
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
.wide{overflow-x:auto;font-size:.88rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem;border-top:2px solid;border-bottom:2px solid}
th{border-bottom:1px solid}th,td{padding:.2rem .6rem;text-align:left;vertical-align:top}td{border-bottom:1px solid var(--line)}
.n{text-align:right;font-variant-numeric:tabular-nums}td:first-child{white-space:nowrap}td small{display:block;opacity:.7;white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(30rem,1fr));gap:1rem 2rem;align-items:start}
figure{margin:0;break-inside:avoid}figcaption{font-size:.9rem}figcaption b,caption b{margin-right:.4em}
caption{text-align:left;padding:.3rem 0}
svg{font:12px system-ui,sans-serif;max-width:100%;height:auto}svg text{fill:currentColor}.grid{stroke:var(--line)}
details{border-bottom:1px solid var(--line);padding:.3rem 0}details details{margin-left:1rem}summary{cursor:pointer}
.miss{color:#c1553b;font-weight:600}blockquote{margin:.3rem 0;padding:.2rem .8rem;border-left:3px solid var(--line);white-space:pre-wrap}
code{background:var(--soft);padding:0 .25rem}
@media print{body{max-width:none;margin:0}.questions{display:none}}
"""
FOLDED = 24  # rows; a longer table is folded


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


def _summaries(run: _Run) -> Iterator[Rows]:
    """The tasks that have the same measures in one table: each in a row, the value and its interval in brackets."""
    found = {(one.task, one.measure): one.estimate for one in run.table.lines if one.group == ALL}
    scored = {one.task: one.scored for one in run.table.tallies}
    alike: dict[tuple[str, ...], list[str]] = {}
    for task in dict.fromkeys(task for task, _ in found):
        alike.setdefault(tuple(measure for name, measure in found if name == task), []).append(task)
    for measures, tasks in alike.items():
        cells = [[found[task, name] for name in measures] for task in tasks]
        yield (
            ("task", "n", *measures),
            [
                (task, str(scored[task]), *(f"{one.value:.3f} ({one.low:.2f}–{one.high:.2f})" for one in row))
                for task, row in zip(tasks, cells, strict=True)
            ],
        )


def _sections(runs: Sequence[_Run], rated: Sequence[Rated]) -> Iterator[tuple[str, str, Rows]]:
    """Every table: its heading, what is to be said of it, and its rows."""
    for one in rated:
        yield f"Ratings: {one.name}", one.said, _rated(one)
    for run in runs:
        for rows in _summaries(run):
            said = "With 95 % intervals by bootstrap over questions; n are the questions that count."
            yield f"{run.name}: {', '.join(row[0] for row in rows[1])}", said, rows
        yield (
            f"{run.name}: questions",
            "Those whose answer is not in the knowledge base, and faults, count in no figure.",
            _tallies(run),
        )
        yield f"{run.name}: by group", "", _figures(run)
        yield f"{run.name}: how it was made", "", _made_by(run)
    for other in runs[1:]:
        if not set(other.manifest.tasks) & set(runs[0].manifest.tasks):
            continue  # runs of other questions stand side by side, there is nothing to compare
        said = "On the questions that both were asked; the interval by paired bootstrap, p by the paired randomisation test."
        yield f"{other.name} against {runs[0].name}", said, _compared(runs[0], other)


# ------------------------------------------------------------------ the two forms


def _page(runs: Sequence[_Run], rated: Sequence[Rated]) -> str:
    title = f"Evaluation: {', '.join([*(one.name for one in rated), *(run.name for run in runs)])}"
    drawn = [_figure(number, *one) for number, one in enumerate((one for one in _plots(runs, rated) if one[2]), start=1)]
    body = [f"<h1>{escape(title)}</h1>"]
    for number, (heading, said, rows) in enumerate(_sections(runs, rated), start=1):
        body.append(_table_html(number, heading, said, rows))
    body += ["<h2>Figures</h2>", f'<div class="plots">{"".join(drawn)}</div>'] if drawn else []
    body += [
        f'<div class="questions"><h2>{escape(run.name)}: every question</h2>{questions_html(run.records)}</div>' for run in runs
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{"".join(body)}</body></html>\n'


def _plots(runs: Sequence[_Run], rated: Sequence[Rated]) -> Iterator[tuple[str, str, str]]:
    """Every plot: its caption, what is to be said of it, and the drawing, "" where there is nothing to draw."""
    for one in rated:
        elo = [Dot(row.model, row.elo.value, row.elo.low, row.elo.high) for row in one.models]
        yield f"Elo: {one.name}", "The median over resamples of the comparisons, with 95 % intervals.", dots(elo, x="Elo")
    named = [(run.name, run.records) for run in runs]
    k, share = "rank k", "share of questions"
    hits = curves([hit_rates(*one) for one in named], x=k, y=share, x_marks=range(1, DEEPEST + 1))
    yield "HR@k", "Questions whose first right piece of evidence is among the first k.", hits
    coverage = curves([risk_coverage(*one) for one in named], x="share of questions answered", y="share unsupported")
    yield "Risk and coverage", "Of the answers given, the surest first, the share that no right section supports.", coverage
    sure = curves([calibration(*one) for one in named], x="confidence", y="share supported", diagonal=True)
    yield "Calibration", "Answers in bins of like confidence and equal number; dashed where both would be equal.", sure
    times = curves([latency(*one) for one in named], x="milliseconds", y=share)
    yield "Time to answer", f"Questions answered within so many milliseconds, up to the {PERCENTILES[-1]}th percentile.", times
    for run in runs:
        first = [Dot(f"{x.task}", x.estimate.value, x.estimate.low, x.estimate.high) for x in run.table.lines
                 if x.group == ALL and x.measure == "Success@1"]  # fmt: skip
        drawn = dots(first, x="share of questions", span=(0.0, 1.0))
        yield f"{run.name}: right section first", "Success@1 of each task, with 95 % intervals.", drawn


def _figure(number: int, caption: str, said: str, drawn: str) -> str:
    return f"<figure>{drawn}<figcaption><b>Figure {number}. {escape(caption)}.</b>{escape(said)}</figcaption></figure>"


def _table_html(number: int, heading: str, said: str, rows: Rows) -> str:
    header, body = rows
    numeric = [any(row[at] for row in body) and all(_is_number(row[at]) for row in body) for at in range(len(header))]
    head = "".join(f"<th{' class=n' if right else ''}>{escape(cell)}</th>" for cell, right in zip(header, numeric, strict=True))
    lines = "".join(f"<tr>{''.join(_cell(cell, right) for cell, right in zip(row, numeric, strict=True))}</tr>" for row in body)
    caption = f"<caption><b>Table {number}. {escape(heading)}.</b>{escape(said)}</caption>"
    table = f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
    if len(body) <= FOLDED:
        return table
    return f"<details><summary>Table {number}. {escape(heading)}: {len(body)} rows</summary>{table}</details>"


def _is_number(text: str) -> bool:
    """Whether a cell is a figure, with or without an interval behind it, or empty as where there is none."""
    return not text or text.split(" ")[0].replace(".", "").replace(",", "").replace("+", "").replace("-", "").isdigit()


def _cell(text: str, right: bool) -> str:
    value, bracket, interval = text.partition(" (")
    small = f"<small>{escape(interval.removesuffix(')'))}</small>" if right and bracket else ""
    return f"<td{' class=n' if right else ''}>{escape(value if small else text)}{small}</td>"


def _markdown(runs: Sequence[_Run], rated: Sequence[Rated]) -> str:
    out = ["# Evaluation", ""]
    for heading, said, (header, body) in _sections(runs, rated):
        out += [f"## {heading}", ""] + ([said, ""] if said else [])
        out += [_row(header), _row(["---"] * len(header)), *map(_row, body), ""]
    return "\n".join(out)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
