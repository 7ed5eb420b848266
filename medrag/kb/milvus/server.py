"""A Milvus server and what is asked of it; every failure is one line that names the server and never its password."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from medrag.errors import KnowledgeBaseError, MissingExtraError

__all__ = ["Server"]

Row = dict[str, Any]

# Reads wait for all writes that were acknowledged: a reader never misses rows of the commit that it is pinned to.
CONSISTENCY = "Strong"
LITE = ".db"  # a path that ends so is a file of milvus-lite, opened in this process
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # within which the client tries again, as where a server fails over
WRITE_SECONDS = 600.0  # a cluster may slow writers down, and building an index takes minutes
ITERATED = 2_000  # rows fetched at a time where all are wanted
# The client's own pings, each ten seconds also where nothing is asked, have servers of gRPC's defaults hang up ("too many pings").
CHANNEL = {"grpc.keepalive_time_ms": 300_000, "grpc.keepalive_permit_without_calls": 0}
MAX_REASON = 200  # characters of what the server says
_REFUSED = ("unauthenticated", "auth check", "permission", "credential", "privilege")
_UNREACHABLE = ("connect", "unavailable", "retry", "deadline", "timeout")
logger = logging.getLogger(__name__)
_silent = threading.local()


class Server:
    """A connection, shared by threads. Reading gives up after so many seconds in which the server is not reached."""

    def __init__(self, address: str, *, patience: float = READ_SECONDS) -> None:
        self.shown = _shown(address)
        self._address = address
        self._secrets = _secrets(address)
        self._patience = patience
        self._loaded: set[str] = set()
        pymilvus = _pymilvus()
        _silence()
        if not _is_remote(address) and not address.endswith(LITE):
            raise KnowledgeBaseError(
                f"{self.shown}: no address of Milvus: wanted http://host:19530, or a file that ends in .db"
            )
        with self._asking("cannot be opened" if address.endswith(LITE) else "cannot be reached"):
            self._client = pymilvus.MilvusClient(
                _bare(address), token=_token(address), db_name=_database(address), timeout=CONNECT_SECONDS,
                grpc_options=CHANNEL,
            )  # fmt: skip

    # ------------------------------------------------------------------ collections

    def collections(self, prefix: str) -> list[str]:
        """The names of the collections that begin so, sorted."""
        with self._asking("cannot list its collections"):
            return sorted(name for name in self._client.list_collections(timeout=self._patience) if name.startswith(prefix))

    def create(
        self,
        name: str,
        fields: Iterable[Mapping[str, Any]],
        index: Mapping[str, Any],
        *,
        filtered: Iterable[str] = (),
    ) -> None:
        """An empty collection, ready for searching; one of that name that a dead writer left is dropped.

        Fields and the index of vectors are the client's own parameters, with the name of a type for the type; `filtered` are fields
        that get an index of their values where the server has one for their type (milvus-lite has none for arrays).
        """
        pymilvus = _pymilvus()
        schema = pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        for field in fields:
            types = {key: pymilvus.DataType[field[key]] for key in ("datatype", "element_type") if key in field}
            schema.add_field(**{**field, **types})
        self.drop(name)
        with self._asking(f"cannot create {name}"):
            self._client.create_collection(name, schema=schema, consistency_level=CONSISTENCY, timeout=WRITE_SECONDS)
            self._index(name, index)
        for column in filtered:
            try:
                with self._asking(f"cannot index {column} of {name}"):
                    self._index(name, {"field_name": column, "index_type": "INVERTED"})
            except KnowledgeBaseError as error:
                logger.debug("%s", error)
        self.load(name)

    def _index(self, name: str, index: Mapping[str, Any]) -> None:
        parameters = self._client.prepare_index_params()
        parameters.add_index(**index)
        self._client.create_index(name, parameters, timeout=WRITE_SECONDS, sync=False)  # there is nothing yet to wait for

    def load(self, name: str) -> None:
        """Makes a collection searchable, once: a server that was started anew holds none in memory."""
        if name not in self._loaded:
            with self._asking(f"cannot load {name}"):
                self._client.load_collection(name, timeout=WRITE_SECONDS)
            self._loaded.add(name)

    def drop(self, name: str) -> None:
        """Removes a collection; one that is not there stays so."""
        with self._asking(f"cannot drop {name}"):
            self._client.drop_collection(name, timeout=WRITE_SECONDS)
        self._loaded.discard(name)

    def flush(self, name: str) -> None:
        """Has what was written sealed into segments with indexes. Rows are durable and found without."""
        with self._asking(f"cannot flush {name}"):
            self._client.flush(name, timeout=WRITE_SECONDS)

    # ------------------------------------------------------------------ rows

    def insert(self, name: str, rows: list[Row]) -> None:
        """Adds rows whose keys are new."""
        with self._asking("cannot be written"):
            self._client.insert(name, rows, timeout=WRITE_SECONDS)

    def upsert(self, name: str, rows: list[Row]) -> None:
        """Puts whole rows in the place of those with their keys."""
        with self._asking("cannot be written"):
            self._client.upsert(name, rows, timeout=WRITE_SECONDS)

    def delete(self, name: str, where: str) -> None:
        """Removes the rows that an expression selects."""
        with self._asking("cannot be written"):
            self._client.delete(name, filter=where, timeout=WRITE_SECONDS)

    def query(self, name: str, where: str, fields: Sequence[str]) -> list[Row]:
        """The rows that an expression selects, some thousands at most, in no order."""
        with self._asking("cannot be read"):
            return list(
                self._client.query(
                    name, filter=where, output_fields=list(fields), consistency_level=CONSISTENCY, timeout=self._patience
                )
            )

    def count(self, name: str, where: str) -> int:
        """How many rows an expression selects."""
        return int(self.query(name, where, ["count(*)"])[0]["count(*)"])

    def iterate(self, name: str, where: str, fields: Sequence[str]) -> Iterator[list[Row]]:
        """All rows that an expression selects, in portions."""
        with self._asking("cannot be read"):
            portions = self._client.query_iterator(
                name, batch_size=ITERATED, filter=where, output_fields=list(fields), consistency_level=CONSISTENCY,
                timeout=self._patience,
            )  # fmt: skip
        try:
            while True:
                with self._asking("cannot be read"):
                    rows = list(portions.next())
                if not rows:
                    return
                yield rows
        finally:
            portions.close()

    def search(
        self, name: str, field: str, query: object, where: str, limit: int, fields: Sequence[str], parameters: Row
    ) -> list[tuple[float, Row]]:
        """The rows nearest to a query by inner product as (score, fields), best first."""
        with self._asking("cannot be searched"):
            found = self._client.search(
                name, data=[query], anns_field=field, filter=where, limit=limit, output_fields=list(fields),
                search_params={"metric_type": "IP", "params": parameters}, consistency_level=CONSISTENCY, timeout=self._patience,
            )  # fmt: skip
        return [(float(hit["distance"]), hit["entity"]) for hit in found[0]]

    def size(self) -> int:
        """The bytes of a file of milvus-lite; 0 for a server, which does not say."""
        if not self._address.endswith(LITE):
            return 0
        return sum(path.stat().st_size for path in Path(self._address).rglob("*") if path.is_file())

    def close(self) -> None:
        """Lets go of the connection."""
        with self._asking("cannot be closed"):
            self._client.close()

    @contextmanager
    def _asking(self, failed: str) -> Iterator[None]:
        """Turns the failures of a call into one line; the client's own log would print a stack trace of each."""
        import grpc

        _silent.on = True
        try:
            yield
        except (_pymilvus().MilvusException, grpc.RpcError, ValueError, TypeError, OSError) as error:
            raise KnowledgeBaseError(f"{self.shown}: Milvus {failed}: {self._reason(error)}") from None
        finally:
            _silent.on = False

    def _reason(self, error: Exception) -> str:
        """Why, and what to do, in one line without passwords."""
        details = getattr(error.__cause__, "details", None)  # the client calls a refused password a failed connection
        said = str((details() if details is not None else "") or getattr(error, "message", "") or error)
        for secret in self._secrets:
            said = said.replace(secret, "***")
        reason = " ".join(said.split())[:MAX_REASON]
        lowered = reason.lower()
        if "open local milvus failed" in lowered:
            return f"{reason} (another process has the file open, or its folder cannot be written): close that one first"
        if any(word in lowered for word in _REFUSED):
            return f"the user, password or token is refused ({reason}): check the address"
        if any(word in lowered for word in _UNREACHABLE):
            return f"{reason}: is it running there, and can it be reached from here?"
        return reason or type(error).__name__


class _Silence(logging.Filter):
    """Drops what is logged while this module asks; failures are raised, and said once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is kept."""
        return not getattr(_silent, "on", False)


_SILENCE = _Silence()


def _pymilvus() -> Any:
    try:
        import pymilvus
    except ImportError:
        raise MissingExtraError("pymilvus", "milvus") from None
    return pymilvus


def _silence() -> None:
    """Has the client's loggers heed `_silent`; a filter is there once, however often it is added."""
    named = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "pymilvus"]
    for name in (*named, "milvus_lite.server_manager"):
        logging.getLogger(name).addFilter(_SILENCE)


def _is_remote(address: str) -> bool:
    return re.match(r"(https?|tcp)://|unix:", address) is not None


def _parts(address: str) -> tuple[str, str]:
    """Who asks (user:password, or a token behind a colon) and where, of an address."""
    if not _is_remote(address) or "@" not in urlsplit(address).netloc:
        return "", address
    who, _, host = urlsplit(address).netloc.rpartition("@")
    return who, urlsplit(address)._replace(netloc=host).geturl()


def _bare(address: str) -> str:
    return _parts(address)[1]


def _token(address: str) -> str:
    return unquote(_parts(address)[0].removeprefix(":"))


def _database(address: str) -> str:
    return unquote(urlsplit(address).path.strip("/")) if re.match(r"https?://|tcp://", address) else ""


def _shown(address: str) -> str:
    """The address without who asks."""
    who, bare = _parts(address)
    return bare.replace("://", "://***@", 1) if who else bare


def _secrets(address: str) -> list[str]:
    """What must not be printed, longest first."""
    who = _parts(address)[0]
    user, _, password = who.partition(":")
    found = {who, unquote(who), password, unquote(password), *([] if password else [user])}
    return sorted((secret for secret in found if secret), key=len, reverse=True)
