"""What is done to a knowledge base while its files are watched, what must be in it afterwards, and who reads it meanwhile.

Run as a program it forks a child for every line of its input, which performs the operation that the line names.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from medrag.answer.engine import MedRAG
from medrag.errors import NotFoundError
from medrag.ingest.build import build
from medrag.kb.backup import backup, restore_backup
from medrag.kb.base import KnowledgeBase
from medrag.kb.migrate import migrate
from medrag.kb.prepared import Prepared
from tests.making import label

__all__ = [
    "CHANGING",
    "KB",
    "PERFORM",
    "PUBLISHED",
    "Contents",
    "contents",
    "expected",
    "prepare",
    "readers_view",
    "write_labels",
]

LABELS = 16
KB = "a.kb"
PUBLISHED = "published"  # the name of no file, removed to tell whoever watches that the commit was said to be published
Contents = dict[str, str]  # a document's key, and the edition that its text says it is of
EXTRA, ERASED = [f"extra-{i}" for i in range(3)], [f"erased-{i}" for i in range(2)]


def _text(key: str, number: int) -> str:
    return f"Revision {number}: take {number} mg of {key} once daily with a glass of water. " * 6


def write_labels(path: Path, number: int, *, count: int = LABELS) -> None:
    """A file of labels whose dosage sections name the edition."""
    with path.open("w", encoding="utf-8") as file:
        for at in range(count):
            sections = [
                {"code": "34067-9", "heading": "INDICATIONS", "text": f"Drug{at} is used for gout {at % 5}.", "depth": 0},
                {"code": "34068-7", "heading": "DOSAGE", "text": _text(f"set-{at}", number), "depth": 0},
                {"code": "34084-4", "heading": "ADVERSE REACTIONS", "text": "- nausea\n- headache\n- dizziness", "depth": 0},
            ]
            record = {"set_id": f"set-{at}", "title": f"Drug{at} tablets", "generic": f"drug{at}", "brand": ""}
            file.write(json.dumps({**record, "effective": "20240101", "sections": sections}) + "\n")


def _extra(number: int) -> list[Prepared]:
    return [
        label(f"{key} tablets", {"INDICATIONS": "For gout.", "DOSAGE": _text(key, number)}, key=key, lang="en")
        for key in (*EXTRA, *ERASED)
    ]


def prepare(root: Path) -> Contents:
    """A knowledge base at edition 1 with a backup of it, and what it holds."""
    write_labels(root / "labels.jsonl", 1)
    build(root / "labels.jsonl", root / KB)
    with KnowledgeBase.open(root / KB) as kb, kb.write() as writer:
        writer.add_many(_extra(1))
    backup(root / KB, root / "saved.tar")
    return dict.fromkeys((*(f"set-{at}" for at in range(LABELS)), *EXTRA, *ERASED), "1")


def expected(name: str, before: Contents, number: int) -> Contents:
    """What the knowledge base holds after an operation."""
    changed = {
        "ingest": {f"set-{at}": str(number) for at in range(LABELS)},
        "add": {key: str(number) for key in (*EXTRA, *ERASED)},
    }
    gone = {"delete": EXTRA, "purge": ERASED}.get(name, [])
    return {key: value for key, value in {**before, **changed.get(name, {})}.items() if key not in gone}


def contents(kb: KnowledgeBase) -> Contents:
    """What a knowledge base holds."""
    return {found.key: _edition(kb.document(found.key, source=found.source).text) for found in kb.documents()}


def _edition(text: str) -> str:
    return text.split("Revision ")[1].split(":")[0]


# ------------------------------------------------------------------ the operations


def _ingest(root: Path, number: int) -> None:
    build(root / "labels.jsonl", root / KB)


def _add(root: Path, number: int) -> None:
    with KnowledgeBase.open(root / KB) as kb, kb.write() as writer:
        writer.add_many(_extra(number))


def _delete(root: Path, number: int) -> None:
    with KnowledgeBase.open(root / KB) as kb, kb.write() as writer:
        for key in EXTRA:
            _if_there(lambda key=key: writer.delete(key))  # type: ignore[misc]


def _purge(root: Path, number: int) -> None:
    with KnowledgeBase.open(root / KB) as kb, kb.write() as writer:
        for key in ERASED:
            _if_there(lambda key=key: writer.purge(key))  # type: ignore[misc]


def _if_there(do: Callable[[], int]) -> None:
    with contextlib.suppress(NotFoundError):  # an operation that is repeated may have been done already
        do()


def _reindex(root: Path, number: int) -> None:
    with KnowledgeBase.open(root / KB) as kb:
        kb.reindex()


def _create(root: Path, number: int) -> None:
    if not (root / f"made-{number}.kb" / "catalogue.sqlite").exists():  # else it was made before the kill came
        KnowledgeBase.create(root / f"made-{number}.kb").close()


def _backup(root: Path, number: int) -> None:
    if not (root / f"backup-{number}").exists():
        backup(root / KB, root / f"backup-{number}")


def _restore(root: Path, number: int) -> None:
    if not (root / f"restored-{number}.kb").exists():
        restore_backup(root / "saved.tar", root / f"restored-{number}.kb")


def _migrate(root: Path, number: int) -> None:
    migrate(root / KB, root / f"moved-{number}.kb")


PERFORM: dict[str, Callable[[Path, int], None]] = {
    "ingest": _ingest,
    "add": _add,
    "delete": _delete,
    "purge": _purge,
    "reindex": _reindex,
    "create": _create,
    "backup": _backup,
    "restore": _restore,
    "migrate": _migrate,
}
CHANGING = ("ingest", "add", "delete", "purge", "reindex")  # those that publish a commit


# ------------------------------------------------------------------ reading meanwhile


def readers_view(kb: KnowledgeBase) -> Contents:
    """What every way of asking says the knowledge base holds; raises where two of them differ, as from two commits.

    What is purged is left out: it vanishes from commits that somebody still reads too, as it must.
    """
    listed = {key: edition for key, edition in _listed(kb).items() if key not in ERASED}
    for found in (kb.search_words("revision", 999), kb.search_vectors("revision take once daily water", 999)):
        passages = [passage for passage in kb.passages([i for i, _ in found]) if passage.document.key not in ERASED]
        said = {passage.document.key: _edition(passage.text) for passage in passages if "Revision " in passage.text}
        assert said == listed, f"an index says {said}, the catalogue {listed}"
    assert len({edition for key, edition in listed.items() if key.startswith("set-")}) == 1, listed
    assert [mention.name for mention in kb.link("Drug3 tablets")] != []
    return listed


def _listed(kb: KnowledgeBase) -> Contents:
    found = {}
    for document in list(kb.documents()):
        try:
            found[document.key] = _edition(kb.document(document.key).text)
        except NotFoundError:  # purged meanwhile
            assert document.key in ERASED
    return found


def ask_until_told(path: str) -> None:
    """Asks until SIGTERM comes, then prints how many questions were answered, and what was seen at each commit."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    asked, seen = 0, dict[int, Contents]()
    kb = KnowledgeBase.open(path)
    print("ready", flush=True)
    while not told:
        if asked % 3 == 0:
            kb.close()
            kb = KnowledgeBase.open(path)
        else:
            kb.refresh()
        pinned = kb.pinned()
        view = readers_view(pinned)
        assert seen.setdefault(pinned.commit, view) == view, f"commit {pinned.commit} changed"
        answer = MedRAG(pinned).ask("What is Drug3 used for?")
        assert not answer.abstained and "gout" in answer.text, answer.text
        asked += 1
        time.sleep(0.3)  # leaves the machine to the writer
    kb.close()
    print(json.dumps([asked, seen]), flush=True)


# ------------------------------------------------------------------ children


def _child(name: str, root: Path, number: int) -> None:
    try:
        PERFORM[name](root, number)
    except BaseException as error:
        _say(f"raised {json.dumps([type(error).__name__, str(error)])}")
        return
    with contextlib.suppress(FileNotFoundError):
        os.unlink(root / PUBLISHED)
    _say("done")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")  # in one piece, also where Python does not buffer
    sys.stdout.flush()


def serve() -> None:
    """Forks a child for each line of input; says its process id, what became of it, and when it has ended."""
    _say("ready")
    while line := sys.stdin.readline():
        name, root, number, asks = json.loads(line)
        gate, opened = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(opened)
            os.read(gate, 1)
            if not asks:
                del os.environ["MEDRAG_WATCH_SOCKET"]
            _child(name, Path(root), number)
            os._exit(0)
        os.close(gate)
        _say(str(child))
        sys.stdin.readline()  # whoever watches knows the child now
        os.close(opened)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _say(f"ended {status}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ask_until_told(sys.argv[1])
    else:
        serve()
