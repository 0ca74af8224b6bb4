"""Masks with arbitrary contents: static ones that nobody has zeroed, and local ones just allocated."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pcpdrain.pcpref.errors import ProgramError
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Allocation, Cpumask, Kernel, Steps, until
from pcpdrain.pcpref.scope import Scope
from tests.pcpref.driving import drive
from tests.pcpref.programs import Drain, LastZoneDecides, program_of

SOLO = Scope(cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0,))


class Uninitialised(LastZoneDecides):
    UNINITIALISED: ClassVar[tuple[str, ...]] = ("cpus_with_pcps",)


def test_boot_gives_the_mask_any_contents_once_and_nobody_calls_before() -> None:
    machine = Machine(SOLO, Uninitialised)
    boots = {f"boot:cpus_with_pcps={cpus}" for cpus in ("{}", "{0}", "{1}", "{0,1}")}
    assert machine.enabled() == boots | {"c0:free z0", "c1:free z0"}
    assert machine.observe()["booted"] is False
    machine.step("c1:free z0")
    assert boots <= machine.enabled()
    machine.step("boot:cpus_with_pcps={0,1}")
    assert machine.observe()["booted"] is True
    assert machine.observe()["cpus_with_pcps"] == {0, 1}
    assert machine.observe()["last_writer"] == -1
    assert machine.enabled() == {"d0:call", "c1:alloc z0"}
    machine.reset()
    assert machine.observe()["booted"] is False
    assert machine.observe()["cpus_with_pcps"] == set()


def test_several_masks_are_booted_at_once_in_all_combinations() -> None:
    class Two(Uninitialised):
        STATICS = ("cpus_with_pcps", "second")
        UNINITIALISED = ("second", "cpus_with_pcps")

        def __init__(self, nr_cpus: int) -> None:
            super().__init__(nr_cpus)
            self.second = Cpumask(nr_cpus)

    machine = Machine(SOLO, Two)
    boots = {label for label in machine.enabled() if label.startswith("boot:")}
    assert len(boots) == 16
    assert "boot:second={0,1};cpus_with_pcps={}" in boots
    machine.step("boot:second={1};cpus_with_pcps={0}")
    assert (machine.observe()["second"], machine.observe()["cpus_with_pcps"]) == ({1}, {0})


def test_only_static_masks_can_be_uninitialised() -> None:
    class NotStatic(Uninitialised):
        STATICS = ()

    with pytest.raises(ProgramError, match="cpus_with_pcps is uninitialised, but is no static mask"):
        Machine(SOLO, NotStatic)


def test_other_programs_have_booted() -> None:
    machine = Machine(SOLO, LastZoneDecides)
    assert "booted" not in machine.observe()
    assert "d0:call" in machine.enabled()


def routine(self: Any, kernel: Kernel) -> Steps:
    outcome = yield Allocation("test.alloc_cpumask_var")
    mask = Cpumask(kernel.nr_cpus, outcome or ())
    yield until("test.look" if outcome is not None else "test.fallback", lambda: True)
    mask.clear()


ALLOCATING = program_of(
    routine,
    LOCALS={"routine.mask": frozenset()},
    LIVE={"test.look": ("routine.mask",), "test.fallback": ("routine.mask",)},
    IRQ_LOCALS={},
    IRQ_LIVE={},
)
OUTCOMES = {f"d0:test.alloc_cpumask_var {cpus}" for cpus in ("{}", "{0}", "{1}", "{0,1}")}


def of_task(machine: Machine) -> set[str]:
    return {label for label in machine.enabled() if label.startswith("d0")}


@pytest.mark.parametrize("fails", [False, True])
def test_an_allocation_has_a_label_for_each_outcome(fails: bool) -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), alloc_fails=fails), ALLOCATING)
    machine.step("d0:call")
    assert machine.observe()["at"] == ("test.alloc_cpumask_var",)
    assert of_task(machine) == OUTCOMES | ({"d0:test.alloc_cpumask_var fails"} if fails else set())
    assert "never_stuck" not in machine.violations()


@pytest.mark.parametrize(
    ("outcome", "at", "mask"),
    [("{0,1}", "test.look", {0, 1}), ("{}", "test.look", set()), ("fails", "test.fallback", set())],
)
def test_the_outcome_decides_what_comes_next(outcome: str, at: str, mask: set[int]) -> None:
    machine = Machine(Scope(2, 1, 1, 2, 1, (0,), alloc_fails=True), ALLOCATING)
    for label in ("d0:call", f"d0:test.alloc_cpumask_var {outcome}"):
        machine.step(label)
    assert machine.observe()["at"] == (at,)
    assert machine.observe()["routine.mask"] == (mask,)
    assert drive(machine, "d0") == [f"d0:{at}", "d0:return"]


def test_an_allocation_in_a_routine_that_is_called_gives_its_outcome_there() -> None:
    def outer(self: Drain, kernel: Kernel) -> Steps:
        yield from routine(self, kernel)
        yield "outer.end"

    machine = Machine(SOLO, program_of(outer, LOCALS={}, LIVE={}))
    for label in ("d0:call", "d0:test.alloc_cpumask_var {1}", "d0:test.look", "d0:outer.end", "d0:return"):
        machine.step(label)
    assert machine.observe()["at"] == ("idle",)
