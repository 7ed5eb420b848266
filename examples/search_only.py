"""Retrieval alone: the evidence for a question, with its score and the channels that found it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build

LABELS = Path(__file__).resolve().parent.parent / "kb" / "labels" / "zh"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "labels.kb") as kb:
    build(LABELS, kb)
    for evidence in MedRAG(kb).search("哪些药可以治疗高血压？", k=5):
        if evidence.passage is not None:
            passage = evidence.passage
            place = f"{passage.document.title} › {passage.section.heading}"
            print(f"{evidence.rank}. {evidence.score:.2f} {place}  (found by {', '.join(evidence.found_by)})")
            print("   " + passage.text.replace("\n", " ")[:80])
