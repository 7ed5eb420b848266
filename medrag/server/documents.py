"""`/v1/documents`: what a knowledge base holds, listed and shown, added to, compared and deleted.

A document is addressed as `/v1/documents/SOURCE/KEY`, each percent-encoded where it holds more than letters and digits: a
`/` in a source is `%2F`; in a key it may stand as it is. Of an assistant with several knowledge bases the first is written.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from medrag.errors import NotFoundError
from medrag.kb.address import Place
from medrag.kb.base import KnowledgeBase
from medrag.server.desk import Desk, Desks, desks
from medrag.server.errors import ERRORS, ApiError
from medrag.server.job import Job
from medrag.server.jobs import Jobs, Tell
from medrag.server.keys import Caller, Role, caller
from medrag.server.uploads import Upload, own_source, received, tags_for
from medrag.server.versions import Comparison, compared
from medrag.server.wire import json_bytes
from medrag.server.work import Work
from medrag.types import Document, DocumentInfo, DocumentKind, Record

__all__ = ["documents_router"]

SHOWN_KINDS = (DocumentKind.LABEL, DocumentKind.FILE)
MAX_FILES = 100
MAX_VERSION = 2**31
DELETED_WITHIN_S = 20.0  # that a deletion is waited for before its job is handed out instead

Served = Annotated[Desks, Depends(desks)]
Reader = Annotated[Caller, Depends(caller(Role.ASK))]
Ingester = Annotated[Caller, Depends(caller(Role.INGEST))]
Model = Annotated[str | None, Query(max_length=200, description="The assistant whose knowledge base it is; else the first.")]
Version = Annotated[int, Query(ge=1, le=MAX_VERSION)]
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, StringConstraints(max_length=200, pattern=_PLAIN)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_PLAIN)]


class DocumentList(Record):
    """Some documents in the order of source and key; `next` goes on behind them, and is null at the end."""

    documents: tuple[DocumentInfo, ...]
    next: str | None = Field(default=None, description="Send it as `after` for more.")
    commit: int


class DocumentShown(Document):
    """A document with its text and sections, and the versions there are of it, oldest first."""

    versions: tuple[DocumentInfo, ...] = ()


class VersionList(Record):
    """The versions of a document, oldest first."""

    versions: tuple[DocumentInfo, ...]


class _Address(Record):
    source: str
    key: str


def _address(request: Request, source: str, key: str) -> _Address:
    """The document that a path names. A slash that is encoded belongs to a name, which the decoded path does not show."""
    raw = bytes(request.scope.get("raw_path") or b"").partition(b"?")[0].decode("ascii", "replace")
    _, found, rest = raw.partition("/v1/documents/")
    parts = rest.split("/") if found else []
    for ending in ("versions", "diff"):
        if request.scope["route"].path.endswith("/" + ending) and parts[-1:] == [ending]:
            parts.pop()
    if len(parts) < 2:
        return _Address(source=source, key=key)
    return _Address(source=unquote(parts[0]), key=unquote("/".join(parts[1:])))


Addressed = Annotated[_Address, Depends(_address)]


def documents_router(work: Work, jobs: Jobs) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/documents", tags=["documents"], responses=ERRORS)
    _add_listing(router, work)
    _add_upload(router, jobs)
    _add_versions(router, work)  # before the document's own, whose key would take their names in
    _add_document(router, work, jobs)
    return router


def _add_listing(router: APIRouter, work: Work) -> None:
    @router.get("", response_model=DocumentList)
    async def list_documents(
        request: Request,
        served: Served,
        who: Reader,
        model: Model = None,
        source: Annotated[Word | None, Query(description="Of this source alone.")] = None,
        query: Annotated[Word, Query(description="What stands in the title or the key.")] = "",
        lang: Annotated[Word | None, Query(description="In this language alone.")] = None,
        kind: Annotated[DocumentKind | None, Query(description="Of this kind alone; else labels and files.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: Annotated[str | None, Query(max_length=4_000, description="`next` of the list before.")] = None,
    ) -> Response:
        """Lists the documents, without their text."""
        behind = None if after is None else _behind(after)
        desk = served.of(model)

        def found(_: object) -> bytes:
            kb = desk.kb_for(who)
            kinds = SHOWN_KINDS if kind is None else (kind,)
            listed = list(
                kb.documents(source=source, kinds=kinds, lang=lang, called=query.strip(), after=behind, limit=limit + 1)
            )
            some = tuple(listed[:limit])
            following = _cursor(some[-1]) if len(listed) > limit else None
            return json_bytes(DocumentList(documents=some, next=following, commit=kb.commit))

        return _json(await work.run(request, found))


def _add_upload(router: APIRouter, jobs: Jobs) -> None:
    @router.post("", status_code=202, response_model=Job)
    async def upload(
        served: Served,
        who: Ingester,
        files: Annotated[list[UploadFile], File(description="Labels, graphs, tables or texts; what each is, is found out.")],
        model: Model = None,
        source: Annotated[Word, Form(description="The collection that they belong to; else the one of their format.")] = "",
        tags: Annotated[list[Word] | None, Form(description="Tags of the documents, repeated or parted by commas.")] = None,
        key: Annotated[
            list[Key] | None, Form(description="The key that a file's one document is known by, one a file.")
        ] = None,
        lang: Annotated[Word, Form(description="Their language, where the files do not show it.")] = "",
    ) -> Response:
        """Adds files to the knowledge base; what is there already in other words gets a new version.

        The answer is a job, whose events show how far it is. A key that sees only documents of some tags gives its documents
        these tags, and a source of its own (`SOURCE@KEY-ID`), so that it replaces nothing it does not see.
        """
        desk = served.of(model)
        if len(files) > MAX_FILES:
            raise ApiError(400, f"{len(files)} files, at most {MAX_FILES} can be sent at once", param="files")
        if key and len(key) != len(files):
            raise ApiError(400, f"{len(key)} keys for {len(files)} files: give one for each, or none", param="key")
        carried = tags_for(who, _tags(tags))
        upload = await run_in_threadpool(received, [(file.filename or "", file.file) for file in files])
        upload = replace(
            upload,
            source=own_source(who, source.strip()),
            tags=carried,
            keys=dict(zip(upload.files, key or (), strict=False)),
            lang=lang.strip(),
        )
        return _json(json_bytes(_queued(jobs, desk, who, upload)), 202)


def _add_document(router: APIRouter, work: Work, jobs: Jobs) -> None:
    @router.get("/{source}/{key:path}", response_model=DocumentShown)
    async def show_document(
        request: Request, served: Served, who: Reader, at: Addressed, model: Model = None, version: Version | None = None
    ) -> Response:
        """Shows a document's text and sections: the current version, or the one asked for."""
        desk = served.of(model)

        def found(_: object) -> bytes:
            kb = desk.kb_for(who)
            document = kb.document(at.key, source=at.source, version=version)
            versions = tuple(kb.versions(at.key, source=at.source))
            fields = {name: getattr(document, name) for name in Document.model_fields}
            return json_bytes(DocumentShown.model_construct(**fields, versions=versions))

        return _json(await work.run(request, found))

    @router.delete("/{source}/{key:path}", response_model=Job, responses={202: {"model": Job, "description": "Still at work."}})
    async def delete_document(
        request: Request,
        served: Served,
        who: Ingester,
        at: Addressed,
        model: Model = None,
        purge: Annotated[
            bool, Query(description="Erase every trace of its text (role admin; takes as long as a reindex).")
        ] = False,
    ) -> Response:
        """Deletes a document with its versions, names and facts: answers 200 when it is gone, 202 with the job before.

        A key that sees only documents of some tags deletes only those that carry none but these.
        """
        if purge and not who.may(Role.ADMIN):
            raise ApiError(
                403, "erasing needs the role admin: delete without purge, or ask an administrator", code="insufficient_role"
            )
        desk = served.of(model)
        await work.run(request, lambda _: _deletable(desk.kb_for(who), at, who))
        job = jobs.submit(
            desk.assistant.knowledge_bases[0],
            "delete",
            who=who,
            model=desk.name,
            work=partial(_deleted, desk.assistant.knowledge_bases, at, purge),
        )
        job = await jobs.ended(job.id, who, within=DELETED_WITHIN_S)
        if job.error is not None and job.error.code == "not_found":
            raise ApiError(404, job.error.message, code="not_found")
        return _json(json_bytes(job), 200 if job.is_over else 202)


def _add_versions(router: APIRouter, work: Work) -> None:
    @router.get("/{source}/{key:path}/versions", response_model=VersionList)
    async def list_versions(request: Request, served: Served, who: Reader, at: Addressed, model: Model = None) -> Response:
        """Lists the versions of a document, oldest first, without their text."""
        desk = served.of(model)
        return _json(await work.run(request, lambda _: json_bytes(VersionList(versions=_versions(desk.kb_for(who), at)))))

    @router.get("/{source}/{key:path}/diff", response_model=Comparison)
    async def compare_versions(
        request: Request,
        served: Served,
        who: Reader,
        at: Addressed,
        model: Model = None,
        before: Annotated[
            int | None, Query(alias="from", ge=1, le=MAX_VERSION, description="Else the one before `to`.")
        ] = None,
        after: Annotated[int | None, Query(alias="to", ge=1, le=MAX_VERSION, description="Else the current one.")] = None,
    ) -> Response:
        """Compares two versions of a document, section by section."""
        desk = served.of(model)

        def found(_: object) -> bytes:
            kb = desk.kb_for(who)
            new = kb.document(at.key, source=at.source, version=after)
            older = [one.version for one in _versions(kb, at) if one.version < new.version]
            old = before if before is not None else max(older, default=new.version)
            return json_bytes(compared(kb.document(at.key, source=at.source, version=old), new))

        return _json(await work.run(request, found))


def _versions(kb: KnowledgeBase, at: _Address) -> tuple[DocumentInfo, ...]:
    found = tuple(kb.versions(at.key, source=at.source))
    if not found:
        raise NotFoundError(f"there is no document {at.key!r} in source {at.source!r}")
    return found


def _queued(jobs: Jobs, desk: Desk, who: Caller, upload: Upload) -> Job:
    path = desk.assistant.knowledge_bases[0]
    try:
        return jobs.submit(path, "upload", who=who, model=desk.name, work=partial(upload.ingest, path), discard=upload.discard)
    except BaseException:
        upload.discard()
        raise


def _deletable(kb: KnowledgeBase, at: _Address, who: Caller) -> None:
    """Raises where the caller does not see the document, or others see it too."""
    tags = kb.document(at.key, source=at.source).tags
    if who.access is not None and not who.access.issuperset(tags):
        raise ApiError(403, "this document belongs to others too, so this key may not delete it", code="shared_document")


def _deleted(paths: tuple[Place, ...], at: _Address, purge: bool, tell: Tell) -> dict[str, Any]:
    """Deletes the document from each knowledge base that has it; an earlier one hides what a later one holds."""
    deleted, commit = 0, 0
    for path in paths:
        with KnowledgeBase.open(path) as base:
            if not base.versions(at.key, source=at.source):
                continue
            with base.write(tell) as writer:
                deleted += (writer.purge if purge else writer.delete)(at.key, source=at.source)
            commit = commit or base.commit
    if not deleted:
        raise NotFoundError(f"there is no document {at.key!r} in source {at.source!r}")
    return {"deleted": deleted, "commit": commit}


def _tags(said: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag.strip() for one in said or () for tag in one.split(",") if tag.strip()))


def _cursor(document: DocumentInfo) -> str:
    return urlsafe_b64encode(json.dumps([document.source, document.key]).encode()).decode()


def _behind(cursor: str) -> tuple[str, str]:
    """The document that a cursor stands behind."""
    try:
        source, key = json.loads(urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        source = key = None
    if not isinstance(source, str) or not isinstance(key, str):
        raise ApiError(400, "`after` is no `next` of a list: leave it out to begin anew", param="after", code="invalid_value")
    try:
        f"{source}{key}".encode()
    except UnicodeEncodeError:
        raise ApiError(400, "`after` is no `next` of a list", param="after", code="invalid_value") from None
    return source, key


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
