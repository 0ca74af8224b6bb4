"""The models by hand have the graph of the variant: the same verdict, states and transitions."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from pcpdrain.tools.bench import contenders
from pcpdrain.tools.bench.cells import Cell, Tool
from pcpdrain.tools.bench.contenders import Limits, run_cell
from pcpdrain.tools.bench.sizes import VARIANTS, Size

LIMITS = Limits(120.0, 1 << 30)
ALONE = Size(2, 1, 1)
RACING = Size(2, 1, 2)

needs_spin = pytest.mark.skipif(shutil.which("spin") is None, reason="no spin here")


@cache
def of_the_variant(variant: str, size: Size) -> Cell:
    return run_cell("explorer", variant, size, LIMITS)


def told(cell: Cell) -> tuple[str, str, int | None, int | None]:
    return cell.outcome, cell.reason, cell.states, cell.transitions


def check(tool: Tool, variant: str, size: Size) -> None:
    found = run_cell(tool, variant, size, LIMITS)
    assert told(found) == told(of_the_variant(variant, size))
    assert found.finished
    assert found.search is not None
    assert found.seconds is not None
    assert found.cpu is not None
    assert 0 < found.search < found.seconds
    assert found.peak is not None
    assert found.peak > 1 << 20


@pytest.mark.parametrize(
    ("variant", "size"), [("per_cpu_summary", RACING), ("clear_then_set_spinlock", ALONE)], ids=str
)
def test_the_pluscal_by_hand_has_the_graph_of_the_variant(variant: str, size: Size) -> None:
    check("pluscal", variant, size)


def test_the_generated_tla_has_the_graph_that_the_explorer_finds() -> None:
    check("tlc", "clear_then_set_spinlock", ALONE)


@needs_spin
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_promela_by_hand_has_the_graph_of_the_variant(variant: str) -> None:
    check("spin", variant, RACING)


@needs_spin
@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [Size(4, 1, 2), Size(2, 2, 2), Size(2, 1, 3)], ids=str)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_promela_by_hand_has_the_graph_of_the_variant_at_larger_sizes(variant: str, size: Size) -> None:
    check("spin", variant, size)


def test_the_variant_that_races_without_a_lock_is_incomplete_and_the_other_is_not() -> None:
    assert of_the_variant("per_cpu_summary", RACING).outcome == "violated"
    assert of_the_variant("clear_then_set_spinlock", RACING).outcome == "holds"


@needs_spin
def test_a_mistake_in_the_promela_is_seen_in_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in contenders.PEERS.glob("*.pml"):
        text = path.read_text("utf-8")
        assert path.name != "machine.pml" or text.count("&& !HAS(awaiting[_pid], target)") == 2
        (tmp_path / path.name).write_text(text.replace("&& !HAS(awaiting[_pid], target)", ""), "utf-8")
    monkeypatch.setattr(contenders, "PEERS", tmp_path)
    assert told(run_cell("spin", VARIANTS[1], ALONE, LIMITS)) != told(of_the_variant(VARIANTS[1], ALONE))


def test_a_model_that_the_translator_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (contenders.PEERS / "per_cpu_summary.tla").read_text("utf-8")
    (tmp_path / "per_cpu_summary.tla").write_text(text.replace("scan:\n", "scan\n"), "utf-8")
    monkeypatch.setattr(contenders, "PEERS", tmp_path)
    cell = run_cell("pluscal", "per_cpu_summary", ALONE, LIMITS)
    assert (cell.outcome, cell.reason.partition(":")[0]) == ("failed", "pcal.trans")
