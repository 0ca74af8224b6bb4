"""Recorded traces are accepted, and of their corruptions exactly those that the reference machine can do.

What the reference machine can do is found without the TLA+; so each hand is the other's judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpdrain.codegen.backends.tla.trace import Event
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.machine import Machine
from pcpdrain.tools.replay import machine_of
from pcpdrain.tools.tracing.campaign import Counts, judge, validation_campaign
from pcpdrain.tools.tracing.corrupt import TAIL, Corruption, corruptions
from pcpdrain.tools.tracing.event_traces import EventTrace
from pcpdrain.tools.tracing.legal import Legality
from pcpdrain.tools.tracing.record import record, watch
from pcpdrain.tools.tracing.validate import refused_at
from tests.thinning import thinned

VARIANTS = {path.stem: path for path in sorted((SPEC / "variants").glob("*.drain"))}

FOUR = Scope("four", cpus=4, zones=3, pages=16, high=4, batch=3, drainers=(0, 1, 1, 3), signals=True)
FIVE = replace(
    FOUR, name="five", cpus=5, drainers=(0, 2, 4), leavers=(1, 3), alloc_fails=True, high=2, batch=1
)
SIX = replace(FOUR, name="six", cpus=6, drainers=(0, 5), count_window=True, high=6, batch=5)
SEVEN = replace(FOUR, name="seven", cpus=7, drainers=(3, 3, 3, 6), calls=4)
EIGHT = replace(
    FIVE, name="eight", cpus=8, drainers=(0, 1, 1, 5), leavers=(7, 2), signals=True, high=6, batch=3
)
WIDE = (FOUR, FIVE, SIX, SEVEN, EIGHT)


def variant(name: str) -> Compiled:
    return compile_file(VARIANTS[name])


def scope(name: str) -> Scope:
    return project_scopes().ready[name]


def agree(counts: Counts) -> bool:
    """Fails where the two hands do not. Whether there was enough of both, what is a run and what is not."""
    assert counts.wrong == []
    assert counts.accepted == counts.traces
    assert counts.refused + counts.still_legal == counts.corruptions
    return counts.refused > 100 and counts.still_legal > 0


@pytest.mark.parametrize(
    ("name", "place"),
    [("clear_then_set_mutex_interruptible", scope("signals")), ("per_call_mask", FIVE)],
    ids=lambda value: getattr(value, "name", value),
)
def test_exactly_the_corruptions_that_are_runs_are_accepted(name: str, place: Scope) -> None:
    assert agree(validation_campaign(variant(name), [place], [1], 60, most=300))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", VARIANTS)
def test_exactly_the_corruptions_that_are_runs_are_accepted_everywhere(name: str) -> None:
    counts = validation_campaign(
        variant(name), [scope("racing"), scope("hotplug"), *WIDE], [1, 2], 80, most=1500
    )
    assert agree(counts)


@pytest.mark.parametrize("name", thinned(VARIANTS, every=6))
def test_random_runs_at_scopes_beyond_the_state_graph_are_accepted(name: str) -> None:
    places = WIDE if name == "per_cpu_summary" else WIDE[len(name) % 5 :][:1]
    program = variant(name).program
    for place in places:
        runs = [record(program, place, seed, 200) for seed in range(5)]
        assert refused_at(program, place, [run.claims() for run in runs]) == [None] * 5


def chosen(machine: Machine, choices: list[int]) -> Iterator[str]:
    """Steps that are drawn by number among those enabled."""
    for choice in choices:
        enabled = sorted(machine.enabled())
        if enabled:
            label = enabled[choice % len(enabled)]
            machine.step(label)
            yield label


RUNS = st.lists(st.lists(st.integers(0, 400), min_size=20, max_size=60), min_size=5, max_size=10)


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(RUNS)
def test_any_runs_at_a_wide_scope_are_accepted(choices: list[list[int]]) -> None:
    program = variant("per_cpu_summary_spinlock").program
    machine = machine_of(program, EIGHT)
    runs = [watch(program, EIGHT, machine, chosen(machine, each)) for each in choices]
    assert refused_at(program, EIGHT, [run.claims() for run in runs]) == [None] * len(runs)


@pytest.fixture(scope="module")
def run() -> EventTrace:
    return record(variant("clear_then_set_spinlock").program, SIX, 1, 120)


@pytest.fixture(scope="module")
def corrupted(run: EventTrace) -> list[Corruption]:
    return list(corruptions(run, Random(1)))


def test_there_are_corruptions_of_every_kind_at_every_event(
    run: EventTrace, corrupted: list[Corruption]
) -> None:
    kinds = Counter(made.kind for made in corrupted)
    assert kinds.keys() == {
        *("value", "value alone", "count", "label", "label unseen", "dropped", "twice", "swapped"),
        *("cpu", "cpu alone", "task", "task alone"),
    }
    assert {made.at for made in corrupted if made.kind == "value"} == set(range(len(run.events)))
    keys = {made.what.partition("[")[0].partition(" ")[0] for made in corrupted if made.kind == "value"}
    assert keys == run.events[0].seen.keys()
    assert list(corruptions(run, Random(1))) == corrupted


def test_each_corruption_changes_one_thing(run: EventTrace, corrupted: list[Corruption]) -> None:
    for made in corrupted:
        whole = run.claims()
        claims = made.trace.claims()
        assert claims[: made.at] == whole[: made.at]
        assert claims != whole[: len(claims)] or made.kind == "label unseen"
        if made.kind not in ("dropped", "twice", "swapped"):
            assert claims[made.at + 1 :] == whole[made.at + 1 :][:TAIL]
        if made.kind == "value":
            wrong, right = claims[made.at].seen, whole[made.at].seen
            assert len([key for key in right if wrong[key] != right[key]]) == 1


def test_a_wrong_answer_is_counted(run: EventTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = variant("clear_then_set_spinlock")
    monkeypatch.setattr("pcpdrain.tools.tracing.campaign.refused_at", lambda *_: [3])
    counts = Counts()
    judge(compiled, SIX, [run], [], counts)
    assert counts.accepted == 0
    assert counts.wrong == [
        "clear_then_set_spinlock, six, trace 0, as recorded: refused at 3, by the machine at None"
    ]


def test_the_reference_machine_follows_what_was_seen_in_part() -> None:
    legality = Legality(machine_of(variant("last_zone_decides").program, scope("solo")))
    start = Event(None, {})

    def at(*events: Event) -> int | None:
        return legality.refused_at([start, *events])

    assert at(start, Event(None, {"pcp[1][0]": 1}), Event("d0:call", {})) is None
    assert (
        at(Event(None, {"pcp[1][0]": 1}), Event(None, {"pcp[0][0]": 1}), Event(None, {"in_use[0]": 0})) == 2
    )
    assert at(Event(None, {}, cpu=1), Event(None, {}, task=0)) is None
    assert at(Event(None, {}, cpu=1, task=0)) == 1
    assert at(Event("c1:free z0", {}, cpu=0)) == 1
    assert at(Event(None, {"pcp[2][0]": 0})) == 1
    assert legality.refused_at([Event(None, {"buddy[0]": 1})]) == 0
