"""Clients that others wrote, unchanged, against a real server on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError, OpenAI

from medrag.chat.assistant import CitationStyle
from medrag.llm.count import estimated
from tests.server.serving import IBUPROFEN, Serving, assistant_over, serving

ASKED: list[Any] = [{"role": "user", "content": IBUPROFEN}]
FOLLOWED: list[Any] = [*ASKED, {"role": "assistant", "content": ""}, {"role": "user", "content": "那怎么保存？"}]


@pytest.fixture
def openai(live: Serving) -> OpenAI:
    return OpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0)


def test_openai_lists_the_assistants(openai: OpenAI) -> None:
    assert [model.id for model in openai.models.list()] == ["medrag"]
    assert openai.models.retrieve("medrag").owned_by == "medrag"


def test_openai_gets_an_answer_with_its_citations(openai: OpenAI) -> None:
    answer = openai.chat.completions.create(model="medrag", messages=ASKED, temperature=0.2, max_tokens=100, user="u1")
    message = answer.choices[0].message
    assert message.content is not None and "孕妇及哺乳期妇女禁用" in message.content
    assert answer.choices[0].finish_reason == "stop"
    first = (message.annotations or [])[0]
    assert message.content[first.url_citation.start_index : first.url_citation.end_index] == "[1]"
    assert "布洛芬缓释胶囊" in first.url_citation.title
    record: Any = answer.model_extra["medrag"] if answer.model_extra else {}
    assert record["answer"] == message.content
    assert record["citations"][0]["quote"] == first.model_extra["medrag"]["quote"]  # type: ignore[index]
    assert {claim["verdict"] for claim in record["claims"]} == {"supported"}


def test_retrieval_follows_the_conversation_and_not_the_last_message_alone(openai: OpenAI) -> None:
    answer = openai.chat.completions.create(model="medrag", messages=FOLLOWED)
    assert "遮光，密封保存" in (answer.choices[0].message.content or "")
    record: Any = (answer.model_extra or {})["medrag"]
    assert "布洛芬" in record["standalone"]


def test_openai_streams_the_same_answer_with_each_claim_and_usage(openai: OpenAI) -> None:
    whole = openai.chat.completions.create(model="medrag", messages=ASKED)
    stream = openai.chat.completions.create(model="medrag", messages=ASKED, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert [bool(chunk.choices[0].delta.role) for chunk in chunks if chunk.choices].index(True) == 0
    assert chunks[-1].usage is not None and not chunks[-1].choices
    last: Any = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    told = [chunk.medrag["claim"] for chunk in chunks if "claim" in (getattr(chunk, "medrag", None) or {})]  # type: ignore[attr-defined]
    assert told == last.medrag["claims"]
    assert [text[claim["start"] : claim["end"]] for claim in told] == [claim["text"] for claim in told]
    annotations = last.choices[0].delta.annotations
    assert annotations == [one.model_dump() for one in whole.choices[0].message.annotations or []]


def test_the_stream_helper_of_openai_adds_the_chunks_up(openai: OpenAI) -> None:
    with openai.chat.completions.stream(model="medrag", messages=ASKED) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert "孕妇及哺乳期妇女禁用" in (message.content or "")
    assert message.annotations


def test_openai_works_under_asyncio(live: Serving) -> None:
    async def asked() -> tuple[str, str]:
        async with AsyncOpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0) as client:
            whole = await client.chat.completions.create(model="medrag", messages=ASKED)
            stream = await client.chat.completions.create(model="medrag", messages=ASKED, stream=True)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return whole.choices[0].message.content or "", "".join(parts)

    whole, streamed = asyncio.run(asked())
    assert whole == streamed and "禁用" in whole


def test_content_may_be_a_list_of_parts_and_roles_may_be_anything_that_clients_send(openai: OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "Answer in verse."},
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": [{"type": "text", "text": IBUPROFEN}]},
    ]
    answer = openai.chat.completions.create(model="medrag", messages=messages, extra_body={"chat_id": "x", "features": {}})
    assert "禁用" in (answer.choices[0].message.content or "")


def test_what_cannot_be_done_is_refused_in_one_sentence(openai: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="there is no model of that name: there is medrag"):
        openai.chat.completions.create(model="gpt-4o", messages=ASKED)
    with pytest.raises(BadRequestError, match="one answer is given to a question"):
        openai.chat.completions.create(model="medrag", messages=ASKED, n=2)
    with pytest.raises(BadRequestError, match="the last one must be the user's"):
        openai.chat.completions.create(model="medrag", messages=[{"role": "assistant", "content": "x"}])
    image: list[Any] = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
    with pytest.raises(BadRequestError, match="text alone is read"):
        openai.chat.completions.create(model="medrag", messages=image)
    with pytest.raises(APIStatusError, match="JSON"):
        openai.chat.completions.create(model="medrag", messages=ASKED, response_format={"type": "json_object"})


def test_openai_gets_vectors_in_both_encodings(openai: OpenAI) -> None:
    texts = ["布洛芬", "华法林钠片"]
    packed = openai.embeddings.create(model="medrag", input=texts)  # base64, as the client asks for
    plain = openai.embeddings.create(model="medrag", input=texts, encoding_format="float")
    assert [item.embedding for item in packed.data] == [pytest.approx(item.embedding) for item in plain.data]
    assert len({len(item.embedding) for item in plain.data}) == 1
    assert packed.usage.total_tokens == sum(map(estimated, texts))
    with pytest.raises(BadRequestError, match="texts, not tokens"):
        openai.embeddings.create(model="medrag", input=[[1, 2, 3]])


def test_llama_index_asks_and_streams(live: Serving) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(model="medrag", api_base=f"{live.url}/v1", api_key="none", is_chat_model=True, max_retries=0)
    asked = [ChatMessage(role="user", content=IBUPROFEN)]
    whole = llm.chat(asked)
    assert "孕妇及哺乳期妇女禁用" in (whole.message.content or "")
    assert "".join(part.delta or "" for part in llm.stream_chat(asked)) == whole.message.content
    assert "禁用" in llm.complete(IBUPROFEN).text


def test_langchain_asks_and_streams(live: Serving) -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    llm = ChatOpenAI(model="medrag", base_url=f"{live.url}/v1", api_key=SecretStr("none"), max_retries=0)
    whole = llm.invoke(IBUPROFEN)
    assert "孕妇及哺乳期妇女禁用" in str(whole.content)
    assert "".join(str(part.content) for part in llm.stream(IBUPROFEN)) == whole.content
    history = [("user", IBUPROFEN), ("assistant", str(whole.content)), ("user", "那怎么保存？")]
    assert "密封保存" in str(llm.invoke(history).content)


def test_langchain_gets_vectors(live: Serving) -> None:
    from langchain_openai import OpenAIEmbeddings
    from pydantic import SecretStr

    embeddings = OpenAIEmbeddings(
        model="medrag", base_url=f"{live.url}/v1", api_key=SecretStr("none"), check_embedding_ctx_length=False
    )
    assert len(embeddings.embed_query("布洛芬")) == len(embeddings.embed_documents(["华法林"])[0])


def test_an_assistant_with_footnotes_shows_the_words_cited_behind_its_text_streamed_or_not(shelf_folder: Path) -> None:
    with serving(assistant_over(shelf_folder, citations=CitationStyle.FOOTNOTES)) as running:
        openai = OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0)
        whole = openai.chat.completions.create(model="medrag", messages=ASKED)
        stream = openai.chat.completions.create(model="medrag", messages=ASKED, stream=True)
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    content = whole.choices[0].message.content or ""
    record: Any = (whole.model_extra or {})["medrag"]
    text, notes = content[: len(record["answer"])], content[len(record["answer"]) :]
    assert text == record["answer"] and streamed == content
    first = record["citations"][0]
    assert notes.startswith(f"\n\n{first['marker']} 布洛芬缓释胶囊") and f"“{first['quote']}”" in notes
