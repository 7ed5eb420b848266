"""The documents that source files hold, read without a knowledge base."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from medrag.errors import IngestError
from medrag.ingest import registry
from medrag.ingest.records import ReadOptions, Unreadable
from medrag.ingest.registry import NotDocument
from medrag.types import Document

__all__ = ["read_documents"]

log = logging.getLogger(__name__)


def read_documents(paths: Sequence[Path], *, format: str | None = None) -> Iterator[Document]:
    """The documents of files and folders, in their order; what cannot be read of a file is passed over.

    Their `source` is empty and so is the `key` of records without an identity of their own: those a knowledge base gives.
    Raises `IngestError` for a file that is named and is no document at all; below a folder such files are passed over, for
    folders of labels hold READMEs and pictures too.
    """
    options = ReadOptions()
    named = set(paths)
    for path in registry.sources(paths):
        try:
            yield from _documents(path, options, format)
        except IngestError as error:
            if path in named:
                raise
            log.info("%s is passed over: %s", path, error)


def _documents(path: Path, options: ReadOptions, format: str | None) -> Iterator[Document]:
    reader = registry.reader(format) if format else registry.find(path, options)
    if isinstance(reader, NotDocument):
        raise IngestError(f"{path}: {reader.reason}: name a file with labels")
    for record in reader.read(path, options):
        if not isinstance(record, Unreadable):
            yield record.document
