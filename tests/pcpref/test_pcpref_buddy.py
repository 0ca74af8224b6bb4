"""The buddy allocator: no page is lost, blocks are as large as can be, a request fails only if it must."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.pcpref.buddy import MAX_ORDER, Buddy
from pcpdrain.pcpref.errors import PageError
from pcpdrain.pcpref.pages import Page, Where


def zone_of(size: int, start: int = 0, *, free: bool = True) -> tuple[list[Page], Buddy]:
    pages = [Page(pfn, 0) for pfn in range(start, start + size)]
    buddy = Buddy(pages)
    if free:
        for page in pages:
            buddy.free_block(page, 0)
    return pages, buddy


def largest_blocks(free: AbstractSet[int]) -> set[tuple[int, int]]:
    """The aligned blocks of free pages that lie in no larger one, found by trying all."""
    blocks: set[tuple[int, int]] = set()
    covered: set[int] = set()
    for order in reversed(range(MAX_ORDER + 1)):
        for pfn in sorted(free):
            block = range(pfn, pfn + (1 << order))
            if pfn % (1 << order) == 0 and pfn not in covered and free >= set(block):
                blocks.add((pfn, order))
                covered |= set(block)
    return blocks


def free_pfns(pages: list[Page]) -> set[int]:
    return {page.pfn for page in pages if page.where is Where.BUDDY}


@given(st.integers(1, 45), st.integers(0, 9), st.data())
def test_blocks_are_as_large_as_the_free_pages_allow(size: int, start: int, data: st.DataObject) -> None:
    pages, buddy = zone_of(size, start, free=False)
    held: list[tuple[Page, int]] = [(page, 0) for page in pages]
    for _ in range(data.draw(st.integers(1, 120))):
        if data.draw(st.booleans()) and held:
            head, order = held.pop(data.draw(st.integers(0, len(held) - 1)))
            buddy.free_block(head, order)
        else:
            order = data.draw(st.integers(0, 4))
            free = free_pfns(pages)
            possible = any(
                pfn % (1 << order) == 0 and free >= set(range(pfn, pfn + (1 << order))) for pfn in free
            )
            found = buddy.alloc_block(order)
            assert (found is not None) == possible
            if found is not None:
                held.append((found, order))
        in_hand = [page for head, order in held for page in buddy.pages_in(head.pfn, order)]
        assert all(page.where is Where.MOVING for page in in_hand)
        assert len(set(in_hand)) == len(in_hand)
        assert free_pfns(pages) == {page.pfn for page in pages} - {page.pfn for page in in_hand}
        assert buddy.nr_free == size - len(in_hand)
        assert set(buddy.blocks()) == largest_blocks(free_pfns(pages))
        assert not list(buddy.problems())


@pytest.mark.parametrize(
    ("size", "start", "blocks"),
    [
        (8, 0, {(0, 3)}),
        (7, 0, {(0, 2), (4, 1), (6, 0)}),
        (4, 2, {(2, 1), (4, 1)}),
        (5, 3, {(3, 0), (4, 2)}),
    ],
)
def test_a_free_zone_is_cut_at_the_pfns_that_powers_of_two_divide(
    size: int, start: int, blocks: set[tuple[int, int]]
) -> None:
    _, buddy = zone_of(size, start)
    assert set(buddy.blocks()) == blocks


def test_no_block_is_larger_than_max_order() -> None:
    _, buddy = zone_of(2 << MAX_ORDER)
    assert set(buddy.blocks()) == {(0, MAX_ORDER), (1 << MAX_ORDER, MAX_ORDER)}
    assert buddy.alloc_block(MAX_ORDER) is not None
    assert buddy.alloc_block(MAX_ORDER) is not None
    assert buddy.alloc_block(0) is None


def test_a_split_takes_the_low_end_and_keeps_the_upper_halves() -> None:
    pages, buddy = zone_of(8)
    assert buddy.alloc_block(0) is pages[0]
    assert set(buddy.blocks()) == {(1, 0), (2, 1), (4, 2)}
    assert pages[4].order == 2
    assert pages[0].order is None


def test_the_smallest_sufficient_block_is_used() -> None:
    pages, buddy = zone_of(7)
    assert buddy.alloc_block(1) is pages[4]


def test_among_blocks_of_one_order_the_one_freed_last_is_used() -> None:
    pages, buddy = zone_of(8, free=False)
    for pfn in (6, 0, 3):
        buddy.free_block(pages[pfn], 0)
    assert buddy.alloc_block(0) is pages[3]
    assert buddy.alloc_block(0) is pages[0]


def test_a_page_cannot_be_freed_twice() -> None:
    pages, buddy = zone_of(4)
    with pytest.raises(PageError, match="pfn 1 of zone 0 cannot become buddy"):
        buddy.free_block(pages[1], 0)


def test_a_block_cannot_be_freed_off_its_alignment_or_over_the_end() -> None:
    pages, buddy = zone_of(6, free=False)
    with pytest.raises(PageError, match=r"pfn 1 .* order 1"):
        buddy.free_block(pages[1], 1)
    with pytest.raises(PageError, match=r"pfn 4 .* order 2"):
        buddy.free_block(pages[4], 2)


@pytest.mark.parametrize("order", [-1, MAX_ORDER + 1])
def test_orders_are_bounded(order: int) -> None:
    pages, buddy = zone_of(2, free=False)
    with pytest.raises(PageError, match="orders are"):
        buddy.alloc_block(order)
    with pytest.raises(PageError, match="orders are"):
        buddy.free_block(pages[0], order)


def test_problems_are_told() -> None:
    pages, buddy = zone_of(4)
    pages[0].order = 1
    buddy.nr_free += 1
    assert list(buddy.problems()) == [
        "the free block of order 2 at pfn 0 is not marked with its order",
        "the free blocks hold 4 pages, but nr_free is 5",
    ]


def test_blocks_that_are_not_merged_or_leave_the_zone_are_told() -> None:
    pages, buddy = zone_of(3, free=False)
    buddy.free_block(pages[0], 0)
    buddy._link(1, 0)
    buddy._link(2, 1)
    buddy.nr_free = 4
    assert list(buddy.problems()) == [
        "the free blocks of order 0 at pfn 0 and pfn 1 are not merged",
        "the free block of order 1 at pfn 2 is not aligned or leaves its zone",
    ]
