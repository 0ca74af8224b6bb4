"""Cost: what simulated drains cost in time of one core, as `pcpdrain simulate --growth` writes it down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .parameters import SimulationError

FORMAT = "pcpdrain-growth 2"


@dataclass(frozen=True)
class Cost:
    """Seconds of one core for a run, and for each of its drains."""

    variant: str
    workload: str
    cpus: int
    busy_cpus: int
    drains: int
    seconds: float
    seconds_a_drain: float


def written(costs: Sequence[Cost], scenarios: Sequence[Cost], **more: Any) -> str:
    """The text of a file of costs: those of the curves, and those of the scenarios of the changelog."""
    tables = {"costs": list(map(asdict, costs)), "scenarios": list(map(asdict, scenarios))}
    return json.dumps({"format": FORMAT, **more, **tables}, indent=1) + "\n"


def read_scenarios(path: Path) -> list[Cost]:
    """What the scenarios cost.

    Raises:
        SimulationError: it is no such file, or one of another version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] == FORMAT:
            return [Cost(**scenario) for scenario in data["scenarios"]]
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise SimulationError(f"{path} is not of this version; `pcpdrain simulate --growth {path}` makes it anew")
