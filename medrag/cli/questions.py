"""`medrag ask` and `medrag search`: one question, or a file of them with the knowledge base loaded once."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from medrag.answer.audit.level import AuditLevel
from medrag.answer.policy import NoEvidence, Policy
from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, logging_to, medrag_of
from medrag.errors import IngestError, QuestionError
from medrag.types import Question, Turn

if TYPE_CHECKING:
    from medrag.answer.engine import MedRAG
    from medrag.kb.base import KnowledgeBase
    from medrag.types import Answer

__all__ = ["ask", "search"]

AT_ONCE = 4  # questions of a file that a model is asked at a time
LOOK_AHEAD = 2  # times as many lines are read ahead of the one that is written

Asked = Annotated[str | None, typer.Argument(metavar="QUESTION", show_default=False)]
Questions = Annotated[
    Path | None,
    typer.Option("--questions", metavar="FILE.jsonl", help="Many questions, one object a line: id, question, history."),
]
ProfileFile = Annotated[
    Path | None, typer.Option("--profile", metavar="FILE", help="Weigh evidence by this profile (`medrag tune` writes one).")
]
RerankerName = Annotated[
    str | None, typer.Option("--reranker", metavar="NAME", help="A cross-encoder of sentence-transformers, by folder or name.")
]
LlmName = Annotated[
    str,
    typer.Option(
        "--llm", metavar="NAME", help="Who writes: extractive (quotes), hf:PATH[+lora=PATH][+4bit], or http:URL#MODEL."
    ),
]
PresetName = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="How the model was trained to be spoken to: pulse-7b, chat …")
]
Dtype = Annotated[str | None, typer.Option("--dtype", metavar="D", help="Of an hf: model: float32, float16 or bfloat16.")]
TrustRemoteCode = Annotated[bool, typer.Option("--trust-remote-code", help="Run program code that an hf: model brings.")]
Download = Annotated[
    bool, typer.Option("--download", help="Fetch an hf: model that is not on this machine from the Hugging Face Hub.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of the model's writing, such as num_beams=1; may be repeated."),
]
PolicyName = Annotated[
    Policy | None, typer.Option("--policy", help="What becomes of claims that the evidence does not carry (flag).")
]
NoEvidenceName = Annotated[
    NoEvidence | None, typer.Option("--no-evidence", help="What to do where the knowledge base does not answer (abstain).")
]
TemplateFile = Annotated[
    Path | None, typer.Option("--template", metavar="FILE", help="A prompt of your own (YAML or text with placeholders).")
]
Risk = Annotated[
    float | None,
    typer.Option("--risk", metavar="SHARE", min=0.0, max=1.0, help="How many of the answers given may be wrong, 0 to 1."),
]
EntailmentName = Annotated[
    str | None, typer.Option("--entailment", metavar="NAME", help="A model that settles what the rules leave open.")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Answer from what was in force on that day: 2023-05-01, 2023-05 or 2023."),
]
AuditFile = Annotated[
    Path | None,
    typer.Option("--audit", metavar="FILE", help="Keep what was answered in this log (`medrag audit`, `medrag replay`)."),
]
AuditLevelName = Annotated[
    AuditLevel, typer.Option("--audit-level", help="metadata keeps no word of question or answer; full keeps both.")
]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown.")]
AsFootnotes = Annotated[bool, typer.Option("--footnotes", help="Print Markdown with footnotes.")]
AsHtml = Annotated[bool, typer.Option("--html", help="Print HTML.")]
AsCards = Annotated[bool, typer.Option("--cards", help="Print HTML with a card of each medicine and disease named.")]
K = Annotated[int, typer.Option("--k", metavar="N", min=1, max=100, help="How many pieces of evidence, 1 to 100.")]


def ask(
    kb: Kb,
    question: Asked = None,
    questions: Questions = None,
    k: K = 10,
    llm: LlmName = EXTRACTIVE,
    preset: PresetName = None,
    policy: PolicyName = None,
    no_evidence: NoEvidenceName = None,
    template: TemplateFile = None,
    risk: Risk = None,
    entailment: EntailmentName = None,
    dtype: Dtype = None,
    trust_remote_code: TrustRemoteCode = False,
    download: Download = False,
    set_: Set = None,
    markdown: AsMarkdown = False,
    footnotes: AsFootnotes = False,
    html: AsHtml = False,
    cards: AsCards = False,
    profile: ProfileFile = None,
    reranker: RerankerName = None,
    as_of: AsOf = None,
    audit: AuditFile = None,
    audit_level: AuditLevelName = AuditLevel.METADATA,
    json: AsJson = False,
) -> None:
    """Answer a question, every sentence cited, or say why not."""
    _one_of(question, questions)
    shape = _shape(questions, markdown=markdown, footnotes=footnotes, html=html, cards=cards, json=json)
    writer = Writer(
        llm, preset, policy, no_evidence, template, risk, entailment, dtype, trust_remote_code, download, tuple(set_ or ())
    )
    writer.refuse_what_is_ignored()
    if questions is not None or llm != EXTRACTIVE:
        gc.enable()
    with open_kb(kb) as base, logging_to(audit, audit_level) as log:
        medrag = medrag_of(base if as_of is None else base.as_of(as_of), Finding(k, profile, reranker), writer, log)
        if questions is not None:
            _answer_each(medrag, questions)
        elif not shape and medrag.model is not None:
            _write_stream(medrag, question or "")
        else:
            _write(medrag.ask(question or ""), shape, base)


def _shape(questions: Path | None, **asked: bool) -> str:
    """The one form that is asked for, empty for plain text."""
    named = [name for name, wanted in asked.items() if wanted]
    if len(named) > 1:
        raise typer.BadParameter(f"{', '.join('--' + name for name in named)}: an answer is printed in one form: choose one")
    if questions is not None and named not in ([], ["json"]):
        raise typer.BadParameter(f"--{named[0]}: --questions prints JSON, one answer a line: leave it out")
    return "".join(named)


def _write(answer: Answer, shape: str, kb: KnowledgeBase) -> None:
    from medrag.answer.show.text import answer_json, to_footnotes, to_markdown, to_text

    if shape == "json":
        write_json(answer_json(answer))
    elif shape == "cards":
        from medrag.answer.show.cards import qizhen_html

        write_lines([qizhen_html(answer, kb)])
    elif shape == "html":
        from medrag.answer.show.html import to_html

        write_lines([to_html(answer)])
    else:
        shown = {"footnotes": to_footnotes, "markdown": to_markdown}.get(shape, to_text)
        write_lines([shown(answer)])


def _answer_each(medrag: MedRAG, questions: Path) -> None:
    from medrag.answer.show.text import answer_json

    stop = Event()
    try:
        _each(
            questions,
            lambda asked: answer_json(medrag.ask(asked, cancel=stop)),
            at_once=1 if medrag.model is None else AT_ONCE,
        )
    finally:
        stop.set()  # who stops the command stops the models that write


def _write_stream(medrag: MedRAG, question: str) -> None:
    """Writes the answer as its claims pass the check, then what belongs under it."""
    from medrag.answer.show.text import before_lines, under_lines

    for event in medrag.stream(question):
        write_lines(before_lines(event.notices, event.safety))
        sys.stdout.write(event.text)
        sys.stdout.flush()
        if event.answer is not None:
            write_lines(["", *under_lines(event.answer)])


def search(
    kb: Kb,
    question: Asked = None,
    questions: Questions = None,
    k: K = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Say how it was understood and what counted.")] = False,
    profile: ProfileFile = None,
    reranker: RerankerName = None,
    json: AsJson = False,
) -> None:
    """Show the evidence for a question, and why it was found."""
    from medrag.answer.show.text import evidence_json, evidence_lines

    _one_of(question, questions)
    if questions is not None or reranker is not None:
        gc.enable()
    with open_kb(kb) as base:
        medrag = medrag_of(base, Finding(k, profile, reranker), Writer())
        if explain:
            if reranker is not None:
                raise typer.BadParameter("--explain explains the fitted ranking, not a --reranker's: leave one of them out")
            _explain(medrag, question, questions, as_json=json)
            return
        if questions is not None:
            _each(questions, lambda asked: evidence_json(asked.text, medrag.search(asked)))
            return
        found = medrag.search(question or "")
    if json:
        write_json(evidence_json(question or "", found))
    else:
        write_lines(evidence_lines(found) or ["nothing found"])


def _explain(medrag: MedRAG, question: str | None, questions: Path | None, *, as_json: bool) -> None:
    from medrag.cli.explained import explanation_lines

    if questions is not None:
        _each(questions, lambda asked: medrag.explain(asked).model_dump(mode="json"))
        return
    explanation = medrag.explain(question or "")
    if as_json:
        write_json(explanation.model_dump(mode="json"))
    else:
        write_lines(explanation_lines(explanation))


def _one_of(question: str | None, questions: Path | None) -> None:
    if (question is None) == (questions is None):
        raise typer.BadParameter("wanted one question, or --questions FILE.jsonl: give exactly one of them")


def _each(path: Path, answered: Callable[[Question], dict[str, Any]], *, at_once: int = 1) -> None:
    """Writes one line of JSON for every line of the file, with its id; a line that cannot be asked gives its `error`.

    Lines are written in the order of the file; `at_once` of them are worked on ahead.
    """
    failed = 0
    for identity, answer in _ahead(_read(path), answered, at_once):
        try:
            write_json({"id": identity, **answer()})
        except QuestionError as error:
            failed += 1
            write_json({"id": identity, "error": str(error)})
        sys.stdout.flush()
    if failed:
        sys.stderr.write(f"medrag: {path.name}: {counted(failed, 'line')} could not be asked; the output says why\n")
        raise typer.Exit(1)


def _ahead(
    asked: Iterable[tuple[Any, Question | QuestionError]], answered: Callable[[Question], dict[str, Any]], at_once: int
) -> Iterator[tuple[Any, Callable[[], dict[str, Any]]]]:
    """Each question's id and what gives its answer, or raises, in their order; never more than `at_once` are under way."""

    def answer(question: Question | QuestionError) -> dict[str, Any]:
        if isinstance(question, QuestionError):
            raise question
        return answered(question)

    if at_once == 1:
        for identity, question in asked:
            yield identity, partial(answer, question)
        return
    pool = ThreadPoolExecutor(at_once)
    try:
        waiting: deque[tuple[Any, Future[dict[str, Any]]]] = deque()
        for identity, question in asked:
            waiting.append((identity, pool.submit(answer, question)))
            if len(waiting) == LOOK_AHEAD * at_once:  # a slow answer holds up those behind it, and not their making
                first, future = waiting.popleft()
                yield first, future.result
        yield from ((first, future.result) for first, future in waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read(path: Path) -> Iterator[tuple[Any, Question | QuestionError]]:
    """The questions of a file, each with its id as it stands there, or what is wrong with it."""
    from medrag.ingest.json_text import Bad
    from medrag.ingest.source import json_lines

    try:
        for where, value in json_lines(path):
            if isinstance(value, Bad):
                yield None, QuestionError(f"{path.name} ({where}): {value.reason}")
                continue
            identity = value.get("id") if isinstance(value, dict) else None
            try:
                yield identity, _question(value)
            except (ValidationError, ValueError, TypeError, LookupError):
                wanted = 'wanted {"id", "question", "history": [{"role", "content"}]}'
                yield identity, QuestionError(f"{path.name} ({where}): {wanted}, found {str(value)[:80]!r}")
    except OSError as error:
        raise IngestError(f"{path}: {error.strerror or error}") from None


def _question(value: Any) -> Question:
    if not isinstance(value, dict) or not isinstance(value.get("question"), str):
        raise ValueError("no question")
    history = tuple(Turn(role=turn["role"], content=turn["content"]) for turn in value.get("history") or ())
    return Question(text=value["question"], id=str(value.get("id", "")), history=history)
