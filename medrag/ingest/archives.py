"""Zip archives, opened safely: read in memory, never unpacked to disk, and bombs refused."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from medrag.errors import IngestError
from medrag.ingest.json_text import Bad

__all__ = ["check_archive", "open_members", "zip_members"]

MAX_MEMBER_BYTES = 2 * 2**30  # one member of an archive, unpacked
MAX_ARCHIVE_RATIO = 200  # unpacked : packed; text packs 4 to 20 times, a bomb 1,000 times


def check_archive(path: Path) -> None:
    """Raises `IngestError` where a zip file is broken or would unpack to a bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                _check_member(path, member)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise IngestError(f"{path.name}: not a readable zip archive: {error}") from None


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > MAX_MEMBER_BYTES or (member.file_size > 2**20 and ratio > MAX_ARCHIVE_RATIO):
        raise IngestError(
            f"{path.name}: member {member.filename!r} would unpack to {member.file_size:,} bytes "
            f"({ratio:,.0f} times its packed size): refused as a possible zip bomb"
        )


def zip_members(path: Path | IO[bytes], name: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes | Bad]]:
    """The members of a zip whose names end in one of the suffixes, as bytes, read in memory and never unpacked to disk.

    Names are only ever labels, so `../` in them does no harm; a member that is a bomb or broken is `Bad`.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise IngestError(f"{name}: not a readable zip archive: {error}") from None
    with archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.lower().endswith(suffixes):
                continue
            try:
                _check_member(Path(name), member)
                with archive.open(member) as stream:
                    data = stream.read(member.file_size + 1)
                yield member.filename, data
            except IngestError as error:
                yield member.filename, Bad(member.filename, str(error))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
                yield member.filename, Bad(member.filename, f"cannot be unpacked: {error}")
            except Exception as error:  # zlib.error and lzma.LZMAError share no base class
                yield member.filename, Bad(member.filename, f"cannot be unpacked: {error}")


@contextmanager
def open_members(path: Path, suffixes: tuple[str, ...]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members of a zip whose names end in one of the suffixes as streams, one open at a time, never on disk.

    A broken archive and a possible bomb raise `IngestError` at once: a stream cannot be taken back later.
    """
    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        yield (
            (m.filename, _opened(path, archive, m))
            for m in archive.infolist()
            if m.filename.lower().endswith(suffixes) and not m.is_dir()
        )


def _opened(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:  # damaged, or encrypted
        raise IngestError(f"{path.name}: member {member.filename!r} cannot be unpacked: {error}") from None
