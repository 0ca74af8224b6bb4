"""Buddy allocator: the free blocks of one zone, split on demand and coalesced on free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .errors import PageError
from .pages import Page, Where

MAX_ORDER = 10
"""The largest order of a block, inclusive as in Linux since 6.4 (before, MAX_ORDER was 11 and exclusive)."""


class Buddy:
    """The free lists of one zone, one per order (struct free_area in Linux).

    A block of order n is 2^n pages and starts at a pfn that 2^n divides. Its buddy is the block at pfn
    xor 2^n. Blocks are always as large as the free pages allow: no two buddies of the same order are both
    free.

    `pages` are all pages of the zone, without holes and in the order of their pfns; their number need not
    be a power of two and the first pfn need not be aligned. In the beginning none of them is free.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._start = pages[0].pfn
        self._end = self._start + len(pages)
        self._free_area: list[dict[int, Page]] = [{} for _ in range(MAX_ORDER + 1)]
        self.nr_free = 0
        """Free pages in this zone, in pages (NR_FREE_PAGES: what is on a pcp list does not count)."""

    def free_block(self, head: Page, order: int) -> None:
        """Free the 2^order pages from `head` on and merge them with their free buddies.

        As __free_one_page() in Linux 3.4. The pages must be moving, that is in no other place; raises
        PageError otherwise.
        """
        self._check_order(order)
        pfn = head.pfn
        if pfn % (1 << order) or not self._has_block(pfn, order):
            raise PageError(f"{head} cannot head a block of order {order}")
        for page in self._block(pfn, order):
            page.enter(Where.BUDDY)
        self.nr_free += 1 << order
        while order < MAX_ORDER:  # no suite takes this: a zone of 1,024 pages is beyond any graph
            buddy = pfn ^ (1 << order)
            if buddy not in self._free_area[order]:
                break
            self._unlink(buddy, order)
            pfn &= buddy
            order += 1
        self._link(pfn, order)

    def alloc_block(self, order: int) -> Page | None:
        """Take a block of this order, or None when no block is large enough.

        As __rmqueue_smallest() in Linux 3.4: the smallest sufficient block is used, of those the one
        freed last. Of a larger block the low end is taken and the upper halves go back to the free lists
        (expand(), Linux 3.4). The pages of the block are then moving.
        """
        self._check_order(order)
        for larger in range(order, MAX_ORDER + 1):
            if self._free_area[larger]:
                pfn = next(reversed(self._free_area[larger]))
                self._unlink(pfn, larger)
                for half in range(order, larger):
                    self._link(pfn + (1 << half), half)
                self.nr_free -= 1 << order
                for page in self._block(pfn, order):
                    page.leave(Where.BUDDY)
                return self._pages[pfn - self._start]
        return None

    def blocks(self) -> Iterator[tuple[int, int]]:
        """All free blocks as (pfn of the head, order), small orders first and then as linked."""
        for order, area in enumerate(self._free_area):
            for pfn in area:
                yield pfn, order

    def pages_in(self, pfn: int, order: int) -> Sequence[Page]:
        """The pages of the block of this order that starts at this pfn."""
        return self._block(pfn, order)

    def problems(self) -> Iterator[str]:
        """What is wrong with the free lists, one sentence each: blocks misplaced, unmarked or not merged."""
        total = 0
        for pfn, order in self.blocks():
            total += 1 << order
            if pfn % (1 << order) or not self._has_block(pfn, order):
                yield f"the free block of order {order} at pfn {pfn} is not aligned or leaves its zone"
                continue
            if self._pages[pfn - self._start].order != order:
                yield f"the free block of order {order} at pfn {pfn} is not marked with its order"
            buddy = pfn ^ (1 << order)
            if order < MAX_ORDER and pfn < buddy and buddy in self._free_area[order]:
                yield f"the free blocks of order {order} at pfn {pfn} and pfn {buddy} are not merged"
        if total != self.nr_free:
            yield f"the free blocks hold {total} pages, but nr_free is {self.nr_free}"

    def _check_order(self, order: int) -> None:
        if not 0 <= order <= MAX_ORDER:
            raise PageError(f"orders are 0..{MAX_ORDER}, not {order}")

    def _has_block(self, pfn: int, order: int) -> bool:
        return self._start <= pfn and pfn + (1 << order) <= self._end

    def _block(self, pfn: int, order: int) -> Sequence[Page]:
        first = pfn - self._start
        return self._pages[first : first + (1 << order)]

    def _link(self, pfn: int, order: int) -> None:
        head = self._pages[pfn - self._start]
        head.order = order
        self._free_area[order][pfn] = head

    def _unlink(self, pfn: int, order: int) -> None:
        self._free_area[order].pop(pfn).order = None
