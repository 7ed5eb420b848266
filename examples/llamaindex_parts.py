"""The library as parts of LlamaIndex: a retriever, a query engine, a conversation, the graph, and a tool for agents."""

from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build
from medrag.llamaindex import as_chat_engine, as_property_graph_store, as_query_engine, as_retriever, as_tool

SOURCES = Path(__file__).resolve().parent.parent / "kb"

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "my.kb") as kb:
    build(SOURCES, kb)
    medrag = MedRAG(kb)

    for found in as_retriever(medrag, k=2).retrieve("阿司匹林肠溶片的禁忌"):
        place = found.node.metadata
        print(f"{found.score:.2f} {place['title']} › {place['section']} ({place['start']}–{place['end']})")

    response = as_query_engine(medrag).query("阿司匹林肠溶片的禁忌是什么？")
    print(response)
    for citation in (response.metadata or {})["citations"]:
        print(citation["marker"], citation["quote"])

    chat = as_chat_engine(medrag)
    chat.chat("布洛芬混悬液的适应症是什么？")
    print(chat.chat("有什么不良反应？"))

    graph = as_property_graph_store(kb)
    for subject, relation, object_ in graph.get_rel_map(graph.get(ids=["华法林"]), depth=1, limit=3):
        print(subject.id, relation.label, object_.id)

    tool = as_tool(medrag)
    print(tool.metadata.name, "→", tool.call("布洛芬和华法林能一起吃吗？").raw_output.source_nodes[0].node.text[:60])
