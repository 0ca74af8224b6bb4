"""The scorecard: its numbers are measured, its bars can be missed, and its page shows what was found."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir.steps import Program, targets
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.pcp import PcpList
from pcpdrain.tools.engines.explorer import explored_graph
from pcpdrain.tools.scorecard.branches import Branches, covered_branches
from pcpdrain.tools.scorecard.card import Card, Mutants, Survivor, Traces, below
from pcpdrain.tools.scorecard.kept import remembered_row
from pcpdrain.tools.scorecard.measure import LeftOut, Row, measure
from pcpdrain.tools.scorecard.page import page
from pcpdrain.tools.scorecard.run import one_way, unreachable

ROW = Row("v", "s", 10, 30, "equal", "equal", 30, 10, 4, 60, 50, 0.5)
SURVIVOR = Survivor("v", "s", "ir", "v.drain:9", "the ack is not waited for", "- wait\n+ go on")
MUTANTS = Mutants("v", "s", "ir", 9, 1, 2, 6, (), {"walks": 5, "suite": 6})
TRACES = Traces("v", 3, 90, 3, 40, 4, 36, ())
CARD = Card(
    rows=[ROW],
    programs={"v": Branches(frozenset({"p.py:1 -> 2"}), frozenset({"p.py:1 -> 2"}))},
    mutants=[MUTANTS],
    traces=[TRACES],
)


def of_row(**changed: Any) -> Callable[[Card], Card]:
    return lambda card: replace(card, rows=[replace(ROW, **changed)])


def of_traces(**changed: Any) -> Callable[[Card], Card]:
    return lambda card: replace(card, traces=[replace(TRACES, **changed)])


def variant(name: str) -> Compiled:
    return compile_file(SPEC / "variants" / f"{name}.drain")


@pytest.fixture(scope="module")
def row() -> Row:
    found = measure(variant("global_ipi"), project_scopes().ready["alone"])
    assert isinstance(found, Row)
    return found


def test_a_variant_is_measured(row: Row) -> None:
    assert (row.explorer, row.reference) == ("equal", "equal")
    assert row.states == row.compared > 50
    assert row.transitions == row.taken > row.states
    assert row.bound <= row.steps
    assert below(Card(rows=[row])) == []


def test_a_graph_that_is_too_large_is_left_out() -> None:
    found = measure(variant("per_cpu_summary"), project_scopes().ready["racing"], most_states=100)
    assert found == LeftOut("per_cpu_summary", "racing", "more than 100 states")


def test_a_row_is_measured_once_while_nothing_changes(row: Row, tmp_path: Path) -> None:
    source, scope = variant("global_ipi").program.source, project_scopes().ready["alone"]
    made: list[Row] = []

    def make() -> Row:
        made.append(row)
        return row

    def kept(source: Source = source, scope: Scope = scope) -> Row | LeftOut:
        return remembered_row(tmp_path, source, scope, 1000, make)

    assert kept() == kept() == row
    assert len(made) == 1
    kept(scope=replace(scope, pages=2))
    kept(source=replace(source, text=source.text + "// changed"))
    assert len(made) == 3


def test_a_row_in_which_somebody_disagrees_is_measured_again(row: Row, tmp_path: Path) -> None:
    source, made = variant("global_ipi").program.source, list[Row]()

    def make() -> Row:
        made.append(row)
        return replace(row, reference="after d0:call: ...")

    for _ in range(2):
        remembered_row(tmp_path, source, project_scopes().ready["alone"], 1000, make)
    assert len(made) == 2


def test_a_reference_machine_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PcpList, "drain", lambda _self: None)
    found = measure(variant("global_ipi"), project_scopes().ready["alone"])
    assert isinstance(found, Row)
    assert "the implementation leaves the specification" in found.reference
    assert "pcp[0][0]: specification 0, implementation 1" in found.reference


def test_an_explorer_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(program: Program, scope: Scope, most_states: int) -> LabelledGraph:
        graph = explored_graph(program, scope, most_states)
        return replace(graph, edges=({}, *graph.edges[1:]))

    monkeypatch.setattr("pcpdrain.tools.scorecard.measure.explored_graph", wrong)
    found = measure(variant("global_ipi"), project_scopes().ready["alone"])
    assert isinstance(found, Row)
    assert found.explorer.startswith("at the start: c0:free z0: only in the specification")


def test_branches_are_those_that_the_suite_takes() -> None:
    unit, scopes = variant("per_cpu_summary"), project_scopes().ready
    alone = covered_branches(unit, [scopes["alone"]])
    assert any("program.py" in arrow for arrow in alone.program.missing)  # nobody else is ever called
    more = covered_branches(unit, [scopes["alone"], scopes["solo_once"]])
    assert alone.program.taken < more.program.taken
    both = alone.program | more.program | covered_branches(unit, [scopes["three_cpus"]]).program
    assert both.missing == []
    assert all(re.fullmatch(r"[\w.]+ \(program\.py:\d+ -> \w+\)", arrow) for arrow in both.known)
    assert {arrow.partition(" ")[0] for arrow in both.known} <= unit.program.task.steps.keys() | {"the"}
    entered = {arrow.partition(":")[0] for arrow in alone.reference.known}
    assert {"pcp.py", "scheduler.py", "workload.py"} <= entered
    assert not {"suite.py", "failure.py", "monitor.py", "liveness.py"} & entered


def test_lines_that_no_suite_takes_say_why() -> None:
    assert all(len(reason.split()) >= 4 for reason in unreachable().values())
    assert {place.partition(":")[0] for place in unreachable()} <= {
        path.name for path in Path("pcpref").glob("*")
    }


def test_steps_after_which_there_is_one_way_are_told_from_the_graph() -> None:
    """CPUs leave and masks cannot be had: no scope with suites has both, so the claim is tested here."""
    unit = variant("on_each_cpu_cond")
    ((step, reason),) = one_way(unit.program.source).items()
    assert len(reason.split()) >= 4
    assert len(targets(unit.program.task.steps[step].next)) == 2
    graph = explored_graph(unit.program, replace(project_scopes().ready["hotplug"], alloc_fails=True))
    at = graph.variables.index("at")
    taken = [target for out in graph.edges for label, target in out.items() if label == f"d0:{step}"]
    assert len(taken) > 3
    assert len({graph.states[target][at] for target in taken}) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of_row(explorer="x differs"), "v, s: the explorer: x differs"),
        (of_row(reference="no"), "v, s: the reference machine: no"),
        (of_row(taken=29), "v, s: 1 transitions are not taken"),
        (of_row(compared=8), "v, s: in 2 states nothing is compared"),
        (of_row(steps=63), "v, s: 1.26 times the steps needed, more than"),
        (
            lambda card: replace(card, programs={"v": Branches(frozenset(), frozenset({"p.py:1 -> 2"}))}),
            "v: branches of its Python not taken: p.py:1 -> 2",
        ),
        (
            lambda card: replace(
                card,
                programs={"v": Branches(frozenset(), frozenset({"a.b (p.py:1 -> 2)", "a.c (p.py:3 -> 4)"}))},
                one_way={"v": {"a.b": "for a good reason"}},
            ),
            "v: branches of its Python not taken: a.c (p.py:3 -> 4)",
        ),
        (
            lambda card: replace(card, programs={"v": Branches()}, one_way={"v": {"a.b": "for no reason"}}),
            "v says that no suite takes both ways of a.b, and suites do, or there are none",
        ),
        (
            lambda card: replace(card, reference=Branches(frozenset(), frozenset({"x.py:1 -> 2"}))),
            "pcpref: branches not taken: x.py:1 -> 2",
        ),
        (
            lambda card: replace(
                card,
                reference=Branches(frozenset({"x.py:1 -> 2"}), frozenset({"x.py:1 -> 2"})),
                unreachable={"x.py:1": "nobody"},
            ),
            "pcpref: x.py:1 says that no suite takes one of its branches, and suites take all",
        ),
        (
            lambda card: replace(card, mutants=[replace(MUTANTS, survivors=(SURVIVOR,))]),
            "v, s: survives: v.drain:9: the ack is not waited for",
        ),
        (of_traces(accepted=2), "v: 1 recorded traces are refused"),
        (of_traces(wrong=("odd",)), "odd"),
        (lambda card: replace(card, not_run=["mutants: no compiler"]), "mutants: no compiler"),
    ],
)  # fmt: skip
def test_every_bar_can_be_missed(change: Callable[[Card], Card], told: str) -> None:
    assert below(CARD) == []
    (line,) = below(change(CARD))
    assert line.startswith(told)
    assert f"- {told.partition(' more than')[0]}" in page(change(CARD))


def test_a_branch_with_a_reason_is_listed_and_missed_by_nobody() -> None:
    card = replace(
        CARD,
        reference=Branches(frozenset(), frozenset({"x.py:1 -> 2"})),
        unreachable={"x.py:1": "needs more pages than there are"},
    )
    assert below(card) == []
    assert "- `x.py:1`: needs more pages than there are" in page(card)


def test_the_page_shows_rows_mutants_matrix_and_traces() -> None:
    text = page(replace(CARD, left_out=[LeftOut("w", "t", "more than 9 states")]))
    assert "| `v` | `s` | 10 | 30 | 30 | 10 | 4 | 60 | 50 | 1.200 | 0.5 s | all |" in text
    assert "- `w` at `t` is left out: more than 9 states." in text
    assert "| `v` | `s` | ir | 9 | 1 | 2 | 6 | 0 |" in text
    assert "| random walks | states | 5 | 6 |" in text
    assert "| **the generated suite** | states and enabled steps | 6 | 6 |" in text
    assert "| `v` | 3 | 90 | 3 | 40 | 4 | 36 | 0 |" in text
    assert "Below the bar" not in text
