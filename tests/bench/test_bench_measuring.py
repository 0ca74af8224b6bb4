"""Measuring: what a command used, limits of time and memory, and tools that are not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pcpdrain.tools.bench.campaign import measured_cells
from pcpdrain.tools.bench.cells import TOOLS, Cell
from pcpdrain.tools.bench.contenders import Limits, run_cell
from pcpdrain.tools.bench.measured import measure
from pcpdrain.tools.bench.sizes import SERIES, Size
from tests.bench.cells import LIMITS, made_up

ALONE = Size(2, 1, 1)
LARGE = Size(6, 3, 3)


def test_what_a_command_used_is_told(tmp_path: Path) -> None:
    program = "import time; block = b'x' * 100_000_000; print('begins'); time.sleep(0.2)"
    finished, usage = measure([sys.executable, "-c", program], tmp_path, 60, since="begins")
    assert finished.status == 0
    assert "begins" in finished.lines
    assert usage is not None
    assert usage.peak > 100_000_000
    assert usage.cpu > 0
    assert usage.since is not None
    assert 0.1 < usage.since < usage.seconds


def test_a_line_that_does_not_come_begins_nothing(tmp_path: Path) -> None:
    _, usage = measure([sys.executable, "-c", "print('hello')"], tmp_path, 60, since="begins")
    assert usage is not None
    assert usage.since is None


def test_a_command_that_runs_on_is_stopped_and_nothing_is_told_of_it(tmp_path: Path) -> None:
    finished, usage = measure([sys.executable, "-c", "while True: pass"], tmp_path, 0.5)
    assert finished.status is None
    assert usage is None


def test_the_status_of_the_command_is_kept(tmp_path: Path) -> None:
    finished, _ = measure([sys.executable, "-c", "raise SystemExit(7)"], tmp_path, 60)
    assert finished.status == 7


def test_the_explorer_stops_at_the_time_limit() -> None:
    cell = run_cell("explorer", "per_cpu_summary", LARGE, Limits(1.0, 1 << 30))
    assert (cell.outcome, cell.reason, cell.states) == ("stopped", "not finished after 1 s", None)


def test_the_explorer_stops_at_the_memory_limit() -> None:
    cell = run_cell("explorer", "per_cpu_summary", LARGE, Limits(100.0, 700 << 20))
    assert (cell.outcome, cell.reason) == ("stopped", "out of memory")


@pytest.mark.parametrize(
    ("tool", "variable", "value", "reason"),
    [
        ("spin", "PATH", "", "no spin"),
        ("pluscal", "TLA2TOOLS_JAR", "/nowhere.jar", "TLA2TOOLS_JAR names /nowhere.jar, which is not a file"),
        ("tlc", "TLA2TOOLS_JAR", "/nowhere.jar", "TLA2TOOLS_JAR names /nowhere.jar, which is not a file"),
        ("explorer", "CC", "/nowhere/cc", "CC names /nowhere/cc, which is not a command here"),
    ],
)
def test_a_tool_that_is_not_there_is_not_run(
    tool: str, variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    cell = run_cell(next(known for known in TOOLS if known == tool), "per_cpu_summary", ALONE, LIMITS)
    assert (cell.outcome, cell.reason) == ("not run", reason)


def test_a_compiler_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "false")
    cell = run_cell("explorer", "per_cpu_summary", ALONE, LIMITS)
    assert cell.outcome == "failed"
    assert "/false" in cell.reason


def test_where_a_tool_has_stopped_nothing_larger_is_run() -> None:
    seen: list[Cell] = []
    cells = measured_cells(["explorer", "tlc"], LIMITS, seen.append, made_up)
    assert cells == seen
    by_size = {c.size: c for c in cells if (c.tool, c.variant) == ("tlc", "per_cpu_summary")}
    assert [by_size[size].outcome for size in SERIES["cpus"]] == ["violated"] * 4 + ["stopped"]
    smaller = measured_cells(["tlc"], Limits(1.0, 1 << 30), lambda _: None, made_up)
    by_size = {c.size: c for c in smaller if (c.tool, c.variant) == ("tlc", "per_cpu_summary")}
    assert [by_size[size].outcome for size in SERIES["cpus"]] == [
        "violated", "violated", "stopped", "not run", "not run",
    ]  # fmt: skip
    assert by_size[SERIES["cpus"][-1]].reason == "stopped at 4x1x2: not finished after 1 s"


def test_a_tool_that_is_not_asked_for_is_not_run() -> None:
    cells = measured_cells(["explorer"], LIMITS, lambda _: None, made_up)
    assert {cell.reason for cell in cells if cell.tool == "spin"} == {"not asked for"}
