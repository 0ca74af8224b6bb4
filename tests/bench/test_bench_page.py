"""The page and the plots say what the numbers say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pcpdrain.tools.bench.cells import TOOLS, Cell
from pcpdrain.tools.bench.compared import farthest, graphs, ratios
from pcpdrain.tools.bench.page import page
from pcpdrain.tools.bench.plots import speed_plot, time_plot
from pcpdrain.tools.bench.results import as_json, read_results
from pcpdrain.tools.simulate.cost import Cost, written
from pcpdrain.tools.simulate.parameters import SimulationError
from tests.bench.cells import results

PLOTS = {"time": Path("x-time.svg"), "speed": Path("x-speed.svg")}


def without(cell: Cell, reason: str) -> Cell:
    return Cell(cell.tool, cell.variant, cell.size, "not run", reason)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(as_json(results()), encoding="utf-8")
    assert read_results(path) == results()


def test_a_ratio_is_of_the_largest_graph_that_both_finished() -> None:
    found = {(ratio.variant, ratio.other): ratio for ratio in ratios(results().cells)}
    beside_tlc = found["per_cpu_summary", "tlc"]
    assert (str(beside_tlc.size), beside_tlc.states) == ("5x1x2", 1_000_000)
    assert beside_tlc.rate == pytest.approx(50)
    assert beside_tlc.seconds == pytest.approx((50 + 1) / (1 + 1))
    assert found["per_cpu_summary", "spin"].states == 10_000_000


def test_the_cost_of_simulated_drains_is_shown_where_it_was_measured(tmp_path: Path) -> None:
    assert "The simulator" not in page(results(), PLOTS)
    drains = tmp_path / "x-drains.json"
    drains.write_text(
        written([], [Cost("global_ipi", "flood", 256, 256, 15_001, 41.234, 0.00275)]), encoding="utf-8"
    )
    text = page(results(), PLOTS, drains)
    assert "](x-drains.svg)" in text
    assert "| flood, 256 CPUs | `global_ipi` | 15,001 | 41 s |" in text


@pytest.mark.parametrize("content", ["", "[]", '{"format": "pcpdrain-growth 1", "costs": []}'])
def test_costs_of_drains_that_another_version_wrote_are_refused(tmp_path: Path, content: str) -> None:
    drains = tmp_path / "x-drains.json"
    drains.write_text(content, encoding="utf-8")
    with pytest.raises(SimulationError, match=r"x-drains\.json is not of this version; `pcpdrain simulate"):
        page(results(), PLOTS, drains)


def test_equal_graphs_are_counted_and_a_difference_is_told() -> None:
    cells = results().cells
    assert graphs(cells) == (18, [])
    odd = [replace(c, states=c.states + 1) if c.states and c.tool == "spin" else c for c in cells]
    compared, different = graphs(odd)
    assert compared == 18
    assert graphs([without(cell, "stopped") for cell in cells]) == (0, [])
    assert "SPIN, Promela by hand: 1001" in different[0]
    assert different[0] in page(replace(results(), cells=odd), PLOTS)


@pytest.mark.parametrize(
    ("exact", "spins", "equal"),
    [
        (118_217_484, 118_217_479, True),
        (118_217_484, 118_217_474, False),
        (11_821_748, 11_821_747, False),
        (1_182_174_849, 1_182_174_799, True),
    ],
)
def test_numbers_are_compared_as_far_as_spin_tells_them(exact: int, spins: int, *, equal: bool) -> None:
    told = {"explorer": exact, "spin": spins}
    size = results().cells[0].size
    cells = [
        replace(cell, transitions=told[cell.tool])
        for cell in results().cells
        if cell.tool in told and cell.size == size and cell.variant == "per_cpu_summary"
    ]
    assert len(cells) == 2
    assert (graphs(cells)[1] == []) == equal


def test_it_is_told_how_far_a_tool_came_and_what_stopped_it() -> None:
    cells = results().cells
    assert farthest(cells, "per_cpu_summary", "cpus", "tlc") == (5, "not finished after 100 s")
    assert farthest(cells, "per_cpu_summary", "cpus", "explorer") == (6, "")


def test_the_page_has_ratios_growth_and_reasons() -> None:
    cells = [without(c, "no spin") if c.tool == "spin" else c for c in results().cells]
    text = page(replace(results(), cells=cells), PLOTS)
    assert "| `per_cpu_summary` | TLC, generated TLA+ | 5 CPUs, 1 zone, 2 callers | 1,000,000 | 50 |" in text
    assert "| 5 | 1 | 2 | violated | 1,000,000 | 4,000,000 | 2.0 s, 1,000 k/s, 95 MiB |" in text
    assert "- SPIN, Promela by hand: no spin\n" in text
    assert "| check, again | `pcpdrain check` | not run | not asked for |" in text
    assert "(x-time.svg)" in text
    assert "(x-speed.svg)" in text


@pytest.mark.parametrize("plot", [time_plot, speed_plot])
def test_a_plot_is_a_picture_with_the_names_of_the_tools(plot: object) -> None:
    assert callable(plot)
    drawn = plot(results())
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert all(f">{name}<".encode() in drawn for name in TOOLS.values())
    assert plot(results()) == drawn


def test_plots_of_nothing_are_drawn_too() -> None:
    nothing = replace(results(), cells=[without(cell, "no spin") for cell in results().cells])
    assert ET.fromstring(time_plot(nothing)).tag.endswith("svg")
    assert ET.fromstring(speed_plot(nothing)).tag.endswith("svg")
    assert "At 0 places" in page(nothing, PLOTS)
