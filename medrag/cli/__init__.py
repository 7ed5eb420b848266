"""The command line, `medrag COMMAND`; `medrag --help` lists the commands.

Exit codes: 0 done (an abstention too), 1 failed, 2 not called rightly, 130 stopped by Ctrl-C. Results go to standard output;
progress, and what went wrong in one line, to standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; without arguments those of the process, whose whole program it then is."""
    if arguments is not None:
        return _main(list(arguments))
    _hurry()
    try:
        return _main(sys.argv[1:])
    finally:
        gc.freeze()  # or all that is still held is searched through, three times, for what is let go of a moment later


def _hurry() -> None:
    """Leaves out what takes a fifth of a short command's time and gives it nothing."""
    # What is loaded stays, so that searching it for garbage finds none; `medrag.cli.app` begins with that again.
    gc.disable()
    # Or pydantic reads what every installed package declares, for plug-ins to be told of each record that is checked.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _main(arguments: list[str]) -> int:
    try:
        from medrag.cli.app import run  # takes a while, and Ctrl-C may come meanwhile

        code = run(arguments)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        sys.stderr.write("medrag: stopped; a knowledge base that was being written stays at its last commit\n")
    return code
