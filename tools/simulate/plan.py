"""Plan: which runs answer a question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.pipeline import Compiled

from .parameters import Parameters
from .runs import Run


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
