"""Runs: one simulated run as plain data, and what it depends on as a key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from pcpdrain.codegen.library import SPEC

from ..replay import program_class
from .metrics import DRAINS, SAVED
from .parameters import Costs, SimulationError, Workload
from .workload import Pressure, simulate

FORMAT = "pcpdrain-simulation 1"

MOST_CPUS = 4096
"""Beyond it nobody has measured how this grows."""

_DECIMALS = 3

_MAKES_RESULTS = (
    "calling", "fabric", "machine", "memory", "metrics", "prices", "runs", "timed_kernel", "waiting",
    "workload",
)  # fmt: skip
"""The modules here that a result depends on. The values of parameters are part of each run's key."""


@dataclass(frozen=True)
class Run:
    """Everything a run depends on. `python` is the generated program of the variant."""

    variant: str
    python: str
    workload: str
    cpus: int
    seed: int
    numbers: Workload
    costs: Costs
    changed: str = ""
    """Which parameter is not the file's, for the study of sensitivity."""

    def __post_init__(self) -> None:
        if not 1 <= self.cpus <= MOST_CPUS:
            raise SimulationError(f"a machine of {self.cpus} CPUs: --cpus takes from 1 to {MOST_CPUS}")

    def key(self) -> str:
        """A digest of all of it, and of the simulator."""
        told = json.dumps([version(), asdict(self)], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:32]


@cache
def version() -> str:
    """A digest of the sources of what makes a result: the simulator, and the reference machine under it."""
    root = SPEC.parent
    own = [root / "tools/simulate" / f"{name}.py" for name in _MAKES_RESULTS]
    sources = sorted([*own, *(root / "pcpref").glob("*.py")])
    return sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def perform(run: Run) -> dict[str, Any]:
    """Make the run; times in us, counts as they are.

    The same run gives the same result, on every machine and in any number of processes.
    """
    program = program_class(run.variant, run.python)
    pressure = simulate(program, run.numbers, run.costs, run.cpus, f"{run.workload} {run.cpus} {run.seed}")
    return {
        "format": FORMAT,
        "version": version(),
        "variant": run.variant,
        "workload": run.workload,
        "cpus": run.cpus,
        "seed": run.seed,
        "changed": run.changed,
        **summary(pressure),
    }


def summary(pressure: Pressure) -> dict[str, Any]:
    """What came of a run."""
    metrics, cpus = pressure.machine.metrics, pressure.machine.scope.cpus
    drains = metrics.returned_drains()
    counters = metrics.counters()
    return {
        "status": pressure.status,
        "simulated_us": round(pressure.machine.env.now / 1000, _DECIMALS),
        DRAINS: counters[DRAINS],
        SAVED: counters[SAVED],
        "saved_bogus": sum(drain.counted_saved and drain.missed_lists > 0 for drain in drains),
        "without_ipi": sum(not drain.ipis for drain in drains),
        "ipis": sum(drain.ipis for drain in drains),
        "ipis_of_a_broadcast": len(drains) * (cpus - 1),
        "ipis_useless": sum(drain.useless for drain in drains),
        "drains_that_missed": sum(drain.missed_lists > 0 for drain in drains),
        "lists_missed": sum(drain.missed_lists for drain in drains),
        "missed_and_failed": sum(drain.missed_lists > 0 and not drain.served for drain in drains),
        "failed_after_drain": sum(not drain.served for drain in drains),
        "cpus_with_pages": _mean([drain.targets for drain in drains]),
        "oom_kills": metrics.kills,
        "in_handlers_us": round(metrics.stolen / 1000, _DECIMALS),
        "drain_us": _spread([drain.taken for drain in drains]),
        "attempt_us": _spread(metrics.scans),
        "reclaim_us": _spread(metrics.reclaims),
        "lock_wait_us": _spread([drain.lock_wait for drain in drains if drain.lock_from >= 0]),
    }


def share(part: float, whole: float) -> float:
    """A share, 0 of nothing."""
    return part / whole if whole else 0.0


def _spread(times: Sequence[float]) -> dict[str, float]:
    """Mean, median, 99th percentile and worst of times in ns, in us; zeros of none."""
    if not times:
        return dict.fromkeys(("mean", "median", "p99", "worst"), 0.0)
    values = np.asarray(times) / 1000
    found = (values.mean(), *np.quantile(values, (0.5, 0.99)), values.max())
    return {
        name: round(float(v), _DECIMALS)
        for name, v in zip(("mean", "median", "p99", "worst"), found, strict=True)
    }


def _mean(counts: Sequence[int]) -> float:
    return round(share(sum(counts), len(counts)), _DECIMALS)
