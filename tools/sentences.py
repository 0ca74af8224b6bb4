"""Sentences: what is wrong at the end of a counterexample, as a kernel engineer would say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pcpdrain.codegen.ir.steps import IDLE, Program

from .words import Teller

if TYPE_CHECKING:
    from .traces import State, Trace

_NOBODY = -1


def guilt(trace: Trace, program: Program) -> str:
    """What is wrong in the last state of a counterexample, or in the part of it that repeats for ever."""
    explain: dict[str, Callable[[Trace, State, Program], Iterator[str]]] = {
        "drain_complete": _incomplete,
        "drain_complete_or_notified": _forgotten,
        "drain_instant": _never_empty,
        "page_conservation": _lost,
        "no_ipi_to_offline": _called_offline,
        "no_useless_ipi": _useless,
        "never_stuck": _stuck,
        "call_returns": _for_ever,
        "last_writer_complete": _last_writer,
        "saved_is_honest": _not_saved,
        "unlocked_context": _left_dirty,
    }
    return " ".join(explain[trace.property](trace, trace.states[-1], program))


def _incomplete(_trace: Trace, state: State, _program: Program) -> Iterator[str]:
    for task, owed in enumerate(state["owes"]):
        if state["at"][task] == IDLE and owed:
            yield f"d{task} has returned, but {_not_emptied(owed)}"


def _not_emptied(owed: frozenset[tuple[int, int]]) -> str:
    lists = " and ".join(f"the list of CPU {cpu} in zone {zone}" for cpu, zone in sorted(owed))
    had, has = ("had", "has") if len(owed) == 1 else ("each had", "have")
    return f"{lists} {had} pages when it was called and {has} not been empty since."


def _forgotten(trace: Trace, state: State, program: Program) -> Iterator[str]:
    yield from _incomplete(trace, state, program)
    for task, lists in enumerate(state["notified"]):
        for cpu, zone in sorted(lists):
            coming = state["dead_zone"][cpu]
            if state["at"][task] == IDLE and not 0 <= coming <= zone:
                yield (
                    f"d{task} has returned, but the list of CPU {cpu} in zone {zone} had pages when it was "
                    f"called and has not been empty since. CPU {cpu} went offline, and its notifier "
                    f"{'is already past that zone' if coming >= 0 else 'is through'}."
                )


def _never_empty(_trace: Trace, state: State, _program: Program) -> Iterator[str]:
    for task, cpus in enumerate(state["never_empty"]):
        if state["at"][task] == IDLE:
            for cpu in sorted(cpus):
                yield (
                    f"d{task} has returned, but at every moment of its call CPU {cpu} had a page "
                    f"on one of its lists."
                )


def _lost(trace: Trace, state: State, _program: Program) -> Iterator[str]:
    for zone in range(trace.scope.zones):
        listed = sum(lists[zone] for lists in state["pcp"])
        linked = sum(linking == zone for linking in state.get("linking", ()))
        total = listed + linked + state["buddy"][zone] + state["in_use"][zone]
        if total != trace.scope.pages:
            pages = f"{trace.scope.pages} page" + ("" if trace.scope.pages == 1 else "s")
            yield f"Zone {zone} has {pages}, but the places where pages are hold {total}."


def _called_offline(_trace: Trace, state: State, _program: Program) -> Iterator[str]:
    for cpu, queue in enumerate(state["call_queue"]):
        if cpu not in state["online"]:
            for task in sorted(queue):
                yield f"d{task} has called CPU {cpu}, which is offline and cannot answer."


def _useless(_trace: Trace, state: State, _program: Program) -> Iterator[str]:
    for cpu, queue in enumerate(state["call_queue"]):
        for task in sorted(queue):
            if state["at"][task] != IDLE and cpu not in state["had_pages"][task]:
                yield f"d{task} calls CPU {cpu}, all of whose lists have been empty since d{task} was called."


def _stuck(trace: Trace, state: State, program: Program) -> Iterator[str]:
    teller = Teller(program, trace.scope.drainers)
    waiting = [teller.waits_for(task, state) for task, step in enumerate(state["at"]) if step != IDLE]
    yield f"No step of the kernel is possible: {'; '.join(waiting)}."


def _for_ever(trace: Trace, _state: State, program: Program) -> Iterator[str]:
    """A lasso: what repeats, and why those do not return that are in their call throughout."""
    teller = Teller(program, trace.scope.drainers)
    if trace.loop is None:
        return
    first, last = trace.loop, len(trace.labels)
    repeated = trace.states[first : max(last, first + 1)]
    if first == last:
        yield "No step of the kernel is possible any more."
    elif first + 1 == last:
        yield f"Step {last} repeats for ever."
    else:
        yield f"Steps {first + 1} to {last} repeat for ever."
    for task in range(len(trace.scope.drainers)):
        if any(state["at"][task] == IDLE for state in repeated):
            continue
        moves = sorted({label for label in trace.labels[first:] if label.startswith(f"d{task}:")})
        if moves:
            found = [place for label in moves if (place := teller.place(label))]
            places = sorted({line for name, line in found if name == trace.source.name})
            lines = f" in lines {places[0]} to {places[-1]}" if places else ""
            yield f"d{task} goes round{lines} and never returns."
        else:
            # A lock that is taken again and again is free in some of these states, and held in others.
            told = [teller.waits_for(task, state) for state in repeated]
            yield next((sentence for sentence in told if "waits for" in sentence), told[0]) + ", for ever."


def _last_writer(trace: Trace, state: State, _program: Program) -> Iterator[str]:
    task = state["last_writer"]
    returned = max(number for number, label in enumerate(trace.labels) if label == f"d{task}:return")
    owed = trace.states[returned]["owes"][task]
    lists = " and ".join(f"the list of CPU {cpu} in zone {zone}" for cpu, zone in sorted(owed))
    yield (
        f"No call is under way, and d{task} was the last to write the mask. When it returned, in step "
        f"{returned + 1}, {lists} had not been empty since its call."
    )


def _not_saved(_trace: Trace, state: State, program: Program) -> Iterator[str]:
    online = len(state["online"])
    for task, called in enumerate(state["called"]):
        step = program.task.steps.get(state["at"][task])
        if step is not None and step.counts and 2 * len(called) >= online:
            cpus = " and ".join(f"CPU {cpu}" for cpu in sorted(called))
            yield (
                f"d{task} is about to count its drain as one that spared CPUs an IPI ({step.counts}), "
                f"but of {online} online CPUs it has called {len(called)}: {cpus}."
            )


def _left_dirty(trace: Trace, state: State, program: Program) -> Iterator[str]:
    idle = [task for task, step in enumerate(state["at"]) if step == IDLE]
    for task in idle:
        if count := state["preempt_count"][task]:
            yield f"d{task} has returned with preemption off (preempt_count {count})."
        for lock in program.locks:
            if state[lock] == task:
                yield f"d{task} has returned and still holds {lock}."
    for cpu, on in enumerate(state["irqs_on"]):
        if not on and all(task in idle for task, home in enumerate(trace.scope.drainers) if home == cpu):
            yield f"CPU {cpu} has irqs off, though none of its tasks is in a call."
        elif not on:
            yield f"CPU {cpu} has irqs off, and none of its tasks is where it has turned them off."
