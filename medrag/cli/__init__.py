"""The command line: `medrag ingest | ask | search | show | list | delete | stats | verify | reindex`.

Exit codes: 0 done (an abstention too), 1 failed, 2 not called rightly. Results go to standard output; progress, and what
went wrong in one line, to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import cast

import typer

from medrag.errors import MedRAGError

__all__ = ["main"]

FAILED = 1
USAGE = 2
# Typer exports this one usage error; its base is all that a command line can be told it got wrong.
_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    command = typer.main.get_command(_app())
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # half a surrogate pair, as JSON can hold it, must not end a run
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command.main(list(sys.argv[1:] if arguments is None else arguments), prog_name="medrag", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except _UsageError as error:
        return _failed(getattr(error, "format_message", error.__str__)(), USAGE)
    except MedRAGError as error:
        return _failed(str(error), FAILED)
    except BrokenPipeError:  # medrag list … | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
    except (typer.Abort, KeyboardInterrupt):
        return _failed("stopped", FAILED)


def _failed(message: str, code: int) -> int:
    line = " ".join(message.split())
    hint = " (medrag --help says how to call it)" if code == USAGE else ""
    sys.stderr.write(f"medrag: {line}{hint}\n")
    return code


def _app() -> typer.Typer:
    from medrag.cli import contents, ingest, questions

    app = typer.Typer(
        help="Answers questions about medicines and diseases from a knowledge base, every sentence cited.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("ingest")(ingest.ingest)
    app.command("ask")(questions.ask)
    app.command("search")(questions.search)
    app.command("show")(contents.show)
    app.command("list")(contents.list_documents)
    app.command("delete")(contents.delete)
    app.command("stats")(contents.stats)
    app.command("verify")(contents.verify)
    app.command("reindex")(contents.reindex)
    return app
