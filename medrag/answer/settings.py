"""What an answer was made with, in plain values: for the log, and to compare with what is set now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from medrag.kb.filters import Filters
from medrag.retrieve.profile import Profile, default_profile
from medrag.types import digest

if TYPE_CHECKING:
    from medrag.answer.prompt.templates import Template

__all__ = ["finding_settings", "writing_settings"]


def finding_settings(
    k: int, only: Filters, profile: Profile | None, embedder: str, reranker: str, *, as_of: str = ""
) -> dict[str, Any]:
    """What decides which evidence is found; a profile stands there by its hash, a day where documents are read as of one."""
    filters = {name: value if isinstance(value, str) else sorted(value) for name, value in asdict(only).items() if value}
    return {
        "k": k,
        "only": filters,
        "profile_sha256": digest((profile or default_profile()).model_dump_json()),
        "embedder": embedder,
        "reranker": reranker,
        **({"as_of": as_of} if as_of else {}),
    }


def writing_settings(
    policy: str, on_no_evidence: str, threshold: float, template: Template | None, **names: str
) -> dict[str, Any]:
    """What decides what is asked of a model; a template stands there by its hash, `names` are those of models."""
    return {
        "policy": policy,
        "on_no_evidence": on_no_evidence,
        "threshold": threshold,
        "template_sha256": digest(repr(template)) if template is not None else "",
        **names,
    }
