"""QiZhen's csv of drugs and their indications, with HTML and line breaks in its cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medrag.ingest.json_text import Bad
from medrag.ingest.readers.cells import cell_text
from medrag.ingest.readers.draft import Draft
from medrag.ingest.records import ReadOptions, ReadRecord, Unreadable
from medrag.ingest.sample import Sample
from medrag.ingest.tables import rows
from medrag.types import Place

__all__ = ["QizhenReader"]

DRUG_COLUMN = "药品"
TEXT_COLUMN = "药品适应症"


class QizhenReader:
    """The indication text of each drug. The experts' terms and the question stay out: they are what is measured by."""

    name = "qizhen-csv"
    version = 1

    def recognise(self, sample: Sample) -> float:
        """0.95 where both columns stand in the header, else 0."""
        return 0.95 if {DRUG_COLUMN, TEXT_COLUMN} <= set(sample.columns) else 0.0

    def read(self, path: Path, options: ReadOptions) -> Iterator[ReadRecord | Unreadable]:
        """One document a row, with the one section 适应症."""
        for row in rows(path):
            place = Place(file=path.name, record=row.record)
            if isinstance(row, Bad):
                yield Unreadable(place, row.reason)
                continue
            drug, text = row.cells.get(DRUG_COLUMN, "").strip(), cell_text(row.cells.get(TEXT_COLUMN, ""))
            if not drug or not text.strip():
                yield Unreadable(place, f"the column {DRUG_COLUMN if not drug else TEXT_COLUMN} is empty")
                continue
            draft = Draft(cell_text(drug), place, f"{self.name}/{self.version}", lang=options.lang)
            draft.add("适应症", text)
            yield draft.record()
