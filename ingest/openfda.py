"""Fills a knowledge base with openFDA drug labels: the bulk partitions, answers of its API, or lists of labels.

    python ingest/openfda.py ADDRESS... --kb labels.kb

An address is a local path or an http(s) address: of a `drug-label-0001-of-0013.json.zip` partition, or of openFDA's
`download.json`, the index of all partitions, from which those of the drug labels are taken. Stopped and run again, it goes
on where it was: a whole download is not fetched twice, and labels already there are left as they are. openFDA gives each new
export the names of the last one: remove the downloads to have it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from medrag import IngestError, MedRAGError, build
from medrag.cli.progress import Tell, progress_bar
from medrag.ingest.fetch import fetch


def partitions(address: str, downloads: Path, tell: Tell) -> Iterator[Path]:
    """The local files of an address: itself, or the partitions that it lists, each fetched when its turn comes."""
    path = fetch(address, downloads, progress=tell)
    if path.name != "download.json":
        yield path
        return
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["results"]["drug"]["label"]["partitions"]
        addresses = [part["file"] for part in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise IngestError(f"{path}: not openFDA's index of downloads (no results.drug.label.partitions): {error!r}") from None
    for part in addresses:
        yield fetch(part, downloads, progress=tell)


def main() -> int:
    """Runs the job and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help="partitions, API answers, or download.json")
    parser.add_argument("--kb", required=True, type=Path, help="the knowledge base; made if it is not there")
    parser.add_argument("--downloads", default="downloads", type=Path, help="where fetched files are kept (default: downloads)")
    arguments = parser.parse_args()
    try:
        ok = True
        with progress_bar() as tell:
            paths = (path for address in arguments.addresses for path in partitions(address, arguments.downloads, tell))
            for path in paths:  # one commit each, so that what is done stays done
                report = build(path, arguments.kb, source="openfda", format="openfda", progress=tell)
                print(f"{path.name}: {report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged")
                for file in report.files:
                    for problem in file.problems:
                        print(f"  {problem.place}: {problem.reason}", file=sys.stderr)
                ok = ok and report.ok
    except (MedRAGError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again to go on", file=sys.stderr)
        return 130
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
