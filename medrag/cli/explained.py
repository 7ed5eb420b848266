"""An explanation of what a search found, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from medrag.answer.phrases import document_name
from medrag.cli.output import counted
from medrag.retrieve.explain import Explanation, ReadName, Reason
from medrag.types import DocumentInfo

__all__ = ["explanation_lines"]

SHOWN_TEXT = 100  # characters of a piece of evidence


def explanation_lines(explanation: Explanation) -> list[str]:
    """How the question was understood, a line a thing, then a paragraph for each piece of evidence; empty things are left out."""
    parts = [
        ("question", explanation.question),
        ("language", explanation.lang),
        ("shape", explanation.shape.value),
        *(("name", _name(name)) for name in explanation.names),
        ("unknown", ", ".join(explanation.unknown)),
        (
            "patient",
            ", ".join([*(who.value for who in explanation.patients), *(f"{age:.3g} years" for age in explanation.ages)]),
        ),
        ("asked for", ", ".join(cue.group.value + _words(cue.words) for cue in explanation.asked)),
        ("likely", ", ".join(f"{odds.group.value} {odds.probability:.2f}" for odds in explanation.sections)),
        ("relations", ", ".join(explanation.relations)),
        ("terms", " ".join(explanation.terms)),
        ("hints", " ".join(explanation.hints)),
        ("channels", ", ".join(f"{c.name} {c.found} ({c.milliseconds:.1f} ms)" for c in explanation.channels)),
    ]
    lines = [f"{head:<10} {said}" for head, said in parts if said]
    return [*lines, "", *(_evidence(explanation.evidence) or ["nothing found"])]


def _name(name: ReadName) -> str:
    said = f"{name.written} ({name.role})"
    if name.via not in ("exact", "title"):
        said += f" read as {name.read}, by {name.via}, {name.score:.2f}"
    meanings = [meaning for meaning in name.meanings if meaning not in (name.written, name.read)]
    said += f" = {', '.join(meanings)}" if meanings else ""
    if name.documents:
        behind = f", {name.others:,} more meant as well" if name.others else ""
        said += f" → {document_name(name.documents[0])}; {counted(name.labels, 'label')} in all{behind}"
    return said


def _words(words: Sequence[str]) -> str:
    return f" ({', '.join(words)})" if words else ""


def _evidence(reasons: Iterable[Reason]) -> list[str]:
    return [line for reason in reasons for line in _reason(reason)]


def _reason(reason: Reason) -> Iterator[str]:
    yield f"{reason.rank:>2}. {reason.score:.3f} {'+'.join(reason.found_by)}  {_place(reason.document, reason)}"
    text = " ".join(reason.text.split())
    yield f"    {text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + '…'}"
    if reason.features:
        yield "    because of " + ", ".join(f"{f.name} {f.value:g} (+{f.raised:g})" for f in reason.features)


def _place(document: DocumentInfo | None, reason: Reason) -> str:
    name = document_name(document) if document is not None else ""
    return f"{name} › {reason.section} [{reason.group.value}]" if reason.group is not None else name
