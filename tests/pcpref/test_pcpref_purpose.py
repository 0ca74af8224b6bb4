"""What draining is for: pages on pcp lists cannot coalesce, and after a complete drain they have."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pcpdrain.pcpref.buddy import MAX_ORDER
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.pages import Where
from pcpdrain.pcpref.program import Program
from pcpdrain.pcpref.scope import Scope
from pcpdrain.pcpref.zone import Zone
from tests.pcpref.driving import answer, drive
from tests.pcpref.programs import ClearThenSet, ClearThenSetMutex, GlobalIpi, PerCallMask

PROGRAMS = st.sampled_from([GlobalIpi, ClearThenSet, ClearThenSetMutex, PerCallMask])
SCOPES = st.builds(
    Scope,
    cpus=st.integers(1, 3),
    zones=st.integers(1, 2),
    pages=st.integers(1, 16),
    high=st.integers(1, 8),
    batch=st.integers(1, 6),
    drainers=st.just((0,)),
    count_window=st.booleans(),
)


def traffic(machine: Machine, choices: list[int]) -> None:
    """Free and allocate as these numbers choose, and count what is linked."""
    for choice in choices:
        labels = sorted(label for label in machine.enabled() if label.startswith("c"))
        if labels:
            machine.step(labels[choice % len(labels)])
    for label in sorted(label for label in machine.enabled() if ":count " in label):
        machine.step(label)


def drain(machine: Machine) -> None:
    """One call, and everybody answers; nobody frees or allocates meanwhile."""
    machine.step("d0:call")
    drive(machine, "d0")
    while machine.observe()["at"] != ("idle",):
        for cpu in range(machine.scope.cpus):
            if f"c{cpu}:take d0" in machine.enabled():
                answer(machine, cpu, 0)
        drive(machine, "d0")


def has_block(pfns: set[int], order: int) -> bool:
    """Whether there is an aligned block of this order among these pages."""
    size = 1 << order
    return any(pfn % size == 0 and pfns.issuperset(range(pfn, pfn + size)) for pfn in pfns)


def free_or_on_lists(zone: Zone) -> set[int]:
    return {page.pfn for page in zone.pages if page.where in {Where.BUDDY, Where.PCP}}


@settings(max_examples=150)
@given(SCOPES, PROGRAMS, st.lists(st.integers(0, 30), max_size=60), st.data())
def test_after_a_drain_a_block_is_found_exactly_when_the_free_pages_hold_one(
    scope: Scope, program: type[Program], choices: list[int], data: st.DataObject
) -> None:
    machine = Machine(scope, program)
    traffic(machine, choices)
    zones = machine.hardware.zones
    before = [free_or_on_lists(zone) for zone in zones]
    drain(machine)
    assert not {"drain_complete", "page_conservation"} & machine.violations()
    for zone, pfns in zip(zones, before, strict=True):
        assert {page.pfn for page in zone.pages if page.where is Where.BUDDY} == pfns
        order = data.draw(st.integers(0, min(MAX_ORDER, 4)))
        head = zone.buddy.alloc_block(order)
        assert (head is not None) == has_block(pfns, order)
        if head is not None:
            assert pfns.issuperset(page.pfn for page in zone.buddy.pages_in(head.pfn, order))


def test_without_a_drain_the_block_is_not_found() -> None:
    machine = Machine(Scope(cpus=2, zones=1, pages=4, high=5, batch=1, drainers=(0,)), GlobalIpi)
    for label in ("c0:free z0", "c1:free z0", "c0:free z0", "c1:free z0"):
        machine.step(label)
    buddy = machine.hardware.zones[0].buddy
    assert buddy.alloc_block(2) is None
    drain(machine)
    assert buddy.alloc_block(2) is machine.hardware.zones[0].pages[0]
