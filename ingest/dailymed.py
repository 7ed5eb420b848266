"""Fills a knowledge base with DailyMed labels: release zips (a zip of one zip a label), one label's zip, or XML files.

    python ingest/dailymed.py ADDRESS... --kb labels.kb

An address is a local path, or the http(s) address of a release on DailyMed's page of SPL downloads. Stopped and run again, it
goes on where it was. A later release or update makes changed labels new versions and leaves the rest as it is; where it bears
the name of an earlier one, remove that from the downloads first.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from medrag import MedRAGError, build
from medrag.cli.progress import progress_bar
from medrag.ingest.fetch import fetch


def main() -> int:
    """Runs the job and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help="release zips, label zips or XML files")
    parser.add_argument("--kb", required=True, type=Path, help="the knowledge base; made if it is not there")
    parser.add_argument("--downloads", default="downloads", type=Path, help="where fetched files are kept (default: downloads)")
    arguments = parser.parse_args()
    try:
        ok = True
        for address in arguments.addresses:  # one commit a release, so that what is done stays done
            with progress_bar() as tell:
                path = fetch(address, arguments.downloads, progress=tell)
                report = build(path, arguments.kb, source="dailymed", progress=tell)
            print(f"{address}: {report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged")
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
