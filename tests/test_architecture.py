"""The shape of the library: who imports whom, what is public, what an import costs, how long files and functions are.

Each check is a function from a package to its faults, so that it can be shown to fail on a package broken on purpose.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import medrag

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "llama_index", "fastapi", "psycopg", "pymilvus", "ray")

_LEAVES = {"types", "errors", "patterns", "sections", "sentences"}
_KB = {*_LEAVES, "kb"}
_ANSWER = {*_KB, "retrieve", "answer", "llm"}
_ALL = {*_ANSWER, "chat", "evaluate", "ingest"}
# What each room may import besides itself: the one-way order of the README's Layout.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "patterns": set(),
    "sections": {"patterns"},
    "sentences": {"patterns"},
    "records": {"sections"},
    "findings": {"records"},
    "types": {"sections", "records", "findings"},
    "kb": _LEAVES,
    "ingest": _KB,
    "retrieve": _KB,
    "llm": _LEAVES,
    "answer": {*_KB, "retrieve", "llm"},
    "chat": _ANSWER,
    "evaluate": _ALL,
    "server": _ALL,
    "llamaindex": _ALL - {"ingest"},
    "langchain": _ALL - {"ingest"},
    "cli": {*_ALL, "server", "llamaindex"},
    "__main__": {"cli"},
}
# Names of the package itself that any room may import.
OF_THE_PACKAGE = {"__version__"}


def modules(package: Path) -> Iterator[tuple[str, Path]]:
    """Each module's dotted name and file."""
    for file in sorted(package.rglob("*.py")):
        parts = (package.name, *file.relative_to(package).with_suffix("").parts)
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(package: Path) -> dict[str, set[str]]:
    """Which modules of the package each module imports anywhere, in functions too; a relative import as `.`."""
    known = dict(modules(package))
    return {
        name: set(_imported(ast.parse(file.read_text(encoding="utf-8")), package.name, known)) for name, file in known.items()
    }


def _imported(tree: ast.AST, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == package)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "."
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in known:
                    yield whole
                elif node.module != package or alias.name not in OF_THE_PACKAGE:
                    yield node.module or ""


def arrow_faults(package: Path, arrows: Mapping[str, set[str]]) -> list[str]:
    """The imports against the order, the rooms that it does not name, and relative imports."""
    faults = []
    for name, targets in imports(package).items():
        if name == package.name:  # it names the public things, lazily
            continue
        room = name.split(".")[1]
        if room not in arrows:
            faults.append(f"{name}: the room {room!r} has no place in the order")
            continue
        for target in sorted(targets):
            other = target.split(".")[1] if target.count(".") and target != "." else target
            if other != room and other not in arrows[room]:
                faults.append(f"{name} imports {target}")
    return faults


def circles(package: Path) -> list[str]:
    """The circles among the package's modules, each as a chain."""
    graph = imports(package)
    graph.pop(package.name, None)
    found: list[str] = []
    done: set[str] = set()

    def walk(name: str, chain: tuple[str, ...]) -> None:
        if name in chain:
            found.append(" -> ".join((*chain[chain.index(name) :], name)))
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                walk(target, (*chain, name))
            done.add(name)

    for name in graph:
        walk(name, ())
    return found


def length_faults(package: Path) -> list[str]:
    """The files and functions that are too long."""
    faults = []
    for name, file in modules(package):
        text = file.read_text(encoding="utf-8")
        if (count := len(text.splitlines())) > MAX_FILE_LINES:
            faults.append(f"{name}: {count} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > MAX_FUNCTION_LINES:
                    faults.append(f"{name}.{node.name}: {count} lines")
    return faults


def loaded_by(statement: str, names: tuple[str, ...], folder: Path = ROOT) -> list[str]:
    """Which of the modules a fresh interpreter has loaded after the statement."""
    program = f"import sys; {statement}; print(*(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def public_faults(package: ModuleType, expected: set[str]) -> list[str]:
    """Where `__all__` differs from what is public: unsorted, missing, not there, or public without being named."""
    named = list(package.__all__)
    faults = [] if named == sorted(named) else ["__all__ is not sorted"]
    faults += [f"{name} is named but not there" for name in named if not hasattr(package, name)]
    faults += [f"{name} is missing" for name in sorted(expected - set(named))]
    faults += [f"{name} is not meant to be public" for name in sorted(set(named) - expected)]
    seen = {name for name, value in vars(package).items() if not name.startswith("_") and not isinstance(value, ModuleType)}
    return faults + [f"{name} is public but not named" for name in sorted(seen - set(named))]


def test_imports_go_one_way() -> None:
    assert arrow_faults(ROOT / "medrag", ARROWS) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(ROOT / "medrag") == []


def test_files_and_functions_are_short_enough_to_read() -> None:
    assert length_faults(ROOT / "medrag") == []


def test_importing_medrag_loads_nothing_heavy() -> None:
    assert loaded_by("import medrag", (*HEAVY, "pydantic", "sqlalchemy", "numpy", "networkx", "lxml", "tantivy")) == []


def test_the_public_names_load_no_model_libraries() -> None:
    assert loaded_by("from medrag import *", HEAVY) == []


def test_all_names_are_what_is_public() -> None:
    types = import_module("medrag.types")
    errors = import_module("medrag.errors")
    records = {name for name in types.__all__ if isinstance(getattr(types, name), type)}
    doors = {"Explanation", "FileReport", "Filters", "KnowledgeBase", "MedRAG", "Profile", "Report", "SectionGroup", "build"}
    doors |= {"AuditLog", "Chat", "SessionStore", "SeveralKnowledgeBases"}
    assert public_faults(medrag, {*records, *errors.__all__, *doors}) == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Chunk'"):
        _ = medrag.Chunk  # type: ignore[attr-defined]


def broken(folder: Path, **files: str) -> Path:
    """A package `pack` with rooms kb and answer, some of its files replaced."""
    package = folder / "pack"
    written = {
        "__init__": "",
        "errors": "",
        "kb/__init__": "",
        "kb/base": "from pack.errors import x",
        "answer": "import pack.kb.base",
    }
    for name, text in {**written, **{name.replace("__in__", "/"): text for name, text in files.items()}}.items():
        file = package / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    return package


SMALL = {"errors": set[str](), "kb": {"errors"}, "answer": {"kb", "errors"}}


def test_the_order_check_sees_imports_the_other_way(tmp_path: Path) -> None:
    assert arrow_faults(broken(tmp_path / "whole"), SMALL) == []
    hidden = "def f() -> None:\n    from pack.answer import x"
    assert arrow_faults(broken(tmp_path / "hidden", errors=hidden), SMALL) == ["pack.errors imports pack.answer"]
    assert arrow_faults(broken(tmp_path / "dots", answer="from . import kb"), SMALL) == ["pack.answer imports ."]
    assert arrow_faults(broken(tmp_path / "porch", answer="from pack import Thing"), SMALL) == ["pack.answer imports pack"]
    assert arrow_faults(broken(tmp_path / "version", answer="from pack import __version__"), SMALL) == []
    assert arrow_faults(broken(tmp_path / "room", utils=""), SMALL) == [
        "pack.utils: the room 'utils' has no place in the order"
    ]


def test_the_circle_check_sees_a_circle(tmp_path: Path) -> None:
    assert circles(broken(tmp_path / "whole")) == []
    files = {"kb__in__a": "from pack.kb import b", "kb__in__b": "from pack.kb.a import x"}
    assert circles(broken(tmp_path / "circle", **files)) == ["pack.kb.a -> pack.kb.b -> pack.kb.a"]


def test_the_length_check_sees_long_files_and_functions(tmp_path: Path) -> None:
    assert length_faults(broken(tmp_path / "whole")) == []
    long = "def f() -> None:\n" + "    x = 1\n" * 60
    assert length_faults(broken(tmp_path / "function", answer=long)) == ["pack.answer.f: 61 lines"]
    assert length_faults(broken(tmp_path / "file", answer="x = 1\n" * 401)) == ["pack.answer: 402 lines"]


def test_the_weight_check_sees_a_heavy_import(tmp_path: Path) -> None:
    broken(tmp_path, __init__="from fractions import Fraction")
    assert loaded_by("import pack", ("fractions", "colorsys"), tmp_path) == ["fractions"]


def test_the_public_names_check_sees_each_kind_of_difference() -> None:
    package = ModuleType("pack")
    vars(package).update({"__all__": ["b", "a", "gone"], "a": 1, "b": 2, "extra": 3})
    assert public_faults(package, {"a", "gone", "wanted"}) == [
        "__all__ is not sorted",
        "gone is named but not there",
        "wanted is missing",
        "b is not meant to be public",
        "extra is public but not named",
    ]
