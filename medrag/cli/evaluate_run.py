"""`medrag evaluate run`, `compare` and `report`: a system asked every question, two such runs side by side, and their pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.answer.policy import Policy
from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.cli.questions import Download, Dtype, EntailmentName, K, LlmName, PolicyName, PresetName, ProfileFile, Risk, Set
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, medrag_of

if TYPE_CHECKING:
    from medrag.evaluate.runs.run import Ran

__all__ = ["compare", "report", "run"]

RunFolderName = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]


def run(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A folder of question files, or one file of your own.", show_default=False)
    ],
    kb: Kb,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="The folder of the run; a run that was killed goes on there.")
    ],
    task: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this task; may be repeated.")] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Ask the questions put aside for the end, and no others.")] = False,
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Questions under way at once.")] = 2,
    k: K = 10,
    llm: LlmName = EXTRACTIVE,
    preset: PresetName = None,
    policy: PolicyName = None,
    risk: Risk = None,
    entailment: EntailmentName = None,
    profile: ProfileFile = None,
    dtype: Dtype = None,
    download: Download = False,
    set_: Set = None,
    json: AsJson = False,
) -> None:
    """Ask every question and keep each answer with its evidence, in a folder that can be gone on with, compared and reported.

    A file of your own (csv, tsv, xlsx, json, jsonl) has rows with question and one of: document and section; answer;
    choices and answer.
    """
    from medrag.evaluate.runs.manifest import file_hash, manifest_of
    from medrag.evaluate.runs.run import run as ran
    from medrag.evaluate.runs.tasks import run_tasks

    tasks = run_tasks(data, task or ())
    writer = Writer(
        llm, preset, policy, None, None, risk, entailment, dtype=dtype, download=download, generation=tuple(set_ or ())
    )
    writer.refuse_what_is_ignored()
    with open_kb(kb) as base, progress_bar() as tell:
        medrag = medrag_of(base, Finding(k, profile), writer)
        settings = {"k": k, "profile": None if profile is None else f"{profile.name} {file_hash(profile)}", **_settings(writer)}
        manifest = manifest_of(base, {one.name: file for one, file in tasks}, settings, frozen=frozen)
        found = ran(tasks, medrag, out, manifest, workers=workers, progress=tell)
    if json:
        from medrag.evaluate.runs.table import as_json

        write_json(as_json(found.table))
    else:
        _write(found, out)


def _settings(writer: Writer) -> dict[str, str | int | float | bool | None]:
    """How is written, as names and values for the manifest."""
    return {
        "llm": writer.llm,
        "preset": writer.preset,
        "policy": (writer.policy or Policy.FLAG).value,
        "risk": writer.risk,
        "entailment": writer.entailment,
        "dtype": writer.dtype,
        "generation": " ".join(writer.generation),
    }


def _write(found: Ran, out: Path) -> None:
    rows = [
        (
            line.task,
            line.group,
            line.measure,
            str(line.estimate.n),
            f"{line.estimate.value:.3f}",
            f"{line.estimate.low:.3f} to {line.estimate.high:.3f}",
        )
        for line in found.table.lines
    ]
    write_table(("task", "group", "measure", "n", "value", "95 % interval"), rows)
    write_lines([""])
    for one in found.table.tallies:
        left_out = [
            f"{count} {why}"
            for count, why in ((one.absent, "whose answer is not there"), (one.faults, "with a fault"))
            if count
        ]
        write_lines([f"{one.task}: {one.scored} of {counted(one.questions, 'question')} count" + _bracketed(left_out)])
    write_lines([f"{out}: {counted(found.asked, 'question')} asked now, {found.kept} kept from before"])


def _bracketed(said: list[str]) -> str:
    return f" (left out: {', '.join(said)})" if said else ""


def compare(first: RunFolderName, second: RunFolderName, json: AsJson = False) -> None:
    """How much better the second run is than the first, on the questions that both were asked.

    The interval is of the paired bootstrap, p of the paired randomisation test.
    """
    from dataclasses import asdict

    from medrag.evaluate.runs.compare import compare_runs
    from medrag.evaluate.runs.folder import read_run
    from medrag.evaluate.runs.manifest import differences

    one, other = read_run(first), read_run(second)
    compared = list(compare_runs(one, other))
    differ = differences(one[0], other[0])
    if json:
        write_json({"differ": differ, "measures": [asdict(line) for line in compared]})
        return
    rows = [
        (
            line.task,
            line.measure,
            str(line.difference.n),
            f"{line.first.value:.3f}",
            f"{line.second.value:.3f}",
            f"{line.difference.value:+.3f}",
            f"{line.difference.low:+.3f} to {line.difference.high:+.3f}",
            f"{line.p:.4f}",
            f"{line.difference.wins}:{line.difference.losses}",
        )
        for line in compared
    ]
    write_table(("task", "measure", "n", "first", "second", "difference", "95 % interval", "p", "better:worse"), rows)
    write_lines(["", "The runs differ in: " + ("; ".join(differ) or "nothing that their manifests name")])


def report(
    runs: Annotated[list[Path] | None, typer.Argument(metavar="RUN…", help="Folders of runs.", show_default=False)] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The page; a FILE.md is written beside it.")] = Path(
        "report.html"
    ),
    ratings: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Ratings that `evaluate judge pairs` wrote; may be repeated.")
    ] = None,
) -> None:
    """Write one self-contained page, and Markdown, with the tables, plots and every question of the runs."""
    from medrag.evaluate.report.page import write_report

    written = write_report(runs or (), out, ratings or ())
    write_lines([f"{path}" for path in written])
