"""Plan: which runs answer which question of docs/numbers.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.pipeline import Compiled

from .parameters import Parameters
from .runs import Run

BEFORE, POSTED, MERGED, CORRECTED = (
    "global_ipi",
    "last_zone_decides",
    "per_cpu_summary",
    "clear_then_set_spinlock",
)
"""What the patch replaces, the patch, what was merged in its place, and what the review asks for."""

LOCKS: Mapping[str, str] = {
    "clear_then_set": "none",
    "clear_then_set_spinlock": "spinlock",
    "clear_then_set_trylock_loop": "trylock loop",
    "clear_then_set_mutex": "mutex",
}
"""The locks that the review speaks of, on the same drain."""

FIGURES = ("hackbench", 4)
LATER_FIGURES = ("hackbench", 8)
MANY = ("many_tasks", 4)
CROWD = ("crowd", 64)
FLOOD = ("flood", 256)
SIZES = (4, 16, 64, 256, 1024, 4096)
SCALED = "idle_mostly"

SEEDS = tuple(range(1, 11))
FEW_SEEDS = SEEDS[:3]
TWO_SEEDS = SEEDS[:2]


def runs_of(
    compiled: Iterable[Compiled],
    parameters: Parameters,
    workload: str,
    cpus: Sequence[int],
    seeds: Sequence[int],
    changed: str = "",
) -> list[Run]:
    """A run of each variant on each size of machine with each seed."""
    numbers, costs = parameters.workload_values(workload), parameters.cost_values()
    return [
        Run(unit.program.name, python, workload, size, seed, numbers, costs, changed)
        for unit in compiled
        for python in [emit_python(unit.program)]
        for size in cpus
        for seed in seeds
    ]


def page_runs(compiled: Sequence[Compiled], parameters: Parameters) -> list[Run]:
    """All runs of the page. About ten minutes of one core each way of looking at it."""
    named = {unit.program.name: unit for unit in compiled}
    main = [named[name] for name in (BEFORE, POSTED, MERGED, CORRECTED)]
    locks = [named[name] for name in LOCKS]
    runs = runs_of(compiled, parameters, FIGURES[0], [FIGURES[1]], SEEDS)
    runs += runs_of(main, parameters, LATER_FIGURES[0], [LATER_FIGURES[1]], SEEDS)
    runs += runs_of(main, parameters, MANY[0], [MANY[1]], FEW_SEEDS)
    runs += runs_of(main, parameters, SCALED, SIZES, FEW_SEEDS)
    runs += runs_of([*main[:3], *locks], parameters, CROWD[0], [CROWD[1]], FEW_SEEDS)
    for name, value in changes(parameters, FIGURES[0]):
        told = f"{name}={value:g}"
        runs += runs_of(main[:3], parameters.changed(FIGURES[0], name, value), *_figures(), TWO_SEEDS, told)
    return runs


def changes(parameters: Parameters, workload: str) -> Iterator[tuple[str, float]]:
    """Each end of each range that is not the value itself."""
    for table in (parameters.costs, parameters.workloads[workload]):
        for name, parameter in table.items():
            for end in (parameter.low, parameter.high):
                if end is not None and end != parameter.value:
                    yield name, end


def _figures() -> tuple[str, list[int]]:
    return FIGURES[0], [FIGURES[1]]
