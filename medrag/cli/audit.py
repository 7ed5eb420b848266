"""`medrag audit` and `medrag replay`: whether a log of answers is whole, and whether they can be made again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines
from medrag.cli.questions import K, LlmName, PolicyName, PresetName, ProfileFile, RerankerName, Risk, TemplateFile
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, medrag_of
from medrag.errors import NotFoundError

if TYPE_CHECKING:
    from medrag.answer.audit.log import AuditLog, Logged

__all__ = ["audit_app", "replay"]

LogFile = Annotated[Path, typer.Argument(metavar="LOG", help="The log that `--audit` wrote.", show_default=False)]
Numbers = Annotated[list[int] | None, typer.Option("--number", metavar="N", min=1, help="Only this record; may be repeated.")]


def verify(
    log: LogFile,
    head: Annotated[str | None, typer.Option("--head", metavar="N:HASH", help="A head that was kept elsewhere.")] = None,
) -> None:
    """Find any record that was edited, removed, put in or reordered.

    The head that is printed (number and hash of the last record) proves, kept elsewhere, that the log was not cut short or made anew.
    """
    with _opened(log) as opened:
        faults = opened.verify(head=_head(head))
        number, last = opened.head()
    write_lines(f"record {fault.number}: {fault.reason}" for fault in faults)
    write_lines([f"{counted(number, 'record')}, {counted(len(faults), 'fault')}; head {number}:{last}"])
    if faults:
        raise typer.Exit(1)


def show(log: LogFile, number: Numbers = None, json: AsJson = False) -> None:
    """List the records: time, what was answered and how it ended."""
    with _opened(log) as opened:
        for record in opened.records(number):
            if json:
                write_json({"number": record.number, "at": record.at, "kind": record.kind, "payload": record.payload})
            else:
                write_lines([_line(record)])


def erase(
    log: LogFile,
    person: Annotated[str | None, typer.Option("--person", metavar="NAME", help="Erase this person's records.")] = None,
    days: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", min=0, help="Erase records older than so many days.")
    ] = None,
) -> None:
    """Erase what records stand for, a person's or old ones; the chain stays whole and says that it was done."""
    if person == "":
        raise typer.BadParameter("--person is empty: records without a person are erased by their age")
    if (person is None) == (days is None):
        raise typer.BadParameter("wanted --person NAME or --older-than DAYS: give exactly one of them")
    from medrag.answer.audit.log import AuditLog

    _require(log)
    with AuditLog(log) as opened:
        erased = opened.erase(person=person) if days is None else opened.expire(days)
    write_lines([f"{counted(erased, 'record')} erased"])


def replay(
    log: LogFile,
    kb: Kb,
    number: Numbers = None,
    k: K = 10,
    llm: LlmName = EXTRACTIVE,
    preset: PresetName = None,
    policy: PolicyName = None,
    template: TemplateFile = None,
    risk: Risk = None,
    profile: ProfileFile = None,
    reranker: RerankerName = None,
    json: AsJson = False,
) -> None:
    """Make logged answers again and compare them."""
    from medrag.answer.audit.replay import replay as made_again

    counts: Counter[str] = Counter()
    different = 0
    with _opened(log) as opened, open_kb(kb) as base:
        medrag = medrag_of(base, Finding(k, profile, reranker), Writer(llm, preset, policy, template=template, risk=risk))
        for record in opened.records(number):
            if record.kind != "answer":
                continue
            done = made_again(record, medrag)
            different += not done.ok
            outcomes = {"retrieval": done.retrieval.value, "prompt": done.prompt.value, "reply": done.reply.value}
            counts.update(f"{name} {value}" for name, value in outcomes.items())
            if json:
                write_json({"number": done.number, **outcomes, "notes": done.notes})
            elif done.notes or not done.ok:
                write_lines([f"record {done.number}: {', '.join(f'{n} {v}' for n, v in outcomes.items())}"])
                write_lines(f"    {note}" for note in done.notes)
    if not json:
        write_lines([", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())) or "no record to make again"])
    if different:
        raise typer.Exit(1)


def _opened(log: Path) -> AuditLog:
    from medrag.answer.audit.log import AuditLog

    _require(log)
    return AuditLog.reading(log)


def _require(log: Path) -> None:
    if not log.is_file():
        raise NotFoundError(f"{log}: there is no audit log: `medrag ask … --audit FILE` writes one")


def _head(written: str | None) -> tuple[int, str] | None:
    if written is None:
        return None
    number, _, last = written.partition(":")
    if not (number.isascii() and number.isdigit() and last):
        raise typer.BadParameter(f"--head {written}: wanted NUMBER:HASH, as `medrag audit verify` prints it")
    return int(number), last


def _line(record: Logged) -> str:
    payload = record.payload
    if payload is None:
        return f"{record.number}  {record.at}  {record.kind}  (erased)"
    if "erased" in payload:
        return f"{record.number}  {record.at}  {record.kind}  of {counted(len(payload['erased']), 'record')}"
    question = payload.get("question", {}).get("text", "(question not logged)")
    ended = f"abstained ({payload['reason']})" if payload["abstained"] else counted(len(payload["citations"]), "citation")
    return f"{record.number}  {record.at}  {payload['writing']['model']}  {ended}  {' '.join(question.split())[:80]}"


def audit_app() -> typer.Typer:
    """The commands under `medrag audit`."""
    app = typer.Typer(rich_markup_mode=None, help="A log of answers: verify, show, erase.", no_args_is_help=True)
    app.command("verify")(verify)
    app.command("show")(show)
    app.command("erase")(erase)
    return app
