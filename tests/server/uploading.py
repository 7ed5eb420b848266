"""Sending files to a server and waiting for what becomes of them, as its tests do."""

from __future__ import annotations

import time
from typing import Any

import httpx

__all__ = ["file", "finished", "uploaded"]

ENDS_S = 30.0


def file(name: str, text: str | bytes) -> tuple[str, tuple[str, bytes]]:
    """A file of an upload."""
    return "files", (name, text if isinstance(text, bytes) else text.encode())


def finished(client: httpx.Client, job: str) -> dict[str, Any]:
    """The job when it is over."""
    until = time.monotonic() + ENDS_S
    while True:
        found: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
        if found["state"] in {"done", "failed"}:
            return found
        assert time.monotonic() < until, found
        time.sleep(0.02)


def uploaded(client: httpx.Client, *files: tuple[str, tuple[str, bytes]], **fields: Any) -> dict[str, Any]:
    """The job of an upload when it is over."""
    response = client.post("/v1/documents", files=list(files), data=fields)
    assert response.status_code == 202, response.text
    return finished(client, response.json()["id"])
