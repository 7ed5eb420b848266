"""`medrag evaluate predict`: a model's answers to a file of questions, for judges to compare with other models'."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import counted, open_kb, write_lines
from medrag.cli.progress import progress_bar
from medrag.cli.questions import Download, Dtype, K, LlmName, PresetName, Set
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, medrag_of
from medrag.errors import EvaluationError

if TYPE_CHECKING:
    from medrag.answer.engine import MedRAG
    from medrag.evaluate.predicting import Answering
    from medrag.llm.model import Model

__all__ = ["predict"]


def predict(
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS", help="PULSE-EVAL's sets, CMCOQA, knowledge tuning, or your own.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.jsonl", help="Where the answers go; a killed run goes on there.")],
    llm: LlmName = EXTRACTIVE,
    kb: Annotated[
        str | None,
        typer.Option("--kb", metavar="FOLDER", help="Answer from this knowledge base; without, the model from memory."),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Questions under way at once.")] = 2,
    k: K = 10,
    preset: PresetName = None,
    dtype: Dtype = None,
    download: Download = False,
    set_: Set = None,
) -> None:
    """Answer each question of a file and keep the answers as PULSE-EVAL keeps them, for `medrag evaluate judge`.

    Rows hold question and perhaps reference_answer; a .txt has a question in each line. Without --kb the model is asked the question as it
    stands; with it, the answer is from the knowledge base, and without --llm quoted from it; of MedicineQA's prompts it is asked the dialogue.
    """
    from medrag.evaluate.open_questions import read_open
    from medrag.evaluate.predicting import predict as predicted

    if kb is None and llm == EXTRACTIVE:
        raise EvaluationError("nobody answers: name a model with --llm, a knowledge base with --kb, or both")
    read = read_open(questions)
    writer = Writer(llm, preset, dtype=dtype, download=download, generation=tuple(set_ or ()))
    writer.refuse_what_is_ignored()
    with ExitStack() as stack:
        tell = stack.enter_context(progress_bar())
        if kb is None:
            model = writer.model()
            named, answer = model.name, _from_memory(model)
        else:
            base = stack.enter_context(open_kb(kb))
            named, answer = (
                f"{llm}, k {k}, {base.path.name} at commit {base.commit}",
                _from_kb(medrag_of(base, Finding(k), writer)),
            )
        rows = predicted(
            read,
            " ".join((named, *([f"preset {preset}"] if preset else ()), *writer.generation)),
            answer,
            out,
            workers=workers,
            progress=tell,
        )
    faults = [row for row in rows if row.fault]
    write_lines([f"{out}: {counted(len(rows) - len(faults), 'answer')} by {rows[0].model}, {len(faults)} without"])
    if faults:
        write_lines([f"first without an answer: {faults[0].id}: {faults[0].fault}; the same command asks these again"])


def _from_memory(model: Model) -> Answering:
    from medrag.llm.messages import Message, Role
    from medrag.llm.work import Finish

    def answer(question: str) -> tuple[str, str]:
        reply = model.complete([Message(Role.USER, question)])
        # An answer that ran into its limit of words is still what the model says; one that failed is none.
        if reply.finish in (Finish.STOP, Finish.LENGTH):
            return reply.text.strip(), ""
        return "", f"{reply.finish.value}{f': {reply.error}' if reply.error else ''}"

    return answer


def _from_kb(rag: MedRAG) -> Answering:
    from medrag.chat.session import Chat
    from medrag.errors import MedRAGError
    from medrag.evaluate.medicineqa import parse_prompt
    from medrag.evaluate.runs.run import not_the_models

    chat = Chat(rag)

    def answer(question: str) -> tuple[str, str]:
        try:  # of MedicineQA's prompts the dialogue alone, without the evidence in them
            asked, history, _ = parse_prompt(question)
        except ValueError:
            asked, history = question, ()
        try:
            said = chat.of_turns(history).ask(asked)
        except MedRAGError as error:
            return "", str(error)
        fault = not_the_models(said, rag)
        return ("", fault) if fault else (said.text, "")

    return answer
