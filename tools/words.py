"""Words: labels, reads, state changes and violations as a kernel engineer would say them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pcpdrain.codegen.ir.expr import Apply, Const, Expr, Local, OnlineMask, PcpCount, SelfCpu, StaticMask
from pcpdrain.codegen.ir.steps import Machine, Program, Step

if TYPE_CHECKING:
    from .traces import State, Trace

_HIDDEN = {
    *("at", "irq_at", "serving", "awaiting", "irqs_on", "preempt_count"),  # the events of the rows tell these
    "in_use",  # the pages that are neither on a list nor in the buddy
    *("owes", "had_pages"),  # ghosts: said at the call, and in the last sentence
}
"""Variables that would only repeat, in a counterexample, what is said elsewhere in it."""


class Teller:
    """Tells the steps of one program at one scope, given the state before and after."""

    def __init__(self, program: Program, drainers: tuple[int, ...]) -> None:
        self._drainers = drainers
        self._machines: dict[str, Machine | None] = {"d": program.task, "c": program.handler}
        self._masks, self._locks = program.masks, program.locks

    def cpu(self, label: str) -> int:
        """The CPU on which a labelled step happens."""
        number = int(_actor(label)[1:])
        return self._drainers[number] if label[0] == "d" else number

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
        several = actor[0] == "d" and self._drainers.count(self.cpu(label)) > 1
        who = "IPI: " if actor[0] == "c" else f"{actor}: " if several else ""
        match word:
            case "call":
                return f"{who}calls drain_all_pages"
            case "return":
                return f"{who}returns"
            case "take":
                return f"{who}request of {argument}"
            case "free":
                return f"page freed, zone {argument[1:]}"
            case "alloc":
                return f"page allocated, zone {argument[1:]}"
        step = self._step(label)
        return who + (what if step is None else self._operation(step, label, before))

    def effects(self, label: str, before: State, after: State) -> list[str]:
        """What a step reads from shared state (`pcp[0][1] is 0`), and what it changes (`pcp[0][1] = 0`)."""
        step = self._step(label)
        told = [*self._reads(step, label, before)] if step else []
        if label.endswith(":call") and after.get("owes"):
            owed = sorted(after["owes"][int(_actor(label)[1:])])
            told += [f"to empty: {', '.join(f'pcp[{cpu}][{zone}]' for cpu, zone in owed)}"] if owed else []
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
                told += [f"{name} = {'free' if value == -1 else f'd{value}'}"] if old != value else []
            elif old != value:
                told += _parts(name, old, value)
        local = self._locals(label, before, after)
        return [*told, ", ".join(local)] if local else told

    def _step(self, label: str) -> Step | None:
        machine = self._machines[label[0]]
        return machine.steps.get(label.partition(":")[2]) if machine else None

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
        number = None if about is None else self._number(about, label, before)
        if number is None:
            return step.name.rpartition(".")[2] if operation == "drain zone" else operation
        return f"{operation} {number}" if operation == "drain zone" else f"{operation}({number})"

    def _reads(self, step: Step, label: str, before: State) -> Iterator[str]:
        match step.access.target if step.access else None:
            case StaticMask(name) if name in before:
                yield f"{name} is {value_text(before[name])}"
            case OnlineMask() if "online" in before and "for_each" not in step.name:
                yield f"online is {value_text(before['online'])}"
            case PcpCount(cpu, zone) if "pcp" in before:
                where = self._number(cpu, label, before), self._number(zone, label, before)
                if where[0] is not None and where[1] is not None:
                    yield f"pcp[{where[0]}][{where[1]}] is {before['pcp'][where[0]][where[1]]}"

    def _number(self, expr: Expr, label: str, state: State) -> int | None:
        """The value of a simple expression for a label's actor; None if it is not simple or was not seen."""
        match expr:
            case Const(int() as value) if not isinstance(value, bool):
                return value
            case SelfCpu():
                return self.cpu(label)
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


def guilt(trace: Trace) -> str:
    """What is wrong in the last state of a counterexample, in a sentence."""
    explain: dict[str, Callable[[Trace, State], str]] = {
        "drain_complete": _incomplete,
        "no_useless_ipi": _useless,
        "never_stuck": _stuck,
        "page_conservation": _lost,
    }
    return explain[trace.property](trace, trace.states[-1])


def _incomplete(_trace: Trace, state: State) -> str:
    parts = []
    for task, owed in enumerate(state["owes"]):
        if state["at"][task] == "idle" and owed:
            lists = " and ".join(f"the list of CPU {cpu} in zone {zone}" for cpu, zone in sorted(owed))
            had, has = ("had", "has") if len(owed) == 1 else ("each had", "have")
            parts.append(
                f"d{task} has returned, but {lists} {had} pages when it was called "
                f"and {has} not been empty since."
            )
    return " ".join(parts)


def _useless(_trace: Trace, state: State) -> str:
    parts = [
        f"d{task} calls CPU {cpu}, all of whose lists have been empty since d{task} was called."
        for cpu, queue in enumerate(state["call_queue"])
        for task in sorted(queue)
        if state["at"][task] != "idle" and cpu not in state["had_pages"][task]
    ]
    return " ".join(parts)


def _stuck(_trace: Trace, state: State) -> str:
    waiting = [f"d{task} waits at {step}" for task, step in enumerate(state["at"]) if step != "idle"]
    return f"No step of the kernel is possible: {'; '.join(waiting)}."


def _lost(trace: Trace, state: State) -> str:
    parts = []
    for zone in range(trace.scope.zones):
        listed = sum(lists[zone] for lists in state["pcp"])
        total = listed + state["buddy"][zone] + state["in_use"][zone]
        if total != trace.scope.pages:
            parts.append(f"Zone {zone} has {trace.scope.pages} pages, but {total} are accounted for.")
    return " ".join(parts)
