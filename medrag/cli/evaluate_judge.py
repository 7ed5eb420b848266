"""`medrag evaluate judge`: language models as judges of answers, in pairs, by criteria, and of whole consultations."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import Kb, counted, open_kb, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.cli.questions import LlmName, Set
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, medrag_of

if TYPE_CHECKING:
    from medrag.evaluate.judges.consultation import Answering
    from medrag.evaluate.judges.pairwise import Compared
    from medrag.evaluate.judges.replies import Replies
    from medrag.evaluate.report.ratings import Rated
    from medrag.types import Turn

__all__ = ["judge_app"]

REPLIES = "replies.jsonl"  # in the output folder
JudgeName = Annotated[
    str, typer.Option("--judge", metavar="NAME", help="The judge: http:URL#MODEL, hf:PATH, or recorded:FILE.jsonl of replies.")
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Where replies, marks and ratings go; what is there is not asked again.")
]
Task = Annotated[str, typer.Option("--task", metavar="NAME", help="Which task of a run.")]


def judge_app() -> typer.Typer:
    """The commands under `medrag evaluate judge`."""
    app = typer.Typer(help="Let a language model judge answers.", rich_markup_mode=None)
    app.callback()(_judge)
    app.command("pairs")(pairs)
    app.command("sets")(sets)
    app.command("answers")(answers)
    app.command("consultations")(consultations)
    return app


def _judge() -> None:
    """Let a language model judge answers; its replies are kept, and one that cannot be read is counted."""


def pairs(
    models: Annotated[
        list[Path], typer.Argument(metavar="ANSWERS…", help="A file or run for each model, in the order of the draw.")
    ],
    judge: JudgeName,
    out: Out,
    task: Task = "",
    reference: Annotated[bool, typer.Option("--reference", help="Show the judge the reference answers.")] = False,
    both_seats: Annotated[
        bool, typer.Option("--both-seats", help="Judge each pair twice, seats changed; a win must hold in both.")
    ] = False,
    rounds: Annotated[int, typer.Option(metavar="N", min=1, help="Questions for each pair of models.")] = 10,
    set_: Set = None,
) -> None:
    """Compare answers of models to the same questions and rate the models by Elo and Bradley-Terry.

    A file has one object a line: {"question", "predict_answer", "reference_answer"}; the model is called by its name.
    `medrag evaluate report` draws FOLDER/ratings.json with --ratings.
    """
    from medrag.evaluate.judges.answers import read_answers
    from medrag.evaluate.judges.pairwise import compare_answers, rated

    read = read_answers(models, task)
    with _folder(out), progress_bar() as tell:
        replies = _replies(judge, out, set_ or ())
        compared = compare_answers(read, replies, rounds=rounds, with_reference=reference, both_seats=both_seats, progress=tell)
        found = rated(out.resolve().name, compared, replies.name)
        _write_rated(out, compared, found)
    _show_rated(found)


def sets(
    predicted: Annotated[
        Path,
        typer.Argument(metavar="PREDICTED", help="A folder for each model with a file for each set: MODEL/MedicineQA.jsonl."),
    ],
    judge: JudgeName,
    out: Out,
    set_name: Annotated[list[str] | None, typer.Option("--only", metavar="SET", help="Only this set; may be repeated.")] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Show reference answers wherever there are such, not in DialogSumm alone.")
    ] = False,
    both_seats: Annotated[
        bool, typer.Option("--both-seats", help="Judge each pair twice, seats changed; a win must hold in both.")
    ] = False,
    rounds: Annotated[int, typer.Option(metavar="N", min=1, help="Questions for each pair of models.")] = 10,
    set_: Set = None,
) -> None:
    """Judge PULSE-EVAL's eight sets: seven in pairs, MedTriage by its labels, and the average rank of each model.

    Pairs are drawn from seed 42 with the published models in their published order and your own after them, so that what was judged
    before stays as it is. `medrag evaluate predict` writes a model's files.
    """
    from medrag.evaluate.judges.sets import judge_sets, read_sets

    read = read_sets(predicted, set_name or ())
    with _folder(out), progress_bar() as tell:
        replies = _replies(judge, out, set_ or ())
        found = judge_sets(read, replies, rounds=rounds, reference_always=reference, both_seats=both_seats, progress=tell)
        for one in found.sets:
            (out / one.name).mkdir(exist_ok=True)
            _write_rated(out / one.name, one.compared, one.rated)
    for one in found.sets:
        write_lines([one.name])
        _show_rated(one.rated)
        write_lines([""])
    if found.triage:
        table = [(model, f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}") for model, one in found.triage.items()]
        write_table(("MedTriage", "micro precision", "recall", "F1"), table)
        write_lines([""])
    best_first = sorted(found.ranks.items(), key=lambda item: item[1])
    write_table(("model", "average rank"), [(model, f"{rank:.2f}") for model, rank in best_first])
    write_lines([f"over {counted(len(found.sets) + bool(found.triage), 'set')}, equals share the mean of their ranks"])


def _folder(out: Path) -> AbstractContextManager[None]:
    """The output folder, made, for this process alone."""
    from medrag.evaluate.runs.folder import alone

    out.mkdir(parents=True, exist_ok=True)
    return alone(out)


def _write_rated(folder: Path, compared: Sequence[Compared], found: Rated) -> None:
    _write_battles(folder / "battles.csv", compared)
    (folder / "ratings.json").write_text(found.model_dump_json(indent=1) + "\n", "utf-8")


def _show_rated(found: Rated) -> None:
    rows = [
        (
            one.model,
            f"{one.elo.value:.0f}",
            f"{one.elo.low:.0f} to {one.elo.high:.0f}",
            f"{one.bradley_terry.value:.0f}",
            f"{one.bradley_terry.low:.0f} to {one.bradley_terry.high:.0f}",
        )
        for one in found.models
    ]
    write_table(("model", "Elo", "95 % interval", "Bradley-Terry", "95 % interval"), rows)
    write_lines(["", found.said])


def answers(
    file: Annotated[Path, typer.Argument(metavar="ANSWERS", help="A file of answers, or the folder of a run.")],
    judge: JudgeName,
    out: Out,
    task: Task = "",
    set_: Set = None,
) -> None:
    """Mark answers 0 to 3 for completeness, depth and professionalism, as CMCOQA does it."""
    from medrag.evaluate.judges.answers import answers_of
    from medrag.evaluate.judges.cmcoqa import mark_answer, marks_of

    read = answers_of(file, task)
    marked = []
    with _folder(out), progress_bar() as tell:
        replies = _replies(judge, out, set_ or ())
        for at, (question, text) in enumerate(zip(read.questions, read.texts, strict=True)):
            tell("answers", at, len(read.texts))
            marked.append(mark_answer(question, text, replies))
        rows = [{"question": q, "marks": one.marks, "fault": one.fault} for q, one in zip(read.questions, marked, strict=True)]
        _write_rows(out / "marks.jsonl", rows)
    found = marks_of(marked)
    write_table(
        ("criterion", "n", "mean of 0 to 3"), [(name, str(found.n), f"{mean:.2f}") for name, mean in found.means.items()]
    )
    write_lines(["", f"Judge: {replies.name}. {counted(found.unreadable, 'answer')} without readable marks, in no mean."])


def consultations(
    cases: Annotated[Path, typer.Argument(metavar="CASES", help="CMB-Clin, CMD, CMID or your own: id, case, first_question.")],
    kb: Kb,
    judge: JudgeName,
    out: Out,
    patient: Annotated[str, typer.Option(metavar="NAME", help="Who plays the patient; without, the judge's model.")] = "",
    llm: LlmName = EXTRACTIVE,
    set_: Set = None,
) -> None:
    """Talk to a simulated patient for exactly three turns of the patient, and have the talk marked by four criteria."""
    from medrag.chat.session import Chat
    from medrag.evaluate.consultations import averages
    from medrag.evaluate.judges.consultation import consult, mark, read_cases

    read = read_cases(cases)
    talks, marks = [], []
    with _folder(out), open_kb(kb) as base, progress_bar() as tell:
        replies = _replies(judge, out, set_ or ())
        playing = _replies(patient, out, set_ or (), "patient.jsonl") if patient else replies
        doctor = _doctor(Chat(medrag_of(base, Finding(10), Writer(llm))))
        for at, case in enumerate(read):
            tell("consultations", at, len(read))
            talk = consult(case, doctor, playing)
            one, said = mark(talk, llm, replies)
            talks.append({"id": case.id, "turns": [turn.model_dump() for turn in talk.turns], "fault": talk.fault})
            marks.append((one, {"id": case.id, "model": llm, "scores": said, "fault": one.fault}))
        _write_rows(out / "talks.jsonl", talks)
        _write_rows(out / "marks.jsonl", [row for _, row in marks])
    found = averages([one for one, _ in marks], [case.id for case in read])
    rows = [(model, str(one.n), *(f"{mean:.2f}" for mean in one.values.values())) for model, one in found.items()]
    write_table(("model", "n", *next(iter(found.values())).values), rows)
    write_lines(
        ["", f"Judge: {replies.name}. {sum(bool(one.fault) for one, _ in marks)} without readable marks, in no average."]
    )


def _doctor(chat: Any) -> Answering:
    def says(turns: Sequence[Turn], message: str) -> str:
        answer = chat.of_turns(turns).ask(message)
        text: str = answer.text
        return text

    return says


def _replies(judge: str, out: Path, set_: Sequence[str], kept: str = REPLIES) -> Replies:
    """The replies of a judge, kept in the output folder; its sampling settings are part of what they are kept by."""
    from medrag.evaluate.judges.replies import KeptReplies, replies_of

    if judge.startswith("recorded:"):
        return replies_of(judge)
    return KeptReplies(Writer(judge, generation=tuple(set_)).model(), out / kept)


def _write_battles(path: Path, compared: Sequence[Compared]) -> None:
    """The comparisons in the form that `medrag evaluate replay` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("question_index", "model_a", "model_b", "first_line", "swapped_line", "outcome", "fault"))
        for one in compared:
            pair = one.battle.pair
            outcome = one.battle.judgement.outcome.value
            table.writerow((pair.question, pair.a, pair.b, one.first_line, one.swapped_line, outcome, one.fault))


def _write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8", "surrogatepass")
