"""Machine: what happens besides the program's steps, and the machine's part of these, over z3 terms.

This is the machine of Linux 3.0 to 5.19 once more, for one scope: `spec/tla` has the reasons. A transition
is a guard and the new values of what it changes; what is not there stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import z3

from ...scopes import Scope
from . import values as v
from .state import State

Updates = dict[str, v.Nested]


@dataclass(frozen=True)
class Transition:
    """A labelled transition: when it can be taken, and what becomes of the variables that it changes."""

    label: str
    guard: v.Truth
    updates: Updates


@dataclass(frozen=True)
class Machine:
    """The machine at a scope, in a state."""

    now: State
    scope: Scope

    # --- who may step

    def task_runs(self, task: int) -> v.Truth:
        """Its CPU is online, in no handler and no half-made free, and no neighbour has preemption off."""
        now, cpu = self.now.values, self.scope.drainers[task]
        neighbours = [
            other for other, home in enumerate(self.scope.drainers) if home == cpu and other != task
        ]
        return v.conjunction(
            now["online"][cpu],
            v.equal(now["serving"][cpu], -1),
            v.equal(now["linking"][cpu], -1),
            *(v.compared("<=", now["preempt_count"][other], 0) for other in neighbours),
        )

    def irqs_on(self, task: int) -> v.Truth:
        """Interrupts are on at the task's CPU."""
        on: v.Truth = self.now.values["irqs_on"][self.scope.drainers[task]]
        return on

    def interruptible(self, cpu: int) -> v.Truth:
        """Interrupts reach the CPU: those that free and allocate pages, and requests of other CPUs."""
        now = self.now.values
        return v.conjunction(
            now["online"][cpu],
            now["irqs_on"][cpu],
            v.equal(now["serving"][cpu], -1),
            v.equal(now["linking"][cpu], -1),
        )

    def can_take(self, cpu: int, task: int) -> v.Truth:
        """The CPU can enter its handler for a request of the task."""
        return z3.And(self.interruptible(cpu), self.now.values["call_queue"][cpu][task])

    # --- the machine's part of a program's steps

    def act(self, op: str, task: int, cpu: int, args: list[v.Nested]) -> Updates:
        """An action of a task, or of a CPU's handler, which has no use for `task`."""
        now = self.now.values
        match op:
            case "preempt_disable" | "preempt_enable":
                by = 1 if op == "preempt_disable" else -1
                changed = v.replaced(now["preempt_count"], task, lambda old: v.vector(old) + by)
                return {"preempt_count": changed}
            case "local_irq_disable" | "local_irq_enable":
                on = z3.BoolVal(op == "local_irq_enable")
                return {"irqs_on": v.put(now["irqs_on"], cpu, on)}
            case "send_call":
                (target,) = args
                queue = v.replaced(now["call_queue"], target, lambda old: v.with_member(old, task))
                waits = v.replaced(now["awaiting"], task, lambda old: v.with_member(old, target))
                return {"call_queue": queue, "awaiting": waits}
            case "ack_call":
                return self.answered(cpu)
            case "drain_zone_pages":
                return self.drained(*args)
            case "forget_zone_pages":
                return self.lists(self.without_pages(*args))
            case "duplicate_zone_pages":
                return {"buddy": self.buddy_with_list(*args)}
        raise AssertionError(f"{op}: not an action")

    def answered(self, cpu: int) -> Updates:
        """The CPU answers the call that it serves, unless it has: one in the queue is a later one."""
        now = self.now.values
        waits = []
        for task, members in enumerate(now["awaiting"]):
            open_call = z3.And(v.equal(now["serving"][cpu], task), z3.Not(now["call_queue"][cpu][task]))
            waits.append(v.choice(open_call, v.without_member(members, cpu), members))
        return {"awaiting": tuple(waits)}

    def without_pages(self, cpu: v.Number, zone: v.Number) -> v.Nested:
        """The lists, but for one that is empty."""
        return v.replaced(self.now.values["pcp"], cpu, lambda lists: v.put(lists, zone, 0))

    def buddy_with_list(self, cpu: v.Number, zone: v.Number) -> v.Nested:
        """The free pages of the buddy, and those of a list."""
        now = self.now.values
        pages = v.element(v.element(now["pcp"], cpu), zone)
        return v.replaced(now["buddy"], zone, lambda old: v.vector(old) + v.vector(pages))

    def drained(self, cpu: v.Number, zone: v.Number) -> Updates:
        """A list goes to the buddy."""
        return {
            **self.lists(self.without_pages(cpu, zone)),
            "buddy": self.buddy_with_list(cpu, zone),
        }

    def lists(self, pcp: v.Nested, linking: v.Nested | None = None) -> Updates:
        """New lists, and what they settle: a debt ends with the first moment at which its list is empty."""
        now = self.now.values
        links = now["linking"] if linking is None else linking
        there = tuple(
            tuple(
                v.disjunction(v.compared(">", pcp[cpu][zone], 0), v.equal(links[cpu], zone))
                for zone in range(self.scope.zones)
            )
            for cpu in range(self.scope.cpus)
        )

        def settled(debts: v.Nested) -> v.Nested:
            return tuple(
                tuple(z3.And(debt, has) for debt, has in zip(*pair, strict=True))
                for pair in zip(debts, there, strict=True)
            )

        updates: Updates = {"pcp": pcp}
        for ghost in ("owes", "notified"):
            updates[ghost] = tuple(map(settled, now[ghost]))
        return updates

    def owed_now(self, task: int) -> Updates:
        """A call begins: it owes each list that has pages and whose CPU is online; the notifiers nothing."""
        now = self.now.values
        owed = tuple(
            tuple(
                z3.And(
                    now["online"][cpu],
                    v.disjunction(
                        v.compared(">", now["pcp"][cpu][zone], 0), v.equal(now["linking"][cpu], zone)
                    ),
                )
                for zone in range(self.scope.zones)
            )
            for cpu in range(self.scope.cpus)
        )
        nothing = ((v.FALSE,) * self.scope.zones,) * self.scope.cpus
        return {
            "owes": v.put(now["owes"], task, owed),
            "notified": v.put(now["notified"], task, nothing),
        }

    # --- the workload

    def workload(self, cpu: int, zone: int) -> Iterator[Transition]:
        """A page is freed or allocated on the CPU, or a free goes on that has linked its page."""
        now = self.now.values
        label = f"c{cpu}:{{}} z{zone}".format
        page = v.compared(">", now["in_use"][zone], 0)
        taken = {"in_use": v.replaced(now["in_use"], zone, lambda old: v.vector(old) - 1)}
        if self.scope.count_window:
            links = v.put(now["linking"], cpu, zone)
            updates = {**taken, **self.lists(now["pcp"], links), "linking": links}
            yield Transition(label("link"), z3.And(self.interruptible(cpu), page), updates)
            unlinked = v.put(now["linking"], cpu, -1)
            joined = {**self.joined(cpu, zone, unlinked), "linking": unlinked}
            yield Transition(label("count"), v.equal(now["linking"][cpu], zone), joined)
        else:
            updates = {**taken, **self.joined(cpu, zone, now["linking"])}
            yield Transition(label("free"), z3.And(self.interruptible(cpu), page), updates)
        count, free = now["pcp"][cpu][zone], now["buddy"][zone]
        refill = z3.If(v.equal(count, 0), v.least(self.scope.batch, free), v.vector(0))
        left = v.vector(count) + refill - 1
        lists = v.replaced(now["pcp"], cpu, lambda old: v.put(old, zone, left))
        updates = {
            **self.lists(lists),
            "buddy": v.replaced(now["buddy"], zone, lambda old: v.vector(old) - refill),
            "in_use": v.replaced(now["in_use"], zone, lambda old: v.vector(old) + 1),
        }
        yield Transition(label("alloc"), z3.And(self.interruptible(cpu), left >= 0), updates)

    def joined(self, cpu: int, zone: int, links: v.Nested) -> Updates:
        """A page joins a list; one that is `high` long gives a batch, or all it has, to the buddy."""
        now = self.now.values
        count = v.vector(now["pcp"][cpu][zone]) + 1
        full = v.compared(">=", count, self.scope.high)
        surplus = z3.If(full, v.least(self.scope.batch, count), v.vector(0))
        lists = v.replaced(now["pcp"], cpu, lambda old: v.put(old, zone, count - surplus))
        buddy = v.replaced(now["buddy"], zone, lambda old: v.vector(old) + surplus)
        return {**self.lists(lists, links), "buddy": buddy}

    # --- signals and hotplug

    def signal(self, task: int) -> Transition:
        """A signal reaches the task in its call."""
        now = self.now.values
        in_call = z3.Not(v.equal(now["at"][task], 0))
        signalled = v.put(now["signalled"], task, v.TRUE)
        return Transition(
            f"d{task}:signal",
            z3.And(in_call, z3.Not(now["signalled"][task])),
            {"signalled": signalled},
        )

    def hotplug(self, cpu: int) -> Iterator[Transition]:
        """The CPU leaves, its notifier drains a zone, or it comes back."""
        now, cpus = self.now.values, range(self.scope.cpus)
        nobody_notified = v.conjunction(*(v.equal(now["dead_zone"][other], -1) for other in cpus))
        preemptible = [v.compared("<=", depth, 0) for depth in now["preempt_count"]]
        leaves = v.conjunction(
            now["online"][cpu],
            *preemptible,
            *(z3.Implies(now["online"][other], self.interruptible(other)) for other in cpus),
            z3.Not(v.disjunction(*now["call_queue"][cpu])),
            nobody_notified,
        )
        owes = now["owes"]
        nothing = (v.FALSE,) * self.scope.zones
        handed_over = tuple(
            v.put(old, cpu, tuple(map(v.disjunction, old[cpu], debts[cpu])))
            for old, debts in zip(now["notified"], owes, strict=True)
        )
        updates: Updates = {
            "online": v.without_member(now["online"], cpu),
            "dead_zone": v.put(now["dead_zone"], cpu, 0),
            "owes": tuple(v.put(debts, cpu, nothing) for debts in owes),
            "notified": handed_over,
        }
        yield Transition(f"c{cpu}:offline", leaves, updates)
        somewhere = v.disjunction(*(z3.And(self.interruptible(b), self._unpinned(b)) for b in cpus))
        for zone in range(self.scope.zones):
            then = zone + 1 if zone + 1 < self.scope.zones else -1
            dead = v.put(now["dead_zone"], cpu, then)
            guard = z3.And(v.equal(now["dead_zone"][cpu], zone), somewhere)
            yield Transition(f"c{cpu}:dead z{zone}", guard, {**self.drained(cpu, zone), "dead_zone": dead})
        returns = z3.And(z3.Not(now["online"][cpu]), nobody_notified)
        yield Transition(f"c{cpu}:online", returns, {"online": v.with_member(now["online"], cpu)})

    def _unpinned(self, cpu: int) -> v.Truth:
        """No task of the CPU has preemption off."""
        depths = self.now.values["preempt_count"]
        here = [depths[task] for task, home in enumerate(self.scope.drainers) if home == cpu]
        return v.conjunction(*(v.compared("<=", depth, 0) for depth in here))
