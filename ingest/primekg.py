"""Fills a knowledge base with PrimeKG, or with the part of it that is about the relations named.

    python ingest/primekg.py ADDRESS --kb graph.kb [--relation contraindication --relation indication ...]

The address is a local path or an http(s) address of its `kg.csv` (8 million rows: gene and protein edges make most of them, so
name the relations that you ask about). Stopped and run again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from medrag import IngestError, KnowledgeBase, MedRAGError, build
from medrag.cli.progress import progress_bar
from medrag.ingest.fetch import fetch

CLINICAL = ("indication", "contraindication", "off-label use", "drug_effect", "drug_drug", "disease_phenotype_positive")


def selected(path: Path, relations: set[str], folder: Path) -> Path:
    """A csv with the header and the rows of the relations only, written beside the download."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.stem}-{'-'.join(sorted(relations)).replace(' ', '_')}.csv"
    part = target.with_name(target.name + ".part")
    try:
        with path.open(encoding="utf-8-sig", newline="") as rows, part.open("w", encoding="utf-8", newline="") as out:
            reader, writer = csv.reader(rows), csv.writer(out)
            header = next(reader, [])
            if "relation" not in header:
                raise IngestError(
                    f"{path}: wanted PrimeKG's kg.csv with a column `relation`, found {', '.join(header[:12]) or 'nothing'}"
                )
            at = header.index("relation")
            writer.writerow(header)
            writer.writerows(row for row in reader if len(row) > at and row[at] in relations)
    except (UnicodeDecodeError, csv.Error) as error:
        raise IngestError(f"{path}: wanted PrimeKG's kg.csv, in UTF-8: {error}") from None
    return part.replace(target)


def main() -> int:
    """Runs the job and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", metavar="ADDRESS", help="kg.csv")
    parser.add_argument("--kb", required=True, type=Path, help="the knowledge base; made if it is not there")
    parser.add_argument("--relation", action="append", help=f"a relation to take; default: {', '.join(CLINICAL)}")
    parser.add_argument("--downloads", default="downloads", type=Path, help="where fetched files are kept (default: downloads)")
    arguments = parser.parse_args()
    try:
        with progress_bar() as tell:
            path = fetch(arguments.address, arguments.downloads, progress=tell)
            rows = selected(path, {*(arguments.relation or CLINICAL)}, arguments.downloads)
            report = build(rows, arguments.kb, source="primekg", progress=tell)
        with KnowledgeBase.open(arguments.kb) as kb:
            print(
                f"{report.read:,} read, {report.added:,} added, {report.updated:,} updated; {kb.stats().facts:,} facts in all"
            )
    except (MedRAGError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again to go on", file=sys.stderr)
        return 130
    for file in report.files:
        for problem in file.problems:
            print(f"{problem.place}: {problem.reason}", file=sys.stderr)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
