"""Tables: results of runs for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.table import Table

from .metrics import DRAINS, SAVED

COLUMNS = ("CPUs", "seed", "drains", "saved", "bogus", "IPIs", "missed", "us")


def results_table(results: Iterable[dict[str, Any]]) -> Table:
    """A row for each run: as much as fits into a terminal; `us` is the mean time of a drain."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("variant", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for row in results:
        counts = ("cpus", "seed", DRAINS, SAVED, "saved_bogus", "ipis", "drains_that_missed")
        time = f"{row['drain_us']['mean']:,.1f}" if row["status"] == "finished" else row["status"]
        table.add_row(row["variant"], *(str(row[name]) for name in counts), time)
    return table
