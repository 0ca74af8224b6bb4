"""Failures: what a user can cause or meet, as a message and an exit status; never a stack trace."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

FAILED = 2
"""The exit status when a command could not do its work; 1 says that it did, and the answer is no."""


class Stopped(BaseException):
    """A signal asked the program to end. Like KeyboardInterrupt it passes through `except Exception`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def catch_signals() -> None:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does, so that no engine stays behind.

    A signal that is ignored (nohup) stays so.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)


def reports_failures(command: Command) -> Command:
    """Turn expected failures into a message on stderr, and signals into the exit status of shells."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _end("pcpdrain: interrupted", 128 + signal.SIGINT)
        except Stopped as stopped:
            _end("pcpdrain: stopped", stopped.status)
        except click.ClickException:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader of our output has gone; click ends quietly
            message = _message(error)
            if message is None:
                raise
            _end(message, FAILED)

    return guarded  # type: ignore[return-value]


def show_failure(action: Callable[[], object]) -> None:
    """Do something; an expected failure is shown, and no reason to end."""
    try:
        action()
    except click.ClickException as error:
        error.show()
    except Exception as error:
        message = _message(error)
        if message is None:
            raise
        click.echo(message, err=True)


def _message(error: Exception) -> str | None:
    """What to tell the user; None for what only a mistake of ours can raise."""
    from pcpdrain.codegen.backends.tla import FrameError
    from pcpdrain.codegen.errors import DrainErrors
    from pcpdrain.codegen.scopes import ScopeError

    from .engines.install import InstallError
    from .engines.java import EngineMissing
    from .engines.tlc import EngineFailed
    from .files import OutputError, reason
    from .questions import ReviewError
    from .simulate.parameters import SimulationError
    from .traces import TraceError

    if isinstance(error, DrainErrors):
        return str(error)  # has a form of its own
    if isinstance(error, OSError):
        return _named(f"{error.filename}: {reason(error)}" if error.filename else reason(error))
    known = EngineFailed | EngineMissing | FrameError | InstallError | OutputError
    known |= ReviewError | ScopeError | SimulationError | TraceError
    if isinstance(error, known):
        return _named(str(error))
    return None


def _named(message: str) -> str:
    return f"pcpdrain: error: {message}"


def _end(message: str, status: int) -> NoReturn:
    """Say why, and leave."""
    click.echo(message, err=True)
    try:
        sys.stdout.flush()
    except OSError:
        os._exit(
            status
        )  # what is left for a full disk can go nowhere, and Python would complain of it when it ends
    sys.exit(status)
