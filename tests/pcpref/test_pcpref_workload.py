"""The count window: a page is linked and counted in two steps, and others may look in between."""

from __future__ import annotations

import pytest

from pcpdrain.pcpref.errors import PageError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.schedule import is_workload, random_run
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import answer, drive
from tests.pcpref.programs import ClearThenSet, GlobalIpi

WINDOW = Scope(cpus=2, zones=2, pages=2, high=2, batch=1, drainers=(0,), count_window=True)


def of_cpu(machine: Machine, cpu: int) -> set[str]:
    return {label for label in machine.enabled() if label.startswith(f"c{cpu}:")}


def test_a_free_links_and_then_counts() -> None:
    machine = Machine(WINDOW, ClearThenSet)
    assert of_cpu(machine, 1) == {"c1:link z0", "c1:link z1"}
    assert all(is_workload(label) for label in of_cpu(machine, 1))
    machine.step("c1:link z1")
    state = machine.observe()
    assert (state["linking"], state["pcp"], state["in_use"]) == ((-1, 1), ((0, 0), (0, 0)), (2, 1))
    assert state["irqs_on"] == (True, True)
    assert of_cpu(machine, 1) == {"c1:count z1"}
    assert not is_workload("c1:count z1")
    assert machine.violations() == set()
    machine.step("c1:count z1")
    state = machine.observe()
    assert (state["linking"], state["pcp"], state["in_use"]) == ((-1, -1), ((0, 0), (0, 1)), (2, 1))


def test_the_count_reaches_high_and_flushes() -> None:
    machine = Machine(WINDOW, ClearThenSet)
    for label in ("c1:link z0", "c1:count z0", "c1:link z0"):
        machine.step(label)
    assert machine.observe()["pcp"] == ((0, 0), (1, 0))
    assert machine.observe()["buddy"] == (0, 0)
    machine.step("c1:count z0")
    assert machine.observe()["pcp"] == ((0, 0), (1, 0))
    assert machine.observe()["buddy"] == (1, 0)


def test_between_link_and_count_the_cpu_does_nothing_else() -> None:
    machine = Machine(WINDOW, GlobalIpi)
    machine.step("d0:call")
    drive(machine, "d0")
    machine.step("c1:link z0")
    assert of_cpu(machine, 1) == {"c1:count z0"}
    machine.step("c0:link z0")
    assert machine.enabled() == {"c0:count z0", "c1:count z0"}
    machine.step("c1:count z0")
    assert "c1:take d0" in machine.enabled()
    answer(machine, 1, 0)
    assert not {label for label in machine.enabled() if label.startswith("d0")}
    assert machine.violations() == set()


def test_a_remote_look_into_the_window_misses_the_page() -> None:
    machine = Machine(WINDOW, ClearThenSet)
    machine.step("c1:link z0")
    machine.step("d0:call")
    assert machine.observe()["owes"] == (frozenset({(1, 0)}),)
    assert machine.observe()["had_pages"] == (frozenset({1}),)
    drive(machine, "d0")
    machine.step("c1:count z0")
    assert machine.observe()["at"] == ("idle",)
    assert "drain_complete" in machine.violations()
    assert "page_conservation" not in machine.violations()


def test_a_call_is_not_stuck_while_a_page_is_to_be_counted() -> None:
    machine = Machine(Scope(1, 1, 1, 2, 1, (0,), count_window=True), ClearThenSet)
    machine.step("d0:call")
    machine.step("c0:link z0")
    assert machine.enabled() == {"c0:count z0"}
    assert machine.violations() == set()


def test_without_the_window_a_free_is_one_step() -> None:
    machine = Machine(Scope(1, 1, 1, 2, 1, (0,)), ClearThenSet)
    assert machine.enabled() == {"c0:free z0", "d0:call"}


def test_only_what_is_linked_is_counted() -> None:
    pcp = Machine(WINDOW, ClearThenSet).hardware.pcp[0][0]
    with pytest.raises(PageError, match="no page is linked and not counted on CPU 0's"):
        pcp.count_linked()


@pytest.mark.parametrize("seed", range(3))
def test_no_page_is_lost_in_the_window(seed: int) -> None:
    scope = Scope(cpus=3, zones=2, pages=4, high=3, batch=2, drainers=(0, 1), count_window=True)
    machine = Machine(scope, ClearThenSet)
    for _ in random_run(machine, seed, 600, pause=0.3):
        assert not {"page_conservation", "never_stuck", "unlocked_context"} & machine.violations()
