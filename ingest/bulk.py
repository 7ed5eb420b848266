"""Fills a knowledge base on a Ray cluster: its machines read, split and encode records, this one finds them and writes.

    python ingest/bulk.py PATH... --kb ADDRESS --ray auto

A path is a file, or a folder with all files in it, that this machine can read; the others need not. `--kb` is a folder of this
machine or a database's address. `--ray` is `auto` on a machine of the cluster, or the `host:port` of its head. Stopped and run
again, it completes: what is there already changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from medrag import MedRAGError, build
from medrag.cli.progress import progress_bar
from medrag.ingest.cluster import RayCluster
from medrag.ingest.mapping import read_mapping
from medrag.ingest.registry import reader


def main() -> int:
    """Runs the job and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="files and folders")
    parser.add_argument("--kb", required=True, metavar="ADDRESS", help="the knowledge base; made if it is not there")
    parser.add_argument("--ray", required=True, metavar="ADDRESS", help="the cluster: auto, or host:port of its head")
    parser.add_argument("--gpus", default=0.0, type=float, metavar="SHARE", help="of a GPU for each task (default: none)")
    parser.add_argument("--source", help="the collection they belong to (default: the reader's name)")
    parser.add_argument("--format", metavar="NAME", help="read every file with this reader (default: found out)")
    parser.add_argument("--map", metavar="FILE.yaml", type=Path, help="how the columns are to be read")
    parser.add_argument(
        "--names",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a table of names, aliases or codes; may be repeated",
    )
    parser.add_argument("--tag", action="append", default=[], help="a tag for every document; may be repeated")
    arguments = parser.parse_args()
    if not arguments.paths and not arguments.names:
        parser.error("there is nothing to read: name files or folders, or a table of names (--names FILE)")
    try:
        if arguments.format is not None:
            reader(arguments.format)  # a wrong name is said before the cluster is asked for anything
        mapping = None if arguments.map is None else read_mapping(arguments.map)
        with RayCluster(arguments.ray, gpus=arguments.gpus) as cluster, progress_bar() as tell:
            report = build(
                arguments.paths,
                arguments.kb,
                source=arguments.source,
                tags=arguments.tag,
                format=arguments.format,
                mapping=mapping,
                names=arguments.names,
                progress=tell,
                cluster=cluster,
            )
    except (MedRAGError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again to go on", file=sys.stderr)
        return 130
    print(f"{report.read:,} read: {report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged")
    for file in report.files:
        for problem in file.problems:
            print(f"{problem.place}: {problem.reason}", file=sys.stderr)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
