"""Cells: what one tool made of one variant at one size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .sizes import Size

Tool = Literal["explorer", "tlc", "pluscal", "spin"]

TOOLS: dict[Tool, str] = {
    "explorer": "explorer",
    "tlc": "TLC, generated TLA+",
    "pluscal": "TLC, PlusCal by hand",
    "spin": "SPIN, Promela by hand",
}
"""The tools, with the names that people read."""

Outcome = Literal["holds", "violated", "stopped", "failed", "not run"]


AFTER = "stopped at "
"""How the reason begins why a tool was not run at a size: it came to no verdict at a smaller one."""


@dataclass(frozen=True)
class Cell:
    """One measurement, or why there is none.

    `seconds` is from the source to the verdict: compilers, the start of a Java, all of it; `search` is the
    part of the search alone. `cpu` is seconds of CPU of all of it. `peak` is bytes of memory at most, of the
    largest process.
    """

    tool: Tool
    variant: str
    size: Size
    outcome: Outcome
    reason: str = ""
    states: int | None = None
    transitions: int | None = None
    seconds: float | None = None
    search: float | None = None
    cpu: float | None = None
    peak: int | None = None

    @property
    def finished(self) -> bool:
        """Whether it has a verdict."""
        return self.outcome in ("holds", "violated")

    @property
    def rate(self) -> float | None:
        """States a second of the search."""
        return self.states / self.search if self.states and self.search else None

    @property
    def bytes_per_state(self) -> float | None:
        """Memory at most, divided by the states."""
        return self.peak / self.states if self.states and self.peak else None


def as_data(cell: Cell) -> dict[str, Any]:
    """The cell as plain data."""
    return asdict(cell)


def cell_of(data: dict[str, Any]) -> Cell:
    """The cell that plain data describe.

    Raises:
        TypeError, KeyError, ValueError: they describe none.
    """
    cell = Cell(**{**data, "size": Size(**data["size"])})
    if cell.tool not in TOOLS:
        raise ValueError(f"no tool is called {cell.tool!r}")
    return cell
