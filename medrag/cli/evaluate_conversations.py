"""`medrag evaluate conversations`: what a conversation finds beside the question that says it in full."""

from __future__ import annotations

import json as json_text
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.evaluate_figures import figure_cells
from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines, write_table, write_times
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.evaluate.conversations.dialogues import Dialogues
    from medrag.evaluate.conversations.figures import Figure
    from medrag.evaluate.conversations.measure import Ended, Report
    from medrag.evaluate.metrics import Estimate

__all__ = ["conversations"]


def conversations(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A folder of question files, or one file, as for `retrieval`; or of written conversations.",
            show_default=False,
        ),
    ],
    kb: Kb,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="Conversations of each kind and language, at most.")] = 100,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Use the phrasings, or conversations, put aside for the end, and no others.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Write each conversation that misses what the full question finds."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure what is found at the end of conversations, by rules alone, without a language model.

    Conversations are made of the questions: the last message leaves out the medicine, the question, the person or both of
    two medicines that the messages before it said. What is right is what is right for the question that says all at once.
    Where the folder holds eval/multiturn, those real dialogues are gone through too; nobody knows what is right for them.
    Conversations that people wrote (rows with `turns`) are held as they are, each turn beside the question that they wrote for it.
    """
    from medrag.cli import evaluate_written as written
    from medrag.evaluate.conversations.dialogues import go_through
    from medrag.evaluate.conversations.measure import evaluate_conversations
    from medrag.evaluate.conversations.written import evaluate_written, written_files

    files = written_files(data)
    if files:
        with open_kb(kb) as base, progress_bar() as tell:
            found = evaluate_written(files, base, frozen=frozen, progress=tell)
        _write_errors(errors, written.missed(found))
        write_json(written.record(found)) if json else written.write(found)
        return
    with open_kb(kb) as base, progress_bar() as tell:
        report = evaluate_conversations(data, base, frozen=frozen, most=most, progress=tell)
        dialogues = go_through(data, base, tell)
    _write_errors(errors, _missed(report))
    if json:
        write_json(_as_json(report, dialogues))
    else:
        _write(report)
        _write_dialogues(dialogues)


def _write_errors(file: Path | None, rows: list[dict[str, Any]]) -> None:
    if file is not None:
        file.write_text("".join(json_text.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _missed(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "id": one.conversation.case.id,
            "kind": one.conversation.kind,
            "lang": one.conversation.lang,
            "turns": one.conversation.turns,
            "in full": one.conversation.case.question,
            "standalone": one.standalone,
            "asks_back": one.asks_back,
            "missed": [name for name in ("drug@1", "Success@1") if one.talked[name] < one.whole[name]],
            "found": one.found[:3],
        }
        for one in report.ended
        if any(one.talked[name] < one.whole[name] for name in ("drug@1", "Success@1"))
    ]


def _write(report: Report) -> None:
    header = ("conversations", "found first", "n", "in full", "conversation", "last alone", "difference", "95 % interval")
    rows = [figure_cells(one) for one in report.figures()]
    write_table(header, rows)
    write_lines(
        [
            "",
            f"{counted(len(report.ended), 'conversation')} begun by {report.used} of {counted(report.questions, 'question')} "
            "(the others name no medicine, or several, or what answers them is not in the knowledge base)",
            f"asked back instead of answering: {_asked_back(report.ended)}",
            _carried(report.ended),
        ]
    )
    times = sorted(one.milliseconds for one in report.ended)
    write_times("last message", times[len(times) // 2], times[len(times) * 95 // 100])


def _asked_back(ended: tuple[Ended, ...]) -> str:
    by_kind = Counter(one.conversation.kind.value for one in ended if one.asks_back)
    return ", ".join(f"{kind} {count}" for kind, count in by_kind.items()) or "never"


def _carried(ended: tuple[Ended, ...]) -> str:
    topics = [one for one in ended if one.conversation.kind.name == "TOPIC"]
    return f"new topic, yet the medicine from before was carried on: {sum(one.carried for one in topics)} of {len(topics)}"


def _write_dialogues(found: tuple[Dialogues, ...]) -> None:
    if not found:
        return
    write_lines(["", "real dialogues; nobody has said what is right for them, so this is no hit rate:"])
    rows = [
        (
            one.name,
            str(one.dialogues),
            str(one.messages),
            str(one.failed),
            f"{one.kept}/{one.named}",
            str(one.from_assistant),
            str(one.completed),
            str(one.asked_back),
        )
        for one in found
    ]
    header = ("dialogues", "n", "messages", "failed", "names kept", "names of the assistant's", "completed", "asked back")
    write_table(header, rows)
    for one in found:
        write_times(one.name, one.p50, one.p95)


def _as_json(report: Report, dialogues: tuple[Dialogues, ...]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "conversations": len(report.ended),
        "questions": report.questions,
        "used": report.used,
        "figures": [_figure(one) for one in report.figures()],
        "asked_back": sum(one.asks_back for one in report.ended),
        "dialogues": [asdict(one) for one in dialogues],
    }


def _figure(one: Figure) -> dict[str, Any]:
    difference = one.difference
    return {
        "group": one.group,
        "measure": one.measure,
        "n": one.whole.n,
        "in_full": _numbers(one.whole),
        "conversation": _numbers(one.talked),
        "last_alone": _numbers(one.last),
        "difference": [difference.value, difference.low, difference.high],
    }


def _numbers(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
