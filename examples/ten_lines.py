"""Ten lines: a label into a knowledge base, a question, the answer and the words of the label that it rests on."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build

LABEL = Path(__file__).resolve().parent.parent / "kb" / "labels" / "zh" / "asipilin-changrongpian.txt"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "labels.kb") as kb:
    build(LABEL, kb)
    answer = MedRAG(kb).ask("阿司匹林肠溶片的适应症是什么？")
    print(answer.text)
    for citation in answer.citations:
        heading = citation.section.heading if citation.section else ""
        print(citation.marker, citation.document.title, heading, citation.quote, sep=" | ")
