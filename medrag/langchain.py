"""The library as a LangChain retriever."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from medrag.answer.show.flat import evidence_id, flat_evidence

__all__ = ["MedRAGRetriever"]


class MedRAGRetriever(BaseRetriever):
    """Documents that are the k best pieces of evidence (None: as many as the MedRAG takes), best first.

    Their metadata say where each stands, word for word (`flat_evidence`), and its `score` from 0 to 1.
    """

    medrag: Any  # a `medrag.MedRAG`
    k: int | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = self.medrag.search(query, self.k)
        return [Document(id=evidence_id(one), page_content=one.text, metadata=flat_evidence(one)) for one in found]
