"""The library as a LangChain retriever; needs `pip install langchain-core`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build
from medrag.langchain import MedRAGRetriever

LABELS = Path(__file__).resolve().parent.parent / "kb" / "labels"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "my.kb") as kb:
    build(LABELS, kb)
    for document in MedRAGRetriever(medrag=MedRAG(kb), k=2).invoke("阿司匹林肠溶片的禁忌"):
        place = document.metadata
        print(f"{place['score']:.2f} {place['title']} › {place['section']} ({place['start']}–{place['end']})")
        print("   " + document.page_content.replace("\n", " ")[:60])
