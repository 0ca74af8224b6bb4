"""Cells made up for tests: four tools, of which the explorer comes farthest."""

from __future__ import annotations

from pcpdrain.tools.bench.campaign import measured_cells
from pcpdrain.tools.bench.cells import TOOLS, Cell, Outcome, Tool
from pcpdrain.tools.bench.contenders import Limits
from pcpdrain.tools.bench.project import not_timed
from pcpdrain.tools.bench.results import Results
from pcpdrain.tools.bench.sizes import Size

LIMITS = Limits(100.0, 1 << 30)

SLOWNESS: dict[Tool, int] = {"explorer": 1, "spin": 5, "pluscal": 20, "tlc": 50}


def made_up(tool: Tool, variant: str, size: Size, limits: Limits) -> Cell:
    """What a tool might have found: as many states as the bounds make, in time that grows with them."""
    states = 10 ** (size.cpus + size.zones + size.drainers - 2)
    search = states * SLOWNESS[tool] / 1_000_000
    if search > limits.seconds:
        return Cell(
            tool, variant, size, "stopped", f"not finished after {limits.seconds:.0f} s", seconds=search
        )
    outcome: Outcome = "holds" if variant == "clear_then_set_spinlock" else "violated"
    return Cell(
        tool, variant, size, outcome, "", states, states * 4, search + 1, search, search + 2, states * 100
    )


def results() -> Results:
    """A run of all tools."""
    cells = measured_cells(list(TOOLS), LIMITS, lambda _: None, made_up)
    machine = {"processor": "a processor", "system": "a system", "python": "3"}
    return Results(LIMITS.seconds, LIMITS.memory, machine, {"SPIN": "6.5"}, cells, not_timed("not asked for"))
