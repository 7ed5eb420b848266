"""Every error that medrag raises on purpose.

    MedRAGError
    ├── KnowledgeBaseError        a knowledge base that cannot be opened, written or trusted
    │   ├── NotFoundError         no such knowledge base, document, version or entity
    │   ├── LockedError           another writer is at work
    │   └── VersionError          made by another release, or with another embedder
    ├── IngestError               a file or folder that cannot be read at all
    │   └── UnknownFormatError    no reader recognises it
    ├── QuestionError             a question that cannot be asked
    ├── ProfileError              a profile that cannot be read
    ├── ModelError                a language model that cannot be loaded, reached or spoken to as asked
    ├── RecordError               a stored answer that cannot be read
    ├── SessionError              stored conversations that cannot be opened, read or written
    │   └── SessionNotFoundError  no such session, or not this owner's
    ├── EvaluationError           question files or settings that nothing can be measured with
    └── MissingExtraError         an optional package is not installed

Messages name the thing, what was wanted, what was seen and what to do. Unreadable *records* are no
exceptions: they are counted and reported (`medrag.ingest.records.Unreadable`).
"""

from __future__ import annotations

__all__ = [
    "EvaluationError",
    "IngestError",
    "KnowledgeBaseError",
    "LockedError",
    "MedRAGError",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "ProfileError",
    "QuestionError",
    "RecordError",
    "SessionError",
    "SessionNotFoundError",
    "UnknownFormatError",
    "VersionError",
]


class MedRAGError(Exception):
    """The root of all errors that medrag raises on purpose."""


class KnowledgeBaseError(MedRAGError):
    """A knowledge base that cannot be opened, written or trusted."""


class NotFoundError(KnowledgeBaseError):
    """There is no such knowledge base, document, version or entity."""


class LockedError(KnowledgeBaseError):
    """Another process is writing to this knowledge base."""


class VersionError(KnowledgeBaseError):
    """The knowledge base was made by another release or with another embedder."""


class IngestError(MedRAGError):
    """A file or folder that cannot be read at all."""


class UnknownFormatError(IngestError):
    """No reader recognises the file; the message says what was tried."""


class QuestionError(MedRAGError):
    """A question that cannot be asked: empty, too long, or not text."""


class ProfileError(MedRAGError):
    """A profile that cannot be read, or that holds something else; the message names the place."""


class ModelError(MedRAGError):
    """A language model that cannot be loaded, reached or spoken to as asked; the message says what would help."""


class RecordError(MedRAGError):
    """A stored answer that cannot be read, or that is no record of an answer; the message names the place."""


class SessionError(MedRAGError):
    """Stored conversations that cannot be opened, read or written; the message names the store and the session."""


class SessionNotFoundError(SessionError):
    """There is no such session: it was never there, was deleted, has expired, or is another owner's."""


class EvaluationError(MedRAGError):
    """Nothing can be measured with these question files or settings; the message names the file and row."""


class MissingExtraError(MedRAGError):
    """An optional package is not installed; the message holds the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'{package} is not installed: run `pip install "medrag[{extra}]"`')
