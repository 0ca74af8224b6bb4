"""Program: all labelled transitions of a variant at a scope, its steps and what happens besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import z3

from ...ir import expr as x
from ...ir.steps import ACK, IDLE, RETURN, Choice, Program, Step, Target
from ...ir.steps import Machine as StepMachine
from ...scopes import Scope
from ..tla.labels import allocation_label, boot_choices, boot_label, sets_of_cpus
from . import values as v
from .machine import Machine, Transition, Updates
from .state import State
from .terms import Actor, expression, unblocked


def transitions(program: Program, scope: Scope, now: State) -> list[Transition]:
    """Every labelled transition that the scope has, from a state."""
    return list(_Steps(program, scope, now, Machine(now, scope)).all())


@dataclass(frozen=True)
class _Steps:
    program: Program
    scope: Scope
    now: State
    machine: Machine

    def all(self) -> Iterator[Transition]:
        yield from self.boots()
        for task in range(len(self.scope.drainers)):
            yield self.call(task)
            for step in self.program.task.steps.values():
                yield from self.task_step(step, task)
            yield self.task_return(task)
            if self.scope.signals:
                yield self.machine.signal(task)
        for cpu in range(self.scope.cpus):
            if self.program.handler is not None:
                yield from self.handler(cpu, self.program.handler)
            for zone in range(self.scope.zones):
                yield from self.machine.workload(cpu, zone)
        for cpu in self.scope.leavers:
            yield from self.machine.hotplug(cpu)

    def boots(self) -> Iterator[Transition]:
        """Masks that nobody zeroes get their contents."""
        for chosen in boot_choices(self.program, self.scope):
            updates: Updates = {"booted": v.TRUE}
            for mask, cpus in zip(self.program.uninitialised, chosen, strict=True):
                updates[mask] = self.mask(cpus)
            guard = z3.Not(self.now.values["booted"])
            yield Transition(boot_label(self.program, chosen), guard, updates)

    def mask(self, cpus: frozenset[int]) -> tuple[v.Truth, ...]:
        return tuple(z3.BoolVal(cpu in cpus) for cpu in range(self.scope.cpus))

    # --- tasks

    def call(self, task: int) -> Transition:
        now, start = self.now.values, self.program.task
        actor = Actor(task, self.scope.drainers[task])
        guards = [
            v.equal(now["at"][task], 0),
            self.machine.task_runs(task),
            self.machine.irqs_on(task),
        ]
        if self.program.uninitialised:
            guards.append(now["booted"])
        updates = {**self.machine.owed_now(task), **self.moves(actor, start.entry_updates, start.entry)}
        if self.scope.calls:
            guards.append(v.compared(">", now["calls_left"][task], 0))
            updates["calls_left"] = v.replaced(now["calls_left"], task, lambda old: v.vector(old) - 1)
        return Transition(f"d{task}:call", v.conjunction(*guards), updates)

    def task_return(self, task: int) -> Transition:
        now, home = self.now.values, self.scope.drainers[task]
        guards = [v.equal(now["at"][task], self.now.place("at", RETURN)), self.machine.task_runs(task)]
        if not self.program.return_irqs_off:
            guards.append(self.machine.irqs_on(task))
        unsignalled = v.put(now["signalled"], task, v.FALSE)
        updates = {"signalled": unsignalled, **self.moves(Actor(task, home), {}, Target(IDLE))}
        return Transition(f"d{task}:return", v.conjunction(*guards), updates)

    def task_step(self, step: Step, task: int) -> Iterator[Transition]:
        """A step; one that allocates once for each outcome."""
        home = self.scope.drainers[task]
        if not step.allocates:
            yield self.step(step, Actor(task, home), f"d{task}:{step.name}")
            return
        for cpus in sets_of_cpus(self.scope):
            outcome = {"ok": v.TRUE, "contents": self.mask(cpus)}
            label = allocation_label(step, task, cpus)
            yield self.step(step, Actor(task, home, outcome=outcome), label)
        if self.scope.alloc_fails:
            outcome = {"ok": v.FALSE, "contents": self.mask(frozenset())}
            label = allocation_label(step, task, None)
            yield self.step(step, Actor(task, home, outcome=outcome), label)

    # --- handlers

    def handler(self, cpu: int, handler: StepMachine) -> Iterator[Transition]:
        now, actor = self.now.values, Actor(cpu, cpu, "irq.")
        for task in range(len(self.scope.drainers)):
            left = v.without_member(now["call_queue"][cpu], task)
            updates = {
                "call_queue": v.put(now["call_queue"], cpu, left),
                "serving": v.put(now["serving"], cpu, task),
                **self.moves(actor, handler.entry_updates, handler.entry),
            }
            guard = z3.And(v.equal(now["irq_at"][cpu], 0), self.machine.can_take(cpu, task))
            yield Transition(f"c{cpu}:take d{task}", guard, updates)
        for step in handler.steps.values():
            yield self.step(step, actor, f"c{cpu}:{step.name}")
        done = v.equal(now["irq_at"][cpu], self.now.place("irq_at", ACK))
        updates = {
            **self.machine.answered(cpu),
            "serving": v.put(now["serving"], cpu, -1),
            **self.moves(actor, {}, Target(IDLE)),
        }
        yield Transition(f"c{cpu}:ack", z3.And(done, self.runs(cpu)), updates)

    def runs(self, cpu: int) -> v.Truth:
        """A handler is on the CPU."""
        return z3.Not(v.equal(self.now.values["serving"][cpu], -1))

    # --- any step

    def step(self, step: Step, actor: Actor, label: str) -> Transition:
        """Who runs, what blocks; then the machine, statics, the lock, locals, the next place."""
        where = actor.position
        guards = [
            v.equal(self.now.values[where][actor.number], self.now.place(where, step.name)),
            self.runs(actor.cpu) if actor.prefix else self.machine.task_runs(actor.number),
        ]
        if not actor.prefix and not step.context.irqs_off:
            guards.append(self.machine.irqs_on(actor.number))
        if step.guard is not None:
            guards.append(unblocked(step.guard, actor, self.now, self.scope))
        updates: Updates = {}
        if step.action is not None:
            args = [self.value(arg, actor) for arg in step.action.args]
            updates |= self.machine.act(step.action.op, actor.number, actor.cpu, args)
        updates |= {name: self.value(value, actor) for name, value in step.static_updates.items()}
        if step.lock_update is not None:
            lock, how = step.lock_update
            updates[lock] = self.lock(lock, how, actor.number)
        updates |= self.moves(actor, step.local_updates, step.next)
        return Transition(label, v.conjunction(*guards), updates)

    def value(self, expr: x.Expr, actor: Actor) -> v.Nested:
        return expression(expr, actor, self.now, self.scope)

    def lock(self, lock: str, how: str, task: int) -> v.Number:
        held = self.now.values[lock]
        if how == "take_if_free":
            taken: v.Number = v.choice(v.equal(held, -1), task, held)
            return taken
        return task if how == "take" else -1

    def moves(self, actor: Actor, updates: dict[str, x.Expr], target: Target | Choice) -> Updates:
        """New locals, and where the actor goes."""
        found: Updates = {}
        for name, expr in updates.items():
            key = actor.prefix + name
            if key in self.now.variables:
                new = self.value(expr, actor)
                found[key] = v.put(self.now.values[key], actor.number, new)
        where = actor.position
        place = self.target(target, actor)
        found[where] = v.put(self.now.values[where], actor.number, place)
        return found

    def target(self, target: Target | Choice, actor: Actor) -> v.Number:
        """Where control goes, as a number."""
        if isinstance(target, Target):
            return self.now.place(actor.position, target.step)
        then, other = self.target(target.then, actor), self.target(target.other, actor)
        chosen: v.Number = v.choice(self.value(target.condition, actor), then, other)
        return chosen
