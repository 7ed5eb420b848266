"""`medrag keys add | list | remove`: who may call the server, and what they may do and see."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, write_json, write_lines, write_table
from medrag.cli.serve import require_server

if TYPE_CHECKING:
    from medrag.server.keys import KeyRing

__all__ = ["keys_app"]

ROLES = "ask", "ingest", "admin"

File = Annotated[Path, typer.Option("--keys", metavar="FILE", help="The file of keys.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.", show_default=False)]


def keys_app() -> typer.Typer:
    """The commands."""
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Make, list and remove the API keys of `medrag serve`.",
    )
    app.command("add")(add)
    app.command("list")(list_keys)
    app.command("remove")(remove)
    return app


def add(
    name: Name,
    keys: File,
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help=f"{', '.join(ROLES)}; may be repeated (ask).")
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option("--access", metavar="TAG", help="Only documents with this tag are seen; may be repeated (all)."),
    ] = None,
    rate: Annotated[int | None, typer.Option("--rate", metavar="N", min=1, help="Requests a minute (any number).")] = None,
    json: AsJson = False,
) -> None:
    """Make a key and print it, once: the file keeps only its hash."""
    ring = _ring(keys)
    from medrag.server.keys import Role

    unknown = [one for one in role or () if one not in ROLES]
    if unknown:
        raise typer.BadParameter(f"--role {unknown[0]}: the roles are {', '.join(ROLES)}")
    key, token = ring.add(name, [Role(one) for one in role or ("ask",)], access=access or None, rate=rate)
    if json:
        write_json({"id": key.id, "name": key.name, "key": token})
        return
    sys.stderr.write(f"medrag: the key of {name}; it is shown only this once\n")
    write_lines([token])


def list_keys(keys: File, json: AsJson = False) -> None:
    """List the keys: names, roles, access, never the keys themselves."""
    found = _ring(keys).keys()
    if json:
        for key in found:
            write_json(key.model_dump(mode="json", exclude={"sha256"}))
        return
    rows = [
        (key.name, key.id, ", ".join(key.roles), _said(key.access), "" if key.rate is None else str(key.rate), key.created)
        for key in found
    ]
    write_table(("name", "id", "roles", "access", "a minute", "made"), rows)


def remove(name: Name, keys: File) -> None:
    """Remove a key: a running server refuses it from its next request on."""
    _ring(keys).remove(name)


def _said(access: tuple[str, ...] | None) -> str:
    return "all" if access is None else ", ".join(access)


def _ring(keys: Path) -> KeyRing:
    require_server()
    from medrag.server.keys import KeyRing

    return KeyRing(keys)
