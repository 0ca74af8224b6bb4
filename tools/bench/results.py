"""Results: what a run of the benchmarks found, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..files import OutputError, reason
from .cells import Cell, as_data, cell_of
from .project import Timed

FORMAT = 1


@dataclass(frozen=True)
class Results:
    """One run. `seconds` and `memory` (bytes) are the limits of a measurement."""

    seconds: float
    memory: int
    machine: dict[str, str]
    tools: dict[str, str]
    """The versions of what was measured, by name."""
    cells: list[Cell]
    project: list[Timed]


def as_json(results: Results) -> str:
    """The text of the file."""
    data = {
        "format": FORMAT,
        **{key: getattr(results, key) for key in ("seconds", "memory", "machine", "tools")},
        "cells": [as_data(cell) for cell in results.cells],
        "project": [asdict(timed) for timed in results.project],
    }
    return json.dumps(data, indent=1) + "\n"


def read_results(path: Path) -> Results:
    """Read a file that `as_json` made.

    Raises:
        OutputError: it cannot be read, or is none.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
        if data.pop("format") != FORMAT:
            raise ValueError("of another version")
        cells = [cell_of(cell) for cell in data.pop("cells")]
        project = [Timed(**timed) for timed in data.pop("project")]
        return Results(**data, cells=cells, project=project)
    except OSError as error:
        raise OutputError(f"cannot read {path}: {reason(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise OutputError(f"{path} has no results of `pcpdrain bench` ({why}); measure again") from None
