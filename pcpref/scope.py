"""Scope: the bounds of one machine, that is how many CPUs, zones, pages and drainers there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from .errors import ScopeError


@dataclass(frozen=True)
class Scope:
    """The size of a machine.

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

    def __post_init__(self) -> None:
        for name in ("cpus", "zones", "pages", "high", "batch"):
            if getattr(self, name) < 1:
                raise ScopeError(f"a machine needs {name} >= 1, not {getattr(self, name)}")
        for task, home in enumerate(self.drainers):
            if not 0 <= home < self.cpus:
                raise ScopeError(f"task {task} lives on CPU {home}, but the CPUs are 0..{self.cpus - 1}")

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, int | Sequence[int]]) -> Scope:
        """The scope that a table of parameters (an entry of scopes.toml) describes; it has no other keys."""
        known = {field.name for field in fields(cls)}
        if parameters.keys() != known:
            wrong = ", ".join(sorted(parameters.keys() ^ known))
            raise ScopeError(
                f"a scope has exactly the parameters {', '.join(sorted(known))}; missing or unknown: {wrong}"
            )
        numbers: dict[str, int] = {}
        drainers: tuple[int, ...] = ()
        for name, value in parameters.items():
            if isinstance(value, int) and name != "drainers":
                numbers[name] = value
            elif not isinstance(value, int) and name == "drainers":
                drainers = tuple(value)
            else:
                raise ScopeError(f"parameter {name} cannot be {value!r}")
        return cls(drainers=drainers, **numbers)
