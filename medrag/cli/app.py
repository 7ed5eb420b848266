"""The commands as one program: which there are, and what a failure of theirs becomes: one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated, cast

import typer

from medrag.cli import (
    audit,
    chat,
    check,
    check_drugs,
    conflicts,
    contents,
    doctor,
    evaluate,
    export,
    ingest,
    keys,
    mcp,
    questions,
    serve,
    terms,
    tune,
    versions,
)
from medrag.errors import MedRAGError

__all__ = ["run"]

FAILED = 1
USAGE = 2
# Typer exports this one usage error; its base is all that a command line can be told it got wrong.
_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # half a surrogate pair, or a terminal that is not UTF-8, must not end a run
            stream.reconfigure(errors="backslashreplace")
    command = typer.main.get_command(_app())
    try:
        code = command.main(arguments or ["--help"], prog_name="medrag", standalone_mode=False)
        sys.stdout.flush()
    except _UsageError as error:
        return _failed(getattr(error, "format_message", error.__str__)(), USAGE)
    except MedRAGError as error:
        return _failed(str(error), FAILED)
    except BrokenPipeError:  # medrag list … | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
    except typer.Abort:
        return _failed("stopped", FAILED)
    except Exception as error:  # the last door: nobody who asks about a medicine should be shown a stack trace
        if os.environ.get("MEDRAG_DEBUG"):
            raise
        return _failed(f"a fault of medrag itself, {type(error).__name__}: {error} (MEDRAG_DEBUG=1 shows where)", FAILED)
    if not arguments:
        return USAGE
    return code if isinstance(code, int) else 0


def _failed(message: str, code: int) -> int:
    line = " ".join(message.split())
    hint = " (medrag --help says how to call it)" if code == USAGE else ""
    sys.stderr.write(f"medrag: {line}{hint}\n")
    return code


def _print_version(wanted: bool) -> None:
    if wanted:
        from medrag import __version__

        sys.stdout.write(f"medrag {__version__}\n")
        raise typer.Exit


def _medrag(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Answers questions about medicines and diseases from a knowledge base, every sentence cited."""


def _app() -> typer.Typer:
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_medrag)
    app.command("ingest")(ingest.ingest)
    app.command("ask")(questions.ask)
    app.command("chat")(chat.chat)
    app.command("search")(questions.search)
    app.command("check")(check.check)
    app.command("check-drugs")(check_drugs.check_drugs)
    app.add_typer(audit.audit_app(), name="audit")
    app.command("replay")(audit.replay)
    app.command("diff")(versions.diff)
    app.command("impact")(versions.impact)
    app.command("conflicts")(conflicts.conflicts)
    app.command("show")(contents.show)
    app.command("normalise")(terms.normalise)
    app.command("list")(contents.list_documents)
    app.command("delete")(contents.delete)
    app.command("stats")(contents.stats)
    app.command("verify")(contents.verify)
    app.command("reindex")(contents.reindex)
    app.command("doctor")(doctor.doctor)
    app.add_typer(evaluate.evaluate_app(), name="evaluate")
    app.add_typer(export.export_app(), name="export")
    app.command("tune")(tune.tune)
    app.command("serve")(serve.serve)
    app.command("mcp")(mcp.mcp)
    app.add_typer(keys.keys_app(), name="keys")
    return app
