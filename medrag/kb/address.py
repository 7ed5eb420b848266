"""Where a knowledge base is: a folder, or a database by URL.

    labels.kb                                                       a folder
    postgresql+psycopg://user@host/db?schema=labels                 catalogue, graph and vectors (pgvector) in PostgreSQL
    postgresql+psycopg://user@host/db?schema=labels&vectors=faiss   vectors in this machine's cache folder
    postgresql+psycopg://user@host/db?milvus=http%3A%2F%2Fhost%3A19530   words and vectors in Milvus

`schema` is the namespace in the database (`medrag` where none is named): one holds one knowledge base. `cache` names the folder
for what this machine derives. Every other option (`sslmode`, `host` of a socket) is the database driver's own.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from medrag.errors import KnowledgeBaseError

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["DEFAULT_SCHEMA", "Address", "Place", "VectorsIn", "address_of", "place_of", "whole"]

Place = Path | str  # a folder as a path, or a URL as text

SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
DRIVER = "postgresql+psycopg"
DEFAULT_SCHEMA = "medrag"
OPTIONS = ("schema", "vectors", "milvus", "cache")  # ours; the others are the driver's
SECRETS = ("password", "sslpassword", "passfile")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)  # what PostgreSQL takes without quotes, and cuts to 63
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
HASHED = 16  # characters of the hash that names a cache folder


class VectorsIn:
    """Where vectors are kept."""

    FAISS = "faiss"  # in the folder, or in the cache folder of each machine
    PGVECTOR = "pgvector"
    MILVUS = "milvus"  # the words too


@dataclass(frozen=True, slots=True)
class Address:
    """Where a knowledge base is. `str(address)` is what may be shown: it never holds a password."""

    shown: str
    folder: Path | None = None  # of one on this machine
    url: URL | None = field(default=None, repr=False)  # of one in a database, with the password
    schema: str = ""
    vectors: str = VectorsIn.FAISS
    milvus: str = field(default="", repr=False)  # an http address, or a file of milvus-lite
    cache: Path | None = None  # where this machine keeps what it derives; None in a folder, which holds all

    def __str__(self) -> str:
        return self.shown


def place_of(given: Place) -> Place:
    """What somebody wrote, as a path where it is no URL."""
    return given if isinstance(given, str) and "://" in given else Path(given)


def whole(place: Place) -> Place:
    """The same place, whatever folder one is in."""
    return place if isinstance(place, str) else place.resolve()


def address_of(given: str | Path | Address) -> Address:
    """The address that somebody gave. Raises `KnowledgeBaseError` for a URL that names no knowledge base, saying why."""
    if isinstance(given, Address):
        return given
    text = str(given)
    scheme = _URL.match(text)
    if scheme is None or (isinstance(given, Path) and scheme[1] not in SCHEMES):
        return Address(shown=text, folder=Path(given))
    if isinstance(given, Path):  # Path makes one slash of two
        raise KnowledgeBaseError(f"{scheme[1]}: a database's address is given as text, not as a Path")
    if "://" not in text:
        return Address(shown=text, folder=Path(given))
    if scheme[1] not in SCHEMES:
        raise KnowledgeBaseError(
            f"{scheme[1]}://…: no knowledge base can be there: name a folder, or {DRIVER}://user@host/database?schema=labels"
        )
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # its message may hold the password
        raise KnowledgeBaseError(
            f"{scheme[1]}://…: this is no database address: wanted {DRIVER}://user:password@host:5432/database?schema=labels"
            " (write / : @ ? # in a password as %2F %3A %40 %3F %23)"
        ) from None
    return _database(url)


def _database(url: URL) -> Address:
    """The address in a database, its options checked."""
    shown = _shown(url)
    options = {name: _one(url, name, shown) for name in OPTIONS}
    if not url.database:
        raise KnowledgeBaseError(f"{shown}: names no database: write {DRIVER}://user@host/database")
    schema = options["schema"] or DEFAULT_SCHEMA
    if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_") or schema == "information_schema":
        raise KnowledgeBaseError(
            f"{shown}: {schema!r} cannot be a schema: use a to z, digits and _, up to 63 characters, and begin with a letter"
        )
    vectors = options["vectors"] or (VectorsIn.MILVUS if options["milvus"] else VectorsIn.PGVECTOR)
    if vectors not in (VectorsIn.FAISS, VectorsIn.PGVECTOR, VectorsIn.MILVUS):
        raise KnowledgeBaseError(f"{shown}: vectors={vectors} is unknown: choose pgvector, faiss, or milvus=ADDRESS")
    if bool(options["milvus"]) != (vectors == VectorsIn.MILVUS):
        raise KnowledgeBaseError(f"{shown}: vectors={vectors} and milvus=… do not fit: give milvus=ADDRESS alone, or none")
    bare = url.set(drivername=DRIVER).difference_update_query(OPTIONS)
    cache = Path(options["cache"]).expanduser() if options["cache"] else _caches() / "medrag" / _hash(bare, schema)
    return Address(shown, None, bare, schema, vectors, options["milvus"], cache)


def _one(url: URL, name: str, shown: str) -> str:
    value = url.query.get(name, "")
    if not isinstance(value, str):
        raise KnowledgeBaseError(f"{shown}: {name} is given more than once")
    return value


def _shown(url: URL) -> str:
    """The URL without secrets, of the database and of Milvus, in any of the ways to write one."""
    secret = [name for name in url.query if name in SECRETS]
    shown = url.difference_update_query(secret)
    milvus = shown.query.get("milvus")
    if isinstance(milvus, str) and "@" in milvus:
        shown = shown.update_query_dict({"milvus": re.sub("//.*@", "//***@", milvus)})
    return shown.render_as_string(hide_password=True)


def _hash(url: URL, schema: str) -> str:
    """What tells the knowledge base from others; who asks, and how, does not matter."""
    host = url.host or url.query.get("host") or ""
    said = "\x1f".join((str(host), str(url.port or 5432), url.database or "", schema))
    return sha256(said.encode()).hexdigest()[:HASHED]


def _caches() -> Path:
    """The user's folder for what can be made again."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
