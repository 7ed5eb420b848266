"""The parts for LlamaIndex and LangChain: what they carry, by their own contracts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.graph_stores.types import EntityNode
from llama_index.core.indices.property_graph import CustomPGRetriever, PGRetriever
from llama_index.core.indices.property_graph.sub_retrievers.llm_synonym import LLMSynonymRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import MetadataMode, NodeRelationship, NodeWithScore, QueryBundle

from medrag.answer.engine import MedRAG
from medrag.chat.session import Chat
from medrag.errors import KnowledgeBaseError, QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.langchain import MedRAGRetriever
from medrag.llamaindex import (
    as_chat_engine,
    as_property_graph_store,
    as_query_engine,
    as_retriever,
    as_tool,
)
from medrag.types import digest
from tests.shelf import shelf

ASKED = "布洛芬缓释胶囊的禁忌是什么？"
SAYS = "孕妇及哺乳期妇女禁用"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with shelf(tmp_path_factory.mktemp("frameworks")) as made:
        yield made


@pytest.fixture(scope="module")
def medrag(kb: KnowledgeBase) -> MedRAG:
    return MedRAG(kb)


def check(nodes: Sequence[NodeWithScore], kb: KnowledgeBase) -> None:
    """Each node's words stand where it says, and its score is one."""
    assert nodes
    for found in nodes:
        place = found.node.metadata
        document = kb.document(place["key"], source=place["source"], version=place["version"])
        quote = document.text[place["start"] : place["end"]]
        assert (quote, digest(quote)) == (place["quote"], place["sha256"])
        assert found.score is not None and 0.0 <= found.score <= 1.0


# ---------------------------------------------------------------------- LlamaIndex: retriever and query engine


def test_nodes_carry_the_words_and_where_they_stand(medrag: MedRAG, kb: KnowledgeBase) -> None:
    nodes = as_retriever(medrag, k=4).retrieve(ASKED)
    check(nodes, kb)
    first = nodes[0].node
    assert len(nodes) == 4
    assert SAYS in first.get_content(MetadataMode.NONE) == first.metadata["quote"]
    assert (first.metadata["key"], first.metadata["section_code"], first.metadata["title"]) == (
        "Z1",
        "34070-3",
        "布洛芬缓释胶囊",
    )
    assert (first.start_char_idx, first.end_char_idx) == (first.metadata["start"], first.metadata["end"])
    assert first.relationships[NodeRelationship.SOURCE].node_id == '["labels", "Z1", 1]'
    assert [e.text for e in medrag.search(ASKED, 4)] == [n.node.text for n in nodes]
    shown = first.get_content(MetadataMode.LLM)
    assert "title: 布洛芬缓释胶囊" in shown and "sha256" not in shown


def test_facts_are_nodes_too_with_the_row_that_says_so(medrag: MedRAG, kb: KnowledgeBase) -> None:
    nodes = as_retriever(medrag).retrieve("高血压有什么症状？")
    check(nodes, kb)
    facts = [n.node for n in nodes if "fact" in n.node.metadata]
    assert ("disease:高血压", "has_symptom", "symptom:头晕") in [
        (f.metadata["subject"], f.metadata["relation"], f.metadata["object"]) for f in facts
    ]


def test_the_async_forms_give_the_same(medrag: MedRAG) -> None:
    async def both() -> tuple[object, ...]:
        nodes = await as_retriever(medrag).aretrieve(ASKED)
        response = await as_query_engine(medrag).aquery(ASKED)
        chat = await as_chat_engine(medrag).achat(ASKED)
        tool = await as_tool(medrag).acall(ASKED)
        return [n.node.node_id for n in nodes], str(response), str(chat), tool.content

    text = medrag.ask(ASKED).text
    nodes = [n.node.node_id for n in as_retriever(medrag).retrieve(ASKED)]
    assert asyncio.run(both()) == (nodes, text, text, text)


def test_a_response_is_the_answer_with_its_citations(medrag: MedRAG, kb: KnowledgeBase) -> None:
    engine = as_query_engine(medrag)
    response = engine.query(ASKED)
    check(response.source_nodes, kb)
    assert SAYS in str(response) == medrag.ask(ASKED).text
    (citation,) = response.metadata["citations"]
    assert citation["marker"] in str(response) and SAYS in citation["quote"]
    assert response.metadata["abstained"] is False
    assert [n.node.node_id for n in engine.retrieve(QueryBundle(ASKED))] == [n.node.node_id for n in response.source_nodes]
    nothing = engine.query("二甲双胍的禁忌是什么？")
    assert nothing.metadata["abstained"] is True


def test_the_retriever_serves_their_own_query_engine(medrag: MedRAG) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM())
    engine = RetrieverQueryEngine(retriever=as_retriever(medrag, k=1), response_synthesizer=synthesizer)
    assert SAYS in str(engine.query(ASKED))  # a mock says what it was shown


def test_what_cannot_be_asked_raises_as_it_does_elsewhere(medrag: MedRAG) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        as_retriever(medrag).retrieve(" ")
    with pytest.raises(QuestionError, match="the question is empty"):
        as_query_engine(medrag).query("")


def test_a_tool_answers_and_hands_the_nodes_on(medrag: MedRAG, kb: KnowledgeBase) -> None:
    tool = as_tool(medrag)
    assert tool.metadata.name == "drug_labels" and "medicine" in tool.metadata.description
    output = tool.call(ASKED)
    assert SAYS in output.content
    check(output.raw_output.source_nodes, kb)
    assert as_tool(medrag, name="ward", description="x").metadata.name == "ward"


# ---------------------------------------------------------------------- LlamaIndex: chat engine


def test_a_conversation_remembers_the_medicine(medrag: MedRAG) -> None:
    engine = as_chat_engine(medrag)
    engine.chat("布洛芬缓释胶囊的适应症是什么？")
    assert SAYS in str(engine.chat("有什么禁忌？"))
    assert [said.role for said in engine.chat_history] == [MessageRole.USER, MessageRole.ASSISTANT] * 2
    assert engine.chat_history[2].content == "有什么禁忌？"
    engine.reset()
    assert engine.chat_history == []
    assert SAYS not in str(engine.chat("有什么禁忌？"))


def test_a_history_that_is_handed_over_counts_for_that_turn(medrag: MedRAG) -> None:
    engine = as_chat_engine(Chat(medrag))
    history = [
        ChatMessage(role=MessageRole.USER, content="布洛芬缓释胶囊的适应症是什么？"),
        ChatMessage(role=MessageRole.ASSISTANT, content="用于缓解疼痛。"),
    ]
    assert SAYS in str(engine.chat("有什么禁忌？", history))
    assert engine.chat_history == []


def test_streams_are_the_same_text_with_nodes_from_the_beginning(medrag: MedRAG, kb: KnowledgeBase) -> None:
    stream = as_chat_engine(medrag).stream_chat(ASKED)
    check(stream.source_nodes, kb)
    assert "".join(stream.response_gen) == medrag.ask(ASKED).text
    assert str(stream) == medrag.ask(ASKED).text.strip()

    async def streamed() -> str:
        stream = await as_chat_engine(medrag).astream_chat(ASKED)
        check(stream.source_nodes, kb)
        return "".join([piece async for piece in stream.async_response_gen()])

    assert asyncio.run(streamed()) == medrag.ask(ASKED).text


# ---------------------------------------------------------------------- LlamaIndex: the graph


def test_entities_are_got_by_id_and_by_name(kb: KnowledgeBase) -> None:
    store = as_property_graph_store(kb)
    (node,) = store.get(ids=["高血压"])
    assert isinstance(node, EntityNode)
    assert (node.id, node.name, node.label) == ("disease:高血压", "高血压", "disease")
    assert store.get(ids=["disease:高血压", "高血压"]) == store.get(properties={"name": "高血压"}) == [node]
    assert store.get(properties={"name": "高血压", "kind": "symptom"}) == store.get(ids=["没有"]) == store.get(ids=[]) == []
    with pytest.raises(KnowledgeBaseError, match="the graph is not listed whole"):
        store.get()


def test_triplets_have_relation_ends_and_the_words_that_say_so(kb: KnowledgeBase) -> None:
    store = as_property_graph_store(kb)
    triplets = store.get_triplets(entity_names=["高血压"], relation_names=["has_symptom"])
    assert [(s.id, r.label, o.id) for s, r, o in triplets] == [
        ("disease:高血压", "has_symptom", "symptom:头晕"),
        ("disease:高血压", "has_symptom", "symptom:头痛"),
    ]
    subject, relation, _ = triplets[0]
    assert (relation.source_id, relation.target_id) == ("disease:高血压", "symptom:头晕")
    assert relation.properties["quotes"] == ["高血压 has_symptom 头晕"]
    (source,) = store.get_llama_nodes([subject.properties["triplet_source_id"]])
    assert source.get_content() == "高血压 has_symptom 头晕"
    assert store.get_llama_nodes(["no id", '["labels", "none", 1, 0, 1]']) == []
    assert [o.id for _, _, o in store.get_triplets(ids=["disease:高血压"], properties={"name": "头痛"})] == ["symptom:头痛"]
    with pytest.raises(KnowledgeBaseError, match="say which entities"):
        store.get_triplets(relation_names=["has_symptom"])


def test_the_map_goes_so_many_steps_and_leaves_relations_out(kb: KnowledgeBase) -> None:
    store = as_property_graph_store(kb)
    start = store.get(ids=["高血压"])
    one = [(s.name, r.label, o.name) for s, r, o in store.get_rel_map(start, depth=1)]
    two = [(s.name, r.label, o.name) for s, r, o in store.get_rel_map(start, depth=2)]
    assert ("脑卒中", "cure_rate", "30%") in two and ("脑卒中", "cure_rate", "30%") not in one
    assert one == two[: len(one)]
    assert store.get_rel_map(start, depth=2, limit=1) == store.get_rel_map(start, depth=2)[:1]
    kept = store.get_rel_map(start, depth=1, ignore_rels=["has_symptom"])
    assert {r.label for _, r, _ in kept} == {label for _, label, _ in one} - {"has_symptom"}
    assert store.get_rel_map([]) == []


def test_their_graph_retrievers_work_on_it(kb: KnowledgeBase) -> None:
    store = as_property_graph_store(kb)

    class Named(CustomPGRetriever):
        def init(self, **kwargs: object) -> None:
            pass

        def custom_retrieve(self, query_str: str) -> str:
            return str(len(self.graph_store.get(ids=[query_str])))

    assert Named(graph_store=store).retrieve("高血压")[0].text == "1"
    synonyms = LLMSynonymRetriever(
        store, llm=MockLLM(), output_parsing_fn=lambda _: ["高血压"], path_depth=1, include_text=True
    )
    nodes = PGRetriever([synonyms], use_async=False).retrieve("高血压有什么症状")
    assert any("disease:高血压 -> has_symptom -> symptom:头晕" in n.text and "高血压 has_symptom 头晕" in n.text for n in nodes)


def test_the_graph_is_read_only_and_says_so(kb: KnowledgeBase) -> None:
    store = as_property_graph_store(kb)
    (node,) = store.get(ids=["高血压"])
    for refused in (
        lambda: store.upsert_nodes([node]),
        lambda: store.upsert_relations([]),
        lambda: store.delete(ids=["disease:高血压"]),
    ):
        with pytest.raises(KnowledgeBaseError, match="read only"):
            refused()
    with pytest.raises(KnowledgeBaseError, match="speaks no query language"):
        store.structured_query("MATCH (n) RETURN n")
    with pytest.raises(KnowledgeBaseError, match="entities have no vectors"):
        store.vector_query(None)
    assert not store.supports_structured_queries and not store.supports_vector_queries
    assert "disease" in store.get_schema()["entities"] and "has_symptom" in store.get_schema_str()


# ---------------------------------------------------------------------- LangChain


def test_langchain_documents_carry_the_words_and_where_they_stand(medrag: MedRAG, kb: KnowledgeBase) -> None:
    found = MedRAGRetriever(medrag=medrag, k=3).invoke(ASKED)
    assert [document.page_content for document in found] == [e.text for e in medrag.search(ASKED, 3)]
    place = found[0].metadata
    assert kb.document(place["key"], source=place["source"]).text[place["start"] : place["end"]] == place["quote"]
    assert SAYS in found[0].page_content and 0 <= place["score"] <= 1
    assert asyncio.run(MedRAGRetriever(medrag=medrag, k=3).ainvoke(ASKED)) == found
