"""The backends agree: TLC on the TLA+, pcpref on the Python and the explorer in C find the same graph.

Every state with all of its variables, every set of enabled steps and every target is compared; so are the
ghosts, which the explorer does not have.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.engines.explorer import explored_graph
from tests.codegen.checking import checked_graph
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compile_body, compiled, machine
from tests.codegen.exploring import differences, explore
from tests.thinning import thinned

TWO_CPUS = replace(TINY, name="two_cpus", drainers=(0, 1))
ONE_CPU = replace(TINY, name="one_cpu", drainers=(0, 0))
MOST_STATES = 5000

SMALL = {
    "scan": """
        for_each_populated_zone(zone)
            if (pcp_count(smp_processor_id(), zone) > 0)
                __cpumask_set_cpu(smp_processor_id(), mask);
            else
                cpumask_clear(mask);
        """,
    "locks": """
        if (mutex_trylock(sleeping)) {
            mutex_unlock(sleeping);
            return;
        }
        mutex_lock(sleeping);
        mutex_unlock(sleeping);
        """,
    "irqs": """
        spin_lock_irqsave(lock);
        drain_zone_pages_of_this_cpu();
        spin_unlock_irqrestore(lock);
        """,
    "interruptible": """
        if (mutex_lock_interruptible(sleeping) != 0)
            return;
        mutex_unlock(sleeping);
        """,
    "allocation": """
        cpumask own;
        if (!alloc_cpumask_var(own))
            return;
        cpu_relax();
        free_cpumask_var(own);
        """,
    "spinning": """
        while (!spin_trylock(lock))
            cpu_relax();
        spin_unlock(lock);
        """,
}
CHANGES: dict[str, dict[str, Any]] = {
    "leavers": {"leavers": (1,)},
    "signals": {"signals": True},
    "failures": {"alloc_fails": True},
    "window": {"count_window": True, "pages": 2},
    "bounded": {"calls": 2},
}
EVERYTHING = """
    cpumask own;
    if (mutex_lock_interruptible(sleeping))
        return;
    if (alloc_cpumask_var(own)) {
        cpumask_copy(mask, own);
        free_cpumask_var(own);
    }
    if (has_pages(smp_processor_id()))
        __cpumask_set_cpu(smp_processor_id(), mask);
    mutex_unlock(sleeping);
    """
DECLARATIONS = """static cpumask mask; static spinlock lock; static mutex sleeping;
    routine drain_zone_pages_of_this_cpu() {
        for_each_populated_zone(zone) drain_zone_pages(smp_processor_id(), zone);
    }
    condition has_pages(cpu target) {
        for_each_populated_zone(zone)
            if (pcp_count(target, zone) > 0)
                return true;
        return false;
    }"""


def compare(program: Program, scope: Scope) -> None:
    specification = checked_graph(program, scope)
    assert len(specification.states) < MOST_STATES, "keep it small"
    implementation = explore(machine(program, scope), specification.variables, MOST_STATES)
    assert differences(specification, implementation) == []
    shown = [name for name in specification.variables if name not in GHOSTS]
    assert differences(specification.merged(shown), explored_graph(program, scope).of(shown)) == []


@pytest.mark.parametrize("path", [*VARIANTS, *thinned(FIXTURES, 4)], ids=lambda path: path.stem)
def test_one_drainer(path: Path) -> None:
    compare(compiled(path), TINY)


@pytest.mark.parametrize("change", thinned(CHANGES, 2))
def test_what_else_may_happen(change: str) -> None:
    compare(compile_body(EVERYTHING, DECLARATIONS), replace(TINY, name=change, **CHANGES[change]))


def test_a_signal_reaches_one_who_waits() -> None:
    compare(compile_body(SMALL["interruptible"], DECLARATIONS), replace(TWO_CPUS, signals=True, calls=1))


@pytest.mark.parametrize("scope", [TWO_CPUS, ONE_CPU], ids=lambda scope: scope.name)
@pytest.mark.parametrize("name", thinned(SMALL, 4))
def test_two_drainers(name: str, scope: Scope) -> None:
    compare(compile_body(SMALL[name], DECLARATIONS), scope)
