"""What a run was: by which release, with which settings, of which knowledge base, on which data."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from medrag.errors import EvaluationError
from medrag.evaluate.metrics import SEED
from medrag.kb.base import KnowledgeBase
from medrag.types import Record

__all__ = ["Manifest", "differences", "file_hash", "manifest_of", "source_commit"]

PACKAGES = ("numpy", "tantivy", "faiss-cpu", "faiss-gpu", "tokenizers", "ir-measures", "transformers", "torch", "pydantic")
READ_AT_ONCE = 1 << 20  # bytes
_SHOWN = 12  # digits of a hash that are shown


class Manifest(Record):
    """All that decides what a run comes to, and the versions that it was made with.

    `data` are the files of questions with their SHA-256; `settings` how is found and written, as names and values. The same
    manifest on the same knowledge base gives the same table.
    """

    release: str
    source_commit: str = ""  # of medrag's own working copy, where it runs from one
    python: str
    machine: str
    packages: dict[str, str]
    knowledge_base: str
    commit: int
    documents: int
    tasks: tuple[str, ...]
    data: dict[str, str]
    settings: dict[str, str | int | float | bool | None]
    seed: int  # of the intervals' resamples; a model's own is among the settings
    frozen: bool = False


def manifest_of(
    kb: KnowledgeBase,
    files: Mapping[str, Path],
    settings: Mapping[str, str | int | float | bool | None],
    *,
    frozen: bool = False,
) -> Manifest:
    """The manifest of a run of tasks, given each with its file."""
    from medrag import __version__

    return Manifest(
        release=__version__,
        source_commit=source_commit(Path(__file__)),
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        packages=_versions(PACKAGES),
        knowledge_base=kb.path.name,
        commit=kb.commit,
        documents=kb.stats().documents,
        tasks=tuple(files),
        data={f"{task}: {file.name}": file_hash(file) for task, file in files.items()},
        settings=dict(settings),
        seed=SEED,
        frozen=frozen,
    )


def differences(first: Manifest, second: Manifest) -> list[str]:
    """What two manifests differ in, a line each: `settings.k: 10 and 5`."""
    flat, other = _flat(first.model_dump(mode="json")), _flat(second.model_dump(mode="json"))
    return [
        f"{name}: {_brief(flat.get(name))} and {_brief(other.get(name))}"
        for name in dict.fromkeys([*flat, *other])
        if flat.get(name) != other.get(name)
    ]


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    found = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(READ_AT_ONCE):
                found.update(block)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    return found.hexdigest()


def source_commit(start: Path) -> str:
    """The commit that is checked out in the working copy whose folder `medrag` holds a path; "" where there is none.

    An installed package has none, though its environment may lie in somebody's working copy of something else.
    """
    for folder in start.resolve().parents:
        git = folder / ".git"
        if git.exists():
            inside = start.resolve().relative_to(folder).parts[0] == "medrag"
            return _checked_out(_git_folder(git)) if inside else ""
    return ""


def _git_folder(git: Path) -> Path:
    """Git's folder, which a further working tree of one repository only names."""
    return git if git.is_dir() else (git.parent / git.read_text("utf-8").strip().removeprefix("gitdir: ")).resolve()


def _checked_out(git: Path) -> str:
    if not (git / "HEAD").is_file():
        return ""
    named = (git / "HEAD").read_text("utf-8").strip().removeprefix("ref: ")
    shared = git / "commondir"
    common = (git / shared.read_text("utf-8").strip()).resolve() if shared.is_file() else git
    if (common / named).is_file():
        return (common / named).read_text("utf-8").strip()
    return _packed(common / "packed-refs", named) or (named if "/" not in named else "")


def _packed(path: Path, name: str) -> str:
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")


def _versions(names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _flat(value: object, name: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        return {name: value}
    return {key: one for part, inner in value.items() for key, one in _flat(inner, f"{name}.{part}" if name else part).items()}


def _brief(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text[:_SHOWN] if len(text) == len(sha256().hexdigest()) else text
