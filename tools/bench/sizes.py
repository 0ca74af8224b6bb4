"""Sizes: the scopes that are measured. One bound grows, the others stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pcpdrain.codegen.scopes import Scope

VARIANTS = ("per_cpu_summary", "clear_then_set_spinlock")
"""Those that exist by hand in other languages, too: one is incomplete when callers race, one is not."""

PAGES = 1
CALLS = 1
"""One page in each zone and one call of each caller: what races there are needs no more."""


@dataclass(frozen=True, order=True)
class Size:
    """How many CPUs, zones and callers there are. Caller d runs on CPU d, counted round."""

    cpus: int
    zones: int
    drainers: int

    @property
    def scope(self) -> Scope:
        """The bounds. Lists never get as long as `high`, so that only drains empty them."""
        homes = tuple(d % self.cpus for d in range(self.drainers))
        return Scope(str(self), self.cpus, self.zones, PAGES, PAGES + 1, 1, homes, CALLS)

    def __str__(self) -> str:
        return f"{self.cpus}x{self.zones}x{self.drainers}"


SERIES = {
    "cpus": tuple(Size(n, 1, 2) for n in range(2, 7)),
    "zones": tuple(Size(2, n, 2) for n in range(1, 4)),
    "drainers": tuple(Size(2, 1, n) for n in range(1, 4)),
}
"""What grows, and the sizes in order."""


def sizes() -> Iterator[Size]:
    """Every size once."""
    yield from dict.fromkeys(size for series in SERIES.values() for size in series)
