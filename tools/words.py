"""Words: labels, reads and state changes as a kernel engineer would say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pcpdrain.codegen.ir.expr import (
    Apply,
    Const,
    Expr,
    Local,
    OnlineMask,
    PcpCount,
    SelfCpu,
    StaticMask,
)
from pcpdrain.codegen.ir.steps import Machine, Program, Step
from pcpdrain.codegen.properties import GHOSTS, SAVED

if TYPE_CHECKING:
    from .traces import State

_HIDDEN = {
    *("at", "irq_at", "serving", "awaiting", "irqs_on", "preempt_count"),  # the events of the rows tell these
    *("signalled", "linking", "dead_zone", "booted"),  # and these
    "in_use",  # the pages that are neither on a list nor in the buddy
    "calls_left",  # a bound of the scope, nothing in the kernel
    *GHOSTS,  # said where they say something, and in the last sentence
}
"""Variables that would only repeat, in a counterexample, what is said elsewhere in it."""

_NOBODY = -1


class Teller:
    """Tells the steps of one program at one scope, given the state before and after.

    `violated` is the property that the run violates: what only that one is about is told for it alone.
    """

    def __init__(self, program: Program, drainers: tuple[int, ...], violated: str = "") -> None:
        self._drainers = drainers
        self._machines: dict[str, Machine | None] = {"d": program.task, "c": program.handler, "b": None}
        self._masks, self._locks = program.masks, program.locks
        self._violated = violated

    def cpu(self, label: str, before: State) -> int:
        """The CPU in whose lane a step is told.

        That is where it happens, if it has such a place. A signal is told with its task, the notifier with
        the first CPU that can run it, and boot with the first CPU.
        """
        actor = _actor(label)
        if actor == "boot":
            return 0
        if label.partition(":")[2].startswith("dead "):
            return next((cpu for cpu in sorted(before["online"]) if self._hosts(cpu, before)), 0)
        return self._drainers[int(actor[1:])] if actor[0] == "d" else int(actor[1:])

    def counting(self, state: State) -> list[str]:
        """The labels of steps that come next and count a drain as one that called few CPUs."""
        steps = self._machines["d"].steps if self._machines["d"] else {}
        return [
            f"d{task}:{at}"
            for task, at in enumerate(state["at"])
            if at in steps and steps[at].counts == SAVED
        ]

    def _hosts(self, cpu: int, state: State) -> bool:
        """Whether a task that is not modelled, such as one in cpu_down(), can run on this CPU."""
        kept_off = any(
            count and home == cpu for home, count in zip(self._drainers, state["preempt_count"], strict=True)
        )
        idle = state["serving"][cpu] == _NOBODY and state["linking"][cpu] == _NOBODY
        return bool(state["irqs_on"][cpu]) and idle and not kept_off

    def lane(self, cpu: int) -> str:
        """The head of a CPU's lane, with the tasks that live there."""
        tasks = [f"d{task}" for task, home in enumerate(self._drainers) if home == cpu]
        return f"CPU {cpu}" + (f" ({', '.join(tasks)})" if tasks else "")

    def place(self, label: str) -> tuple[str, int] | None:
        """The file name and line of a label's step; None for what is not in a program."""
        step = self._step(label)
        return None if step is None else (step.span.source.name, step.span.line)

    def event(self, label: str, before: State) -> str:
        """What happens, in the kernel's words if it has them; a task is named where its CPU has several."""
        actor, _, what = label.partition(":")
        word, _, argument = what.partition(" ")
        if actor == "boot":
            return "boots"
        several = actor[0] == "d" and self._drainers.count(self._drainers[int(actor[1:])]) > 1
        who = "IPI: " if actor[0] == "c" else f"{actor}: " if several else ""
        events = {
            "call": f"{who}calls drain_all_pages",
            "return": f"{who}returns",
            "take": f"{who}request of {argument}",
            "signal": f"{actor} is signalled",
            "free": f"page freed, zone {argument[1:]}",
            "link": f"page linked, zone {argument[1:]}",
            "count": f"page counted, zone {argument[1:]}",
            "alloc": f"page allocated, zone {argument[1:]}",
            "offline": "goes offline",
            "dead": f"notifier of CPU {actor[1:]}: zone {argument[1:]}",
            "online": "comes online",
        }
        if word in events:
            return events[word]
        step = self._step(label)
        failed = " fails" if argument == "fails" else ""
        return who + (what if step is None else self._operation(step, label, before)) + failed

    def effects(self, label: str, before: State, after: State) -> list[str]:
        """What a step reads from shared state (`pcp[0][1] is 0`), and what it changes (`pcp[0][1] = 0`)."""
        if _actor(label) == "boot":
            return [part.replace("=", " = ") for part in label.partition(":")[2].split(";")]
        step = self._step(label)
        told = [*self._reads(step, label, before)] if step else []
        told += self._special(label, before, after)
        for name, value in after.items():
            if "." in name or name in _HIDDEN:
                continue
            old = before.get(name)
            if name in self._masks:
                told += (
                    [f"{name} = {value_text(value)}"]
                    if old != value or (step and name in step.static_updates)
                    else []
                )
            elif name in self._locks:
                told += [f"{name} = {'free' if value == _NOBODY else f'd{value}'}"] if old != value else []
            elif old != value:
                told += _parts(name, old, value)
        if step is not None and step.counts:
            told.append(f"{step.counts} + 1")
        local = self._locals(label, before, after)
        return [*told, ", ".join(local)] if local else told

    def waits_for(self, task: int, state: State) -> str:
        """Why a task in its call does not go on in a state, as far as the machine can tell."""
        home, at = self._drainers[task], state["at"][task]
        if state["serving"][home] != _NOBODY:
            return f"d{task} is interrupted by the handler on CPU {home}"
        for other, count in enumerate(state["preempt_count"]):
            if count and other != task and self._drainers[other] == home:
                return f"d{task} does not get CPU {home}, where d{other} has preemption off"
        step = self._machines["d"].steps.get(at) if self._machines["d"] else None
        guard = step.guard if step else None
        if guard is not None and guard.lock and state[guard.lock] != _NOBODY:
            return f"d{task} waits for {guard.lock}, which d{state[guard.lock]} holds"
        target = self.number(guard.args[-1], f"d{task}:{at}", state) if guard and guard.args else None
        if target is not None and target in state["awaiting"][task]:
            return f"d{task} waits for CPU {target} to answer{_why_silent(task, target, state)}"
        return f"d{task} is at {at.rpartition('.')[2]}"

    def _step(self, label: str) -> Step | None:
        machine = self._machines[label[0]]
        return machine.steps.get(label.partition(":")[2].partition(" ")[0]) if machine else None

    def _special(self, label: str, before: State, after: State) -> Iterator[str]:
        """What is told of a step besides the variables that it reads and changes."""
        actor, _, what = label.partition(":")
        number, (word, _, argument) = int(actor[1:]), what.partition(" ")
        if word == "call" and self._violated == "drain_instant" and "never_empty" in after:
            cpus = [f"CPU {cpu}" for cpu in sorted(after["never_empty"][number])]
            yield f"with pages: {', '.join(cpus) or 'no CPU'}"
        elif word == "call" and "owes" in after and after["owes"][number]:
            yield f"to empty: {_lists(after['owes'][number])}"
        elif word == "link" and "pcp" in after:
            zone = int(argument[1:])
            yield f"pcp[{number}][{zone}] is still {after['pcp'][number][zone]}"
        elif word == "dead" and "dead_zone" in after and after["dead_zone"][number] == _NOBODY:
            yield "the notifier is through"
        elif word == "offline" and "notified" in before and "notified" in after:
            lists = [new - old for new, old in zip(after["notified"], before["notified"], strict=True)]
            if any(lists):
                yield f"left to the notifier: {_lists(frozenset().union(*lists))}"
        step = self._step(label)
        lock, update = (step.lock_update if step else None) or ("", "")
        if step and update == "take_if_free" and before.get(lock, _NOBODY) != _NOBODY:
            yield f"{lock} is d{before[lock]}{': -EINTR' if step.guard else ''}"
        if self._violated == "last_writer_complete" and "missed" in after:
            writer = after["last_writer"]
            if before["last_writer"] != writer:
                yield f"last writer: {f'd{writer}' if writer != _NOBODY else 'nobody'}"
            if word == "return" and after["missed"][number]:
                yield f"not emptied: {_lists(after['owes'][number])}"

    def _operation(self, step: Step, label: str, before: State) -> str:
        """The operation, with the number of the CPU or zone that it is about where that is known."""
        operation = re.sub(r"_\d+$", "", step.name.rpartition(".")[2])
        about: Expr | None = None
        if step.action is not None and step.action.args:
            about = step.action.args[-1]
            operation = "drain zone" if operation == "drain_zone_pages" else operation
        elif step.guard is not None and step.guard.args:
            about = step.guard.args[-1]
        else:
            changed = [
                u.args[1]
                for u in step.static_updates.values()
                if isinstance(u, Apply) and u.op in ("with", "without")
            ]
            about = changed[0] if changed else None
        number = None if about is None else self.number(about, label, before)
        if number is None:
            return step.name.rpartition(".")[2] if operation == "drain zone" else operation
        return f"{operation} {number}" if operation == "drain zone" else f"{operation}({number})"

    def _reads(self, step: Step, label: str, before: State) -> Iterator[str]:
        match step.access.target if step.access else None:
            case StaticMask(name) if name in before:
                yield f"{name} is {value_text(before[name])}"
            case OnlineMask() if "online" in before and "for_each" not in step.name:
                yield f"online is {value_text(before['online'])}"
            case PcpCount() if "pcp" in before and (where := self.list_read(label, before)):
                yield f"pcp[{where[0]}][{where[1]}] is {before['pcp'][where[0]][where[1]]}"

    def mask_read(self, label: str) -> str:
        """The static mask that a step reads, if it reads one."""
        step = self._step(label)
        target = step.access.target if step and step.access else None
        return target.name if isinstance(target, StaticMask) else ""

    def list_read(self, label: str, before: State) -> tuple[int, int] | None:
        """The list, as (cpu, zone), whose count a step reads, if it reads one."""
        step = self._step(label)
        match step.access.target if step and step.access else None:
            case PcpCount(cpu, zone):
                where = self.number(cpu, label, before), self.number(zone, label, before)
                if where[0] is not None and where[1] is not None:
                    return where[0], where[1]
        return None

    def number(self, expr: Expr, label: str, state: State) -> int | None:
        """The value of a simple expression for a label's actor; None if it is not simple or was not seen."""
        match expr:
            case Const(int() as value) if not isinstance(value, bool):
                return value
            case SelfCpu():
                return self.cpu(label, state)
            case Local(name):
                seen = state.get(name if label[0] == "d" else f"irq.{name}")
                return None if seen is None else int(seen[int(_actor(label)[1:])])
        return None

    def _locals(self, label: str, before: State, after: State) -> list[str]:
        """The actor's own variables that have new values and still mean something afterwards."""
        machine, number = self._machines[label[0]], int(_actor(label)[1:])
        position = after.get("at" if label[0] == "d" else "irq_at")
        following = machine.steps.get(position[number]) if machine and position else None
        told = []
        for name in following.live if following else ():
            key = name if label[0] == "d" else f"irq.{name}"
            old, new = before.get(key), after.get(key)
            if old is not None and new is not None and old[number] != new[number]:
                told.append(f"{name.rpartition('.')[2]} = {value_text(new[number])}")
        return sorted(told)


def _actor(label: str) -> str:
    return label.partition(":")[0]


def _lists(lists: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"pcp[{cpu}][{zone}]" for cpu, zone in sorted(lists))


def _why_silent(task: int, cpu: int, state: State) -> str:
    """Why a CPU does not answer a task's request, where that is more than that it has not come to it."""
    if cpu not in state["online"]:
        return ", which is offline"
    if state["serving"][cpu] == task:
        return ", whose handler runs"
    return "" if state["irqs_on"][cpu] else ", which has irqs off"


def _parts(name: str, before: Any, after: Any) -> Iterator[str]:
    """What changed, part by part: `pcp[1][0] = 1`. The members of a call queue are tasks."""
    if isinstance(after, tuple) and isinstance(before, tuple) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                yield from _parts(f"{name}[{index}]", old, new)
    elif name.startswith("call_queue"):
        yield f"{name} = {{{','.join(f'd{task}' for task in sorted(after))}}}"
    else:
        yield f"{name} = {value_text(after)}"


def value_text(value: Any) -> str:
    """A value of a state, short."""
    if isinstance(value, frozenset):
        return "{" + ",".join(map(value_text, sorted(value))) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(value_text, value)) + ")"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
