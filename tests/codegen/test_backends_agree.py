"""The two backends agree: TLC on the generated TLA+ and pcpref on the generated Python find the same graph.

Every state with all of its variables, every set of enabled steps and every target is compared; so are ghosts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from tests.codegen.checking import checked_graph
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compile_body, compiled, machine
from tests.codegen.exploring import differences, explore
from tests.thinning import thinned

TWO_CPUS = replace(TINY, name="two_cpus", drainers=(0, 1))
ONE_CPU = replace(TINY, name="one_cpu", drainers=(0, 0))

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
    "spinning": """
        while (!spin_trylock(lock))
            cpu_relax();
        spin_unlock(lock);
        """,
}
DECLARATIONS = """static cpumask mask; static spinlock lock; static mutex sleeping;
    routine drain_zone_pages_of_this_cpu() {
        for_each_populated_zone(zone) drain_zone_pages(smp_processor_id(), zone);
    }"""


def compare(program: Program, scope: Scope) -> None:
    specification = checked_graph(program, scope)
    assert len(specification.states) < 3000, "keep it small"
    implementation = explore(machine(program, scope), specification.variables)
    assert differences(specification, implementation) == []


@pytest.mark.parametrize("path", [*VARIANTS, *thinned(FIXTURES, 4)], ids=lambda path: path.stem)
def test_one_drainer(path: Path) -> None:
    compare(compiled(path), TINY)


@pytest.mark.parametrize("scope", [TWO_CPUS, ONE_CPU], ids=lambda scope: scope.name)
@pytest.mark.parametrize("name", thinned(SMALL, 4))
def test_two_drainers(name: str, scope: Scope) -> None:
    compare(compile_body(SMALL[name], DECLARATIONS), scope)
