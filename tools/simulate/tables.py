"""Tables: results of runs for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.table import Table

from .metrics import DRAINS, SAVED


def results_table(results: Iterable[dict[str, Any]]) -> Table:
    """A row for each run."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("variant", no_wrap=True)
    for name in ("CPUs", "seed", "drains", "saved", "bogus", "IPIs", "useless", "missed", "kills"):
        table.add_column(name, justify="right")
    for name in ("drain us", "99 %", "worst", "attempt us"):
        table.add_column(name, justify="right")
    table.add_column("ended")
    for row in results:
        drain = row["drain_us"]
        table.add_row(
            row["variant"],
            *(str(row[name]) for name in ("cpus", "seed", DRAINS, SAVED, "saved_bogus", "ipis", "ipis_useless")),
            *(str(row[name]) for name in ("drains_that_missed", "oom_kills")),
            *(f"{drain[name]:.1f}" for name in ("median", "p99", "worst")),
            f"{row['attempt_us']['median']:.1f}",
            row["status"],
        )
    return table
