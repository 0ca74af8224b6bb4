"""Page: the results of a run as Markdown, for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pcpdrain.codegen.render import render

from ..simulate.cost import Cost, read_scenarios
from .cells import AFTER, TOOLS, Cell
from .compared import by_place, farthest, graphs, ratios
from .results import Results
from .sizes import CALLS, PAGES, SERIES, VARIANTS, sizes

_GIB = 1 << 30
_GROWS = {"cpus": "CPUs", "zones": "zones", "drainers": "callers"}


def page(results: Results, plots: dict[str, Path], drains: Path | None = None) -> str:
    """The whole page. `plots` are the pictures, by name; only their file names matter.

    `drains` is what `pcpdrain simulate --growth` has written, if it has.

    Raises:
        SimulationError: it was another version that has written it.
    """
    compared, different = graphs(results.cells)
    return render(
        "benchmarks.md.j2",
        limit=f"{results.seconds:,.0f} s",
        memory=f"{results.memory / _GIB:.3g} GiB",
        machine=results.machine,
        tools=results.tools,
        names=list(TOOLS.values()),
        pages=PAGES,
        calls=CALLS,
        ratios=list(_ratios(results)),
        plots={name: path.name for name, path in plots.items()},
        growth={variant: list(_growth(results, variant)) for variant in VARIANTS},
        reached=list(_reached(results)),
        compared=compared,
        different=different,
        not_run=list(_not_run(results)),
        project=[_timed(timed) for timed in results.project],
        drains=drains.stem if drains else "",
        scenarios=[_scenario(cost) for cost in read_scenarios(drains)] if drains else [],
    )


def _scenario(cost: Cost) -> dict[str, str]:
    return {
        "where": f"{cost.workload}, {cost.cpus} CPUs",
        "variant": cost.variant,
        "drains": f"{cost.drains:,}",
        "seconds": f"{cost.seconds:.2f} s" if cost.seconds < 10 else f"{cost.seconds:.0f} s",
    }


def _ratios(results: Results) -> Iterator[dict[str, str]]:
    for ratio in ratios(results.cells):
        yield {
            "variant": ratio.variant,
            "other": TOOLS[ratio.other],
            "size": _size(ratio),
            "states": f"{ratio.states:,}",
            **{name: _times(getattr(ratio, name)) for name in ("rate", "seconds", "cpu", "memory")},
        }


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2g}"


def _size(of: Any) -> str:
    size = of.size
    return f"{size.cpus} CPUs, {_many(size.zones, 'zone')}, {_many(size.drainers, 'caller')}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _growth(results: Results, variant: str) -> Iterator[dict[str, Any]]:
    places = by_place(results.cells)
    for size in sizes():
        cells = [places[variant, size, tool] for tool in TOOLS if (variant, size, tool) in places]
        known = next((cell for cell in cells if cell.finished), None)
        yield {
            "size": f"{size.cpus} | {size.zones} | {size.drainers}",
            "verdict": known.outcome if known else "",
            "states": f"{known.states:,}" if known and known.states else "",
            "transitions": f"{known.transitions:,}" if known and known.transitions else "",
            "cells": [_cell(cell) for cell in cells],
        }


def _cell(cell: Cell) -> str:
    """Time from the source, and in brackets states a second and bytes for each state."""
    if not cell.finished or cell.seconds is None:
        return "–" if cell.outcome == "not run" else f"*{cell.reason}*"
    rate = "" if cell.rate is None else f"{cell.rate / 1000:,.0f} k/s"
    peak = "" if cell.peak is None else f"{cell.peak / (1 << 20):,.0f} MiB"
    return f"{cell.seconds:,.1f} s, {rate}, {peak}"


def _reached(results: Results) -> Iterator[dict[str, Any]]:
    for variant in VARIANTS:
        for series in SERIES:
            ends = [farthest(results.cells, variant, series, tool) for tool in TOOLS]
            yield {
                "variant": variant,
                "series": _GROWS[series],
                "last": getattr(SERIES[series][-1], series),
                "ends": [_end(*end) for end in ends],
            }


def _end(reached: int | None, reason: str) -> str:
    if not reason:
        return f"all {reached}"
    return reason if reached is None else f"{reached}; then {reason}"


def _not_run(results: Results) -> Iterator[str]:
    """Each reason why something was not run or failed, once for each tool."""
    told = dict.fromkeys(
        f"{TOOLS[cell.tool]}: {cell.reason}"
        for cell in results.cells
        if cell.outcome == "failed" or (cell.outcome == "not run" and not cell.reason.startswith(AFTER))
    )
    yield from told


def _timed(timed: Any) -> dict[str, str]:
    seconds = "not run" if timed.seconds is None else f"{timed.seconds:,.1f} s"
    return {
        "name": timed.name,
        "command": timed.command,
        "seconds": seconds,
        "said": timed.said or timed.reason,
    }
