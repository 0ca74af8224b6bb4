"""What a name means at a place: symbols, and the blocks in which they are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from .. import ast
from ..source import Span
from .builtins import BUILTINS, Kind


class Role(StrEnum):
    """What declares a name, as messages say it."""

    STATIC = "a static variable"
    COUNTER = "a counter"
    PARAMETER = "a parameter"
    LOCAL = "a local variable"
    LOOP = "a loop variable"
    BOUND = "a variable of the invariant"
    ROUTINE = "a routine"
    HANDLER = "a handler"
    CONDITION = "a condition"
    MACHINE = "a mask that only hotplug changes"


KIND_OF_TYPE: dict[ast.TypeName, Kind] = {
    "cpumask": Kind.MASK,
    "cpumask_var": Kind.MASK,
    "spinlock": Kind.SPINLOCK,
    "mutex": Kind.MUTEX,
    "bool": Kind.BOOL,
    "int": Kind.INT,
    "cpu": Kind.CPU,
    "handler": Kind.HANDLER,
    "condition": Kind.CONDITION,
}


def with_article(kind: Kind) -> str:
    """`an int`, `a CPU`."""
    return f"an {kind}" if kind is Kind.INT else f"a {kind}"


def accepts(wanted: Kind, given: Kind) -> bool:
    """Whether a value of kind `given` may stand where `wanted` is: a CPU, zone or task is also a number."""
    return wanted is given or (wanted is Kind.INT and given in {Kind.CPU, Kind.ZONE, Kind.TASK})


@dataclass(frozen=True)
class Symbol:
    """One meaning of a name. `routine` is set for routines and handlers; the machine's names have no span."""

    name: str
    kind: Kind
    role: Role
    span: Span | None
    routine: ast.Routine | None = None

    @property
    def is_routine(self) -> bool:
        """Whether the name is that of a routine or a handler, not of a variable."""
        return self.routine is not None


@dataclass
class Names:
    """The names declared in one block, in front of those of the blocks around it."""

    outer: Names | None = None
    own: dict[str, Symbol] = field(default_factory=dict)

    def find(self, name: str) -> Symbol | None:
        """The innermost meaning of a name, or None."""
        names: Names | None = self
        while names is not None:
            if name in names.own:
                return names.own[name]
            names = names.outer
        return None

    def visible(self) -> Iterator[Symbol]:
        """Every symbol that is known here."""
        names: Names | None = self
        while names is not None:
            yield from names.own.values()
            names = names.outer

    def inner(self) -> Names:
        """The names of a block within this one."""
        return Names(self)


def routine_symbol(routine: ast.Routine) -> Symbol:
    """The symbol of a routine; only a handler and a condition are also values, to be handed on."""
    if routine.kind == "handler":
        return Symbol(routine.name.text, Kind.HANDLER, Role.HANDLER, routine.name.span, routine)
    if routine.kind == "condition":
        return Symbol(routine.name.text, Kind.CONDITION, Role.CONDITION, routine.name.span, routine)
    return Symbol(routine.name.text, Kind.NOTHING, Role.ROUTINE, routine.name.span, routine)


def machine_names() -> Names:
    """The outermost names: what the machine itself has."""
    return Names(None, {"cpu_online_mask": Symbol("cpu_online_mask", Kind.MASK, Role.MACHINE, None)})


def library_names(routines: Iterable[ast.Routine]) -> Names:
    """The names that every variant finds: the machine's and those of the library routines."""
    names = machine_names()
    for routine in routines:
        names.own[routine.name.text] = routine_symbol(routine)
    return names


def is_builtin(name: str) -> bool:
    """Whether the language itself gives a meaning to the name."""
    return name in BUILTINS
