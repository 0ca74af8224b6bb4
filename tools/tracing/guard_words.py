"""Guard words: the guards of a step as a kernel engineer would say that they do not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pcpdrain.codegen.backends.tla.guards import Guard
from pcpdrain.codegen.scopes import Scope

_NOBODY = -1

_WORDS = {
    ("TaskRuns", "Home[d] \\in online"): "{home}, where d{d} lives, is offline",
    (
        "TaskRuns",
        "serving[Home[d]] = NoTask",
    ): "d{d} is interrupted: {home} runs the IPI handler for d{served}",
    ("TaskRuns", "linking[Home[d]] = NoZone"): "{home} is between linking a page and counting it",
    (
        "TaskRuns",
        "{other \\in Tasks \\ {d} : Home[other] = Home[d] /\\ preempt_count[other] > 0} = {}",
    ): "another task of {home} has preemption off, so d{d} does not run",
    (
        "TaskRuns",
        'at[d] = "idle" => irqs_on[Home[d]]',
    ): "interrupts are off on {home}, so d{d} does not come to run",
    (
        "TaskRunsIrqsOn",
        "irqs_on[Home[d]]",
    ): "interrupts are off on {home}, and it is not d{d} that needs them off here",
    ("Call", "calls_left[d] >= Min(1, Calls)"): "d{d} has made all its calls",
    (
        "CsdFree",
        "target \\notin awaiting[d]",
    ): "CPU {target} has not answered d{d}'s last request: the csd is in use",
    ("Answered", "target \\notin awaiting[d]"): "CPU {target} has not answered d{d}",
    ("Signal", "Signals"): "there are no signals at this scope",
    ("Signal", 'at[d] /= "idle"'): "d{d} is in no call",
    ("Signal", "~signalled[d]"): "d{d} has a signal already",
    ("CanTake", "c \\in online"): "CPU {c} is offline",
    ("CanTake", "irqs_on[c]"): "interrupts are off on CPU {c}",
    ("CanTake", "serving[c] = NoTask"): "CPU {c} runs the IPI handler already, for d{served}",
    ("CanTake", "linking[c] = NoZone"): "CPU {c} is between linking a page and counting it",
    ("CanTake", "d \\in call_queue[c]"): "no request of d{d} is queued at CPU {c}",
    ("HandlerRuns", "serving[c] /= NoTask"): "CPU {c} runs no IPI handler",
    ("WorkloadRuns", "c \\in online"): "CPU {c} is offline",
    ("WorkloadRuns", "irqs_on[c]"): "interrupts are off on CPU {c}",
    ("WorkloadRuns", "serving[c] = NoTask"): "CPU {c} runs the IPI handler, with interrupts off",
    ("WorkloadRuns", "linking[c] = NoZone"): "CPU {c} is between linking a page and counting it",
    ("Free", "~CountWindow"): "a page is freed in two steps at this scope",
    ("Free", "in_use[z] > 0"): "no page of zone {z} is in use",
    ("Link", "CountWindow"): "a page is freed in one step at this scope",
    ("Link", "in_use[z] > 0"): "no page of zone {z} is in use",
    ("Count", "linking[c] = z"): "CPU {c} has linked no page of zone {z}",
    ("Alloc", "pcp[c][z] + refill > 0"): "zone {z} has no page on the list of CPU {c}, nor in the buddy",
    ("Offline", "c \\in Leavers \\cap online"): "CPU {c} is not online, or may not leave",
    (
        "Offline",
        "{d \\in Tasks : preempt_count[d] > 0} = {}",
    ): "a task has preemption off, which keeps stop_machine() out",
    (
        "Offline",
        "online \\subseteq QuietCpus",
    ): "a CPU has interrupts off or runs a handler, which keeps stop_machine() out",
    ("Offline", "call_queue[c] = {}"): "CPU {c} has requests to answer before it leaves",
    (
        "Offline",
        "{b \\in Cpus : dead_zone[b] /= NoZone} = {}",
    ): "the notifier of a CPU that left is under way",
    ("DeadNotifier", "dead_zone[c] = z"): "the notifier for CPU {c} is not at zone {z}",
    (
        "DeadNotifier",
        "CpusForOthers /= {}",
    ): "no online CPU has preemption and interrupts on, so the notifier has none to run on",
    ("Online", "c \\in Leavers \\ online"): "CPU {c} is online, or never left",
    ("Online", "{b \\in Cpus : dead_zone[b] /= NoZone} = {}"): "the notifier of a CPU that left is under way",
}

_POSITION = re.compile(r'(?P<variable>at|irq_at)\[(?P<actor>[dc])\] = "(?P<step>[^"]*)"')
_LOCK = re.compile(r"(?P<lock>\w+) = NoTask")
_LOCK_OR_SIGNAL = re.compile(r"IF (?P<lock>\w+) = NoTask THEN TRUE ELSE SignalPending\(d\)")
_ELEMENT = re.compile(r"(?P<name>\w+)\[(?P<index>\d+)\]")


def words(guard: Guard, state: Mapping[str, Any], scope: Scope) -> str:
    """Why the guard does not hold in a state, whose variables have their names in TLA+."""
    values: dict[str, Any] = {name: _value(text, state) for name, text in guard.values.items()}
    cpu = scope.drainers[values["d"]] if "d" in values and "c" not in values else values.get("c")
    if cpu is not None:
        values |= {"home": f"CPU {cpu}", "served": state["serving"][cpu]}
    known = _WORDS.get((guard.operator, guard.text))
    if known is not None:
        return known.format_map(values)
    if found := _POSITION.fullmatch(guard.text):
        who = f"d{values['d']}" if found["actor"] == "d" else f"the handler of CPU {values['c']}"
        return f"{who} is at {state[found['variable']][values[found['actor']]]}, not at {found['step']}"
    if found := _LOCK_OR_SIGNAL.fullmatch(guard.text):
        return f"d{state[found['lock']]} holds {found['lock']}, and d{values['d']} has no signal"
    if found := _LOCK.fullmatch(guard.text):
        return f"d{state[found['lock']]} holds {found['lock']}"
    if guard.text in ("booted", "~booted"):
        return "the machine has not booted" if guard.text == "booted" else "the machine has booted already"
    raise AssertionError(f"no words for the guard {guard.text} of {guard.operator}")


def _value(text: str, state: Mapping[str, Any]) -> Any:
    """The value of an argument: a number, or an element of a variable; else its text."""
    if text.isdigit():
        return int(text)
    found = _ELEMENT.fullmatch(text)
    return state[found["name"]][int(found["index"])] if found and found["name"] in state else text
