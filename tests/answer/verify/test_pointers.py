"""Citations are checked against the document itself."""

from __future__ import annotations

from medrag.answer.engine import MedRAG
from medrag.answer.verify.pointers import check_citation, verified_claims
from medrag.kb.base import KnowledgeBase
from medrag.types import Claim, Verdict, digest


def test_a_citation_holds_only_word_for_word(kb: KnowledgeBase) -> None:
    citation = MedRAG(kb).ask("布洛芬片的适应症").citations[0]
    document = kb.document(citation.document.key, source=citation.document.source)
    assert check_citation(citation, document)
    assert not check_citation(citation.model_copy(update={"start": citation.start + 1}), document)
    assert not check_citation(citation.model_copy(update={"sha256": digest("x")}), document)
    changed = citation.quote[:-1] + "!"
    assert not check_citation(citation.model_copy(update={"quote": changed, "sha256": digest(changed)}), document)


def test_a_claim_that_its_citation_does_not_say_is_unsupported(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("布洛芬片的适应症")
    invented = Claim(text="可治百病。", start=0, end=5, citations=(answer.citations[0].marker,), verdict=Verdict.SUPPORTED)
    dangling = Claim(text="可治百病。", start=0, end=5, citations=("[9]",), verdict=Verdict.SUPPORTED)
    verdicts = [claim.verdict for claim in verified_claims([*answer.claims, invented, dangling], answer.citations, kb)]
    assert verdicts == [Verdict.SUPPORTED, Verdict.UNSUPPORTED, Verdict.UNSUPPORTED]


def test_a_citation_of_a_document_that_is_gone_supports_nothing(kb: KnowledgeBase) -> None:
    answer = MedRAG(kb).ask("布洛芬片的适应症")
    citation = answer.citations[0]
    gone = citation.model_copy(update={"document": citation.document.model_copy(update={"key": "gone"})})
    assert {claim.verdict for claim in verified_claims(answer.claims, [gone], kb)} == {Verdict.UNSUPPORTED}
