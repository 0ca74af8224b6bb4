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


class Child:
    """A subprocess, and the lines that it prints, as they come. It is for one thread; `end` is a must.

    An OSError, if the command cannot be started, is the caller's to explain.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        directory: Path,
        environment: Mapping[str, str] | None = None,
        *,
        listens: bool = False,
    ) -> None:
        """Start it in a directory. `environment` takes the place of this process's own.

        One that `listens` can be told something by `say`; its input ends when this process ends.
        """
        self._process = _started(
            command, directory, environment, subprocess.PIPE if listens else subprocess.DEVNULL
        )
        self._arriving: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="checker output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed under the reader, after a kill
            for line in self._process.stdout:
                self._arriving.put(line.rstrip("\n"))
        self._arriving.put(None)

    def say(self, line: str) -> None:
        """Give it a line to read. One that has ended does not get it: `line` tells of its end."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def line(self, deadline: float | None) -> str | None:
        """The next line; None when there are no more. TimeoutError at the deadline (of `time.monotonic`)."""
        if deadline is not None and time.monotonic() >= deadline:  # also of one that never pauses
            raise TimeoutError
        try:
            return self._arriving.get(timeout=_until(deadline))
        except queue.Empty:
            raise TimeoutError from None

    def status(self, deadline: float | None) -> int:
        """Wait for its end: its exit status, or minus a signal's number. TimeoutError at the deadline."""
        try:
            return self._process.wait(timeout=_until(deadline))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def end(self) -> None:
        """Kill it and its children, unless it has ended and been waited for."""
        process = self._process
        if process.returncode is None:
            _kill(process)
            process.wait()
        _running.discard(process)
        self._reader.join(timeout=5)
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if process.stdout is not None and not self._reader.is_alive():
            process.stdout.close()


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
    deadline = None if timeout is None else began + timeout
    child = Child(command, directory, environment)
    lines: list[str] = []
    status: int | None
    try:
        while (line := child.line(deadline)) is not None:
            lines.append(line)
            if on_line is not None:
                on_line(line)
        status = child.status(deadline)
    except TimeoutError:
        status = None
    finally:
        child.end()
    return Finished(status=status, lines=tuple(lines), seconds=time.monotonic() - began)


def _until(deadline: float | None) -> float | None:
    """The seconds that are left."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _started(
    command: Sequence[str | Path], directory: Path, environment: Mapping[str, str] | None, stdin: int
) -> subprocess.Popen[str]:
    """Start a process that ``stop_all`` knows; a signal that comes meanwhile is seen to afterwards."""
    _starting.set()
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=directory,
            env=environment,
            stdin=stdin,
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


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill the whole process group, children included."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
