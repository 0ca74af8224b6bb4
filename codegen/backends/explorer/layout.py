"""Layout: how a state lies in memory, one small integer for each thing in it, and how to read it back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from ...graph import Value
from ...ir.steps import ACK, IDLE, RETURN, Machine, Program
from ...ir.tree import LocalKind, LocalVar
from ...scopes import Scope

_WORD = 8
_BYTES = {"uint64_t": 8, "int16_t": 2}
"""Bytes of the types that have more than one."""

Decode = Callable[[Any], Value]
"""From the integers of one variable (a list, nested as its shape is) to its canonical value."""


@dataclass(frozen=True)
class Field:
    """One variable of the state: its name in C and in an observed state, its C type and shape."""

    name: str
    key: str
    type: str
    shape: tuple[int, ...]
    initial: int
    decode: Decode

    @property
    def size(self) -> int:
        """Bytes."""
        return prod(self.shape) * _BYTES.get(self.type, 1)

    @property
    def declaration(self) -> str:
        """The member of the struct."""
        return f"{self.type} {self.name}{''.join(f'[{length}]' for length in self.shape)}"


@dataclass(frozen=True)
class Layout:
    """The fields of a state, and the places where tasks and handlers can be.

    In memory there are first the fields of `viewed`, by which states are told apart, then those of `hidden`.
    In both the larger integers come first, and `padding` bytes (the first part's, the second's) at the end
    make whole words without a gap: states are compared as bytes.
    """

    viewed: tuple[Field, ...]
    hidden: tuple[Field, ...]
    task_places: tuple[str, ...]
    handler_places: tuple[str, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields."""
        return (*self.viewed, *self.hidden)

    @property
    def padding(self) -> tuple[int, int]:
        """Bytes after the viewed and after the hidden fields."""
        return -_size(self.viewed) % _WORD, -_size(self.hidden) % _WORD

    @property
    def view(self) -> int:
        """The bytes by which states are compared."""
        return _size(self.viewed) + self.padding[0]


def task_local(name: str) -> str:
    """The member that holds a local of the tasks."""
    return f"task_{_identifier(name)}"


def handler_local(name: str) -> str:
    """The member that holds a local of the handlers."""
    return f"irq_{_identifier(name)}"


def static(name: str) -> str:
    """The member that holds a static mask or lock."""
    return f"static_{name}"


def layout(program: Program, scope: Scope, shown: Collection[str] | None = None) -> Layout:
    """The layout of a program's states at a scope: the machine's variables, the statics, the locals.

    A mask is a byte with a bit for each CPU, a set of tasks one with a bit for each task, a set of lists a
    word with one for each list; "no task" and "no zone" are -1. Of the ghosts, which no step reads, those
    that are `shown` tell states apart and the others do not; if that is None, there are none.
    """
    cpus, zones, tasks = scope.cpus, scope.zones, len(scope.drainers)
    at = _places(program.task, RETURN)
    irq_at = _places(program.handler, ACK)
    fields = [
        Field("online", "online", "uint8_t", (), (1 << cpus) - 1, members),
        Field("irqs_on", "irqs_on", "uint8_t", (cpus,), 1, _each(bool)),
        Field("preempt_count", "preempt_count", "int8_t", (tasks,), 0, _each(int)),
        Field("pcp", "pcp", "int16_t", (cpus, zones), 0, _each(_each(int))),
        Field("buddy", "buddy", "int16_t", (zones,), 0, _each(int)),
        Field("in_use", "in_use", "int16_t", (zones,), scope.pages, _each(int)),
        Field("call_queue", "call_queue", "uint8_t", (cpus,), 0, _each(members)),
        Field("serving", "serving", "int8_t", (cpus,), -1, _each(int)),
        Field("awaiting", "awaiting", "uint8_t", (tasks,), 0, _each(members)),
        Field("signalled", "signalled", "uint8_t", (tasks,), 0, _each(bool)),
        Field("calls_left", "calls_left", "uint8_t", (tasks,), scope.calls, _each(int)),
        Field("linking", "linking", "int8_t", (cpus,), -1, _each(int)),
        Field("dead_zone", "dead_zone", "int8_t", (cpus,), -1, _each(int)),
        Field("at", "at", "uint8_t", (tasks,), 0, _each(at.__getitem__)),
        Field("irq_at", "irq_at", "uint8_t", (cpus,), 0, _each(irq_at.__getitem__)),
    ]
    if program.uninitialised:
        fields.append(Field("booted", "booted", "uint8_t", (), 0, bool))
    fields += [Field(static(name), name, "uint8_t", (), 0, members) for name in program.masks]
    fields += [Field(static(name), name, "int8_t", (), -1, int) for name in program.locks]
    fields += [_local(local, task_local(local.name), "", tasks) for local in program.task.locals]
    if program.handler is not None:
        fields += [_local(local, handler_local(local.name), "irq.", cpus) for local in program.handler.locals]
    ghosts = [] if shown is None else _ghosts(scope)
    return Layout(
        _large_first([*fields, *(ghost for ghost in ghosts if ghost.key in (shown or ()))]),
        _large_first(ghost for ghost in ghosts if ghost.key not in (shown or ())),
        at,
        irq_at,
    )


def _ghosts(scope: Scope) -> list[Field]:
    """What properties remember of each task's last call (`ghosts.h`), and who wrote the mask last."""
    tasks = len(scope.drainers)

    def lists(word: int) -> Value:
        pairs = product(range(scope.cpus), range(scope.zones))
        return frozenset(pair for bit, pair in enumerate(pairs) if word >> bit & 1)

    return [
        *(Field(name, name, "uint64_t", (tasks,), 0, _each(lists)) for name in ("owes", "notified")),
        *(
            Field(name, name, "uint8_t", (tasks,), 0, _each(members))
            for name in ("never_empty", "had_pages", "called")
        ),
        Field("missed", "missed", "uint8_t", (tasks,), 0, _each(bool)),
        Field("last_writer", "last_writer", "int8_t", (), -1, int),
    ]


def _large_first(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(sorted(fields, key=lambda field: -_BYTES.get(field.type, 1)))


def _size(fields: Iterable[Field]) -> int:
    return sum(field.size for field in fields)


def members(mask: int) -> frozenset[int]:
    """The bits of a mask."""
    return frozenset(bit for bit in range(8) if mask >> bit & 1)


def mask(members: frozenset[int]) -> int:
    """The mask of some bits."""
    return sum(1 << bit for bit in members)


_KINDS: dict[LocalKind, tuple[str, Decode]] = {
    LocalKind.BOOL: ("uint8_t", bool),
    LocalKind.INT: ("int16_t", int),
    LocalKind.MASK: ("uint8_t", members),
    LocalKind.CPU: ("int8_t", int),
    LocalKind.ZONE: ("int8_t", int),
}


def _local(local: LocalVar, name: str, prefix: str, holders: int) -> Field:
    kind, decode = _KINDS[local.kind]
    default = local.kind.default
    initial = mask(default) if isinstance(default, frozenset) else int(default)
    return Field(name, prefix + local.name, kind, (holders,), initial, _each(decode))


def _places(machine: Machine | None, last: str) -> tuple[str, ...]:
    return (IDLE,) if machine is None else (IDLE, *machine.steps, last)


def _each(decode: Decode) -> Decode:
    return lambda values: tuple([decode(value) for value in values])


def _identifier(name: str) -> str:
    return name.replace(".", "__")
