"""Clients of the tools for agents, by any transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult

from medrag.chat.assistant import Assistant
from medrag.chat.opened import open_assistant
from medrag.server.desk import Desk
from medrag.server.metrics import Metrics

__all__ = ["called", "desk_over", "refused", "text", "tool"]

T = TypeVar("T")


@contextmanager
def desk_over(folder: Path) -> Iterator[Desk]:
    with open_assistant(Assistant(name="test", knowledge_bases=(folder,))) as opened:
        yield Desk(opened, Metrics(), None)


def called(server: Any, use: Callable[[Client], Awaitable[T]]) -> T:
    """What a client gets that is connected to a server, by any transport."""

    async def run() -> T:
        async with Client(server) as client:
            return await use(client)

    return asyncio.run(run())


def tool(server: Any, name: str, /, **arguments: object) -> CallToolResult:
    return called(server, lambda client: client.call_tool(name, arguments))


def text(result: CallToolResult) -> str:
    return result.content[0].text  # type: ignore[union-attr]


async def refused(client: Client, uri: str) -> str:
    """Why a resource is not read."""
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value.error.message
