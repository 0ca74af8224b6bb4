"""What must hold of pages, calls and contexts; each function tells what is broken in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from .cpu import LEFT_OFF
from .ghosts import Ghosts
from .hardware import Hardware
from .locks import Lock
from .program import Program
from .scheduler import Scheduler

SAVED = "pcp_global_ipi_saved"
"""The counter of drains that called few CPUs (patch 8/8 of the series of 2012, never merged)."""


def page_conservation(hardware: Hardware) -> Iterator[str]:
    """In each zone every page is in exactly one place, and every place is in order."""
    for zone in hardware.zones:
        yield from zone.problems()


def no_ipi_to_offline(hardware: Hardware) -> Iterator[str]:
    """No request waits on a CPU that is not online."""
    for cpu in hardware.cpus:
        if not cpu.online:
            for sender in cpu.call_queue:
                yield f"task {sender} has called CPU {cpu.number}, which is offline"


def no_useless_ipi(hardware: Hardware, ghosts: Ghosts) -> Iterator[str]:
    """Nobody is called who had no page at any moment of the call so far."""
    for task in hardware.tasks:
        if task.in_call():
            for cpu in hardware.cpus:
                if task.number in cpu.call_queue and cpu.number not in ghosts.had_pages[task.number]:
                    yield f"task {task.number} called CPU {cpu.number}, which had no page in the call"


def never_stuck(hardware: Hardware, scheduler: Scheduler) -> Iterator[str]:
    """While a call is under way, some step of the kernel is possible.

    Calls, signals, hotplug and the workload do not count: nobody may rely on them.
    """
    if any(scheduler.kernel_steps()):
        return
    for task in hardware.tasks:
        if task.in_call():
            yield f"task {task.number} is at {task.context.at} and nothing in the kernel can move"


def saved_is_honest(hardware: Hardware, program: Program) -> Iterator[str]:
    """A task about to count a drain as saved has called fewer than half of the online CPUs."""
    online = hardware.cpu_online_mask.weight()
    for task in hardware.tasks:
        if program.COUNTS.get(task.context.at) == SAVED and 2 * len(task.called) >= online:
            yield (
                f"task {task.number} is about to count {SAVED}, "
                f"but has called {len(task.called)} of {online} online CPUs"
            )


def unlocked_context(hardware: Hardware, program: Program) -> Iterator[str]:
    """A call leaves irqs, preemption and locks as it found them.

    An idle task has preemption on and holds no lock; a CPU has irqs off only by a task that has turned
    them off in the call that it is in.
    """
    for cpu in hardware.cpus:
        if cpu.irqs_off_by == LEFT_OFF:
            yield f"a call on CPU {cpu.number} has returned with irqs off"
    for task in hardware.tasks:
        if task.in_call():
            continue
        if task.preempt_count:
            yield f"task {task.number}'s call has returned with preemption off"
        for name in program.STATICS:
            lock = getattr(program, name)
            if isinstance(lock, Lock) and lock.holder == task.number:
                yield f"task {task.number}'s call has returned with {name} held"
