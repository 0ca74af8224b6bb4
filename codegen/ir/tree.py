"""The stepped tree: routine instances with their control structure, each shared access a named step.

The Python backend prints it as loops and ifs; `passes.lower` flattens it to the step machine. A node with a
`step` does exactly one shared access (or changes the context of its CPU); a node without one is local and
belongs to the step before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..source import Source, Span
from .expr import Expr, Local, StaticMask


class LocalKind(StrEnum):
    """What a local holds; with it goes the value that it has outside its block."""

    BOOL = "bool"
    INT = "int"
    MASK = "cpumask"
    CPU = "CPU"
    ZONE = "zone"

    @property
    def default(self) -> bool | int | frozenset[int]:
        """The value outside the block: loop variables stand before the first CPU or zone."""
        if self is LocalKind.BOOL:
            return False
        if self is LocalKind.MASK:
            return frozenset()
        return 0 if self is LocalKind.INT else -1


@dataclass(frozen=True)
class LocalVar:
    """A local variable of an instance."""

    name: str
    kind: LocalKind


@dataclass(frozen=True, eq=False)
class StepPoint:
    """A named step in the source: `instance.operation`."""

    name: str
    span: Span


@dataclass(frozen=True, eq=False)
class SetLocal:
    """A local gets a value (not a mask: see `MaskOp`)."""

    target: Local
    value: Expr
    step: StepPoint | None
    span: Span


@dataclass(frozen=True, eq=False)
class MaskOp:
    """A mask is written: one of the `cpumask_*` operations, or `free_cpumask_var`, or `declare`."""

    op: str
    target: Local | StaticMask
    args: tuple[Expr, ...]
    step: StepPoint | None
    span: Span


@dataclass(frozen=True, eq=False)
class Effect:
    """A step that changes the machine. `name` is a lock's, a counter's or a handler's, where there is one."""

    op: str
    args: tuple[Expr, ...]
    step: StepPoint
    name: str = ""
    shown: str = ""


@dataclass(frozen=True, eq=False)
class Branch:
    """`if`. When `trylock` names a lock, the step takes it if it is free; `condition` says whether it was.

    `interruptible`: the step first waits until the lock is free or a signal is pending. When `allocates` is a
    local mask, the step allocates it and `condition` is the outcome.
    """

    condition: Expr
    then: tuple[Node, ...]
    other: tuple[Node, ...]
    step: StepPoint | None
    span: Span
    trylock: str = ""
    interruptible: bool = False
    allocates: Local | None = None


@dataclass(frozen=True, eq=False)
class Loop:
    """For ever, until `break`. `step` is set where the body might take no step of its own."""

    body: tuple[Node, ...]
    step: StepPoint | None
    span: Span


@dataclass(frozen=True, eq=False)
class ForEach:
    """Over all zones (`mask` is None) or over the CPUs of a *local* mask: advancing is no shared access."""

    variable: Local
    mask: Local | None
    body: tuple[Node, ...]
    step: StepPoint | None
    span: Span


@dataclass(frozen=True, eq=False)
class Jump:
    """`break`, `continue` or `return`."""

    kind: str
    span: Span


@dataclass(frozen=True, eq=False)
class Scope:
    """Locals that live while `body` runs; `end` is the place where a block of the source ends."""

    variables: tuple[LocalVar, ...]
    body: tuple[Node, ...]
    end: Span | None = None


@dataclass(frozen=True, eq=False)
class Inline:
    """A routine called, that is: its instance's body, after its by-value parameters got their values.

    `passed` is what the source passes by reference, as Python writes it. `result` is what a condition gives;
    the branch behind it asks for it, so that it lives within one step and is no state.
    """

    instance: Instance
    passed: tuple[str, ...]
    arguments: tuple[tuple[str, Expr], ...]
    span: Span
    result: Local | None = None


Node = SetLocal | MaskOp | Effect | Branch | Loop | ForEach | Jump | Scope | Inline


@dataclass(eq=False)
class Instance:
    """One inlined copy of a routine.

    `parameters` are the by-reference ones (masks and handlers), by name with their type; `values` the
    by-value ones that are not constant. A constant parameter is folded into the body, and so is a condition.
    `result` is what the `return` of a condition sets.
    """

    name: str
    parameters: dict[str, str]
    values: tuple[LocalVar, ...]
    span: Span
    body: tuple[Node, ...] = ()
    locals: dict[str, LocalVar] = field(default_factory=dict)
    result: Local | None = None


@dataclass(frozen=True, eq=False)
class Region:
    """A labelled statement in one instance of its routine: its steps, and what names mean there.

    `names` are the routine's masks, variables and by-reference parameters; `source` is the file of the label.
    """

    source: Source
    routine: str
    label: str
    steps: frozenset[str]
    names: Mapping[str, Expr]


@dataclass(frozen=True, eq=False)
class Process:
    """A root instance and all that it inlines, in the order of first call; the statements with labels."""

    root: Instance
    instances: tuple[Instance, ...]
    regions: tuple[Region, ...] = ()


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes and all nodes below them, those of inlined routines too."""
    for node in nodes:
        yield node
        match node:
            case Branch(_, then, other):
                yield from walk((*then, *other))
            case Loop(body) | Scope(_, body) | ForEach(_, _, body):
                yield from walk(body)
            case Inline(instance):
                yield from walk(instance.body)


def contains_step(node: Node) -> bool:
    """Whether the node itself is a step."""
    return getattr(node, "step", None) is not None
