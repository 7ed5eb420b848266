"""What a server is told when it is started; read once, passed to each of its processes."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from pydantic import Field

from medrag.answer.audit.level import AuditLevel
from medrag.types import Record

__all__ = ["MEGABYTE", "ServerSettings", "is_loopback"]

MEGABYTE = 1 << 20


class ServerSettings(Record):
    """How a server listens, whom it lets in, and how much it takes.

    `keys` is the file of API keys; without one every local caller is one owner. `sessions` and `feedback` are SQLite files
    (None: nothing is kept), `audit` is the log that each answer is kept in, `state` a folder that the processes share while the
    server runs. `origins` are the web origins that may call from a browser besides the page itself, `hosts` the names that it
    is called by when it has no keys. Limits hold for each worker process: `concurrent` requests under way,
    `key_concurrent` of one key, `rate` requests a minute of a key that has no rate of its own (None: any). `threads` answer at
    a time where no model writes. Sizes are in bytes, times in seconds.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=256)
    state: Path | None = None
    keys: Path | None = None
    sessions: Path | None = None
    session_days: int = Field(default=30, ge=1)
    feedback: Path | None = None
    audit: Path | None = None
    audit_level: AuditLevel = AuditLevel.METADATA
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    threads: int = Field(default=2, ge=1)
    concurrent: int = Field(default=512, ge=1)
    key_concurrent: int = Field(default=256, ge=1)
    rate: int | None = Field(default=None, ge=1)
    max_body: int = Field(default=2 * MEGABYTE, ge=1)
    max_upload: int = Field(default=200 * MEGABYTE, ge=1)
    timeout: float = Field(default=120.0, gt=0)
    grace: int = Field(default=30, ge=1)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host.lower() in {"localhost", "ip6-localhost"}:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
