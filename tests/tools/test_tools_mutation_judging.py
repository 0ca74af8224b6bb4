"""Verdicts on mutants: killed, equivalent, survived, stillborn or without end, each by what was run."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.tools.exploring import HiddenState, TooManyStates, explore
from pcpdrain.tools.mutation.behaviour import GraphImplementation
from pcpdrain.tools.mutation.bench import Bench
from pcpdrain.tools.mutation.isolation import Endless, Hurried, isolated
from pcpdrain.tools.mutation.judging import judge, judge_on_pcpref
from pcpdrain.tools.mutation.mutants import Mutant
from pcpdrain.tools.mutation.source_mutants import (
    line_diff,
    mutated,
    pcpref_mutants,
    pcpref_text,
    source_mutants,
)
from pcpdrain.tools.mutation.suites import OURS, Suites
from tests.thinning import thinned
from tests.tools.mutating import bench, find, of_steps, of_tree, program_of

SAMPLE = range(0, len(of_tree()), 7)


class Weak(Bench):
    """A bench whose own suite is a weaker one."""

    column = "transition cover"

    @property
    def suites(self) -> Suites:
        known = bench().suites
        return replace(known, columns={**known.columns, OURS: known.columns[self.column]})


def source_mutant(text: str, operator: str, line: str, module: str = "") -> Mutant:
    known = source_mutants("pcpref" if module else "python", f"{module or 'program'}.py", text, module)
    return next(m for m in known if m.operator == operator and line in m.description)


def of_pcpref(module: str, operator: str, line: str) -> Mutant:
    return source_mutant(pcpref_text(module), operator, line, module)


@pytest.mark.parametrize("number", thinned(SAMPLE, 4))
def test_the_graph_of_a_mutant_and_its_python_on_pcpref_are_judged_alike(number: int) -> None:
    mutant = of_tree()[number]
    if mutant.program is None:
        assert judge(mutant, bench()).verdict == "stillborn"
        return
    on_graph, on_pcpref = (
        judge(mutant, bench()),
        judge_on_pcpref(mutant, bench(), emit_python(program_of(mutant))),
    )
    assert (on_graph.verdict, on_graph.killed_by) == (on_pcpref.verdict, on_pcpref.killed_by)


def test_what_a_weak_suite_misses_has_survived() -> None:
    early = find(of_steps(), "drop guard", "wait_call does not wait")
    weak = Weak(bench().program, bench().scope)
    result = judge(early, weak)
    assert (result.verdict, result.killed_by[OURS]) == ("survived", False)
    assert "does not wait" in result.diff


def test_the_generated_program_is_mutated_as_well() -> None:
    forgets = source_mutant(bench().suites.program_text, "drop statement", "kernel.preempt_disable()")
    assert judge(forgets, bench()).verdict == "killed"


def test_on_pcpref_a_survivor_is_told_from_an_equivalent_by_its_graph() -> None:
    never_waits = of_pcpref("context", "drop statement", "self._ready = reached.ready")
    assert judge(never_waits, bench()).verdict == "killed"
    missed = judge(never_waits, Weak(bench().program, bench().scope))
    assert (missed.verdict, missed.reason) == ("survived", "another graph")
    assert missed.diff.splitlines()[0].strip("- ") == never_waits.description
    unreached = of_pcpref("kernel", "replace unary operator", "if not self.may_sleep()")
    assert judge(unreached, Weak(bench().program, bench().scope)).verdict == "equivalent"


def test_whether_a_mutant_is_equivalent_depends_on_the_scope() -> None:
    looks_on = find(of_tree(), "drop jump", "without break")
    assert judge(looks_on, bench()).verdict == "equivalent"
    assert judge(find(of_tree("alone"), "drop jump", "without break"), bench("alone")).verdict == "killed"


def test_what_only_the_step_machine_does_and_has_too_many_states_is_not_called_equivalent() -> None:
    class Small(Bench):
        most_states = 10

    machine_only = find(of_steps(), "drop guard", "wait_call does not wait")
    result = judge(machine_only, Small(bench().program, bench().scope))
    assert (result.verdict, result.reason) == ("survived", "not judged: more than 10 states")
    both = find(of_tree(), "do nothing", "wait_call")
    assert judge(both, Small(bench().program, bench().scope)).verdict == "killed"


def test_a_loop_without_end_is_noticed() -> None:
    endless = of_pcpref("buddy", "replace break with continue", "break")
    assert judge(endless, bench()).verdict == "timeout"


def test_what_cannot_be_loaded_is_stillborn() -> None:
    result = judge(of_pcpref("ipi", "add not", "if TYPE_CHECKING"), bench())
    assert (result.verdict, result.killed_by) == ("stillborn", {})
    assert "cannot be loaded" in result.reason


def test_a_mutant_is_isolated_from_later_ones() -> None:
    wrong = of_pcpref("locks", "drop statement", "self.holder = ")
    assert judge(wrong, bench("solo_once", "clear_then_set_mutex")).verdict == "killed"
    again = judge_on_pcpref(wrong, bench(), bench().suites.program_text)
    assert again.verdict == "equivalent"


def test_a_process_that_dies_or_hangs_gives_nothing() -> None:
    def hang() -> None:
        while True:
            pass

    assert isolated(lambda: 5, 10) == 5
    assert isolated(hang, 0.2) is None
    assert isolated(lambda: __import__("os")._exit(3), 10) is None


def test_a_step_that_takes_too_long_is_ended() -> None:
    class Slow(GraphImplementation):
        def step(self, label: str) -> None:
            while True:
                pass

    def hurry() -> str:
        machine = Hurried(Slow(bench().graph), 0.1)
        machine.reset()
        try:
            machine.step("d0:call")
        except Endless:
            return "ended"
        return "went on"

    assert isolated(hurry, 20) == "ended"


def test_exploring_finds_the_graph_and_what_hides_from_it() -> None:
    graph = bench().graph
    assert explore(GraphImplementation(graph), graph.variables) == graph
    with pytest.raises(TooManyStates):
        explore(GraphImplementation(graph), graph.variables, 5)
    with pytest.raises(HiddenState):
        explore(GraphImplementation(graph), ["online"])


def test_operators_on_source_change_code_and_not_types() -> None:
    text = "from x import y\n\ndef f(a: int | None) -> None:\n    '''Doc.'''\n    y(1)\n    return a | 2\n"
    found = list(source_mutants("python", "f.py", text))
    assert {mutant.place for mutant in found} == {"f.py:5", "f.py:6"}
    assert {mutant.operator for mutant in found} == {
        "number replacer",
        "drop statement",
        "replace binary operator",
    }
    dropped = next(mutant for mutant in found if mutant.operator == "drop statement")
    assert line_diff(text, mutated(dropped, text)) == "-    y(1)\n+    pass"


def modules() -> Iterator[str]:
    yield from dict.fromkeys(mutant.module for mutant in pcpref_mutants())


def test_no_module_that_suites_cannot_reach_is_mutated() -> None:
    assert not {"ghosts", "monitor", "suite", "liveness"} & set(modules())
    assert {"kernel", "ipi", "locks"} <= set(modules())
