"""`medrag serve`: the HTTP server, its API and its page."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.answer.audit.level import AuditLevel
from medrag.answer.policy import NoEvidence, Policy
from medrag.chat.assistant import Assistant, read_assistants
from medrag.cli.questions import AuditFile, AuditLevelName, LlmName, NoEvidenceName, PolicyName, PresetName
from medrag.cli.settings import EXTRACTIVE, logging_to
from medrag.errors import MissingExtraError
from medrag.kb.address import address_of, place_of

if TYPE_CHECKING:
    from medrag.server.settings import ServerSettings

__all__ = ["require_server", "serve"]

NAME = "medrag"  # what clients call the assistant that no file names
OFF = "off"

Bases = Annotated[
    list[str] | None, typer.Option("--kb", metavar="FOLDER|URL", help="A knowledge base; several are asked as one.")
]
Assistants = Annotated[
    list[Path] | None,
    typer.Option("--assistant", metavar="FILE.yaml", help="An assistant, or a folder of them; may be repeated."),
]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; other than 127.0.0.1 wants --keys.")]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")]
Keys = Annotated[Path | None, typer.Option("--keys", metavar="FILE", help="The API keys (`medrag keys add` makes them).")]
Sessions = Annotated[
    str | None,
    typer.Option("--sessions", metavar="FILE|off", help="Where conversations are kept; else only while the server runs."),
]
Feedback = Annotated[str | None, typer.Option("--feedback", metavar="FILE|off", help="Where feedback is kept.")]
Workers = Annotated[int, typer.Option("--workers", metavar="N", min=1, max=256, help="How many processes answer.")]
Origins = Annotated[
    list[str] | None, typer.Option("--origin", metavar="URL", help="A web origin whose pages may call; may be repeated.")
]
Hosts = Annotated[
    list[str] | None, typer.Option("--allow-host", metavar="NAME", help="A name that the server is called by, without keys.")
]
Rate = Annotated[int | None, typer.Option("--rate", metavar="N", min=1, help="Requests a minute of a key (any number).")]
Timeout = Annotated[float, typer.Option("--timeout", metavar="S", min=1, help="Seconds that an answer may take.")]
Grace = Annotated[int, typer.Option("--grace", metavar="S", min=1, help="Seconds that streams have to end when it stops.")]


def serve(
    kb: Bases = None,
    assistant: Assistants = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    keys: Keys = None,
    sessions: Sessions = None,
    feedback: Feedback = None,
    audit: AuditFile = None,
    audit_level: AuditLevelName = AuditLevel.METADATA,
    llm: LlmName = EXTRACTIVE,
    preset: PresetName = None,
    policy: PolicyName = None,
    no_evidence: NoEvidenceName = None,
    workers: Workers = 1,
    origin: Origins = None,
    allow_host: Hosts = None,
    rate: Rate = None,
    timeout: Timeout = 120.0,
    grace: Grace = 30,
) -> None:
    """Serve knowledge bases over HTTP, with a page."""
    require_server()
    from medrag.server.settings import ServerSettings, is_loopback

    assistants = _assistants(kb or (), assistant or (), llm, preset, policy, no_evidence)
    if keys is None and not is_loopback(host):
        raise typer.BadParameter(
            f"--host {host}: others could ask and delete without a key: add --keys FILE (`medrag keys add NAME --keys FILE` "
            "makes one), or stay at 127.0.0.1"
        )
    if keys is not None and not keys.is_file():
        raise typer.BadParameter(f"--keys {keys}: there is no such file: `medrag keys add NAME --keys {keys}` makes it")
    with logging_to(audit, audit_level):  # raises here for what is no log
        pass
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="medrag-serve-")))
        settings = ServerSettings(
            host=host,
            port=port,
            workers=workers,
            state=folder,
            keys=keys,
            sessions=_file(sessions, folder / "sessions.sqlite"),
            feedback=_file(feedback, _beside(assistants[0])),
            audit=audit,
            audit_level=audit_level,
            origins=tuple(origin or ()),
            hosts=tuple(allow_host or ()),
            threads=max(1, (os.cpu_count() or 1) // workers),
            rate=rate,
            timeout=timeout,
            grace=grace,
        )
        _run(assistants, settings, folder)


def require_server() -> None:
    """Raises where a package of the extra is missing."""
    for package in ("fastapi", "uvicorn", "prometheus_client", "python_multipart"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "server")


def _assistants(
    bases: Sequence[str],
    files: Sequence[Path],
    llm: str,
    preset: str | None,
    policy: Policy | None,
    no_evidence: NoEvidence | None,
) -> tuple[Assistant, ...]:
    if bool(bases) == bool(files):
        raise typer.BadParameter("wanted --kb FOLDER or --assistant FILE.yaml: give exactly one of them")
    if files:
        if llm != EXTRACTIVE or preset or policy or no_evidence:
            raise typer.BadParameter("--llm, --preset, --policy and --no-evidence stand in an assistant's file: leave them out")
        return read_assistants(files)
    if llm == EXTRACTIVE and (preset or policy or no_evidence):
        raise typer.BadParameter("--preset, --policy and --no-evidence are for a model that writes: name one with --llm")
    return (
        Assistant(
            name=NAME,
            knowledge_bases=tuple(map(place_of, bases)),
            llm=llm,
            preset=preset,
            policy=policy or Policy.FLAG,
            no_evidence=no_evidence or NoEvidence.ABSTAIN,
        ),
    )


def _file(given: str | None, default: Path) -> Path | None:
    if given == OFF:
        return None
    return default if given is None else Path(given)


def _beside(assistant: Assistant) -> Path:
    """The file beside the first knowledge base (of a database, in the cache folder) for feedback where no other is named."""
    folder = assistant.knowledge_bases[0]
    if isinstance(folder, str):
        return (address_of(folder).cache or Path()) / "feedback.sqlite"
    return folder.resolve().parent / f"{folder.resolve().stem}.feedback.sqlite"


def _run(assistants: tuple[Assistant, ...], settings: ServerSettings, folder: Path) -> None:
    from medrag.server import processes
    from medrag.server.worker import PLAN, ServerPlan

    _open_once(assistants)
    os.environ[PLAN] = ServerPlan(assistants=assistants, settings=settings).model_dump_json()
    if settings.workers > 1:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    with processes.listen(settings.host, settings.port) as bound:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        sys.stderr.write(f"medrag: http://{host}:{bound.getsockname()[1]}/ (Ctrl-C ends it)\n")
        sys.stderr.flush()
        processes.serve(bound, settings)


def _open_once(assistants: tuple[Assistant, ...]) -> None:
    """Raises here, in one line, what would else end each worker with a stack trace."""
    from medrag.kb.base import KnowledgeBase

    for path in {path for one in assistants for path in one.knowledge_bases}:
        KnowledgeBase.open(path).close()
