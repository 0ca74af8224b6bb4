"""Apalache's version: what a program says when it is asked."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .apalache_found import Apalache, environment, too_old
from .java import find_java
from .process import run_process

_NUMBER = re.compile(r"\b(\d+\.\d+\.\d+)\b\S*")
_TIME_LIMIT = 30.0
"""Seconds. It takes less than one."""


@dataclass(frozen=True)
class Version:
    """`number` as in 0.62.1, None if it says none; `told` is what to tell of it."""

    number: str | None
    told: str

    @property
    def usable(self) -> bool:
        """Whether it is one that can be used."""
        return self.number is not None and not too_old(self.number)


def apalache_version(apalache: Apalache) -> Version:
    """Ask an Apalache for its version.

    EngineMissing if there is no Java.
    """
    java = find_java()
    with tempfile.TemporaryDirectory(prefix="apalache-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            finished = run_process(
                [apalache.program, "version"],
                directory=folder,
                timeout=_TIME_LIMIT,
                environment=environment(java, folder, memory=512),
            )
        except OSError as error:
            return Version(None, f"it cannot be started: {error.strerror or error}")
    said = [line.strip() for line in finished.lines if line.strip()]
    found = next((match for line in said if (match := _NUMBER.search(line))), None)
    if finished.failure is not None:
        return Version(None, f"asked for its version, it was {finished.failure}")
    if finished.status != 0 or found is None:
        return Version(None, f"asked for its version, it says: {said[0][:200] if said else 'nothing'}")
    return Version(found[1], too_old(found[1]) or found[0])
