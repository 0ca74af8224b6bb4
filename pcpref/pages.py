"""Pages: each page of memory as an object that knows where it is."""

from __future__ import annotations

from enum import Enum

from .errors import PageError


class Where(Enum):
    """The places a page can be in. It is in exactly one."""

    ALLOCATED = "allocated"
    """In use by somebody."""
    PCP = "pcp"
    """On the pcp list of one CPU."""
    BUDDY = "buddy"
    """Free in the buddy allocator, as the head or a later page of a block."""
    MOVING = "moving"
    """Unlinked from one place and not yet linked at the next; never seen between two steps."""
    LOST = "lost"
    """Unlinked by a program that is broken on purpose, and never linked again."""


class Page:
    """One page frame, as struct page in the kernel.

    `pfn` is its number, unique over all zones. `zone` never changes. `cpu` says whose pcp list it is on,
    and means nothing elsewhere. `order` is the order of the free block that it heads (PageBuddy and
    page_order() in Linux 3.4), or None when it heads none.
    """

    __slots__ = ("cpu", "order", "pfn", "where", "zone")

    def __init__(self, pfn: int, zone: int) -> None:
        self.pfn = pfn
        self.zone = zone
        self.where = Where.MOVING
        self.cpu = -1
        self.order: int | None = None

    def leave(self, where: Where) -> None:
        """Take the page out of `where`; raises PageError when it is somewhere else."""
        if self.where is not where:
            raise PageError(f"{self} should be {where.value}, but is {self.where.value}")
        self.where = Where.MOVING

    def enter(self, where: Where, cpu: int = -1) -> None:
        """Put a moving page into `where`; raises PageError when it is still somewhere else."""
        if self.where is not Where.MOVING:
            raise PageError(f"{self} cannot become {where.value}: it is already {self.where.value}")
        self.where = where
        self.cpu = cpu

    def is_on_list_of(self, cpu: int) -> bool:
        """Whether the page is on the pcp list of this CPU (in the page's own zone)."""
        return self.where is Where.PCP and self.cpu == cpu

    def __repr__(self) -> str:
        return f"page pfn {self.pfn} of zone {self.zone}"
