"""Fills a knowledge base with a CMeKG-style graph: records `{"中心词": …, relation: [values]}` as JSON lines, xlsx or csv.

    python ingest/cmekg.py ADDRESS... --kb graph.kb [--source NAME]

An address is a local path (a folder: all files in it) or an http(s) address. Triples, spo_list JSON and name tables found beside
the records are read too. Stopped and run again, it goes on where it was. Which relation is what, `medrag.kb.relations` says; a relation it does not know is kept as printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from medrag import KnowledgeBase, MedRAGError, build
from medrag.cli.progress import progress_bar
from medrag.ingest.fetch import fetch


def main() -> int:
    """Runs the job and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help="files, folders, or addresses of files")
    parser.add_argument("--kb", required=True, type=Path, help="the knowledge base; made if it is not there")
    parser.add_argument("--source", default="cmekg", help="the collection they belong to (default: cmekg)")
    parser.add_argument("--downloads", default="downloads", type=Path, help="where fetched files are kept (default: downloads)")
    arguments = parser.parse_args()
    try:
        with progress_bar() as tell:
            paths = [fetch(address, arguments.downloads, progress=tell) for address in arguments.addresses]
            report = build(paths, arguments.kb, source=arguments.source, progress=tell)
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
