"""Pcp lists: the free pages that one CPU keeps of one zone for itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from .buddy import Buddy
from .errors import PageError
from .pages import Page, Where


class PcpList:
    """The list of free pages of one CPU in one zone (struct per_cpu_pages in Linux).

    Only its own CPU touches it, with irqs off, so it needs no lock (Linux up to 5.19); other CPUs may
    read `count`. Pages are freed to and allocated from the hot end and go back to the buddy allocator
    from the cold end. `high` and `batch` are in pages. `count` is kept apart from the list, as in the
    kernel. Between steps it equals the list's length, less the `uncounted` page that a free in progress
    has linked and not yet counted.
    """

    __slots__ = ("_pages", "batch", "buddy", "count", "cpu", "high", "uncounted")

    def __init__(self, cpu: int, buddy: Buddy, high: int, batch: int) -> None:
        self.cpu = cpu
        self.buddy = buddy
        self.high = high
        self.batch = batch
        self.count = 0
        self.uncounted = 0
        self._pages: deque[Page] = deque()
        # The right end of the deque is the hot one.

    def free(self, page: Page) -> None:
        """Free a moving page to the list: link it, count it, flush a batch if the count has reached `high`.

        As free_hot_cold_page() in Linux 3.4: in this order, and the threshold is tested on the new count.
        """
        self.link(page)
        self.count_linked()

    def link(self, page: Page) -> None:
        """Begin to free a moving page: it is on the list, and others still read the old count."""
        page.enter(Where.PCP, self.cpu)
        self._pages.append(page)
        self.uncounted += 1

    def count_linked(self) -> None:
        """Finish the free: count the page, and flush a batch if the count has reached `high`."""
        if self.uncounted != 1:
            raise PageError(f"no page is linked and not counted on CPU {self.cpu}'s pcp list")
        self.uncounted = 0
        self.count += 1
        if self.count >= self.high:
            self._bulk_free(min(self.batch, self.count))

    def alloc(self) -> Page | None:
        """Take the hottest page, after refilling an empty list by a batch; None when that finds nothing.

        As buffered_rmqueue() in Linux 3.4 for order 0. The page returned is moving.
        """
        if not self._pages:
            self._refill()
        if not self._pages:  # no suite takes this: the step is enabled only where there is a page
            return None
        page = self._pages.pop()
        self.count -= 1
        page.leave(Where.PCP)
        return page

    def can_alloc(self) -> bool:
        """Whether alloc() would find a page."""
        return bool(self._pages) or self.buddy.nr_free > 0

    def drain(self) -> None:
        """Give the whole list back to the buddy allocator (drain_pages(), Linux 3.4, for one zone)."""
        self._bulk_free(self.count)

    def forget(self) -> None:
        """Empty the list and lose its pages: no other place gets them. No kernel does this."""
        while self._pages:
            page = self._pages.popleft()
            page.leave(Where.PCP)
            page.enter(Where.LOST)
        self.count = 0

    def duplicate(self) -> None:
        """Give all pages to the buddy allocator and leave them linked here as well. No kernel does this."""
        for page in self._pages:
            page.leave(Where.PCP)
            self.buddy.free_block(page, 0)

    def is_empty(self) -> bool:
        """Whether no page is linked; looks at the list itself and not at the count."""
        return not self._pages

    def __iter__(self) -> Iterator[Page]:
        """The pages on the list, the hottest first."""
        return reversed(self._pages)

    def __len__(self) -> int:
        return len(self._pages)

    def _refill(self) -> None:
        """Fetch up to a batch of single pages from the buddy allocator (rmqueue_bulk(), Linux 3.4).

        The page fetched first will be allocated first, so that a caller gets rising pfns out of one split
        block.
        """
        for _ in range(self.batch):
            page = self.buddy.alloc_block(0)
            if page is None:
                break
            page.enter(Where.PCP, self.cpu)
            self._pages.appendleft(page)
            self.count += 1

    def _bulk_free(self, number: int) -> None:
        """Move this many pages from the cold end to the buddy allocator (free_pcppages_bulk(), Linux 3.4).

        The zone lock is taken and released inside, which no step can see.
        """
        for _ in range(number):
            page = self._pages.popleft()
            self.count -= 1
            page.leave(Where.PCP)
            self.buddy.free_block(page, 0)
