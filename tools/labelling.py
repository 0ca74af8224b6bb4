"""Labelling: states without labels => the labels of the steps that lead from one to the next, on `pcpref`.

A checker that names no steps shows states only. The reference machine knows what is possible in each, and a
label leads to at most one other state, so the steps are found by trying.
"""

from __future__ import annotations

from collections.abc import Sequence

from pcpdrain.pcpref.errors import PcprefError
from pcpdrain.pcpref.machine import Machine

from .replay import what_differs
from .traces import State


class NoSuchStep(Exception):
    """No step of the reference machine leads from a state to the next one; the message says which."""


def find_labels(machine: Machine, states: Sequence[State]) -> tuple[str, ...]:
    """Labels of a run through these states, which begin with the initial one.

    Raises:
        NoSuchStep: the reference machine has no such run.
    """
    machine.reset()
    if wrong := what_differs(machine.observe(), states[0], "in the initial state"):
        raise NoSuchStep(wrong)
    ways: list[list[str]] = [[]]
    longest: list[str] = []
    while ways:  # depth first: two labels may lead to the same state, and differ in what is not seen
        way = ways.pop()
        longest = max(longest, way, key=len)
        if len(way) == len(states) - 1:
            return tuple(way)
        ways += [[*way, label] for label in _enabled(machine, way) if _leads(machine, way, label, states)]
    raise NoSuchStep(f"no step leads from state {len(longest) + 1} to state {len(longest) + 2}")


def _enabled(machine: Machine, way: Sequence[str]) -> list[str]:
    _go(machine, way)
    return sorted(machine.enabled(), reverse=True)


def _leads(machine: Machine, way: Sequence[str], label: str, states: Sequence[State]) -> bool:
    """Whether the step leads to the state that comes next."""
    try:
        _go(machine, [*way, label])
    except PcprefError:
        return False
    return not what_differs(machine.observe(), states[len(way) + 1], "")


def _go(machine: Machine, way: Sequence[str]) -> None:
    machine.reset()
    for label in way:
        machine.step(label)
