"""The command line, `medrag COMMAND`; `medrag --help` lists the commands.

Exit codes: 0 done (an abstention too), 1 failed, 2 not called rightly, 130 stopped by Ctrl-C. Results go to standard output;
progress, and what went wrong in one line, to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    try:
        from medrag.cli.app import run  # takes a while, and Ctrl-C may come meanwhile

        code = run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        sys.stderr.write("medrag: stopped; a knowledge base that was being written stays at its last commit\n")
    return code
