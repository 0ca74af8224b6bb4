"""Mutants of the stepped tree: lowered again, so that Python and step machine make the same mistake."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.ir.context import Context
from pcpdrain.codegen.ir.steps import ACK, RETURN, Machine, Program
from pcpdrain.codegen.ir.tree import Branch, ForEach, Instance, LocalKind, Loop, Node, Process, Scope
from pcpdrain.codegen.ir.validate import InvalidIR, validate_machine, validate_tree
from pcpdrain.codegen.passes.infer_context import infer_context
from pcpdrain.codegen.passes.lower import LoweringError, lower
from pcpdrain.codegen.scopes import Scope as Bounds

from .mutants import Mutant
from .operators import Block, Change, changes, exchanged, keeps_in_bounds

Rebuild = Callable[[Block], Block]

_BLOCKS: dict[type[Node], tuple[str, ...]] = {
    Branch: ("then", "other"), Loop: ("body",), ForEach: ("body",), Scope: ("body",),
}  # fmt: skip
"""The fields of a node that are blocks."""


def tree_mutants(program: Program, scope: Bounds) -> Iterator[Mutant]:
    """All mutants that one change of the tree makes; `program` is None where it cannot be compiled."""
    kinds = {variable.name: variable.kind for variable in program.task.locals}
    if program.handler is not None:
        kinds |= {variable.name: variable.kind for variable in program.handler.locals}
    for name, instance in _instances(program).items():
        for block, rebuild in places(instance.body):
            for change, changed in block_changes(block, kinds, scope):
                if instance.result is not None and change.description == "without return":
                    continue  # a condition's return is one with its value
                place = f"{Path(change.span.source.name).name}:{change.span.line}"
                try:
                    made = with_body(program, name, rebuild(changed))
                except (DrainErrors, InvalidIR, LoweringError):
                    made = None
                yield Mutant("ir", change.operator, place, change.description, made)


def block_changes(block: Block, kinds: dict[str, LocalKind], scope: Bounds) -> Iterator[tuple[Change, Block]]:
    """What can be changed in a block, each change with the block that it makes."""
    for number, node in enumerate(block):
        before, after = block[:number], block[number + 1 :]
        for change in changes(node, kinds, scope):
            yield change, (*before, *change.nodes, *after)
        swap = exchanged(node, after[0]) if after else None
        if swap is not None:
            yield swap, (*before, *swap.nodes, *after[1:])


def places(body: Block) -> Iterator[tuple[Block, Rebuild]]:
    """Each block of a body, with what makes the whole body again from another block in its place."""
    yield body, lambda block: block
    for number, node in enumerate(body):
        if keeps_in_bounds(node):
            continue
        parent: Any = node
        for field in _BLOCKS.get(type(node), ()):
            for block, rebuild in places(getattr(node, field)):

                def whole(
                    block: Block,
                    number: int = number,
                    parent: Any = parent,
                    field: str = field,
                    rebuild: Rebuild = rebuild,
                ) -> Block:
                    changed = replace(parent, **{field: rebuild(block)})
                    return (*body[:number], changed, *body[number + 1 :])

                yield block, whole


def with_body(program: Program, name: str, body: Block) -> Program:
    """The program with another body for the instances of this name; a handler may have two, for two contexts.

    Raises:
        DrainErrors, InvalidIR, LoweringError: it cannot be compiled. What the compiler has to say about
            contexts does not count: mutants may do what it refuses.
    """
    task, task_ends = _relowered(program.task, name, body, RETURN)
    handler = program.handler and _relowered(program.handler, name, body, ACK)[0]
    return replace(
        program, task=task, handler=handler, return_irqs_off=any(end.irqs_off for end in task_ends)
    )


def _relowered(machine: Machine, name: str, body: Block, end: str) -> tuple[Machine, list[Context]]:
    """The machine of a process with this body; a step that no context reaches keeps its own."""
    process = _copied(machine.process)
    found = [instance for instance in process.instances if instance.name == name]
    for instance in found:
        instance.body = body
    validate_tree(process)
    contexts = infer_context(process, handler=end == ACK)
    known = {step.name: step.context for step in machine.steps.values()}
    lowered = lower(process, known | contexts.at, end)
    validate_machine(lowered, end)
    return (lowered if found else machine), contexts.ends


def _copied(process: Process) -> Process:
    """A process whose instances may be changed; the sources are shared."""
    sources = {instance.span.source for instance in process.instances}
    return copy.deepcopy(process, {id(source): source for source in sources})


def _instances(program: Program) -> dict[str, Instance]:
    """Each routine's instance, one of those with the same name."""
    machines = [machine for machine in (program.task, program.handler) if machine is not None]
    instances: list[Instance] = [i for machine in machines for i in machine.process.instances]
    return {instance.name: instance for instance in reversed(instances)}
