"""`medrag doctor`: what is wrong with a model as it is configured, or what this machine has for running one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from medrag.cli.output import AsJson, write_json, write_lines

if TYPE_CHECKING:
    from medrag.llm.doctor.findings import Finding

__all__ = ["API_KEY", "doctor"]

API_KEY = "MEDRAG_API_KEY"  # the key that a server wants, read here and handed on


def doctor(
    llm: Annotated[
        str | None, typer.Option("--llm", metavar="NAME", help="hf:FOLDER_OR_NAME[+lora=FOLDER] or http:URL#MODEL.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="P", help="How it is spoken to: a preset's name or a YAML file.")
    ] = None,
    dtype: Annotated[str | None, typer.Option("--dtype", metavar="D", help="float32, float16 or bfloat16.")] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run program code that the model brings.")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch what is not on this machine from the Hugging Face Hub.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Say what is wrong with a model, or what is installed."""
    from medrag.llm.doctor.examine import examine
    from medrag.llm.doctor.findings import Level
    from medrag.llm.doctor.machine import examine_machine

    findings: Iterable[Finding] = examine_machine()
    if llm is not None:
        key = os.environ.get(API_KEY)
        findings = examine(llm, preset=preset, api_key=key, dtype=dtype, trust_remote_code=trust_remote_code, download=download)
    elif preset or dtype or trust_remote_code or download:
        raise typer.BadParameter("--preset, --dtype, --trust-remote-code and --download are about a model: name it with --llm")
    seen = []
    for finding in findings:
        seen.append(finding)
        if not json:  # at once: loading a model takes minutes
            write_lines([f"{finding.level:<6}{finding.what}: {finding.text}"])
    if json:
        write_json([{"level": finding.level, "what": finding.what, "text": finding.text} for finding in seen])
    if any(finding.level is Level.WRONG for finding in seen):
        raise typer.Exit(1)
