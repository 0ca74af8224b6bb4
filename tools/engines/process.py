"""Process: runs a checker as a subprocess, line by line, and never leaves it behind.

The child gets a process group of its own, which is killed whenever the run ends early: at the time limit, on
Ctrl-C, or when the caller's ``on_line`` raises.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """How a subprocess ended."""

    status: int | None
    """Its exit status, minus the signal's number if one killed it; None if the time limit ended it."""
    lines: tuple[str, ...]
    """What it printed to stdout and stderr, without line ends."""
    seconds: float

    @property
    def failure(self) -> str | None:
        """One line if it did not come to its own end (a signal, the time limit), else None."""
        if self.status is None:
            return f"stopped at the time limit, after {self.seconds:.0f} s"
        if self.status < 0:
            try:
                name = signal.Signals(-self.status).name
            except ValueError:
                name = "unknown"
            return f"killed by signal {-self.status} ({name})"
        return None


_running: set[subprocess.Popen[str]] = set()
"""All checkers that run now, in whatever thread."""

_starting = threading.Event()
_waiting: list[Callable[[], None]] = []
"""What is to be done when the engine that is just being started can be stopped."""


def once_started(action: Callable[[], None]) -> None:
    """Do it now or, if this thread is just starting an engine, as soon as ``stop_all`` knows that one."""
    if _starting.is_set():
        _waiting.append(action)
    else:
        action()


def stop_all() -> None:
    """Kill every checker that runs now, for Ctrl-C with several threads.

    Their ``run_process`` reports a signal then.
    """
    for process in list(_running):
        if process.returncode is None:
            _kill(process)


def run_process(
    command: Sequence[str | Path],
    *,
    directory: Path,
    timeout: float | None = None,
    on_line: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command to its end in a directory, calling ``on_line`` with each line as it comes.

    ``timeout`` is in seconds. ``environment`` takes the place of this process's own. An OSError, if the
    command cannot be started, is the caller's to explain.
    """
    began = time.monotonic()
    process = _started(command, directory, environment)
    lines: list[str] = []
    arriving: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    stream = process.stdout
    assert stream is not None

    def read() -> None:
        with contextlib.suppress(ValueError, OSError):  # closed under the reader, after a kill
            for line in stream:
                arriving.put(line.rstrip("\n"))
        arriving.put(None)

    def remaining() -> float | None:
        return None if timeout is None else max(0.0, began + timeout - time.monotonic())

    reader = threading.Thread(target=read, name="checker output", daemon=True)
    reader.start()
    status: int | None
    try:
        while (line := arriving.get(timeout=remaining())) is not None:
            lines.append(line)
            if on_line is not None:
                on_line(line)
        status = process.wait(timeout=remaining())
    except (queue.Empty, subprocess.TimeoutExpired):
        status = None
    finally:
        _end(process)
        _running.discard(process)
        reader.join(timeout=5)
        if not reader.is_alive():
            stream.close()
    return Finished(status=status, lines=tuple(lines), seconds=time.monotonic() - began)


def _started(
    command: Sequence[str | Path], directory: Path, environment: Mapping[str, str] | None
) -> subprocess.Popen[str]:
    """Start a process that ``stop_all`` knows; a signal that comes meanwhile is seen to afterwards."""
    _starting.set()
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        _running.add(process)
    finally:
        _starting.clear()
        while _waiting:
            _waiting.pop()()
    return process


def _end(process: subprocess.Popen[str]) -> None:
    """Kill the process and its children, unless it has ended and been waited for."""
    if process.returncode is None:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill the whole process group, children included."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
