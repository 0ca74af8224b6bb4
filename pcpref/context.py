"""Contexts: one flow of control, stopped between two of its steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import FrameType, GeneratorType

from .errors import ProgramError

IDLE = "idle"
"""Where a task is outside a call, and a CPU's handler when it serves no request."""


@dataclass(frozen=True, slots=True)
class Until:
    """A step that stays blocked while `ready()` is false."""

    name: str
    ready: Callable[[], bool]


Steps = Generator[str | Until, None, None]
"""A routine: it yields the name of the step it will do when resumed."""


def until(name: str, ready: Callable[[], bool]) -> Until:
    """A step called `name` that is blocked while `ready()` is false."""
    return Until(name, ready)


class Context:
    """A routine in progress, and the step it will do next.

    `at` is "idle", the name of the next step, or `end` once the routine is through and only its return
    (of a task) or its acknowledgement (of a handler) is left. `moves` counts the changes of position, so
    that others may keep what they have derived from it until it moves.
    """

    __slots__ = ("_end", "_ready", "_steps", "at", "moves")

    def __init__(self, end: str) -> None:
        self._end = end
        self._steps: Steps | None = None
        self._ready: Callable[[], bool] | None = None
        self.at = IDLE
        self.moves = 0

    def start(self, steps: Steps) -> None:
        """Enter a routine and stop before its first step."""
        if self._steps is not None:
            raise ProgramError(f"a context that is at {self.at} cannot enter another routine")
        self._steps = steps
        self.advance()

    def advance(self) -> None:
        """Do the next step and stop before the one after it."""
        if self._steps is None:
            raise ProgramError("an idle context has no step to do")
        self.moves += 1
        reached = next(self._steps, self._end)
        if isinstance(reached, Until):
            self.at = reached.name
            self._ready = reached.ready
        else:
            self.at = reached
            self._ready = None

    def leave(self) -> None:
        """Become idle after the last step."""
        if self.at != self._end:
            raise ProgramError(f"a context that is at {self.at} is not at its end")
        self._steps = None
        self.at = IDLE
        self.moves += 1

    def is_blocked(self) -> bool:
        """Whether the next step waits for something that has not happened."""
        return self._ready is not None and not self._ready()

    def frames(self) -> dict[str, FrameType]:
        """The frame of each routine instance that is entered now, by the name of the instance."""
        frames: dict[str, FrameType] = {}
        inner: object = self._steps
        while isinstance(inner, GeneratorType):
            if inner.gi_frame is not None:
                frames[inner.gi_code.co_name] = inner.gi_frame
            inner = inner.gi_yieldfrom
        return frames
