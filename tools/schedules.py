"""Schedules: who goes when, taken from a run of one variant and tried on another.

A schedule says of each step whose it is, and of what the machine does (a page freed, a call, a signal) also
what; of a program's step it does not say which. So two variants can follow the same one, each in its own
program, until the one of them whose turn it is cannot go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pcpdrain.codegen.ir.steps import IDLE, Program
from pcpdrain.codegen.scopes import Scope

from .guarding import Guarding
from .replay import machine_of
from .traces import Trace

_SAME_EVERYWHERE = ("call", "signal", "free", "alloc", "link", "count", "offline", "dead", "online", "take")
"""The events that have one label whatever the program is."""


@dataclass(frozen=True)
class Followed:
    """What a variant does on a schedule. `why` tells why it stops before the end, empty if it does not.

    `first_other` is the number of the first step, from 1, that is not the one of the original run.
    """

    run: Trace
    why: str
    first_other: int | None
    violated: frozenset[str]


class Follower:
    """A variant that follows schedules at one scope."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self.program = program
        self._scope = scope
        self._machine = machine_of(program, scope)

    @cached_property
    def _guarding(self) -> Guarding:
        return Guarding(self.program, self._scope)

    def follow(self, trace: Trace) -> Followed:
        """Follow the schedule of a run, as far as it goes.

        Raises:
            PcprefError: the machine breaks down.
        """
        machine = self._machine
        machine.reset()
        labels: list[str] = []
        states = [machine.observe()]
        why, first_other = "", None
        for number, wanted in enumerate(trace.labels, 1):
            label = self._next(wanted, machine.enabled())
            if label is None:
                why = self._why(wanted, states[-1], labels)
                break
            if label != wanted and first_other is None:
                first_other = number
            machine.step(label)
            labels.append(label)
            states.append(machine.observe())
        run = replace(
            trace,
            variant=self.program.name,
            source=self.program.source,
            engine="pcpref",
            labels=tuple(labels),
            states=tuple(states),
            loop=None,
        )
        return Followed(run, why, first_other, machine.violations())

    def _next(self, wanted: str, enabled: frozenset[str]) -> str | None:
        """The step of the variant for a step of the original: the same one, else the actor's own next one.

        An allocation succeeds, if it may, with the first of its outcomes in order.
        """
        if wanted in enabled:
            return wanted
        actor, _, what = wanted.partition(":")
        if what.partition(" ")[0] in _SAME_EVERYWHERE:
            return None
        own = [label for label in enabled if label.startswith(f"{actor}:") and _of_program(label)]
        return min(own, key=lambda label: (label.endswith(" fails"), label), default=None)

    def _why(self, wanted: str, state: Mapping[str, object], labels: Sequence[str]) -> str:
        """Why the actor of a step cannot go on."""
        actor, _, what = wanted.partition(":")
        at = state["at" if actor[0] == "d" else "irq_at"]
        where = "" if actor == "boot" else str(at[int(actor[1:])])  # type: ignore[index]
        same = what.partition(" ")[0] in _SAME_EVERYWHERE
        if not same and where == IDLE:
            if actor[0] == "c":
                return f"no handler runs on CPU {actor[1:]}"
            return f"{actor} {'has returned already' if f'{actor}:return' in labels else 'is in no call'}"
        stuck = [wanted] if same else [x for x in self._guarding.labels if _at(x, actor, where)]
        known = [label for label in stuck if label in self._guarding.labels]
        for label in known:
            guard = self._guarding.failing(label, state)  # type: ignore[arg-type]
            if guard is not None:
                return self._guarding.words(guard, state)  # type: ignore[arg-type]
        return f"this variant has no step {wanted}"


def _of_program(label: str) -> bool:
    """Whether a label is of a step of a task's or a handler's program, its return and answer among them."""
    return label.partition(":")[2].partition(" ")[0] not in _SAME_EVERYWHERE


def _at(label: str, actor: str, where: str) -> bool:
    """Whether a label is the actor's step at this place of its program."""
    return label.partition(":")[0] == actor and label.partition(":")[2].partition(" ")[0] == where
