"""Measured: runs a command as a child, passes its output on, and tells in a last line what it used.

A program of its own, so that the system's account of children has this one child and what that started.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engines.process import Finished, run_process

_MARK = "pcpdrain measured "


@dataclass(frozen=True)
class Usage:
    """What a command used: seconds, seconds of CPU, bytes of memory at most.

    `since` is the seconds since a line of its output came; None if no line had that text.
    """

    seconds: float
    cpu: float
    peak: int
    since: float | None


def wrapper(memory: int = 0, since: str = "") -> list[str]:
    """The words to put before a command. `memory` is the most bytes that it may ask for (0: no limit).

    `since` is in the line of its output from which on a part of its time is measured.
    """
    return [sys.executable, "-m", __name__, str(memory), since]


def measure(
    command: Sequence[str | Path],
    directory: Path,
    timeout: float,
    *,
    memory: int = 0,
    since: str = "",
) -> tuple[Finished, Usage | None]:
    """Run a command; see `wrapper`. There is no usage if it was stopped at the time limit.

    Raises:
        OSError: it cannot be started.
    """
    finished = run_process([*wrapper(memory, since), *command], directory=directory, timeout=timeout)
    return finished, usage_in(finished.lines)


def usage_in(lines: Sequence[str]) -> Usage | None:
    """What the last line of a measured command says, if it came to its end."""
    told = next((line for line in reversed(lines) if line.startswith(_MARK)), None)
    return None if told is None else Usage(**json.loads(told.removeprefix(_MARK)))


def _limit(memory: int) -> None:
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _main(memory: int, since: str, command: Sequence[str]) -> int:
    started = time.monotonic()
    began: float | None = None
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: _limit(memory),  # noqa: PLW1509 - this process has one thread
        encoding="utf-8",
        errors="replace",
    ) as child:
        for line in child.stdout or ():
            if since and began is None and since in line:
                began = time.monotonic()
            sys.stdout.write(line)
            sys.stdout.flush()
    ended = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    kilobytes = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
    usage = Usage(
        seconds=ended - started,
        cpu=used.ru_utime + used.ru_stime,
        peak=kilobytes * 1024,
        since=None if began is None else ended - began,
    )
    sys.stdout.write(f"\n{_MARK}{json.dumps(vars(usage))}\n")
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
