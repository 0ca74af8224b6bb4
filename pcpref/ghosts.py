"""Ghosts: what is remembered of a run so that its states can be judged. No program can see them."""

from __future__ import annotations

from collections.abc import Sequence

from .cpumask import Cpumask
from .hardware import Hardware
from .pages import Page
from .tasks import Task

CpuZone = tuple[int, int]
"""A pcp list, as (cpu, zone)."""

GHOSTS = frozenset({"owes", "notified", "never_empty", "had_pages", "called", "last_writer", "missed"})
"""The observed variables that are ghosts."""

NOBODY = -1


class Ghosts:
    """What happened to the lists during each task's last call, and who wrote the static masks last.

    A list with a page that is linked and not yet counted is not empty. All but `had_pages` stays on record
    after the return.
    """

    def __init__(self, hardware: Hardware, masks: Sequence[Cpumask]) -> None:
        self._hardware = hardware
        self._masks = masks
        self._stores = sum(mask.stores for mask in masks)
        self._online = hardware.cpu_online_mask.cpus()
        self._lists = self._lists_with_pages()
        # The lists that have pages, after the last step.
        self.owes: list[frozenset[CpuZone]] = [frozenset() for _ in hardware.tasks]
        """For each task, the lists of online CPUs that were non-empty at its last call and have not been
        empty since; without those of CPUs that went offline."""
        self.notified: list[frozenset[CpuZone]] = [frozenset() for _ in hardware.tasks]
        """For each task, the lists it owed when their CPU went offline, and not empty since."""
        self.never_empty: list[frozenset[int]] = [frozenset() for _ in hardware.tasks]
        """For each task, the CPUs that have been online and had pages at every moment since its last call."""
        self.had_pages: list[frozenset[int]] = [frozenset() for _ in hardware.tasks]
        """For each task, the CPUs with a page at some moment of its call so far; none while idle."""
        self.pages_owed: list[list[tuple[Page, int]]] = [[] for _ in hardware.tasks]
        """For each task, the pages, with the CPU, that its last call found on a list of `owes` and that are
        there still. Not observed: it is `owes` page by page."""
        self.last_writer = NOBODY
        """The task whose step stored to a static mask last, unless it has begun another call since. Stores by
        handlers and by boot do not count."""
        self.missed: list[bool] = [False for _ in hardware.tasks]
        """For each task between two calls, whether it owed a list at the moment its last call returned."""

    def called(self, task: Task) -> None:
        """A task has entered drain_all_pages()."""
        number = task.number
        if self.last_writer == number:
            self.last_writer = NOBODY
        self.missed[number] = False
        lists = self._lists
        owed = frozenset([(cpu, zone) for cpu, zone in lists if cpu in self._online])
        self.owes[number] = owed
        self.notified[number] = frozenset()
        self.never_empty[number] = frozenset([cpu for cpu, _ in owed])
        self.had_pages[number] = frozenset([cpu for cpu, _ in lists])
        self.pages_owed[number] = [
            (page, cpu) for cpu, zone in sorted(owed) for page in self._hardware.pcp[cpu][zone]
        ]

    def returned(self, task: Task) -> None:
        """A task's call has returned. What it owes it goes on owing."""
        self.had_pages[task.number] = frozenset()
        self.missed[task.number] = bool(self.owes[task.number])

    def stepped(self, writer: int) -> None:
        """Some step has been made, by this task's program or (-1) by anybody else: look at everything."""
        online = self._hardware.cpu_online_mask.cpus()
        if online != self._online:
            self._went_offline(self._online - online)
            self._online = online
        lists = self._lists_with_pages()
        if lists != self._lists:
            self._lists = lists
            self._look_at_lists()
        for number, owed in enumerate(self.pages_owed):
            if owed:
                self.pages_owed[number] = [(page, cpu) for page, cpu in owed if page.is_on_list_of(cpu)]
        self._look_at_masks(writer)

    def _look_at_lists(self) -> None:
        """A list has become empty, or is empty no longer."""
        cpus = frozenset([cpu for cpu, _ in self._lists])
        for task in self._hardware.tasks:
            number = task.number
            self.owes[number] &= self._lists
            self.notified[number] &= self._lists
            self.never_empty[number] &= cpus
            if task.in_call():
                self.had_pages[number] |= cpus

    def _went_offline(self, gone: frozenset[int]) -> None:
        """What is owed of these CPUs is now their notifier's matter."""
        for number, owed in enumerate(self.owes):
            moved = frozenset([(cpu, zone) for cpu, zone in owed if cpu in gone])
            self.owes[number] = owed - moved
            self.notified[number] |= moved
            self.never_empty[number] -= gone
            self.pages_owed[number] = [
                (page, cpu) for page, cpu in self.pages_owed[number] if cpu not in gone
            ]

    def _look_at_masks(self, writer: int) -> None:
        stores = 0
        for mask in self._masks:
            stores += mask.stores
        if stores != self._stores:
            self._stores = stores
            if writer != NOBODY:
                self.last_writer = writer

    def _lists_with_pages(self) -> frozenset[CpuZone]:
        return frozenset(
            [
                (cpu, zone)
                for cpu, lists in enumerate(self._hardware.pcp)
                for zone, pcp in enumerate(lists)
                if not pcp.is_empty()
            ]
        )
