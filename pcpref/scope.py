"""Scope: the bounds of one machine, that is how much there is of everything, and what may happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from .errors import ScopeError

_LISTS = ("drainers", "leavers")
_SWITCHES = ("signals", "alloc_fails", "count_window")


@dataclass(frozen=True)
class Scope:
    """The size of a machine, and which events it knows.

    Every zone has the same number of pages, and every pcp list the same `high` and `batch`, as after boot
    on a machine whose zones are alike (Linux 3.4 setup_pageset()). All zones are populated and all CPUs
    are online at the start.
    """

    cpus: int
    """Number of CPUs."""
    zones: int
    """Number of populated zones."""
    pages: int
    """Pages in each zone; need not be a power of two."""
    high: int
    """A pcp list that reaches this count, in pages, gives a batch back to the buddy allocator."""
    batch: int
    """Pages moved between a pcp list and the buddy allocator at a time."""
    drainers: tuple[int, ...]
    """The home CPU of each task: task i lives on CPU drainers[i]. Several tasks may share a CPU."""
    calls: int = 0
    """How many calls each task makes; 0 for calls without end."""
    leavers: tuple[int, ...] = ()
    """The CPUs that may go offline and come back. No task lives on them."""
    signals: bool = False
    """Whether a signal may reach a task in its call."""
    alloc_fails: bool = False
    """Whether there may be no memory for a local cpumask."""
    count_window: bool = False
    """Whether the workload links a page and counts it in two steps, between which others may look."""

    def __post_init__(self) -> None:
        for name in ("cpus", "zones", "pages", "high", "batch"):
            if getattr(self, name) < 1:
                raise ScopeError(f"a machine needs {name} >= 1, not {getattr(self, name)}")
        for task, home in enumerate(self.drainers):
            if not 0 <= home < self.cpus:
                raise ScopeError(f"task {task} lives on CPU {home}, but the CPUs are 0..{self.cpus - 1}")
        if self.calls < 0:
            raise ScopeError(f"a task makes calls >= 0, not {self.calls}")
        self._check_leavers()

    def _check_leavers(self) -> None:
        for cpu in self.leavers:
            if not 0 <= cpu < self.cpus:
                raise ScopeError(f"CPU {cpu} may leave, but the CPUs are 0..{self.cpus - 1}")
            if cpu in self.drainers:
                raise ScopeError(f"CPU {cpu} may leave, but a task lives on it")
        if len(set(self.leavers)) < len(self.leavers):
            raise ScopeError("leavers names a CPU twice")
        if len(self.leavers) == self.cpus:
            raise ScopeError("all CPUs may leave; one has to stay")

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, int | Sequence[int]]) -> Scope:
        """The scope that a table of parameters (an entry of scopes.toml) describes.

        What has a default may be missing; other keys are refused.
        """
        known = {field.name for field in fields(cls)}
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        wrong = sorted((parameters.keys() - known) | (needed - parameters.keys()))
        if wrong:
            known_names, wrong_names = ", ".join(sorted(known)), ", ".join(wrong)
            raise ScopeError(f"a scope has the parameters {known_names}; missing or unknown: {wrong_names}")
        values: dict[str, Any] = {}
        for name, value in parameters.items():
            values[name] = tuple(value) if isinstance(value, Sequence) else value
            kind = tuple if name in _LISTS else bool if name in _SWITCHES else int
            if type(values[name]) is not kind:
                raise ScopeError(f"parameter {name} cannot be {value!r}")
        return cls(**values)
