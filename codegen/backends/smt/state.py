"""State: the variables of a program at a scope, and a state of unknown values for them.

Of the ghosts only `owes` and `notified` are there: no step reads any, and no property that is proved speaks
of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import z3

from ...graph import Value
from ...ir.proof import Unprovable
from ...ir.steps import ACK, IDLE, RETURN, Machine, Program
from ...ir.tree import LocalKind, LocalVar
from ...scopes import Scope
from .values import LARGEST, WIDTH, Nested, Truth, compared, conjunction

DEEPEST_PREEMPTION = 4
"""Deeper than any variant nests preempt_disable() and spinlocks."""


@dataclass(frozen=True)
class Variable:
    """A variable of the state: an array of this shape, of truths or of numbers from `low` to `high`.

    The last `members` dimensions of truths are a set: of numbers, or of pairs. `places` are what numbers
    stand for that tell where control is.
    """

    key: str
    shape: tuple[int, ...]
    initial: int = 0
    low: int = 0
    high: int = 1
    sort: Literal["truth", "number"] = "truth"
    members: int = 0
    places: tuple[str, ...] = ()

    def at(self, *index: int) -> str:
        """The name of an element."""
        return "".join([self.key, *(f"[{number}]" for number in index)])


@dataclass(frozen=True)
class State:
    """A state: a value for each variable, by key, in the shape of the variable."""

    variables: Mapping[str, Variable]
    values: Mapping[str, Nested]

    def types(self) -> Iterator[tuple[Variable, Truth]]:
        """For each variable of numbers that it is in its range."""
        for variable in self.variables.values():
            if variable.sort == "number":
                inside = [
                    z3.And(compared(">=", value, variable.low), compared("<=", value, variable.high))
                    for value in flat(self.values[variable.key])
                ]
                yield variable, conjunction(*inside)

    def place(self, key: Literal["at", "irq_at"], name: str) -> int:
        """The number that stands for a place."""
        return self.variables[key].places.index(name)


def flat(value: Nested) -> Iterator[Any]:
    """The truths or numbers in a value, in order."""
    if isinstance(value, tuple):
        for part in value:
            yield from flat(part)
    else:
        yield value


def largest(scope: Scope) -> int:
    """The largest number of a state, and of what its steps compare with."""
    pages = scope.pages * (scope.cpus + 2)  # of all lists, the buddy and what is in use
    sizes = (scope.cpus, scope.zones, len(scope.drainers), scope.calls, scope.high, scope.batch)
    return max(pages, *sizes, DEEPEST_PREEMPTION)


def variables(program: Program, scope: Scope) -> dict[str, Variable]:
    """The variables of a program's states at a scope.

    Raises:
        Unprovable: the scope is too large, or the program has too many steps.
    """
    cpus, zones, tasks, pages = scope.cpus, scope.zones, len(scope.drainers), scope.pages
    if largest(scope) > LARGEST:
        raise Unprovable(f"scope {scope.name} has numbers up to {largest(scope)}, and {LARGEST} is the most")
    at, irq_at = _places(program.task, RETURN), _places(program.handler, ACK)
    if max(len(at), len(irq_at)) > LARGEST:
        raise Unprovable(f"it has more than {LARGEST} steps")

    def number(key: str, shape: tuple[int, ...], low: int, high: int, initial: int = 0) -> Variable:
        return Variable(key, shape, initial, low, high, "number")

    def place(key: str, shape: tuple[int, ...], names: tuple[str, ...]) -> Variable:
        return Variable(key, shape, 0, 0, len(names) - 1, "number", places=names)

    found = [
        Variable("online", (cpus,), 1, members=1),
        Variable("irqs_on", (cpus,), 1),
        number("preempt_count", (tasks,), 0, DEEPEST_PREEMPTION),
        number("pcp", (cpus, zones), 0, pages),
        number("buddy", (zones,), 0, pages),
        number("in_use", (zones,), 0, pages, pages),
        Variable("call_queue", (cpus, tasks), members=1),
        number("serving", (cpus,), -1, tasks - 1, -1),
        Variable("awaiting", (tasks, cpus), members=1),
        Variable("signalled", (tasks,)),
        number("calls_left", (tasks,), 0, scope.calls, scope.calls),
        number("linking", (cpus,), -1, zones - 1, -1),
        number("dead_zone", (cpus,), -1, zones - 1, -1),
        Variable("owes", (tasks, cpus, zones), members=2),
        Variable("notified", (tasks, cpus, zones), members=2),
        place("at", (tasks,), at),
        place("irq_at", (cpus,), irq_at),
    ]
    if program.uninitialised:
        found.append(Variable("booted", ()))
    found += [Variable(name, (cpus,), members=1) for name in program.masks]
    found += [number(name, (), -1, tasks - 1, -1) for name in program.locks]
    found += [_local(local, "", tasks, scope) for local in program.task.locals]
    if program.handler is not None:
        found += [_local(local, "irq.", cpus, scope) for local in program.handler.locals]
    return {variable.key: variable for variable in found}


def _local(local: LocalVar, prefix: str, holders: int, scope: Scope) -> Variable:
    key = prefix + local.name
    match local.kind:
        case LocalKind.BOOL:
            return Variable(key, (holders,))
        case LocalKind.MASK:
            return Variable(key, (holders, scope.cpus), members=1)
    high = (scope.cpus if local.kind is LocalKind.CPU else scope.zones) - 1
    return Variable(key, (holders,), -1, -1, high, "number")


def _places(machine: Machine | None, last: str) -> tuple[str, ...]:
    return (IDLE,) if machine is None else (IDLE, *machine.steps, last)


def unknown(known: Mapping[str, Variable]) -> State:
    """The state in which nothing is known of any variable."""
    values = {variable.key: _unknown(variable, variable.shape) for variable in known.values()}
    return State(known, values)


def _unknown(variable: Variable, shape: Sequence[int], index: tuple[int, ...] = ()) -> Nested:
    if shape:
        return tuple(_unknown(variable, shape[1:], (*index, number)) for number in range(shape[0]))
    name = variable.at(*index)
    return z3.Bool(name) if variable.sort == "truth" else z3.BitVec(name, WIDTH)


def initial(known: Mapping[str, Variable]) -> State:
    """The state in which a machine begins: all pages in use, nobody in a call."""

    def filled(variable: Variable, shape: Sequence[int]) -> Nested:
        if shape:
            return (filled(variable, shape[1:]),) * shape[0]
        return z3.BoolVal(bool(variable.initial)) if variable.sort == "truth" else variable.initial

    return State(known, {key: filled(variable, variable.shape) for key, variable in known.items()})


def concrete(known: Mapping[str, Variable], observed: Mapping[str, Value]) -> State:
    """An observed state; a ghost that it does not show is empty."""

    def truths(variable: Variable, shape: Sequence[int], value: Value | None) -> Nested:
        if len(shape) > variable.members:
            assert isinstance(value, tuple | None)
            parts = value if value is not None else (None,) * shape[0]
            return tuple(truths(variable, shape[1:], part) for part in parts)
        if shape:
            return _members(shape, value if isinstance(value, frozenset) else frozenset())
        if variable.sort == "truth":
            return z3.BoolVal(bool(value))
        return variable.places.index(str(value)) if variable.places else value

    values = {key: truths(variable, variable.shape, observed.get(key)) for key, variable in known.items()}
    return State(known, values)


def _members(shape: Sequence[int], value: frozenset[Value]) -> Nested:
    if len(shape) == 1:
        return tuple(z3.BoolVal(number in value) for number in range(shape[0]))
    return tuple(tuple(z3.BoolVal((a, b) in value) for b in range(shape[1])) for a in range(shape[0]))


def observed(state: State, evaluate: Callable[[z3.ExprRef], z3.ExprRef]) -> dict[str, Value]:
    """A state in the values that the whole project uses; `evaluate` makes constants of its terms."""

    def value(variable: Variable, shape: Sequence[int], part: Nested) -> Value:
        if len(shape) > variable.members:
            return tuple(value(variable, shape[1:], one) for one in part)
        if shape:
            indices = product(*map(range, shape))
            by_index = dict(zip(indices, flat(part), strict=True))
            there = [index for index, term in by_index.items() if truth(term)]
            return frozenset(index[0] if len(index) == 1 else index for index in there)
        if variable.sort == "truth":
            return truth(part)
        number = part if isinstance(part, int) else number_of(part)
        return variable.places[number] if variable.places else number

    def truth(term: z3.ExprRef) -> bool:
        return bool(z3.is_true(evaluate(term)))

    def number_of(term: z3.ExprRef) -> int:
        found = evaluate(term)
        assert isinstance(found, z3.BitVecNumRef)
        return int(found.as_signed_long())

    return {
        key: value(variable, variable.shape, state.values[key]) for key, variable in state.variables.items()
    }
