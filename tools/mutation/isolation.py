"""Isolation: run a mutant in a process of its own, with time budgets, so that nothing it does lasts."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from types import FrameType, ModuleType
from typing import Any

from pcpdrain.pcpref.protocol import Implementation

STEP_SECONDS = 1.0
"""How long one call of an implementation may take. It takes a tenth of a millisecond."""

PACKAGE = "pcpdrain.pcpref"


class Endless(BaseException):
    """A call of the implementation takes too long. No handler for exceptions stops it."""


def isolated(work: Callable[[], Any], seconds: float) -> Any:
    """What `work` returns in a forked process; None if it takes longer, or the process dies."""
    forking = multiprocessing.get_context("fork")
    receiver, sender = forking.Pipe(duplex=False)
    process = forking.Process(target=_send, args=(work, receiver, sender), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads; ours hold no locks
        process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()
        receiver.close()


def _send(work: Callable[[], Any], receiver: Connection, sender: Connection) -> None:
    receiver.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sender.send(work())


class Hurried:
    """An implementation of which every call must end soon; else `Endless` is raised."""

    def __init__(self, implementation: Implementation, seconds: float = STEP_SECONDS) -> None:
        self._implementation = implementation
        self._seconds = seconds
        signal.signal(signal.SIGALRM, _end)

    def reset(self) -> None:
        """Go to the initial state."""
        self._soon(self._implementation.reset)

    def enabled(self) -> frozenset[str]:
        """What can be done now."""
        enabled: frozenset[str] = self._soon(self._implementation.enabled)
        return enabled

    def step(self, label: str) -> None:
        """Make a step."""
        self._soon(lambda: self._implementation.step(label))

    def observe(self) -> dict[str, object]:
        """The whole state."""
        observed: dict[str, object] = self._soon(self._implementation.observe)
        return observed

    def _soon(self, call: Callable[[], Any]) -> Any:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            return call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Endless


class _Replaced(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, with another text than the one in its file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Its own module only."""
        del path, target
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def get_source(self, fullname: str) -> str:
        """The other text."""
        del fullname
        return self._text


def import_again(module: str, text: str) -> None:
    """Forget all modules of pcpref, so that they are imported again, one of them with another text.

    For a process that ends soon: objects made before keep the classes that they were made of.
    """
    for name in [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Replaced(f"{PACKAGE}.{module}", text))
