"""`medrag mcp`: tools for agents over standard input and output, or over HTTP."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from logging.config import dictConfig
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.chat.assistant import Assistant, read_assistant
from medrag.cli.serve import NAME, Bases, Hosts, Keys, require_server
from medrag.errors import MissingExtraError
from medrag.kb.address import place_of

if TYPE_CHECKING:
    from medrag.server.desk import Desk

__all__ = ["mcp"]

MAX_PORT = 65_535

One = Annotated[Path | None, typer.Option("--assistant", metavar="FILE.yaml", help="An assistant's file.")]
Http = Annotated[
    str | None, typer.Option("--http", metavar="HOST:PORT", help="Listen there instead, at /mcp: 127.0.0.1:8001, say.")
]


def mcp(kb: Bases = None, assistant: One = None, http: Http = None, keys: Keys = None, allow_host: Hosts = None) -> None:
    """Offer tools to agents (Model Context Protocol)."""
    require_server()
    if find_spec("mcp") is None:
        raise MissingExtraError("mcp", "server")
    from medrag.chat.opened import open_assistant
    from medrag.server.desk import Desk
    from medrag.server.metrics import Metrics

    if bool(kb) == (assistant is not None):
        raise typer.BadParameter("wanted --kb FOLDER or --assistant FILE.yaml: give exactly one of them")
    if http is None and (keys is not None or allow_host):
        raise typer.BadParameter("--keys and --allow-host are for --http: over standard input whoever starts it may ask")
    address = None if http is None else _address(http, keys)
    chosen = read_assistant(assistant) if assistant is not None else _of_folders(kb or ())
    with open_assistant(chosen, api_key=os.environ.get(chosen.api_key_variable)) as opened:
        desk = Desk(opened, Metrics(), None)
        if address is None:
            _over_stdio(desk)
        else:
            _over_http(desk, *address, keys, allow_host or ())


def _of_folders(folders: Sequence[str]) -> Assistant:
    return Assistant(name=NAME, knowledge_bases=tuple(map(place_of, folders)))


def _address(http: str, keys: Path | None) -> tuple[str, int]:
    """Host and port; refused where others could ask without a key."""
    from medrag.server.settings import is_loopback

    host, _, port = http.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > MAX_PORT:
        raise typer.BadParameter(f"--http {http}: wanted HOST:PORT, such as 127.0.0.1:8001")
    if keys is None and not is_loopback(host):
        raise typer.BadParameter(
            f"--http {http}: others could ask without a key: add --keys FILE (`medrag keys add NAME --keys FILE` makes one), "
            "or stay at 127.0.0.1"
        )
    if keys is not None and not keys.is_file():
        raise typer.BadParameter(f"--keys {keys}: there is no such file: `medrag keys add NAME --keys {keys}` makes it")
    return host, int(port)


def _over_stdio(desk: Desk) -> None:
    from medrag.server.logs import log_config
    from medrag.server.mcp import mcp_server

    dictConfig(log_config("WARNING"))
    mcp_server(desk).run("stdio")  # which sends whatever else is printed to standard error


def _over_http(desk: Desk, host: str, port: int, keys: Path | None, hosts: Sequence[str]) -> None:
    import uvicorn

    from medrag.server.logs import log_config
    from medrag.server.mcp import PATH, http_app
    from medrag.server.settings import ServerSettings

    settings = ServerSettings(host=host, port=port, keys=keys, hosts=tuple(hosts))
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"medrag: http://{shown}:{port}{PATH} (Ctrl-C ends it)\n")
    uvicorn.run(
        http_app(desk, settings),
        host=host,
        port=port,
        log_config=log_config(),
        access_log=False,  # its lines hold whole addresses; the gate writes its own
        server_header=False,
        proxy_headers=False,
    )
