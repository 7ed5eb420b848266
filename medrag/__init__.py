"""Questions about medicines and diseases, answered from drug labels and medical graphs, every sentence cited.

    from medrag import KnowledgeBase, MedRAG, build

    report = build("labels/", "labels.kb")              # files and folders into a knowledge base
    with KnowledgeBase.open("labels.kb") as kb:
        answer = MedRAG(kb).ask("阿司匹林肠溶片的禁忌是什么？")
        print(answer.text)
        for citation in answer.citations:               # the words that each statement rests on, and where they stand
            print(citation.marker, citation.document.title, citation.quote)

help() of `build`, `KnowledgeBase` and `MedRAG` says what else they do. Names are loaded when they are first used, so
`import medrag` costs next to nothing.
"""

import typing as _typing

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AuditLog",
    "Chat",
    "Checked",
    "Citation",
    "Claim",
    "Coverage",
    "Dangling",
    "Document",
    "DocumentInfo",
    "DocumentKind",
    "Entity",
    "EntityKind",
    "EvaluationError",
    "Evidence",
    "Explanation",
    "Fact",
    "FactSource",
    "FileReport",
    "Filters",
    "Finding",
    "FindingKind",
    "IngestError",
    "KnowledgeBase",
    "KnowledgeBaseError",
    "LockedError",
    "MedRAG",
    "MedRAGError",
    "Medicine",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "Notice",
    "NoticeKind",
    "Passage",
    "Patient",
    "Place",
    "Profile",
    "ProfileError",
    "Question",
    "QuestionError",
    "RecordError",
    "Report",
    "SafetyReport",
    "Section",
    "SectionGroup",
    "SessionError",
    "SessionNotFoundError",
    "SessionStore",
    "SeveralKnowledgeBases",
    "Severity",
    "Sex",
    "Stated",
    "StreamEvent",
    "Support",
    "Turn",
    "UnknownFormatError",
    "Verdict",
    "VersionError",
    "Writing",
    "build",
]

_PLACES = {
    "AuditLog": "medrag.answer.audit.log",
    "Chat": "medrag.chat.session",
    "Explanation": "medrag.retrieve.explain",
    "FileReport": "medrag.ingest.build",
    "Filters": "medrag.kb.filters",
    "KnowledgeBase": "medrag.kb.base",
    "MedRAG": "medrag.answer.engine",
    "Profile": "medrag.retrieve.profile",
    "Report": "medrag.ingest.build",
    "SectionGroup": "medrag.sections",
    "SessionStore": "medrag.chat.store",
    "SeveralKnowledgeBases": "medrag.kb.several",
    "build": "medrag.ingest.build",
}

if _typing.TYPE_CHECKING:
    from medrag.answer.audit.log import AuditLog
    from medrag.answer.engine import MedRAG
    from medrag.chat.session import Chat
    from medrag.chat.store import SessionStore
    from medrag.errors import (
        EvaluationError,
        IngestError,
        KnowledgeBaseError,
        LockedError,
        MedRAGError,
        MissingExtraError,
        ModelError,
        NotFoundError,
        ProfileError,
        QuestionError,
        RecordError,
        SessionError,
        SessionNotFoundError,
        UnknownFormatError,
        VersionError,
    )
    from medrag.ingest.build import FileReport, Report, build
    from medrag.kb.base import KnowledgeBase
    from medrag.kb.filters import Filters
    from medrag.kb.several import SeveralKnowledgeBases
    from medrag.retrieve.explain import Explanation
    from medrag.retrieve.profile import Profile
    from medrag.sections import SectionGroup
    from medrag.types import (
        Answer,
        Checked,
        Citation,
        Claim,
        Coverage,
        Dangling,
        Document,
        DocumentInfo,
        DocumentKind,
        Entity,
        EntityKind,
        Evidence,
        Fact,
        FactSource,
        Finding,
        FindingKind,
        Medicine,
        Notice,
        NoticeKind,
        Passage,
        Patient,
        Place,
        Question,
        SafetyReport,
        Section,
        Severity,
        Sex,
        Stated,
        StreamEvent,
        Support,
        Turn,
        Verdict,
        Writing,
    )
else:  # hidden from type checkers, so that a misspelt name is found by them

    def __getattr__(name: str) -> object:
        """The public name, from the module that defines it."""
        if name not in __all__:
            raise AttributeError(f"module 'medrag' has no attribute {name!r}")
        from importlib import import_module

        place = _PLACES.get(name) or ("medrag.errors" if name.endswith("Error") else "medrag.types")
        value: object = getattr(import_module(place), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """What is public, whether loaded yet or not."""
    return sorted({*globals(), *__all__})
