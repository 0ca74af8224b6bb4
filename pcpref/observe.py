"""Observe: the abstraction of a machine to its canonical state, in tuples and frozensets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .boot import Boot
from .context import Context
from .cpumask import Cpumask
from .errors import ProgramError
from .ghosts import Ghosts
from .hardware import Hardware
from .locks import Lock
from .program import Program

NO_TASK = -1


class Observer:
    """Observes one machine. Pages and where they lie are abstracted to counts; the rest is shown as it is."""

    def __init__(self, hardware: Hardware, program: Program, boot: Boot, ghosts: Ghosts) -> None:
        self._hardware = hardware
        self._program = program
        self._ghosts = ghosts
        scope, cpus, tasks = hardware.scope, hardware.cpus, hardware.tasks
        optional: list[tuple[str, bool, Callable[[], object]]] = [
            ("signalled", scope.signals, lambda: tuple([task.signalled for task in tasks])),
            ("calls_left", scope.calls > 0, lambda: tuple([task.calls_left for task in tasks])),
            ("linking", scope.count_window, lambda: tuple([cpu.linking for cpu in cpus])),
            ("dead_zone", bool(scope.leavers), lambda: tuple([cpu.dead_zone for cpu in cpus])),
        ]
        if program.UNINITIALISED:
            optional.append(("booted", True, lambda: boot.booted))
        self._fixed = {name: value() for name, moves, value in optional if not moves}
        self._moving = {name: value for name, moves, value in optional if moves}
        # The variables that only some scopes and programs change; in others they are not looked at again.
        self._locals = LocalsObserver(
            [task.context for task in hardware.tasks], program.LOCALS, program.LIVE, ""
        )
        self._irq_locals = LocalsObserver(
            [cpu.handler for cpu in hardware.cpus], program.IRQ_LOCALS, program.IRQ_LIVE, "irq."
        )

    def observe(self) -> dict[str, object]:
        """The whole state, by the name of each variable."""
        hardware, ghosts, program = self._hardware, self._ghosts, self._program
        cpus, tasks, zones = hardware.cpus, hardware.tasks, hardware.zones
        state: dict[str, object] = {
            "online": hardware.cpu_online_mask.cpus(),
            "irqs_on": tuple([cpu.irqs_off_by is None for cpu in cpus]),
            "preempt_count": tuple([task.preempt_count for task in tasks]),
            "pcp": tuple([tuple([pcp.count for pcp in lists]) for lists in hardware.pcp]),
            "buddy": tuple([zone.buddy.nr_free for zone in zones]),
            "in_use": tuple([zone.in_use for zone in zones]),
            "call_queue": tuple([cpu.call_queue.senders() for cpu in cpus]),
            "serving": tuple([NO_TASK if cpu.serving is None else cpu.serving.sender for cpu in cpus]),
            "awaiting": tuple([task.awaiting() for task in tasks]),
            "owes": tuple(ghosts.owes),
            "notified": tuple(ghosts.notified),
            "never_empty": tuple(ghosts.never_empty),
            "had_pages": tuple(ghosts.had_pages),
            "called": tuple([frozenset(task.called) for task in tasks]),
            "last_writer": ghosts.last_writer,
            "missed": tuple(ghosts.missed),
            "at": tuple([task.context.at for task in tasks]),
            "irq_at": tuple([cpu.handler.at for cpu in cpus]),
            **self._fixed,
        }
        for name, value in self._moving.items():
            state[name] = value()
        for name in program.STATICS:
            state[name] = canonical(getattr(program, name))
        state |= self._locals.observe()
        state |= self._irq_locals.observe()
        return state


class LocalsObserver:
    """Observes the local variables of the routines that some contexts (all tasks, or all handlers) are in.

    A local that means nothing at the step a context is at is observed as its default, whatever its frame
    still holds.
    """

    def __init__(
        self,
        contexts: Sequence[Context],
        defaults: Mapping[str, object],
        live: Mapping[str, Sequence[str]],
        prefix: str,
    ) -> None:
        names = list(defaults)
        self._contexts = contexts
        self._names = [prefix + name for name in names]
        self._defaults = [defaults[name] for name in names]
        self._live: dict[str, list[tuple[int, str, str]]] = {}
        # For each step: which locals to look up, as (position in the row, routine instance, variable).
        for step, variables in live.items():
            for name in variables:
                if name not in defaults:
                    raise ProgramError(f"{name} is live at {step}, but is not declared as a local")
                instance, _, variable = name.rpartition(".")
                self._live.setdefault(step, []).append((names.index(name), instance, variable))
        self._rows: list[list[object]] = [self._defaults for _ in contexts]
        self._moves = [-1 for _ in contexts]

    def observe(self) -> dict[str, object]:
        """Each local as a tuple, by task or by CPU."""
        for number, context in enumerate(self._contexts):
            if context.moves != self._moves[number]:
                self._rows[number] = self._row(context)
                self._moves[number] = context.moves
        return {
            name: tuple([canonical(row[position]) for row in self._rows])
            for position, name in enumerate(self._names)
        }

    def _row(self, context: Context) -> list[object]:
        """The locals of one context. A mask is given as the object, whose bits may still change."""
        wanted = self._live.get(context.at)
        if wanted is None:
            return self._defaults
        row = list(self._defaults)
        frames = context.frames()
        for position, instance, variable in wanted:
            frame = frames.get(instance)
            if frame is None or variable not in frame.f_locals:
                raise ProgramError(
                    f"{instance}.{variable} should mean something at {context.at}, but has no value there"
                )
            row[position] = frame.f_locals[variable]
        return row


def canonical(value: object) -> object:
    """A value as it is observed: a mask as a frozenset, a lock as its holder, any other as it is."""
    if isinstance(value, Cpumask):
        return value.cpus()
    if isinstance(value, Lock):
        return value.holder
    return value
