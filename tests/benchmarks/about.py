"""What is to be known of a run: the machine, its load, the day, and what was measured."""

from __future__ import annotations

import os
import platform
import time

from tests.benchmarks.table import Cell

__all__ = ["about", "said"]


def about(corpus: str) -> dict[str, Cell]:
    """That by name."""
    return {
        "corpus": corpus,
        "day": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
    }


def said(known: dict[str, Cell]) -> str:
    """That in one line; a load near the number of processors or above it means that others were at work."""
    return f"Measured {known['day']} on {known['corpus']}; {known['machine']}; load {known['load']} when it began.\n"
