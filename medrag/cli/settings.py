"""What the command line says about how to find and to write, and the MedRAG that is so made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from medrag.answer.policy import NoEvidence, Policy
from medrag.cli.doctor import API_KEY

if TYPE_CHECKING:
    from medrag.answer.audit.level import AuditLevel
    from medrag.answer.audit.log import AuditLog
    from medrag.answer.engine import MedRAG
    from medrag.kb.base import KnowledgeBase
    from medrag.llm.model import Model
    from medrag.llm.presets import Setting

__all__ = ["EXTRACTIVE", "Finding", "Writer", "logging_to", "medrag_of"]

EXTRACTIVE = "extractive"
# What a preset's `generation` may hold (`medrag.llm.presets`).
SETTINGS = "max_new min_new do_sample num_beams temperature top_p top_k repetition_penalty seed".split()
_TRUTHS = {"true": True, "false": False}
# Settings that a model heeds in a form of its own: a limit is cut to what it reads, a server is told by the temperature.
_TRANSLATED = frozenset({"max_new", "do_sample"})


@dataclass(frozen=True, slots=True)
class Finding:
    """How evidence is found: how many pieces, weighed by which profile, ordered anew by which reranker."""

    k: int
    profile: Path | None = None
    reranker: str | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how; None and False where the command line does not say."""

    llm: str = EXTRACTIVE
    preset: str | None = None
    policy: Policy | None = None
    no_evidence: NoEvidence | None = None
    template: Path | None = None
    risk: float | None = None
    entailment: str | None = None
    dtype: str | None = None
    trust_remote_code: bool = False
    download: bool = False
    generation: Sequence[str] = ()

    def refuse_what_is_ignored(self) -> None:
        """Raises for options that the writer asked for would not heed: who sets them believes that they count."""
        transformers = {"--dtype": self.dtype, "--trust-remote-code": self.trust_remote_code, "--download": self.download}
        models = {
            "--preset": self.preset,
            "--policy": self.policy,
            "--no-evidence": self.no_evidence,
            "--template": self.template,
            "--entailment": self.entailment,
            "--set": self.generation,
            **transformers,
        }
        if self.llm == EXTRACTIVE:
            _refuse(models, "a model that writes: name one with --llm, for the extractive writer only quotes")
        for written in self.generation:
            _setting(written)
        if self.llm != EXTRACTIVE and not self.llm.startswith("hf:"):
            _refuse(transformers, f"models that run in this process (--llm hf:…), and {self.llm!r} is none")

    def model(self) -> Model:
        """The model that is named, loaded with these settings; raises for one that it does not heed."""
        from medrag.llm.load import load_model

        wanted = dict(map(_setting, self.generation))
        model = load_model(
            self.llm,
            preset=self.preset,
            generation=wanted,
            api_key=os.environ.get(API_KEY),
            dtype=self.dtype,
            trust_remote_code=self.trust_remote_code,
            download=self.download,
        )
        for name, value in wanted.items():
            if name not in _TRANSLATED and model.generation.get(name) != value:
                hint = ": set do_sample=true too" if name in {"temperature", "top_p", "top_k"} else ""
                raise typer.BadParameter(f"--set {name}={value}: {self.llm} does not heed it{hint}")
        return model


@contextmanager
def logging_to(path: Path | None, level: AuditLevel) -> Iterator[AuditLog | None]:
    """The audit log at a path, open; None where none is wanted."""
    if path is None:
        yield None
        return
    from medrag.answer.audit.log import AuditLog

    with AuditLog(path, level=level) as log:
        yield log


def medrag_of(kb: KnowledgeBase, finding: Finding, writer: Writer, audit: AuditLog | None = None) -> MedRAG:
    """The MedRAG with these settings over a knowledge base."""
    from medrag.answer.engine import MedRAG
    from medrag.answer.prompt.templates import read_template
    from medrag.retrieve.profile import read_profile
    from medrag.retrieve.rerank import CrossEncoderReranker

    return MedRAG(
        kb,
        k=finding.k,
        profile=None if finding.profile is None else read_profile(finding.profile),
        reranker=None if finding.reranker is None else CrossEncoderReranker(finding.reranker),
        llm=EXTRACTIVE if writer.llm == EXTRACTIVE else writer.model(),
        policy=writer.policy or Policy.FLAG,
        on_no_evidence=writer.no_evidence or NoEvidence.ABSTAIN,
        template=None if writer.template is None else read_template(writer.template),
        risk=writer.risk,
        entailment=writer.entailment,
        audit=audit,
    )


def _refuse(options: Mapping[str, object], wanted: str) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise typer.BadParameter(f"{', '.join(given)}: only for {wanted}")


def _setting(written: str) -> tuple[str, Setting]:
    """A generation setting as it is written on the command line: num_beams=1, do_sample=false."""
    name, _, value = (part.strip() for part in written.partition("="))
    if name not in SETTINGS:
        raise typer.BadParameter(f"--set {written}: wanted NAME=VALUE, where the names are {', '.join(SETTINGS)}")
    if value.lower() in _TRUTHS:
        return name, _TRUTHS[value.lower()]
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    raise typer.BadParameter(f"--set {written}: wanted a number, true or false")
