"""Sweep: many runs over all cores, each result kept as soon as it is there, so that a sweep can be resumed.

What comes out depends on the runs alone: not on how many processes made them, nor on what was kept before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..files import ensure_folder_writable, write_atomically
from ..parallel import in_parallel
from .parameters import SimulationError
from .runs import FORMAT, Run, perform, version

FOLDER = Path("build/simulation")
"""Where results are kept."""

_MARK = "sweep.json"
"""By which version of the simulator the results of a folder were made."""

Result = dict[str, Any]


class Kept:
    """A folder of results, one file for each run."""

    def __init__(self, folder: Path, *, resume: bool) -> None:
        """Begin a sweep, or resume one.

        Raises:
            SimulationError: there is none to resume, or it was made by another version of the simulator.
            OutputError: the folder cannot be written.
        """
        self._folder = folder
        self._mark = folder / _MARK
        if resume:
            self._must_be_ours()
        else:
            self._begin_anew()

    def result(self, run: Run) -> Result | None:
        """The result of a run, if it is there whole."""
        try:
            found: Result = json.loads(self._file(run).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if found.get("format") == FORMAT else None

    def keep(self, run: Run, result: Result) -> None:
        """Keep a result; who looks at the same time sees it whole or not at all."""
        write_atomically(self._file(run), json.dumps(result, indent=1) + "\n")

    def _file(self, run: Run) -> Path:
        return self._folder / f"{run.key()}.json"

    def _must_be_ours(self) -> None:
        hint = "run it without --resume to begin anew"
        try:
            made_by = json.loads(self._mark.read_text(encoding="utf-8"))["version"]
        except FileNotFoundError:
            raise SimulationError(f"{self._folder}: there is no sweep to resume; {hint}") from None
        except (ValueError, KeyError, TypeError):
            raise SimulationError(f"{self._mark}: damaged; {hint}") from None
        if made_by != version():
            raise SimulationError(
                f"{self._folder}: made by version {made_by} of the simulator, this is {version()}; {hint}"
            )

    def _begin_anew(self) -> None:
        if self._folder.exists() and not self._mark.exists() and any(self._folder.iterdir()):
            raise SimulationError(
                f"{self._folder}: holds something else than a sweep; choose another --folder"
            )
        shutil.rmtree(self._folder, ignore_errors=True)
        ensure_folder_writable(self._folder)
        write_atomically(self._mark, json.dumps({"format": FORMAT, "version": version()}) + "\n")


def sweep(
    runs: Sequence[Run], kept: Kept, on_done: Callable[[], None] = lambda: None, workers: int | None = None
) -> list[Result]:
    """The results in the order of the runs; those that are kept are not made again.

    The longest are begun first, so that no core waits for one of them at the end.
    """
    missing = []
    for run in runs:
        if kept.result(run) is None:
            missing.append(run)
        else:
            on_done()
    missing.sort(key=lambda run: (-run.cpus, run.key()))
    in_parallel(_perform_and_keep, [(run, kept) for run in missing], on_done, workers)
    results = []
    for run in runs:
        result = kept.result(run)
        if result is None:
            raise SimulationError(f"the result of {run.variant} has gone while the sweep went on")
        results.append(result)
    return results


def _perform_and_keep(run: Run, kept: Kept) -> None:
    kept.keep(run, perform(run))
