"""Traces in TLA+: TLC follows what was seen, whole or in part, and nothing else; many traces in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pcpdrain.codegen.backends.tla.guards import guards
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.trace import Event, actor, emit_traces
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.tracing.validate import run_traces
from tests.codegen.compiling import TINY, compiled, machine
from tests.thinning import thinned

POSTED = compiled(SPEC / "variants" / "last_zone_decides.drain")
LOCKED = compiled(SPEC / "variants" / "clear_then_set_mutex.drain")
UNZEROED = compiled(SPEC / "variants" / "uninitialised_mask.drain")
TWO = replace(TINY, name="two", zones=2, pages=2, drainers=(0, 1), leavers=(), signals=True)
START = Event(None, {})

FREE, CALL = "c1:free z0", "d0:call"
ENTERED = "drain_all_pages.for_each_online_cpu"
FIRST = "d0:drain_all_pages.for_each_online_cpu"


def seen(labels: Sequence[str], scope: Scope = TINY) -> list[Event]:
    """The whole states of a run of the reference machine, with their labels."""
    reference = machine(POSTED, scope)
    events = [Event(None, reference.observe())]  # type: ignore[arg-type]
    for label in labels:
        reference.step(label)
        events.append(Event(label, reference.observe()))  # type: ignore[arg-type]
    return events


RUN = seen([FREE, CALL, FIRST])


def with_seen(event: Event, **values: object) -> Event:
    return replace(event, seen={**event.seen, **values})  # type: ignore[dict-item]


ACCEPTED: dict[str, list[Event]] = {
    "the start alone": RUN[:1],
    "whole states": RUN,
    "labels alone": [START, *(Event(event.label, {}) for event in RUN[1:])],
    "states alone": [START, *(Event(None, event.seen) for event in RUN[1:])],
    "nothing at all": [START, START, START],
    "seen, unseen, seen": [RUN[0], Event(None, {}), RUN[2]],
    "an element": [START, Event(None, {"pcp[1][0]": 1}), Event(None, {"at[0]": ENTERED})],
    "an element seen to stay": [START, Event(FREE, {"pcp[1][0]": 1}), Event(CALL, {"pcp[1][0]": 1})],
    "whose CPU": [START, Event(None, {}, cpu=0), Event(FREE, {}, cpu=1)],
    "whose task": [START, Event(None, {}, task=0), Event(None, {}, cpu=0, task=0)],
    "the same run after two others": [START, Event(None, {"in_use": (0,)}), Event(CALL, {"buddy": (0,)})],
}

REFUSED: dict[str, tuple[list[Event], int]] = {
    "another start": ([with_seen(RUN[0], buddy=(1,)), *RUN[1:]], 0),
    "an element of another start": ([Event(None, {"buddy[0]": 1})], 0),
    "a step that is not possible": ([START, Event(FIRST, {})], 1),
    "a step of another variant": ([START, Event("d0:drain_all_pages.mutex_lock", {})], 1),
    "a step of a task too many": ([START, Event("d7:call", {})], 1),
    "no label of any form": ([START, Event('x"\\', {})], 1),
    "the label of what the start is": ([START, Event("first", {})], 1),
    "another value": ([*RUN[:2], with_seen(RUN[2], pcp=((0,), (0,)))], 2),
    "another value of an element": ([START, Event(FREE, {"pcp[1][0]": 2})], 1),
    "an element beyond the scope": ([START, Event(None, {"pcp[2][0]": 0})], 1),
    "an element beyond the scope at the start": ([Event(None, {"pcp[0][1]": 0})], 0),
    "no CPU has it": ([START, Event(None, {}, cpu=0), Event(None, {}, cpu=2)], 2),
    "the step of another CPU": ([START, Event(FREE, {}, cpu=0)], 1),
    "the step of a task that is no task's": ([START, Event(FREE, {}, task=0)], 1),
    "task and CPU apart": ([START, Event(None, {}, cpu=1, task=0)], 1),
    "each value possible, not both": (
        [START, Event(None, {"in_use": (0,), "at[0]": ENTERED})],
        1,
    ),
    "a function of another length": ([START, Event(FREE, {"pcp": ((0,),)})], 1),
    "what goes on after nothing could": ([START, Event(FIRST, {}), Event(None, {})], 1),
}


def test_all_in_one_run() -> None:
    refused = [trace for trace, _ in REFUSED.values()]
    model = emit_traces(POSTED, TINY, [*ACCEPTED.values(), *refused])
    told = run_traces(model).told
    found = [next((n for n, number in enumerate(path) if number not in told), None) for path in model.paths]
    names = [*ACCEPTED, *REFUSED]
    expected = [*(None for _ in ACCEPTED), *(at for _, at in REFUSED.values())]
    assert dict(zip(names, found, strict=True)) == dict(zip(names, expected, strict=True))


def test_traces_that_begin_alike_share_their_events() -> None:
    other = [*RUN[:3], Event("c0:free z0", {})]
    model = emit_traces(POSTED, TINY, [RUN, other, RUN, RUN[:2]])
    assert model.paths == ((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 4), (1, 2))
    assert emit_traces(POSTED, TINY, [RUN, other, RUN, RUN[:2]]) == model


def test_until_shows_a_way_to_an_event() -> None:
    traces = [RUN, [RUN[0], Event(CALL, {})]]
    model = emit_traces(POSTED, TINY, traces, until=3)
    shown = [state for _, state in run_traces(model).trace]
    assert [state["event"] for state in shown] == [1, 2, 3]
    assert [state["pcp"] for state in shown] == [((0,), (0,)), ((0,), (1,)), ((0,), (1,))]
    assert run_traces(emit_traces(POSTED, TINY, [[START, Event(FIRST, {})]], until=2)).outcome == "holds"


ASKED: list[tuple[list[str], str, int | None]] = [
    ([], "handler_take(1, 0)", 5),  # all but that the request is there
    ([CALL], "task_call(0)", 0),
    ([CALL], "drain_all_pages__for_each_online_cpu(0)", None),
    ([], "drain_all_pages__for_each_online_cpu(0)", 0),
    ([CALL], "task_signal(0)", None),
    ([CALL, "d0:signal"], "task_signal(0)", 2),
]
"""Steps, an action, and how many of its guards hold after them (None: all)."""


@pytest.mark.parametrize("case", thinned(ASKED, every=2))
def test_the_guards_that_hold_are_told_up_to_the_first_that_does_not(
    case: tuple[list[str], str, int | None],
) -> None:
    prefix, action, holding = case
    trace = [START, *(Event(label, {}) for label in prefix)]
    files = emit_traces(POSTED, TWO, [trace]).files
    wanted = guards(files, action)
    model = emit_traces(POSTED, TWO, [trace], asked=len(trace), guards=wanted)
    assert model.guards == tuple(range(len(trace) + 1, len(trace) + 1 + len(wanted)))
    told = run_traces(model).told
    assert [n in told for n in model.guards] == [
        n < (len(wanted) if holding is None else holding) for n in range(len(wanted))
    ]


def test_a_state_is_shown_where_guards_hold() -> None:
    trace = [START, Event(None, {})]
    wanted = guards(emit_traces(LOCKED, TWO, [trace]).files, "drain_all_pages__mutex_lock(1)")[:1]
    model = emit_traces(LOCKED, TWO, [trace], until=2, guards=wanted)
    *_, (_, last) = run_traces(model).trace
    assert last["at"] == ("idle", "drain_all_pages.mutex_lock")


def test_a_step_is_of_the_cpu_and_the_task_in_its_label() -> None:
    scope = replace(TWO, drainers=(1, 0, 1))
    found = {step.label: actor(step.label, scope) for step in labelled(UNZEROED, scope)}
    assert found["d2:call"] == (1, 2)
    assert found["d1:signal"] == (0, 1)
    assert found["c1:take d0"] == (1, None)
    assert found["boot:cpus_with_pcps={0}"] == (None, None)
