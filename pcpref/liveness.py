"""Liveness: judges a run that never ends, for `call_returns`: under fairness every call returns.

Such a run is told as a lasso: a stem, and a loop that is then repeated for ever. With an empty loop
nothing happens any more after the stem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .context import IDLE
from .errors import NotEnabled, PcprefError
from .ghosts import GHOSTS
from .protocol import Implementation

State = Mapping[str, object]

_UNFAIR_OF_TASKS = frozenset({"call", "signal"})
_UNFAIR_OF_CPUS = frozenset({"offline", "dead", "online", "free", "alloc", "link"})


@dataclass(frozen=True)
class Lasso:
    """What the reference makes of a lasso.

    `states` are the observed states, the initial one first and as far as the reference could follow; a
    whole lasso has one more of them than labels. `difference` says why the run is no violation, and is
    empty when it is one. `waiting` are the tasks whose call never returns in it.
    """

    states: tuple[State, ...]
    difference: str
    waiting: tuple[int, ...] = ()

    @property
    def violated(self) -> bool:
        """Whether the run shows that call_returns does not hold."""
        return not self.difference

    def details(self) -> tuple[str, ...]:
        """How call_returns is violated, in sentences; empty when it is not."""
        return tuple(f"task {task}'s call never returns" for task in self.waiting if self.violated)


def judge(machine: Implementation, stem: Sequence[str], loop: Sequence[str]) -> Lasso:
    """Run the stem and once the loop, from reset, and judge the run that repeats the loop for ever.

    It violates call_returns when the loop ends in the state it began in (ghosts aside), some task is in its
    call in all states of the loop, and the run is weakly fair to the kernel: no fair action (see
    `fair_action`) is possible in all states of the loop without being taken in it.
    """
    machine.reset()
    states: list[State] = [machine.observe()]
    enabled = [machine.enabled()]
    for number, label in enumerate([*stem, *loop], 1):
        try:
            machine.step(label)
        except NotEnabled as error:
            possible = ", ".join(error.enabled) or "no steps"
            return Lasso(tuple(states), f"step {number}, {label}, is not possible; possible are {possible}")
        except PcprefError as error:
            return Lasso(tuple(states), f"step {number}, {label}: {error}")
        states.append(machine.observe())
        enabled.append(machine.enabled())
    repeated = slice(len(stem), len(stem) + max(len(loop), 1))
    waiting = _in_call_throughout(states[repeated])
    reasons = [
        *_not_closed(states[len(stem)], states[-1]),
        *([] if waiting else ["no task is in its call all the time"]),
        *_unfair(enabled[repeated], loop),
    ]
    return Lasso(tuple(states), "; ".join(reasons), waiting)


def fair_action(label: str) -> str | None:
    """The action that a label is of, if the kernel is fair to it, or None.

    Fair are the steps of programs and handlers, returns, requests taken and acknowledged, and the count
    that ends a free. The outcomes of one allocation are one action. Nobody need call, free, allocate, send
    a signal, or take CPUs off and on, the notifier included.
    """
    actor, _, event = label.partition(":")
    name, _, argument = event.partition(" ")
    if actor == "boot" or name in (_UNFAIR_OF_TASKS if actor.startswith("d") else _UNFAIR_OF_CPUS):
        return None
    if argument == "fails" or argument.startswith("{"):
        return f"{actor}:{name}"
    return label


def _not_closed(first: State, last: State) -> Iterator[str]:
    """Why the loop does not end in the state it began in, if it does not."""
    names = sorted(name for name in first if name not in GHOSTS and first[name] != last.get(name))
    if names:
        yield f"the loop does not come back to its first state: {', '.join(names)} differ"


def _in_call_throughout(states: Sequence[State]) -> tuple[int, ...]:
    """The tasks that are in their call in each of these states."""
    positions = [at for state in states if isinstance(at := state["at"], tuple)]
    return tuple(task for task, at in enumerate(zip(*positions, strict=True)) if IDLE not in at)


def _unfair(enabled: Sequence[frozenset[str]], loop: Sequence[str]) -> Iterator[str]:
    """What the kernel could always do in the loop and never does."""
    possible = frozenset.intersection(*(frozenset(map(fair_action, labels)) for labels in enabled))
    for action in sorted(filter(None, possible - frozenset(map(fair_action, loop)))):
        yield f"{action} is possible all the time and never done, which is not fair"
