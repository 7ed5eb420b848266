"""Reading and preparing on a Ray cluster, for `build`: the machines of the cluster work, this one finds the records and writes.

    with RayCluster("auto") as cluster:
        build(paths, "labels.kb", cluster=cluster)

Each portion of records is one task of Ray's, known by its place in the input. Results are taken in the order of the input and
once each, whoever worked them out (`medrag.ingest.workshop`, as with processes of this machine); a task whose machine died is
worked out again by another. Only so many are under way that memory stays the same however large a file is.

These are tasks of Ray and not Ray Data: a portion is bytes in and bytes out, so there are no columns for Arrow to hold, and
records are found while the archive is read, of which Ray Data wants a list beforehand. It spares pyarrow and pandas everywhere.
"""

from __future__ import annotations

import os
import socket
from concurrent.futures import Future
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from medrag import __version__
from medrag.errors import IngestError, MedRAGError, MissingExtraError
from medrag.ingest.portions import one_line
from medrag.kb.embed import Embedder, embedder_from_name

__all__ = ["RayCluster"]

REACHED_S = 10.0
AGAIN = 8  # times that a task is worked out anew when what worked on it died


class RayCluster:
    """A connection to the Ray cluster at an address: `auto` (the one this machine is part of) or `host:port` of its head.

    Every machine of it needs this release of medrag, and the embedder's model where that is none of the package. `gpus` is the
    share of a GPU that each task gets; embedders that can use one then do.
    """

    def __init__(self, address: str, *, gpus: float = 0.0) -> None:
        self._address, self._gpus = address, gpus
        self._is_ours = False

    def __enter__(self) -> Self:
        self._ray = ray = _ray()
        if not ray.is_initialized():
            try:
                _require_reachable(self._address)
                ray.init(address=self._address, log_to_driver=False, logging_level="error")
            except (ConnectionError, OSError, RuntimeError, ValueError) as error:
                raise IngestError(
                    f"no Ray cluster at {self._address!r}: {one_line(error)[:200]}; start one with `ray start --head`"
                ) from None
            self._is_ours = True
        task = ray.remote(num_cpus=1, num_gpus=self._gpus, max_calls=0, max_retries=AGAIN)
        self._called = task(_called)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._is_ours:
            self._ray.shutdown()

    @property
    def size(self) -> int:
        """How many tasks the cluster works on at once, as far as it is up."""
        found = self._ray.cluster_resources()
        sizes = [int(found.get("CPU", 1.0))] + ([int(found.get("GPU", 0.0) / self._gpus)] if self._gpus else [])
        return max(1, min(sizes))

    def submit(self, function: str, data: bytes) -> Future[bytes]:
        """What `module:function` makes of the bytes on some machine of the cluster.

        The future raises `MedRAGError` with what the function raised, or with what became of the machines that tried.
        """
        result: Future[bytes] = Future()

        def done(of: Future[bytes]) -> None:
            error = of.exception()
            if error is None:
                result.set_result(of.result())
            else:
                cause = getattr(error, "cause", None) or error
                result.set_exception(MedRAGError(f"{type(cause).__name__}: {one_line(cause)[:300]}"))

        self._called.remote(function, data, __version__).future().add_done_callback(done)
        return result

    def require(self, embedder: Embedder) -> None:
        """Raises `IngestError` where the cluster cannot do the work: one of its machines answers for all."""
        try:
            self.submit(f"{__name__}:_dimensions", embedder.name.encode()).result()
        except MedRAGError as error:
            raise IngestError(f"the Ray cluster at {self._address!r} cannot do the work: {error}") from None


def _called(function: str, data: bytes, release: str) -> bytes:
    """What `module:function` of this release makes of the bytes; runs on the cluster."""
    if release != __version__:
        raise RuntimeError(f"a machine has medrag {__version__}, wanted {release}: install the same everywhere")
    module, _, name = function.partition(":")
    result: bytes = getattr(import_module(module), name)(data)
    return result


def _dimensions(embedder: bytes) -> bytes:
    """The dimensions of an embedder, if it is there."""
    return str(embedder_from_name(embedder.decode()).dimensions).encode()


def _require_reachable(address: str) -> None:
    """Raises `OSError` where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        with socket.create_connection((host.strip("[]"), int(port)), REACHED_S):
            pass


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a hospital's machines are nobody else's business
    try:
        import ray
    except ImportError:
        raise MissingExtraError("ray", "ray") from None
    return ray
