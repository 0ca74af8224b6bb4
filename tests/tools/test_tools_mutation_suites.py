"""The suites of the kill matrix: what each walks and compares, and mutants that only some of them notice."""

from dataclasses import replace

import pytest

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.tools.mutation.behaviour import GraphImplementation, fitted, same_behaviour
from pcpdrain.tools.mutation.judging import judge
from pcpdrain.tools.mutation.suites import COLUMNS, OURS, suites_of
from tests.tools.mutating import bench, find, of_steps

TOGGLE = LabelledGraph(("x",), ((0,), (1,)), ({"go": 1}, {"go": 0}))


def states_of(column: str) -> set[int]:
    suites = bench().suites
    seen = {0}
    for path in suites.columns[column][0]:
        state = 0
        for label in path:
            state = suites.suite.edges[state][label]
            seen.add(state)
    return seen


def test_the_covers_visit_every_state_and_walks_are_as_long() -> None:
    known = bench()
    assert states_of("state cover") == states_of(OURS) == set(range(len(known.graph.states)))
    steps = {column: sum(map(len, paths)) for column, (paths, _) in known.suites.columns.items()}
    assert steps["walks"] == steps["walks + enabled"] == steps["transition cover"] == steps[OURS]


def test_every_suite_passes_on_the_original() -> None:
    known = bench()
    noticed = known.suites.killed_by(lambda: GraphImplementation(known.graph))
    assert noticed == dict.fromkeys(COLUMNS, False)


def test_the_same_seed_gives_the_same_walks() -> None:
    known = bench()
    again, other = (suites_of(known.program, known.scope, known.graph, seed) for seed in (0, 1))
    assert again.columns == known.suites.columns
    assert other.columns["walks"] != known.suites.columns["walks"]


def test_only_enabled_sets_show_a_return_before_the_last_ack() -> None:
    early = find(of_steps(), "drop guard", "wait_call does not wait")
    result = judge(early, bench())
    assert result.verdict == "killed"
    blind = ("state cover", "walks", "transition cover")
    assert {column for column, noticed in result.killed_by.items() if not noticed} >= set(blind)


def test_only_a_cover_of_transitions_meets_a_rare_state() -> None:
    rare = find(of_steps("solo"), "rare state (3 facts)", "cpumask_set_cpu leaves cpus_with_pcps")
    result = judge(rare, bench("solo"))
    assert result.killed_by["transition cover"]
    assert result.killed_by[OURS]
    assert not result.killed_by["state cover"]


def test_behaviour_is_what_can_be_observed() -> None:
    unrolled = LabelledGraph(("x",), ((0,), (1,), (0,), (1,)), ({"go": 1}, {"go": 2}, {"go": 3}, {"go": 0}))
    assert same_behaviour(TOGGLE, unrolled)
    assert not same_behaviour(TOGGLE, replace(unrolled, states=((0,), (1,), (0,), (2,))))
    stops = replace(unrolled, edges=(*unrolled.edges[:3], {}))
    assert not same_behaviour(TOGGLE, stops)


def test_a_variable_that_a_mutant_lacks_keeps_its_first_value() -> None:
    model = LabelledGraph(("y", "x"), ((7, 0), (7, 1)), TOGGLE.edges)
    assert fitted(TOGGLE, model) == model
    assert fitted(model, TOGGLE) == TOGGLE


def test_a_graph_as_an_implementation_does_only_what_it_has() -> None:
    machine = GraphImplementation(TOGGLE)
    machine.step("go")
    assert machine.observe() == {"x": 1}
    assert machine.enabled() == frozenset({"go"})
    with pytest.raises(NotEnabled):
        machine.step("stop")
    machine.reset()
    assert machine.observe() == {"x": 0}
