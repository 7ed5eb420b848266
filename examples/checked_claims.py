"""A language model writes, and each of its claims is checked. Here a script stands in for the model and errs three times.

With a real one: MedRAG(kb, llm="hf:FOLDER"), or llm="http:http://127.0.0.1:8000/v1#MODEL", or any LLM of LlamaIndex.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build
from medrag.llm.scripted import ScriptedLLM

KB = Path(__file__).resolve().parent.parent / "kb" / "labels" / "zh" / "asipilin-changrongpian.txt"
REPLY = "对阿司匹林过敏者禁用[1]。活动性消化道溃疡患者慎用[1]。它能治疗哮喘。妊娠最后三个月的妇女禁用[99]。"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "labels.kb") as kb:
    build(KB, kb)
    answer = MedRAG(kb, llm=ScriptedLLM(REPLY)).ask("阿司匹林肠溶片的禁忌是什么？")
    for claim in answer.claims:
        sys.stdout.write(f"{claim.verdict.value:13} {claim.text} {' '.join(claim.reasons)}\n")
    for notice in answer.notices:
        sys.stdout.write(f"! {notice}\n")
