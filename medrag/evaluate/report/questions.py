"""Every question of a run as HTML that folds: what it scored, what was answered, and down to the words of the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from medrag.evaluate.runs.records import Asked

__all__ = ["questions_html"]

EVIDENCE = 5  # pieces of each question that are shown
LONGEST = 600  # characters of a piece
FIRST = ("Success@1", "refused", "C1", "accuracy", "contains")  # the measures that say whether a question was missed


def questions_html(records: Sequence[Asked]) -> str:
    """The questions by task, each folded; what was missed stands first and is marked."""
    return "".join(
        f"<details><summary>{escape(task)}: {sum(one.task == task for one in records)}</summary>"
        f"{''.join(map(_question, sorted((one for one in records if one.task == task), key=lambda one: not _missed(one))))}</details>"
        for task in dict.fromkeys(one.task for one in records)
    )


def _missed(one: Asked) -> bool:
    return bool(one.fault) or any(one.values.get(name) == 0.0 for name in FIRST)


def _question(one: Asked) -> str:
    mark = '<span class="miss">missed</span> ' if _missed(one) else ""
    return f"<details><summary>{mark}{escape(one.question)}</summary>{''.join(_parts(one))}</details>"


def _parts(one: Asked) -> Iterator[str]:
    said = {
        "id": one.id,
        "kind": ", ".join(one.groups),
        "wanted": "; ".join(one.wanted),
        "left out": one.fault or ("what is right is not in the knowledge base" if one.absent else ""),
        "abstained": one.reason if one.abstained else "",
        "confidence": f"{one.confidence:.2f}",
        "time": f"{one.milliseconds:.0f} ms",
        "claims": ", ".join(f"{count} {verdict}" for verdict, count in one.verdicts.items()),
        "measures": ", ".join(f"{name} {value:.3g}" for name, value in one.values.items()),
    }
    yield "<p>" + "<br>".join(f"<b>{name}</b> {escape(text)}" for name, text in said.items() if text) + "</p>"
    if one.text:
        yield f"<blockquote>{escape(one.text)}</blockquote>"
    for quoted in one.quoted:
        where = " › ".join(part for part in (quoted.title, quoted.heading) if part)
        yield f"<p>cited as <code>{escape(quoted.marker)}</code>: {escape(where)}</p><blockquote>{escape(quoted.quote[:LONGEST])}</blockquote>"
    for found in one.found[:EVIDENCE]:
        where = " › ".join(part for part in (found.title, found.heading) if part)
        by = "+".join(found.found_by)
        yield (
            f"<details><summary>{found.rank}. {escape(where)} ({found.score:.2f}, {escape(by)})</summary>"
            f"<blockquote>{escape(found.text[:LONGEST])}</blockquote></details>"
        )
