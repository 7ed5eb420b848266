"""The commands as one program: which there are, and what a failure of theirs becomes: one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Annotated, cast

import typer

from medrag.errors import MedRAGError

__all__ = ["run"]

FAILED = 1
USAGE = 2
# The commands in the order of `--help`, each as "module:function" of this folder; a group's function makes its commands.
COMMANDS = {
    "ingest": "ingest:ingest",
    "ask": "questions:ask",
    "chat": "chat:chat",
    "search": "questions:search",
    "check": "check:check",
    "check-drugs": "check_drugs:check_drugs",
    "audit": "audit:audit_app",
    "replay": "audit:replay",
    "diff": "versions:diff",
    "impact": "versions:impact",
    "conflicts": "conflicts:conflicts",
    "show": "contents:show",
    "normalise": "terms:normalise",
    "list": "contents:list_documents",
    "delete": "contents:delete",
    "stats": "contents:stats",
    "verify": "contents:verify",
    "reindex": "contents:reindex",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "migrate": "migrate:migrate",
    "doctor": "doctor:doctor",
    "evaluate": "evaluate:evaluate_app",
    "export": "export:export_app",
    "tune": "tune:tune",
    "serve": "serve:serve",
    "mcp": "mcp:mcp",
    "keys": "keys:keys_app",
}
GROUPS = frozenset({"audit", "evaluate", "export", "keys"})
# Over before there is garbage worth a search; asked for more than that, they begin with it themselves.
BRIEF = frozenset({"ask", "search"})
# Typer exports this one usage error; its base is all that a command line can be told it got wrong.
_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # half a surrogate pair, or a terminal that is not UTF-8, must not end a run
            stream.reconfigure(errors="backslashreplace")
    command = typer.main.get_command(_app(_asked(arguments)))
    if BRIEF.isdisjoint(arguments[:1]):
        gc.enable()
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


def _asked(arguments: list[str]) -> list[str]:
    """The command that is called, whose module alone is then imported; all of them where help is wanted, or none is named."""
    return arguments[:1] if arguments and arguments[0] in COMMANDS else list(COMMANDS)


def _app(commands: list[str]) -> typer.Typer:
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_medrag)
    for name in commands:
        module, function = COMMANDS[name].split(":")
        found = getattr(import_module(f"medrag.cli.{module}"), function)
        if name in GROUPS:
            app.add_typer(found(), name=name)
        else:
            app.command(name)(found)
    return app
