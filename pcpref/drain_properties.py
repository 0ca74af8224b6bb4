"""What a call of drain_all_pages() promises of the lists; each function tells what is broken in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from .ghosts import Ghosts
from .hardware import Hardware
from .tasks import Task


def drain_complete(hardware: Hardware, ghosts: Ghosts) -> Iterator[str]:
    """An idle task owes neither a list nor a page.

    A list that had pages at the call has been empty at some moment before the return, and each of its
    pages has left it, if its CPU was online throughout.
    """
    for task in _idle(hardware):
        for page, cpu in ghosts.pages_owed[task.number]:
            yield f"{page} is still on CPU {cpu}'s pcp list after task {task.number}'s call returned"
        yield from _owed_lists(ghosts, task)


def drain_complete_or_notified(hardware: Hardware, ghosts: Ghosts) -> Iterator[str]:
    """An idle task owes nothing, and the lists of CPUs that went offline are empty or will be drained."""
    for task in _idle(hardware):
        yield from _owed_lists(ghosts, task)
        for cpu, zone in sorted(ghosts.notified[task.number]):
            if not 0 <= hardware.cpus[cpu].dead_zone <= zone:
                yield (
                    f"{_name(cpu, zone)} had pages when task {task.number} called, "
                    f"its CPU went offline, it has not been empty since, and no notifier will come to it"
                )


def drain_instant(hardware: Hardware, ghosts: Ghosts) -> Iterator[str]:
    """For each CPU with pages there was one moment in the call with all its lists empty (Linux up to 3.3)."""
    for task in _idle(hardware):
        for cpu in sorted(ghosts.never_empty[task.number]):
            yield f"CPU {cpu} has had pages at every moment since task {task.number} called"


def last_writer_complete(hardware: Hardware, ghosts: Ghosts) -> Iterator[str]:
    """Of racing callers, the last one to write a static mask is complete: a guess of the review of 2012.

    While one of them is in its call it may still be that one, so this is judged when none is.
    """
    writer = ghosts.last_writer
    if writer >= 0 and ghosts.missed[writer] and not any(task.in_call() for task in hardware.tasks):
        yield f"task {writer} was the last to write the mask, and returned while it owed a list"


def _idle(hardware: Hardware) -> Iterator[Task]:
    return (task for task in hardware.tasks if not task.in_call())


def _owed_lists(ghosts: Ghosts, task: Task) -> Iterator[str]:
    for cpu, zone in sorted(ghosts.owes[task.number]):
        name = _name(cpu, zone)
        yield f"{name} had pages when task {task.number} called, and has not been empty since"


def _name(cpu: int, zone: int) -> str:
    return f"CPU {cpu}'s pcp list of zone {zone}"
