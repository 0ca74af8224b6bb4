"""Mutants of the step machine: mistakes that no program text makes, but that an implementation may have.

A step does not wait for what it has to wait for; the handler acknowledges instead of draining; a step is
right but for a rare conjunction of facts about the state, where it does nothing or goes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir import expr as x
from pcpdrain.codegen.ir.steps import Action, Choice, Machine, Program, Step, Target, conditions
from pcpdrain.codegen.ir.tree import LocalKind
from pcpdrain.codegen.scopes import Scope

from .mutants import Mutant
from .rare import conjunction, rare_conjunctions

_ON_LISTS = ("drain_zone_pages", "forget_zone_pages", "duplicate_zone_pages")


def step_mutants(program: Program, scope: Scope, graph: LabelledGraph) -> Iterator[Mutant]:
    """All mutants of single steps; `graph` is the program's own at the scope."""
    for machine in (program.task, program.handler):
        if machine is None:
            continue
        handler = machine is program.handler
        for step in machine.steps.values():
            found = [*_plain(step, handler=handler)]
            for facts, count in rare_conjunctions(program, scope, graph, step.name, handler=handler):
                where = " and ".join(fact.shown for fact in facts)
                for description, changed in _where(step, conjunction(facts), machine, scope):
                    found.append(
                        (
                            f"rare state ({len(facts)} facts)",
                            f"{description} where {where} ({count} states)",
                            changed,
                        )
                    )
            for operator, description, changed in found:
                place = f"{Path(step.span.source.name).name}:{step.span.line}"
                mutated = replace(machine, steps={**machine.steps, step.name: changed})
                made = replace(program, handler=mutated) if handler else replace(program, task=mutated)
                yield Mutant("ir", operator, place, f"{step.name} {description}", made)


def _plain(step: Step, *, handler: bool) -> Iterator[tuple[str, str, Step]]:
    if step.guard is not None:
        yield "drop guard", "does not wait", replace(step, guard=None)
    if handler and step.action is not None and step.action.op in _ON_LISTS:
        yield "ack early", "acknowledges instead", replace(step, action=Action("ack_call"))


def _where(step: Step, condition: x.Expr, machine: Machine, scope: Scope) -> Iterator[tuple[str, Step]]:
    """The mistakes that a step can make under a condition."""
    for name, value in step.static_updates.items():
        kept = x.Apply("ite", (condition, x.StaticMask(name, name), value))
        yield f"leaves {name}", replace(step, static_updates={**step.static_updates, name: kept})
    if step.action is not None and step.action.op in _ON_LISTS and scope.zones > 1:
        cpu, zone = step.action.args
        other = x.Apply("%", (x.Apply("+", (zone, x.Const(1))), x.Const(scope.zones)))
        args = cpu, x.Apply("ite", (condition, other, zone))
        yield "takes the next zone", replace(step, action=replace(step.action, args=args))
    if step.action is not None and step.action.op == "send_call" and scope.cpus > 1:
        (target,) = step.action.args
        other = x.Apply("%", (x.Apply("+", (target, x.Const(1))), x.Const(scope.cpus)))
        yield (
            "calls the next CPU",
            replace(step, action=replace(step.action, args=(x.Apply("ite", (condition, other, target)),))),
        )
    kinds = {local.name: local.kind for local in machine.locals}
    for name, value in step.local_updates.items():
        if kinds[name] in (LocalKind.MASK, LocalKind.BOOL):
            kept = x.Apply("ite", (condition, x.Local(name, name), value))
            yield f"leaves {name}", replace(step, local_updates={**step.local_updates, name: kept})
    if isinstance(step.next, Choice) and not _keeps_in_bounds(step.next):
        astray = Choice(condition, _other_way(step.next), step.next)
        yield "goes the other way", replace(step, next=astray)


def _keeps_in_bounds(choice: Choice) -> bool:
    """Whether a choice is the end of a loop over CPUs or zones: see `operators`."""
    parts = {part for condition in conditions(choice) for part in x.walk(condition)}
    return bool(parts & {x.NR_CPUS, x.NR_ZONES})


def _other_way(choice: Choice) -> Target | Choice:
    return Choice(choice.condition, choice.other, choice.then)
