"""The step machine: what a variant does, as guarded parallel assignments, one shared access each.

A step belongs to a task or to an IPI handler. When its guard allows, it does one machine action, and in the
same instant the local code up to the next step: all updates are computed from the state before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..ast import Expectation, Invariant
from ..source import Source, Span
from .context import Context
from .expr import Access, Expr
from .tree import LocalVar, Process

MACHINE_VARIABLES = (
    "online", "irqs_on", "preempt_count", "pcp", "buddy", "in_use", "call_queue", "serving", "awaiting",
    "signalled", "calls_left", "linking", "dead_zone", "owes", "notified", "never_empty", "had_pages",
    "called", "at", "irq_at",
)  # fmt: skip
"""The state variables of the machine that programs run on; a program adds its statics and locals."""

RETURN = "return"
"""Where a task is when only its return is left."""

ACK = "ack"
"""Where a handler is when only the acknowledgement is left."""

IDLE = "idle"
"""Where a task is between calls, and a CPU between handlers."""


@dataclass(frozen=True)
class Action:
    """The one machine action of a step.

    It is `send_call` (target), `ack_call`, `drain_zone_pages`, `forget_zone_pages` or
    `duplicate_zone_pages` (cpu, zone), `preempt_disable`, `preempt_enable`, `local_irq_disable` or
    `local_irq_enable`.
    """

    op: str
    args: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Guard:
    """What blocks a step: `answered`, `csd_free` (target); `lock_free`, `lock_free_or_signal` (of `lock`)."""

    op: str
    args: tuple[Expr, ...] = ()
    lock: str = ""


@dataclass(frozen=True)
class Target:
    """Where control goes, as a value: a step's name, or a choice."""

    step: str


@dataclass(frozen=True)
class Choice:
    """A branch of local code after the access."""

    condition: Expr
    then: Target | Choice
    other: Target | Choice


@dataclass(frozen=True)
class Step:
    """One step. `updates` holds the new values of locals, static masks and locks; what is not there stays.

    A lock's update is its name and `take`, `release` or `take_if_free`. A step that `allocates` has an
    outcome, of which its values speak (`expr.Outcome`). `counts` is the event that it counts, if any.
    """

    name: str
    span: Span
    context: Context
    guard: Guard | None
    action: Action | None
    access: Access | None
    local_updates: dict[str, Expr]
    static_updates: dict[str, Expr]
    lock_update: tuple[str, str] | None
    next: Target | Choice
    live: tuple[str, ...]
    allocates: bool = False
    counts: str = ""


@dataclass(frozen=True)
class Machine:
    """The steps of one process. `entry` is what its start leads to, with the locals set on the way."""

    process: Process
    entry: Target | Choice
    entry_updates: dict[str, Expr]
    steps: dict[str, Step]
    locals: tuple[LocalVar, ...]


@dataclass(frozen=True, eq=False)  # a program is itself: what is made from one can be kept for it
class Program:
    """A whole variant, compiled. `handler` is None when it never calls another CPU.

    `uninitialised` are the masks that begin with any contents. `return_irqs_off` tells that a call may end
    with irqs off, which only a variant that is broken on purpose may do. `invariants` are the variant's own
    and those of the libraries.
    """

    name: str
    title: str
    origins: tuple[str, ...]
    source: Source
    masks: tuple[str, ...]
    locks: tuple[str, ...]
    mutexes: frozenset[str]
    counters: tuple[str, ...]
    handler_name: str
    task: Machine
    handler: Machine | None
    expectations: tuple[Expectation, ...]
    invariants: tuple[Invariant, ...] = ()
    uninitialised: tuple[str, ...] = ()
    return_irqs_off: bool = False


def targets(tree: Target | Choice) -> set[str]:
    """All step names that a control tree may lead to."""
    if isinstance(tree, Target):
        return {tree.step}
    return targets(tree.then) | targets(tree.other)


def conditions(tree: Target | Choice) -> Iterator[Expr]:
    """What a control tree asks on its way, each choice before those under it."""
    if isinstance(tree, Choice):
        yield tree.condition
        yield from conditions(tree.then)
        yield from conditions(tree.other)
