"""The z3 machine is TLC's: in states that TLC finds the same steps are enabled and lead to the same states.

The states are those that can be reached and, where all states of an inductive invariant can be enumerated,
these, as that is where a proof begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import z3

from pcpdrain.codegen.backends.smt.program import transitions
from pcpdrain.codegen.backends.smt.proof import conjuncts, prove
from pcpdrain.codegen.backends.smt.properties import Properties
from pcpdrain.codegen.backends.smt.state import State, concrete, flat, initial, observed, unknown, variables
from pcpdrain.codegen.backends.smt.terms import formula
from pcpdrain.codegen.backends.smt.values import vector
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.graph import LabelledGraph, Value
from pcpdrain.codegen.ir.proof import Unprovable
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.properties import PROVABLE
from pcpdrain.codegen.scopes import Scope
from tests.codegen.checking import checked_graph, proof_graph
from tests.codegen.compiling import TINY, compile_body, compiled
from tests.thinning import thinned

ONE_CALL = replace(TINY, name="one_call", calls=1)
RACING = replace(TINY, name="racing", drainers=(0, 1), calls=1)
SAME_CPU = replace(TINY, name="same_cpu", drainers=(0, 0), calls=1)
TWO_ZONES = replace(TINY, name="two_zones", cpus=1, zones=2, pages=2, high=2, drainers=(0,))
HOTPLUG = replace(TINY, name="hotplug", leavers=(1,), calls=1)
SIGNALS = replace(RACING, name="signals", signals=True)
NO_MEMORY = replace(TINY, name="no_memory", alloc_fails=True)
COUNT_WINDOW = replace(TINY, name="count_window", pages=2, count_window=True)
BATCHES = replace(TINY, name="batches", cpus=1, pages=3, high=3, batch=2)

MOST_STATES = 40
"""States looked at in one graph: each is asked about every transition."""

GRAPHS = [
    ("variants/global_ipi", HOTPLUG),
    ("variants/global_ipi", BATCHES),
    ("variants/clear_then_set_spinlock", RACING),
    ("variants/clear_then_set_spinlock", SAME_CPU),
    ("variants/clear_then_set_mutex_interruptible", SIGNALS),
    ("variants/clear_then_set_spinlock_irqsave", RACING),
    ("variants/clear_then_set_trylock_loop", RACING),
    ("variants/per_call_mask", NO_MEMORY),
    ("variants/per_cpu_summary", COUNT_WINDOW),
    ("variants/per_cpu_summary", TWO_ZONES),
    ("variants/uninitialised_mask", TINY),
    ("variants/self_clearing_mask", RACING),
    ("broken/ack_before_drain", TINY),
    ("broken/page_lost", TINY),
    ("broken/page_twice", ONE_CALL),
    ("broken/irqs_left_off", TINY),
    ("broken/ipi_to_offline", HOTPLUG),
]


def program_of(name: str) -> Program:
    return compiled(SPEC / f"{name}.drain")


@cache
def graph_of(name: str, scope: Scope) -> LabelledGraph:
    return checked_graph(program_of(name), scope, kept=name != "broken/page_twice")


class Symbolic:
    """A program at a scope in z3, evaluated in observed states."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self.program, self.scope = program, scope
        self.variables = variables(program, scope)
        self.state = unknown(self.variables)
        self.transitions = transitions(program, scope, self.state)

    def evaluated(self, terms: list[Any], seen: Mapping[str, Value]) -> list[Any]:
        """The values of terms in an observed state."""
        here = concrete(self.variables, seen)
        known = [
            (term, vector(value) if isinstance(value, int) else value)
            for key in self.variables
            for term, value in zip(flat(self.state.values[key]), flat(here.values[key]), strict=True)
        ]
        together = z3.Function("together", *(term.sort() for term in terms), z3.BoolSort())(*terms)
        return list(z3.simplify(z3.substitute(together, *known)).children())

    def successors(self, seen: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
        """Each enabled label, and the state that it leads to."""
        here = concrete(self.variables, seen)
        guards = self.evaluated([step.guard for step in self.transitions], seen)
        enabled = [step for step, on in zip(self.transitions, guards, strict=True) if z3.is_true(on)]
        terms = [term for step in enabled for new in step.updates.values() for term in flat(new)]
        terms = [term for term in terms if not isinstance(term, int)]
        values = {
            term.get_id(): value for term, value in zip(terms, self.evaluated(terms, seen), strict=True)
        }
        return {
            step.label: observed(
                State(self.variables, {**here.values, **step.updates}),
                lambda term: values.get(term.get_id(), term),
            )
            for step in enabled
        }

    def holds(self, term: Any, seen: Mapping[str, Value]) -> bool:
        return bool(z3.is_true(self.evaluated([term], seen)[0]))


def states_of(graph: LabelledGraph, most: int = MOST_STATES) -> list[int]:
    """The numbers of some states, from all over the graph."""
    return list(range(0, len(graph.states), max(1, len(graph.states) // most)))


def seen_in(graph: LabelledGraph, number: int) -> dict[str, Value]:
    return dict(zip(graph.variables, graph.states[number], strict=True))


def compare(symbolic: Symbolic, graph: LabelledGraph, numbers: list[int]) -> None:
    keys = symbolic.variables.keys() & set(graph.variables)
    for number in numbers:
        seen = seen_in(graph, number)
        expected = {
            label: {key: seen_in(graph, target)[key] for key in keys}
            for label, target in graph.edges[number].items()
        }
        found = {
            label: {key: after[key] for key in keys} for label, after in symbolic.successors(seen).items()
        }
        assert found == expected, seen


@pytest.mark.parametrize("case", thinned(GRAPHS, 3), ids=lambda case: f"{case[0]}-{case[1].name}")
def test_each_step_from_a_reachable_state_is_tlcs(case: tuple[str, Scope]) -> None:
    name, scope = case
    graph = graph_of(name, scope)
    symbolic = Symbolic(program_of(name), scope)
    start = observed(initial(symbolic.variables), z3.simplify)
    assert start == {key: seen_in(graph, 0)[key] for key in symbolic.variables}
    compare(symbolic, graph, states_of(graph))


@pytest.mark.parametrize("case", GRAPHS, ids=lambda case: f"{case[0]}-{case[1].name}")
def test_every_label_of_the_scope_is_a_transition(case: tuple[str, Scope]) -> None:
    """A proof that left one out would say nothing about it."""
    name, scope = case
    found = [step.label for step in Symbolic(program_of(name), scope).transitions]
    assert sorted(found) == sorted(transition.label for transition in labelled(program_of(name), scope))


SUMS = """
    for_each_online_cpu(cpu) {
        bool some = (pcp_count(cpu, first_zone_of_two) + 3) / 2 > 1 || cpumask_weight(mask) % 2 == 1;
        if (some)
            cpumask_andnot(mask, cpu_online_mask, mask);
        else
            cpumask_copy(mask, cpu_online_mask);
    }
    """


def test_arithmetic_and_mask_operations_are_tlcs() -> None:
    body = "for_each_populated_zone(first_zone_of_two) {" + SUMS + "}"
    program = compile_body(body, "static cpumask mask;")
    graph = checked_graph(program, TINY)
    compare(Symbolic(program, TINY), graph, states_of(graph))


@pytest.mark.parametrize(
    "name", ["global_ipi", "clear_then_set_mutex", "per_cpu_summary", "per_cpu_summary_spinlock"]
)
def test_each_step_from_a_state_of_the_invariant_is_tlcs(name: str) -> None:
    program = program_of(f"variants/{name}")
    graph = proof_graph(program, TINY)
    reachable = graph_of(f"variants/{name}", TINY).merged(graph.variables)
    assert len(graph.states) > len(reachable.states), "only what can be reached"
    compare(Symbolic(program, TINY), graph, states_of(graph))


PROVED = [
    "clear_then_set", "clear_then_set_mutex", "clear_then_set_spinlock", "global_ipi", "per_call_mask",
    "per_cpu_summary", "per_cpu_summary_spinlock",
]  # fmt: skip


@pytest.mark.parametrize("name", PROVED)
def test_every_reachable_state_has_all_conjuncts(name: str) -> None:
    """So the proofs are about what happens: an invariant that leaves out a reachable state is none."""
    program = program_of(f"variants/{name}")
    alone = name in ("clear_then_set", "per_cpu_summary")
    for scope in (TINY, HOTPLUG) if alone else (TINY, HOTPLUG, RACING):
        graph = graph_of(f"variants/{name}", scope)
        symbolic = Symbolic(program, scope)
        invariant = z3.And(
            *(formula(c.formula, symbolic.state, scope) for c in conjuncts(program, scope)),
            *(term for _, term in symbolic.state.types()),
        )
        for number in states_of(graph, 200):
            assert symbolic.holds(invariant, seen_in(graph, number)), seen_in(graph, number)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("pcp_count(cpu, zone) > 512", "numbers up to 512"),
        ("pcp_count(cpu, zone) * 65536 == 0", "numbers up to 65536"),
        ("pcp_count(cpu, zone) + 300 + 300 > 0", "numbers up to 604"),
    ],
)
def test_numbers_that_would_wrap_are_not_proved(condition: str, why: str) -> None:
    """As a bit vector 512 is negative, and every list has more pages."""
    body = f"for_each_online_cpu(cpu) for_each_populated_zone(zone) if ({condition}) cpu_relax();"
    with pytest.raises(Unprovable, match=why):
        prove(compile_body(body), TINY, ["unlocked_context"])


def test_more_steps_than_numbers_are_not_proved() -> None:
    with pytest.raises(Unprovable, match="more than 511 steps"):
        prove(compile_body("cpu_relax(); " * 512), TINY, ["unlocked_context"])


def test_a_scope_with_large_numbers_is_not_proved() -> None:
    with pytest.raises(Unprovable, match="scope tiny has numbers up to 1000"):
        prove(compile_body("cpu_relax();"), replace(TINY, high=1000), ["unlocked_context"])


def test_each_property_that_can_be_proved_has_a_term() -> None:
    program = program_of("variants/clear_then_set_spinlock")
    state = Symbolic(program, HOTPLUG).state
    for name in PROVABLE:
        assert z3.is_bool(Properties(program, HOTPLUG, state).of(name))


@pytest.mark.parametrize(
    ("name", "scope", "violated"),
    [
        ("variants/last_zone_decides", replace(TINY, zones=2, calls=1), "drain_complete"),
        ("variants/clear_then_set_spinlock_irqsave", RACING, "never_stuck"),
        ("broken/page_lost", TINY, "page_conservation"),
        ("broken/page_twice", ONE_CALL, "page_conservation"),
        ("broken/lock_leaked", TINY, "unlocked_context"),
        ("broken/irqs_left_off", TINY, "unlocked_context"),
        ("broken/ipi_to_offline", HOTPLUG, "no_ipi_to_offline"),
        ("variants/clear_then_set_spinlock", HOTPLUG, ""),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_property_fails_in_a_reachable_state_exactly_where_tlc_says_so(
    name: str, scope: Scope, violated: str
) -> None:
    """What TLC says of these is in their `expect` lines, and `make check-spec` compares."""
    graph, program = graph_of(name, scope), program_of(name)
    symbolic = Symbolic(program, scope)
    judged = Properties(program, scope, symbolic.state)
    names = [violated] if violated else ["drain_complete", "drain_complete_or_notified", "page_conservation"]
    names += [] if violated else ["no_ipi_to_offline", "never_stuck", "unlocked_context"]
    for property_name in names:
        term = judged.of(property_name)
        fails = any(
            not symbolic.holds(term, seen_in(graph, number)) for number in reversed(range(len(graph.states)))
        )
        assert fails == (property_name == violated)
