"""The files of a backup: copied with their hashes, packed into one file, and taken out of one again."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath

from medrag.errors import KnowledgeBaseError
from medrag.kb.generations import fsync_folder

__all__ = ["ARCHIVES", "SUFFIXES", "copy_hashed", "packed", "unpacked"]

SUFFIXES = (".tar", ".tar.gz", ".tgz")  # of a backup that is one file
ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")  # by which somebody would expect one file
BLOCK = 2**20


def copy_hashed(source: Path, target: Path) -> tuple[int, str]:
    """Copies a file, making the folders above it; its size and SHA-256."""
    digest, size = sha256(), 0
    with source.open("rb") as read:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as write:
            while block := read.read(BLOCK):
                digest.update(block)
                size += len(block)
                write.write(block)
    return size, digest.hexdigest()


def packed(folder: Path, target: Path) -> None:
    """Packs the files of a folder into one new file; it is on the disk when this returns."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with target.open("wb") as raw, tarfile.open(fileobj=raw, mode="w" if target.suffix == ".tar" else "w:gz") as archive:
        for path in files:
            archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
    fsync_folder(target)


@contextmanager
def unpacked(source: Path, folder: Path) -> Iterator[Path]:
    """The folder of a backup: itself, or for one that is a file a new one in which it is taken apart, and which goes in the end."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise KnowledgeBaseError(f"{source}: there is no such backup")
    folder.mkdir()
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                _take(archive, member, folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise KnowledgeBaseError(f"{source} is no backup of a knowledge base, or is damaged: {error}") from None
    yield folder


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Writes one member below the folder. Links, devices and names that lead elsewhere are in no backup."""
    stream = archive.extractfile(member) if member.isreg() else None
    parts = PurePosixPath(member.name).parts
    if stream is None or member.name.startswith("/") or ".." in parts or not parts:
        raise ValueError(f"{member.name!r} in it is of no backup")
    with stream:
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as write:
            shutil.copyfileobj(stream, write, BLOCK)
