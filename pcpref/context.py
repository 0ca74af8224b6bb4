"""Contexts: one flow of control, stopped between two of its steps."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FrameType, GeneratorType

from .cpumask import sets_of_cpus
from .errors import ProgramError

IDLE = "idle"
"""Where a task is outside a call, and a CPU's handler when it serves no request."""

Outcome = frozenset[int] | None
"""What an allocation gives: the arbitrary contents of the new mask, or None when there is no memory."""


@dataclass(frozen=True, slots=True)
class Until:
    """A step that stays blocked while `ready()` is false."""

    name: str
    ready: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Allocation:
    """A step that allocates a cpumask (alloc_cpumask_var()); its yield gives the outcome.

    The memory is not cleared, so the mask may begin with any contents.
    """

    name: str


Steps = Generator[str | Until | Allocation, Outcome, None]
"""A routine: it yields the name of the step it will do when resumed."""


def until(name: str, ready: Callable[[], bool]) -> Until:
    """A step called `name` that is blocked while `ready()` is false."""
    return Until(name, ready)


Outcomes = Callable[[], Mapping[str, Outcome]]
"""Gives the outcomes of an allocation when a program makes one; with many CPUs there are too many to list."""


@cache
def outcomes_of_allocation(nr_cpus: int, *, fails: bool) -> Mapping[str, Outcome]:
    """All outcomes of an allocation by their names in a label; a failure only if allocations may fail."""
    outcomes: dict[str, Outcome] = dict(sets_of_cpus(nr_cpus))
    return outcomes | {"fails": None} if fails else outcomes


class Context:
    """A routine in progress, and the step it will do next.

    `at` is "idle", the name of the next step, or `end` once the routine is through and only its return
    (of a task) or its acknowledgement (of a handler) is left. `labels` are the labels of the next step: one,
    or for an allocation one for each of the `outcomes`. `moves` counts the changes of position, so that
    others may keep what they have derived from it until it moves.
    """

    __slots__ = ("_actor", "_end", "_outcomes", "_ready", "_steps", "at", "labels", "moves")

    def __init__(self, actor: str, end: str, outcomes: Outcomes) -> None:
        self._actor = actor
        self._end = end
        self._outcomes = outcomes
        self._steps: Steps | None = None
        self._ready: Callable[[], bool] | None = None
        self.at = IDLE
        self.labels: tuple[str, ...] = ()
        self.moves = 0

    def start(self, steps: Steps) -> None:
        """Enter a routine and stop before its first step."""
        if self._steps is not None:
            raise ProgramError(f"a context that is at {self.at} cannot enter another routine")
        self._steps = steps
        self._go_on(None)

    def advance(self, label: str) -> None:
        """Do the next step, under one of its labels, and stop before the one after it."""
        outcome = None
        if len(self.labels) != 1:
            outcome = self._outcomes().get(label.partition(" ")[2])
        self._go_on(outcome)

    def leave(self) -> None:
        """Become idle after the last step."""
        if self.at != self._end:
            raise ProgramError(f"a context that is at {self.at} is not at its end")
        self._steps = None
        self.at = IDLE
        self.labels = ()
        self.moves += 1

    def is_blocked(self) -> bool:
        """Whether the next step waits for something that has not happened."""
        return self._ready is not None and not self._ready()

    def frames(self) -> dict[str, FrameType]:
        """The frame of each routine instance that is entered now, by the name of the instance."""
        frames: dict[str, FrameType] = {}
        inner: object = self._steps
        while isinstance(inner, GeneratorType):
            if inner.gi_frame is not None:  # no suite takes this: one that has ended is entered no more
                frames[inner.gi_code.co_name] = inner.gi_frame
            inner = inner.gi_yieldfrom
        return frames

    def _go_on(self, outcome: Outcome) -> None:
        if self._steps is None:
            raise ProgramError("an idle context has no step to do")
        self.moves += 1
        self._ready = None
        try:
            reached = self._steps.send(outcome)
        except StopIteration:
            reached = self._end
        if isinstance(reached, str):
            self.at = reached
            self.labels = (f"{self._actor}:{reached}",)
        elif isinstance(reached, Until):
            self.at = reached.name
            self.labels = (f"{self._actor}:{reached.name}",)
            self._ready = reached.ready
        else:
            self.at = reached.name
            self.labels = tuple([f"{self._actor}:{reached.name} {outcome}" for outcome in self._outcomes()])
