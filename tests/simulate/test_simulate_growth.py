"""What the simulator itself costs: the runs that are measured, the exponent, and the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.tools.simulate.cost import Cost, read_scenarios
from pcpdrain.tools.simulate.growth import exponent, growth_runs, measure, scenario_runs, write_growth
from pcpdrain.tools.simulate.plan import FIGURES, FLOOD, SIZES
from tests.simulate.simulating import PARAMETERS, compiled

PROGRAMS = [("global_ipi", emit_python(compiled("global_ipi")))]


def curve(power: float) -> list[Cost]:
    return [Cost("v", "w", size, 1, 50, 1.0, 3e-6 * size**power) for size in SIZES]


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0, 2.0])
def test_the_exponent_of_a_power_is_the_power(power: float) -> None:
    assert exponent(curve(power)) == pytest.approx(power)


def test_every_size_and_both_scenarios_are_measured() -> None:
    runs = growth_runs(PROGRAMS, PARAMETERS, 50)
    assert [(run.numbers.busy_cpus, run.cpus) for run in runs] == [(b, s) for b in (1, 8) for s in SIZES]
    assert [(run.workload, run.cpus) for run in scenario_runs(PROGRAMS, PARAMETERS)] == [FIGURES, FLOOD]


def test_a_run_is_measured_and_what_is_written_can_be_read(tmp_path: Path) -> None:
    done: list[int] = []
    (few, *_) = growth_runs(PROGRAMS, PARAMETERS, 5)
    (cost,) = measure([few], lambda: done.append(1))
    assert (cost.cpus, len(done)) == (SIZES[0], 1)
    assert cost.drains >= 5
    assert cost.seconds_a_drain * cost.drains == pytest.approx(cost.seconds, abs=1e-4)
    out = tmp_path / "drains.json"
    write_growth(curve(0.5), [cost], out)
    assert read_scenarios(out) == [cost]
    assert json.loads(out.read_text(encoding="utf-8"))["exponents"] == {"v, 1 busy CPU": 0.5}
    assert out.with_suffix(".svg").is_file()
