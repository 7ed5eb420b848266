"""`medrag migrate`: a whole knowledge base from one address to another."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, counted, write_json, write_lines
from medrag.cli.progress import progress_bar

if TYPE_CHECKING:
    from medrag.kb.migrate import Migrated

__all__ = ["migrate"]


def migrate(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="The knowledge base that is copied: a folder or an address.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where to: empty, or the unfinished copy of the same one.")],
    json: AsJson = False,
) -> None:
    """Copy a knowledge base to another address.

    All commits and versions, verified; FROM may be written meanwhile. Stopped, and called again, it goes on where it was.
    """
    from medrag.kb.address import address_of
    from medrag.kb.migrate import migrate

    with progress_bar() as tell:
        done = migrate(origin, target, progress=tell)
    if json:
        write_json(asdict(done))
    else:
        write_lines(_said(str(address_of(origin)), str(address_of(target)), done))  # as shown, without a password


def _said(origin: str, target: str, done: Migrated) -> list[str]:
    from medrag.kb.migrate import AGREEING

    rows = ", ".join(counted(done.rows[table], noun) for table, noun in (("documents", "document"), ("versions", "version"),
                                                                         ("passages", "passage")))  # fmt: skip
    lines = [
        f"{target}: commit {done.commit} of {origin}: {rows}; {counted(sum(done.rows.values()), 'row')} compared, "
        f"{counted(done.questions, 'question')} with {done.agreement:.1%} of the same first ten"
    ]
    if done.agreement < AGREEING:
        lines.append(f"{target} searches approximately, and finds fewer of the nearest passages than {AGREEING:.0%}")
    if done.newest > done.commit:
        lines.append(f"{origin} is at commit {done.newest} by now: what was written to it since is not in the copy")
    return lines
