"""`medrag ask` and `medrag search`: one question, or a file of them with the knowledge base loaded once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from medrag.cli.output import AsJson, Kb, counted, open_kb, write_json, write_lines
from medrag.errors import IngestError, QuestionError
from medrag.types import Question, Turn

if TYPE_CHECKING:
    from medrag.answer.engine import MedRAG
    from medrag.kb.base import KnowledgeBase

__all__ = ["ask", "search"]

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
K = Annotated[int, typer.Option("--k", metavar="N", min=1, max=100, help="How many pieces of evidence, 1 to 100.")]


def ask(
    kb: Kb,
    question: Asked = None,
    questions: Questions = None,
    k: K = 10,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    profile: ProfileFile = None,
    reranker: RerankerName = None,
    json: AsJson = False,
) -> None:
    """Answer a question, every sentence cited, or say why not."""
    from medrag.answer.render import answer_json, to_markdown, to_text

    _one_of(question, questions)
    with open_kb(kb) as base:
        medrag = _medrag(base, k, profile, reranker)
        if questions is not None:
            _each(questions, lambda asked: answer_json(medrag.ask(asked)))
            return
        answer = medrag.ask(question or "")
    if json:
        write_json(answer_json(answer))
    else:
        write_lines([to_markdown(answer) if markdown else to_text(answer)])


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
    from medrag.answer.render import evidence_json, evidence_lines

    _one_of(question, questions)
    with open_kb(kb) as base:
        medrag = _medrag(base, k, profile, reranker)
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


def _medrag(kb: KnowledgeBase, k: int, profile: Path | None, reranker: str | None) -> MedRAG:
    from medrag.answer.engine import MedRAG
    from medrag.retrieve.profile import read_profile
    from medrag.retrieve.rerank import CrossEncoderReranker

    return MedRAG(
        kb,
        k=k,
        profile=None if profile is None else read_profile(profile),
        reranker=None if reranker is None else CrossEncoderReranker(reranker),
    )


def _one_of(question: str | None, questions: Path | None) -> None:
    if (question is None) == (questions is None):
        raise typer.BadParameter("wanted one question, or --questions FILE.jsonl: give exactly one of them")


def _each(path: Path, answered: Callable[[Question], dict[str, Any]]) -> None:
    """Writes one line of JSON for every line of the file, with its id; a line that cannot be asked gives its `error`."""
    failed = 0
    for identity, question in _read(path):
        try:
            if isinstance(question, QuestionError):
                raise question
            write_json({"id": identity, **answered(question)})
        except QuestionError as error:
            failed += 1
            write_json({"id": identity, "error": str(error)})
        sys.stdout.flush()
    if failed:
        sys.stderr.write(f"medrag: {path.name}: {counted(failed, 'line')} could not be asked; the output says why\n")
        raise typer.Exit(1)


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
