"""Project: how long the project's own checks and proofs take, with nothing kept and with everything kept."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..engines.process import Finished, run_process
from ..user_cache import CACHE_VARIABLE

_MAIN = "from pcpdrain.tools.cli import main; main(prog_name='pcpdrain')"

COMMANDS: dict[str, Sequence[str]] = {
    "check, nothing kept": ("check",),
    "check, again": ("check",),
    "check, a Java for each search": ("check", "--no-cache", "--fresh-java"),
    "prove with z3, nothing kept": ("prove", "--engine", "z3", "--no-cache"),
    "prove with z3, again": ("prove", "--engine", "z3"),
}
"""What is timed, in this order: what a command keeps, those below it find. (A check proves, too.)"""

LONGEST = 3600.0
"""Seconds for one of them, whatever the limit of a measurement is: they are not there to be compared."""


@dataclass(frozen=True)
class Timed:
    """The seconds that a command took, and what its last line says; or why there are none."""

    name: str
    command: str
    seconds: float | None = None
    said: str = ""
    reason: str = ""


def timed_commands(on_done: Callable[[Timed], None]) -> list[Timed]:
    """Time all of them, in a folder and with a cache that are new."""
    found = []
    with tempfile.TemporaryDirectory(prefix="pcpdrain-bench-", ignore_cleanup_errors=True) as name:
        for timed in _timed(Path(name)):
            found.append(timed)
            on_done(timed)
    return found


def not_timed(reason: str) -> list[Timed]:
    """All of them, with the reason why they were not run."""
    return [replace(blank, reason=reason) for blank in _blank()]


def _blank() -> Iterator[Timed]:
    for name, words in COMMANDS.items():
        yield Timed(name, " ".join(["pcpdrain", *words]))


def _timed(folder: Path) -> Iterator[Timed]:
    environment = {**os.environ, CACHE_VARIABLE: str(folder / "cache")}
    for blank, words in zip(_blank(), COMMANDS.values(), strict=True):
        command = [sys.executable, "-c", _MAIN, *words]
        finished = run_process(command, directory=folder, timeout=LONGEST, environment=environment)
        yield _told(blank, finished)


def _told(blank: Timed, finished: Finished) -> Timed:
    said = [re.sub(r"\s+", " ", line).strip() for line in finished.lines if line.strip()]
    last = said[-1] if said else "says nothing"
    if finished.status == 0:
        return replace(blank, seconds=finished.seconds, said=last)
    return replace(blank, reason=finished.failure or f"ended with status {finished.status}: {last}")
