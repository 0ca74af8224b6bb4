"""Campaign: every tool on every variant at growing sizes, each until it comes to a limit."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from .cells import AFTER, TOOLS, Cell, Tool
from .contenders import Limits, run_cell
from .sizes import SERIES, VARIANTS, Size

Measure = Callable[[Tool, str, Size, Limits], Cell]


def measured_cells(
    tools: Collection[Tool], limits: Limits, on_done: Callable[[Cell], None], measure: Measure = run_cell
) -> list[Cell]:
    """All cells, one after the other; `on_done` is called with each. `tools` are those that are wanted."""
    found = []
    for variant in VARIANTS:
        for tool in TOOLS:
            for cell in _of_tool(tool, variant, limits, measure, wanted=tool in tools):
                found.append(cell)
                on_done(cell)
    return found


def _of_tool(tool: Tool, variant: str, limits: Limits, measure: Measure, *, wanted: bool) -> Iterator[Cell]:
    """A tool at all sizes. Where it has stopped in a series, it is not run at what is larger."""
    done: dict[Size, Cell] = {}
    for sizes in SERIES.values():
        before: Cell | None = None
        for size in sizes:
            if size not in done:
                blank = Cell(tool, variant, size, "not run")
                if not wanted:
                    done[size] = replace(blank, reason="not asked for")
                elif before is not None and not before.finished:
                    done[size] = replace(blank, reason=_after(before))
                else:
                    done[size] = measure(tool, variant, size, limits)
                yield done[size]
            before = done[size]


def _after(before: Cell) -> str:
    """Why a tool is not run at a size, after it came to no verdict at a smaller one."""
    return before.reason if before.outcome == "not run" else f"{AFTER}{before.size}: {before.reason}"


def machine() -> dict[str, str]:
    """What was measured on, as far as it is known."""
    return {"system": platform.system(), "processor": _processor(), "python": platform.python_version()}


def _processor() -> str:
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    named = re.search(r"^model name\s*: (.+)$", known, re.MULTILINE)
    return named[1].strip() if named else platform.machine()
