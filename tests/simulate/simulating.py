"""Small simulations for tests: small enough for the reference machine to follow step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from pcpdrain.codegen.ir.steps import Program as CompiledProgram
from pcpdrain.codegen.library import variant_files
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Program
from pcpdrain.tools.replay import reference_class
from pcpdrain.tools.simulate.memory import scope_of
from pcpdrain.tools.simulate.parameters import Costs, Workload, read_parameters
from pcpdrain.tools.simulate.workload import Pressure, simulate

VARIANTS = [path.stem for path in variant_files()]

PARAMETERS = read_parameters()
COSTS = PARAMETERS.cost_values()

SMALL = replace(
    PARAMETERS.workload_values("hackbench"),
    tasks_per_cpu=1,
    processes=40,
    pages=24,
    high=6,
    batch=3,
    watermark=5,
    overcommit=3.0,
    churn=0.3,
    atomic_share=0.1,
    order_share=0.0,
    progress=0.85,
    reclaim_pages=2,
    reclaim_time=3000.0,
    think=1000.0,
    oom_wait=5000.0,
    last_zone_share=0.5,
    mask_alloc_fails=0.3,
    most_drains=12,
)
"""Within a few hundred steps calls race, lists flush and refill, masks cannot be had, and tasks die."""


@dataclass
class Followed:
    """A simulated run with its labels; the machine has been led along them."""

    pressure: Pressure
    labels: list[str]
    machine: Machine


@cache
def compiled(variant: str) -> CompiledProgram:
    (path,) = [path for path in variant_files() if path.stem == variant]
    return compile_file(path).program


@cache
def program(variant: str) -> type[Program]:
    return reference_class(compiled(variant))


def run(
    variant: str, workload: Workload = SMALL, costs: Costs = COSTS, cpus: int = 3, seed: object = 1
) -> tuple[Pressure, list[str]]:
    labels: list[str] = []
    pressure = simulate(program(variant), workload, costs, cpus, f"test {seed}", labels)
    return pressure, labels


def follow(variant: str, workload: Workload, cpus: int, labels: list[str]) -> Machine:
    """Lead a reference machine along the labels; each must be enabled, of itself and not of the simulator."""
    machine = Machine(scope_of(workload, cpus), program(variant))
    for number, label in enumerate(labels):
        try:
            machine.step(label)
        except NotEnabled as error:
            around = labels[max(0, number - 8) : number + 1]
            raise AssertionError(f"step {number} of {variant}, after {around}: {error}") from None
    return machine
