"""Two knowledge bases read as one: a pharmacy's own labels before the starter ones, and a question over both."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build
from medrag.kb.several import SeveralKnowledgeBases

STARTER = Path(__file__).resolve().parent.parent / "kb"
OWN = """舒络合剂

【适应症】
用于瘀血阻络引起的肢体麻木。

【药物相互作用】
与布洛芬等非甾体抗炎药同用时出血的危险增加，应避免。
"""

with TemporaryDirectory() as folder:
    home = Path(folder)
    (home / "own.txt").write_text(OWN, encoding="utf-8")
    for name, source in (("own", home / "own.txt"), ("starter", STARTER)):
        with KnowledgeBase.create(home / f"{name}.kb") as kb:
            build(source, kb, source=name)
    with SeveralKnowledgeBases.open(home / "own.kb", home / "starter.kb") as kb:
        answer = MedRAG(kb).ask("舒络合剂和布洛芬混悬液能一起吃吗？")
        print(answer.text)
        print("from", ", ".join(sorted({citation.document.source for citation in answer.citations})))
