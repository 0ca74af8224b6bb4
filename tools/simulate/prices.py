"""Prices: what each step of a program costs, from the builtin that it is named for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .parameters import Costs

if TYPE_CHECKING:
    from .timed_kernel import TimedKernel

Charge = Callable[["TimedKernel"], None]

_AGAIN = re.compile(r"_\d+$")
"""The second step of a routine with the same builtin ends in _2."""

LOCKS = frozenset(
    [
        "spin_lock",
        "spin_lock_irqsave",
        "spin_trylock",
        "mutex_lock",
        "mutex_lock_interruptible",
        "mutex_trylock",
    ]
)
UNLOCKS = frozenset(["spin_unlock", "spin_unlock_irqrestore", "mutex_unlock"])
SLEEPS = frozenset(["mutex_lock", "mutex_lock_interruptible"])
"""Who waits in these is scheduled away."""


class Price(NamedTuple):
    """Of one step: its builtin, ns in any case, and what it costs beyond that, which is charged before it."""

    builtin: str
    base: float
    charge: Charge | None
    special: bool
    """Whether others have to be told of it, or the CPU may be given up."""


class Prices(dict[str, Price]):
    """The price of each step by its name, as in labels; worked out when first asked for."""

    def __init__(self, costs: Costs) -> None:
        super().__init__()
        self._costs = costs

    def __missing__(self, step: str) -> Price:
        builtin = _AGAIN.sub("", step.rpartition(".")[2])
        special = builtin in LOCKS or builtin in UNLOCKS or builtin == "cond_resched"
        self[step] = Price(builtin, self._costs.step, _CHARGES.get(builtin), special)
        return self[step]


def _write_bit(kernel: TimedKernel) -> None:
    kernel.clock += kernel.fabric.write(kernel.fabric.mask, kernel.cpu, kernel.clock)


def _write_mask(kernel: TimedKernel) -> None:
    fabric = kernel.fabric
    kernel.clock += fabric.write(fabric.mask, kernel.cpu, kernel.clock, fabric.mask_lines)


def _read_bit(kernel: TimedKernel) -> None:
    kernel.clock += kernel.fabric.read(kernel.fabric.mask, kernel.cpu)


def _read_mask(kernel: TimedKernel) -> None:
    kernel.clock += kernel.fabric.read(kernel.fabric.mask, kernel.cpu, kernel.fabric.mask_lines)


def _write_lock(kernel: TimedKernel) -> None:
    kernel.clock += kernel.fabric.write(kernel.fabric.lock, kernel.cpu, kernel.clock)


_CHARGES: dict[str, Charge] = {
    "cpumask_set_cpu": _write_bit,
    "cpumask_clear_cpu": _write_bit,
    "cpumask_clear": _write_mask,
    "cpumask_copy": _write_mask,
    "cpumask_setall": _write_mask,
    "cpumask_test_cpu": _read_bit,
    "cpumask_and": _read_mask,
    "cpumask_weight": _read_mask,
    **dict.fromkeys((*LOCKS, *UNLOCKS), _write_lock),
}
"""What depends on where the lines are. What depends on operands, TimedKernel charges."""
