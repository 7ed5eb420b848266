"""`medrag backup | restore`: a copy of a knowledge base that can be trusted, made while it is used."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from medrag.cli.output import AsJson, counted, write_json, write_lines
from medrag.cli.progress import progress_bar

__all__ = ["backup", "restore"]


def backup(
    kb: Annotated[str, typer.Argument(metavar="KB", help="The folder of the knowledge base.")],
    target: Annotated[str, typer.Argument(metavar="BACKUP", help="A new folder, or a file: NAME.tar or NAME.tar.gz.")],
    catalogue_only: Annotated[
        bool, typer.Option("--catalogue-only", help="Leave out the indexes: smaller, and `restore` derives them anew.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Back up a knowledge base.

    Its current commit, while it is read and written; whole, or not at all.
    """
    from medrag.kb.backup import backup

    with progress_bar() as tell:
        made = backup(kb, target, indexes=not catalogue_only, progress=tell)
    if json:
        write_json({"backup": target, **asdict(made)})
    else:
        write_lines([f"{target}: commit {made.commit} of {kb}, {counted(made.files, 'file')}, {made.bytes:,} bytes"])


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `medrag backup` made.")],
    kb: Annotated[str, typer.Argument(metavar="KB", help="A folder that does not exist, or is empty.")],
    json: AsJson = False,
) -> None:
    """Make a knowledge base of a backup.

    Every file is compared with the backup's SHA-256 first; the knowledge base is there whole, or not at all.
    """
    from medrag.kb.backup import restore_backup

    with progress_bar() as tell:
        made = restore_backup(source, kb, progress=tell)
    if json:
        write_json({"kb": kb, **asdict(made)})
    else:
        how = "" if made.indexes else "; its indexes were derived anew"
        write_lines([f"{kb}: commit {made.commit} of the backup, {counted(made.files, 'file')} as they were backed up{how}"])
