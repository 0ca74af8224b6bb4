"""Properties: those that can be proved, over z3 terms; `spec/tla/Properties.tla` says what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import z3

from ...ir.steps import IDLE, RETURN, Program
from ...ir.steps import Machine as StepMachine
from ...scopes import Scope
from . import values as v
from .machine import Machine
from .state import State
from .terms import Actor, unblocked


@dataclass(frozen=True)
class Properties:
    """The properties of a program at a scope, of a state."""

    program: Program
    scope: Scope
    now: State

    def idle(self, task: int) -> v.Truth:
        """The task is between two calls."""
        return v.equal(self.now.values["at"][task], self.now.place("at", IDLE))

    def of(self, name: str) -> v.Truth:
        """A property by its name, which is one of `codegen.properties.PROVABLE`."""
        return _PROPERTIES[name](self)

    def drain_complete(self) -> v.Truth:
        """Nobody who has returned still owes a list."""
        return v.conjunction(
            *(
                z3.Implies(self.idle(task), z3.Not(v.disjunction(*(owed for row in debts for owed in row))))
                for task, debts in enumerate(self.now.values["owes"])
            )
        )

    def drain_complete_or_notified(self) -> v.Truth:
        """The same, and what was left to a notifier it has drained or will."""
        now = self.now.values
        kept = [
            z3.Implies(
                z3.And(self.idle(task), left),
                z3.And(
                    z3.Not(v.equal(now["dead_zone"][cpu], -1)),
                    v.compared(">=", zone, now["dead_zone"][cpu]),
                ),
            )
            for task, rows in enumerate(now["notified"])
            for cpu, row in enumerate(rows)
            for zone, left in enumerate(row)
        ]
        return v.conjunction(self.drain_complete(), *kept)

    def page_conservation(self) -> v.Truth:
        """The pages of each zone add up, and no count is negative."""
        now, pages = self.now.values, self.scope.pages
        parts = []
        for zone in range(self.scope.zones):
            lists = [row[zone] for row in now["pcp"]]
            links = [z3.If(v.equal(link, zone), v.vector(1), v.vector(0)) for link in now["linking"]]
            everywhere = v.total([now["buddy"][zone], now["in_use"][zone], *lists, *links])
            parts.append(v.equal(everywhere, pages))
            parts += [
                v.compared(">=", count, 0) for count in (now["buddy"][zone], now["in_use"][zone], *lists)
            ]
            parts += [v.compared("<=", count, pages) for count in lists]
        return v.conjunction(*parts)

    def no_ipi_to_offline(self) -> v.Truth:
        """No request waits at a CPU that is offline."""
        now = self.now.values
        return v.conjunction(
            *(
                z3.Implies(v.disjunction(*queue), online)
                for queue, online in zip(now["call_queue"], now["online"], strict=True)
            )
        )

    def unlocked_context(self) -> v.Truth:
        """Between calls a task holds nothing; interrupts are off only where a task in its call wants it."""
        now = self.now.values
        parts = []
        for task in range(len(self.scope.drainers)):
            holds = [v.equal(now[lock], task) for lock in self.program.locks]
            free = z3.And(v.equal(now["preempt_count"][task], 0), z3.Not(v.disjunction(*holds)))
            parts.append(z3.Implies(self.idle(task), free))
        for cpu, on in enumerate(now["irqs_on"]):
            wanted = [self.irqs_off(task) for task, home in enumerate(self.scope.drainers) if home == cpu]
            parts.append(v.disjunction(on, *wanted))
        return v.conjunction(*parts)

    def irqs_off(self, task: int) -> v.Truth:
        """The task has turned interrupts off itself."""
        steps = [name for name, step in self.program.task.steps.items() if step.context.irqs_off]
        steps += [RETURN] if self.program.return_irqs_off else []
        here = self.now.values["at"][task]
        return v.disjunction(*(v.equal(here, self.now.place("at", step)) for step in steps))

    def never_stuck(self) -> v.Truth:
        """While a call is under way, a task or a handler can step, or a request be taken, or a free go on."""
        machine, tasks = Machine(self.now, self.scope), range(len(self.scope.drainers))
        going_on = [
            v.conjunction(
                z3.Not(self.idle(task)),
                machine.task_runs(task),
                z3.Or(machine.irqs_on(task), self.irqs_off(task)),
                z3.Not(self.blocked(self.program.task, Actor(task, self.scope.drainers[task]))),
            )
            for task in tasks
        ]
        for cpu in range(self.scope.cpus):
            serving = z3.Not(v.equal(self.now.values["serving"][cpu], -1))
            if self.program.handler is not None:
                waits = self.blocked(self.program.handler, Actor(cpu, cpu, "irq."))
                going_on.append(z3.And(serving, z3.Not(waits)))
                going_on += [machine.can_take(cpu, task) for task in tasks]
            going_on.append(z3.Not(v.equal(self.now.values["linking"][cpu], -1)))
        under_way = v.disjunction(*(z3.Not(self.idle(task)) for task in tasks))
        return z3.Implies(under_way, v.disjunction(*going_on))

    def blocked(self, process: StepMachine, actor: Actor) -> v.Truth:
        """The actor's next step waits for somebody else."""
        here = self.now.values[actor.position][actor.number]
        waits = []
        for name, step in process.steps.items():
            if step.guard is not None:
                place = self.now.place(actor.position, name)
                waits.append(
                    z3.And(v.equal(here, place), z3.Not(unblocked(step.guard, actor, self.now, self.scope)))
                )
        return v.disjunction(*waits)


_PROPERTIES: dict[str, Callable[[Properties], v.Truth]] = {
    "drain_complete": Properties.drain_complete,
    "drain_complete_or_notified": Properties.drain_complete_or_notified,
    "page_conservation": Properties.page_conservation,
    "no_ipi_to_offline": Properties.no_ipi_to_offline,
    "never_stuck": Properties.never_stuck,
    "unlocked_context": Properties.unlocked_context,
}
