"""`medrag chat`: a conversation in the terminal, answers as they are written."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING

from medrag.cli.output import Kb, open_kb, write_lines
from medrag.cli.questions import (
    Download,
    Dtype,
    EntailmentName,
    K,
    LlmName,
    NoEvidenceName,
    PolicyName,
    PresetName,
    ProfileFile,
    RerankerName,
    Risk,
    Set,
    TemplateFile,
    TrustRemoteCode,
)
from medrag.cli.settings import EXTRACTIVE, Finding, Writer, medrag_of
from medrag.errors import QuestionError

if TYPE_CHECKING:
    from medrag.chat.session import Exchange, Session
    from medrag.chat.slots import Slots

__all__ = ["chat"]

PROMPT = "> "
HELP = (
    "/evidence  what the last answer rests on",
    "/slots     what is remembered of what you said",
    "/reset     forget all of it",
    "/help      this",
    "/quit      leave (as does Ctrl-D); Ctrl-C stops an answer",
)


def chat(
    kb: Kb,
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
    profile: ProfileFile = None,
    reranker: RerankerName = None,
) -> None:
    """Talk with a knowledge base in the terminal."""
    from medrag.chat.session import Chat

    writer = Writer(
        llm, preset, policy, no_evidence, template, risk, entailment, dtype, trust_remote_code, download, tuple(set_ or ())
    )
    writer.refuse_what_is_ignored()
    with open_kb(kb) as base:
        session = Chat(medrag_of(base, Finding(k, profile, reranker), writer)).open()
        _talk(session)


def _talk(session: Session) -> None:
    seen = sys.stdin.isatty()
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # what is not UTF-8 must not end the conversation
    if seen:
        write_lines(["/help says what else there is than asking.", ""])
    for line in _lines(seen=seen):
        text = line.strip()
        if not text:
            continue
        if text.startswith("/"):
            if not _command(session, text):
                return
        else:
            _answer(session, text)


def _lines(*, seen: bool) -> Iterator[str]:
    """The lines that are typed, or piped; Ctrl-C on a line begins another."""
    while True:
        if seen:
            sys.stdout.write(PROMPT)
        sys.stdout.flush()
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            continue
        if not line:
            return
        yield line


def _answer(session: Session, text: str) -> None:
    """Writes the answer while it is written, what belongs under it, and how the question was understood."""
    from medrag.answer.show.text import before_lines, under_lines

    with _stopped_by_ctrl_c() as stop:
        try:
            for event in session.stream(text, cancel=stop):
                write_lines(before_lines(event.notices, event.safety))
                sys.stdout.write(event.text)
                sys.stdout.flush()
                if event.answer is not None:
                    write_lines(["", *under_lines(event.answer)])
        except QuestionError as error:
            write_lines([f"! {error}"])
            return
    last = session.last
    if last is not None and last.by != "as-is" and not last.asks_back:
        write_lines([f"= {last.standalone}"])
    write_lines([""])


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[Event]:
    """An event that Ctrl-C sets, once; the second time it does what it always does."""
    stop = Event()
    if current_thread() is not main_thread():
        yield stop
        return

    def on_interrupt(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    except KeyboardInterrupt:
        write_lines(["", "stopped"])
    finally:
        signal.signal(signal.SIGINT, before)


def _command(session: Session, text: str) -> bool:
    """Does what a line with a stroke says; whether the conversation goes on."""
    name = text.split()[0].lower()
    if name in {"/quit", "/exit", "/q"}:
        return False
    does: dict[str, Callable[[Session], Sequence[str]]] = {
        "/evidence": _evidence,
        "/slots": lambda session: slot_lines(session.slots),
        "/reset": _reset,
        "/help": lambda session: HELP,
    }
    if name not in does:
        write_lines([f"! there is no {name}: /help says what there is", ""])
        return True
    write_lines([*does[name](session), ""])
    return True


def _evidence(session: Session) -> list[str]:
    from medrag.answer.show.text import evidence_lines

    last: Exchange | None = session.last
    return (evidence_lines(last.answer.evidence) if last is not None else []) or ["nothing was found yet"]


def _reset(session: Session) -> list[str]:
    session.reset()
    return ["forgotten"]


def slot_lines(slots: Slots) -> list[str]:
    """What is remembered, one thing a line; what nobody said is left out."""
    patient = slots.patient.model_dump(mode="json", exclude_defaults=True)
    rows = {
        "medicines": slots.drugs,
        "illnesses": slots.diseases,
        "asked": slots.asked,
        "person": [slots.person] if slots.person else [],
        **{name.replace("_", " "): value if isinstance(value, list) else [value] for name, value in patient.items()},
        "in general": slots.populations,
    }
    lines = [f"{name}: {', '.join(_shown(value) for value in values)}" for name, values in rows.items() if values]
    return lines or ["nothing yet"]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
