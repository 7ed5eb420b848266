"""`medrag show | list | delete | stats | verify | reindex`: what a knowledge base holds, and keeping it in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medrag.cli.output import AsJson, Kb, open_kb, write_json, write_lines, write_table
from medrag.cli.progress import progress_bar
from medrag.errors import NotFoundError

if TYPE_CHECKING:
    from medrag.kb.base import KnowledgeBase
    from medrag.types import Document, DocumentInfo, Entity, Fact

__all__ = ["delete", "list_documents", "reindex", "show", "stats", "verify"]

Source = Annotated[str | None, typer.Option(metavar="NAME", help="The collection it belongs to.")]
_MAX_FACTS = 10_000  # of one entity card
_MAX_DOCUMENTS = 10  # printed on one
_SHOWN_KINDS = ("label", "file")  # rows of graphs and name tables are documents too, to be listed when asked for


def show(
    what: Annotated[str, typer.Argument(metavar="KEY|NAME", help="A document's key, or an entity's name or id.")],
    kb: Kb,
    source: Source = None,
    version: Annotated[int | None, typer.Option(metavar="N", help="A version of the document.")] = None,
    json: AsJson = False,
) -> None:
    """Show a document, or what is known of an entity.

    A document with its sections; an entity with its names, the documents about it, and its facts.
    """
    with open_kb(kb) as base:
        try:
            document = base.document(what, source=source, version=version)
        except NotFoundError:
            if source is not None or version is not None:
                raise
            entities = base.entity(what)
            if not entities:
                raise NotFoundError(
                    f"there is no document or entity {what!r}: `medrag list` shows the documents' keys"
                ) from None
            cards = [_card(base, entity) for entity in entities]
            if json:
                write_json({"entities": [card.as_json() for card in cards]})
            else:
                write_lines(line for card in cards for line in card.lines())
            return
    if json:
        write_json(_document_as_json(document))
    else:
        write_lines(_document_lines(document))


def _document_as_json(document: Document) -> dict[str, Any]:
    sections = [
        {**section.model_dump(mode="json"), "text": document.text[section.start : section.end]} for section in document.sections
    ]
    return {"document": document.info().model_dump(mode="json"), "sections": sections, "text": document.text}


def _document_lines(document: Document) -> Iterator[str]:
    yield document.title
    facts = {
        "source": document.source,
        "key": document.key,
        "version": str(document.version),
        "effective": document.effective,
        "maker": document.maker,
        "tags": ", ".join(document.tags),
        "from": str(document.place),
    }
    yield "  ".join(f"{name}: {value}" for name, value in facts.items() if value)
    for section in document.sections:
        yield ""
        yield f"{'  ' * len(section.path)}[{section.index}] {section.heading or '-'}  ({section.group}, {section.code})"
        body = document.text[section.start : section.end]
        if body:
            yield body
    if not document.sections:
        yield document.text.rstrip("\n")


@dataclass(frozen=True, slots=True)
class _Card:
    """What is known of one entity."""

    entity: Entity
    names: list[tuple[str, str]]
    documents: list[DocumentInfo]
    facts: list[Fact]

    def as_json(self) -> dict[str, Any]:
        return {
            "entity": self.entity.model_dump(mode="json"),
            "names": [{"name": name, "kind": kind} for name, kind in self.names],
            "documents": [document.model_dump(mode="json") for document in self.documents],
            "facts": [fact.model_dump(mode="json") for fact in self.facts],
        }

    def lines(self) -> Iterator[str]:
        from medrag.kb.relations import label

        yield f"{self.entity.name}  ({self.entity.kind}, {self.entity.id})"
        others = [f"{name} ({kind})" for name, kind in self.names if name != self.entity.name]
        if others:
            yield f"  names: {', '.join(others)}"
        for document in self.documents[:_MAX_DOCUMENTS]:
            yield f"  document: {document.title}  ({document.source}:{document.key})"
        if len(self.documents) > _MAX_DOCUMENTS:
            yield f"  … and {len(self.documents) - _MAX_DOCUMENTS:,} more documents (--json lists all)"
        lang = "zh" if any("一" <= character <= "鿿" for character in self.entity.name) else "en"
        for fact in self.facts:
            sources = ", ".join(sorted({str(source.document.place) for source in fact.sources})[:3])
            yield f"  {fact.subject.name} · {label(fact.relation, lang)} · {fact.object.name}  [{sources}]"


def _card(base: KnowledgeBase, entity: Entity) -> _Card:
    documents = [document for document, _, _ in base.documents_about([entity.id]) if document.kind in _SHOWN_KINDS]
    return _Card(entity, base.names(entity.id), documents, base.facts_of([entity.id], limit=_MAX_FACTS))


def list_documents(
    kb: Kb,
    source: Source = None,
    records: Annotated[bool, typer.Option("--records", help="The rows of graphs and name tables, too.")] = False,
    json: AsJson = False,
) -> None:
    """List the documents.

    With --json one JSON object a line.
    """
    kinds = () if records else _SHOWN_KINDS
    with open_kb(kb) as base:
        if json:
            for document in base.documents(source=source, kinds=kinds):
                write_json(document.model_dump(mode="json"))
            return
        rows = [_listed(document) for document in base.documents(source=source, kinds=kinds)]
    write_table(("source", "key", "version", "effective", "title", "maker"), rows)


def _listed(document: DocumentInfo) -> tuple[str, ...]:
    return (document.source, document.key, str(document.version), document.effective, document.title, document.maker)


def delete(
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="The documents' keys; `medrag list` shows them.")],
    kb: Kb,
    source: Source = None,
    purge: Annotated[bool, typer.Option("--purge", help="Erase every trace of their text instead of hiding them.")] = False,
    json: AsJson = False,
) -> None:
    """Delete documents.

    All that are named, or none where one of them is not there.
    """
    with open_kb(kb) as base, progress_bar() as tell:
        with base.write(tell) as writer:
            for key in keys:
                (writer.purge if purge else writer.delete)(key, source=source)
        commit = base.commit
    if json:
        write_json({"deleted": keys, "purged": purge, "commit": commit})
    else:
        write_lines([f"{'erased' if purge else 'deleted'} {len(keys)}; commit {commit}"])


def stats(kb: Kb, json: AsJson = False) -> None:
    """Show how much a knowledge base holds."""
    with open_kb(kb) as base:
        found = base.stats().model_dump(mode="json")
    if json:
        write_json(found)
        return
    sources: dict[str, int] = found.pop("sources")
    found["bytes"] = f"{found['bytes']:,}"
    write_table(
        ("", "count"), [(name, f"{value:,}" if isinstance(value, int) else str(value)) for name, value in found.items()]
    )
    write_lines([""])
    write_table(("source", "documents and records"), [(name or "-", f"{count:,}") for name, count in sources.items()])


def verify(
    kb: Kb,
    deep: Annotated[bool, typer.Option("--deep", help="Also read all that is in the indexes: as long as reindex.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended, and say what was.")] = False,
    json: AsJson = False,
) -> None:
    """Check that a knowledge base is whole.

    The catalogue and everything derived from it must agree; exit code 1 where something is wrong, and with --repair where
    something still is.
    """
    repaired: tuple[str, ...] = ()
    if repair:
        from medrag.kb.repair import repair as mend

        with progress_bar() as tell:
            mended = mend(kb, deep=deep, progress=tell)
        repaired, faults, commit = mended.done, list(mended.left), mended.commit
    else:
        with open_kb(kb, outdated=True) as base:
            faults, commit = base.verify(deep=deep), base.commit
    if json:
        write_json({"ok": not faults, "commit": commit, "faults": faults, **({"repaired": repaired} if repair else {})})
    else:
        write_lines(f"repaired: {line}" for line in repaired)
        write_lines(faults or [f"nothing wrong at commit {commit}"])
    if faults:
        raise typer.Exit(1)


def reindex(
    kb: Kb,
    embedder: Annotated[str | None, typer.Option(metavar="NAME", help="Encode the passages with this embedder.")] = None,
    json: AsJson = False,
) -> None:
    """Build all indexes anew from the catalogue."""
    from medrag.kb.embed import embedder_from_name

    chosen = None if embedder is None else embedder_from_name(embedder)
    with open_kb(kb, outdated=True) as base, progress_bar() as tell:
        base.reindex(chosen, tell)
        done = {"commit": base.commit, "embedder": base.embedder.name}
    if json:
        write_json(done)
    else:
        write_lines([f"reindexed with {done['embedder']}; commit {done['commit']}"])
