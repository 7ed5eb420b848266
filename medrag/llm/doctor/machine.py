"""What this machine has for running models and for engines beyond one machine: packages, memory, graphics processors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from medrag.llm.doctor.findings import Finding, Level

__all__ = ["examine_machine", "free_memory", "gigabytes"]

# Each package with the extra that brings it; those without one are there or are named where they are needed.
PACKAGES = {
    "llama-index-core": "",
    "torch": "models",
    "transformers": "models",
    "peft": "models",
    "sentence-transformers": "models",
    "accelerate": "",
    "bitsandbytes": "",
    "llama-index-llms-openai-like": "http",
    "faiss-cpu": "cpu",
    "psycopg": "postgres",
    "pymilvus": "milvus",
    "ray": "ray",
}
USES = {
    "accelerate": "places large models on several devices",
    "bitsandbytes": "loads models in 4 or 8 bits",
    "llama-index-llms-openai-like": "asks servers (http:URL#MODEL)",
    "psycopg": "keeps a knowledge base in PostgreSQL",
    "pymilvus": "keeps its words and vectors in Milvus",
    "ray": "ingests on several machines",
}


def examine_machine() -> Iterator[Finding]:
    """What is installed and how much memory there is. Nothing of it is wrong: the extractive writer needs none."""
    yield Finding(Level.OK, "python", f"{sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} processors")
    yield Finding(Level.OK, "medrag", _version("medrag") or "not installed as a package")
    for package, extra in PACKAGES.items():
        found = _version(package)
        if package == "faiss-cpu" and not found and (_version("faiss-gpu") or _version("faiss-gpu-cu12")):
            continue
        use = f", {USES[package]}" if package in USES else ""
        how = f'pip install "medrag[{extra}]"' if extra else f"pip install {package}"
        if found:
            yield Finding(Level.OK, package, f"{found}{use}")
        else:
            yield Finding(Level.NOTE, package, f"not installed{use}: {how}")
    yield from _faiss()
    yield Finding(Level.OK, "memory", f"{gigabytes(free_memory())} free")
    yield _graphics()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _faiss() -> Iterator[Finding]:
    """faiss-cpu and faiss-gpu write over each other: with both, either may be what is imported."""
    both = [package for package in ("faiss-cpu", "faiss-gpu", "faiss-gpu-cu12") if _version(package)]
    if len(both) > 1:
        yield Finding(Level.WRONG, "faiss", f"{' and '.join(both)} overwrite each other: uninstall all, then install one")


def _graphics() -> Finding:
    if find_spec("torch") is None:
        return Finding(Level.NOTE, "graphics processor", "unknown without torch")
    import torch

    if torch.cuda.is_available():
        names = [
            f"{torch.cuda.get_device_name(index)} with {gigabytes(torch.cuda.mem_get_info(index)[0])} free"
            for index in range(torch.cuda.device_count())
        ]
        return Finding(Level.OK, "graphics processor", ", ".join(names))
    if torch.backends.mps.is_available():
        return Finding(Level.OK, "graphics processor", "Apple's, with the machine's memory")
    return Finding(
        Level.NOTE, "graphics processor", f"none that torch {torch.__version__} can use: models run on the processor"
    )


def free_memory() -> int:
    """The bytes of memory that programs may still take."""
    limit = _limit_of_the_container()
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, limit)
    except OSError:
        pass
    return min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), limit)


def _limit_of_the_container() -> int:
    """What a container allows beyond what its programs hold, where one does."""
    group = Path("/sys/fs/cgroup")
    try:
        most = (group / "memory.max").read_text(encoding="ascii").strip()
        held = int((group / "memory.current").read_text(encoding="ascii"))
        rows = (line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        held -= next((int(row[1]) for row in rows if row[0] == "inactive_file"), 0)  # read files, which make room
    except (OSError, ValueError, IndexError):
        return sys.maxsize
    return max(int(most) - held, 0) if most.isdigit() else sys.maxsize


def gigabytes(size: float) -> str:
    """A size as people say it: 13.4 GB, 0.2 GB, 12 MB."""
    return f"{size / 1e9:.1f} GB" if size >= 5e7 else f"{max(size / 1e6, 0.1):.1f} MB"
