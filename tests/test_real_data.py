"""The labels, graphs and names beside the project: all are read without options, in the counts that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medrag.ingest.build import Report, build
from medrag.kb.base import KnowledgeBase
from medrag.types import digest

# Records by file, counted in the sources themselves; None: no document, and reported as such.
COUNTS: dict[str, int | None] = {
    "labels/zh/monographs.json": 1472,
    "labels/zh/pulse_kb_demo.jsonl": 15,
    "labels/zh/medicineqa_sections.jsonl": 65,
    "labels/zh/tcm_texts.json": 200,
    "labels/zh/herbs_sample.txt": 300,
    "labels/zh/healthfood.sql": None,
    "labels/en/spl_sections.jsonl": 1073,
    "labels/en/spl_html.zip": 100,
    "labels/en/spl/1b5e2860-6855-4a65-8bbc-e064172a1adf_1.zip": 1,
    "labels/en/spl/laslabs_spl_doc_1.xml": 1,
    "labels/en/spl/laslabs_spl_doc_2.xml": 1,
    "labels/en/spl/openfda_cough.xml": 1,
    "labels/en/spl/openfda_humira.xml": 1,
    "labels/en/spl/openfda_lipitor-orig.xml": 1,
    "labels/en/spl/openfda_lipitor-repack.xml": 1,
    "labels/en/spl/openfda_multi_upc.xml": 1,
    "labels/en/spl/openfda_no-title.xml": 1,
    "labels/en/spl/dailymed_spl_list.json": None,
    "labels/en/spl/openfda_druglabel_schema.json": None,
    "labels/en/spl/dailymed_index_page.xml": None,
    "labels/en/spl/dailymed_zip_expected.json": None,
    "labels/en/openfda.json": 115,
    "labels/en/onsides_train.json": 239,
    "labels/en/pdf/fda_ibuprofen_label_2024.pdf": 1,
    "labels/en/pdf/fda_metformin_extended_release_2025.pdf": 1,
    "labels/en/epi/dovato_pt.fsh": 1,
    "labels/en/epi/humalog_da.fsh": 1,
    "labels/en/epi/mirtazapine_es.fsh": 1,
    "labels/en/epi/simvastatin_ja.fsh": 1,
    "labels/en/epi/zithromax_ar.fsh": 1,
    "labels/en/epi/zithromax_en.fsh": 1,
    "graphs/disease.csv": 8650,
    "graphs/cmekg_drugs.xlsx": 1538,
    "graphs/cmekg_zhongxinci.jsonl": 4360,
    "graphs/medical_sample.jsonl": 10,
    "graphs/cmeie.json": 1692,
    "graphs/cmeie_schema.json": None,
    "graphs/hetionet_nodes.tsv": 8608,
    "graphs/hetionet_edges.tsv": 11776,
    "graphs/drugbank_sider_slim.tsv": 40906,
    "graphs/small_csv/drug.csv": 5511,
    "graphs/small_csv/disorder.csv": 2119,
    "graphs/small_csv/drugdisorder.csv": 8119,
    "names/drug_brand_generic.csv": 16428,
    "names/drug_products_gbk.csv": 5000,
    "names/china_pharmacopoeia_zh_ko_en.json": 5581,
    "names/disease_aliases.txt": 7264,
    "names/disease_synonym_groups.json": 617,
    "names/medicine_names.txt": 65570,
    "names/thuocl_medical.txt": 18749,
    "names/kg_disease.txt": 8807,
    "names/kg_drug.txt": 3828,
    "names/kg_symptom.txt": 5998,
    "names/kg_check.txt": 3353,
    "names/icd10_clinical_2.0.xlsx": 35862,  # 35,863 rows and one header
    "names/icd9cm3_tree.json": 18360,
}


@pytest.fixture(scope="module")
def kb(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path_factory.mktemp("real") / "real.kb") as made:
        yield made


@pytest.fixture(scope="module")
def report(shared: Path, kb: KnowledgeBase) -> Report:
    return build([shared / name for name in ("labels", "graphs", "names")], kb)


def test_every_file_is_read_without_options_in_its_own_count(shared: Path, report: Report) -> None:
    found = {str(Path(f.path).relative_to(shared)): None if f.skipped_reason else f.read for f in report.files}
    assert found == COUNTS
    assert report.failed == 0
    assert report.ok


def test_every_offset_of_every_passage_and_fact_is_true(report: Report, kb: KnowledgeBase) -> None:
    assert kb.verify() == []
    passages = 0
    for info in kb.documents(kinds=["label", "file"]):
        document = kb.document(info.key, source=info.source)
        for passage in kb.passages_of(info):
            section = document.sections[passage.section.index]
            assert section == passage.section
            assert section.start <= passage.start < passage.end <= section.end
            assert document.text[passage.start : passage.end] == passage.text
            passages += 1
    assert passages == kb.stats().passages > 90_000
    for name in ("高血压", "阿司匹林", "warfarin"):
        for fact in kb.facts(name):
            for source in fact.sources:
                document = kb.document(source.document.key, source=source.document.source)
                assert document.text[source.start : source.end] == source.quote
                assert digest(source.quote) == source.sha256


def test_reading_everything_again_adds_nothing(shared: Path, report: Report, kb: KnowledgeBase) -> None:
    before = (kb.commit, kb.stats().model_dump(exclude={"bytes"}))
    again = build([shared / name for name in ("labels", "graphs", "names")], kb)
    assert (again.added, again.updated, again.failed) == (0, 0, 0)
    assert again.unchanged == report.added + report.updated + report.unchanged
    assert (kb.commit, kb.stats().model_dump(exclude={"bytes"})) == before
