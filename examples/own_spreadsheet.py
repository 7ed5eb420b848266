"""Labels of one's own from a spreadsheet: a mapping says which column is what, and the text needs no other form.

The same works for .xlsx (with `pip install "medrag[documents]"`), and on the command line with `--map columns.yaml`.
"""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from medrag import KnowledgeBase, MedRAG, build

ROWS = [
    ["No.", "Medicine", "Company", "What it is for", "How to take it", "Keep away from"],
    [
        "1",
        "Examplin 10 mg tablets",
        "Sample Works",
        "Mild hay fever in adults.",
        "One tablet (10 mg) once a day.",
        "Children under 6.",
    ],
    ["2", "Testamol syrup", "Sample Works", "Dry cough.", "5 ml three times a day, for 7 days at most.", "Asthma."],
]
MAPPING: dict[str, object] = {
    "title": "Medicine",
    "maker": "Company",
    "key": "No.",
    "sections": {"What it is for": "indications", "How to take it": "dosage", "Keep away from": "contraindications"},
}

with TemporaryDirectory() as folder, KnowledgeBase.create(Path(folder) / "own.kb") as kb:
    table = Path(folder) / "medicines.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(ROWS)
    report = build(table, kb, source="own", mapping=MAPPING)
    print(f"{report.added} labels")
    print(MedRAG(kb).ask("How do I take Testamol syrup?").text)
