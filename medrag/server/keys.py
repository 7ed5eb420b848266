"""API keys: who calls, what they may do, and which documents they may see.

A key is shown once, when it is made; the file keeps the SHA-256 of it, which suffices for 256 random bits.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field, TypeAdapter, ValidationError

from medrag.errors import MedRAGError
from medrag.server.errors import ApiError
from medrag.types import Record

__all__ = ["LOCAL", "Caller", "Key", "KeyRing", "Role", "caller"]

PREFIX = "mrk"
SECRET_BYTES = 32


class Role(StrEnum):
    """What a key may do; `admin` may do all."""

    ASK = "ask"  # ask, search, read documents and entities
    INGEST = "ingest"  # add and delete documents
    ADMIN = "admin"  # read feedback and metrics besides


class Key(Record):
    """A key as it is kept. `access` are the tags of the documents that it may see (None: all), `rate` requests a minute."""

    id: str
    name: str = Field(min_length=1, max_length=100)
    sha256: str
    roles: tuple[Role, ...]
    access: Annotated[tuple[str, ...], Field(min_length=1)] | None = None  # an empty one would restrict nothing
    rate: int | None = Field(default=None, ge=1)
    created: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `id` owns sessions and feedback, `access` are the tags of the documents that they may see (None: all)."""

    name: str
    roles: frozenset[Role]
    access: frozenset[str] | None = None
    id: str = "local"
    rate: int | None = None

    def may(self, role: Role) -> bool:
        """Whether they have the role."""
        return role in self.roles or Role.ADMIN in self.roles


# Everybody on this machine, where the server has no keys.
LOCAL = Caller("local", frozenset(Role))

_KEYS = TypeAdapter(tuple[Key, ...])


class KeyRing:
    """The keys of a file, read anew when it changes, so that a key that is removed stops working at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def keys(self) -> tuple[Key, ...]:
        """All keys in the order in which they were made; none where there is no file yet. Raises for a damaged file."""
        try:
            status = self.path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen != self._seen:
                self._keys = {key.id: key for key in _KEYS.validate_json(self.path.read_bytes())}
                self._seen = seen
        except FileNotFoundError:
            self._keys, self._seen = {}, None
        except OSError as error:
            raise MedRAGError(f"{self.path}: the keys cannot be read: {error.strerror}") from None
        except ValidationError:
            raise MedRAGError(f"{self.path} is no file of keys: `medrag keys add NAME --keys FILE` makes one") from None
        return tuple(self._keys.values())

    def caller(self, token: str) -> Caller | None:
        """Who has this key; None for nobody. Takes the same time for a wrong secret as for a right one."""
        self.keys()
        _, _, rest = token.partition("-")
        identity, _, _ = rest.partition("-")
        key = self._keys.get(identity)
        if not compare_digest(_hashed(token), key.sha256 if key is not None else _hashed("")) or key is None:
            return None
        access = None if key.access is None else frozenset(key.access)
        return Caller(key.name, frozenset(key.roles), access, id=key.id, rate=key.rate)

    def add(
        self, name: str, roles: Collection[Role], *, access: Collection[str] | None = None, rate: int | None = None
    ) -> tuple[Key, str]:
        """A new key, and what its owner sends, which is kept nowhere. Raises for a name that is taken."""
        if any(key.name == name for key in self.keys()):
            raise MedRAGError(f"{self.path}: there is a key {name!r} already: remove it first, or choose another name")
        identity = secrets.token_hex(6)
        token = f"{PREFIX}-{identity}-{secrets.token_urlsafe(SECRET_BYTES)}"
        key = Key(
            id=identity,
            name=name,
            sha256=_hashed(token),
            roles=tuple(sorted(set(roles))),
            access=None if access is None else tuple(sorted(set(access))),
            rate=rate,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._write([*self._keys.values(), key])
        return key, token

    def remove(self, name: str) -> None:
        """Removes a key by its name. Raises where there is none."""
        left = [key for key in self.keys() if key.name != name]
        if len(left) == len(self._keys):
            names = ", ".join(key.name for key in left) or "none"
            raise MedRAGError(f"{self.path}: there is no key {name!r}: the keys are {names}")
        self._write(left)

    def _write(self, keys: Collection[Key]) -> None:
        """Replaces the file whole, readable by its owner alone."""
        text = json.dumps([key.model_dump(mode="json") for key in keys], ensure_ascii=False, indent=1)
        with NamedTemporaryFile("w", encoding="utf-8", dir=self.path.resolve().parent, delete=False) as file:  # mode 0600
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self.path.resolve())


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


_bearer = HTTPBearer(auto_error=False, description="An API key, where the server has any (`medrag keys add`).")


def caller(role: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller of a request, who must have the role; `request.state.caller` is set by the gate."""

    async def check(request: Request, _: HTTPAuthorizationCredentials | None = Security(_bearer)) -> Caller:  # noqa: B008
        who = request.state.caller
        if not isinstance(who, Caller):
            raise ApiError(401, "this needs an API key: send `Authorization: Bearer KEY`", code="invalid_api_key")
        if not who.may(role):
            have = ", ".join(sorted(who.roles)) or "none"
            raise ApiError(403, f"this needs the role {role.value}, and the key has {have}", code="insufficient_role")
        return who

    return check
