"""Zones: a range of pages with its buddy allocator, the pcp list of each CPU, and what is in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .buddy import MAX_ORDER, Buddy
from .errors import PageError
from .pages import Page, Where
from .pcp import PcpList
from .scope import Scope


class Zone:
    """One zone of the machine (struct zone in Linux).

    It starts at a multiple of the largest block, so that no block could reach over two zones. In the
    beginning all of its pages are in use.
    """

    def __init__(self, number: int, scope: Scope) -> None:
        largest = 1 << MAX_ORDER
        start = number * largest * -(-scope.pages // largest)
        self.number = number
        self.pages = tuple(Page(pfn, number) for pfn in range(start, start + scope.pages))
        self.buddy = Buddy(self.pages)
        self.pcp = tuple(PcpList(cpu, self.buddy, scope.high, scope.batch) for cpu in range(scope.cpus))
        # A dict for its order: the first key is the page that has been in use for the longest time.
        self._in_use: dict[Page, None] = {}
        for page in self.pages:
            self._take_into_use(page)

    @property
    def in_use(self) -> int:
        """Number of pages allocated to somebody."""
        return len(self._in_use)

    def free_page(self, cpu: int) -> None:
        """Somebody on this CPU frees the page that was allocated first; PageError when none is in use."""
        self.pcp[cpu].free(self._take_out_of_use())

    def link_page(self, cpu: int) -> None:
        """Somebody on this CPU begins to free that page: it is linked, and not yet counted."""
        self.pcp[cpu].link(self._take_out_of_use())

    def alloc_page(self, cpu: int) -> None:
        """Somebody on this CPU allocates one page; PageError when there is none for it."""
        page = self.pcp[cpu].alloc()
        if page is None:
            raise PageError(f"CPU {cpu} finds no free page in zone {self.number}")
        self._take_into_use(page)

    def problems(self) -> Iterator[str]:
        """What is wrong with the zone's pages, one sentence each.

        Nothing is when each page is in exactly one place. Every place is walked and its pages compared
        with what they say of themselves.
        """
        found: Counter[Page] = Counter()
        for page in self._in_use:
            found[page] = 1
            if page.where is not Where.ALLOCATED:
                yield f"{page} is in use, but is marked {page.where.value}"
        for pcp in self.pcp:
            for page in pcp:
                found[page] += 1
                if not page.is_on_list_of(pcp.cpu):
                    marked = f"{page.where.value} (CPU {page.cpu})"
                    yield f"{page} is on CPU {pcp.cpu}'s pcp list, but is marked {marked}"
            if pcp.count + pcp.uncounted != len(pcp):
                name = f"CPU {pcp.cpu}'s pcp list of zone {self.number}"
                yield f"{name} has {len(pcp)} pages, but its count is {pcp.count}"
        for pfn, order in self.buddy.blocks():
            for page in self.buddy.pages_in(pfn, order):
                found[page] += 1
                if page.where is not Where.BUDDY:
                    yield f"{page} is in a free block of order {order}, but is marked {page.where.value}"
        for page in self.pages:
            if found[page] != 1:
                yield f"{page} is in {found[page]} places"
        if len(found) > len(self.pages):
            yield f"zone {self.number} holds pages that are not its own"
        yield from self.buddy.problems()

    def _take_out_of_use(self) -> Page:
        if not self._in_use:
            raise PageError(f"no page of zone {self.number} is in use")
        page = next(iter(self._in_use))
        del self._in_use[page]
        page.leave(Where.ALLOCATED)
        return page

    def _take_into_use(self, page: Page) -> None:
        page.enter(Where.ALLOCATED)
        self._in_use[page] = None
