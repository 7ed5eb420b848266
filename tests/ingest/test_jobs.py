"""The jobs in ingest/: each fills a knowledge base from local files in its source's shape, and again adds nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from medrag import KnowledgeBase

JOBS = Path(__file__).resolve().parent.parent.parent / "ingest"
LABEL = {
    "set_id": "00000000-0000-4000-8000-000000000001",
    "id": "00000000-0000-4000-8000-000000000002",
    "effective_time": "20240102",
    "version": "3",
    "openfda": {"generic_name": ["EXAMPLIN"], "brand_name": ["Examplin"], "manufacturer_name": ["Sample Works"]},
    "indications_and_usage": ["1 INDICATIONS AND USAGE Examplin is indicated for hay fever."],
    "contraindications": ["4 CONTRAINDICATIONS Known hypersensitivity to examplin."],
}
SPL = """<?xml version="1.0" encoding="UTF-8"?>
<document xmlns="urn:hl7-org:v3">
  <id root="00000000-0000-4000-8000-000000000003"/>
  <code code="34391-3" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Examplin tablets</title>
  <effectiveTime value="20240102"/>
  <setId root="00000000-0000-4000-8000-000000000001"/>
  <versionNumber value="3"/>
  <component><structuredBody><component><section>
    <code code="34067-9" codeSystem="2.16.840.1.113883.6.1"/>
    <title>INDICATIONS AND USAGE</title>
    <text><paragraph>Examplin is indicated for hay fever.</paragraph></text>
  </section></component></structuredBody></component>
</document>
"""
PRIMEKG = """relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source
contraindication,contraindication,1,DB1,drug,Examplin,DrugBank,2,5,disease,samplitis,MONDO
protein_protein,ppi,3,9,gene/protein,AAA,NCBI,4,8,gene/protein,BBB,NCBI
"""


def run(job: str, *arguments: str | Path, code: int = 0) -> str:
    command = [sys.executable, JOBS / f"{job}.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder, and the address on this machine under which its files are served."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_release_is_fetched_once_and_its_labels_are_read_from_the_zips_in_it(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = served
    with zipfile.ZipFile(folder / "label.zip", "w") as label:
        label.writestr("label.xml", SPL)
    with zipfile.ZipFile(folder / "release.zip", "w") as release:
        release.write(folder / "label.zip", "prescription/label.zip")
    arguments: list[str | Path] = [f"{address}/release.zip", "--kb", tmp_path / "k", "--downloads", tmp_path / "d"]
    assert "1 added, 0 updated, 0 unchanged" in run("dailymed", *arguments)
    (folder / "release.zip").unlink()
    assert "0 added, 0 updated, 1 unchanged" in run("dailymed", *arguments)
    assert "answered 404" in run("dailymed", f"{address}/none.zip", *arguments[1:], code=1)


def test_dailymed(tmp_path: Path) -> None:
    (tmp_path / "label.xml").write_text(SPL, encoding="utf-8")
    kb = tmp_path / "k"
    assert "1 added, 0 updated, 0 unchanged" in run("dailymed", tmp_path / "label.xml", "--kb", kb)
    assert "0 added, 0 updated, 1 unchanged" in run(
        "dailymed", (tmp_path / "label.xml").as_uri(), "--kb", kb, "--downloads", tmp_path / "d"
    )
    with KnowledgeBase.open(kb) as base:
        assert [(found.source, found.key) for found in base.documents()] == [("dailymed", LABEL["set_id"])]


def test_openfda_takes_the_partitions_that_the_index_lists(tmp_path: Path) -> None:
    part = tmp_path / "drug-label-0001-of-0001.json"
    part.write_text(json.dumps({"meta": {"results": {"total": 1}}, "results": [LABEL]}), encoding="utf-8")
    index = tmp_path / "download.json"
    index.write_text(json.dumps({"results": {"drug": {"label": {"partitions": [{"file": part.as_uri()}]}}}}), encoding="utf-8")
    found = run("openfda", index, "--kb", tmp_path / "k", "--downloads", tmp_path / "d")
    assert "drug-label-0001-of-0001.json: 1 added" in found
    assert (tmp_path / "d" / part.name).exists()
    index.write_text('{"results": {}}', encoding="utf-8")
    assert "no results.drug.label.partitions" in run("openfda", index, "--kb", tmp_path / "k", code=1)


def test_cmekg(tmp_path: Path) -> None:
    record = {"中心词": "示例病", "class": "疾病", "相关症状": ["头痛", "发热"]}
    (tmp_path / "g.jsonl").write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    assert "1 read, 1 added, 0 updated; 2 facts in all" in run("cmekg", tmp_path / "g.jsonl", "--kb", tmp_path / "k")


@pytest.mark.parametrize(("relations", "facts"), [((), 1), (("--relation", "protein_protein"), 1)])
def test_primekg_takes_only_the_relations_asked_for(tmp_path: Path, relations: tuple[str, ...], facts: int) -> None:
    (tmp_path / "kg.csv").write_text(PRIMEKG, encoding="utf-8")
    found = run("primekg", tmp_path / "kg.csv", "--kb", tmp_path / "k", "--downloads", tmp_path / "d", *relations)
    assert f"{facts} facts in all" in found


def test_primekg_says_what_is_no_primekg(tmp_path: Path) -> None:
    (tmp_path / "kg.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "other.csv").write_bytes(PRIMEKG.encode("utf-16"))
    for name, wrong in (("kg.csv", "found a, b"), ("other.csv", "in UTF-8")):
        assert wrong in run("primekg", tmp_path / name, "--kb", tmp_path / "k", "--downloads", tmp_path / "d", code=1)


def test_a_job_that_cannot_have_its_file_says_so_in_one_line(tmp_path: Path) -> None:
    for job in ("dailymed", "openfda", "cmekg", "primekg"):
        assert "no such file" in run(job, tmp_path / "none.zip", "--kb", tmp_path / "k", code=1)
