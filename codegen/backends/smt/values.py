"""Values: numbers, sets and arrays of a bounded state as z3 terms.

A number is a Python int where it is known and else a bit vector; a set is a tuple with a truth for each
member that it may have; an array is a tuple. So each scope's formulas are propositional, and a bit vector
is only as wide as the largest sum needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import z3

Truth = Any
"""A `z3.BoolRef`. (z3 comes without types.)"""

Number = Any
"""An int, or a `z3.BitVecRef`."""

Nested = Any
"""A truth, a number, or a tuple of such: an array's elements, a set's truths."""

WIDTH = 10
"""Bits of a number, with its sign: more than the pages of the largest scope need."""

LARGEST = 2 ** (WIDTH - 1) - 1

TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)


def vector(number: Number) -> Number:
    """The number as a bit vector."""
    return z3.BitVecVal(number, WIDTH) if isinstance(number, int) else number


def conjunction(*parts: Truth) -> Truth:
    """All of them."""
    return z3.And(*parts) if parts else TRUE


def disjunction(*parts: Truth) -> Truth:
    """One of them."""
    return z3.Or(*parts) if parts else FALSE


def equal(left: Number | Truth, right: Number | Truth) -> Truth:
    """The equality of two numbers, or of two truths."""
    if isinstance(left, int) and isinstance(right, int):
        return z3.BoolVal(left == right)
    if isinstance(left, z3.BoolRef) or isinstance(right, z3.BoolRef):
        return left == right
    return vector(left) == vector(right)


def compared(op: str, left: Number, right: Number) -> Truth:
    """An order of two numbers."""
    a, b = vector(left), vector(right)
    orders: dict[str, Callable[[], Truth]] = {
        "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b, ">=": lambda: a >= b,
    }  # fmt: skip
    return orders[op]()


def choice(condition: Truth, then: Nested, other: Nested) -> Nested:
    """One of two values of the same shape."""
    if isinstance(then, tuple):
        return tuple(choice(condition, one, two) for one, two in zip(then, other, strict=True))
    if isinstance(then, z3.BoolRef):
        return z3.If(condition, then, other)
    return z3.If(condition, vector(then), vector(other))


def element(array: Sequence[Nested], index: Number) -> Nested:
    """The element at an index; of an index that is outside, any."""
    if isinstance(index, int):
        return array[index] if 0 <= index < len(array) else array[-1]
    chosen = array[-1]
    for number in range(len(array) - 2, -1, -1):
        chosen = choice(equal(index, number), array[number], chosen)
    return chosen


def replaced(array: Sequence[Nested], index: Number, new: Callable[[Nested], Nested]) -> tuple[Nested, ...]:
    """The array with another element at an index, made of the one that is there."""
    if isinstance(index, int):
        return tuple(new(old) if number == index else old for number, old in enumerate(array))
    return tuple(choice(equal(index, number), new(old), old) for number, old in enumerate(array))


def put(array: Sequence[Nested], index: Number, value: Nested) -> tuple[Nested, ...]:
    """The array with this value at an index."""
    return replaced(array, index, lambda _: value)


def has(members: Sequence[Truth], one: Number) -> Truth:
    """Whether a set has a member; nothing outside its range is one."""
    if isinstance(one, int):
        return members[one] if 0 <= one < len(members) else FALSE
    return disjunction(*(z3.And(equal(one, number), there) for number, there in enumerate(members)))


def with_member(members: Sequence[Truth], one: Number) -> tuple[Truth, ...]:
    """The set and one more."""
    return tuple(disjunction(there, equal(one, number)) for number, there in enumerate(members))


def without_member(members: Sequence[Truth], one: Number) -> tuple[Truth, ...]:
    """The set but for one."""
    return tuple(z3.And(there, z3.Not(equal(one, number))) for number, there in enumerate(members))


def weight(members: Sequence[Truth]) -> Number:
    """How many members a set has."""
    return total([z3.If(there, vector(1), vector(0)) for there in members])


def total(numbers: Sequence[Number]) -> Number:
    """The sum."""
    return reduce(lambda left, right: vector(left) + vector(right), numbers, vector(0))


def next_member(after: Number, members: Sequence[Truth]) -> Number:
    """The least member above a number; where there is none, how many there could be."""
    found: Number = len(members)
    for number in range(len(members) - 1, -1, -1):
        above = z3.And(members[number], compared("<", after, number))
        found = z3.If(above, vector(number), vector(found))
    return found


def least(left: Number, right: Number) -> Number:
    """The smaller one."""
    return z3.If(compared("<", left, right), vector(left), vector(right))


def quotient(left: Number, right: Number) -> Number:
    """Division rounded down; the divisor is a positive literal."""
    a, b = vector(left), vector(right)
    return z3.If(a < 0, -((-a + b - 1) / b), a / b)


def remainder(left: Number, right: Number) -> Number:
    """What is left after division rounded down."""
    return vector(left) - vector(right) * vector(quotient(left, right))
