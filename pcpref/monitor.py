"""Monitor: watches a machine from outside and says which of its promises are broken.

What it remembers (the ghosts) no program can see. All checks are of the state after a step.
"""

from __future__ import annotations

from collections.abc import Iterator

from .hardware import Hardware
from .pages import Page
from .scheduler import Scheduler
from .tasks import Task

CpuZone = tuple[int, int]
"""A pcp list, as (cpu, zone)."""


class Monitor:
    """The ghosts and the four properties: drain_complete, page_conservation, no_useless_ipi, never_stuck."""

    def __init__(self, hardware: Hardware, scheduler: Scheduler) -> None:
        self._hardware = hardware
        self._scheduler = scheduler
        self.owes: list[frozenset[CpuZone]] = [frozenset() for _ in hardware.tasks]
        """For each task, the lists that were non-empty at its last call and have not been empty since."""
        self.had_pages: list[frozenset[int]] = [frozenset() for _ in hardware.tasks]
        """For each task, the CPUs with a page at some moment of its call so far; none while idle."""
        self._pages_owed: list[list[tuple[Page, int]]] = [[] for _ in hardware.tasks]
        # For each task, the pages that its last call found on a list and that are there still, with the CPU.

    def called(self, task: Task) -> None:
        """A task has entered drain_all_pages()."""
        lists = self._lists_with_pages()
        self.owes[task.number] = lists
        self.had_pages[task.number] = frozenset([cpu for cpu, _ in lists])
        self._pages_owed[task.number] = [
            (page, cpu) for cpu, zone in sorted(lists) for page in self._hardware.pcp[cpu][zone]
        ]

    def returned(self, task: Task) -> None:
        """A task's call has returned. What it owes it goes on owing."""
        self.had_pages[task.number] = frozenset()

    def stepped(self) -> None:
        """Some step has been made: look at all lists as they stand now."""
        lists = self._lists_with_pages()
        cpus = frozenset([cpu for cpu, _ in lists])
        for task in self._hardware.tasks:
            number = task.number
            if self.owes[number]:
                self.owes[number] &= lists
            if self._pages_owed[number]:
                self._pages_owed[number] = [
                    (page, cpu) for page, cpu in self._pages_owed[number] if page.is_on_list_of(cpu)
                ]
            if task.in_call():
                self.had_pages[number] |= cpus

    def violations(self) -> dict[str, tuple[str, ...]]:
        """The properties that this state violates, each with one sentence for every way in which it does."""
        checks = {
            "drain_complete": self._left_behind(),
            "page_conservation": self._misplaced(),
            "no_useless_ipi": self._useless_ipis(),
            "never_stuck": self._stuck(),
        }
        found = {name: tuple(sentences) for name, sentences in checks.items()}
        return {name: sentences for name, sentences in found.items() if sentences}

    def _left_behind(self) -> Iterator[str]:
        """drain_complete: an idle task owes neither a list nor a page."""
        for task in self._hardware.tasks:
            if not task.in_call():
                for page, cpu in self._pages_owed[task.number]:
                    yield f"{page} is still on CPU {cpu}'s pcp list after task {task.number}'s call returned"
                for cpu, zone in sorted(self.owes[task.number]):
                    name = f"CPU {cpu}'s pcp list of zone {zone}"
                    yield f"{name} had pages when task {task.number} called, and has not been empty since"

    def _misplaced(self) -> Iterator[str]:
        """page_conservation: in each zone every page is in exactly one place, and every place is in order."""
        for zone in self._hardware.zones:
            yield from zone.problems()

    def _useless_ipis(self) -> Iterator[str]:
        """no_useless_ipi: nobody is called who had no page at any moment of the call so far."""
        for task in self._hardware.tasks:
            if task.in_call():
                for cpu in self._hardware.cpus:
                    if task.number in cpu.call_queue and cpu.number not in self.had_pages[task.number]:
                        yield f"task {task.number} called CPU {cpu.number}, which had no page in the call"

    def _stuck(self) -> Iterator[str]:
        """never_stuck: while a call is under way, some step is possible that is not the workload's."""
        if any(self._scheduler.kernel_steps()):
            return
        for task in self._hardware.tasks:
            if task.in_call():
                yield f"task {task.number} is at {task.context.at} and nothing in the kernel can move"

    def _lists_with_pages(self) -> frozenset[CpuZone]:
        return frozenset(
            [
                (cpu, zone)
                for cpu, lists in enumerate(self._hardware.pcp)
                for zone, pcp in enumerate(lists)
                if not pcp.is_empty()
            ]
        )
