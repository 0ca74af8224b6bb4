"""Words: labels, state changes and violations as a kernel engineer would say them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pcpdrain.codegen.ir.steps import Program, Step

from .traces import State, Trace

_HIDDEN = {"at", "irq_at", "had_pages"}
"""Variables that a reader of a counterexample does not want: control is told by the rows themselves."""


def actor_cpu(label: str, drainers: tuple[int, ...]) -> int:
    """The CPU on which a labelled step happens."""
    actor = label.partition(":")[0]
    number = int(actor[1:])
    return drainers[number] if actor[0] == "d" else number


def event(label: str) -> str:
    """What happens, in the kernel's words where it has them."""
    actor, _, what = label.partition(":")
    word, _, argument = what.partition(" ")
    number = argument[1:]
    match word:
        case "call":
            return f"{actor} calls drain_all_pages()"
        case "return":
            return f"{actor} returns"
        case "take":
            return f"IPI: takes {argument}'s request"
        case "ack":
            return "IPI: acknowledges"
        case "free":
            return f"a page of zone {number} is freed"
        case "alloc":
            return f"a page of zone {number} is allocated"
    operation = re.sub(r"_\d+$", "", what.rpartition(".")[2])
    return f"{'IPI' if actor[0] == 'c' else actor}: {operation}"


def steps_by_name(program: Program) -> dict[str, Step]:
    """All steps; the source place of a step does not depend on who does it."""
    handler = program.handler.steps if program.handler else {}
    return {**handler, **program.task.steps}


def place(program: Program, label: str) -> tuple[str, int] | None:
    """The file name and line of a label's step; None for what is not in a program."""
    step = steps_by_name(program).get(label.partition(":")[2])
    return None if step is None else (step.span.source.name, step.span.line)


def changes(before: State, after: State) -> list[str]:
    """What a step changed, part by part: `pcp[1][0] = 1`."""
    return [
        text
        for name, value in after.items()
        if name not in _HIDDEN and before.get(name) != value
        for text in _change(name.rpartition(".")[2], before.get(name), value)
    ]


def _change(name: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(after, tuple) and isinstance(before, tuple) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                yield from _change(f"{name}[{index}]", old, new)
    else:
        yield f"{name} = {value_text(after)}"


def value_text(value: Any) -> str:
    """A value of a state, short."""
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(value_text, value))) + "}"
    if isinstance(value, tuple):
        return "/".join(map(value_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
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
            parts.append(f"d{task} has returned, but {lists} had pages when it was called and has never been empty since.")
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
