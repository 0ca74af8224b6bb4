"""Growth: what the simulator itself takes for a drain, from 4 to 4,096 CPUs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..files import write_together
from .cost import Cost, written
from .metrics import DRAINS
from .parameters import Parameters
from .plan import BEFORE, FIGURES, FLOOD, MERGED, SCALED, SIZES
from .plots import rendered
from .runs import Run, perform

ALONE = 1
"""So many busy CPUs have drains that do not overlap."""

SECOND_LOOP = 20_000_000
"""Rounds of an empty loop, to tell how quick the machine is on which this was measured."""


def growth_runs(programs: Sequence[tuple[str, str]], parameters: Parameters, drains: int) -> list[Run]:
    """A run for each size of machine; `programs` are variants with their Python.

    With one busy CPU no two drains overlap, so that the cost is that of a drain. With as many as the workload
    has, the more CPUs there are the longer drains take and the more of them overlap: then their steps
    alternate, and the simulator goes back and forth between them.
    """
    usual, costs = parameters.workload_values(SCALED), parameters.cost_values()
    return [
        Run(name, text, SCALED, size, 1, replace(usual, busy_cpus=busy, most_drains=drains), costs)
        for name, text in programs
        for busy in (ALONE, usual.busy_cpus)
        for size in SIZES
    ]


def scenario_runs(programs: Sequence[tuple[str, str]], parameters: Parameters) -> list[Run]:
    """The scenarios of the changelog: the 627 drains of 4 CPUs, and 15,000 drains, on hundreds of CPUs."""
    costs = parameters.cost_values()
    return [
        Run(name, text, workload, cpus, 1, parameters.workload_values(workload), costs)
        for workload, cpus in (FIGURES, FLOOD)
        for name, text in programs
    ]


def measure(runs: Sequence[Run], on_done: Callable[[], None] = lambda: None) -> list[Cost]:
    """Make the runs one after the other in this process, and look at the clock of the processor."""
    costs = []
    for run in runs:
        began = time.process_time()
        drains = perform(run)[DRAINS]
        seconds = time.process_time() - began
        busy, rounded = run.numbers.busy_cpus or run.cpus, round(seconds, 4)
        costs.append(Cost(run.variant, run.workload, run.cpus, busy, drains, rounded, seconds / drains))
        on_done()
    return costs


def exponent(costs: Sequence[Cost]) -> float:
    """How the cost of a drain grows with the CPUs in the upper half of the sizes: 1 is linearly."""
    upper = sorted(costs, key=lambda cost: cost.cpus)[len(costs) // 2 :]
    slope, _ = np.polyfit(np.log([c.cpus for c in upper]), np.log([c.seconds_a_drain for c in upper]), 1)
    return float(slope)


def curves_of(costs: Sequence[Cost]) -> dict[str, list[Cost]]:
    """The costs of each variant with so many busy CPUs, by what is to be said of them."""
    curves: dict[str, list[Cost]] = {}
    for cost in costs:
        busy = "1 busy CPU" if cost.busy_cpus == ALONE else f"{cost.busy_cpus} busy CPUs"
        curves.setdefault(f"{cost.variant}, {busy}", []).append(cost)
    return curves


def write_growth(costs: Sequence[Cost], scenarios: Sequence[Cost], out: Path) -> None:
    """Write the numbers as JSON, and beside them a picture.

    Raises:
        OutputError: one of them cannot be written.
    """
    curves = curves_of(costs)
    text = written(
        costs,
        scenarios,
        seconds_of_20_million_empty_rounds=round(_speed(), 3),
        exponents={name: round(exponent(curve), 3) for name, curve in curves.items()},
    )
    write_together({out: text, out.with_suffix(".svg"): rendered(_figure(curves), "svg")})


def _speed() -> float:
    began = time.process_time()
    for _ in range(SECOND_LOOP):
        pass
    return time.process_time() - began


def _figure(curves: dict[str, list[Cost]]) -> Figure:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    for name, curve in curves.items():
        label = f"{name}: grows as CPUs^{exponent(curve):.2f}"
        style = "o-" if curve[0].busy_cpus == ALONE else "o:"
        axis.plot(
            [c.cpus for c in curve], [1000 * c.seconds_a_drain for c in curve], style, ms=4, label=label
        )
    axis.set_xscale("log", base=4)
    axis.set_yscale("log")
    axis.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axis.set_xlabel("CPUs")
    axis.set_ylabel("ms of one core for a drain")
    axis.legend(frameon=False, fontsize=8)
    axis.grid(visible=True, alpha=0.3)
    return figure


GROWING = (BEFORE, MERGED)
"""The variants that are measured: one that calls everybody, one that looks at everybody."""
