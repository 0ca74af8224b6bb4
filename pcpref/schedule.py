"""Schedules: run a machine along given labels, or along labels drawn at random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from .protocol import Implementation


def run(machine: Implementation, labels: Iterable[str]) -> dict[str, object]:
    """Reset the machine, make these steps, and return what is observed after the last.

    Raises NotEnabled at the first step that is impossible.
    """
    machine.reset()
    for label in labels:
        machine.step(label)
    return machine.observe()


def random_run(machine: Implementation, seed: int, steps: int, pause: float = 0.0) -> Iterator[str]:
    """Reset the machine and make random steps; each label is yielded after its step.

    The run ends after this many steps, or earlier where no step is enabled. The same seed gives the same
    run. Every enabled step is equally likely, except that with probability `pause` the workload (free and
    alloc) pauses for one step when anything else is enabled; so drains get further.
    """
    random = Random(seed)
    machine.reset()
    for _ in range(steps):
        labels = sorted(machine.enabled())
        if not labels:
            return
        if random.random() < pause:
            labels = [label for label in labels if not is_workload(label)] or labels
        label = random.choice(labels)
        machine.step(label)
        yield label


def is_workload(label: str) -> bool:
    """Whether this step is a page freed (or begun to be freed) or allocated by the workload."""
    _, _, event = label.partition(":")
    return event.startswith(("free ", "link ", "alloc "))
