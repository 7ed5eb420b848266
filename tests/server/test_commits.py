"""One process serves while another writes: the next answer is from the newest commit (`test_soak.py`: and whole from one)."""

from __future__ import annotations

import shutil
from pathlib import Path

from medrag.kb.base import KnowledgeBase
from tests.making import label
from tests.server.serving import Serving, assistant_over, serving


def write(path: Path, dose: str) -> None:
    """Writes the label anew, as another process does."""
    with KnowledgeBase.open(path) as kb, kb.write() as writer:
        writer.add(label("安平片", {"【用法用量】": f"一次{dose}片。", "【贮藏】": f"放{dose}年。"}, key="A"))


def made(folder: Path, dose: str) -> Path:
    """A knowledge base with one label."""
    with KnowledgeBase.create(folder / "one.kb") as kb:
        path = kb.path
    write(path, dose)
    return path


def dose(running: Serving) -> str:
    return str(running.ask("安平片的用法用量？")["answer"])


def test_a_new_commit_is_read_from_the_next_question_on(tmp_path: Path) -> None:
    path = made(tmp_path, "1")
    with serving(assistant_over(path)) as running:
        assert "一次1片" in dose(running)
        write(path, "2")
        assert "一次2片" in dose(running)


def test_a_knowledge_base_that_is_taken_away_is_a_503_until_another_stands_there(tmp_path: Path) -> None:
    path = made(tmp_path, "1")
    (tmp_path / "new").mkdir()
    other = made(tmp_path / "new", "9")
    with serving(assistant_over(path)) as running:
        assert "一次1片" in dose(running)
        path.rename(tmp_path / "old.kb")
        gone = running.client.post("/v1/ask", json={"question": "安平片的用法用量？"})
        assert gone.status_code == 503 and "Retry-After" in gone.headers
        said = gone.json()["error"]["message"]
        assert said == "the knowledge base of medrag is not there just now: try again when it is back"
        assert running.client.get("/readyz").status_code == 503
        assert running.client.get("/healthz").status_code == 200
        shutil.copytree(other, path)
        assert "一次9片" in dose(running)
        assert running.client.get("/readyz").status_code == 200


def test_a_half_copied_knowledge_base_is_a_503_and_no_fault(tmp_path: Path) -> None:
    path = made(tmp_path, "1")
    with serving(assistant_over(path)) as running:
        shutil.rmtree(path)
        path.mkdir()
        (path / "catalogue.sqlite").write_bytes(b"")
        assert running.client.post("/v1/ask", json={"question": "安平片的用法用量？"}).status_code == 503
