"""A real server on loopback, in a thread of the test, over a small knowledge base."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from medrag.answer.engine import MedRAG
from medrag.chat.assistant import Assistant
from medrag.chat.opened import OpenAssistant, open_assistant
from medrag.llm.scripted import ScriptedLLM
from medrag.server.app import create_app
from medrag.server.settings import ServerSettings

__all__ = ["IBUPROFEN", "Serving", "assistant_over", "scripted", "serving"]

IBUPROFEN = "布洛芬缓释胶囊孕妇能用吗？"
STARTS_S = 20.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs: its address, a client without a key, and the app."""

    url: str
    client: httpx.Client
    app: FastAPI

    def ask(self, question: str = IBUPROFEN, **more: Any) -> dict[str, Any]:
        """The answer's record."""
        response = self.client.post("/v1/ask", json={"question": question, **more})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


def assistant_over(folder: Path, name: str = "medrag", **fields: Any) -> OpenAssistant:
    """An assistant over the knowledge base in a folder."""
    return open_assistant(Assistant(name=name, knowledge_bases=(folder,), **fields))


def scripted(folder: Path, llm: ScriptedLLM, name: str = "written") -> OpenAssistant:
    """An assistant for which a scripted model writes."""
    opened = assistant_over(folder, name, distil=False)
    return OpenAssistant(opened.assistant, opened.kb, MedRAG(opened.kb, llm=llm), opened._held)


@contextmanager
def serving(*assistants: OpenAssistant, settings: ServerSettings | None = None) -> Iterator[Serving]:
    """The assistants served until the block ends."""
    app = create_app(assistants, settings or ServerSettings())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    until = time.monotonic() + STARTS_S
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30.0) as client:
            yield Serving(url, client, app)
    finally:
        server.should_exit = True
        thread.join(STARTS_S)
