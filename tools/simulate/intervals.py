"""Intervals: what many runs with different seeds say of one number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import t as student

from .metrics import DRAINS, SAVED
from .runs import share

CONFIDENCE = 0.95

Result = Mapping[str, Any]
Place = tuple[str, str, int, str]
"""Variant, workload, CPUs, and which parameter is changed ("" for none)."""


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its confidence interval; of one seed, `low` and `high` are the mean."""

    mean: float
    low: float
    high: float
    runs: int

    def text(self, digits: int = 0, unit: str = "") -> str:
        """As in a table: the mean and, if there is one, the interval."""
        mean = f"{self.mean:,.{digits}f}{unit}"
        low, high = f"{self.low:,.{digits}f}", f"{self.high:,.{digits}f}"
        return mean if low == high else f"{mean} ({low}–{high})"


METRICS: Mapping[str, Callable[[Result], float]] = {
    "drains": lambda r: r[DRAINS],
    "saved": lambda r: r[SAVED],
    "saved_share": lambda r: 100 * share(r[SAVED], r[DRAINS]),
    "bogus": lambda r: r["saved_bogus"],
    "bogus_share": lambda r: 100 * share(r["saved_bogus"], r[SAVED]),
    "honest_share": lambda r: 100 * share(r[SAVED] - r["saved_bogus"], r[DRAINS]),
    "without_ipi_share": lambda r: 100 * share(r["without_ipi"], r[DRAINS]),
    "ipis": lambda r: r["ipis"],
    "ipis_a_drain": lambda r: share(r["ipis"], r[DRAINS]),
    "ipis_share": lambda r: 100 * share(r["ipis"], r["ipis_of_a_broadcast"]),
    "useless_share": lambda r: 100 * share(r["ipis_useless"], r["ipis"]),
    "missed_share": lambda r: 100 * share(r["drains_that_missed"], r[DRAINS]),
    "missed_and_failed": lambda r: r["missed_and_failed"],
    "failed_share": lambda r: 100 * share(r["failed_after_drain"], r[DRAINS]),
    "kills": lambda r: r["oom_kills"],
    "in_handlers": lambda r: share(r["in_handlers_us"], r[DRAINS]),
    **{
        f"{time}_{part}": lambda r, time=time, part=part: r[f"{time}_us"][part]  # type: ignore[misc]
        for time in ("drain", "attempt", "reclaim", "lock_wait")
        for part in ("mean", "median", "p99", "worst")
    },
}
"""What is told of a run: shares in percent, times in us."""


def interval(values: Sequence[float]) -> Interval:
    """The mean and its interval by Student's t."""
    found = np.asarray(values, dtype=float)
    mean = float(found.mean())
    if len(found) < 2:
        return Interval(mean, mean, mean, len(found))
    half = float(student.ppf((1 + CONFIDENCE) / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return Interval(mean, mean - half, mean + half, len(found))


class Findings:
    """Results by where they were found."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._places: dict[Place, list[Result]] = {}
        self.runs = 0
        made_by = set()
        for result in results:
            self.runs += 1
            made_by.add(result["version"])
            place = (result["variant"], result["workload"], result["cpus"], result["changed"])
            self._places.setdefault(place, []).append(result)
        self.versions = sorted(made_by)

    def of(self, variant: str, workload: str, cpus: int, metric: str, changed: str = "") -> Interval:
        """What was found of one number; nothing that is counted is below 0, and no share above 100."""
        results = self._places[variant, workload, cpus, changed]
        found = interval([METRICS[metric](result) for result in results])
        most = 100.0 if metric.endswith("_share") else found.high
        return replace(found, low=max(0.0, found.low), high=min(most, found.high))

    def only(self, seeds: Collection[int]) -> Findings:
        """What runs with these seeds found."""
        return Findings(r for results in self._places.values() for r in results if r["seed"] in seeds)

    def finished(self, variant: str, workload: str, cpus: int) -> bool:
        """Whether all runs came to their end."""
        return all(result["status"] == "finished" for result in self._places[variant, workload, cpus, ""])

    def ratio(
        self, slow: str, quick: str, workload: str, cpus: int, metric: str, changed: str = ""
    ) -> Interval:
        """How many times more one variant has than another, seed by seed."""
        pairs = zip(
            self._places[slow, workload, cpus, changed],
            self._places[quick, workload, cpus, changed],
            strict=True,
        )
        return interval([share(METRICS[metric](a), METRICS[metric](b)) for a, b in pairs])

    def variants(self, workload: str, cpus: int) -> list[str]:
        """The variants that ran there, in order of appearance."""
        return [v for v, w, n, changed in self._places if (w, n, changed) == (workload, cpus, "")]

    def sizes(self, workload: str) -> list[int]:
        """On how many CPUs a workload ran."""
        return sorted({n for _, w, n, changed in self._places if w == workload and not changed})
