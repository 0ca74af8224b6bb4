"""Pcp lists: count, high and batch, hot and cold ends, and the zone that holds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.pcpref.errors import PageError
from pcpdrain.pcpref.pages import Page, Where
from pcpdrain.pcpref.scope import Scope
from pcpdrain.pcpref.zone import Zone


def zone_of(pages: int = 8, high: int = 4, batch: int = 2, cpus: int = 2) -> Zone:
    return Zone(0, Scope(cpus=cpus, zones=1, pages=pages, high=high, batch=batch, drainers=()))


def pfns(zone: Zone, cpu: int) -> list[int]:
    return [page.pfn for page in zone.pcp[cpu]]


def free_pfns(zone: Zone) -> set[int]:
    return {page.pfn for page in zone.pages if page.where is Where.BUDDY}


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.data())
def test_counts_follow_the_rules(pages: int, high: int, batch: int, data: st.DataObject) -> None:
    zone = zone_of(pages, high, batch)
    pcp, buddy, in_use = [0, 0], 0, pages
    for _ in range(data.draw(st.integers(1, 60))):
        cpu = data.draw(st.integers(0, 1))
        event = data.draw(st.sampled_from(["free", "alloc", "drain"]))
        if event == "free" and in_use:
            zone.free_page(cpu)
            in_use -= 1
            pcp[cpu] += 1
            if pcp[cpu] >= high:
                flushed = min(batch, pcp[cpu])
                pcp[cpu] -= flushed
                buddy += flushed
        elif event == "alloc" and (pcp[cpu] or buddy):
            assert zone.pcp[cpu].can_alloc()
            zone.alloc_page(cpu)
            if not pcp[cpu]:
                refill = min(batch, buddy)
                pcp[cpu] += refill
                buddy -= refill
            pcp[cpu] -= 1
            in_use += 1
        elif event == "alloc":
            assert not zone.pcp[cpu].can_alloc()
        elif event == "drain":
            zone.pcp[cpu].drain()
            buddy += pcp[cpu]
            pcp[cpu] = 0
            assert zone.pcp[cpu].is_empty()
        assert [zone.pcp[0].count, zone.pcp[1].count] == [len(zone.pcp[0]), len(zone.pcp[1])] == pcp
        assert (zone.buddy.nr_free, zone.in_use) == (buddy, in_use)
        assert not list(zone.problems())


def test_what_was_freed_last_is_allocated_first() -> None:
    zone = zone_of()
    for _ in range(3):
        zone.free_page(0)
    assert pfns(zone, 0) == [2, 1, 0]
    zone.alloc_page(0)
    assert pfns(zone, 0) == [1, 0]


def test_at_high_a_batch_leaves_from_the_cold_end() -> None:
    zone = zone_of(high=4, batch=2)
    for _ in range(4):
        zone.free_page(0)
    assert pfns(zone, 0) == [3, 2]
    assert free_pfns(zone) == {0, 1}
    assert list(zone.buddy.blocks()) == [(0, 1)]


def test_a_batch_larger_than_the_list_empties_it() -> None:
    zone = zone_of(high=2, batch=5)
    zone.free_page(0)
    zone.free_page(0)
    assert pfns(zone, 0) == []
    assert free_pfns(zone) == {0, 1}


def test_a_refill_is_allocated_in_rising_order() -> None:
    zone = zone_of(high=4, batch=3)
    for _ in range(4):
        zone.free_page(0)
    zone.pcp[0].drain()
    zone.alloc_page(1)
    assert pfns(zone, 1) == [1, 2]
    assert free_pfns(zone) == {3}


def test_the_page_in_use_for_the_longest_time_is_freed() -> None:
    zone = zone_of(pages=3)
    zone.free_page(0)
    zone.alloc_page(0)
    zone.free_page(0)
    zone.free_page(0)
    assert pfns(zone, 0) == [2, 1]


def test_zones_start_where_no_block_can_reach_over_both() -> None:
    scope = Scope(cpus=1, zones=2, pages=1025, high=1, batch=1, drainers=())
    assert Zone(1, scope).pages[0].pfn == 2048
    assert [page.pfn for page in Zone(1, Scope(1, 2, 3, 1, 1, ())).pages] == [1024, 1025, 1026]


def test_the_workload_cannot_free_or_allocate_what_is_not_there() -> None:
    zone = zone_of(pages=1)
    with pytest.raises(PageError, match="finds no free page in zone 0"):
        zone.alloc_page(0)
    zone.free_page(0)
    with pytest.raises(PageError, match="no page of zone 0 is in use"):
        zone.free_page(1)


def test_a_page_leaves_and_enters_only_where_it_is() -> None:
    page = Page(7, 1)
    page.enter(Where.ALLOCATED)
    with pytest.raises(PageError, match="page pfn 7 of zone 1 should be pcp, but is allocated"):
        page.leave(Where.PCP)
    with pytest.raises(PageError, match="cannot become pcp: it is already allocated"):
        page.enter(Where.PCP, 0)


def test_a_wrong_count_is_told() -> None:
    zone = zone_of()
    zone.free_page(1)
    zone.pcp[1].count = 2
    assert list(zone.problems()) == ["CPU 1's pcp list of zone 0 has 1 pages, but its count is 2"]


def test_a_page_in_two_places_or_in_none_is_told() -> None:
    zone = zone_of(pages=2, high=1, batch=1)
    zone.free_page(0)
    zone._in_use[zone.pages[0]] = None
    del zone._in_use[zone.pages[1]]
    assert list(zone.problems()) == [
        "page pfn 0 of zone 0 is in use, but is marked buddy",
        "page pfn 0 of zone 0 is in 2 places",
        "page pfn 1 of zone 0 is in 0 places",
    ]


def test_marks_that_do_not_fit_are_told() -> None:
    zone = zone_of(pages=3, high=2, batch=1)
    zone.free_page(0)
    zone.free_page(0)
    zone.pages[0].where = Where.MOVING
    zone.pages[1].cpu = 1
    stranger = Page(99, 0)
    stranger.where = Where.ALLOCATED
    zone._in_use[stranger] = None
    assert list(zone.problems()) == [
        "page pfn 1 of zone 0 is on CPU 0's pcp list, but is marked pcp (CPU 1)",
        "page pfn 0 of zone 0 is in a free block of order 0, but is marked moving",
        "zone 0 holds pages that are not its own",
    ]
